"""Address lists of header fields and arguments."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.submission.addresses import (
    InvalidAddresses,
    check_path,
    qualify,
    read_addresses,
)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("bob@example.org", ["bob@example.org"]),
        ("bob", ["bob"]),
        ("<bob@example.org>", ["bob@example.org"]),
        ("Bob <bob@example.org>, ann@example.org", ["bob@example.org", "ann@example.org"]),
        ('"Bob, the other" <bob@example.org>', ["bob@example.org"]),
        ("bob@example.org (Bob (the other, you know))", ["bob@example.org"]),
        ("bob (a \\) b) @ example . org", ["bob@example.org"]),
        ("team: ann, <bob@example.org>;, eve", ["ann", "bob@example.org", "eve"]),
        ("undisclosed-recipients:;", []),
        ("", []),
        ("<>", []),
        (" , ,bob,", ["bob"]),
        ('"c d"@example.org', ['"c d"@example.org']),
        ('<"a,b"@example.org>', ['"a,b"@example.org']),
        ("<@relay.example,@b.example:bob@example.org>", ["bob@example.org"]),
        ("bob@[192.0.2.1]", ["bob@[192.0.2.1]"]),
        ("bob@[IPv6:2001:db8::1]", ["bob@[IPv6:2001:db8::1]"]),
        ("δοκιμή@example.org", ["δοκιμή@example.org"]),
        ("bob@example.org;ann@example.org", ["bob@example.org", "ann@example.org"]),
    ],
)
def test_reading(text: str, addresses: list[str]) -> None:
    """Names, comments, groups and routes are passed over (RFC 5322 s3.4, s4.4)."""
    assert addresses == read_addresses(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bob smith", "is no address"),
        ("bob@@example.org", "has more than one @"),
        ("bob@example.org@example.net", "has more than one @"),
        ("bob@example..org", "has a dot too many in its domain"),
        ("bob@.org", "has a dot too many in its domain"),
        ("Bob <bob@example.org", "not closed"),
        ('"bob@example.org', "quote that does not end"),
        ("bob (and so on", "comment that does not end"),
        ("<a@x> <b@x>", "two addresses"),
        ("<<a@x>>", "within brackets"),
        ("a@x>", "closes nothing"),
        ("@example.org", "before or behind its @"),
        ("bob@", "before or behind its @"),
        ("<bob@example.org\r\nRCPT TO:<eve@example.org>>", "within brackets"),
        ("bob\x00@example.org", "is no address"),
        ("bob@example.org\udcff", "is no address"),
        ("a" * 2000, "is no address"),
    ],
)
def test_refusing(text: str, reason: str) -> None:
    """What cannot be a path is an error that shows it, shortened."""
    with pytest.raises(InvalidAddresses, match=reason) as caught:
        read_addresses(text)

    assert 200 > len(str(caught.value))


def test_number_is_bounded() -> None:
    """More addresses than asked for are refused."""
    assert ["a", "b"] == read_addresses("a,b", most=2)
    with pytest.raises(InvalidAddresses, match="more than 2"):
        read_addresses("a,b,c", most=2)


@given(st.text() | st.text(alphabet='ab@.<>()[]",:;\\ \r\n'))
def test_paths_are_safe(text: str) -> None:
    """Whatever is read can stand in a command: no blank, bracket or control outside quotes."""
    try:
        found = read_addresses(text)
    except InvalidAddresses:
        return
    for each in found:
        assert each == check_path(each)
        assert not set(each) & set("\r\n\x00\x7f")
        assert not set(each.split('"')[0]) & set("<> ")


@pytest.mark.parametrize(
    "text", ["(" * 50_000, '"' * 50_001, "<" + "a" * 99_999, "a " * 50_000, "a:" * 50_000]
)
def test_time_is_linear(text: str) -> None:
    """Nothing hostile takes long."""
    begun = time.process_time()
    # Whether it is refused is not the question.
    with contextlib.suppress(InvalidAddresses):
        read_addresses(text)
    assert 1.0 > time.process_time() - begun


def test_qualify() -> None:
    """A domain stands for none; an @ within quotes is none."""
    assert "bob@example.org" == qualify("bob", "example.org")
    assert "bob@x" == qualify("bob@x", "example.org")
    assert '"a@b"@example.org' == qualify('"a@b"', "example.org")
