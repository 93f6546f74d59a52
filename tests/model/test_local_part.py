"""Local parts that carry other addresses are taken apart, bared and quoted again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.model.local_part import bare_local_part, domain_of, quote_local_part, split_address


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("bob@example.org", ("bob", "@", "example.org")),
        ('"a@b"@example.org', ('"a@b"', "@", "example.org")),
        ("a@b@c", ("a@b", "@", "c")),
        ("postmaster", ("postmaster", "", "")),
        ('"a@b"', ('"a@b"', "", "")),
        ("", ("", "", "")),
    ],
)
def test_split(address: str, parts: tuple[str, str, str]) -> None:
    """The last `@` divides, unless it stands within quotes."""
    assert parts == split_address(address)


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Bob@Example.ORG", "example.org"),
        ("a@b@c", "c"),
        ("postmaster", ""),
        ('"a@b"', ""),
        ("bob@", ""),
    ],
)
def test_domain(address: str, domain: str) -> None:
    """It is in lower case, and what is within quotes is none."""
    assert domain == domain_of(address)


@pytest.mark.parametrize(
    ("local_part", "bare"),
    [
        ("bob", "bob"),
        ('"a b"', "a b"),
        ('"a\\"b\\\\"', 'a"b\\'),
        ('""', ""),
        ('"', '"'),
        ("", ""),
    ],
)
def test_bare(local_part: str, bare: str) -> None:
    """The quotes of a quoted-string go; a lone one is no quoted-string."""
    assert bare == bare_local_part(local_part)


@pytest.mark.parametrize(
    ("text", "local_part"),
    [
        ("a.b+c=d", "a.b+c=d"),
        ("a..b", '"a..b"'),
        ("a b", '"a b"'),
        ('a"b\\', '"a\\"b\\\\"'),
        ("", '""'),
        ("δ", "δ"),
    ],
)
def test_quote(text: str, local_part: str) -> None:
    """What is no dot-string is quoted."""
    assert local_part == quote_local_part(text)


@given(st.text(st.characters(exclude_characters="\n")))
def test_quoted_and_bare_again(text: str) -> None:
    """A text that was quoted says the same; a dot-string never has a quote in it."""
    assert text == bare_local_part(quote_local_part(text))
