"""A way to a PostgreSQL that breaks: what the server answers to a COMMIT never arrives.

Rules.
- It stands between on a socket of its own, one connection at a time.
- It breaks once, as often as it is told to; at other times it hands on everything.
"""

from __future__ import annotations

import contextlib
import select
import socket
import tempfile
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

__all__ = ["CutSocket"]

_PAUSE_SECONDS = 0.05
_OCTETS = 65_536


class CutSocket:
    """A socket in front of another.

    Args:
        server: The socket of the server.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._word: bytes | None = None
        self._is_over = False
        self._directory = tempfile.TemporaryDirectory(prefix="dsnlib-cut-")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{self._directory.name}/{server.name}")
        self._listener.listen()
        self._listener.settimeout(_PAUSE_SECONDS)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def place(self, url: str) -> str:
        """Return an address of the server by way of this socket."""
        scheme, rest = url.split("//")
        user, where = rest.split("@")
        host = quote(self._directory.name, safe="")
        return f"{scheme}//{user}@{host}/{where.rpartition('/')[2]}"

    def cut_after(self, word: bytes) -> None:
        """Break as soon as the server has answered a message that has a word in it."""
        self._word = word

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over = True
        self._thread.join()
        self._listener.close()
        self._directory.cleanup()

    def _run(self) -> None:
        for client in self._clients():
            with client, socket.socket(socket.AF_UNIX) as server:
                server.connect(str(self._server))
                self._hand_on(client, server)

    def _clients(self) -> Iterator[socket.socket]:
        while not self._is_over:
            # Nobody came: look whether it is over.
            with contextlib.suppress(TimeoutError):
                yield self._listener.accept()[0]

    def _hand_on(self, client: socket.socket, server: socket.socket) -> None:
        is_cut = False
        while not self._is_over:
            ready, _, _ = select.select([client, server], [], [], _PAUSE_SECONDS)
            for each in ready:
                octets = each.recv(_OCTETS)
                if not octets or (is_cut and each is server):
                    return
                if each is client and self._word is not None and self._word in octets:
                    self._word, is_cut = None, True
                (server if each is client else client).sendall(octets)
