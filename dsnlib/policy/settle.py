"""Replies become outcomes, one for each recipient (RFC 3461 s5.2.2, s6.3).

Rules.
- The first reply that refuses decides: the session's, MAIL's, the recipient's,
  DATA's, that after the data.
- A recipient is relayed when the whole transaction was: the reply to RCPT alone
  promises nothing yet.
- What the server said is transcribed with its name.  Where it said nothing the
  words are ours, and no remote system is named (RFC 3464 s2.3.6).
"""

from __future__ import annotations

import enum
from types import NoneType
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.date import require_zone
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.text import refuse_controls, refuse_edges, replace_controls

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from dsnlib.model.envelope import Recipient
    from dsnlib.policy.relay import RelayPlan, Transaction

__all__ = ["Settled", "SmtpStep", "TransactionReplies", "settle_recipients", "settle_relay"]

# A reply, or a text that a server sent where a reply should be.
Answer: TypeAlias = SmtpReply | str

_LOST = EnhancedStatusCode.parse("4.4.2")
_WRONG_REPLY = EnhancedStatusCode.parse("5.5.0")
_TOO_MANY = EnhancedStatusCode.parse("4.5.3")
_POSITIVE, _INTERMEDIATE = 2, 3
_TRANSIENT = 4
# "552 ... the server's limit on recipients": to be taken for 452.
#                                                        RFC 5321 s4.5.3.1.10
_TOO_MANY_CODE = 552
_PROTOCOL = 5
_TOO_MANY_DETAIL = 3


def _answers(values: Iterable[Answer | None]) -> tuple[Answer | None, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class TransactionReplies:
    """What a server answered in one transaction.

    Args:
        session: A reply before MAIL that ended it: to the connection, EHLO,
            STARTTLS or AUTH.
        mail: To MAIL.
        recipients: To each RCPT, in their order; `None`, or too few of them,
            where no reply came.
        data: To DATA, or `None` if it was not sent, as with BDAT.
        end: After the data: one reply, or with LMTP one for each recipient
            that was accepted.
        lost: What was seen where replies are missing, such as `lost connection
            while sending RCPT TO`; one line, without white space round it.
        lost_status: What that means; of class 4 or 5.

    A reply is an `SmtpReply`, or the text where it cannot be read as one.

    Raises:
        InvalidValue: `lost_status` is of class 2, `lost` is no such text, or an
            answer is neither a reply nor a text.
    """

    session: Answer | None = None
    mail: Answer | None = None
    recipients: tuple[Answer | None, ...] = attrs.field(default=(), converter=_answers)
    data: Answer | None = None
    end: tuple[Answer | None, ...] = attrs.field(default=(), converter=_answers)
    lost: str = "the connection was lost"
    lost_status: EnhancedStatusCode = _LOST

    def __attrs_post_init__(self) -> None:
        if self.lost_status.class_ is StatusClass.SUCCESS:
            message = f"replies: lost_status {self.lost_status} is a success"
            raise InvalidValue(message, value=self.lost_status)
        lost: object = self.lost
        if not isinstance(lost, str):
            message = f"replies: lost {lost!r} is not a text"
            raise InvalidValue(message, value=lost)
        refuse_controls(lost, "replies: lost", tab=True)
        refuse_edges(lost, "replies: lost")
        answers: Iterable[object] = (
            self.session, self.mail, *self.recipients, self.data, *self.end,
        )  # fmt: skip
        for answer in answers:
            if not isinstance(answer, (SmtpReply, str, NoneType)):
                message = f"replies: {answer!r} is neither a reply nor a text"
                raise InvalidValue(message, value=answer)


class SmtpStep(enum.Enum):
    """What was under way when it was decided what becomes of a recipient."""

    PLAN = "plan"
    """Nothing was said, since the server could not be asked for it."""
    SESSION = "session"
    """The connection, EHLO, STARTTLS or AUTH."""
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "end of data"


@attrs.frozen(kw_only=True)
class Settled:
    """What became of a recipient, and at which command.

    Args:
        outcome: What became of it.
        step: What decided it.
        answer: What the server said to that, or the text it sent where no reply is;
            `None` if nothing came.
    """

    outcome: DeliveryOutcome
    step: SmtpStep
    answer: Answer | None = None


def settle_relay(
    plan: RelayPlan,
    replies: Sequence[TransactionReplies],
    *,
    now: dt.datetime | None = None,
) -> tuple[DeliveryOutcome, ...]:
    """Return what became of each recipient of a plan.

    Args:
        plan: What was sent.
        replies: What came back, for each transaction.
        now: When; with a zone.

    Returns:
        The plan's own outcomes, and one for each recipient that was sent.

    Raises:
        InvalidValue: As `settle_recipients`.
    """
    return tuple([each.outcome for each in settle_recipients(plan, replies, now=now)])


def settle_recipients(
    plan: RelayPlan,
    replies: Sequence[TransactionReplies],
    *,
    now: dt.datetime | None = None,
) -> tuple[Settled, ...]:
    """Return what became of each recipient of a plan, and what decided it.

    Args:
        plan: What was sent.
        replies: What came back, for each transaction.
        now: When; with a zone.

    Returns:
        The plan's own outcomes, and one for each recipient that was sent.

    Raises:
        InvalidValue: There are more or fewer replies than transactions, more
            replies than commands, or `now` has no zone.
    """
    require_zone(now, "now")
    if len(replies) != len(plan.transactions):
        message = f"settle: {len(plan.transactions)} transactions have {len(replies)} replies"
        raise InvalidValue(message, value=len(replies))
    settled = [
        Settled(outcome=attrs.evolve(each, attempted=now), step=SmtpStep.PLAN)
        for each in plan.outcomes
    ]
    settler = _Settler(plan, now)
    for transaction, answers in zip(plan.transactions, replies, strict=True):
        settled += settler.settle(transaction, answers)
    return tuple(settled)


class _Settler:
    def __init__(self, plan: RelayPlan, now: dt.datetime | None) -> None:
        self._plan = plan
        self._now = now
        if plan.hop.dsn:
            self._success = Disposition.HANDED_ON
        else:
            self._success = Disposition.DELIVERED if plan.hop.is_final else Disposition.RELAYED
        self._is_traced = plan.is_traced and self._success is not Disposition.DELIVERED
        # What was made of the last reply: with SMTP all recipients have the same one.
        self._latest: tuple[Answer, DiagnosticCode] | None = None

    def settle(self, transaction: Transaction, answers: TransactionReplies) -> Iterator[Settled]:
        """Yield what became of each recipient, in the order of the commands."""
        sent = transaction.recipients
        given = answers.recipients
        if len(given) > len(sent):
            message = f"settle: {len(sent)} recipients have {len(given)} replies"
            raise InvalidValue(message, value=len(given))
        if len(given) < len(sent):
            given = (*given, *[None] * (len(sent) - len(given)))
        taken = [_class_of(rcpt) == _POSITIVE for rcpt in given]
        ends = iter(self._ends(answers, sum(taken)))
        is_mail_taken = _class_of(answers.mail) == _POSITIVE
        is_data_refused = answers.data is not None and _class_of(answers.data) != _INTERMEDIATE
        any_taken = False
        for each, rcpt, is_taken in zip(sent, given, taken, strict=True):
            any_taken = any_taken or is_taken
            end = next(ends) if is_taken else None
            answer: Answer | None
            if answers.session is not None:
                step, answer = SmtpStep.SESSION, answers.session
                outcome = self._refused(each.recipient, answers.session)
            elif not is_mail_taken:
                step, answer = SmtpStep.MAIL, answers.mail
                outcome = self._not_taken(each.recipient, answer, answers)
            elif any_taken and _is_too_many(rcpt):
                step, answer = SmtpStep.RCPT, rcpt
                outcome = self._said(each.recipient, rcpt, Disposition.DELAYED)
            elif not is_taken:
                step, answer = SmtpStep.RCPT, rcpt
                outcome = self._not_taken(each.recipient, rcpt, answers)
            elif answers.data is not None and is_data_refused:
                step, answer = SmtpStep.DATA, answers.data
                outcome = self._refused(each.recipient, answers.data)
            elif end is None or _class_of(end) != _POSITIVE:
                step, answer = SmtpStep.END, end
                outcome = self._not_taken(each.recipient, end, answers)
            else:
                step, answer = SmtpStep.END, end
                outcome = self._said(each.recipient, end, self._success, is_traced=self._is_traced)
            yield Settled(outcome=outcome, step=step, answer=answer)

    def _ends(self, answers: TransactionReplies, count: int) -> list[Answer | None]:
        """Return the reply after the data for each recipient that was accepted."""
        ends = answers.end
        is_lmtp = self._plan.hop.is_lmtp
        if len(ends) > (count if is_lmtp else 1):
            message = f"settle: {len(ends)} replies after the data, for {count} recipients"
            raise InvalidValue(message, value=len(ends))
        if is_lmtp:
            return [*ends, *[None] * (count - len(ends))]
        return [ends[0] if ends else None] * count

    def _not_taken(
        self, recipient: Recipient, answer: Answer | None, answers: TransactionReplies
    ) -> DeliveryOutcome:
        if answer is None:
            return self._lost(recipient, answers)
        return self._refused(recipient, answer)

    def _refused(self, recipient: Recipient, answer: Answer) -> DeliveryOutcome:
        is_transient = _class_of(answer) == _TRANSIENT
        disposition = Disposition.DELAYED if is_transient else Disposition.FAILED
        return self._said(recipient, answer, disposition)

    def _said(
        self,
        recipient: Recipient,
        answer: Answer,
        disposition: Disposition,
        *,
        is_traced: bool = False,
    ) -> DeliveryOutcome:
        if isinstance(answer, str):
            words = replace_controls(" ".join(answer.split()))
            diagnostic, status = DiagnosticCode("smtp", words), _WRONG_REPLY
        else:
            diagnostic = self._diagnostic_of(answer)
            status = answer.effective_status or _WRONG_REPLY
            if disposition is Disposition.FAILED and status.class_ is not StatusClass.PERMANENT:
                # A good reply to another question.
                status = _WRONG_REPLY
            elif disposition is Disposition.DELAYED and status.class_ is not StatusClass.TRANSIENT:
                status = _TOO_MANY
        return DeliveryOutcome(
            recipient=recipient,
            disposition=disposition,
            status=status,
            diagnostic=diagnostic,
            remote_mta=self._plan.hop.name,
            attempted=self._now,
            is_traced=is_traced,
        )

    def _diagnostic_of(self, answer: SmtpReply) -> DiagnosticCode:
        latest = self._latest
        if latest is None or latest[0] is not answer:
            self._latest = latest = answer, DiagnosticCode.from_reply(answer)
        return latest[1]

    def _lost(self, recipient: Recipient, answers: TransactionReplies) -> DeliveryOutcome:
        is_transient = answers.lost_status.class_ is StatusClass.TRANSIENT
        return DeliveryOutcome(
            recipient=recipient,
            disposition=Disposition.DELAYED if is_transient else Disposition.FAILED,
            status=answers.lost_status,
            diagnostic=DiagnosticCode(self._plan.diagnostic_type, answers.lost),
            attempted=self._now,
        )


def _class_of(answer: Answer | None) -> int | None:
    return answer.code // 100 if isinstance(answer, SmtpReply) else None


def _is_too_many(answer: Answer | None) -> TypeGuard[SmtpReply]:
    """Tell whether a refusal means that the server takes no more recipients at once."""
    if not isinstance(answer, SmtpReply) or answer.code != _TOO_MANY_CODE:
        return False
    status = answer.status
    return status is None or (status.subject, status.detail) == (_PROTOCOL, _TOO_MANY_DETAIL)
