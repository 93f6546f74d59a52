"""Tests of dsnlib.adapters.client.tls.policies."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.tls.policies import TlsPolicies, TlsPolicyEntry
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.errors import InvalidValue, LookupFailed, TableError
from dsnlib.replies.tables import parse_table

TABLE = """\
example.org              encrypt
[mail.example.net]:587   verify match=hostname:nexthop
.example.com             secure match=.example.com ciphers=high protocols=>=TLSv1.3
a.example.com            none
old.example.net          may exclude=RC4:3DES
both.example             verify match=a.example, match=b.example
[192.0.2.1]              verify servername=mail.example
bad.example              encrpyt
"""


def find(nexthop: str, *tables: Any, **fields: Any) -> TlsPolicy:  # noqa: ANN401  any tables, fields
    """Return what is asked of a next hop."""
    return asyncio.run(TlsPolicies(tables=tables, **fields).find(nexthop))


def of_table(nexthop: str, **fields: Any) -> TlsPolicy:  # noqa: ANN401  fields of the policies
    """Return what is asked of a next hop by the table above."""
    return find(nexthop, parse_table("texthash", TABLE, origin="tls"), **fields)


@pytest.mark.parametrize(
    ("nexthop", "changes"),
    [
        ("example.org", {"level": "encrypt"}),
        ("EXAMPLE.org.", {"level": "encrypt"}),
        ("sub.example.org", {}),
        ("[example.org]", {}),
        ("example.org:587", {}),
        ("[mail.example.net]:587", {"level": "verify", "names": ("hostname", "nexthop")}),
        ("[mail.example.net]", {}),
        ("mail.example.net", {}),
        (
            "b.x.example.com",
            {
                "level": "secure",
                "names": (".example.com",),
                "ciphers": "high",
                "versions": ("TLSv1.3",),
            },
        ),
        ("example.com", {}),
        ("b.example.com:25", {}),
        ("a.example.com", {"level": "none"}),
        ("old.example.net", {"excluded_ciphers": ("RC4", "3DES")}),
        ("both.example", {"level": "verify", "names": ("a.example", "b.example")}),
        ("[192.0.2.1]", {"level": "verify", "server_name": "mail.example"}),
        ("unix:/run/lmtp", {}),
        ("", {}),
    ],
)
def test_keys(nexthop: str, changes: dict[str, Any]) -> None:
    """The next hop as it is written; of a bare domain the domains above, with their dot."""
    level = ClientTlsLevel(changes.get("level", "may"))

    assert TlsPolicy(**(changes | {"level": level})) == of_table(nexthop)


def test_defaults_of_levels() -> None:
    """What a value leaves out is as the level has it, for all next hops."""
    fields = {
        "level": ClientTlsLevel.NONE,
        "verify_names": ("hostname", "nexthop"),
        "versions": ("TLSv1.2", "TLSv1.3"),
        "mandatory_versions": ("TLSv1.3",),
        "ciphers": "medium",
        "mandatory_ciphers": "high",
        "excluded_ciphers": ("RC4",),
        "mandatory_excluded_ciphers": ("3DES",),
        "ca_file": Path("/ca.pem"),
        "cert_file": Path("/cert.pem"),
        "key_file": Path("/key.pem"),
    }
    may = of_table("old.example.net", **fields)
    encrypt = of_table("example.org", **fields)
    other = of_table("elsewhere.example", **fields)

    assert (("TLSv1.2", "TLSv1.3"), "medium", ("RC4", "3DES")) == (
        may.versions,
        may.ciphers,
        may.excluded_ciphers,
    )
    assert (("TLSv1.3",), "high", ("RC4", "3DES")) == (
        encrypt.versions,
        encrypt.ciphers,
        encrypt.excluded_ciphers,
    )
    assert (Path("/ca.pem"), Path("/key.pem")) == (encrypt.ca_file, encrypt.key_file)
    assert ClientTlsLevel.NONE is other.level


def test_names_of_levels() -> None:
    """`verify` looks for the host, `secure` for the next hop and what is below it."""
    table = parse_table("texthash", "v.example verify\ns.example secure\n", origin="tls")

    assert ("hostname",) == find("v.example", table).names
    assert ("nexthop", "dot-nexthop") == find("s.example", table).names


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "'' is no level; there are none, may, encrypt, verify, secure"),
        ("encrpyt", "'encrpyt' is no level"),
        ("dane", "'dane' is no level"),
        ("may ciphers", "'ciphers' is not such as ciphers=high"),
        ("may ciphers=", "'ciphers=' is not such as"),
        ("may colour=red", "'colour' is no attribute; there are match, protocols"),
        ("may match=a.example", "'match=a.example' means nothing at level may"),
        ("encrypt match=a.example", "means nothing at level encrypt"),
        ("none ciphers=high", "means nothing at level none"),
        ("may ciphers=high ciphers=medium", "'ciphers=medium' is there a second time"),
        ("may ciphers=best", "'best' is not of high"),
        ("may protocols=TLSv1", "allows neither"),
        ("may exclude=a;b", "'a;b' is no name of a cipher"),
        ("verify match=a::b", "a name to match is empty"),
        ("may\nmatch=x", "means nothing"),
        ("x" * 10_000, "is no level"),
    ],
)
def test_values_that_are_none(value: str, why: str) -> None:
    """One line says which word is wrong, and the whole value is."""
    with pytest.raises(InvalidValue, match=why.replace("(", r"\(")) as caught:
        TlsPolicyEntry.parse(value)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_tables_are_checked_when_they_are_read() -> None:
    """A value that is wrong is told with its line."""
    with pytest.raises(TableError, match=r"tls:8: .*'encrpyt' is no level"):
        parse_table("texthash", TABLE, origin="tls", check=TlsPolicyEntry.parse)


def test_a_wrong_value_makes_mail_wait(caplog: pytest.LogCaptureFixture) -> None:
    """It does not go out with less than was meant; the log has the row, and no report."""
    with pytest.raises(Trouble) as caught:
        of_table("bad.example")

    (told,) = caplog.messages
    assert told.startswith("texthash:tls: 'bad.example': ")
    assert "is no level" in told
    assert "TLS with the server is not set up right" == str(caught.value)
    assert "4.7.5" == str(caught.value.replies.lost_status)
    assert caught.value.is_temporary


def test_no_table() -> None:
    """Nobody is asked."""
    assert TlsPolicy(level=ClientTlsLevel.ENCRYPT) == find("x", level=ClientTlsLevel.ENCRYPT)


def test_what_contradicts_implicit_tls(caplog: pytest.LogCaptureFixture) -> None:
    """TLS that begins with the connection is never without TLS."""
    with pytest.raises(InvalidValue, match="encrypt or more"):
        TlsPolicies(is_implicit=True)
    with pytest.raises(Trouble, match="is not set up right"):
        of_table("a.example.com", is_implicit=True, level=ClientTlsLevel.ENCRYPT)
    assert "encrypt or more, not none" in caplog.text

    assert of_table("x.example", is_implicit=True, level=ClientTlsLevel.ENCRYPT).is_implicit


class _Broken:
    name = "sql:broken"
    has_fixed_keys = True

    def lookup(self, _key: str) -> str | None:
        """Fail."""
        message = "no connection"
        raise OSError(message)


def test_a_table_that_cannot_tell() -> None:
    """That is not "not found"."""
    with pytest.raises(LookupFailed, match="sql:broken"):
        find("example.org", _Broken())


def test_patterns_see_the_next_hop_alone() -> None:
    """They are asked once."""
    table = parse_table("regexp", "/^\\.example\\.com$/ encrypt\n", origin="tls")

    assert ClientTlsLevel.MAY is find("a.example.com", table).level


WORDS = st.text(st.characters(categories=("Ll", "Nd")), min_size=1, max_size=8)


@given(
    st.sampled_from(["verify", "secure"]),
    st.lists(WORDS, min_size=1, max_size=4),
    st.sampled_from(["high", "medium", None]),
)
def test_round_trip(level: str, names: list[str], grade: str | None) -> None:
    """What a value says is what is asked."""
    text = f"{level} match={':'.join(names)}" + ("" if grade is None else f" ciphers={grade}")
    entry = TlsPolicyEntry.parse(text)
    found = entry.apply(TlsPolicy())

    assert (tuple(names), grade or "medium") == (found.names, found.ciphers)


@given(st.text())
def test_whatever_a_value_says(value: str) -> None:
    """It is a policy or an error."""
    try:
        entry = TlsPolicyEntry.parse(value)
    except InvalidValue:
        return

    assert attrs.has(type(entry))


@pytest.mark.parametrize(
    "nexthop",
    [
        "xn--bcher-kva.example",
        "b\u00fccher.example",
        "B\u00dcCHER.example.",
        "a.b\u00fccher.example",
    ],
)
def test_how_a_domain_is_written_chooses_no_policy(nexthop: str) -> None:
    """Whoever writes an address could have less encryption for it else."""
    text = "xn--bcher-kva.example encrypt\n.xn--bcher-kva.example encrypt\n"
    table = parse_table("texthash", text, origin="tls")

    assert ClientTlsLevel.ENCRYPT is find(nexthop, table).level


def test_a_host_in_utf_8() -> None:
    """Brackets and port are kept."""
    table = parse_table("texthash", "[xn--bcher-kva.example]:587 encrypt\n", origin="tls")

    assert ClientTlsLevel.ENCRYPT is find("[b\u00fccher.example]:587", table).level
    assert ClientTlsLevel.MAY is find("unix:/run/b\u00fccher", table).level
