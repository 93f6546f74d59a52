"""MAIL and RCPT: the path, the parameters, what the lists say (RFC 5321 s3.3).

Rules.
- In this order: is it time, is it a path, are the parameters offered and well formed,
  are limits kept, do the lists permit it, do the filters.  The first that does not is
  the reply, and the transaction stays as it was.
- A sender that is refused begins no transaction.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from dsnlib.adapters.server.answers import (
    BY_TOO_SHORT,
    LHLO_NEEDED,
    NULL_PATH_VERP,
    RCPT_BEHIND_CHUNK,
    TOO_MUCH_MAIL,
    TOO_MUCH_RCPT,
    standard,
)
from dsnlib.adapters.server.rates import Event
from dsnlib.adapters.server.transaction import Transaction
from dsnlib.adapters.smtp_command import InvalidCommand, read_mail, read_rcpt
from dsnlib.errors import InvalidParameter
from dsnlib.model.deliver_by import ByMode, DeliverBy
from dsnlib.model.envelope import Recipient
from dsnlib.replies.stage import Stage
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from dsnlib.adapters.server.session import ServerSession
    from dsnlib.adapters.smtp_command import MailCommand
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.rewrite import RewrittenReply

__all__ = ["mail", "rcpt"]

# Its delimiters, "+=" by default, are no esmtp-value of RFC 5321 s4.1.2.
_XVERP = re.compile(r"(?<!\S)XVERP(?:=(\S*))?(?!\S)", re.IGNORECASE)
_VERP = re.compile(r"[-=+]{2}")
# Postfix's default (smtpd_recipient_overshoot_limit).
_MOST_TURNED_AWAY = 1000


async def mail(  # noqa: PLR0911  one for each fault
    session: ServerSession, argument: str
) -> SmtpReply | RewrittenReply:
    """Begin a transaction."""
    listener = session.listener
    if listener.needs_helo and session.helo is None:
        return LHLO_NEEDED if listener.is_lmtp else standard(StandardReply.HELLO_NEEDED)
    if session.transaction is not None:
        return standard(StandardReply.NESTED_MAIL)
    if listener.needs_login and session.login is None:
        return standard(StandardReply.AUTH_NEEDED)
    try:
        command, verp = _read_mail(session, argument)
    except (InvalidCommand, InvalidParameter) as error:
        return error.reply
    refused = _refuse_mail(session, command, verp)
    if refused is not None:
        return refused
    session.transaction = Transaction(command, session.effects.copy())
    answer = await session.judge(Stage.SENDER, octets=command.size)
    if answer is None:
        answer = session.filtered(
            await session.milters.mail(command.sender, command.parameters.as_received)
            if session.milters
            else None
        )
    if answer is not None:
        session.forget()
        return answer
    return standard(StandardReply.MAIL_ACCEPTED)


def _read_mail(session: ServerSession, argument: str) -> tuple[MailCommand, str | None]:
    """Return the command, and the delimiters behind XVERP if that is there."""
    verp = None
    if session.listener.capabilities.verp:
        found = _XVERP.search(argument)
        if found is not None:
            verp = found[1] or ""
            argument = _XVERP.sub("", argument).rstrip(" ")
    offer = session.offered.offer
    parse = functools.partial(
        offer.parse_mail, smtputf8=True, lenient=not session.listener.is_strict
    )
    argument = _without_tabs(session, argument)
    command = read_mail(argument, parse=parse, is_strict=session.listener.is_strict)
    # A time that cannot be is refused here; later nobody would look at it.
    DeliverBy.of(command.parameters)
    return command, verp


def _without_tabs(session: ServerSession, argument: str) -> str:
    """Return the argument with blanks for tabs behind the path.

    TOLERANT: RFC 5321 s4.1.1 separates parameters by spaces; Postfix takes tabs too.
    """
    if "\t" not in argument or session.listener.is_strict:
        return argument
    path, bracket, words = argument.rpartition(">")
    return path + bracket + words.replace("\t", " ")


def _refuse_mail(  # noqa: PLR0911  one for each fault
    session: ServerSession, command: MailCommand, verp: str | None
) -> SmtpReply | None:
    listener = session.listener
    if verp and _VERP.fullmatch(verp) is None:
        return standard(StandardReply.BAD_ARGUMENT)
    if verp is not None and not command.sender:
        return NULL_PATH_VERP
    by = DeliverBy.read(command.parameters)
    least = listener.capabilities.deliver_by
    if by is not None and least and by.mode is ByMode.RETURN and by.seconds < least:
        return BY_TOO_SHORT
    most = listener.size_octets
    if command.size and most is not None and command.size > most:
        return standard(StandardReply.MESSAGE_TOO_LARGE)
    if not listener.has_room(command.size or 0):
        return standard(StandardReply.NO_STORAGE)
    if session.is_beyond(Event.MESSAGE):
        return TOO_MUCH_MAIL
    return None


async def _turn_away(session: ServerSession, transaction: Transaction) -> None:
    """Answer a recipient beyond the limit: the others are to be served."""
    transaction.turned_away += 1
    # Who sends all commands at once has sent them before it could know.
    is_counted = transaction.turned_away > _MOST_TURNED_AWAY
    await session.answer(standard(StandardReply.TOO_MANY_RECIPIENTS), is_counted=is_counted)


async def rcpt(  # noqa: PLR0911  one for each fault
    session: ServerSession, argument: str
) -> SmtpReply | RewrittenReply | None:
    """Take one recipient."""
    transaction = session.transaction
    if transaction is None:
        return standard(StandardReply.MAIL_NEEDED)
    if transaction.reader is not None:
        # Lists and filters have been asked about the message with those that there are.
        return RCPT_BEHIND_CHUNK
    listener = session.listener
    parse = functools.partial(
        session.offered.offer.parse_rcpt, smtputf8=True, lenient=not listener.is_strict
    )
    try:
        argument = _without_tabs(session, argument)
        command = read_rcpt(argument, parse=parse, is_strict=listener.is_strict)
    except (InvalidCommand, InvalidParameter) as error:
        return error.reply
    if 0 < listener.limits.recipients <= len(transaction.recipients):
        await _turn_away(session, transaction)
        return None
    if session.is_beyond(Event.RECIPIENT):
        return TOO_MUCH_RCPT
    session.recipient = command.recipient
    answer = await session.judge(Stage.RECIPIENT)
    if session.milters:
        words = command.parameters.as_received
        rejected = None if answer is None else answer.reply
        verdict = await session.milters.rcpt(command.recipient, words, rejected=rejected)
        answer = answer or session.filtered(verdict)
    if answer is not None:
        return answer
    transaction.recipients.append(Recipient(command.recipient, command.parameters))
    return standard(StandardReply.RCPT_ACCEPTED)
