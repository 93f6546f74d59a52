"""Which dialects a mail may be in, found in one pass over its words.

Each needle hangs on one of its words, the longest, which is the rarest as a
rule.  A mail's words are looked up; only needles whose word is there are then
looked for.  So a hundred dialects cost what ten do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.bounces.dialect import Dialect

__all__ = ["DialectIndex"]

_WORD = re.compile(r"[a-z0-9\x80-\U0010ffff]+")


class DialectIndex:
    """Dialects by the words of their needles.

    Args:
        dialects: In no order that matters.
    """

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._by_word: dict[str, list[tuple[str, Dialect]]] = {}
        # A needle in a script without blanks is inside of what looks like one word.
        self._anywhere: list[tuple[str, Dialect]] = []
        for dialect in dialects:
            for needle in dialect.needles:
                words = [word for word in _WORD.findall(needle) if word.isascii()]
                if words:
                    word = max(words, key=len)
                    self._by_word.setdefault(word, []).append((needle, dialect))
                else:
                    self._anywhere.append((needle, dialect))

    def find(self, lowered: str, words: set[str] | None = None) -> list[Dialect]:
        """Return the dialects that a text may be in, the surest first.  Linear; never raises.

        Args:
            lowered: The text in lower case.
            words: Its words, if they are known.
        """
        words = set(_WORD.findall(lowered)) if words is None else words
        asked = [each for word in self._by_word.keys() & words for each in self._by_word[word]]
        if not lowered.isascii():
            asked += self._anywhere
        found = {
            (-len(needle), dialect.name, id(dialect)): dialect
            for needle, dialect in asked
            if needle in lowered and all(each in lowered for each in dialect.needs)
        }
        in_order = [found[key] for key in sorted(found)]
        return list(dict.fromkeys(in_order))
