"""An SMTP or LMTP server that says what it was told to, on a port of the loopback."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping

GREETING = "220 mx.example.net"
EHLO = ("mx.example.net", "PIPELINING", "8BITMIME")
CLOSE = "close"
HANG = "hang"


class Peer:
    """The server.

    Args:
        replies: The reply to a command that begins so, the longest counts; `close`
            ends the connection and `hang` says nothing.  `greeting` and `end` are the
            greeting and the replies after the data, one or with LMTP several.
        ehlo: The lines of the reply to EHLO.
        context: For STARTTLS.
        closes_after: After so many messages a session is closed without a word.
    """

    def __init__(
        self,
        replies: Mapping[str, str] | None = None,
        *,
        ehlo: tuple[str, ...] = EHLO,
        context: ssl.SSLContext | None = None,
        closes_after: int | None = None,
    ) -> None:
        self.replies = {"greeting": GREETING, "end": "250 2.0.0 Taken", **(replies or {})}
        self.ehlo = ehlo
        self.context = context
        self.closes_after = closes_after
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.chunks = b""
        self.sessions = 0
        self.port = 0
        self.hanging = asyncio.Event()

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Listen."""
        server = await asyncio.start_server(self._session, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        try:
            if await self._say(writer, self.replies["greeting"]):
                while line := (await reader.readline()).decode("utf-8", "surrogateescape"):
                    self.commands.append(line.rstrip("\r\n"))
                    if not await self._answer(line.strip(), reader, writer):
                        break
        except (ConnectionError, EOFError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        found = max((key for key in self.replies if line.startswith(key)), key=len, default=None)
        verb = line.partition(" ")[0].upper()
        if found is not None:
            said = self.replies[found]
            goes_on = await self._say(writer, said)
            if said.startswith("354"):
                return await self._take_data(reader, writer)
        elif verb in ("EHLO", "LHLO"):
            shown = [f"250-{each}" for each in self.ehlo[:-1]] + [f"250 {self.ehlo[-1]}"]
            goes_on = await self._say(writer, "\r\n".join(shown))
        elif verb == "DATA":
            await self._say(writer, "354 Go on")
            goes_on = await self._take_data(reader, writer)
        elif verb == "BDAT":
            goes_on = await self._take_chunk(line, reader, writer)
        elif verb == "STARTTLS" and self.context is not None:
            goes_on = await self._say(writer, "220 Go on")
            await writer.start_tls(self.context)
        else:
            await self._say(writer, "221 Bye" if verb == "QUIT" else "250 2.1.0 Fine")
            goes_on = verb != "QUIT"
        return goes_on

    async def _take_data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        message = b""
        while line := await reader.readline():
            message += line
            if line == b".\r\n":
                return await self._end(message, writer)
        return False

    async def _take_chunk(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        self.chunks += await reader.readexactly(int(line.split()[1]))
        if not line.endswith("LAST"):
            return await self._say(writer, "250 2.0.0 Go on")
        message, self.chunks = self.chunks, b""
        return await self._end(message, writer)

    async def _end(self, message: bytes, writer: asyncio.StreamWriter) -> bool:
        self.messages.append(message)
        goes_on = await self._say(writer, self.replies["end"])
        return goes_on and len(self.messages) != self.closes_after

    async def _say(self, writer: asyncio.StreamWriter, said: str) -> bool:
        if said == HANG:
            self.hanging.set()
            await asyncio.sleep(3600)
        if said == CLOSE:
            return False
        writer.write(said.encode("utf-8", "surrogateescape") + b"\r\n")
        await writer.drain()
        return True
