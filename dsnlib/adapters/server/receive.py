"""DATA and BDAT: the message comes, is looked at, and is handed over (RFC 5321 s4.1.1.4).

    read            data.MessageReader; what cannot be taken is read and forgotten
    asked           the list for the end of the message
    counted         Received fields: a message that goes in circles is 554 5.4.6
    checked         header and body checks
    filtered        mail filters
    handed over     to the intake, whose reply is the reply

Rules.
- The first step that refuses is the reply, and the transaction is over either way.
- Over LMTP there is a reply for each recipient that was accepted, in their order; one
  refusal of the message is the reply of all (RFC 2033 s4.2, s4.3).
- A message that is to be dropped is answered like one that is taken.
- What has been handed over is not taken back when the client goes away.
- Octets of BDAT that nobody wants are read all the same: they are no commands (RFC
  3030 s2).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.content import Content
from dsnlib.adapters.intake import ReceivedMessage, RecipientIntake
from dsnlib.adapters.queue import new_queue_id
from dsnlib.adapters.server.answers import BAD_CHUNK_ORDER, BINARY_DATA, standard
from dsnlib.adapters.server.data import HEAD_OCTETS, BareNewlines, MessageReader
from dsnlib.adapters.server.trace import count_hops, received_field
from dsnlib.adapters.smtp_envelope import client_name
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.checks import check_content
from dsnlib.replies.stage import Stage
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from dsnlib.adapters.server.session import ServerSession
    from dsnlib.adapters.server.transaction import Transaction
    from dsnlib.model.envelope import Envelope
    from dsnlib.replies.rewrite import RewrittenReply

    Replies = tuple[SmtpReply | RewrittenReply, ...]

__all__ = ["bdat", "data"]

# chunk-size = 1*20DIGIT                                             RFC 3030 s2
_CHUNK = re.compile(r"([0-9]{1,20})(?: +(LAST))?", re.IGNORECASE)
_TAKEN = 250


async def data(session: ServerSession, argument: str) -> SmtpReply | RewrittenReply | None:
    """Take a message behind DATA."""
    transaction = session.transaction
    refused = _not_yet(session)
    if transaction is None or refused is not None:
        return refused or standard(StandardReply.RCPT_NEEDED)
    if transaction.reader is not None:
        return BAD_CHUNK_ORDER
    if argument:
        return standard(StandardReply.BAD_ARGUMENT)
    if transaction.is_binary:
        return BINARY_DATA
    answer = await _ask_before(session)
    if answer is not None:
        return answer
    await session.answer(standard(StandardReply.SEND_DATA))
    await session.flush()
    reader = _reader(session, transaction)
    transaction.reader = reader
    session.begin_data()
    rest = None
    while rest is None:
        rest = reader.feed(await session.read_octets())
    session.input.put_back(rest)
    return await _finish(session, transaction, reader)


async def bdat(session: ServerSession, argument: str) -> SmtpReply | RewrittenReply | None:
    """Take a chunk of a message."""
    found = _CHUNK.fullmatch(argument)
    if found is None:
        return standard(StandardReply.BAD_CHUNK)
    octets, is_last = int(found[1]), found[2] is not None
    transaction = session.transaction
    answer: SmtpReply | RewrittenReply | None = _not_yet(session)
    if answer is None and transaction is not None and transaction.reader is None:
        answer = await _ask_before(session)
    if transaction is None or answer is not None:
        await _read_chunk(session, None, octets)
        return answer or standard(StandardReply.MAIL_NEEDED)
    if transaction.reader is None:
        transaction.reader = _reader(session, transaction)
    reader = transaction.reader
    await _read_chunk(session, reader, octets)
    if reader.refusal is not None and not is_last:
        # The chunks behind it are answered 503, and read.
        refusal = reader.refusal
        session.forget()
        return refusal
    if not is_last:
        return standard(StandardReply.CHUNK_ACCEPTED)
    reader.end_chunks()
    return await _finish(session, transaction, reader)


async def _read_chunk(session: ServerSession, reader: MessageReader | None, octets: int) -> None:
    session.begin_data()
    left = octets
    # Replies to the chunks before may be what the client waits for.
    await session.flush()
    while left:
        chunk = await session.read_octets(left)
        left -= len(chunk)
        if reader is not None:
            reader.feed_chunk(chunk)


def _not_yet(session: ServerSession) -> SmtpReply | None:
    """Return why it is not time for a message."""
    if session.transaction is None:
        return standard(StandardReply.RCPT_NEEDED)
    if not session.transaction.recipients:
        if session.listener.is_lmtp:
            # "...the DATA command MUST fail with a 503 reply code"        RFC 2033 s4.2
            return standard(StandardReply.RCPT_NEEDED)
        # A sender whose recipients were all refused is told so.
        return standard(StandardReply.NO_RECIPIENTS)
    return None


async def _ask_before(session: ServerSession) -> RewrittenReply | None:
    """Return why the message is not to come."""
    session.recipient = None
    answer = await session.judge(Stage.DATA)
    if answer is None and session.milters:
        answer = session.filtered(await session.milters.data())
    return answer


def _reader(session: ServerSession, transaction: Transaction) -> MessageReader:
    listener = session.listener
    return MessageReader(
        size_octets=listener.size_octets,
        line_octets=listener.limits.text_line_octets or None,
        memory_octets=listener.limits.memory_octets,
        folder=listener.folder,
        bare_newlines=BareNewlines.KEEP if transaction.is_binary else listener.bare_newlines,
        has_room=listener.has_room,
    )


async def _finish(
    session: ServerSession, transaction: Transaction, reader: MessageReader
) -> SmtpReply | RewrittenReply | None:
    """Look at a message that has come, hand it over, and return the last reply."""
    # From here on, replies are about the message.
    session.verb = "."
    try:
        replies = await _take(session, transaction, reader)
        if session.listener.is_lmtp:
            replies = _for_each(replies, len(transaction.recipients))
        for each in replies[:-1]:
            # However many recipients it had, it is one message.
            await session.answer(each, is_counted=False)
            if session.is_over:
                return None
        return replies[-1]
    finally:
        session.forget()


def _for_each(replies: Replies, recipients: int) -> Replies:
    """Return as many replies as there are recipients."""
    if len(replies) == recipients:
        return replies
    # A table or a filter has put others in their place: what is not taken is for all.
    refused = (each for each in replies if not _is_taken(each))
    return (next(refused, replies[0]),) * recipients


def _is_taken(reply: SmtpReply | RewrittenReply) -> bool:
    # What was rewritten is a refusal.
    return isinstance(reply, SmtpReply) and reply.code == _TAKEN


async def _take(session: ServerSession, transaction: Transaction, reader: MessageReader) -> Replies:
    """Look at a message that has come, hand it over, and return the replies to it."""
    if reader.refusal is not None:
        return (reader.refusal,)
    content = reader.content()
    try:
        answer, message = await _look_at(session, transaction, content)
        if message is None:
            return (answer,)
        if message.content.path == content.path:
            content = Content()
        return await _hand_over(session, message)
    except OSError as error:
        # Its file could not be read, or not be written anew.
        session.journal.faults([str(error)])
        return (standard(StandardReply.NO_STORAGE),)
    finally:
        _remove(content)


async def _look_at(
    session: ServerSession, transaction: Transaction, content: Content
) -> tuple[SmtpReply | RewrittenReply, ReceivedMessage | None]:
    """Return the message as it is to be handed over, or why it is not, and its reply."""
    listener, effects = session.listener, transaction.effects
    taken = standard(StandardReply.MESSAGE_ACCEPTED)
    refused = await session.judge(Stage.END_OF_DATA, octets=content.octets)
    if refused is not None:
        return refused, None
    if 0 < listener.limits.hops < count_hops(content.head):
        return standard(StandardReply.TOO_MANY_HOPS), None
    if session.state.has_checks:
        reply, content = await _check(session, transaction, content)
        if reply is not None:
            return reply, None
    now = dt.datetime.now(dt.UTC)
    queue_id = new_queue_id(now)
    only = transaction.recipients[0].address if len(transaction.recipients) == 1 else None
    trace = received_field(
        client=session.client,
        helo=session.helo,
        hostname=listener.hostname,
        protocol=session.protocol,
        queue_id=queue_id,
        recipient=only,
        when=now,
        smtputf8=transaction.mail.smtputf8,
    )
    content = attrs.evolve(content, prefix=effects.prefix + trace)
    envelope: Envelope | None = transaction.envelope(
        arrival=now, received_from=client_name(session.helo)
    )
    if session.milters and not effects.is_discarded:
        session.milters.macros["i"] = queue_id
        verdict = await session.milters.content(content)
        answer = session.filtered(verdict)
        if answer is not None:
            return answer, None
        if verdict.edits is not None and envelope is not None:
            if verdict.edits.content.path != content.path:
                _remove(content)
            content = verdict.edits.content
            envelope = verdict.edits.apply(envelope)
            effects.is_held |= verdict.edits.quarantine is not None
    if effects.is_discarded or envelope is None:
        session.journal.tell("discarded", queue_id)
        _remove(content)
        return taken, None
    return taken, ReceivedMessage(
        queue_id=queue_id,
        envelope=envelope,
        content=content,
        client=session.client,
        login=session.login,
        is_held=effects.is_held,
        copies=effects.copies,
        destination=effects.destination,
    )


async def _check(
    session: ServerSession, transaction: Transaction, content: Content
) -> tuple[SmtpReply | None, Content]:
    """Return why the tables refuse the content, and the content with their edits."""
    listener, effects = session.listener, transaction.effects
    if content.path is None:
        octets = content.body
        verdict = await check_content(octets, listener.checks, limits=listener.check_limits)
    else:
        # A message that is in a file is in memory only now, and few at a time.
        async with session.state.checks_at_once:
            octets = content.read()
            verdict = await check_content(octets, listener.checks, limits=listener.check_limits)
            if verdict.content is not octets:
                content.path.write_bytes(verdict.content)
    session.journal.checked(verdict)
    if verdict.reply is not None:
        return verdict.reply, content
    effects.is_held |= verdict.is_held
    effects.is_discarded |= verdict.is_discarded
    effects.redirect = verdict.redirect or effects.redirect
    effects.copies += verdict.bcc
    effects.destination = verdict.content_filter or effects.destination
    if verdict.content is octets:
        return None, content
    if content.path is None:
        return None, Content(body=verdict.content)
    head = verdict.content[:HEAD_OCTETS]
    return None, Content(body=head, path=content.path, octets=len(verdict.content))


async def _hand_over(session: ServerSession, message: ReceivedMessage) -> Replies:
    """Give the message to the intake, and return its replies."""
    # The client may go away meanwhile; then nobody hears the reply.
    replies = await asyncio.shield(session.state.keep(_accept(session, message)))
    if any(_is_taken(each) for each in replies):
        session.message_taken()
        session.journal.tell("taken", f"{message.queue_id}: {message.content.octets} octets")
    return replies


async def _accept(session: ServerSession, message: ReceivedMessage) -> tuple[SmtpReply, ...]:
    intake = session.listener.intake
    try:
        if session.listener.is_lmtp and isinstance(intake, RecipientIntake):
            replies = await intake.accept_each(message)
        else:
            replies = (await intake.accept(message),)
    except Exception as error:  # noqa: BLE001  an intake of the caller's may raise anything
        session.journal.broken("message", error)
        replies = (standard(StandardReply.LOCAL_ERROR),)
    if not any(_is_taken(each) for each in replies):
        _remove(message.content)
    return replies


def _remove(content: Content) -> None:
    """Remove the file of a message that nobody has taken over.  Never raises."""
    if content.path is not None:
        # A file that stays is gone at the next start, and changes no answer.
        with contextlib.suppress(OSError):
            content.path.unlink(missing_ok=True)
