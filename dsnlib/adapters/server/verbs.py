"""The commands of a session, each with what carries it out.

Rules.
- A command is given its argument without blanks around it, and returns the reply.
- Commands of extensions are refused with the codes of `Offer.refuse_command`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.server.answers import HELP, TLS_RATE, TLS_RATE_BEHIND, standard
from dsnlib.adapters.server.hello import ehlo, helo
from dsnlib.adapters.server.logins import auth, note_login
from dsnlib.adapters.server.mail import mail, rcpt
from dsnlib.adapters.server.rates import Event
from dsnlib.adapters.server.receive import bdat, data
from dsnlib.adapters.server.xclient import xclient
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.rewrite import RewrittenReply
from dsnlib.replies.stage import Stage
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dsnlib.adapters.server.session import ServerSession

__all__ = ["BEFORE_TLS", "JUNK", "LAST_OF_GROUP", "LMTP_VERBS", "VERBS"]

Answer = SmtpReply | RewrittenReply | None


async def _rset(session: ServerSession, argument: str) -> Answer:
    if argument:
        return standard(StandardReply.BAD_ARGUMENT)
    await session.abandon()
    return standard(StandardReply.RESET)


async def _noop(session: ServerSession, argument: str) -> Answer:  # noqa: ARG001  as the others
    return standard(StandardReply.NOTHING_DONE)


async def _vrfy(session: ServerSession, argument: str) -> Answer:  # noqa: ARG001  as the others
    # RFC 5321 s7.3: whoever wants to know may send a message.
    return standard(StandardReply.NOT_VERIFIED if argument else StandardReply.BAD_ARGUMENT)


async def _etrn(session: ServerSession, argument: str) -> Answer:
    # RFC 1985 s5.3 has these without a status.
    if not argument:
        return SmtpReply(500, None, ("The name of a domain has to follow",))
    refused = await session.judge(Stage.ETRN, etrn=argument)
    return refused or SmtpReply(459, None, ("No mail is kept for others here",))


async def _help(session: ServerSession, argument: str) -> Answer:  # noqa: ARG001  as the others
    if not session.listener.has_help:
        return standard(StandardReply.COMMAND_UNKNOWN)
    return HELP


async def _quit(session: ServerSession, argument: str) -> Answer:
    if argument:
        return standard(StandardReply.BAD_ARGUMENT)
    await session.answer(standard(StandardReply.GOODBYE))
    session.is_over = True
    return None


async def _unknown(session: ServerSession, argument: str) -> Answer:
    if session.milters:
        command = f"{session.verb} {argument}".rstrip(" ")
        filtered = session.filtered(await session.milters.unknown(command))
        if filtered is not None:
            return filtered
    return standard(StandardReply.COMMAND_UNKNOWN)


async def _starttls(session: ServerSession, argument: str) -> Answer:
    if argument:
        return standard(StandardReply.BAD_ARGUMENT)
    # RFC 3207 s4 has no place for it in a transaction, and all is forgotten anyway.
    if session.is_beyond(Event.TLS_SESSION, counts=False):
        return TLS_RATE
    await session.answer(standard(StandardReply.START_TLS))
    await session.abandon()
    await session.upgrade()
    session.start_again()
    note_login(session)
    if not session.note_tls():
        return TLS_RATE_BEHIND
    return None


VERBS: dict[str, Callable[[ServerSession, str], Awaitable[Answer]]] = {
    "EHLO": ehlo,
    "HELO": helo,
    "STARTTLS": _starttls,
    "AUTH": auth,
    "MAIL": mail,
    "RCPT": rcpt,
    "DATA": data,
    "BDAT": bdat,
    "RSET": _rset,
    "NOOP": _noop,
    "VRFY": _vrfy,
    "ETRN": _etrn,
    "HELP": _help,
    "XCLIENT": xclient,
    "QUIT": _quit,
    "*": _unknown,
}
# LHLO stands for both of the others, which are unknown then             RFC 2033 s4.1
LMTP_VERBS = {
    "LHLO": ehlo,
    **{verb: carry_out for verb, carry_out in VERBS.items() if verb not in {"EHLO", "HELO"}},
}
# What may come before the session is encrypted where it has to be     RFC 3207 s4
BEFORE_TLS = frozenset({"EHLO", "HELO", "LHLO", "NOOP", "STARTTLS", "QUIT", "HELP"})
# What must wait for its reply before anything follows                RFC 2920 s3.1
LAST_OF_GROUP = frozenset(
    {"EHLO", "HELO", "LHLO", "DATA", "VRFY", "ETRN", "NOOP", "AUTH", "STARTTLS"}
)
# What a client has no reason to send often
JUNK = frozenset({"EHLO", "HELO", "LHLO", "RSET", "NOOP", "VRFY", "ETRN", "HELP"})
