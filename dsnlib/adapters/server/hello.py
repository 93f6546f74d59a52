"""EHLO, HELO and LHLO: who the client says it is, and what it is offered (RFC 5321 s4.1.1.1).

Rules.
- Each ends the transaction that has begun (RFC 5321 s4.1.4).
- LHLO is answered as EHLO is (RFC 2033 s4.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.server.answers import standard
from dsnlib.model.text import replace_controls
from dsnlib.replies.stage import Stage
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from dsnlib.adapters.server.session import ServerSession
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.rewrite import RewrittenReply

__all__ = ["ehlo", "helo"]


async def ehlo(session: ServerSession, argument: str) -> SmtpReply | RewrittenReply:
    """Answer what the server does."""
    if session.discards is None:
        return standard(StandardReply.SETTINGS_UNKNOWN)
    refused = await _hello(session, argument, is_extended=True)
    if refused is not None:
        return refused
    offer = session.offered.offer
    words = offer.discarded_log
    if words:
        session.journal.tell("keywords kept from the client", " ".join(words))
    return offer.ehlo_reply(session.listener.hostname)


async def helo(session: ServerSession, argument: str) -> SmtpReply | RewrittenReply:
    """Answer without saying what the server does."""
    refused = await _hello(session, argument, is_extended=False)
    if refused is not None:
        return refused
    return session.offered.offer.helo_reply(session.listener.hostname)


async def _hello(
    session: ServerSession, argument: str, *, is_extended: bool
) -> SmtpReply | RewrittenReply | None:
    words = argument.split(None, 1)
    if not words or replace_controls(words[0]) != words[0]:
        return standard(StandardReply.BAD_HELLO)
    await session.abandon()
    session.helo = words[0]
    session.is_extended = is_extended
    answer = await session.judge(Stage.HELO)
    if answer is None and session.milters:
        answer = session.filtered(await session.milters.helo(words[0]))
    return answer
