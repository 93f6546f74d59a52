"""When to try again, when to warn, when to give up (RFC 5321 s4.5.4.1, RFC 2852 s4.1.3).

No clock is read here: the time comes in, times come out, and the queue sleeps.

Rules.
- The sender is warned once, and only of mail that has a return path.
- Giving up reports the last thing a server said, not that time ran out: RFC
  3463 s3.5 wants the real reason.  Only DELIVERBY's own deadline is reported as
  such.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.date import add_time, require_zone
from dsnlib.model.deliver_by import ByMode, DeliverBy
from dsnlib.model.envelope import Recipient
from dsnlib.model.number import require_number, require_whole
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.model.envelope import Envelope
    from dsnlib.policy.notify import DsnDecision

__all__ = ["AttemptPlan", "QueueHistory", "RetryPolicy", "RetryVerdict", "plan_attempt"]

_DEADLINE_PASSED = EnhancedStatusCode.parse("5.4.7")
_LATE = EnhancedStatusCode.parse("4.4.7")
_NOTHING = dt.timedelta(0)
# As many as a float can be told; by then what grows at all is longer than any wait.
_STEPS = 1 << 63


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How long a queue keeps mail, and how often it tries.

    Args:
        first_wait: Between the first attempt and the second.
        growth: How much longer each wait is than the one before; 1 or more, and finite.
        longest_wait: No wait is longer.
        warn_after: How old a message is when its sender is warned; `None` for
            never.
        lifetime: How old a message is when it is returned; RFC 5321 s4.5.4.1
            says 4 or 5 days at least.  Zero for one attempt.
        null_lifetime: The same for mail with the null return path, of whose
            loss nobody is told.

    Raises:
        InvalidValue: A wait is not above zero, a lifetime is below zero, or
            growth is not a finite number, 1 or more.
    """

    first_wait: dt.timedelta = dt.timedelta(minutes=5)
    growth: float = 2.0
    longest_wait: dt.timedelta = dt.timedelta(hours=2)
    warn_after: dt.timedelta | None = dt.timedelta(hours=4)
    lifetime: dt.timedelta = dt.timedelta(days=5)
    null_lifetime: dt.timedelta = dt.timedelta(days=5)

    def __attrs_post_init__(self) -> None:
        for name in ("first_wait", "longest_wait", "warn_after"):
            value = getattr(self, name)
            if value is not None and value <= _NOTHING:
                message = f"retry: {name} is {value}, not above zero"
                raise InvalidValue(message, value=value)
        for name in ("lifetime", "null_lifetime"):
            value = getattr(self, name)
            if value < _NOTHING:
                message = f"retry: {name} is {value}, below zero"
                raise InvalidValue(message, value=value)
        require_number(self.growth, "retry: growth", least=1)

    def wait_after(self, attempts: int) -> dt.timedelta:
        """Return how long to wait after so many attempts, 1 or more.  Never raises."""
        steps = min(max(attempts - 1, 0), _STEPS)
        try:
            return min(self.first_wait * float(self.growth) ** steps, self.longest_wait)
        except OverflowError:  # longer than any wait that there is
            return self.longest_wait

    def template_parameters(self) -> dict[str, str]:
        """Return the settings that a delay notice names, as templates call them.

        >>> RetryPolicy().template_parameters()["delay_warning_time"]
        '14400s'
        """
        warn = 0 if self.warn_after is None else int(self.warn_after.total_seconds())
        return {
            "delay_warning_time": f"{warn}s",
            "maximal_queue_lifetime": f"{int(self.lifetime.total_seconds())}s",
            "bounce_queue_lifetime": f"{int(self.null_lifetime.total_seconds())}s",
        }


@attrs.frozen(kw_only=True)
class QueueHistory:
    """What a queue remembers of a message.

    Args:
        arrival: When it came; with a zone.
        attempts: How often it was tried.
        warned: When its sender was told of the delay, if that was done.
        noted_late: When its sender was told that its DELIVERBY time had passed.
        told: The recipients of whose delay the sender was told.
        replies: The last outcome of a recipient in which a server said
            something.

    Raises:
        InvalidValue: A time has no zone, or `attempts` is not a whole number, 0 or more.
    """

    arrival: dt.datetime
    attempts: int = 0
    warned: dt.datetime | None = None
    noted_late: dt.datetime | None = None
    told: frozenset[Recipient] = frozenset()
    replies: Mapping[Recipient, DeliveryOutcome] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for name in ("arrival", "warned", "noted_late"):
            require_zone(getattr(self, name), name)
        require_whole(self.attempts, "history: attempts", least=0)

    def attempted(self, outcomes: Iterable[DeliveryOutcome]) -> QueueHistory:
        """Return the history with one attempt more, and what servers said in it.

        Args:
            outcomes: What the attempt came to.
        """
        replies = dict(self.replies)
        for outcome in outcomes:
            if outcome.disposition is Disposition.DELAYED and outcome.remote_mta is not None:
                replies[outcome.recipient] = outcome
        return attrs.evolve(self, attempts=self.attempts + 1, replies=replies)

    def notified(
        self, attempt: AttemptPlan, decision: DsnDecision, *, now: dt.datetime
    ) -> QueueHistory:
        """Return the history after a decision was carried out.

        Args:
            attempt: What was to be done after the attempt.
            decision: What its sender was told.
            now: When; with a zone.

        Raises:
            InvalidValue: `now` has no zone.
        """
        return attrs.evolve(
            self,
            warned=now if attempt.is_delay_due else self.warned,
            noted_late=now if attempt.is_late else self.noted_late,
            told=self.told.union(decision.delays_told),
        )


class RetryVerdict(enum.Enum):
    """What becomes of a message that could not be delivered yet."""

    RETRY = "retry"
    EXPIRED = "expired"
    """The queue keeps it no longer."""
    DEADLINE = "deadline"
    """DELIVERBY's time has passed, and its mode is R."""


@attrs.frozen(kw_only=True)
class AttemptPlan:
    """What to do after an attempt.

    Args:
        verdict: Whether to go on.
        next_attempt: When to try again; `None` if not; with a zone.
        expires: When the message is given up; with a zone.
        is_delay_due: Whether this is the time to tell the sender of the delay.
        is_late: Whether DELIVERBY's time has passed, its mode is N, and the
            sender has not been told.

    Raises:
        InvalidValue: A time has no zone.
    """

    verdict: RetryVerdict
    next_attempt: dt.datetime | None
    expires: dt.datetime
    is_delay_due: bool = False
    is_late: bool = False

    def __attrs_post_init__(self) -> None:
        require_zone(self.next_attempt, "next_attempt")
        require_zone(self.expires, "expires")

    def settle(
        self, outcomes: Iterable[DeliveryOutcome], history: QueueHistory
    ) -> tuple[DeliveryOutcome, ...]:
        """Return the outcomes as they are to be reported: the delayed ones decided.

        Args:
            outcomes: What the attempt came to.
            history: What the queue remembers, this attempt included.
        """
        return tuple([self._settled(each, history) for each in outcomes])

    def _settled(self, outcome: DeliveryOutcome, history: QueueHistory) -> DeliveryOutcome:
        told = outcome.recipient in history.told
        if outcome.disposition is not Disposition.DELAYED:
            return attrs.evolve(outcome, is_delay_reported=told) if told else outcome
        if self.verdict is RetryVerdict.RETRY:
            if self.is_late:
                return attrs.evolve(outcome, status=_LATE, retry_until=self.expires, is_late=True)
            return attrs.evolve(outcome, retry_until=self.expires, is_delay_reported=told)
        said = outcome
        if outcome.remote_mta is None:
            # A connection that failed says less than what a server said before.
            said = history.replies.get(outcome.recipient, outcome)
        is_deadline = self.verdict is RetryVerdict.DEADLINE
        return attrs.evolve(
            outcome,
            disposition=Disposition.FAILED,
            status=_DEADLINE_PASSED if is_deadline else said.status,
            diagnostic=said.diagnostic,
            remote_mta=said.remote_mta,
            retry_until=None,
            is_delay_reported=told,
        )


def plan_attempt(
    envelope: Envelope,
    history: QueueHistory,
    *,
    policy: RetryPolicy | None = None,
    now: dt.datetime,
) -> AttemptPlan:
    """Return what to do after an attempt that left recipients undelivered.

    Args:
        envelope: The message's.
        history: What the queue remembers, this attempt included.
        policy: How long and how often; its defaults if not given.
        now: When; with a zone.

    Raises:
        InvalidValue: `now` has no zone.
    """
    require_zone(now, "now")
    policy = RetryPolicy() if policy is None else policy
    arrival = history.arrival
    lifetime = policy.null_lifetime if envelope.has_null_path else policy.lifetime
    expires = add_time(arrival, lifetime)
    verdict = RetryVerdict.EXPIRED if now >= expires else RetryVerdict.RETRY
    is_late = False
    by = DeliverBy.read(envelope.mail)
    if by is not None:
        deadline = by.deadline(arrival)
        if by.mode is ByMode.RETURN:
            expires = min(expires, deadline)
            verdict = RetryVerdict.DEADLINE if now >= deadline else verdict
        else:
            is_late = now >= deadline and history.noted_late is None
    next_attempt = None
    if verdict is RetryVerdict.RETRY:
        # The last attempt is made when the time is over, not a wait later.
        next_attempt = min(add_time(now, policy.wait_after(max(1, history.attempts))), expires)
    is_delay_due = (
        verdict is RetryVerdict.RETRY
        and not envelope.has_null_path
        and policy.warn_after is not None
        and history.warned is None
        and now >= add_time(arrival, policy.warn_after)
    )
    return AttemptPlan(
        verdict=verdict,
        next_attempt=next_attempt,
        expires=expires,
        is_delay_due=is_delay_due,
        is_late=is_late and verdict is RetryVerdict.RETRY,
    )
