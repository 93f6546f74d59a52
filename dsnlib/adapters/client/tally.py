"""Who is left of the recipients of an attempt, and one result for each.

Rules.
- A recipient gets one final result, and is asked for no further then.
- What may still be bettered is kept beside: it counts when nothing better comes.
- A refusal that another server might not have given does not stand against a trouble that
  a later time may not have: the mail waits rather than comes back.
- A recipient that is there twice has two results.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.client.result import SendResult
    from dsnlib.model.envelope import Recipient

__all__ = ["Tally"]


class Tally:
    """The recipients of one attempt.

    Args:
        recipients: All of them.
    """

    def __init__(self, recipients: Iterable[Recipient]) -> None:
        self._recipients = tuple(recipients)
        # How many results each has still to get.
        self._counts = dict.fromkeys(self._recipients, 1)
        if len(self._counts) < len(self._recipients):
            self._counts = dict(Counter(self._recipients))
        self._final: dict[Recipient, tuple[SendResult, ...]] = {}
        self._waiting: dict[Recipient, SendResult] = {}

    def __bool__(self) -> bool:
        """Whether somebody is left."""
        return bool(self._counts)

    @property
    def left(self) -> tuple[Recipient, ...]:
        """Those without a final result."""
        if len(self._counts) == len(self._recipients):
            return self._recipients
        return tuple([each for each, count in self._counts.items() for _ in range(count)])

    def end(self, result: SendResult) -> None:
        """Note what became of a recipient, for good.

        Raises:
            KeyError: Nothing more is to be known of it.
        """
        recipient = result.outcome.recipient
        count = self._counts.pop(recipient)
        if count > 1:
            self._counts[recipient] = count - 1
        self._final[recipient] = (*self._final.get(recipient, ()), result)

    def keep(self, result: SendResult) -> None:
        """Note what becomes of a recipient if no other server does better."""
        recipient = result.outcome.recipient
        kept = self._waiting.get(recipient)
        if kept is None or _is_delayed(result) or not _is_delayed(kept):
            self._waiting[recipient] = result

    def lacks(self) -> tuple[Recipient, ...]:
        """Return those of whom nothing is known."""
        if not self._counts:
            return ()
        return tuple([each for each in self.left if each not in self._waiting])

    def results(self) -> tuple[SendResult, ...]:
        """Return a result for each recipient, in their order.

        Raises:
            KeyError: Nothing is known of one.
        """
        final, waiting = self._final, self._waiting
        found = []
        for each in self._recipients:
            results = final.get(each)
            if not results:
                found.append(waiting[each])
                continue
            found.append(results[0])
            if len(results) > 1 or each in waiting:
                # It is there again.
                final[each] = results[1:]
        return tuple(found)


def _is_delayed(result: SendResult) -> bool:
    return result.outcome.disposition is Disposition.DELAYED
