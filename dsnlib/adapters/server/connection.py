"""A connection: octets in and out, how long each may take, and the end of it.

The glue to asyncio is aiosmtpd's `SMTP`; this is what a server on the open network
needs besides.

Rules.
- Every wait for the client ends: a command has so long to come, whole; a message so
  long for each octet; a reply so long to go.  421 4.4.2 is the last word then (RFC
  5321 s4.5.3.2, s3.8).
- One timer for a connection, however many commands there are.
- Replies to commands that came together go together (RFC 2920 s3.2).
- A client that half-closes is answered what it has sent before.
- At the end the client gets the time to read the last reply: a socket that is closed
  with octets unread would take it away.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from typing import TYPE_CHECKING, cast

from aiosmtpd.smtp import SMTP

from dsnlib.adapters.server.certificate import TlsFacts, read_tls
from dsnlib.adapters.server.input import ClientInput, InputEnded
from dsnlib.adapters.server.proxy import read_proxy_header
from dsnlib.adapters.smtp_server import DSNMixin
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.server.state import ServerState
    from dsnlib.model.reply import SmtpReply

__all__ = ["Connection"]

_LOG = logging.getLogger("dsnlib.server")
# Octets of replies that wait for the client to be done with its commands: some hundreds
# of them, which take some milliseconds.
_MOST_HELD = 16_384
# While we are busy, and the client waits for us, this often is looked again.
_LOOK_AGAIN_SECONDS = 5.0


class _NoHandler:
    """A handler without hooks: aiosmtpd looks for them at each connection."""

    def __dir__(self) -> Iterable[str]:
        return ()


_NO_HANDLER = _NoHandler()


class Connection(DSNMixin, SMTP):
    """The connection of a session.

    Args:
        state: What all sessions of the listener share.

    Attributes:
        input: What the client has sent.
        tls: What is known of the encryption, or `None`.
        proxied: Address and port of the client, as a proxy has said; else `None`.
        is_over: Whether no command is read any more.
    """

    def __init__(self, state: ServerState) -> None:
        self.state = state
        self.listener = state.listener
        self.limits = state.listener.limits
        super().__init__(
            handler=_NO_HANDLER,
            hostname=state.listener.hostname,
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
            replies=state.replies,
            timeout=self.limits.command_seconds,
        )
        self.input = ClientInput(pause=self._pause, resume=self._resume)
        self.tls: TlsFacts | None = None
        self.proxied: tuple[str, int] | None = None
        self.is_over = False
        self._is_reading = True
        self._is_idle = False
        self._is_secure = False
        self._held: list[bytes] = []
        self._held_octets = 0
        self._deadline: float | None = None
        self._data_deadline = 0.0
        self._drained: asyncio.Event | None = None

    @classmethod
    def _method_names(cls) -> tuple[str, ...]:
        # Commands are carried out by `verbs`.
        return ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.state.sessions.add(self)
        self.tls = read_tls(transport)
        self._is_secure = self.tls is not None
        # aiosmtpd would make a writer, a session and an envelope, which nobody asks for.
        self.transport = transport
        self._reset_timeout()
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self._is_reading:
            self.input.feed(data)

    def eof_received(self) -> bool:
        """Take note that the client sends no more; tell whether we still answer."""
        self.input.end()
        if not self._is_reading and self.transport is not None:
            self.transport.close()
        # An encrypted connection ends on both sides at once.
        return not self._is_secure

    def pause_writing(self) -> None:
        """Take note that the client does not read its replies."""
        super().pause_writing()
        self._drained = asyncio.Event()

    def resume_writing(self) -> None:
        """Take note that it does."""
        super().resume_writing()
        if self._drained is not None:
            self._drained.set()
            self._drained = None

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  why it ended is the same to us
        """Let go of everything."""
        if self.transport is None:
            return
        self.transport = None
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        # Nobody asks asyncio's stream why it ended, and an error that nobody has asked
        # for is logged, with all that it refers to.
        asyncio.StreamReaderProtocol.connection_lost(self, None)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        self.input.end()
        self._held.clear()
        self.state.leave(self)
        self.forget()

    def forget(self) -> None:
        """Let go of what has begun."""

    @property
    def _stream(self) -> asyncio.Transport | None:
        # Not all transports that are one say so: those of other loops do not.
        return cast("asyncio.Transport | None", self.transport)

    @property
    def peer(self) -> object:
        """Where the client is: as a proxy has said, else as the socket has it."""
        if self.proxied is not None:
            return self.proxied
        return None if self.transport is None else self.transport.get_extra_info("peername")

    @property
    def address(self) -> str:
        """The IP address of the client; of one on a UNIX socket, our own."""
        return _address_of(self.peer)

    async def hear_proxy(self) -> None:
        """Take note of what a proxy in front says of its client, if there is one.

        Raises:
            ParseError: It does not say it.
            InputEnded: The connection has ended before.
            TimeoutError: It takes too long.
        """
        seconds = self.listener.proxy_seconds
        if seconds is not None:
            async with asyncio.timeout(seconds):
                header = await read_proxy_header(self.input)
            self.proxied = header.peer

    def _pause(self) -> None:
        if self._stream is not None and not self._stream.is_closing():
            self._stream.pause_reading()

    def _resume(self) -> None:
        if self._stream is not None and not self._stream.is_closing():
            self._stream.resume_reading()

    def _reset_timeout(self, duration: float | None = None) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        seconds = self.limits.command_seconds if duration is None else duration
        self._timeout_handle = self.loop.call_later(seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        """Look whether the client has kept us waiting for too long."""
        if self._deadline is None:
            self._reset_timeout(min(self.limits.command_seconds, _LOOK_AGAIN_SECONDS))
            return
        left = self._deadline - self.loop.time()
        if left > 0:
            self._reset_timeout(left)
        else:
            self.give_up(StandardReply.TIMED_OUT.reply)

    def _begin_wait(self) -> None:
        self._deadline = self.loop.time() + self.limits.command_seconds

    def begin_data(self) -> None:
        """Begin to count how fast a message comes."""
        self._data_deadline = self.loop.time() + self.limits.command_seconds

    async def read_line(self, most_octets: int) -> bytes:
        """Return the next line; replies that wait go first.

        Raises:
            InputEnded: There will be none.
            LineTooLong: It was too long.
        """
        if not self.input.has_line:
            await self.flush()
            self._is_idle = True
            self._begin_wait()
        try:
            return await self.input.line(most_octets)
        finally:
            self._is_idle = False
            self._deadline = None

    async def read_octets(self, most: int | None = None) -> bytes:
        """Return octets of a message; see `begin_data`.

        Raises:
            InputEnded: There will be none.
        """
        self._deadline = self._data_deadline
        try:
            octets = await self.input.octets(most)
        finally:
            self._deadline = None
        more_seconds = len(octets) / self.limits.data_octets_per_second
        latest = self.loop.time() + self.limits.command_seconds
        self._data_deadline = min(latest, self._data_deadline + more_seconds)
        return octets

    def hold(self, octets: bytes) -> None:
        """Keep octets of a reply until the client waits for them."""
        self._held.append(octets)
        self._held_octets += len(octets)

    async def flush(self) -> None:
        """Send the replies, and wait until the client takes them.

        Raises:
            InputEnded: The connection is gone.
        """
        if self._held:
            octets = b"".join(self._held)
            self._held.clear()
            self._held_octets = 0
            if self._stream is None:
                raise InputEnded
            self._stream.write(octets)
        if self._drained is not None:
            self._begin_wait()
            try:
                await self._drained.wait()
            finally:
                self._deadline = None

    async def flush_much(self) -> None:
        """Send the replies if there are many, and let others have their turn."""
        if self._held_octets > _MOST_HELD:
            await self.flush()
            await asyncio.sleep(0)

    def last_words(self, reply: SmtpReply) -> bytes:
        """Return the octets of a reply that nobody asked for."""
        return self.replies.write(reply, "*")

    def give_up(self, reply: SmtpReply) -> None:
        """End the session from outside, with a reply, while it waits for the client."""
        self.hold(self.last_words(reply))
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        self.close()

    def stop(self) -> None:
        """End the session as soon as what it does is done (421 4.3.2)."""
        if self.is_over and self.transport is not None:
            self.transport.close()
        elif self._is_idle:
            self.give_up(StandardReply.SHUTTING_DOWN.reply)

    def abort(self) -> None:
        """End the connection at once."""
        if self._stream is not None:
            self._stream.abort()

    def close(self) -> None:
        """End the connection once the last reply has gone."""
        self.is_over = True
        transport = self._stream
        if transport is None or transport.is_closing():
            return
        if self._held:
            transport.write(b"".join(self._held))
            self._held.clear()
        self._is_reading = False
        # A socket that is closed with octets unread, or on their way, takes back what the
        # client has not read: so it is read until the client closes too.
        lingers = not self.input.has_ended and not self.state.is_stopping
        self.input.clear()
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_later(self.limits.farewell_seconds, transport.abort)
        if lingers and transport.can_write_eof():
            transport.write_eof()
        else:
            transport.close()

    async def upgrade(self) -> None:
        """Let the handshake follow; what came before it is forgotten (RFC 3207 s4.2).

        Raises:
            OSError: There is no encrypted connection now, or it took too long.
        """
        transport = self._stream
        if transport is None or self.listener.tls is None:
            raise InputEnded
        await self.flush()
        # What came in clear while the reply was on its way is forgotten too: there must be
        # no turn of the loop between this and the handshake.
        self.input.clear()
        transport.pause_reading()
        # What comes from here on has gone through the handshake, and may be there before
        # it is over on our side.
        self._is_secure = True
        try:
            secure = await self.loop.start_tls(
                transport,
                self,
                self.listener.tls,
                server_side=True,
                ssl_handshake_timeout=self.limits.handshake_seconds,
            )
        except OSError as error:
            # Nobody tells us of the end of a connection within its handshake.
            transport.abort()
            self.connection_lost(error)
            raise
        if secure is None:
            raise InputEnded
        self.transport = secure
        self.tls = read_tls(secure)


def _address_of(peer: object) -> str:
    if not isinstance(peer, tuple) or not peer:
        return "127.0.0.1"
    text = str(peer[0]).partition("%")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return "127.0.0.1"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found)
