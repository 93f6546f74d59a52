"""Who is left of the recipients of an attempt, and one result for each.

Rules.
- A recipient gets one final result, and is asked for no further then.
- What may still be bettered is kept beside: it counts when nothing better comes.
- A refusal that another server might not have given does not stand against a trouble that
  a later time may not have: the mail waits rather than comes back.
- Who is there twice, with the same parameters, is asked for once, and has the result twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.adapters.client.result import SendResult
    from dsnlib.model.envelope import Recipient

__all__ = ["RecipientTally"]


class RecipientTally:
    """The recipients of one attempt.

    Args:
        recipients: All of them.
    """

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        self._recipients = tuple(recipients)
        self._final: dict[Recipient, SendResult | None] = dict.fromkeys(self._recipients)
        self._waiting: dict[Recipient, SendResult] = {}
        self._count = len(self._final)
        self._everybody: tuple[SendResult, ...] | None = None

    def __bool__(self) -> bool:
        """Whether somebody is left."""
        return self._count > 0

    @property
    def left(self) -> tuple[Recipient, ...]:
        """Those without a final result."""
        if self._count == len(self._recipients):
            return self._recipients
        if not self._count:
            return ()
        return tuple([each for each, result in self._final.items() if result is None])

    def end(self, result: SendResult) -> None:
        """Note what became of a recipient, for good.

        Raises:
            KeyError: It is none of the recipients, or known already.
        """
        recipient = result.outcome.recipient
        if self._final[recipient] is not None or self._everybody is not None:
            raise KeyError(recipient)
        self._final[recipient] = result
        self._count -= 1

    def end_all(self, results: Sequence[SendResult]) -> bool:
        """Note what became of everybody, for good, and tell whether that is what it was.

        It is not, and nothing is noted, unless nobody has a final result and there is one
        for each recipient, in their order.  What `end` does for one after the other is
        done at once here, as for nearly every message.
        """
        recipients = self._recipients
        if len(results) != len(recipients) or self._count != len(recipients):
            return False
        if tuple([each.outcome.recipient for each in results]) != recipients:
            return False
        self._everybody = tuple(results)
        self._count = 0
        return True

    def keep(self, result: SendResult) -> None:
        """Note what becomes of a recipient if no other server does better."""
        recipient = result.outcome.recipient
        kept = self._waiting.get(recipient)
        if kept is None or _is_delayed(result) or not _is_delayed(kept):
            self._waiting[recipient] = result

    def lacks(self) -> tuple[Recipient, ...]:
        """Return those of whom nothing is known."""
        if not self:
            return ()
        return tuple([each for each in self.left if each not in self._waiting])

    def results(self) -> tuple[SendResult, ...]:
        """Return a result for each recipient, in their order.

        Raises:
            KeyError: Nothing is known of one.
        """
        if self._everybody is not None:
            return self._everybody
        waiting = self._waiting
        found = {each: result or waiting[each] for each, result in self._final.items()}
        if len(found) == len(self._recipients):
            return tuple(found.values())
        return tuple([found[each] for each in self._recipients])


def _is_delayed(result: SendResult) -> bool:
    return result.outcome.disposition is Disposition.DELAYED
