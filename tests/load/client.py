"""A mail client over asyncio that knows exactly what it has been promised.

Rules.
- The reply to the end of the data is the promise.  When the connection is lost
  before, nobody has promised anything; when it is lost while that reply is
  waited for, it is not known.
- Commands one by one: what is lost is never more than one step.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from typing import TYPE_CHECKING, Self

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

__all__ = ["Addressee", "Client", "Promise", "Submission"]

_PATIENCE_SECONDS = 60.0
_LONGEST_LINE = 8192


class Promise(enum.Enum):
    """What became of a submission, as its client has seen it."""

    TAKEN = "taken"
    REFUSED = "refused"
    LOST = "lost"
    """The connection ended before the end of the data was sent."""
    UNKNOWN = "unknown"
    """It ended behind that, before the reply."""


@attrs.frozen
class Addressee:
    """A recipient with the parameters of its command."""

    address: str
    options: tuple[str, ...] = ()


def _addressees(values: Iterable[Addressee]) -> tuple[Addressee, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Submission:
    """A message and its envelope, as a client writes them.

    Args:
        sender: The return path; `""` is the null one.
        options: The parameters of MAIL.
        recipients: In the order of their commands.
        content: With CRLF, without dots of transparency.
    """

    sender: str
    options: tuple[str, ...] = ()
    recipients: tuple[Addressee, ...] = attrs.field(converter=_addressees)
    content: bytes = attrs.field(repr=False)


class Client:
    """A session with a server, from the greeting on."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def __aenter__(self) -> Self:
        """Connect, and say hello.

        Raises:
            OSError: There is nobody, or he does not want to talk.
        """
        self._reader, self._writer = await asyncio.open_connection(
            self._host, self._port, limit=_LONGEST_LINE
        )
        try:
            await self._expect("2")
            await self._command("EHLO client.example")
        except BaseException:
            self._writer.transport.abort()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say good-bye if nothing went wrong; the connection is closed in any case."""
        if error is None:
            # The server may have gone; what was promised stays promised.
            with contextlib.suppress(OSError):
                await self._command("QUIT")
        self._writer.close()
        # The same.
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def submit(self, submission: Submission) -> tuple[Promise, frozenset[str]]:
        """Send one message, and return what was promised and for whom.

        The addresses are those of recipients that were not refused.  After
        anything but `TAKEN` the session is not to be used again.
        """
        accepted: set[str] = set()
        end_sent = False
        try:
            await self._command(" ".join((f"MAIL FROM:<{submission.sender}>", *submission.options)))
            for each in submission.recipients:
                reply = await self._ask(" ".join((f"RCPT TO:<{each.address}>", *each.options)))
                if reply.startswith("2"):
                    accepted.add(each.address)
            if not accepted:
                return Promise.REFUSED, frozenset()
            await self._command("DATA", "3")
            end_sent = True
            self._writer.write(_stuffed(submission.content))
            reply = await self._read_reply()
        except _Refused:
            return Promise.REFUSED, frozenset(accepted)
        except OSError:
            return (Promise.UNKNOWN if end_sent else Promise.LOST), frozenset(accepted)
        return (
            Promise.TAKEN if reply.startswith("2") else Promise.REFUSED,
            frozenset(accepted),
        )

    async def _command(self, line: str, first: str = "2") -> None:
        reply = await self._ask(line)
        if not reply.startswith(first):
            raise _Refused(reply)

    async def _ask(self, line: str) -> str:
        self._writer.write(line.encode() + b"\r\n")
        return await self._read_reply()

    async def _expect(self, first: str) -> None:
        reply = await self._read_reply()
        if not reply.startswith(first):
            raise _Refused(reply)

    async def _read_reply(self) -> str:
        """Return the last line of a reply.

        Raises:
            OSError: The connection has ended, or nothing comes.
        """
        while True:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise ConnectionResetError("the server has gone")
            if line[3:4] != b"-":
                return line.decode("utf-8", "replace").rstrip()


class _Refused(OSError):
    """The server has said no to a command without which nothing else can follow."""


def _stuffed(content: bytes) -> bytes:
    """Return content with dots of transparency and the end of data (RFC 5321 s4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..") + b".\r\n"
