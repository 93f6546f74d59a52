"""One transaction, as a dialogue: MAIL, RCPT, the message, and a reply for each recipient.

    PIPELINING      MAIL RCPT RCPT DATA, then their replies, then the message
    CHUNKING        BDAT in place of DATA; a small message goes out with the envelope
    neither         one command, one reply

Rules.
- The message goes when the replies so far are what the commands ask for.  From a server
  that is out of step no refusal is believed, and everyone waits.
- What was answered before a loss stands.
- Where nobody was taken and the server waits for a message, it gets an empty one, and
  what it says to that is of no interest (RFC 2920 s3.1).
- With LMTP each recipient that was taken has its reply, in their order (RFC 2033 s4.2).
- A message that cannot be read to its end is not ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.verdict import one_line
from dsnlib.adapters.client.dialogue import Answer, Hear, Lost, Say, Step
from dsnlib.adapters.client.hearing import Hearing, OutOfStepError, Talk, answer_class
from dsnlib.adapters.client.say import (
    END_OF_DATA,
    command_line,
    data_octets,
    path_command,
    stuffed,
    whole,
)
from dsnlib.model.envelope import Body
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.settle import TransactionReplies

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from dsnlib.adapters.client.features import PeerFeatures
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.content import Content
    from dsnlib.policy.relay import Transaction

__all__ = ["Transacted", "ask", "neighbour_options", "transact"]

_LOST = EnhancedStatusCode.parse("4.4.2")
_OUT_OF_STEP = EnhancedStatusCode.parse("4.5.0")
_UNREADABLE = EnhancedStatusCode.parse("4.3.0")
_INTERMEDIATE = 3
# Chosen by us: the most RCPT that go out before their replies are heard.  Beyond it a
# round trip more is not felt, and neither side has to keep more than it can.
_MOST_AHEAD = 500
# Chosen by us: a message up to so many octets is said at once, and with BDAT together
# with its envelope: sent for nothing, where nobody is taken, it has cost little.
_SMALL_OCTETS = 65_536
# Chosen by us: pieces of a message in one BDAT command, 1 MB of them.
_PIECES = 16
# BDAT commands that go out before their replies are heard, with PIPELINING.
_CHUNKS_AHEAD = 2


@attrs.frozen(kw_only=True)
class Transacted:
    """What came of a transaction.

    Args:
        replies: What the server said.
        is_reusable: Whether another transaction may follow in the session.
        is_broken: Whether not even QUIT is to be said: the connection was lost, the two
            are out of step, or the message has stopped in its middle.
        has_sent: Whether the server may have all of the message.
    """

    replies: TransactionReplies
    is_reusable: bool
    is_broken: bool
    has_sent: bool


def neighbour_options(
    features: PeerFeatures, content: Content, body: Body | None
) -> tuple[str, ...]:
    """Return the parameters of MAIL that are between two neighbours alone.

    Args:
        features: What the server announced.
        content: The message.
        body: What octets the message may have; `None` if nobody knows.
    """
    options = []
    if "SIZE" in features.keywords:
        options.append(f"SIZE={len(content)}")
    if body is Body.BINARY or (body is Body.EIGHT_BIT and features.has("8BITMIME")):
        options.append(f"BODY={body.value}")
    return tuple(options)


def transact(
    transaction: Transaction,
    content: Content,
    *,
    settings: ClientSettings,
    features: PeerFeatures,
    body: Body | None,
    peer: str,
) -> Generator[Step, Answer | None, Transacted]:
    """Hold a transaction, and return what came of it.

    Nothing that the server or the message's file does is raised.

    Args:
        transaction: What to send.
        content: The message.
        settings: How.
        features: What the server announced.
        body: What octets the message may have.
        peer: What our own texts call the server.

    Raises:
        InvalidValue: A command would be more than one line; nothing was said.
    """
    talk = _Transaction(transaction, content, settings, features, body)
    hearing = talk.hearing
    lost, status = "the server said nothing that can be read", _OUT_OF_STEP
    is_broken = True
    try:
        if talk.is_pipelined:
            yield from talk.say_groups()
        else:
            yield from talk.say_steps()
        if not (hearing.is_over or talk.has_sent):
            yield from talk.go_on()
        is_broken = hearing.is_over
    except Lost as error:
        lost = one_line(f"{peer} was lost at {hearing.step}: {error}")
        status = _LOST
    except OutOfStepError as error:
        lost = one_line(f"{peer} is out of step: {error}")
        hearing.forget()
    except OSError:
        lost, status = "the message cannot be read now", _UNREADABLE
    replies = TransactionReplies(
        mail=hearing.mail, recipients=hearing.recipients, data=hearing.data,
        end=hearing.ends, lost=lost, lost_status=status,
    )  # fmt: skip
    return Transacted(
        replies=replies,
        is_reusable=hearing.is_reusable and not is_broken,
        is_broken=is_broken,
        has_sent=talk.has_sent,
    )


def ask(command: str, seconds: float) -> Generator[Step, Answer | None, Answer | None]:
    """Say a command outside of transactions, such as RSET, and return the reply.

    Args:
        command: Its whole line.
        seconds: How long the reply may take.

    Raises:
        Lost: There is none; from whoever runs the dialogue.
    """
    yield Say(command_line(command))
    return (yield Hear(seconds, command))


class _Transaction:
    """What is to be said next."""

    def __init__(
        self,
        transaction: Transaction,
        content: Content,
        settings: ClientSettings,
        features: PeerFeatures,
        body: Body | None,
    ) -> None:
        self.has_sent = False
        self.hearing = Hearing(
            settings.timeouts, is_lmtp=settings.is_lmtp, count=len(transaction.recipients)
        )
        self._content = content
        self._is_lmtp = settings.is_lmtp
        self._timeouts = settings.timeouts
        self.is_pipelined = settings.may_pipeline and "PIPELINING" in features.keywords
        self._is_chunked = settings.may_chunk and "CHUNKING" in features.keywords
        options = (*neighbour_options(features, content, body), *transaction.options)
        self._mail_line = path_command("MAIL FROM", transaction.sender, options)
        self._rcpt_lines = [
            path_command("RCPT TO", each.address, each.options) for each in transaction.recipients
        ]

    def go_on(self) -> Talk:
        """Say what follows when the envelope has been answered."""
        hearing = self.hearing
        if answer_class(hearing.data) == _INTERMEDIATE:
            yield from self._send_data()
        elif hearing.taken and hearing.data is None:
            yield from self._send_chunks()
        elif hearing.is_mail_taken:
            yield from hearing.hear_reset()

    def say_steps(self) -> Talk:
        """Say one command after the other, each when the one before was answered."""
        hearing = self.hearing
        yield Say(self._mail_line)
        yield from hearing.hear_mail()
        if not hearing.is_mail_taken:
            return
        for line in self._rcpt_lines:
            yield from hearing.require_silence()
            yield Say(line)
            yield from hearing.hear_rcpts(1)
            if hearing.is_over:
                return
        if hearing.taken and not self._is_chunked:
            yield from hearing.require_silence()
            yield Say(b"DATA\r\n")
            yield from hearing.hear_data()

    def say_groups(self) -> Talk:
        """Say all of the envelope, and then hear the replies (RFC 2920 s3.1)."""
        hearing = self.hearing
        lines = self._rcpt_lines
        is_small = self._is_chunked and len(lines) <= _MOST_AHEAD
        message = self._small_message() if is_small else None
        for start in range(0, len(lines), _MOST_AHEAD):
            group = lines[start : start + _MOST_AHEAD]
            count = len(group)
            has_data = not self._is_chunked and start + count == len(lines)
            said = [] if start else [self._mail_line]
            said += group
            if has_data:
                said.append(b"DATA\r\n")
            yield Say(b"".join(said))
            if message is not None:
                self.has_sent = True
                yield _chunk([message], is_last=True)
            if not start:
                yield from hearing.hear_mail()
            if not hearing.is_over:
                yield from hearing.hear_rcpts(count)
            if hearing.is_over:
                return
            if has_data:
                yield from hearing.hear_data()
            if not hearing.is_mail_taken:
                break
        if message is not None:
            yield from self._hear_after_chunk()

    def _small_message(self) -> bytes | None:
        if len(self._content) > _SMALL_OCTETS:
            return None
        return b"".join(whole(self._content))

    def _hear_after_chunk(self) -> Talk:
        """Hear what the server says to a message that it got with the envelope."""
        hearing = self.hearing
        if hearing.taken:
            yield from hearing.hear_ends()
        elif self._is_lmtp:
            # One reply to the command, or none for nobody: it cannot be known.
            hearing.is_over = True
        else:
            yield from hearing.pass_over(1, self._timeouts.data_done)

    def _send_data(self) -> Talk:
        """Send the message after 354."""
        hearing = self.hearing
        if not hearing.taken:
            yield from self._send_nothing()
            return
        yield from hearing.begin_message()
        size = len(self._content)
        shown = f"({size} octets and the dot)"
        if size <= _SMALL_OCTETS:
            octets = data_octets(self._content)
            self.has_sent = True
            yield Say(octets, shown)
        else:
            yield Say(stuffed(self._content), shown)
            yield from hearing.hear_verdict()
            if hearing.is_over:
                return
            self.has_sent = True
            yield Say(END_OF_DATA)
        yield from hearing.hear_ends()

    def _send_nothing(self) -> Talk:
        hearing = self.hearing
        if self._is_lmtp or hearing.is_wayward:
            # How many replies follow for nobody, RFC 2033 does not say; and nobody is to
            # get an empty message.
            hearing.is_over = True
            return
        yield Say(END_OF_DATA)
        try:
            yield from hearing.pass_over(1, self._timeouts.data_done)
        except Lost:
            hearing.is_over = True

    def _send_chunks(self) -> Talk:
        """Send the message by BDAT, the last chunk when all others were taken (RFC 3030)."""
        hearing = self.hearing
        yield from hearing.begin_message()
        ahead = _CHUNKS_AHEAD if self.is_pipelined else 1
        waiting = 0
        last: list[bytes] = []
        for pieces in _chunks(self._content):
            if last:
                yield _chunk(last)
                waiting += 1
            if waiting == ahead:
                waiting -= 1
                yield from hearing.hear_chunk()
                if hearing.is_over:
                    return
            last = pieces
        for _ in range(waiting):
            yield from hearing.hear_chunk()
            if hearing.is_over:
                return
        size = sum(map(len, last))
        if size > _SMALL_OCTETS:
            # What is said before the end cannot be what becomes of the message.
            end = last[-1][-1:]
            yield _chunk([*last[:-1], last[-1][:-1]], size, is_last=True)
            yield from hearing.hear_verdict()
            if hearing.is_over:
                return
            self.has_sent = True
            yield Say(end, "(the last octet)")
        else:
            self.has_sent = True
            yield _chunk(last, is_last=True)
        yield from hearing.hear_ends()


def _chunks(content: Content) -> Iterator[list[bytes]]:
    """Yield the pieces of each BDAT command."""
    pieces: list[bytes] = []
    for piece in whole(content):
        if len(pieces) == _PIECES:
            yield pieces
            pieces = []
        pieces.append(piece)
    yield pieces


def _chunk(pieces: list[bytes], size: int | None = None, *, is_last: bool = False) -> Say:
    size = sum(map(len, pieces)) if size is None else size
    command = f"BDAT {size}{' LAST' if is_last else ''}"
    said = (command.encode() + b"\r\n", *pieces)
    # What is small goes out with what is said before it.
    small = b"".join(said) if size <= _SMALL_OCTETS else None
    return Say(said if small is None else small, f"{command} ({size} octets)")
