"""A rule can fire and cannot always; its codes and needles are what they say."""

import pytest

from dsnlib.bounces.rules.rule import Code, Rule, words_of
from dsnlib.bounces.taxonomy import Reason
from dsnlib.errors import InvalidValue
from dsnlib.model.status import EnhancedStatusCode


@pytest.mark.parametrize(
    ("code", "reply", "status", "suits"),
    [
        ("550", 550, None, True),
        ("550", 551, None, False),
        ("550", None, "5.5.0", False),
        ("4yz", 452, None, True),
        ("5yz", 452, None, False),
        ("5.7.1", None, "5.7.1", True),
        ("5.7.1", None, "4.7.1", False),
        ("x.7.1", None, "4.7.1", True),
        ("5.7.606-649", None, "5.7.649", True),
        ("5.7.606-649", None, "5.7.650", False),
        ("5.7.1", None, "5.6.1", False),
        ("5.7.1", 550, None, False),
    ],
)
def test_codes(code: str, reply: int | None, status: str | None, suits: bool) -> None:  # noqa: FBT001  a column of the table
    """A code of a rule is a reply code, a class of them, or enhanced codes."""
    given = None if status is None else EnhancedStatusCode.parse(status)

    assert suits == Code.parse(code).suits(reply, given)


@pytest.mark.parametrize(
    "text",
    ["", "55", "5500", "250", "6yz", "5.7", "5.7.1.1", "2.1.1", "x.7", "5.7.a", "5.7.1-", "5.٧.1"],
)
def test_what_is_no_code(text: str) -> None:
    """Other forms are refused with the forms there are."""
    with pytest.raises(InvalidValue, match="none of the forms"):
        Code.parse(text)


@pytest.mark.parametrize(
    ("needle", "why"),
    [
        ("User unknown", "lower case"),
        ("x" * 201, "lower case"),
        ("", "without a word"),
        ("a..", "without a word"),
        ("..a", "without a word"),
        ("a..-..b", "without a word"),
        ("a  b", "odd white space"),
        ("a\tb", "odd white space"),
    ],
)
def test_needles_that_cannot_be_found(needle: str, why: str) -> None:
    """A needle is lower case, short, and has a word in each piece."""
    with pytest.raises(InvalidValue, match=why):
        Rule(id="r", reason=Reason.POLICY, needles=[needle])


@pytest.mark.parametrize(
    ("codes", "providers"), [([], []), (["550"], []), ([], ["google"])], ids=str
)
def test_a_rule_needs_something(codes: list[str], providers: list[str]) -> None:
    """Without needles there are codes and providers."""
    with pytest.raises(InvalidValue, match="needs needles"):
        Rule(
            id="r",
            reason=Reason.POLICY,
            codes=tuple(map(Code.parse, codes)),
            providers=providers,
        )


def test_words() -> None:
    """Words are what stands between what is no letter and no digit."""
    assert ["mx", "example", "org", "empfänger", "x"] == words_of("mx.example.org: empfänger-x!")
