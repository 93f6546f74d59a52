"""How an address stands: its score, what follows from it, and why.

Made by `score.judge_address`.  Every number that a person may ask about is in it, so that "why
do I get no mail?" is answered from the value alone.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.instant import check_instant
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.taxonomy import Permanence, Reason
from dsnlib.errors import InvalidValue
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMPLAINT", "CountedDay", "Judgement", "NextStep", "Standing"]

COMPLAINT = "complaint"
"""The reason of who is suppressed for a complaint."""


class Judgement(enum.Enum):
    """What is to be done with mail to the address."""

    FINE = "fine"
    """Nothing counts against it."""
    COUNTING = "counting"
    """Something counts, and it is not enough to stop mail."""
    PROBE = "probe"
    """Enough counts to try it by a probe; mail goes on meanwhile."""
    SUPPRESS = "suppress"
    """Mail is not to be sent."""


class NextStep(enum.Enum):
    """What happens next, if nothing else does."""

    NOTHING = "nothing"
    FORGET = "forget"
    """The score begins anew."""
    SEND_PROBE = "send-probe"
    """The caller sends a probe."""
    AWAIT_PROBE = "await-probe"
    """The time ends in which a bounce of the probe is waited for."""
    EXPIRE = "expire"
    """The suppression ends."""
    RELEASE = "release"
    """Nothing ends it but a person, or a delivery."""


@attrs.frozen(kw_only=True)
class CountedDay:
    """One day on which the address failed.

    Args:
        day: The day, UTC.
        weight: What it added.
        score: What the score was then.
        occurred: When the failure happened that counted; with a zone.
        event_id: Which event that was.
        permanence: Whether it lasts.
        reason: Why it failed.

    Raises:
        InvalidValue: The time has no zone, or is outside the calendar.
    """

    day: dt.date
    weight: float
    score: float
    occurred: dt.datetime
    event_id: str
    permanence: Permanence
    reason: Reason | None

    def __attrs_post_init__(self) -> None:
        check_instant(self.occurred, "occurred")


def _days(values: Iterable[CountedDay]) -> tuple[CountedDay, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Standing:
    """What is known of an address at a time; each time in it has a zone.

    Args:
        judgement: What is to be done.
        score: What its failures add up to now.
        threshold: The score that is too much.
        days: The days that count, the first first.
        since: When the first of them was; when it was suppressed; `None` if it is fine.
        source: Who says that it is to be suppressed; `None` if it is not.
        reason: Why, for machines: that of the last failure which counted, or `complaint`.
        permanence: `HARD` if one of the days was.
        evidence: The events that counted, by `event_id`, one for each day.
        expires: When a suppression ends; `None` for ever.
        undone: When mail reached the address last, if that is known.
        is_probed: Whether it is the bounce of a probe that says so.
        next_step: What happens next if nothing else does.
        next_time: When; `None` if that is now or at no time.

    Raises:
        InvalidValue: One text is given where several are wanted, or
            a time has no zone, or is outside the calendar.
    """

    judgement: Judgement
    score: float
    threshold: float
    days: tuple[CountedDay, ...] = attrs.field(default=(), converter=_days)
    since: dt.datetime | None = None
    source: SuppressionSource | None = None
    reason: str | None = None
    permanence: Permanence = Permanence.UNKNOWN
    evidence: tuple[str, ...] = attrs.field(default=(), converter=texts)
    expires: dt.datetime | None = None
    undone: dt.datetime | None = None
    is_probed: bool = False
    next_step: NextStep = NextStep.NOTHING
    next_time: dt.datetime | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("since", "expires", "undone", "next_time"):
            check_instant(getattr(self, name), name)

    def suppression_of(self, address: str, *, note: str = "") -> Suppression:
        """Return what is to be written of an address that stands so.

        Args:
            address: The address.
            note: A sentence for people.

        Raises:
            InvalidValue: It is not to be suppressed.
        """
        if self.source is None or self.since is None:
            message = f"standing: {self.judgement.value!r} does not suppress {address!r}"
            raise InvalidValue(message, value=address)
        return Suppression(
            address=address,
            source=self.source,
            created=self.since,
            reason=self.reason,
            evidence=self.evidence,
            expires=self.expires,
            note=note,
        )
