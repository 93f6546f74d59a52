"""Compare a server with `DSNMixin` to plain aiosmtpd with the same handler.

    python tests/bench/smtp_mixin.py [--messages 4000] [--rounds 5]

Twenty connections send messages of 2 kB, one command at a time, to a handler that
drops them.  Each server is a process of its own, as is the client, and they take
turns; the best round of each counts.  The bound is 0.85 times aiosmtpd's rate.

Two figures are given: messages in a second, for which client and server share the
machine, and the server's processor time for a message, which the client cannot
disturb.
"""

from __future__ import annotations

import argparse
import asyncio
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

CONNECTIONS = 20
LEAST_TIMES = 0.85
_LINE = b"All work and no play makes a message of two thousand octets.\r\n"
MESSAGE = b"From: ann@example.org\r\nSubject: 2 kB\r\n\r\n" + _LINE * 31 + b".\r\n"
# What plain aiosmtpd takes, and what only the other does.
PLAIN = (b"MAIL FROM:<ann@example.org> SIZE=2000\r\n", b"RCPT TO:<bob@example.com>\r\n")
WITH_DSN = (
    b"MAIL FROM:<ann@example.org> SIZE=2000 RET=HDRS ENVID=QQ314159\r\n",
    b"RCPT TO:<bob@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@example.com\r\n",
)


class NullHandler:
    """Drops what it gets."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802  aiosmtpd's name
        """Take a message."""
        return "250 OK"


class Round(NamedTuple):
    """What one round has measured."""

    rate: float
    cpu_microseconds: float


async def serve(kind: str) -> None:
    """Serve until standard input ends; print the port, and at the end the processor time."""
    from aiosmtpd.smtp import SMTP

    from dsnlib.adapters.smtp_server import DSNServer

    made = {"plain": SMTP, "mixin": DSNServer}[kind]
    handler = NullHandler()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: made(handler, hostname="localhost", enable_SMTPUTF8=True, loop=loop),
        "127.0.0.1",
        0,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    before = time.process_time()
    print(flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(time.process_time() - before, flush=True)
    server.close()


class Client:
    """One connection that sends its messages, one command at a time."""

    def __init__(self, port: int, transaction: tuple[bytes, ...], messages: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._commands = iter(
            [b"EHLO bench.example\r\n", *transaction * messages, b"QUIT\r\n"],
        )
        self._received = b""

    def receive(self) -> bool:
        """Read what there is, send the next command; tell whether there is one."""
        self._received += self.socket.recv(65_536)
        last = self._received.rpartition(b"\r\n")[0].rpartition(b"\r\n")[2]
        if not self._received.endswith(b"\r\n") or last[3:4] != b" ":
            return True
        if not last.startswith((b"2", b"3")):
            raise RuntimeError(repr(last))
        self._received = b""
        command = next(self._commands, None)
        if command is None:
            return False
        self.socket.sendall(command)
        return True


def run_client(port: int, transaction: tuple[bytes, ...], messages: int) -> float:
    """Send messages over all connections; return how many seconds it took."""
    clients = [Client(port, transaction, messages // CONNECTIONS) for _ in range(CONNECTIONS)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        begin = time.perf_counter()
        while selector.get_map():
            for key, _ in selector.select():
                if not key.data.receive():
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
        return time.perf_counter() - begin


def measure(kind: str, commands: tuple[bytes, bytes], messages: int) -> Round:
    """Measure one server in a process of its own."""
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = int(server.stdout.readline())
        transaction = (*commands, b"DATA\r\n", MESSAGE)
        run_client(port, transaction, CONNECTIONS * 5)
        server.stdin.write("\n")
        server.stdin.flush()
        server.stdout.readline()
        seconds = run_client(port, transaction, messages)
        server.stdin.write("\n")
        server.stdin.flush()
        cpu = float(server.stdout.readline())
    return Round(messages / seconds, cpu / messages * 1e6)


CASES = {
    "aiosmtpd": ("plain", PLAIN),
    "DSNServer": ("mixin", PLAIN),
    "DSNServer, all DSN parameters": ("mixin", WITH_DSN),
}


def main() -> int:
    """Measure, print the figures, and tell whether the bound is kept."""
    parser = argparse.ArgumentParser(description="Compare DSNMixin to plain aiosmtpd.")
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", choices=("plain", "mixin"))
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.serve))
        return 0
    rounds: dict[str, list[Round]] = {name: [] for name in CASES}
    for _ in range(arguments.rounds):
        for name, (kind, commands) in CASES.items():
            rounds[name].append(measure(kind, commands, arguments.messages))
    best = {
        name: Round(max(each.rate for each in all_), min(each.cpu_microseconds for each in all_))
        for name, all_ in rounds.items()
    }
    plain = best["aiosmtpd"]
    for name, figure in best.items():
        print(
            f"{name:30} {figure.rate:7.0f}/s  {figure.rate / plain.rate:5.2f} times"
            f"  {figure.cpu_microseconds:6.0f} us of processor time"
        )
    return 0 if best["DSNServer"].rate >= LEAST_TIMES * plain.rate else 1


if __name__ == "__main__":
    sys.exit(main())
