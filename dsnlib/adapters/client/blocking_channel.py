"""Dialogues over a socket that blocks: for a command that sends one message and ends.

It does what `channel` does, and loads neither asyncio nor, without TLS, ssl: loading them
takes longer than the whole command may.

Rules.
- While it says something it takes in what the server says, up to a bound: two who both
  wait for the other to read would wait for ever.
- Each step has an end in time, however slowly the server reads or writes.
"""

from __future__ import annotations

import select
import socket
import time
from typing import TYPE_CHECKING, TypeVar, cast

from dsnlib.adapters.client.dialogue import Hear, Lost, Say, StartTls, TlsFailed, Unasked
from dsnlib.adapters.client.losses import why_lost
from dsnlib.adapters.client.reply_reader import UNREAD_OCTETS, ReplyReader
from dsnlib.adapters.client.transcript import Transcript
from dsnlib.adapters.client.trouble import make_trouble
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.client.dialogue import Answer, Dialogue
    from dsnlib.adapters.client.place import Place
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.client.tls import TlsPolicy

__all__ = ["BlockingChannel"]

T = TypeVar("T")

_READY = 220
_READ_OCTETS = 65_536


class BlockingChannel:
    """One connection.

    Args:
        sock: The connection.
        place: The server.
        transfer_seconds: How long each piece of a message may take to go out.
        observe: Hears what is said.
    """

    def __init__(
        self,
        sock: socket.socket,
        place: Place,
        *,
        transfer_seconds: float,
        observe: Callable[[str, str], None] | None = None,
    ) -> None:
        sock.settimeout(0)
        self.tls = ""
        self._sock = sock
        self._place = place
        self._transfer_seconds = transfer_seconds
        self._transcript = None if observe is None else Transcript(observe)
        self._reader = ReplyReader()
        # Why there is nothing more to be said or heard.
        self._lost: str | None = None
        self._limit = float("inf")
        # What a socket raises that would have to wait.
        self._again: tuple[type[OSError], ...] = (BlockingIOError, InterruptedError)

    @classmethod
    def connect(
        cls,
        place: Place,
        settings: ClientSettings,
        policy: TlsPolicy,
        observe: Callable[[str, str], None] | None = None,
    ) -> BlockingChannel:
        """Return a connection, encrypted if the policy says that TLS begins with it.

        Args:
            place: The server.
            settings: How long it may take, and from which address.
            policy: How it is encrypted.
            observe: Hears what is said.

        Raises:
            Trouble: There is none.
        """
        try:
            sock = _connect(place, settings)
        except (OSError, UnicodeError) as error:
            raise make_trouble("4.4.1", f"{place}: {why_lost(error)}", command="connect") from error
        channel = cls(sock, place, transfer_seconds=settings.timeouts.data_xfer, observe=observe)
        if policy.is_implicit:
            try:
                channel._shake_hands(policy, settings.timeouts.starttls)
            except TlsFailed as error:
                text = f"TLS with {place} has failed: {error}"
                raise make_trouble("4.7.5", text, command="STARTTLS", place=place) from error
            except BaseException:
                channel.close()
                raise
        return channel

    @property
    def is_quiet(self) -> bool:
        """Whether there is a connection, and nothing has been said that nobody asked for."""
        return self._lost is None and self._reader.is_empty

    def limit(self, seconds: float) -> None:
        """Let nothing that follows take longer in all."""
        self._limit = time.monotonic() + seconds

    def run(self, dialogue: Dialogue[T]) -> T:
        """Hold a dialogue, and return its value.

        Raises whatever the dialogue raises.
        """
        said: list[bytes] = []
        answer: Answer | None = None
        fault: Exception | None = None
        while True:
            try:
                step = dialogue.send(answer) if fault is None else dialogue.throw(fault)
            except StopIteration as stop:
                self._flush(said)
                return cast("T", stop.value)
            answer = fault = None
            if isinstance(step, Say):
                if self._transcript is not None:
                    self._transcript.say(step)
                if isinstance(step.octets, bytes):
                    said.append(step.octets)
                    continue
                self._flush(said)
                try:
                    self._send_chunks(step.octets)
                except OSError as error:
                    fault = error
                continue
            self._flush(said)
            try:
                answer = self._hear(step)
            except (Lost, TlsFailed) as error:
                fault = error
            if self._transcript is not None and answer is not None:
                self._transcript.hear(answer)

    def close(self, why: str = "the connection was closed here") -> None:
        """End the connection at once.  Never raises."""
        self._lose(why)
        self._sock.close()

    def _lose(self, why: str) -> None:
        if self._lost is None:
            self._lost = why

    def _flush(self, said: list[bytes]) -> None:
        if said:
            self._send(b"".join(said))
            said.clear()

    def _send_chunks(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if self._lost is not None:
                return
            self._send(chunk)

    def _send(self, octets: bytes) -> None:
        """Send, and take in what comes meanwhile; what goes wrong is found out by `_hear`."""
        left = memoryview(octets)
        end = time.monotonic() + self._transfer_seconds
        while left:
            if self._lost is not None:
                return
            try:
                left = left[self._sock.send(left) :]
                continue
            except self._again:
                pass
            except OSError as error:
                # What it has said before it went can still be heard.
                while self._receive():
                    pass
                self._lose(why_lost(error))
                return
            has_room = len(self._reader) <= UNREAD_OCTETS
            events = select.POLLOUT | (select.POLLIN if has_room else 0)
            if not self._poll(events, end):
                self.close("it took no more octets in time")
            elif has_room:
                self._receive()

    def _hear(self, step: Hear | StartTls | Unasked) -> Answer | None:
        if isinstance(step, Hear):
            return self._wait(step.seconds)
        if isinstance(step, StartTls):
            return self._encrypt(step)
        if self._lost is None and self._reader.is_empty:
            self._receive()
        if self._reader.is_empty:
            if self._lost is not None:
                raise Lost(self._lost)
            return None
        answer = self._reader.take()
        return self._reader.rest() if answer is None else answer

    def _wait(self, seconds: float) -> Answer:
        """Return the next reply.

        Raises:
            Lost: There is none.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                answer = self._reader.take()
            except Lost as error:
                self.close(str(error))
                raise
            if answer is not None:
                return answer
            self._receive_more(end)

    def _receive_more(self, end: float) -> None:
        if self._lost is None and not self._receive() and not self._poll(select.POLLIN, end):
            self.close("no answer in time")
        if self._lost is not None:
            raise Lost(self._lost)

    def _receive(self) -> bool:
        """Take in what is there, and tell whether it was anything."""
        try:
            octets = self._sock.recv(_READ_OCTETS)
        except self._again:
            return False
        except OSError as error:
            self._lose(why_lost(error))
            return False
        if not octets:
            self._lose("the server closed the connection")
        self._reader.feed(octets)
        return bool(octets)

    def _poll(self, events: int, end: float) -> bool:
        """Wait until the socket is ready, and tell whether it is in time."""
        seconds = min(end, self._limit) - time.monotonic()
        if seconds <= 0:
            return False
        poll = select.poll()
        poll.register(self._sock, events)
        return bool(poll.poll(seconds * 1000))

    def _encrypt(self, step: StartTls) -> Answer:
        """Say STARTTLS, shake hands, and return the reply.

        Raises:
            Lost: There was no reply.
            TlsFailed: There is no TLS, and the connection is of no use.
            Trouble: The server is not the right one.
        """
        said = Say(b"STARTTLS\r\n")
        if self._transcript is not None:
            self._transcript.say(said)
        self._send(b"STARTTLS\r\n")
        answer = self._wait(step.seconds)
        if not isinstance(answer, SmtpReply) or answer.code != _READY:
            return answer
        if not self._reader.is_empty:
            self.close()
            message = "there are octets in clear behind the reply to STARTTLS"
            raise TlsFailed(message)
        self._shake_hands(step.policy, step.seconds)
        return answer

    def _shake_hands(self, policy: TlsPolicy, seconds: float) -> None:
        import ssl

        from dsnlib.adapters.client.handshake import explain, plan_handshake

        handshake = plan_handshake(policy, self._place)
        self._again = (*self._again, ssl.SSLWantReadError, ssl.SSLWantWriteError)
        end = time.monotonic() + seconds
        try:
            connection = handshake.context.wrap_socket(
                self._sock, server_hostname=handshake.server_name, do_handshake_on_connect=False
            )
            self._sock = connection
            while True:
                try:
                    connection.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    events = select.POLLIN
                except ssl.SSLWantWriteError:
                    events = select.POLLOUT
                if not self._poll(events, end):
                    raise TimeoutError
        except (OSError, ValueError) as error:
            self.close()
            raise TlsFailed(explain(error) if isinstance(error, OSError) else str(error)) from error
        handshake.check(connection)
        self.tls = connection.version() or ""


def _connect(place: Place, settings: ClientSettings) -> socket.socket:
    if place.port is not None:
        return socket.create_connection(
            (place.address, place.port),
            settings.timeouts.connect,
            source_address=settings.local_address(place.address),
        )
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(settings.timeouts.connect)
        sock.connect(place.address)
    except BaseException:
        sock.close()
        raise
    return sock
