"""Mail that waits follows aliases that have changed: what `dsnlib queue requeue` asks for.

    who waits -> what was accepted for him -> where that leads now -> who waits from now on

A settlement puts the new recipients in the place of those who waited; what becomes a
message of its own, the copies of a list, is added with it.

Rules.
- Followed is the address of the RCPT command, with the parameters that are left.  Where
  an expansion has been told of, it has taken SUCCESS from them, and that does not come
  back: nobody hears twice of an expansion, nor of a delivery after it.
- Nobody is led where the same address has led before and it is settled: nothing comes
  twice, and nothing is told twice.
- An alias that leads nowhere now but into a loop changes nothing: who waits goes on
  waiting.  Of a loop beside other targets nobody is told, for the sender may have heard
  of it when the mail came.
- A defect changes nothing either.
- A list's copies are followed from its members on: what is a member's is not the sender's.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.settler import remembered, still_passed
from dsnlib.adapters.delivery_log import log_text, log_withheld
from dsnlib.adapters.queue import NewMessage, Settlement
from dsnlib.errors import LookupFailed
from dsnlib.model.envelope import Recipient
from dsnlib.model.esmtp import Notify, RcptParameters
from dsnlib.model.outcome import Disposition
from dsnlib.policy.expansion import SeveralOption

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.notifier import Notifier
    from dsnlib.adapters.queue import QueuedMessage
    from dsnlib.policy.expand import ExpandedMail

__all__ = ["plan_requeue"]

_LOG = logging.getLogger("dsnlib.delivery")
# What RFC 3461 s5.2.7.3 leaves to all targets but one, by its option (b).
_BARE = frozenset({RcptParameters(), RcptParameters(notify=Notify.NEVER)})


async def plan_requeue(
    message: QueuedMessage, content: Content, notifier: Notifier, *, now: dt.datetime
) -> Settlement | None:
    """Return what a message becomes where its addresses lead now; `None` if nothing else.

    Args:
        message: The message; nothing is noted of it.
        content: Its octets.
        notifier: Follows aliases, and writes what is to be told.
        now: When; with a zone.

    Raises:
        LookupFailed: A table of aliases cannot answer.
    """
    try:
        return await _plan(message, content, notifier, now)
    except LookupFailed:
        raise
    except Exception:  # noqa: BLE001  it is as before, and the log says why
        _LOG.exception("%s: follows no aliases anew, because of a defect here", message.queue_id)
        return None


async def _plan(
    message: QueuedMessage, content: Content, notifier: Notifier, now: dt.datetime
) -> Settlement | None:
    waiting = message.envelope.recipients
    is_one = notifier.profile.expand.several is SeveralOption.ONE
    accepted = _accepted(waiting, folds_bare=is_one)
    first, *others = notifier.expand(attrs.evolve(message.envelope, recipients=accepted))
    first = _revised(first, message)
    copies = [mail for each in others if (mail := _without_passed(each, message)) is not None]
    left = () if first.envelope is None else first.envelope.recipients
    if not copies and frozenset(left) == frozenset(waiting):
        # So the expansions are those of before, and were told of.
        return None
    _LOG.info("%s: follows aliases anew", message.queue_id)
    new = NewMessage(
        queue_id=message.queue_id,
        envelope=message.envelope,
        content=content,
        facts=message.facts,
        about=message.about,
        destination=message.destination,
    )
    # What is left of the message itself is no new message.
    mails = [attrs.evolve(first, envelope=None), *copies]
    following = await notifier.make(new, mails, now=now)
    log_withheld(_LOG, following.withheld)
    settlement = Settlement(
        queue_id=message.queue_id, added=following.messages, spending=following.spending
    )
    if not left:
        return settlement
    return attrs.evolve(
        settlement,
        left=first.envelope,
        history=remembered(message.history, left),
        due=now,
        passed=still_passed(message, left),
        is_followed=True,
    )


def _accepted(waiting: Sequence[Recipient], *, folds_bare: bool) -> list[Recipient]:
    """Return who is to be followed: each address that was accepted, by its parameters once."""
    accepted = {Recipient(each.accepted, each.params): None for each in waiting}
    if not folds_bare:
        return list(accepted)
    # They came of one alias, and its first target has kept what the others lack.
    asked = {each.address for each in accepted if each.params not in _BARE}
    return [each for each in accepted if each.params not in _BARE or each.address not in asked]


def _revised(mail: ExpandedMail, message: QueuedMessage) -> ExpandedMail:
    """Return what a message becomes without what is settled or has failed to lead anywhere."""
    kept = () if mail.envelope is None else mail.envelope.recipients
    outcomes = [each for each in mail.outcomes if each.disposition is not Disposition.FAILED]
    leading = {each.accepted for each in kept}
    leading.update(each.recipient.accepted for each in outcomes)
    failed = [each for each in mail.outcomes if each.disposition is Disposition.FAILED]
    if failed:
        address = log_text(failed[0].recipient.address)
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        _LOG.warning("%s: <%s>%s cannot be followed anew", message.queue_id, address, more)
    passed = {(each.accepted, each.address.lower()) for each in message.passed}
    left = [
        *(each for each in kept if (each.accepted, each.address.lower()) not in passed),
        *(each for each in message.envelope.recipients if each.accepted not in leading),
    ]
    settled = [each.recipient for each in outcomes]
    return attrs.evolve(
        mail,
        envelope=attrs.evolve(message.envelope, recipients=left) if left else None,
        settled=attrs.evolve(message.envelope, recipients=settled) if settled else None,
        outcomes=tuple(outcomes),
    )


def _without_passed(mail: ExpandedMail, message: QueuedMessage) -> ExpandedMail | None:
    """Return a copy without those who have the message; `None` if nothing is left of it."""
    envelope = mail.envelope
    if envelope is not None:
        passed = {each.address.lower() for each in message.passed}
        left = [each for each in envelope.recipients if each.address.lower() not in passed]
        envelope = attrs.evolve(envelope, recipients=left) if left else None
    if envelope is None and mail.settled is None:
        return None
    return attrs.evolve(mail, envelope=envelope)
