"""A server in a thread, which answers as a test wants and notes what it was told."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USUAL = {
    "": "220 mx.example ESMTP",
    "EHLO": "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250 DSN",
    "HELO": "250 mx.example",
    "MAIL": "250 2.1.0 Fine",
    "RCPT": "250 2.1.5 Fine",
    "DATA": "354 Go on",
    ".": "250 2.0.0 Taken",
    "RSET": "250 2.0.0 Fine",
    "QUIT": "221 2.0.0 Bye",
}
CLOSE = "close"
_SECONDS = 10.0


class Neighbour:
    """The server.

    Args:
        replies: By verb, `.` after a message, `""` the greeting; or by the whole line.
            `CLOSE` closes the connection instead.
        too_many: The reply to more recipients of a transaction than `most_recipients`.
        most_recipients: How many it takes.

    Attributes:
        nexthop: Where it is.
        said: The lines it was told, without those of messages.
        messages: What came behind DATA, as it came.
    """

    def __init__(
        self, replies: Mapping[str, str], *, too_many: str = "", most_recipients: int = 0
    ) -> None:
        self._too_many, self._most_recipients = too_many, most_recipients
        self._recipients = 0
        self._replies = {**USUAL, **replies}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.nexthop = f"[127.0.0.1]:{self._listening.getsockname()[1]}"
        self.said: list[str] = []
        self.messages: list[bytes] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        # A thread that waits for a client is woken by none but one.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(_SECONDS)

    def _run(self) -> None:
        # The client may go, and the test may end.
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                sock.settimeout(_SECONDS)
                # Each reply goes out as it is made.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with sock, sock.makefile("rwb") as stream:
                    self._serve(cast("BinaryIO", stream))

    def _serve(self, stream: BinaryIO) -> None:
        if not self._answer(stream, ""):
            return
        while line := stream.readline().decode().rstrip("\r\n"):
            self.said.append(line)
            verb = line.split(" ", 1)[0].upper()
            key = line if line in self._replies else verb
            if not self._answer(stream, key):
                return
            if verb == "DATA" and self._replies[key].startswith("354"):
                self._read_message(stream)
                if not self._answer(stream, "."):
                    return

    def _answer(self, stream: BinaryIO, key: str) -> bool:
        reply = self._replies.get(key, "502 5.5.1 What?")
        self._recipients = self._recipients + 1 if key == "RCPT" else 0
        if 0 < self._most_recipients < self._recipients:
            reply = self._too_many
        if reply == CLOSE:
            return False
        stream.write(reply.encode() + b"\r\n")
        stream.flush()
        return key != "QUIT"

    def _read_message(self, stream: BinaryIO) -> None:
        lines = []
        while (line := stream.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.messages.append(b"".join(lines))


@contextlib.contextmanager
def neighbour(
    replies: Mapping[str, str] | None = None, *, too_many: str = "", most_recipients: int = 0
) -> Iterator[Neighbour]:
    """Run a server as long as the block runs."""
    found = Neighbour(replies or {}, too_many=too_many, most_recipients=most_recipients)
    try:
        yield found
    finally:
        found.close()
