"""What is said to a server and what is heard, without a socket.

A dialogue is a generator: it yields what to say or hear next and is sent what was
heard.  The reference client runs it over asyncio, the sendmail command over a socket
that blocks, a test over a list of replies.

Rules.
- What is said in one `Say` may go out in one packet; several `Say` before a `Hear` are a
  pipelined group (RFC 2920).
- Saying never fails: what a server answered before it was lost can still be heard.
- A dialogue ends by its return value; a lost connection is thrown into it as `Lost`
  where it wants to hear something, TLS that fails as `TlsFailed`, and an `OSError` is
  the message's file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TypeAlias, TypeVar

import attrs

from dsnlib.adapters.client.tls.policy import TlsPolicy
from dsnlib.model.reply import SmtpReply

__all__ = [
    "Answer",
    "Dialogue",
    "Hear",
    "Lost",
    "Say",
    "StartTls",
    "Step",
    "TlsFailed",
    "Unasked",
]

T = TypeVar("T")

Answer: TypeAlias = SmtpReply | str
"""A reply, or the text that a server sent in its place."""


@attrs.frozen
class Say:
    """Octets for the server: whole lines, checked before.

    Args:
        octets: Commands, or the chunks of a message, its dots doubled already.  Chunks
            go out one by one, each when there is room for it.
        shown: What a transcript has instead; `None` for the octets themselves.
    """

    octets: bytes | Iterable[bytes]
    shown: str | None = None


@attrs.frozen
class Hear:
    """The next reply is wanted.

    Args:
        seconds: How long to wait for it.
        command: What it answers: `EHLO`, `MAIL`, `end of data`.
    """

    seconds: float
    command: str


@attrs.frozen
class Unasked:
    """What has come without being asked for is wanted; `None` is sent where nothing has.

    It waits for nothing.

    Args:
        is_thorough: Whether to look at the socket too, and not only at what was read.
    """

    is_thorough: bool = False


@attrs.frozen
class StartTls:
    """TLS is to begin: STARTTLS is said, and if the server agrees, hands are shaken.

    The reply to STARTTLS is sent back; one of class 2 means that all that follows is
    encrypted.

    Args:
        policy: With whom, and how.
        seconds: How long the reply, and then the handshake, may take.
    """

    policy: TlsPolicy
    seconds: float


class Lost(Exception):
    """The connection was lost, the reply was late, or the server wrote without bound."""


class TlsFailed(Exception):
    """TLS could not be agreed on, or the server is another one; the connection is of no use."""


Step: TypeAlias = Say | Hear | Unasked | StartTls
Dialogue: TypeAlias = Generator[Step, Answer | None, T]
