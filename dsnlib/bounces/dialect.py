r"""How one family of mail systems writes a bounce that is no report.

A dialect is data: words that tell it, where in the text recipients stand, and
how.  Most need no more than their words, because `prose` reads the rest.

    Dialect(
        name="exim",
        needles=("created automatically by mail delivery software",),
        after=("address(es) failed:",),
        recipients=(r"^  (\S+@\S+?):?$",),
    )

Rules.
- Needles are lower case, and one of them is in the header or in the text; all
  `needs` are, besides.  Each is some words, so that one pass over the words of a
  mail finds which dialects to ask at all.
- Expressions are tried on one line of the text at a time, which is cut at
  `LONGEST_LINE`: none can go wrong for long.
- The dialect with the longest needle that is there is asked first; the next
  one is asked if it has found nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LONGEST_LINE", "Dialect"]

LONGEST_LINE = 1000
_NEEDLE = re.compile(r"\S.*\S")


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Dialect:
    """The form of one family.

    Args:
        name: Lower case: `qmail`, `exchange`.
        needles: Words that tell it, lower case; any one is enough.
        needs: Words that have to be there too, all of them.
        after: Recipients stand behind the first of these that is there.
        before: And before the first of these behind that.
        recipients: Expressions for a line that names one, its address in the
            only group; none: whatever `prose` finds.
        domain: What belongs to an address that has no domain.
        completes: Whether an address without a domain gets that of the host
            that reports.
        kind: What happened, where the form says so and the text does not.
        reason: Why, where the form itself says so.
        is_about: `False` for mail that only looks like a bounce.
        keeps_original: Whether recipients stand in what looks like the
            original: the form quotes it in its own words.
        version: Grows with each change.

    Raises:
        InvalidValue: No needle, one that is not lower case, or an expression
            that is none or has not one group.
    """

    name: str
    needles: tuple[str, ...] = attrs.field(converter=_texts)
    needs: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    after: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    before: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    recipients: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    domain: str = ""
    completes: bool = False
    kind: EventKind | None = None
    reason: Reason | None = None
    is_about: bool = True
    keeps_original: bool = False
    version: int = 1
    patterns: tuple[re.Pattern[str], ...] = attrs.field(init=False, repr=False, eq=False)

    @patterns.default
    def _compile(self) -> tuple[re.Pattern[str], ...]:
        patterns = []
        for each in self.recipients:
            try:
                pattern = re.compile(each, re.IGNORECASE)
            except re.error as error:
                message = f"dialect {self.name}: {each!r}: {error}"
                raise InvalidValue(message, value=each) from error
            if pattern.groups != 1:
                message = f"dialect {self.name}: {each!r} has not one group, that of the address"
                raise InvalidValue(message, value=each)
            patterns.append(pattern)
        return tuple(patterns)

    def __attrs_post_init__(self) -> None:
        if not self.needles:
            message = f"dialect {self.name}: there is no needle"
            raise InvalidValue(message, value=self.needles)
        for each in (*self.needles, *self.needs):
            if _NEEDLE.fullmatch(each) is None or each != each.lower():
                message = f"dialect {self.name}: needle {each!r} is not some words in lower case"
                raise InvalidValue(message, value=each)

    def region(self, text: str, lowered: str) -> tuple[int, int]:
        """Return where in a text recipients stand, as far as the form says.

        Args:
            text: The explanation.
            lowered: The same in lower case, of the same length.
        """
        start = 0
        for each in self.after:
            found = lowered.find(each)
            if found >= 0:
                start = found + len(each)
                break
        ends = [found for each in self.before if (found := lowered.find(each, start)) >= 0]
        return start, min(ends, default=len(text))
