r"""How one family of mail systems writes a bounce that is no report.

A dialect is data: words that tell it, where in the text recipients stand, and
how.  Most need no more than their words, because `words.prose` reads the rest.

    name="exim",
    needles=["created automatically by mail delivery software"],
    after=["address(es) failed:"],
    recipients=[r"\s{2}{address}:?\s*$"],

Rules.
- Needles are lower case, and one of them is in the text or in the Subject; all
  `needs` are, besides.  A needle is some words, and they are whole: that is how
  one pass over the words of a mail finds which dialects to ask at all.
- A needle is a phrase of the system that no other mail has.  What people write,
  or another system, tells nothing.
- Expressions are tried at the beginning of a line, one line at a time, which is
  cut at `LONGEST_LINE`: none can go wrong for long.  The first that matches counts.
- The dialect with the longest needle that is there is asked first, of two with
  the same the one that was declared first.  The next is asked if it finds nobody.
"""

from __future__ import annotations

import re

import attrs

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason
from dsnlib.errors import InvalidValue
from dsnlib.model.texts import texts

__all__ = ["ADDRESS", "LONGEST_LINE", "Dialect"]

LONGEST_LINE = 1000
"""Characters of a line that are looked at, about as many as RFC 5322 s2.1.1 allows."""

# Mailbox = Local-part "@" ( Domain / address-literal )             RFC 5321 s4.1.2
# Without what surrounds it in a text; a full stop at its end is the sentence's.
# Letters of both cases are in it: to fold them would double the time to compile it.
ADDRESS = (
    r"((?-i:(?:\"[^\"@]{1,64}+\"|[^\s<>()\[\]\",;:@]{1,250}+)@"
    r"(?:[^\s<>()\[\]\"',;:@.]{1,63}+(?>(?:\.[^\s<>()\[\]\"',;:@.]{1,63}+){0,30})"
    r"|\[[0-9A-Fa-fIPv.:]{2,60}+\])))"
)
"""What `{address}` stands for in an expression."""

_NAME = re.compile(r"[a-z0-9]++(?>(?:-[a-z0-9]++)*)")
_NEEDLE = re.compile(r"\S|\S.*\S")


@attrs.frozen(kw_only=True)
class Dialect:
    """The form of one family.

    Args:
        name: Lower case: `qmail`, `exchange`.  Forms of one family share it.
        needles: Words that tell it, lower case; any one is enough.
        needs: Words that have to be there too, all of them.
        within: How many characters into the text a needle may begin; `None`:
            anywhere, and in the Subject.
        after: Recipients stand behind the first of these that is there, lower
            case; the whole text if none is.
        before: And before the first of these behind that.
        recipients: Expressions for a line that names one, its address in the
            only group, for which `{address}` stands; none: whatever `prose`
            finds.
        domain: What belongs to an address that has no domain.
        completes: Whether an address without a domain gets that of the host
            that reports.
        kind: What happened, where the form says so.
        reason: Why, where the form itself says so.
        is_about: `False` for mail that only looks like a bounce.
        keeps_original: Whether recipients stand in what looks like the
            original: the form quotes it in its own words.
        version: Grows with each change.

    Raises:
        InvalidValue: A name that is none, no needle, one that is not lower
            case, or an expression that is none or has not one group.
    """

    name: str
    needles: tuple[str, ...] = attrs.field(converter=texts)
    needs: tuple[str, ...] = attrs.field(default=(), converter=texts)
    within: int | None = None
    after: tuple[str, ...] = attrs.field(default=(), converter=texts)
    before: tuple[str, ...] = attrs.field(default=(), converter=texts)
    recipients: tuple[str, ...] = attrs.field(default=(), converter=texts)
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
        return tuple(_compiled(self.name, each) for each in self.recipients)

    def __attrs_post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            message = f"dialect: name {self.name!r} is not some lower case words with hyphens"
            raise InvalidValue(message, value=self.name)
        if not self.needles:
            message = f"dialect {self.name}: there is no needle"
            raise InvalidValue(message, value=self.needles)
        for each in (*self.needles, *self.needs):
            if _NEEDLE.fullmatch(each) is None or each != each.lower():
                message = f"dialect {self.name}: needle {each!r} is not some words in lower case"
                raise InvalidValue(message, value=each)
        for each in (*self.after, *self.before):
            if not each or each != each.lower():
                message = f"dialect {self.name}: heading {each!r} is not in lower case"
                raise InvalidValue(message, value=each)

    def has(self, needle: str, lowered: str) -> bool:
        """Tell whether a needle is where it has to be, and all `needs` are.  Never raises.

        Args:
            needle: One of the needles.
            lowered: The text with the Subject behind it, in lower case.
        """
        end = len(lowered) if self.within is None else self.within + len(needle)
        return lowered.find(needle, 0, end) >= 0 and all(each in lowered for each in self.needs)

    def region(self, text: str, lowered: str) -> tuple[int, int]:
        """Return where in a text recipients stand, as far as the form says.  Never raises.

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


def _compiled(name: str, expression: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(expression.replace("{address}", ADDRESS), re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"dialect {name}: {expression!r}: {error}"
        raise InvalidValue(message, value=expression) from error
    if pattern.groups != 1:
        message = f"dialect {name}: {expression!r} has not one group, that of the address"
        raise InvalidValue(message, value=expression)
    return pattern
