"""Plural forms: which of its forms a language takes for a number (GNU gettext).

The header of a catalogue has `Plural-Forms: nplurals=2; plural=n != 1;`, a
small language of its own.  The standard library compiles it without `eval`'s
dangers: digits, `n`, operators and parentheses, 1000 characters at most.

Rules.  A formula is tried on every number up to 1000 when it is read, so one
that divides by zero or names a form that there is not is refused.  Greater
numbers, on which it may still fail, have the last form then.
"""

from __future__ import annotations

import functools
import gettext
import re

import attrs

from dsnlib.errors import CatalogueError

__all__ = ["ENGLISH_FORMS", "MOST_FORMS", "PluralForms"]

_HEADER = re.compile(r"\s*nplurals\s*=\s*([0-9]{1,2})\s*;\s*plural\s*=([^;]*);?\s*")
# Arabic, with the most of all languages, has six.
MOST_FORMS = 10
_TRIED = 1001
# No formula looks at more digits than the last six; numbers stay small.
_PERIOD = 1_000_000


@attrs.frozen(kw_only=True)
class PluralForms:
    """The plural forms of a language.  `PluralForms.parse` makes one.

    Args:
        count: How many forms there are, 1..10.
        formula: A C expression in `n`.
        forms: The form for each number from 0 to 1000.
    """

    count: int
    formula: str
    forms: bytes = attrs.field(eq=False, repr=False)

    @classmethod
    def parse(cls, header: str) -> PluralForms:
        """Return the forms that the value of a `Plural-Forms` header describes.

        >>> PluralForms.parse("nplurals=2; plural=n > 1;").form(1)
        0

        Raises:
            CatalogueError: It cannot be read, or fails for a number.
        """
        found = _HEADER.fullmatch(header)
        count = int(found[1]) if found else 0
        if not found or not 1 <= count <= MOST_FORMS:
            raise CatalogueError(f"Plural-Forms: {header[:80]!r} is not 'nplurals=N; plural=...;'")
        formula = " ".join(found[2].split())
        try:
            compiled = _compile(formula)
            forms = bytes(compiled(number) for number in range(_TRIED))
        except (ArithmeticError, MemoryError, SyntaxError, ValueError) as error:
            raise CatalogueError(f"Plural-Forms: {formula[:80]!r}: {error}") from error
        if max(forms) >= count:
            number = next(number for number in range(_TRIED) if forms[number] >= count)
            raise CatalogueError(
                f"Plural-Forms: {formula[:80]!r} gives form {forms[number]} for {number},"
                f" but nplurals is {count}"
            )
        return cls(count=count, formula=formula, forms=forms)

    def form(self, number: int) -> int:
        """Return the form for `number`, from 0 to `count` - 1.  Never raises."""
        if 0 <= number < _TRIED:
            return self.forms[number]
        number = abs(number)
        if number >= _PERIOD:
            number = _PERIOD + number % _PERIOD
        try:
            form = _compile(self.formula)(number)
        except ArithmeticError:
            form = -1
        return form if 0 <= form < self.count else self.count - 1

    def __str__(self) -> str:
        """Return the value of the header."""
        return f"nplurals={self.count}; plural={self.formula};"


_compile = functools.lru_cache(maxsize=64)(gettext.c2py)

ENGLISH_FORMS = PluralForms.parse("nplurals=2; plural=n != 1;")
"""One, and many."""
