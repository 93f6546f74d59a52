"""Why there is no session with a server, and so no answer for any recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.agents.verdict import one_line
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.settle import TransactionReplies

if TYPE_CHECKING:
    from dsnlib.adapters.client.dialogue import Answer
    from dsnlib.adapters.client.place import ServerPlace

__all__ = ["Trouble", "make_trouble"]


class Trouble(Exception):
    """There is no session.

    Attributes:
        replies: As `settle_recipients` takes it: the server's reply in `session`, or
            our own words in `lost` with `lost_status`.
        command: What was under way: `DNS`, `connect`, `greeting`, `EHLO`, `STARTTLS`, `AUTH`.
        place: Where; `None` if nobody answered.
        answer: What the server said, where `replies` has our words for it instead.
    """

    def __init__(
        self,
        replies: TransactionReplies,
        *,
        command: str,
        place: ServerPlace | None = None,
        answer: Answer | None = None,
    ) -> None:
        super().__init__(replies.lost if replies.session is None else str(replies.session))
        self.replies = replies
        self.command = command
        self.place = place
        self.answer = answer

    @property
    def is_temporary(self) -> bool:
        """Whether another server of the same next hop, or a later time, may do better."""
        answer = self.replies.session
        if answer is None:
            return self.replies.lost_status.class_ == 4
        code = getattr(answer, "code", None)
        return code is not None and code // 100 == 4


def make_trouble(
    status: str,
    text: str,
    *,
    command: str,
    place: ServerPlace | None = None,
    answer: Answer | None = None,
) -> Trouble:
    """Return what we say ourselves of a server that there is no session with.

    Args:
        status: Of class 4 or 5.
        text: The reason; it becomes one line.
        command: What was under way.
        place: Where; `None` if nobody answered.
        answer: What the server said, if it said something.
    """
    code = EnhancedStatusCode.parse(status)
    replies = TransactionReplies(lost=one_line(text), lost_status=code)
    return Trouble(replies, command=command, place=place, answer=answer)
