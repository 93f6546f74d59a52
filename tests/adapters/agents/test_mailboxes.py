"""Which addresses have a mailbox, and where."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.agents.mailboxes import Mailboxes, file_name
from dsnlib.errors import LookupFailed
from dsnlib.replies.tables import parse_table

DOMAINS = Domains(origin="example.org", local=["example.org"], mailbox=["shop.example"])
HOME, BASE = Path("/home"), Path("/base")
ACCOUNTS = parse_table("hash", "ann x\nlist+x x\n", origin="accounts")
SHOP = parse_table(
    "hash",
    "eve@shop.example shop/eve/\nup@shop.example ../../etc\nroot@shop.example /etc\n"
    "dot@shop.example a/./b\n@any.example any/all\n",
    origin="shop",
)


def find(address: str, *, has_tables: bool) -> Path | None:
    """Return where a mailbox is."""
    tables = {"local": [ACCOUNTS], "virtual": [SHOP]} if has_tables else {}
    boxes = Mailboxes(DOMAINS, HOME, base=BASE, delimiter="+", **tables)
    return asyncio.run(boxes.find(address))


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("ann@example.org", "/home/ann"),
        ("Ann+News@EXAMPLE.org", "/home/ann"),
        ("ann", "/home/ann"),
        ("../../etc/passwd@example.org", "/home/%2E.%2F..%2Fetc%2Fpasswd"),
        ('"a b"@example.org', "/home/a%20b"),
        ("bob@shop.example", "/base/shop.example/bob"),
        ("ann@example.net", None),
        ("x" * 300 + "@example.org", None),
    ],
)
def test_without_tables_every_name_is_one(address: str, path: str | None) -> None:
    """One directory for each name, below the right one."""
    assert path == (None if (found := find(address, has_tables=False)) is None else str(found))


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("ann@example.org", "/home/ann"),
        ("ann+x@example.org", "/home/ann"),
        ("list+x@example.org", "/home/list+x"),
        ("bob@example.org", None),
        ("postmaster@example.org", "/home/postmaster"),
        ("PostMaster", "/home/postmaster"),
        ("eve@shop.example", "/base/shop/eve"),
        ("Eve+x@shop.example", "/base/shop/eve"),
        ("bob@shop.example", None),
        # Nobody has said where his mail is: that of the origin (RFC 5321 s4.5.1).
        ("postmaster@shop.example", "/home/postmaster"),
    ],
)
def test_with_tables_those_that_are_in_them(address: str, path: str | None) -> None:
    """A name or an address, and the postmaster whatever the tables say."""
    assert path == (None if (found := find(address, has_tables=True)) is None else str(found))


@pytest.mark.parametrize("address", ["up@shop.example", "root@shop.example", "dot@shop.example"])
def test_a_path_stays_below_the_base(address: str) -> None:
    """One that leads out of it is refused, not followed."""
    with pytest.raises(LookupFailed, match="no path below the base"):
        find(address, has_tables=True)


@given(st.text(max_size=80))
def test_a_name_is_a_component(text: str) -> None:
    """Whatever the text, it is one name of a file, and no way up."""
    name = file_name(text)

    assert name is None or (name not in ("", ".", "..") and "/" not in name and "\0" not in name)
    assert name is None or len(name) <= 255


@given(st.lists(st.text(max_size=20), min_size=2, max_size=2))
def test_names_differ(texts: list[str]) -> None:
    """Two texts have one name only if they differ in case alone."""
    one, other = texts

    assert (file_name(one) == file_name(other)) is (one.lower() == other.lower())
