"""The rules that are shipped can fire, are told apart, and say where they are from."""

from __future__ import annotations

import attrs
import pytest

from dsnlib.bounces.rules.reply_text import ReplyText
from dsnlib.bounces.rules.rule import GAP, Rule
from dsnlib.bounces.rules.rule_set import RuleSet
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.bounces.taxonomy import Reason

RULES = shipped_rules().rules
# Nothing but these can be told by a rule of words: no system has stock words for them.
WORDLESS = frozenset({Reason.UNDEFINED})


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.needles], ids=lambda rule: rule.id)
def test_every_needle_can_fire(rule: Rule) -> None:
    """A text of a needle alone is found by its rule."""
    alone = RuleSet([attrs.evolve(rule, codes=(), providers=())])
    for needle in rule.needles:
        text = ReplyText(needle.replace(GAP, " some "))

        assert alone.fire(text, None, (), None) is not None, needle


def test_ids_are_unique() -> None:
    """Evidence names one rule."""
    ids = [rule.id for rule in RULES]

    assert sorted(set(ids)) == sorted(ids)


def test_a_phrase_has_one_reason() -> None:
    """A phrase means one thing, unless a provider or a code makes the difference."""
    seen: dict[str, Reason] = {}
    for rule in RULES:
        if rule.providers or rule.codes:
            continue
        for needle in rule.needles:
            assert seen.setdefault(needle, rule.reason) is rule.reason, needle


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.providers], ids=lambda rule: rule.id
)
def test_what_is_known_of_providers_has_a_source(rule: Rule) -> None:
    """A rule about a provider names one that is known, and where it is from."""
    known = {provider.name for provider in shipped_rules().providers}

    assert known >= set(rule.providers)
    assert rule.source is not None
    assert rule.source.startswith("https://")


def test_every_reason_has_words() -> None:
    """There is a rule of words for each reason."""
    assert WORDLESS == set(Reason) - {rule.reason for rule in RULES}


def test_they_are_read_once() -> None:
    """The set is the same each time."""
    assert shipped_rules() is shipped_rules()
