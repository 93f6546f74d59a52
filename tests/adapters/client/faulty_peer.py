"""An SMTP or LMTP server with one fault, and a ledger of what it has taken.

    Fault("close", close, "RCPT 1")     it goes away when the second recipient is named

A session goes by steps: `greeting`, `EHLO`, `STARTTLS`, `MAIL`, `RCPT 0`, `RCPT 1`..., `DATA`,
`BDAT`, `message` (its first octets are there), `end 0`, with LMTP `end 1`..., `RSET`.
At the step of the fault its act takes the place of the reply, once; at all others the
server keeps to the standards.

Rules.
- The ledger has what became whole, and what was acknowledged, as it went out.
- A server that stalls stalls until its client goes, or the test is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Act", "Fault", "FaultyPeer", "Talk"]

KEYWORDS = ("SIZE 100000000", "8BITMIME", "DSN", "ENHANCEDSTATUSCODES")
_MOST_LINE = 1 << 20
_MOST_SAID = 4096
_REPLY = re.compile(rb"(?:([2-5][0-9][0-9])-[^\n]*\n)*([2-5][0-9][0-9])(?: [^\n]*|\r)?\n")
_BDAT = re.compile(rb"BDAT ([0-9]+)( LAST)?\r\n", re.IGNORECASE)
_PATH = re.compile(rb"<([^>]*)>")
_TOKEN = re.compile(rb"^Subject: token ([^\r]*)\r\n", re.MULTILINE)


class _Over(Exception):
    """The session is over."""


@attrs.define
class Talk:
    """The server's end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    said: bytearray = attrs.field(factory=bytearray)
    """The first of what was written since the reply was due."""
    hope: Callable[[bytes], None] | None = None
    """Is told the code of the reply, once it has been written."""

    async def say(self, octets: bytes) -> None:
        """Write.

        Raises:
            ConnectionError: The client has gone.
        """
        self.said += octets[: _MOST_SAID - len(self.said)]
        if self.hope is not None:
            found = _REPLY.match(self.said)
            if found is not None:
                hope, self.hope = self.hope, None
                hope(found[2])
        self.writer.write(octets)
        await self.writer.drain()

    def close(self) -> None:
        """End the session in good order, as far as TCP goes."""
        raise _Over

    def reset(self) -> None:
        """End the session as a machine does that was switched off."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise _Over

    async def stall(self) -> None:
        """Say nothing until the client goes."""
        while await self.reader.read(_MOST_LINE):
            pass
        raise _Over

    def forget(self) -> None:
        """Drop what has come and was not looked at."""
        self.reader._buffer.clear()  # type: ignore[attr-defined]  # it is private

    def put_back(self, octets: bytes) -> None:
        """Let octets that were read be read again."""
        self.reader._buffer[:0] = octets  # type: ignore[attr-defined]  # the same


Act: TypeAlias = Callable[[Talk, bytes], Awaitable[None]]
"""What is done in place of a reply, which it is given."""


@attrs.frozen
class Fault:
    """What goes wrong, and where.

    Args:
        step: At which step.
        act: What is done there.
    """

    step: str
    act: Act


class FaultyPeer:
    """The server.

    Args:
        fault: What goes wrong; `None` for nothing.
        is_lmtp: Whether it speaks LMTP.
        keywords: What it announces.
        replies: The reply to a recipient, by address, and those of `MAIL`, `DATA` and `end`;
            what is not there is taken.
        goes_on: Whether DATA is answered 354 though nobody was accepted, and the dot 250.
        takes_all: Whether it takes recipients though it has refused the sender.
        drops: Whether it reads one line of a packet and forgets the others.
        refuses_parameters: Whether it takes none with MAIL, whatever it announces.
        refuses_chunks: Whether it does not know BDAT, whatever it announces.

    Attributes:
        completed: How often a message arrived whole, by its token and the recipient.
        acknowledged: How often that was answered 2xx, by the same.
        contents: The messages that arrived whole.
        commands: All that was said to it.
    """

    def __init__(
        self,
        fault: Fault | None = None,
        *,
        is_lmtp: bool = False,
        keywords: tuple[str, ...] = KEYWORDS,
        replies: Mapping[str, bytes] | None = None,
        goes_on: bool = False,
        takes_all: bool = False,
        drops: bool = False,
        refuses_parameters: bool = False,
        refuses_chunks: bool = False,
    ) -> None:
        self.fault = fault
        self.is_lmtp = is_lmtp
        self.keywords = keywords
        self.replies = dict(replies or {})
        self.goes_on = goes_on
        self.takes_all = takes_all
        self.drops = drops
        self.refuses_parameters = refuses_parameters
        self.refuses_chunks = refuses_chunks
        self.completed: Counter[tuple[str, str]] = Counter()
        self.acknowledged: Counter[tuple[str, str]] = Counter()
        self.contents: list[bytes] = []
        self.commands: list[bytes] = []
        self.sessions = 0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Listen, until the block ends; then all sessions have ended too."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_MOST_LINE)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def note(self, whom: list[tuple[str, str]], code: bytes) -> None:
        """Write down what was said of messages and recipients."""
        if code.startswith(b"2"):
            self.acknowledged.update(whom)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.sessions += 1
        try:
            await _Session(self, Talk(reader, writer)).hold()
        except (_Over, ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            # The test is over, which is no news.
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            writer.close()


class _Session:
    """A session of the server."""

    def __init__(self, peer: FaultyPeer, talk: Talk) -> None:
        self._peer = peer
        self._talk = talk
        self._begin(is_open=False)
        self._handlers = {
            b"EHLO": self._hello,
            b"LHLO": self._hello,
            b"HELO": self._plain_hello,
            b"STAR": self._starttls,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"BDAT": self._bdat,
            b"RSET": self._rset,
            b"QUIT": self._quit,
        }

    def _begin(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._named = 0
        self._taken: list[str] = []
        self._content = b""

    async def hold(self) -> None:
        """Answer until it is over."""
        peer, talk = self._peer, self._talk
        await self._reply("greeting", b"220 peer.example ESMTP\r\n")
        while line := await talk.reader.readline():
            if peer.drops:
                talk.forget()
            peer.commands.append(line)
            await self._handlers.get(line[:4].upper(), self._unknown)(line)

    async def _reply(self, step: str, right: bytes) -> bool:
        """Answer, and tell whether that was 2xx or 3xx, as far as it was a reply at all."""
        self._talk.said.clear()
        fault = self._peer.fault
        if fault is None or fault.step != step:
            await self._talk.say(right)
            return right[0] in b"23"
        self._peer.fault = None
        await fault.act(self._talk, right)
        found = _REPLY.match(self._talk.said)
        return (right if found is None else found[2])[:1] in b"23"

    async def _hello(self, _: bytes) -> None:
        lines = (b"peer.example", *(each.encode() for each in self._peer.keywords))
        reply = b"".join(b"250-%b\r\n" % each for each in lines[:-1]) + b"250 %b\r\n" % lines[-1]
        await self._reply("EHLO", reply)

    async def _plain_hello(self, _: bytes) -> None:
        await self._reply("HELO", b"250 peer.example\r\n")

    async def _starttls(self, _: bytes) -> None:
        await self._reply("STARTTLS", b"454 4.7.0 not now\r\n")

    async def _rset(self, _: bytes) -> None:
        self._begin(is_open=False)
        await self._reply("RSET", b"250 2.0.0 forgotten\r\n")

    async def _quit(self, _: bytes) -> None:
        await self._reply("QUIT", b"221 2.0.0 bye\r\n")
        raise _Over

    async def _unknown(self, _: bytes) -> None:
        await self._reply("unknown", b"500 5.5.2 what\r\n")

    async def _mail(self, line: bytes) -> None:
        reply = self._peer.replies.get("MAIL", b"250 2.1.0 sender ok\r\n")
        if self._peer.refuses_parameters and not line.endswith(b">\r\n"):
            reply = b"555 5.5.4 no parameters here\r\n"
        self._begin(is_open=False)
        self._is_open = await self._reply("MAIL", reply) or self._peer.takes_all

    async def _rcpt(self, line: bytes) -> None:
        found = _PATH.search(line)
        address = "" if found is None else found[1].decode()
        if not self._is_open:
            reply = b"503 5.5.1 no sender\r\n"
        else:
            reply = self._peer.replies.get(address, b"250 2.1.5 %b ok\r\n" % address.encode())
        step = f"RCPT {self._named}"
        self._named += 1
        if await self._reply(step, reply):
            self._taken.append(address)

    async def _data(self, _: bytes) -> None:
        reply = self._peer.replies.get("DATA", b"354 go on\r\n")
        if not self._taken and not self._peer.goes_on:
            reply = b"503 5.5.1 no recipient\r\n"
        await self._reply("DATA", reply)
        if not self._talk.said.startswith(reply[:3]) or not reply.startswith(b"354"):
            return
        await self._message()
        content = bytearray()
        while (line := await self._talk.reader.readline()) != b".\r\n":
            if not line:
                raise _Over
            content += line.removeprefix(b".")
        self._content = bytes(content)
        await self._end()

    async def _bdat(self, line: bytes) -> None:
        found = _BDAT.fullmatch(line)
        if found is None or self._peer.refuses_chunks:
            # The chunk is taken for commands.
            await self._reply("BDAT", b"500 5.5.1 what chunk\r\n")
            return
        await self._message()
        self._content += await self._talk.reader.readexactly(int(found[1]))
        if not self._taken:
            await self._reply("BDAT", b"503 5.5.1 no recipient\r\n")
        elif found[2] is None:
            await self._reply("BDAT", b"250 2.0.0 chunk\r\n")
        else:
            await self._end()

    async def _message(self) -> None:
        fault = self._peer.fault
        if fault is not None and fault.step == "message":
            self._peer.fault = None
            # Only once there is something of it; what was read is put back.
            self._talk.put_back(await self._talk.reader.readexactly(1))
            await fault.act(self._talk, b"")

    async def _end(self) -> None:
        peer, content = self._peer, self._content
        found = _TOKEN.search(content)
        token = "" if found is None else found[1].decode()
        taken = self._taken
        self._begin(is_open=False)
        if taken:
            peer.contents.append(content)
        peer.completed.update((token, each) for each in taken)
        for index, group in enumerate([[each] for each in taken] if peer.is_lmtp else [taken]):
            named = peer.replies.get(f"end {group[0]}") if peer.is_lmtp else None
            reply = named or peer.replies.get("end", b"250 2.0.0 taken\r\n")
            self._talk.hope = functools.partial(peer.note, [(token, each) for each in group])
            await self._reply(f"end {index}", reply)
