"""What Postfix said to the next hop, beside `plan_relay` and `settle_relay`.

Rules.
- Transactions of other messages may have the same sender and recipients; the
  first one that is as planned is taken for ours.
- Parameters have no order, and those between neighbours, SIZE and BODY, are not
  ours to plan.
- What `settle_relay` makes of the replies has to be what the log says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib.model.outcome import Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.policy.profile import POSTFIX
from dsnlib.policy.relay import plan_relay
from dsnlib.policy.settle import TransactionReplies, settle_relay
from tests.interop.postfix_choices import Difference, Mark, label_field, undo_xtext
from tests.interop.postfix_log import canonical
from tests.interop.postfix_outcome import NO_SMTPUTF8

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from dsnlib.model.envelope import Envelope
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.hop import NextHop
    from dsnlib.policy.relay import RelayPlan
    from tests.interop.postfix_case import Case
    from tests.interop.postfix_hop import Transaction
    from tests.interop.postfix_log import Attempt
    from tests.interop.postfix_outcome import Outcomes

__all__ = ["compare_relay"]

Pair: TypeAlias = "tuple[Attempt, DeliveryOutcome]"

_NEIGHBOURS = ("SIZE=", "BODY=", "AUTH=")
_LOST = EnhancedStatusCode.parse("4.4.2")
# "Start mail input"                                        RFC 5321 s4.2.2
_SEND = 354


def compare_relay(
    case: Case, envelope: Envelope, outcomes: Outcomes, marks: Mark, *, now: dt.datetime
) -> Iterator[Difference]:
    """Yield what is otherwise in the transactions of one run that are known.

    Args:
        case: The case.
        envelope: The message's.
        outcomes: What the log says, read.
        marks: What kind of message it is.
        now: When.
    """
    is_ascii = case.message.replace(b"\r\n", b"\n").partition(b"\n\n")[0].isascii()
    policy = POSTFIX.with_reporter(outcomes.reporter).relay

    def planned(hop: NextHop, members: Sequence[Pair]) -> RelayPlan:
        return plan_relay(
            envelope,
            hop,
            policy=policy,
            recipients=[outcome.recipient for _, outcome in members],
            is_header_ascii=is_ascii,
            now=now,
        )

    envids = {each.envelope.mail.envid for each in case.submissions} - {None}

    def distance(found: Sequence[Difference], theirs: Transaction) -> tuple[bool, int]:
        """Prefer one with our ENVID, whatever else it says."""
        given = [word.partition("=") for word in theirs.mail.options]
        is_ours = any(
            keyword.upper() == "ENVID" and undo_xtext(value) in envids
            for keyword, _, value in given
        )
        return not is_ours, len(found)

    left = [(pair, hop) for pair in outcomes.pairs if (hop := outcomes.hop(pair[0])) is not None]
    while left:
        pair, hop = left.pop(0)
        pairs = [pair, *(other for other, _ in left)]
        candidates = []
        for each in case.transactions:
            members = _members(each, envelope, pairs)
            if members:
                plan = planned(hop, members)
                found = [*_commands(plan, each, marks)]
                found += _settled(plan, each, members, marks)
                candidates.append((distance(found, each), found, members))
        if candidates:
            _, found, members = min(candidates, key=lambda each: each[0])
            left = [each for each in left if each[0] not in members]
        else:
            found = _unsent(planned(hop, [pair]), pair[1], pair[0].text, marks)
        yield from found


def _members(
    transaction: Transaction, envelope: Envelope, pairs: Sequence[Pair]
) -> list[Pair] | None:
    """Return a transaction's recipients, the first pair's among them; `None` if it is another's."""
    attempt = pairs[0][0]
    senders = [canonical(path) for path in (transaction.mail.path, envelope.sender)]
    if transaction.port != attempt.port or senders[0] != senders[1]:
        return None
    known = {canonical(each.to): (each, told) for each, told in reversed(pairs)}
    names = [canonical(each.path) for each in transaction.recipients]
    if canonical(attempt.to) not in names or not known.keys() >= set(names):
        return None
    return [known[name] for name in names]


def _commands(plan: RelayPlan, theirs: Transaction, marks: Mark) -> Iterator[Difference]:
    if not plan.transactions:
        yield Difference("relayed transaction", "none", "one")
        return
    ours = plan.transactions[0]
    pairs = [("MAIL", ours.options, theirs.mail.options)]
    pairs += [
        ("RCPT", mine.options, other.options)
        for mine, other in zip(ours.recipients, theirs.recipients, strict=True)
    ]
    for verb, mine, others in pairs:
        texts = [
            " ".join(sorted(word for word in words if not word.startswith(_NEIGHBOURS)))
            for words in (mine, others)
        ]
        if texts[0] != texts[1]:
            yield label_field(Difference(f"relayed {verb} parameters", *texts), marks)


def _settled(
    plan: RelayPlan, theirs: Transaction, members: Sequence[Pair], marks: Mark
) -> Iterator[Difference]:
    """Yield where the replies are taken for something else than in the log."""
    if len(plan.transactions) != 1:
        return
    data, logged = theirs.data, members[0][1]
    is_sent = isinstance(data, SmtpReply) and data.code == _SEND
    replies = TransactionReplies(
        mail=theirs.mail.answer,
        recipients=[each.answer for each in theirs.recipients],
        data=data,
        end=theirs.ends if is_sent else (),
        lost=members[0][0].text,
        lost_status=_LOST if logged.status.class_ is StatusClass.SUCCESS else logged.status,
    )
    settled = settle_relay(plan, [replies])
    for mine, (attempt, other), command in zip(settled, members, theirs.recipients, strict=True):
        answer = command.answer
        if isinstance(answer, SmtpReply) and "reply-statuses" in {
            defect.code for defect in answer.defects
        }:
            marks |= Mark.MIXED
        ours = _softened(mine) if attempt.word == "SOFTBOUNCE" else mine
        yield from _compared(_told(ours), _told(other), marks)


def _softened(outcome: DeliveryOutcome) -> DeliveryOutcome:
    """Return what a queue with soft_bounce makes of a failure."""
    status = outcome.status.with_class(StatusClass.TRANSIENT)
    return attrs.evolve(outcome, disposition=Disposition.DELAYED, status=status)


def _unsent(plan: RelayPlan, logged: DeliveryOutcome, text: str, marks: Mark) -> list[Difference]:
    """Return where a recipient that was not sent is told of otherwise; the words are ours."""
    if not plan.outcomes:
        problem = "relayed transaction"
        return [Difference(problem, "one", "none")] if NO_SMTPUTF8 in text else []
    mine, other = _told(plan.outcomes[0]), _told(logged)
    return [*_compared(mine[:2], other[:2], marks)]


def _told(outcome: DeliveryOutcome) -> list[tuple[str, str]]:
    return [
        ("disposition", outcome.disposition.value),
        ("status", str(outcome.status)),
        ("remote MTA", str(outcome.remote_mta)),
        ("diagnostic", str(outcome.diagnostic)),
    ]


def _compared(
    ours: Sequence[tuple[str, str]], theirs: Sequence[tuple[str, str]], marks: Mark
) -> Iterator[Difference]:
    for (field, mine), (_, other) in zip(ours, theirs, strict=True):
        if mine != other:
            yield label_field(Difference(f"settled {field}", mine, other), marks)
