"""The kinds of values: what is taken, what is refused, and with which words."""

from __future__ import annotations

import datetime as dt
import ipaddress
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.config import kinds
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from dsnlib.adapters.config.key import Kind

CLASSES = {"strict": "reject_non_fqdn_sender, reject"}


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        (kinds.FLAG, True, True),
        (kinds.FLAG, "yes", True),
        (kinds.FLAG, "No", False),
        (kinds.count(0, 9), 7, 7),
        (kinds.count(0, 9), "7", 7),
        (kinds.OCTETS, 10, 10),
        (kinds.OCTETS, "10M", 10 << 20),
        (kinds.time("s"), "5m", dt.timedelta(minutes=5)),
        (kinds.time("d"), 5, dt.timedelta(days=5)),
        (kinds.time("h"), "4", dt.timedelta(hours=4)),
        (kinds.TEXT, " x ", "x"),
        (kinds.DOMAIN, "Mail.Example.ORG", "mail.example.org"),
        (kinds.NAMES, "a.example, .b.example", ("a.example", ".b.example")),
        (kinds.NAMES, ["$myhostname", "münchen.example"], ("$myhostname", "münchen.example")),
        (
            kinds.NETWORKS,
            "127.0.0.0/8 [::1]/128",
            (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")),
        ),
        (
            kinds.TABLES,
            ["hash:/etc/a", "inline:{ x = y, z = w }"],
            ("hash:/etc/a", "inline:{ x = y, z = w }"),
        ),
        (kinds.PATH, "/etc/x", Path("/etc/x")),
        (kinds.PATH, "", None),
        (kinds.ADDRESS, "postmaster", "postmaster"),
        (kinds.ADDRESS, "ann@example.org", "ann@example.org"),
        (kinds.ADDRESS, "", None),
        (kinds.NEXTHOP, "[2001:db8::1]:587", "[2001:db8::1]:587"),
        (kinds.NEXTHOP, "", ""),
        (kinds.BLOCK_LISTS, "a.example b.example=127.0.0.2", ("a.example", "b.example=127.0.0.2")),
        (kinds.LANGUAGES, {"Example.org": "de", ".fr": "fr"}, {"example.org": "de", ".fr": "fr"}),
        (kinds.RESTRICTIONS, ["permit_mynetworks", "reject"], "permit_mynetworks, reject"),
        (kinds.RESTRICTIONS, "permit_mynetworks,\n  reject", "permit_mynetworks, reject"),
        (kinds.CLASSES, {"strict": "reject"}, {"strict": "reject"}),
        (kinds.choice("yes", "no"), True, "yes"),
        (kinds.choice("may", "none"), "MAY", "may"),
        (kinds.choices("a", "b"), "A b", ("a", "b")),
        (kinds.maybe(kinds.OCTETS), "", None),
        (kinds.DISCARD_LIST, "dsn, silent-discard", ("dsn", "silent-discard")),
    ],
)
def test_value(kind: Kind[Any], written: object, expected: object) -> None:
    """A value is read, and written so that it is read again."""
    assert expected == kind.read(written)
    again = tomllib.loads(f"value = {kind.write(kind.read(written))}")["value"]
    assert expected == kind.read(again)


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (kinds.FLAG, "maybe", "'maybe' is not true or false"),
        (kinds.FLAG, 1, "1 is not true or false"),
        (kinds.count(1, 9), 10, "10 is not a number from 1 to 9"),
        (kinds.count(1, 9), True, "True is not a number from 1 to 9"),
        (kinds.OCTETS, -1, "-1 is not a number of octets"),
        (kinds.time("s"), "5 minutes", "'5 minutes' is not a time such as 30s"),
        (kinds.time("s", least=1), 0, "0 is not a time of 1s or more"),
        (kinds.TEXT, 5, "5 is not a text in quotes"),
        (kinds.TEXT, "a\nb", "the text: "),
        (kinds.DOMAIN, "a b", "'a b' is not a domain name"),
        (kinds.DOMAIN, "a..b", "'a..b' is not a domain name"),
        (kinds.NETWORKS, "10.1.0.0/8", "did you mean 10.0.0.0/8?"),
        (kinds.NETWORKS, "x", "'x' is not a network"),
        (kinds.TABLES, "/etc/x", "'/etc/x' is not a table"),
        (kinds.TABLES, "mysql:x", "'mysql' is not a kind of table; there are btree"),
        (kinds.TABLES, "inline:{", "a brace is not closed"),
        (kinds.ADDRESS, "a b@example.org", "is not a mail address"),
        (kinds.NEXTHOP, "a b", "'a b' is not a next hop"),
        (kinds.BLOCK_LISTS, "a=x", "block list: 'x' is not four numbers"),
        (kinds.LANGUAGES, {"a": "?"}, "'?' is not a language such as de"),
        (kinds.LANGUAGES, {"a b": "de"}, "'a b' is not a domain name"),
        (kinds.RESTRICTIONS, [1], "1 is not a list of restrictions"),
        (kinds.CLASSES, "x", "'x' is not a table"),
        (kinds.CLASSES, {"a b": "reject"}, "'a b' is not a name"),
        (kinds.choice("may", "none"), "perhaps", "'perhaps' is not one of may, none"),
        (kinds.choices("a", "b"), "c", "'c' is not one of a, b"),
        (kinds.DISCARD_LIST, "dns", "'dns' is not one of pipelining"),
    ],
)
def test_refusal(kind: Kind[Any], written: object, message: str) -> None:
    """What a kind does not take is refused, with what it takes."""
    with pytest.raises(InvalidValue, match=r".") as caught:
        kind.read(written)

    assert message in str(caught.value)


@given(st.integers(min_value=0, max_value=10**9))
def test_times_round_trip(seconds: int) -> None:
    """A time is written in the largest unit that loses nothing."""
    kind = kinds.time("d")
    value = dt.timedelta(seconds=seconds)
    written = tomllib.loads(f"value = {kind.write(value)}")["value"]

    assert value == kind.read(written)


@given(st.text(max_size=30), st.sampled_from(["TEXT", "NAMES", "TABLES", "NETWORKS", "ADDRESS"]))
def test_any_text(text: str, name: str) -> None:
    """Whatever is written, it is a value or an InvalidValue of one line."""
    said = ""
    try:
        getattr(kinds, name).read(text)
    except InvalidValue as error:
        said = str(error)

    assert 1 >= len(said.split("\n"))
