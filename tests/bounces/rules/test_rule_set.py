"""Of the rules that fire one counts, and it is always the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.rules.reply_text import ReplyText
from dsnlib.bounces.rules.rule import MOST_BETWEEN, Code, Provider, Rule
from dsnlib.bounces.rules.rule_set import RuleSet
from dsnlib.bounces.taxonomy import Reason
from dsnlib.errors import InvalidValue
from dsnlib.model.status import EnhancedStatusCode


def rule(id_: str, *needles: str, **more: object) -> Rule:
    """Return a rule about words."""
    return Rule(id=id_, reason=Reason.POLICY, needles=needles, **more)  # type: ignore[arg-type]  # a short hand of these tests


def fired(
    rules: RuleSet, text: str, *, status: str | None = None, provider: str | None = None
) -> str | None:
    """Return the id of the rule that counts."""
    statuses = () if status is None else (EnhancedStatusCode.parse(status),)
    found = rules.fire(ReplyText(text), None, statuses, provider)
    return None if found is None else found.rule.id


@pytest.mark.parametrize(
    ("needle", "text", "fires"),
    [
        ("over quota", "550 Over  quota", True),
        ("over quota", "550 over the quota", False),
        ("over quota", "rover quota", False),
        ("over..quota", "over his quota", True),
        ("over .. quota", "over his quota", True),
        ("over..quota", "quota over", False),
        ("over..quota", "over " + "x" * MOST_BETWEEN + "quota", False),
        ("over..quota", "over " + "x" * (MOST_BETWEEN - 1) + "quota", True),
        ("over..quota", "over " + "x" * MOST_BETWEEN + "over quota", True),
        ("a..b..c", "a b c", True),
        ("a..b..c", "a b", False),
        ("(#5.1.1)", "no (#5.1.1)", True),
        ("容量超過", "メールボックス容量超過です", True),
        ("容量..超過", "容量が超過", True),
        ("容量超過", "é", False),
        ("empfänger unbekannt", "Empfänger unbekannt", True),
    ],
)
def test_needles(needle: str, text: str, fires: bool) -> None:  # noqa: FBT001  a column of the table
    """A needle is found in its words, with bounded gaps, in every script."""
    assert fires == (fired(RuleSet([rule("r", needle)]), text) is not None)


def test_the_longest_needle_counts() -> None:
    """What says more counts, wherever it stands in the set; then the first."""
    rules = RuleSet([rule("short", "denied"), rule("long", "relay denied"), rule("too", "denied")])

    assert "long" == fired(rules, "relay denied")
    assert "short" == fired(rules, "access denied")


def test_the_first_of_loose_words_counts() -> None:
    """Words that are used for much are asked last, in their order."""
    rules = RuleSet(
        [
            rule("narrow", "virus", is_prose=True),
            rule("broad", "message rejected", is_prose=True),
            rule("plain", "no"),
        ]
    )

    assert "narrow" == fired(rules, "message rejected: virus")
    assert "plain" == fired(rules, "message rejected: no virus")


def test_the_site_counts_most() -> None:
    """Rules that are put over others count more, however short their needles are."""
    ours = RuleSet([rule("ours", "access denied"), rule("loose", "no access", is_prose=True)])
    site = RuleSet([rule("site", "denied"), rule("site loose", "access", is_prose=True)])
    both = site.over(ours)

    assert "site" == fired(both, "access denied")
    assert "site loose" == fired(both, "no access")
    assert "top" == fired(RuleSet([rule("top", "denied")]).over(both), "access denied")
    assert (1, 2) == RuleSet([rule("top", "denied")]).over(both).layers
    assert "top" == fired(RuleSet([rule("top", "denied")]).over(site).over(ours), "access denied")


GOOGLE = Provider(name="google", hosts=["google.com"], marks=["gsmtp"])
OF_GOOGLE = RuleSet(
    [
        rule("plain", "out of storage space"),
        rule("words", "storage", providers=["google"]),
        rule("mark", "overquotaperm", providers=["google"], is_mark=True),
        Rule(
            id="code",
            reason=Reason.POLICY,
            codes=(Code.parse("x.7.27"),),
            providers=["google"],
        ),
        rule("both", "try again", codes=(Code.parse("4.3.0"),)),
    ],
    [GOOGLE],
)


@pytest.mark.parametrize(
    ("text", "status", "provider", "expected"),
    [
        ("out of storage space", None, None, "plain"),
        ("out of storage space", None, "google", "words"),
        ("out of storage space - gsmtp", None, None, "words"),
        ("out of storage space", None, "other", "plain"),
        ("?p=OverQuotaPerm", None, None, "mark"),
        ("no", "5.7.27", "google", "code"),
        ("no gsmtp", "4.7.27", None, "code"),
        ("no", "5.7.27", None, None),
        ("no", "5.7.1", "google", None),
        ("out of storage", "5.7.27", "google", "words"),
        ("try again", "4.3.0", None, "both"),
        ("try again", "4.3.1", None, None),
        ("try again", None, None, None),
    ],
)
def test_providers(
    text: str, status: str | None, provider: str | None, expected: str | None
) -> None:
    """A rule about a provider fires where that one speaks, and counts for more."""
    assert expected == fired(OF_GOOGLE, text, status=status, provider=provider)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mx.google.com", "google"),
        ("GOOGLE.com.", "google"),
        ("notgoogle.com", None),
        ("", None),
        ("a." * 5000 + "google.com", "google"),
    ],
    ids=["below", "itself", "other", "none", "long"],
)
def test_whose_host(host: str, name: str | None) -> None:
    """A host is a provider's if it is, or is below, one of its names."""
    assert name == OF_GOOGLE.provider_of(host)


def test_marks_are_checked() -> None:
    """A mark that cannot be found is refused, as a needle is."""
    with pytest.raises(InvalidValue, match="provider p"):
        RuleSet([], [Provider(name="p", marks=["UPPER"])])


@given(st.permutations([rule("a", "one two"), rule("b", "two three"), rule("c", "one")]))
def test_order_counts_only_among_equals(rules: list[Rule]) -> None:
    """The longest needle wins in every order of the rules."""
    assert "b" == fired(RuleSet(rules), "one two three")
