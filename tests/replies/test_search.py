"""The keys of addresses, hosts and networks, in order, and the first that is found."""

import asyncio
from collections.abc import Awaitable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import LookupFailed
from dsnlib.replies.search import Found, address_keys, find, host_keys, network_keys
from dsnlib.replies.tables import parse_table


@pytest.mark.parametrize(
    ("address", "delimiter", "expected"),
    [
        ("Ann@A.example.ORG", "", "ann@a.example.org a.example.org example.org org ann@"),
        ("ann+x@a.org", "+", "ann+x@a.org ann@a.org a.org org ann+x@ ann@"),
        ("ann+x@a.org", "", "ann+x@a.org a.org org ann+x@"),
        ("ann-x+y@a.org", "+-", "ann-x+y@a.org ann@a.org a.org org ann-x+y@ ann@"),
        ("+x@a.org", "+", "+x@a.org a.org org +x@"),
        ("Mailer-Daemon@a.org", "-", "mailer-daemon@a.org a.org org mailer-daemon@"),
        ("owner-x@a.org", "-", "owner-x@a.org a.org org owner-x@"),
        ("x-request@a.org", "-", "x-request@a.org a.org org x-request@"),
        ("owner+x@a.org", "+", "owner+x@a.org owner@a.org a.org org owner+x@ owner@"),
        ("postmaster", "", "postmaster postmaster@"),
        ("ann+x", "+", "ann+x ann ann+x@ ann@"),
        ('"ann"@a.org', "", "ann@a.org a.org org ann@"),
        (r'"a\"@b"@a.org', "", 'a"@b@a.org a.org org a"@b@'),
        ('"@a.org', "", '"@a.org a.org org "@'),
        ("ann@[192.0.2.1]", "", "ann@[192.0.2.1] [192.0.2.1] ann@"),
        ("@a.org", "", "@a.org a.org org"),
        ("ann@", "", "ann@ ann@"),
        ("", "+", "<>"),
    ],
)
def test_address_keys(address: str, delimiter: str, expected: str) -> None:
    """From what is said of one address to what is said of many."""
    assert expected.split(" ") == list(address_keys(address, delimiter=delimiter))


def test_quoted_local_part_with_a_blank() -> None:
    """A key of a table in quotes is that of an address in quotes."""
    table = parse_table("hash", '"ann lee"@a.org OK', origin="x")
    keys = list(address_keys('"Ann Lee"@a.org'))

    assert ["ann lee@a.org", "a.org", "org", "ann lee@"] == keys
    assert "OK" == table.lookup(keys[0])


@pytest.mark.parametrize(
    ("name", "parents", "expected"),
    [
        ("A.example.org", True, ["a.example.org", "example.org", "org"]),
        ("a.example.org", False, ["a.example.org", ".example.org", ".org"]),
        ("a.org.", True, ["a.org", "org"]),
        ("org", True, ["org"]),
        ("[192.0.2.1]", True, ["[192.0.2.1]"]),
        ("a..", True, ["a."]),
        ("", True, [""]),
        ("a." * 128, True, [("a." * 128)[:-1], *(("a." * n)[:-1] for n in range(127, 0, -1))]),
        ("a." * 129, True, [("a." * 129)[:-1]]),
    ],
)
def test_host_keys(name: str, parents: bool, expected: list[str]) -> None:  # noqa: FBT001  a column of the table
    """A name and those above it, unless it is longer than a name can be."""
    assert expected == list(host_keys(name, parents=parents))


def test_parents_of_an_address_with_dots() -> None:
    """Where parents do not stand for those below them, their keys begin with a dot."""
    assert ["ann@a.b.org", "a.b.org", ".b.org", ".org", "ann@"] == list(
        address_keys("ann@a.b.org", parents=False)
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", ["192.0.2.1", "192.0.2", "192.0", "192"]),
        ("::ffff:192.0.2.1", ["192.0.2.1", "192.0.2", "192.0", "192"]),
        ("2001:DB8:0:0::1", ["2001:db8::1", "2001:db8:", "2001:db8", "2001"]),
        ("::1", ["::1"]),
        ("Unknown", ["unknown"]),
        ("", [""]),
    ],
)
def test_network_keys(address: str, expected: list[str]) -> None:
    """An address and the networks it is in, cut at its dots or colons."""
    assert expected == list(network_keys(address))


@given(st.text())
def test_any_text_has_keys(text: str) -> None:
    """Whatever a stranger gives, there is a first key, and there are few."""
    for keys in (address_keys(text, delimiter="+-"), host_keys(text), network_keys(text)):
        assert 1 <= len(list(keys)) <= 300


def test_first_key_that_is_there() -> None:
    """Keys are asked for in order, and what is found says by which."""
    table = parse_table("hash", "org A\nexample.org B", origin="x")

    found = asyncio.run(find(table, host_keys("a.example.org")))

    assert Found(value="B", key="example.org", table="hash:x") == found


def test_no_key_is_there() -> None:
    """`None` is the answer where no key is found, or there is none."""
    table = parse_table("hash", "com A", origin="x")

    assert asyncio.run(find(table, host_keys("a.example.org"))) is None
    assert asyncio.run(find(table, [])) is None


@pytest.mark.parametrize(("pattern", "is_found"), [("^a", True), ("^example", False)])
def test_patterns_are_asked_once(pattern: str, is_found: bool) -> None:  # noqa: FBT001  a column of the table
    """A table whose keys are not fixed sees the whole, and no part of it."""
    table = parse_table("pcre", f"/{pattern}/ A", origin="x")

    found = asyncio.run(find(table, host_keys("a.example.org")))

    assert (Found(value="A", key="a.example.org", table="pcre:x") if is_found else None) == found


@attrs.frozen
class Database:
    """A table of a caller's, which may fail."""

    name: str = "db"
    has_fixed_keys: bool = True

    def lookup(self, key: str) -> Awaitable[str | None]:
        """Answer later."""

        async def answer() -> str | None:
            if key == "org":
                message = "gone"
                raise OSError(message)
            return None

        return answer()


def test_failure_is_not_absence() -> None:
    """A table that cannot answer fails the search; it does not go on."""
    with pytest.raises(LookupFailed, match="gone") as caught:
        asyncio.run(find(Database(), host_keys("example.org")))

    assert ("db", "org") == (caught.value.source, caught.value.key)
