"""A network of mail servers in a process of its own: `python -m tests.load.network 1000 DIR`.

Each destination is a server on a port of loopback.  What it is like follows from its
number, so that who sends to it and who looks at the books afterwards agree:

    slow          each answer takes up to 50 ms
    plain         no PIPELINING; no DSN; no CHUNKING
    crowded       it takes three recipients at a time: 452 4.5.3
    weary         it ends the session after two messages: 421 4.7.0
    greylisting   it defers each recipient once: 451 4.7.1
    shy           it turns away every third connection: 421 4.3.2
    absent        nobody is there

and what a recipient is like, from its name: `none-...` is unknown, `full-...` has a
mailbox that stays full.

Rules.
- `ports` has the port of each destination, in their order, once all are there.
- `ledger` has a line for each message and recipient that was answered 250.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LEDGER", "PORTS", "Traits"]

PORTS, LEDGER = "ports", "ledger"
_HOST = "127.0.0.1"
_WAITING = 256
_MOST_DELAY_SECONDS = 0.05
_AT_A_TIME = 3
_MESSAGES = 2
_CONNECTIONS = 3
_END = b"\r\n.\r\n"
_BUSY = b"421 4.3.2 too busy\r\n"
_TIRED = b"421 4.7.0 enough for now\r\n"


@attrs.frozen(kw_only=True)
class Traits:
    """What a destination is like."""

    delay_seconds: float
    pipelines: bool
    knows_dsn: bool
    chunks: bool
    is_crowded: bool
    is_weary: bool
    is_greylisting: bool
    is_shy: bool
    is_absent: bool

    @classmethod
    def of(cls, number: int) -> Traits:
        """Return what the destination of a number is like."""
        chance = random.Random(number)

        def one_in(count: int) -> bool:
            return not chance.randrange(count)

        return cls(
            delay_seconds=chance.choice((0.0, 0.0, 0.005, 0.01, 0.02, _MOST_DELAY_SECONDS)),
            pipelines=not one_in(5),
            knows_dsn=not one_in(3),
            chunks=one_in(3),
            is_crowded=one_in(5),
            is_weary=one_in(6),
            is_greylisting=one_in(5),
            is_shy=one_in(20),
            is_absent=one_in(100),
        )

    @property
    def keywords(self) -> tuple[str, ...]:
        """What the server announces."""
        chosen = {
            "PIPELINING": self.pipelines,
            "DSN": self.knows_dsn,
            "CHUNKING": self.chunks,
        }
        return ("SIZE 10240000", "8BITMIME", *(each for each, has in chosen.items() if has))


class Destination:
    """A server, for all its sessions.

    Args:
        number: Which one.
        ledger: Where what it takes is written.
    """

    def __init__(self, number: int, ledger: TextIO) -> None:
        self.traits = Traits.of(number)
        self._ledger = ledger
        self._seen: set[bytes] = set()
        self._connections = 0
        lines = (f"d{number}.example", *self.traits.keywords)
        ahead = "".join(f"250-{each}\r\n" for each in lines[:-1])
        self.hello = f"{ahead}250 {lines[-1]}\r\n".encode()

    def greeting(self) -> bytes:
        """Return what a connection is greeted with."""
        self._connections += 1
        if self.traits.is_shy and not self._connections % _CONNECTIONS:
            return _BUSY
        return b"220 welcome\r\n"

    def judge(self, address: bytes, taken: int) -> bytes:
        """Return the reply to a recipient, where others were taken already."""
        if self.traits.is_crowded and taken >= _AT_A_TIME:
            return b"452 4.5.3 no more of them\r\n"
        if address.startswith(b"none-"):
            return b"550 5.1.1 nobody of that name\r\n"
        if address.startswith(b"full-"):
            return b"452 4.2.2 the mailbox is full\r\n"
        if self.traits.is_greylisting and address not in self._seen:
            self._seen.add(address)
            return b"451 4.7.1 come back later\r\n"
        return b"250 2.1.5 ok\r\n"

    def take(self, recipients: list[bytes]) -> None:
        """Write down what was taken."""
        self._ledger.writelines(f"{each.decode()}\n" for each in recipients)


class Session(asyncio.Protocol):
    """A session with a destination."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._buffer = b""
        self._is_data = False
        # Octets of a chunk that are still to come, and whether it is the last.
        self._left = 0
        self._is_last = False
        self._is_waiting = False
        self._taken: list[bytes] = []
        self._messages = 0
        self._replies: list[bytes] = []
        self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, after a while."""
        self._transport = cast("asyncio.Transport", transport)
        greeting = self._destination.greeting()
        self._is_over = greeting is _BUSY
        self._replies.append(greeting)
        self._answer()

    def data_received(self, data: bytes) -> None:
        """Take what comes; it is looked at once the last answer is out."""
        self._buffer += data
        if not self._is_waiting:
            self._work()

    def _work(self) -> None:
        while self._buffer and not self._is_over and self._step():
            pass
        if self._replies:
            self._answer()

    def _step(self) -> bool:
        """Look at one thing, and tell whether it was whole."""
        if self._left:
            part = min(self._left, len(self._buffer))
            self._buffer = self._buffer[part:]
            self._left -= part
            if not self._left:
                self._chunk_end()
            return True
        if self._is_data:
            end = self._buffer.find(_END)
            if end < 0:
                return False
            self._buffer = self._buffer[end + len(_END) :]
            self._is_data = False
            self._message_end()
            return True
        line, ending, rest = self._buffer.partition(b"\r\n")
        if not ending:
            return False
        self._buffer = rest
        self._command(line)
        return True

    def _command(self, line: bytes) -> None:
        verb = line[:4]
        if verb == b"RCPT":
            address = line[line.index(b"<") + 1 : line.index(b">")]
            reply = self._destination.judge(address, len(self._taken))
            if reply.startswith(b"2"):
                self._taken.append(address)
            self._replies.append(reply)
        elif verb == b"DATA":
            self._is_data = bool(self._taken)
            self._replies.append(b"354 go on\r\n" if self._taken else b"503 5.5.1 to whom\r\n")
        elif verb == b"BDAT":
            words = line.split()
            self._left, self._is_last = int(words[1]), len(words) > 2
            if not self._left:
                self._chunk_end()
        elif verb == b"MAIL":
            self._taken = []
            self._is_over = self._destination.traits.is_weary and self._messages >= _MESSAGES
            self._replies.append(_TIRED if self._is_over else b"250 2.1.0 ok\r\n")
        elif verb == b"QUIT":
            self._is_over = True
            self._replies.append(b"221 2.0.0 bye\r\n")
        else:
            is_hello = verb == b"EHLO"
            self._replies.append(self._destination.hello if is_hello else b"250 2.0.0 ok\r\n")

    def _chunk_end(self) -> None:
        if not self._taken:
            self._replies.append(b"503 5.5.1 to whom\r\n")
        elif self._is_last:
            self._message_end()
        else:
            self._replies.append(b"250 2.0.0 ok\r\n")

    def _message_end(self) -> None:
        self._destination.take(self._taken)
        self._taken = []
        self._messages += 1
        self._replies.append(b"250 2.0.0 taken\r\n")

    def _answer(self) -> None:
        delay = self._destination.traits.delay_seconds
        if not delay:
            self._speak()
            return
        self._is_waiting = True
        asyncio.get_running_loop().call_later(delay, self._speak)

    def _speak(self) -> None:
        self._is_waiting = False
        said, self._replies = b"".join(self._replies), []
        if self._transport.is_closing():
            return
        self._transport.write(said)
        if self._is_over:
            self._transport.close()
        elif self._buffer:
            self._work()


async def _serve(count: int, directory: Path) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    servers, ports = [], []
    with (directory / LEDGER).open("w", encoding="ascii") as ledger:
        for index in range(count):
            listener = socket.socket()
            listener.bind((_HOST, 0))
            ports.append(listener.getsockname()[1])
            destination = Destination(index, ledger)
            if destination.traits.is_absent:
                # Bound, and so nobody else's; a connection is refused.
                servers.append(listener.close)
                continue
            listener.listen(_WAITING)
            servers.append((await loop.create_server(_sessions(destination), sock=listener)).close)
        partial = directory / f"{PORTS}.part"
        partial.write_text("".join(f"{each}\n" for each in ports), "ascii")
        partial.rename(directory / PORTS)
        await over.wait()
        for close in servers:
            close()


def _sessions(destination: Destination) -> Callable[[], Session]:
    return lambda: Session(destination)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="Run a network of mail servers.")
    parser.add_argument("destinations", type=int)
    parser.add_argument("directory", type=Path)
    chosen = parser.parse_args()
    # A socket for each destination, and one for each session.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_serve(chosen.destinations, chosen.directory))


if __name__ == "__main__":
    main()
