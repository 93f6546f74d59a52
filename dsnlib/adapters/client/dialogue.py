"""What is said to a server and what is heard, without a socket.

A dialogue is a generator: it yields what to say or hear next and is sent what was
heard.  The reference client runs it over asyncio, the sendmail command over a socket
that blocks, a test over a list of replies.

Rules.
- What is said in one `Say` may go out in one packet; several `Say` before a `Hear` are a
  pipelined group (RFC 2920).
- A dialogue ends by its return value; a lost connection is thrown into it as `Lost`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TypeAlias, TypeVar

import attrs

from dsnlib.model.reply import SmtpReply

__all__ = ["Answer", "Dialogue", "Hear", "Lost", "Say"]

T = TypeVar("T")

Answer: TypeAlias = SmtpReply | str
"""A reply, or the text that a server sent in its place."""


@attrs.frozen
class Say:
    """Octets for the server: whole lines, checked before.

    Args:
        octets: A command, or the chunks of a message, its dots doubled already.
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


class Lost(Exception):
    """The connection was lost, the reply was late, or the server wrote without bound."""


Dialogue: TypeAlias = Generator[Say | Hear, Answer | None, T]
