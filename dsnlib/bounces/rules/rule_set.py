"""Rules that are asked together, and found by the words of a text.

Rules.
- A needle is asked for only if its rarest word, or two words that follow each
  other, are words of the text, so thousands of needles cost little; those in
  scripts without blanks are asked for in texts that are not US-ASCII.
- Of the rules that fire one counts: first those that were put over others,
  however short their needles are, then those about
  the provider who speaks, then the others, then those about words that are
  used for much.  Of the same kind it is the one with the longest needle, then
  the first; of those about words that are used for much the first, because
  they are put in order, from the narrow to the broad.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.rules.rule import MOST_BETWEEN, check_needle, split_needle, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib.bounces.rules.reply_text import ReplyText
    from dsnlib.bounces.rules.rule import Provider, Rule
    from dsnlib.model.status import EnhancedStatusCode

__all__ = ["Fired", "RuleSet"]

# Letters of scripts that are written without blanks: CJK and what is behind it.
_UNSPACED = "\u2e80"
# The longest name has 127 labels; nobody's domain is below the eighth.
_MOST_LABELS = 8


class Fired(NamedTuple):
    """A rule that fired.

    Args:
        rule: Which.
        start: The character of the searched text that its needle begins at;
            `None` where the rule has codes alone.
        end: The character behind it.
    """

    rule: Rule
    start: int | None = None
    end: int | None = None


# What is compared: a tier, then length and order, or order and length, then which
# needle of the rule; less counts more.  Layers are tiers below zero.
_Rank = tuple[int, int, int, int]
_PROVIDER, _WORDS, _PROSE = range(3)
_LAST: _Rank = (_PROSE + 1, 0, 0, 0)


class _Needle(NamedTuple):
    """A needle, made ready: what it is of, and how it counts."""

    first: str
    others: tuple[str, ...]
    rank: _Rank
    rule: Rule | None = None
    provider: str | None = None

    def find(self, text: str) -> tuple[int, int] | None:
        """Return where it stands in a text that has its first piece."""
        start = text.find(self.first)
        while start >= 0:
            end = start + len(self.first)
            for piece in self.others:
                found = text.find(piece, end, end + MOST_BETWEEN + len(piece))
                if found < 0:
                    break
                end = found + len(piece)
            else:
                return start, end
            start = text.find(self.first, start + len(self.first))
        return None


class RuleSet:
    """Rules that are asked together.

    Attributes:
        rules: In the order in which they count.
        providers: Who is known.
        layers: How many of the first rules were put over the others, and over
            each other; the topmost first.
    """

    __slots__ = ("_by_code", "_hosts", "_index", "_unspaced", "layers", "providers", "rules")

    def __init__(
        self,
        rules: Iterable[Rule],
        providers: Iterable[Provider] = (),
        *,
        layers: Iterable[int] = (),
    ) -> None:
        """Make rules ready to be asked.

        Args:
            rules: In the order in which they count.
            providers: What is known of those that they name, and of others.
            layers: How many of the first are put over the others.

        Raises:
            InvalidValue: A mark of a provider cannot be searched for.
        """
        self.rules = tuple(rules)
        self.providers = tuple(providers)
        self.layers = tuple(layers)
        for provider in self.providers:
            for mark in provider.marks:
                check_needle(mark, f"provider {provider.name}")
        self._hosts = {host: each.name for each in self.providers for host in each.hosts}
        self._unspaced: tuple[_Needle, ...] = ()
        self._index: dict[_Key, list[_Needle]] | None = None  # made by the first question
        self._by_code: dict[str, list[tuple[_Rank, Rule]]] = {}
        for order, rule in enumerate(self.rules):
            if not rule.needles:
                for name in rule.providers:
                    entry = self._rank(rule, order, 0, 0), rule
                    self._by_code.setdefault(name, []).append(entry)

    def _make_index(self) -> dict[_Key, list[_Needle]]:
        index: dict[_Key, list[_Needle]] = {}
        unspaced: list[_Needle] = []
        needles = tuple((each, _keys_of((each.first, *each.others))) for each in self._needles())
        counts = Counter(key for _, keys in needles for key in keys)
        for needle, keys in needles:
            if max(map(max, (needle.first, *needle.others))) >= _UNSPACED:
                unspaced.append(needle)
            else:
                # Two words that follow each other are rarer than any one of them.
                rarest = min(keys, key=lambda key: (isinstance(key, str), counts[key]))
                index.setdefault(rarest, []).append(needle)
        self._unspaced = tuple(unspaced)
        return index

    def _needles(self) -> Iterator[_Needle]:
        for order, rule in enumerate(self.rules):
            for number, text in enumerate(rule.needles):
                first, *others = pieces = split_needle(text)
                rank = self._rank(rule, order, sum(map(len, pieces)), number)
                yield _Needle(first, tuple(others), rank, rule)
        for provider in self.providers:
            for text in provider.marks:
                first, *others = split_needle(text)
                yield _Needle(first, tuple(others), _LAST, None, provider.name)

    def _rank(self, rule: Rule, order: int, length: int, number: int) -> _Rank:
        if rule.is_prose:
            return _PROSE, order, -length, number
        for tier, end in enumerate(itertools.accumulate(self.layers), -len(self.layers)):
            if order < end:
                return tier, -length, order, number
        return _PROVIDER if rule.providers else _WORDS, -length, order, number

    def over(self, other: RuleSet) -> RuleSet:
        """Return both: the rules of this one count for more than those of the other.

        Never raises.
        """
        return RuleSet(
            (*self.rules, *other.rules),
            (*other.providers, *self.providers),
            layers=(*self.layers, len(self.rules) - sum(self.layers), *other.layers),
        )

    def provider_of(self, host: str) -> str | None:
        """Return whose host it is, by its name or a domain that it is in.  Never raises."""
        labels = host.lower().rstrip(".").split(".")[-_MOST_LABELS:]
        for first in range(len(labels)):
            name = self._hosts.get(".".join(labels[first:]))
            if name is not None:
                return name
        return None

    def fire(
        self,
        text: ReplyText,
        reply_code: int | None,
        statuses: tuple[EnhancedStatusCode, ...],
        provider: str | None,
    ) -> Fired | None:
        """Return the rule that counts among those that fire.  Never raises.

        Args:
            text: What was said.
            reply_code: The code that came with it, if one did.
            statuses: The enhanced codes that came with it.
            provider: Who said it, if that is known; else the text may tell.
        """
        searched = text.lowered
        names = {provider} if provider is not None else set()
        found: list[tuple[_Rank, Rule, int, int]] = []
        for needle in self._candidates(searched):
            place = needle.find(searched)
            if place is None:
                continue
            _, _, rank, rule, name = needle
            if rule is None:
                names.add(name or "")
            elif not rule.codes or _has_code(rule, reply_code, statuses):
                found.append((rank, rule, *place))
        best: Fired | None = None
        least: _Rank = _LAST
        for rank, rule, start, end in found:
            if rank < least and (
                not rule.providers or rule.is_mark or not names.isdisjoint(rule.providers)
            ):
                best, least = Fired(rule, start, end), rank
        for name in names:
            for rank, rule in self._by_code.get(name, ()):
                if rank < least and _has_code(rule, reply_code, statuses):
                    best, least = Fired(rule), rank
        return best

    def _candidates(self, searched: str) -> list[_Needle]:
        """Return the needles whose first piece stands in a text."""
        words = words_of(searched)
        index = self._index
        if index is None:
            self._index = index = self._make_index()
        found = [
            needle
            for key in index.keys() & {*words, *itertools.pairwise(words)}
            for needle in index[key]
            if needle[0] in searched
        ]
        if self._unspaced and not searched.isascii():
            found += [needle for needle in self._unspaced if needle[0] in searched]
        return found


# A word of a needle, or two that follow each other.
_Key = str | tuple[str, str]


def _keys_of(pieces: Iterable[str]) -> list[_Key]:
    keys: list[_Key] = []
    for piece in pieces:
        words = words_of(piece)
        keys += words
        keys += itertools.pairwise(words)
    return keys


def _has_code(rule: Rule, reply_code: int | None, statuses: tuple[EnhancedStatusCode, ...]) -> bool:
    for code in rule.codes:
        for status in statuses or (None,):
            if code.suits(reply_code, status):
                return True
    return not rule.codes
