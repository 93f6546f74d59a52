"""A comment behind an address is none of it, and an address keeps its parentheses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.model.address_comment import guard_comment, strip_comment
from tests.strategies import typed_addresses


@pytest.mark.requirement("3464-2.1.1-02")
@pytest.mark.parametrize(
    ("type_", "text", "address"),
    [
        ("rfc822", "bob@example.org (Bob)", "bob@example.org"),
        ("RFC822", "bob@example.org(Bob (the first))", "bob@example.org"),
        ("utf-8", "bob@example.org \t(Bob)", "bob@example.org"),
        ("rfc822", "bob (Bob)", "bob"),
        ("rfc822", "bob(sales)@example.org", "bob(sales)@example.org"),
        ("x400", "/S=bob/ (Bob)", "/S=bob/"),
        ("x400", "/S=bob(sales)", "/S=bob(sales)"),
        ("x", "bob(sales)", "bob(sales)"),
        ("x", "bob(sales) ()", "bob(sales)"),
        ("x", "bob\\(sales\\)", "bob\\(sales\\)"),
        ("rfc822", "bob)", "bob)"),
        ("rfc822", "(Bob)", "(Bob)"),
        ("x", "(Bob)", "(Bob)"),
        ("rfc822", '"b"@example.org (Bob)', '"b"@example.org (Bob)'),
        ("rfc822", "", ""),
    ],
)
def test_comment(type_: str, text: str, address: str) -> None:
    """Parentheses at the end are a comment; of other types, where they stand apart."""
    assert address == strip_comment(type_, text)


@pytest.mark.parametrize(
    ("type_", "address", "text"),
    [
        ("rfc822", "bob (sales)", "bob (sales) ()"),
        ("rfc822", "bob@example.org(sales)", "bob@example.org(sales) ()"),
        ("x", "bob (sales)", "bob (sales) ()"),
        ("x", "bob ()", "bob () ()"),
        ("x", "bob(sales)", "bob(sales)"),
        ("rfc822", "bob(sales)@example.org", "bob(sales)@example.org"),
    ],
)
def test_guard(type_: str, address: str, text: str) -> None:
    """Only what would be lost is followed by an empty comment."""
    assert text == guard_comment(type_, address)


@given(
    typed_addresses().map(lambda each: (each.type, each.value))
    | st.tuples(st.sampled_from(("rfc822", "utf-8", "x")), st.text('ab ()\\"@'))
)
def test_guarded_address_reads_back(pair: tuple[str, str]) -> None:
    """What is written of an address reads as that address, whatever it ends in."""
    type_, address = pair

    assert address == strip_comment(type_, guard_comment(type_, address))
