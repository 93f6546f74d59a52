"""A web server that answers as a test says, and keeps what it was told."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import io
    import ssl
    from collections.abc import Callable, Iterator

__all__ = ["OK", "Told", "WebServer", "answer", "web_server"]


def answer(status: str, *fields: str, body: bytes = b"") -> bytes:
    """Return an answer, with its length."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields))
    return head.encode("ascii") + b"\r\n\r\n" + body


OK = answer("204 No Content")


@attrs.frozen
class Told:
    """One request."""

    line: str
    headers: dict[str, str]
    body: bytes


@attrs.define
class WebServer:
    """What was told, and by how many connections."""

    port: int
    told: list[Told] = attrs.Factory(list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/bounces?token=hidden"


@contextlib.contextmanager
def web_server(
    script: Callable[[int, Told], bytes | Iterator[bytes]] = lambda _, __: OK,
    *,
    context: ssl.SSLContext | None = None,
) -> Iterator[WebServer]:
    """Run a server.

    Args:
        script: From the number of a request, from 0, and the request to the answer; `b""`
            closes the connection.
        context: For TLS.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    server = WebServer(listening.getsockname()[1])
    is_over = threading.Event()

    def serve(connection: socket.socket) -> None:
        # A client that breaks off is what some tests are about.
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            talking = connection
            if context is not None:
                talking = context.wrap_socket(connection, server_side=True)
            with talking, talking.makefile("rb") as lines:
                while told := _read(lines):
                    number = len(server.told)
                    server.told.append(told)
                    octets = script(number, told)
                    if octets == b"":
                        return
                    for piece in (octets,) if isinstance(octets, bytes) else octets:
                        if is_over.is_set():
                            return
                        talking.sendall(piece)

    def accept() -> None:
        # The socket is closed when the test is over.
        with contextlib.suppress(OSError):
            while not is_over.is_set():
                connection, _ = listening.accept()
                if is_over.is_set():
                    connection.close()
                    return
                server.connections += 1
                thread = threading.Thread(target=serve, args=(connection,), daemon=True)
                threads.append(thread)
                thread.start()

    threads = [threading.Thread(target=accept, daemon=True)]
    threads[0].start()
    try:
        yield server
    finally:
        is_over.set()
        # It only wakes the thread, which may be gone.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        threads[0].join(5)
        listening.close()


def _read(lines: io.BufferedReader) -> Told | None:

    line = lines.readline()
    if not line:
        return None
    headers = {}
    while field := lines.readline().strip():
        name, _, value = field.decode("ascii").partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = lines.read(length)
    return Told(line.decode("ascii").strip(), headers, body)
