"""A header gives up its fields with their places, and texts their addresses and identifiers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.links.clues import (
    Clue,
    field_pattern,
    find_addresses,
    find_message_ids,
    read_clues,
)
from tests.strategies import mailboxes

PATTERN = field_pattern("to", "message-id")
HEADER = b"Received: x\nTo: bob@example.org\nMESSAGE-ID : <a\n\t@b>\nSubject: To: x\n\nTo: eve\n"


@pytest.mark.parametrize(
    ("before", "line_end"),
    [(b"", b"\n"), (b"", b"\r\n"), (b"From bob Thu Jul  7\n", b"\n"), (b"\n\n", b"\n")],
    ids=["LF", "CRLF", "mbox", "empty lines"],
)
def test_fields(before: bytes, line_end: bytes) -> None:
    """A field is found by its name in any case, unfolded, where it stands, in the header alone."""
    octets = before + HEADER.replace(b"\n", line_end)
    clues = read_clues(octets, PATTERN)

    assert {"to": ["bob@example.org"], "message-id": ["<a @b>"]} == {
        name: [clue.text for clue in found] for name, found in clues.items()
    }
    for name, (clue,) in clues.items():
        assert octets[clue.start : clue.end].lower().startswith(name.encode())
        assert octets[clue.end :].startswith(line_end)


def test_places_are_counted_as_the_caller_does() -> None:
    """An offset shifts every place."""
    assert {"to": [Clue("to", "x", 100, 105)]} == read_clues(b"To: x\n", PATTERN, offset=100)


def test_carriage_returns() -> None:
    """A header whose lines end in CR alone is read."""
    assert {"to": [Clue("to", "x", 5, 10)]} == read_clues(b"A: b\rTo: x\r\rTo: y", PATTERN)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("bob@example.org", ["bob@example.org"]),
        (
            "Bob <bob@example.org>, eve@example.net (at work)",
            ["bob@example.org", "eve@example.net"],
        ),
        ('"bob@home" <bob@example.org>', ["bob@example.org"]),
        ('"a b"@example.org', ['"a b"@example.org']),
        ('"unclosed <bob@example.org>', ["bob@example.org"]),
        ("bob@[192.0.2.1],<eve@[IPv6:2001:db8::1]>", ["bob@[192.0.2.1]", "eve@[IPv6:2001:db8::1]"]),
        ("bob@[unclosed", ["bob@[unclosed"]),
        ("friends: bob@example.org;", ["bob@example.org"]),
        ("@example.org, bob@, @, undisclosed recipients:;", []),
        ("", []),
    ],
)
def test_addresses(text: str, addresses: list[str]) -> None:
    """An address is found among names, comments, groups and brackets."""
    assert addresses == list(find_addresses(text))


@given(st.lists(mailboxes().map(str).filter(lambda text: not set("\\[") & set(text)), max_size=4))
def test_every_address_is_found(addresses: list[str]) -> None:
    """No address of a list is lost."""
    assert addresses == list(find_addresses(", ".join(f"<{each}>" for each in addresses)))


def test_addresses_are_counted() -> None:
    """A field of more than a thousand addresses ends there."""
    assert 1000 == len(list(find_addresses("a@b," * 2000)))


@pytest.mark.parametrize(
    ("text", "identifiers"),
    [
        ("<a@Example.org>", ("a@Example.org",)),
        ("<a@b> <c@d>(x)\t<e>", ("a@b", "c@d", "e")),
        ("<a\n @ b>", ("a@b",)),
        ("a@b c@d", ("a@b", "c@d")),
        ("<>", ()),
        ("<a@b", ()),
        ("", ()),
        (f"<{'a' * 999}>", ()),
    ],
    ids=["one", "several", "fold", "no brackets", "empty", "open", "nothing", "long"],
)
def test_identifiers(text: str, identifiers: tuple[str, ...]) -> None:
    """Brackets and white space go, case stays."""
    assert identifiers == find_message_ids(text)


@pytest.mark.parametrize("text", ["<a> ", "a "])
def test_identifiers_are_counted(text: str) -> None:
    """A thousand identifiers are enough."""
    assert 1000 == len(find_message_ids(text * 2000))
