"""What a server has answered in a transaction so far, and what may follow from each reply.

Rules.
- A reply of a class that its command has none of, and any reply too many, means that
  the server is out of step: nobody knows to whom a refusal belongs.
- 421 stands for all that was not answered; the session is over.
- A text in the place of a reply stands for what it is; what follows it is not heard.
"""

from __future__ import annotations

import functools
from collections.abc import Generator
from typing import TYPE_CHECKING, TypeAlias

from dsnlib.adapters.client.dialogue import Answer, Hear, Lost, Say, Step, Unasked
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from dsnlib.adapters.client.settings import Timeouts

__all__ = ["Hearing", "OutOfStepError", "Talk", "answer_class"]

Talk: TypeAlias = Generator[Step, Answer | None, None]

_CLOSING = 421
_POSITIVE, _INTERMEDIATE = 2, 3
_UNASKED = Unasked()
_THOROUGH = Unasked(is_thorough=True)
# Replies that say that the two do not understand each other: the session is not kept.
# Postfix's rule.
_CONFUSED = frozenset({*range(500, 510), 555})


# The steps of all transactions are the same few.
_hear = functools.lru_cache(maxsize=64)(Hear)


class OutOfStepError(Exception):
    """What the server says are no replies to what it was told."""


def answer_class(answer: Answer | None) -> int | None:
    """Return the first digit of a reply, `None` for what is none."""
    return answer.code // 100 if isinstance(answer, SmtpReply) else None


def _too_much(more: Answer) -> OutOfStepError:
    return OutOfStepError(f"{more} behind its replies")


class Hearing:
    """The replies of one transaction.

    Args:
        timeouts: How long each may take.
        is_lmtp: Whether each recipient is answered for after the data.
        count: How many recipients there are.

    Attributes:
        mail: The reply to MAIL.
        recipients: Those to RCPT.
        data: That to DATA.
        ends: Those after the message.
        is_mail_taken: Whether the sender was taken.
        taken: How many recipients were taken, the sender being so too.
        step: What is under way.
        is_over: Whether nothing more is to be said or heard in the session.
        is_reusable: Whether another transaction may follow.
        is_in_step: Whether the server has said 354 where it was due, so that all replies
            before stand.
        is_wayward: Whether the server takes recipients though it has refused the sender.
    """

    def __init__(self, timeouts: Timeouts, *, is_lmtp: bool, count: int) -> None:
        self.mail: Answer | None = None
        self.recipients: list[Answer | None] = []
        self.data: Answer | None = None
        self.ends: list[Answer | None] = []
        self.is_mail_taken = False
        self.taken = 0
        self.step = "MAIL"
        self.is_over = False
        self.is_reusable = True
        self.is_wayward = False
        self.is_in_step = False
        self._timeouts = timeouts
        self._is_lmtp = is_lmtp
        self._count = count

    def forget(self) -> None:
        """Take back what nobody knows the owner of: all, or what was said of the message."""
        self.ends = []
        if self.is_in_step:
            return
        self.mail = self.data = None
        self.recipients = []
        self.is_mail_taken = False

    def hear_mail(self) -> Talk:
        """Hear the reply to MAIL."""
        self.step = "MAIL"
        self.mail = answer = yield _hear(self._timeouts.mail, "MAIL")
        if isinstance(answer, SmtpReply) and answer.code // 100 == _POSITIVE:
            self.is_mail_taken = True
        else:
            self._judge(answer)

    def hear_rcpts(self, count: int) -> Talk:
        """Hear the replies to so many RCPT, the sender having been taken or not."""
        self.step = "RCPT"
        if not self.is_mail_taken:
            yield from self.pass_over(count, self._timeouts.rcpt)
            return
        hear = _hear(self._timeouts.rcpt, "RCPT")
        for _ in range(count):
            answer = yield hear
            self.recipients.append(answer)
            if isinstance(answer, SmtpReply) and answer.code // 100 == _POSITIVE:
                self.taken += 1
                continue
            self._judge(answer)
            if not self.is_over:
                continue
            if isinstance(answer, SmtpReply):
                self.recipients += [answer] * (self._count - len(self.recipients))
                self.data = answer
            return

    def hear_data(self) -> Talk:
        """Hear the reply to DATA."""
        self.step = "DATA"
        self.data = answer = yield _hear(self._timeouts.data_init, "DATA")
        kind = answer_class(answer)
        if kind == _INTERMEDIATE:
            return
        if kind == _POSITIVE:
            message = f"{answer} to DATA"
            raise OutOfStepError(message)
        # Where nobody was taken, 503 is what was to be expected.
        self._judge(answer, may_confuse=bool(self.taken))

    def hear_ends(self) -> Talk:
        """Hear what becomes of the message: one reply, with LMTP one for each recipient."""
        self.step = "end of data"
        hear = _hear(self._timeouts.data_done, "end of data")
        count = self.taken if self._is_lmtp else 1
        while len(self.ends) < count:
            answer = yield hear
            if self.is_in_step and not self.ends and answer_class(answer) == _INTERMEDIATE:
                # TOLERANT: it said twice that it waits for the message.
                answer = yield hear
            self._judge(answer)
            self.ends.append(answer)
            if self.is_over:
                if isinstance(answer, SmtpReply):
                    self.ends += [answer] * (count - len(self.ends))
                return
        more = yield from self._hear_unasked(is_thorough=not self.is_in_step or count > 1)
        if more is None:
            return
        self.is_reusable = False
        last = self.ends[-1]
        if isinstance(last, SmtpReply) and last.code in _CONFUSED:
            # It takes the message for commands, and answers to each of its lines.
            return
        if self._has_taken_all(more) and (yield from self._hear_unasked()) is None:
            # TOLERANT: it said once more that it takes the message.  To whomever each
            # reply belongs, it is the same; to send it again would be worse.
            return
        if self.is_in_step and count == 1:
            return
        # What was heard for the message may have been for RCPT, or for somebody else.
        raise _too_much(more)

    def _has_taken_all(self, more: Answer) -> bool:
        """Tell whether nothing was refused, in one reply too many neither."""
        heard = (*self.recipients, *self.ends, more)
        return all(answer_class(each) == _POSITIVE for each in heard)

    def hear_chunk(self) -> Talk:
        """Hear whether a chunk that is not the last was taken; if not, it is over."""
        answer = yield _hear(self._timeouts.data_done, "BDAT")
        self._stop_unless_taken(answer)

    def hear_verdict(self) -> Talk:
        """Find out whether the server has refused the message before its end."""
        answer = yield _UNASKED
        # TOLERANT: it may have said twice that it waits for the message.
        if answer is not None and answer_class(answer) != _INTERMEDIATE:
            if answer_class(answer) == _POSITIVE:
                message = f"{answer} before the end of the message"
                raise OutOfStepError(message)
            self._stop_unless_taken(answer)

    def _stop_unless_taken(self, answer: Answer | None) -> None:
        self._judge(answer)
        if answer_class(answer) != _POSITIVE:
            self.ends = [answer] * (self.taken if self._is_lmtp else 1)
            self.is_over = True

    def hear_reset(self) -> Talk:
        """Say RSET, and hear whether the two are still in step."""
        try:
            yield Say(b"RSET\r\n")
            answer = yield _hear(self._timeouts.rset, "RSET")
        except Lost:
            # All has been answered that was asked.
            self.is_reusable = False
            return
        if answer_class(answer) == _INTERMEDIATE:
            message = f"{answer} to RSET"
            raise OutOfStepError(message)
        if answer_class(answer) != _POSITIVE:
            self.is_reusable = False
        more = yield from self._hear_unasked()
        if more is not None:
            raise _too_much(more)

    def begin_message(self) -> Talk:
        """Make sure that the message may go: the server waits for it, and says nothing else.

        Raises:
            OutOfStepError: It has said more.
        """
        more = yield _UNASKED
        if more is not None:
            raise _too_much(more)
        # No other command has a reply of this class.
        self.is_in_step = answer_class(self.data) == _INTERMEDIATE
        self.step = "the message"

    def require_silence(self) -> Talk:
        """Raise if the server has said more than it was asked.

        Raises:
            OutOfStepError: It has.
        """
        more = yield _UNASKED
        if more is not None:
            raise _too_much(more)

    def pass_over(self, count: int, seconds: float) -> Talk:
        """Hear replies that are of no interest."""
        hear = _hear(seconds, self.step)
        for _ in range(count):
            answer = yield hear
            if not isinstance(answer, SmtpReply) or answer.code == _CLOSING:
                self.is_over = True
                return
            if answer.code // 100 == _POSITIVE and self.step == "RCPT":
                # It has refused the sender, and would take the message all the same.
                self.is_wayward = True

    def _hear_unasked(
        self, *, is_thorough: bool = False
    ) -> Generator[Step, Answer | None, Answer | None]:
        try:
            return (yield _THOROUGH if is_thorough else _UNASKED)
        except Lost:
            # It has gone, after all was said.
            self.is_reusable = False
            return None

    def _judge(self, answer: Answer | None, *, may_confuse: bool = True) -> None:
        if not isinstance(answer, SmtpReply) or answer.code == _CLOSING:
            self.is_over = True
        elif answer.code // 100 == _INTERMEDIATE:
            message = f"{answer} to {self.step}"
            raise OutOfStepError(message)
        elif may_confuse and answer.code in _CONFUSED:
            self.is_reusable = False
