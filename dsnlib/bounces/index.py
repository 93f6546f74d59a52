"""Which dialects a mail may be in, found in one pass over its words.

Each needle hangs on one of its words, the one that fewest needles have and of
those the longest, which is the rarest as a rule.  A mail's words are looked up;
only needles whose word is there are then looked for.  So a hundred dialects cost what ten do.

A needle in a script that has no blanks between words hangs on nothing.  It is
looked for in each text that has such a script.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dsnlib.bounces.words.signs import WORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from dsnlib.bounces.dialect import Dialect

__all__ = ["DialectIndex"]

# From Thai on there are scripts that put no blanks between words; the scripts of
# Europe, Arabic and Hebrew, before it, all do.
_BLANKLESS = "\u0e00"


class DialectIndex:
    """Dialects by the words of their needles.

    Args:
        dialects: Of two that have the same needle, the first is asked first.
    """

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._dialects = tuple(dialects)
        self._by_word: dict[str, list[tuple[str, int]]] = {}
        self._anywhere: list[tuple[str, int]] = []
        needles = [
            (needle, number, [word for word in WORD.findall(needle) if max(word) < _BLANKLESS])
            for number, dialect in enumerate(self._dialects)
            for needle in dialect.needles
        ]
        counts = Counter(word for _, _, words in needles for word in words)
        for needle, number, words in needles:
            if words:
                rarest = min(words, key=lambda word: (counts[word], -len(word)))
                self._by_word.setdefault(rarest, []).append((needle, number))
            else:
                self._anywhere.append((needle, number))

    def __iter__(self) -> Iterator[Dialect]:
        """Iterate over the dialects, as they were declared."""
        return iter(self._dialects)

    def __len__(self) -> int:
        """Return how many there are; one family may have several."""
        return len(self._dialects)

    def find(self, lowered: str, words: AbstractSet[str] | None = None) -> list[Dialect]:
        """Return the dialects that a text may be in, the surest first.  Linear; never raises.

        Args:
            lowered: The text with the Subject behind it, in lower case.
            words: Its words, if they are known: what `signs.WORD` finds.
        """
        if words is None:
            words = set(WORD.findall(lowered))
        asked = [each for word in self._by_word.keys() & words for each in self._by_word[word]]
        if self._anywhere and not lowered.isascii():
            asked += self._anywhere
        found = [
            (-len(needle), number)
            for needle, number in asked
            if self._dialects[number].has(needle, lowered)
        ]
        return [self._dialects[number] for number in dict.fromkeys(n for _, n in sorted(found))]
