"""From what became of recipients to the one transition that settles it.

    outcomes -> rewritten -> retry, warn, give up -> notifications -> a settlement

Rules.
- Status filters and soft bounce come first: what they say is what is planned with.
- Where a defect of ours stands against the plan, who was not delivered to waits for a
  person: another attempt would be the same mail again to all others.
- Nothing is remembered of who is done with but where aliases have led, while others of
  the same alias wait: see `requeue`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.delivery_log import DeliveryRecord, log_rewriting, log_text, log_withheld
from dsnlib.adapters.queue import Settlement
from dsnlib.errors import LookupFailed
from dsnlib.model.deliver_by import ByMode, DeliverBy
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import Disposition
from dsnlib.policy.schedule import RetryVerdict, plan_attempt
from dsnlib.replies.rewrite import rewrite_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dsnlib.adapters.agents.dispatch import Tried
    from dsnlib.adapters.content import Content
    from dsnlib.adapters.notifier import Notifier
    from dsnlib.adapters.queue import QueuedMessage
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.schedule import QueueHistory
    from dsnlib.replies.rewrite import RewriteRules, RewrittenOutcome

__all__ = ["Settler", "is_too_late", "record_of", "remembered", "still_passed"]

_LOG = logging.getLogger("dsnlib.delivery")
_DEFECT = "held because of a defect here; the log has it"
_CROWD = "many wait for the same way already"
_WAITING = frozenset({Disposition.DELAYED})
_UNDELIVERED = frozenset({Disposition.DELAYED, Disposition.FAILED})


class Settler:
    """Plans what follows from attempts.

    Args:
        notifier: Writes notifications; its profile says how long and how often.
        rules: Soft bounce and filters of statuses.
        clock: The time, with a zone.
    """

    def __init__(
        self, notifier: Notifier, *, rules: RewriteRules, clock: Callable[[], dt.datetime]
    ) -> None:
        self._notifier = notifier
        self._rules = rules
        self._clock = clock

    def may_put_back(self, message: QueuedMessage) -> bool:
        """Tell whether a message may go back untried: nothing is due about it meanwhile."""
        if message.noted or message.is_requeued:
            return False
        plan = plan_attempt(
            message.envelope,
            message.history,
            policy=self._notifier.profile.retry,
            now=self._clock(),
        )
        is_due = plan.is_delay_due or plan.is_late or plan.verdict is not RetryVerdict.RETRY
        return not is_due

    async def put_back(self, message: QueuedMessage, seconds: float) -> Settlement:
        """Return what puts a message back for a while, as if it had not been tried."""
        return Settlement(
            queue_id=message.queue_id,
            left=message.envelope,
            history=message.history,
            due=self._clock() + dt.timedelta(seconds=seconds),
            reason=_CROWD,
            passed=message.passed,
        )

    def rewrite(self, queue_id: str, tried: Sequence[Tried]) -> list[RewrittenOutcome]:
        """Return what became of recipients as the queue is to take it."""
        rewritten = []
        for each in tried:
            text = each.attempted.text
            done = rewrite_outcome(each.attempted.outcome, text=text, rules=self._rules)
            log_rewriting(_LOG, queue_id, text, done)
            rewritten.append(done)
        return rewritten

    async def settle(
        self,
        message: QueuedMessage,
        content: Content | None,
        rewritten: Sequence[RewrittenOutcome],
    ) -> Settlement:
        """Return what follows from an attempt.

        Args:
            message: The message.
            content: Its octets; `None` if they cannot be read.
            rewritten: What became of its recipients; who is left out goes on waiting.

        Raises:
            LookupFailed: It cannot be planned now.
        """
        try:
            return await self._plan(message, content, rewritten)
        except LookupFailed:
            raise
        except Exception:  # noqa: BLE001  the mail is kept, and the log says why
            _LOG.exception("%s: held, because of a defect here", message.queue_id)
        outcomes = [each.outcome for each in rewritten]
        left = _left(message, outcomes, _UNDELIVERED)
        if not left:
            return Settlement(queue_id=message.queue_id)
        return Settlement(
            queue_id=message.queue_id,
            left=attrs.evolve(message.envelope, recipients=left),
            history=remembered(message.history.attempted(outcomes), left),
            due=self._clock(),
            reason=_DEFECT,
            is_held=True,
            passed=still_passed(message, left),
        )

    async def settle_noted(
        self,
        message: QueuedMessage,
        content: Content | None,
        noted: Sequence[RewrittenOutcome],
    ) -> Settlement:
        """Return what follows from what is noted; the others go on waiting, due at once.

        Args:
            message: The message.
            content: Its octets; `None` if they cannot be read.
            noted: What is noted.

        Raises:
            LookupFailed: It cannot be planned now.
        """
        settlement = await self.settle(message, content, noted)
        if settlement.history is None:
            return settlement
        # Nobody was tried just now.
        history = attrs.evolve(settlement.history, attempts=message.history.attempts)
        return attrs.evolve(
            settlement, history=history, due=self._clock(), reason=message.reason, is_followed=False
        )

    async def _plan(
        self,
        message: QueuedMessage,
        content: Content | None,
        rewritten: Sequence[RewrittenOutcome],
    ) -> Settlement:
        """Return what follows from an attempt."""
        outcomes = [each.outcome for each in rewritten]
        history = message.history.attempted(outcomes)
        now = self._clock()
        plan = plan_attempt(message.envelope, history, policy=self._notifier.profile.retry, now=now)
        settled = plan.settle(outcomes, history)
        following = await self._notifier.notify(
            message.envelope, settled, facts=message.facts, content=content,
            is_delay_due=plan.is_delay_due, about=message.queue_id, now=now,
        )  # fmt: skip
        if following.decision is not None:
            history = history.notified(plan, following.decision, now=now)
            withheld = following.decision.withheld
            log_withheld(_LOG, [(message.queue_id, each) for each in withheld])
        left = _left(message, settled, _WAITING)
        if not left:
            was_late = any(each.disposition is Disposition.DELAYED for each in outcomes)
            if was_late and plan.verdict is not RetryVerdict.RETRY:
                sender = log_text(message.envelope.sender)
                _LOG.info("%s: from=<%s>, status=expired", message.queue_id, sender)
            return Settlement(
                queue_id=message.queue_id, added=following.messages, spending=following.spending
            )
        texts = {each.outcome.recipient: each.text for each in reversed(rewritten)}
        return Settlement(
            queue_id=message.queue_id,
            left=attrs.evolve(message.envelope, recipients=left),
            history=remembered(history, left),
            due=plan.next_attempt or now,
            reason=texts.get(left[0], ""),
            added=following.messages,
            spending=following.spending,
            passed=still_passed(message, left),
            # Aliases were followed before it was tried, if its octets could be read.
            is_followed=message.is_requeued and content is not None,
        )


def _left(
    message: QueuedMessage, outcomes: Iterable[DeliveryOutcome], waiting: frozenset[Disposition]
) -> list[Recipient]:
    """Return who is not done with: who waits by what became of him, or was not tried."""
    done = Counter(each.recipient for each in outcomes if each.disposition not in waiting)
    left = []
    for recipient in message.envelope.recipients:
        if done[recipient]:
            done[recipient] -= 1
        else:
            left.append(recipient)
    return left


def remembered(history: QueueHistory, left: Iterable[Recipient]) -> QueueHistory:
    """Return a history without those who are done with.

    Args:
        history: It.
        left: Who still waits.
    """
    waiting = frozenset(left)
    replies = {who: said for who, said in history.replies.items() if who in waiting}
    return attrs.evolve(history, replies=replies, told=history.told & waiting)


def still_passed(message: QueuedMessage, left: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Return where aliases have led that somebody of still waits, and it is settled.

    Args:
        message: The message, before it is settled.
        left: Who still waits.
    """
    aliases = {each.expanded_from for each in left if each.expanded_from is not None}
    if not aliases:
        return ()
    waiting = frozenset(left)
    gone = [each for each in message.envelope.recipients if each not in waiting]
    # Only the addresses count.
    passed = [
        Recipient(each.address, expanded_from=each.expanded_from)
        for each in (*message.passed, *gone)
        if each.expanded_from in aliases
    ]
    return tuple(dict.fromkeys(passed))


_WORDS = {
    Disposition.DELIVERED: "sent",
    Disposition.RELAYED: "sent",
    Disposition.HANDED_ON: "sent",
    Disposition.EXPANDED: "sent",
    Disposition.DELAYED: "deferred",
    Disposition.FAILED: "bounced",
}


def record_of(
    message: QueuedMessage, tried: Tried, now: RewrittenOutcome, begun: dt.datetime
) -> DeliveryRecord:
    """Return what the log says of a recipient after an attempt.

    Args:
        message: The message.
        tried: What became of the recipient.
        now: The same, rewritten.
        begun: When the queue runner took the message up.
    """
    attempted, outcome = tried.attempted, now.outcome
    before = (begun - message.history.arrival).total_seconds()
    is_softened = "soft-bounce" in now.fired
    return DeliveryRecord(
        queue_id=message.queue_id,
        recipient=outcome.recipient.address,
        accepted=outcome.recipient.accepted,
        relay=attempted.relay,
        connection_uses=attempted.connection_uses,
        delays_seconds=(
            before, tried.waited_seconds, attempted.setup_seconds, attempted.sending_seconds,
        ),
        status=outcome.status,
        word="SOFTBOUNCE" if is_softened else _WORDS[outcome.disposition],
        text=now.text,
    )  # fmt: skip


def is_too_late(message: QueuedMessage, now: dt.datetime) -> bool:
    """Tell whether DELIVERBY wants it returned rather than delivered (RFC 2852 s4.1.3)."""
    by = DeliverBy.read(message.envelope.mail)
    if by is None or by.mode is not ByMode.RETURN:
        return False
    return now >= by.deadline(message.history.arrival)
