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
    """

    def __init__(
        self,
        replies: Mapping[str, str] | None = None,
        *,
        ehlo: tuple[str, ...] = EHLO,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.replies = {"greeting": GREETING, "end": "250 2.0.0 Taken", **(replies or {})}
        self.ehlo = ehlo
        self.context = context
        self.commands: list[str] = []
        self.messages: list[bytes] = []
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
        except (ConnectionError, ssl.SSLError):
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
            if not await self._say(writer, said):
                return False
            if not said.startswith("354"):
                return True
        elif verb in ("EHLO", "LHLO"):
            lines = [f"250-{each}" for each in self.ehlo[:-1]] + [f"250 {self.ehlo[-1]}"]
            return await self._say(writer, "\r\n".join(lines))
        elif verb == "DATA":
            await self._say(writer, "354 Go on")
        elif verb == "STARTTLS" and self.context is not None:
            await self._say(writer, "220 Go on")
            await writer.start_tls(self.context)
            return True
        else:
            await self._say(writer, "221 Bye" if verb == "QUIT" else "250 2.1.0 Fine")
            return verb != "QUIT"
        self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
        return await self._say(writer, self.replies["end"])

    async def _say(self, writer: asyncio.StreamWriter, said: str) -> bool:
        if said == HANG:
            self.hanging.set()
            await asyncio.sleep(3600)
        if said == CLOSE:
            return False
        writer.write(said.encode("utf-8", "surrogateescape") + b"\r\n")
        await writer.drain()
        return True
