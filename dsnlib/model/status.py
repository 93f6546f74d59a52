"""Enhanced status codes: `class.subject.detail` (RFC 3463 s2, RFC 5248).

Rules.  A code that exists is well formed.  Whether it is *registered* is a
question for `registry`, never for the constructor: the registry grows, and
`5.7.509` is legal though nobody registered it.
"""

from __future__ import annotations

import enum
import functools
import re

import attrs

from dsnlib.errors import InvalidStatusCode

__all__ = ["EnhancedStatusCode", "StatusClass"]

# status-code = class "." subject "." detail                     RFC 3463 s2
#   class     = "2" / "4" / "5"
#   subject   = 1*3digit
#   detail    = 1*3digit
# "numbers ... MUST NOT have leading zeros"                      RFC 3463 s2
_PATTERN = re.compile(r"([245])\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})")

_LARGEST = 999

# Chosen by us: the registry has 81 codes in three classes, mail in the wild
# some hundreds; a stranger can invent three million.
_INTERNED = 4096


class StatusClass(enum.IntEnum):
    """The first number of a code: how it ended (RFC 3463 s2)."""

    SUCCESS = 2
    TRANSIENT = 4
    PERMANENT = 5


def _class(value: StatusClass | int) -> StatusClass:
    try:
        return StatusClass(value)
    except ValueError:
        message = f"status code: class {value!r} is not 2, 4 or 5"
        raise InvalidStatusCode(message, value=value, requirement="3463-2-02") from None


@attrs.frozen(order=True)
class EnhancedStatusCode:
    """The outcome of a delivery attempt, as the standard spells it.

    >>> EnhancedStatusCode.parse("5.1.1") < EnhancedStatusCode.parse("5.7.509")
    True

    Args:
        class_: Success, transient or permanent; 2, 4 or 5 will do.
        subject: What the outcome concerns, 0..999 (1 is addressing).
        detail: The precise condition, 0..999.

    Raises:
        InvalidStatusCode: A number is out of range.
    """

    class_: StatusClass = attrs.field(converter=_class)
    subject: int
    detail: int

    def __attrs_post_init__(self) -> None:
        for name, number in (("subject", self.subject), ("detail", self.detail)):
            if type(number) is not int or not 0 <= number <= _LARGEST:
                message = f"status code: {name} {number!r} is not a number from 0 to 999"
                raise InvalidStatusCode(message, value=number, requirement="3463-2-03")

    @classmethod
    def parse(cls, text: str) -> EnhancedStatusCode:
        """Return the code that `text` spells, and nothing else.

        Args:
            text: Such as `5.1.1`; no white space, no comment.

        Raises:
            InvalidStatusCode: `text` is not a status code (RFC 3463 s2).
        """
        return _parse(text)

    def __str__(self) -> str:
        return f"{int(self.class_)}.{self.subject}.{self.detail}"

    def with_class(self, class_: StatusClass | int) -> EnhancedStatusCode:
        """Return the same subject and detail under another class.

        Raises:
            InvalidStatusCode: `class_` is not 2, 4 or 5.
        """
        return EnhancedStatusCode(class_, self.subject, self.detail)


# Errors are not cached by lru_cache, so a hostile stream of bad codes costs no
# memory, and one of good codes no more than the bound.
@functools.lru_cache(maxsize=_INTERNED)
def _parse(text: str) -> EnhancedStatusCode:
    found = _PATTERN.fullmatch(text)
    if found is None:
        message = f"status code: {text!r} is not class.subject.detail"
        raise InvalidStatusCode(message, value=text, requirement="3463-2-01")
    return EnhancedStatusCode(StatusClass(int(found[1])), int(found[2]), int(found[3]))
