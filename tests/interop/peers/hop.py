"""A next hop that writes down what it is told, octet for octet, with or without DSN.

It runs in the event loop of whoever asks, so it outlives the server under test.

Rules.
- Commands and parameters are kept as they came: what is shown is what was sent.
- It says no only to whom `answer` says no.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import attrs

from tests.interop.peers.running import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Hop", "Transaction", "hop_running"]

_LONGEST_LINE = 65_536
_GOODBYE = "221 2.0.0 Bye"


@attrs.frozen(kw_only=True)
class Transaction:
    """A message as it was handed over.

    Args:
        mail: What stood behind `MAIL FROM:`.
        recipients: What stood behind `RCPT TO:`, for those that were taken.
        content: The message, dots undone.
    """

    mail: str
    recipients: tuple[str, ...]
    content: bytes = attrs.field(repr=False)


def _take_all(address: str) -> str:
    """Return the reply to a recipient."""
    return f"250 2.1.5 {address} is fine"


@attrs.define(kw_only=True)
class Hop:
    """A server that takes mail and keeps it.

    Args:
        keywords: What it announces besides its name.
        answer: The reply to a recipient, by what stands between its brackets.
        taken: What it was handed.
        refused: Recipients that it has said no to, as they came.
        port: Where it listens, once it runs.
    """

    keywords: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN")
    answer: Callable[[str], str] = _take_all
    taken: list[Transaction] = attrs.field(factory=list)
    refused: list[str] = attrs.field(factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = attrs.field(factory=set)

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._connected, HOST, 0, limit=_LONGEST_LINE)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """End all sessions."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, ValueError):
            pass  # the client has gone, as clients that are killed do
        except asyncio.CancelledError:
            pass  # the end of all
        finally:
            writer.close()
            # It has gone, one way or the other.
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(*lines: str) -> None:
            for line in lines:
                writer.write(f"{line}\r\n".encode())

        mail = ""
        recipients: list[str] = []
        say("220 hop.example ESMTP")
        while line := await reader.readline():
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb = text[:4].upper()
            if verb == "EHLO":
                *others, last = ("hop.example", *self.keywords)
                say(*(f"250-{each}" for each in others), f"250 {last}")
            elif verb in {"HELO", "NOOP", "RSET", "LHLO"}:
                mail, recipients = "", []
                say("250 2.0.0 Fine")
            elif verb == "MAIL":
                mail, recipients = text.partition(":")[2], []
                say("250 2.1.0 Fine")
            elif verb == "RCPT":
                recipient = text.partition(":")[2]
                reply = self.answer(recipient.partition(">")[0].lstrip("< "))
                (recipients if reply.startswith("2") else self.refused).append(recipient)
                say(reply)
            elif verb == "DATA" and recipients:
                say("354 Go on")
                content = await _read_content(reader)
                taken = Transaction(mail=mail, recipients=tuple(recipients), content=content)
                self.taken.append(taken)
                say("250 2.0.0 Taken")
                mail, recipients = "", []
            elif verb == "QUIT":
                say(_GOODBYE)
                return
            else:
                say("503 5.5.1 Not now" if verb == "DATA" else "500 5.5.1 What?")


async def _read_content(reader: asyncio.StreamReader) -> bytes:
    lines = []
    while (line := await reader.readline()) != b".\r\n":
        if not line:
            raise EOFError
        lines.append(line.removeprefix(b"."))
    return b"".join(lines)


@contextlib.contextmanager
def hop_running(hop: Hop) -> Iterator[Hop]:
    """Run a next hop in a thread until the block ends, for those without an event loop."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        async with hop:
            ready.set()
            await done.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, name="hop")
    thread.start()
    try:
        if not ready.wait(5.0):
            raise TimeoutError("the next hop has not come up")
        yield hop
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
