"""Replies of servers are changed by tables before they count: `smtp_reply_filter`.

For servers that answer with a code that means something else, such as 550 to a client
that is only to come again.

Rules.
- A table is asked with each line as on the wire, `550-5.7.1 no`.
- No success becomes a failure, nor the reverse; for now may become for good.
- All that follows is by what the table says: whether it is tried again, the log, what the
  sender is told.  A transcript shows what the server wrote, and the log both.
- What is no reply is not asked for, nor is the reply to STARTTLS: hands are shaken then.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from dsnlib.adapters.client.dialogue import Hear
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.rewrite import RewriteRules, rewrite_remote_reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.client.dialogue import Answer, Dialogue
    from dsnlib.replies.table import Table

__all__ = ["filter_dialogue"]

T = TypeVar("T")

_LOG = logging.getLogger("dsnlib.client")


def filter_dialogue(dialogue: Dialogue[T], tables: Iterable[Table], *, peer: str) -> Dialogue[T]:
    """Return a dialogue that hears what tables have made of each reply.

    Without tables it is the dialogue itself.  It raises whatever that raises.

    Args:
        dialogue: What is said and heard.
        tables: Asked in order for each line; the first that has an answer decides.
        peer: The server, for the log.
    """
    rules = RewriteRules(reply_filters=tables, may_harden=True)
    return _filtered(dialogue, rules, peer) if rules.reply_filters else dialogue


def _filtered(dialogue: Dialogue[T], rules: RewriteRules, peer: str) -> Dialogue[T]:
    answer: Answer | None = None
    fault: Exception | None = None
    while True:
        try:
            step = dialogue.send(answer) if fault is None else dialogue.throw(fault)
        except StopIteration as end:
            value: T = end.value
            return value
        answer = fault = None
        try:
            answer = yield step
        except Exception as error:  # noqa: BLE001  whatever the driver throws is for the dialogue
            fault = error
            continue
        if isinstance(step, Hear) and isinstance(answer, SmtpReply):
            answer = _rewrite(answer, rules, peer, step.command)


def _rewrite(reply: SmtpReply, rules: RewriteRules, peer: str, command: str) -> SmtpReply:
    done = rewrite_remote_reply(reply, rules=rules)
    for defect in done.defects:
        _LOG.warning("%s: %s", peer, defect.message)
    if done.fired and done.reply != reply:
        _LOG.info(
            "%s: reply to %s rewritten by %s: %r to %r",
            peer,
            command,
            ", ".join(done.fired),
            str(reply),
            str(done.reply),
        )
    return done.reply
