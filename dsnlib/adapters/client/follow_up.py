"""What came of a transaction, and what may follow it.

Rules.
- What may have reached a server to its end goes to no other (RFC 5321 s4.5.3.2.6 says
  what comes of it: duplicates): without an answer it is put off, and with one that was it.
- 421 before anything else, or nothing at all, in a session that was open already: the
  server had ended it before.  Where the message went out with its envelope, 421 alone.
- "452 ... the server's limit on recipients", or 552, after some were taken, is no refusal
  of the others (RFC 5321 s4.5.3.1.10).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.model.outcome import Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.policy.settle import SmtpStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.client.dialogue import Answer
    from dsnlib.policy.settle import Settled, TransactionReplies

__all__ = ["closing_reply", "is_stale", "left_out", "may_be_bettered"]

_CLOSING = 421
_TOO_MANY_CODES = frozenset({452, 552})
_TOO_MANY_STATUS = (5, 3)
# A member of an enumeration takes ten times as long to find in its class, and each recipient
# of each message comes by here.
_PLAN, _RCPT, _END = SmtpStep.PLAN, SmtpStep.RCPT, SmtpStep.END
_DELAYED = Disposition.DELAYED


def may_be_bettered(each: Settled, *, has_sent: bool) -> bool:
    """Tell whether another server may be asked for a recipient."""
    if each.step is _PLAN:
        return True
    if each.outcome.disposition is not _DELAYED:
        return False
    if each.answer is None:
        return not has_sent
    return each.step is not _END


def is_stale(replies: TransactionReplies, *, has_sent: bool) -> bool:
    """Tell whether a session had ended before it was used again.

    Args:
        replies: To the first transaction in it.
        has_sent: Whether the server may have all of the message.
    """
    mail = replies.mail
    if mail is None:
        return not has_sent
    return isinstance(mail, SmtpReply) and mail.code == _CLOSING


def left_out(settled: Sequence[Settled]) -> tuple[list[Settled], int]:
    """Return those that were too many for a transaction, and how many were not."""
    if len(settled) == 1:
        # There are no others.
        return [], 0
    again = [each for each in settled if each.step is _RCPT and _is_too_many(each.answer)]
    if not again:
        return [], 0
    taken = sum(each.step in (SmtpStep.DATA, _END) for each in settled)
    return (again, taken) if taken else ([], 0)


def _is_too_many(answer: Answer | None) -> bool:
    if not isinstance(answer, SmtpReply) or answer.code not in _TOO_MANY_CODES:
        return False
    status = answer.status
    return status is None or (status.subject, status.detail) == _TOO_MANY_STATUS


def closing_reply(replies: TransactionReplies) -> SmtpReply | None:
    """Return the reply by which the server ended the session, if it did."""
    for answer in (replies.mail, *replies.recipients, replies.data, *replies.end):
        if isinstance(answer, SmtpReply) and answer.code == _CLOSING:
            return answer
    return None
