"""A rule that tells from the words of a reply why it was given.

A rule has needles: words that have to stand in the text, in lower case.  It may
ask for codes as well, and for a provider, whose systems alone say it.

Rules.
- A needle is found where it stands in the text; `a..b` is found where `b`
  stands behind `a`, with at most `MOST_BETWEEN` characters between them, for
  each `a` the first `b`.  There are no expressions: nothing can backtrack.
- A needle is made of whole words: `over quota`, never `ver quo`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from dsnlib.model.status import EnhancedStatusCode

__all__ = ["MOST_BETWEEN", "Code", "Provider", "Rule", "check_needle", "split_needle", "words_of"]

MOST_BETWEEN = 100
"""How many characters may stand in a gap."""

GAP = ".."
"""What stands for a gap in a needle."""

# Chosen by us: far longer than any phrase, and short enough that searching is linear.
_LONGEST_NEEDLE = 200
_LARGEST = 999

# What is no letter or digit ends a word; the octets of other scripts are letters.
_BREAKS = bytes(
    each if each >= 0x80 or chr(each).isalnum() else ord(" ") for each in range(256)
)  # fmt: skip


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case.  Never raises."""
    # As octets it is several times as fast.
    octets = text.encode("utf-8", "surrogatepass").translate(_BREAKS)
    return octets.decode("utf-8", "surrogatepass").split()


@attrs.frozen(kw_only=True)
class Code:
    """A code that a rule asks for: a reply code, or an enhanced one.

    Args:
        reply: From and to which reply code, or `None` for an enhanced code.
        class_: The class of the enhanced code; `None` for any.
        subject: Its subject.
        details: From and to which detail.
    """

    reply: tuple[int, int] | None = None
    class_: int | None = None
    subject: int = 0
    details: tuple[int, int] = (0, _LARGEST)

    @classmethod
    def parse(cls, text: str) -> Code:
        """Return the code that a rule names.

        >>> Code.parse("5.7.606-649").details, Code.parse("4yz").reply
        ((606, 649), (400, 499))

        Args:
            text: `550`, `5yz`, `5.7.1`, `x.7.1` or `5.7.606-649`.

        Raises:
            InvalidValue: It is none of these.
        """
        if text in ("4yz", "5yz"):
            first = int(text[0]) * 100
            return cls(reply=(first, first + 99))
        parts = text.split(".")
        if len(parts) == 1 and _is_number(text) and text[:1] in ("4", "5") and len(text) == 3:
            return cls(reply=(int(text), int(text)))
        if len(parts) == 3 and parts[0] in ("4", "5", "x"):
            low, hyphen, high = parts[2].partition("-")
            numbers = (parts[1], low, high if hyphen else low)
            if all(map(_is_number, numbers)):
                subject, *details = map(int, numbers)
                class_ = None if parts[0] == "x" else int(parts[0])
                return cls(class_=class_, subject=subject, details=(details[0], details[1]))
        message = f"code: {text!r} is none of the forms 550, 5yz, 5.7.1, x.7.1, 5.7.606-649"
        raise InvalidValue(message, value=text)

    def suits(self, reply_code: int | None, status: EnhancedStatusCode | None) -> bool:
        """Tell whether one of the codes is it.  Never raises."""
        if self.reply is not None:
            return reply_code is not None and self.reply[0] <= reply_code <= self.reply[1]
        return (
            status is not None
            and self.class_ in (None, status.class_)
            and self.subject == status.subject
            and self.details[0] <= status.detail <= self.details[1]
        )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 3


@attrs.frozen(kw_only=True)
class Provider:
    """Who runs mail for many, and how its replies are recognised.

    Args:
        name: As rules call it.
        hosts: Names of its hosts, or the domains that they are in.
        marks: Needles that stand in its replies alone.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    name: str
    hosts: tuple[str, ...] = attrs.field(default=(), converter=texts)
    marks: tuple[str, ...] = attrs.field(default=(), converter=texts)


@attrs.frozen(kw_only=True)
class Rule:
    """What words, codes and providers tell a reason.

    Args:
        id: A name that stays: `unknown-user/postfix`.
        reason: What it tells.
        version: Grows when the rule changes.
        permanence: What it tells of that, if it is not what the reason does.
        fault: The same.
        needles: One of them has to stand in the text; none if there are codes
            and providers.
        codes: One of them has to be given, if there are any.
        providers: One of them has to speak, if there are any.
        is_mark: Whether the needles by themselves tell who speaks.
        is_prose: Whether the words are used for much else too, so that a
            telling code counts for more.
        source: Where what is said of a provider is from.

    Raises:
        InvalidValue: It could never fire, or would always; or a needle has
            upper case, odd white space, no word, or is too long.
    """

    id: str
    reason: Reason
    version: int = 1
    permanence: Permanence | None = None
    fault: Fault | None = None
    needles: tuple[str, ...] = attrs.field(default=(), converter=texts)
    codes: tuple[Code, ...] = ()
    providers: tuple[str, ...] = attrs.field(default=(), converter=texts)
    is_mark: bool = False
    is_prose: bool = False
    source: str | None = None

    def __attrs_post_init__(self) -> None:
        if not self.needles and not (self.codes and self.providers):
            message = f"rule {self.id}: it needs needles, or codes and providers"
            raise InvalidValue(message, value=self)
        for needle in self.needles:
            check_needle(needle, f"rule {self.id}")


def check_needle(needle: str, owner: str) -> None:
    """Refuse what cannot be searched for.

    Raises:
        InvalidValue: See `Rule`.
    """
    pieces = split_needle(needle)
    if needle != needle.lower() or len(needle) > _LONGEST_NEEDLE:
        message = f"{owner}: needle {needle!r} is not in lower case, or has over 200 characters"
        raise InvalidValue(message, value=needle)
    if any(not words_of(piece) or " ".join(piece.split()) != piece for piece in pieces):
        message = f"{owner}: needle {needle!r} has a piece without a word, or odd white space"
        raise InvalidValue(message, value=needle)


def split_needle(needle: str) -> tuple[str, ...]:
    """Return what of a needle stands between its gaps.  Never raises."""
    return tuple(piece.strip(" ") for piece in needle.split(GAP))
