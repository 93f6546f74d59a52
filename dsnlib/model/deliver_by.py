"""The BY parameter of MAIL: deliver within so many seconds (RFC 2852 s4).

Rules.
- The time is relative, as the command has it; `deadline` makes it absolute, and
  `remaining` makes it relative again for the next hop.
- A message to be returned (mode R) with no time left is an error of the client.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.errors import InvalidParameter
from dsnlib.model.date import add_time, require_zone
from dsnlib.model.number import is_whole, show_number
from dsnlib.model.parameter import find_parameter, make_fault

if TYPE_CHECKING:
    from dsnlib.model.esmtp import MailParameters

__all__ = ["ByMode", "DeliverBy"]

_KEYWORD = "BY"
# by-value = by-time";"by-mode[by-trace]                              RFC 2852 s4
#   by-time  = ["-" / "+"]1*9digit
#   by-mode  = "N" / "R"
#   by-trace = "T"
_VALUE = re.compile(r"([+-]?[0-9]{1,9});([NRnr])([Tt]?)")
_LARGEST = 999_999_999


class ByMode(enum.Enum):
    """What becomes of a message whose deadline has passed (RFC 2852 s4)."""

    NOTIFY = "N"
    """Its sender is told of the delay, and the attempts go on."""
    RETURN = "R"
    """It is returned."""


@attrs.frozen
class DeliverBy:
    """How long the delivery may take.

    >>> DeliverBy.parse("120;R")
    DeliverBy(seconds=120, mode=<ByMode.RETURN: 'R'>, is_traced=False)

    Args:
        seconds: The time left when the command was sent, a whole number; nine digits
            at most, negative where it has passed.
        mode: What follows when it has passed.
        is_traced: Whether each relay is to be reported.

    Raises:
        InvalidParameter: The time is no whole number or out of range, or none is left of
            a message that would be returned at once (RFC 2852 s4).
    """

    seconds: int
    mode: ByMode
    is_traced: bool = False

    def __attrs_post_init__(self) -> None:
        if not is_whole(self.seconds, -_LARGEST, _LARGEST):
            what = f"{show_number(self.seconds)} is not a whole number of nine digits at most"
            raise make_fault(_KEYWORD, what, self.seconds, "2852-4-01")
        if self.mode is ByMode.RETURN and self.seconds <= 0:
            what = f"{str(self)!r} leaves no time"
            raise make_fault(_KEYWORD, what, self.seconds, "2852-4-02")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what `120;R` or `-5;NT` says.

        Raises:
            InvalidParameter: With the reply to send, 501 5.5.4.
        """
        found = _VALUE.fullmatch(text)
        if found is None:
            what = f"{text!r} is not such as 120;R or 3600;NT"
            raise make_fault(_KEYWORD, what, text, "2852-4-01")
        return cls(int(found[1]), ByMode(found[2].upper()), bool(found[3]))

    @classmethod
    def of(cls, mail: MailParameters) -> Self | None:
        """Return what a MAIL command asks for, `None` if it has no BY.

        Raises:
            InvalidParameter: BY has no value, or a wrong one.
        """
        given = find_parameter(mail.other, _KEYWORD)
        return None if given is None else cls.parse(given.value or "")

    @classmethod
    def read(cls, mail: MailParameters) -> Self | None:
        """Return the same, and `None` for a BY that the server should have refused."""
        try:
            return cls.of(mail)
        except InvalidParameter:
            return None

    def deadline(self, arrival: dt.datetime) -> dt.datetime:
        """Return the time to deliver by, for a message that came then (RFC 2852 s4).

        Raises:
            InvalidValue: `arrival` has no zone.
        """
        require_zone(arrival, "arrival")
        return add_time(arrival, dt.timedelta(seconds=self.seconds))

    def remaining(self, arrival: dt.datetime, now: dt.datetime) -> int:
        """Return the whole seconds that are left; negative where none are.

        Args:
            arrival: When the message came; with a zone.
            now: When it is passed on; with a zone.

        Raises:
            InvalidValue: A time has no zone.
        """
        require_zone(arrival, "arrival")
        require_zone(now, "now")
        passed = (now - arrival).total_seconds()
        return int((self.seconds - passed) // 1)

    def __str__(self) -> str:
        return f"{self.seconds};{self.mode.value}{'T' if self.is_traced else ''}"
