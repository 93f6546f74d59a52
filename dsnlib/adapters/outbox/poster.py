"""Sends what a webhook has to say over HTTP, and keeps a bad server from costing more.

Rules.
- Only http and https, as told: no redirect is followed, no proxy is taken from the
  environment, no user and password stand in the URL.  Certificates are verified.
- Connecting, each wait for octets, and all of a request have their longest time: a server that
  sends an octet now and then is cut off like one that never answers.
- Of an answer no more is read than is worth showing.
- The path of the URL may be a secret: messages have scheme and host alone.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from dsnlib.adapters.outbox.sink import SinkUnavailable
from dsnlib.errors import InvalidValue
from dsnlib.model.number import require_number

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    import urllib3
    from urllib3.exceptions import HTTPError
    from urllib3.util import Url

__all__ = ["HttpAnswer", "Poster", "TimeLimits"]

_LARGEST_ANSWER = 65_536
_NO_ANSWER = "no answer in time"
# Not shown: what is wrong with it may be the secret in it.
_NO_URL = "webhook URL: it is no URL with a host"


@attrs.frozen(kw_only=True)
class TimeLimits:
    """The longest times of a request.

    Args:
        connect_seconds: For a connection, and for its TLS.
        read_seconds: Without an octet of the answer.
        whole_seconds: From the first octet that is sent to the end of the answer.

    Raises:
        InvalidValue: One of them is not a finite number above 0.
    """

    connect_seconds: float = 10
    read_seconds: float = 20
    whole_seconds: float = 30

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            require_number(value, name, least=0, above=True)


class HttpAnswer(NamedTuple):
    """What is used of an answer.

    Args:
        status: The code, 100..599.
        retry_after: The field, or `""`.
        text: The beginning of its content.
    """

    status: int
    retry_after: str
    text: bytes


class Poster:
    """Sends requests to one URL, over a connection that it keeps.

    Args:
        url: Where to.
        limits: The longest times.
        authorities: A file of certificates to trust instead of those of the system.

    Attributes:
        origin: Scheme and host, for messages.

    Raises:
        InvalidValue: The URL, or the file, cannot be used.
        ImportError: urllib3 is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        limits: TimeLimits | None = None,
        authorities: str | os.PathLike[str] | None = None,
    ) -> None:
        parts = _read_url(url)
        self._limits = TimeLimits() if limits is None else limits
        self._target = parts.request_uri
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._socket: socket.socket | None = None
        self._is_late = False
        self._pool = _make_pool(parts, self._limits, authorities, keep=self._keep)

    def post(self, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Send one request; return the answer, whatever it says.

        Raises:
            SinkUnavailable: There is no answer, or not in time.
        """
        from urllib3.exceptions import HTTPError

        self._is_late = False
        watch = threading.Timer(self._limits.whole_seconds, self._cut_off)
        watch.daemon = True
        watch.start()
        try:
            response = self._pool.urlopen(
                "POST",
                self._target,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                text = _read(response)
            finally:
                # One that was read to its end has given its connection back.
                response.close()
        except HTTPError as error:
            message = f"{self.origin}: {_trouble(error)}"
            raise SinkUnavailable(message) from error
        finally:
            watch.cancel()
        if self._is_late:  # a head that was cut off passes for a whole one
            message = f"{self.origin}: {_NO_ANSWER}"
            raise SinkUnavailable(message)
        return HttpAnswer(response.status, response.headers.get("Retry-After", ""), text)

    def close(self) -> None:
        """Close the connection; twice is fine."""
        self._pool.close()

    def _keep(self, sock: socket.socket) -> None:
        self._socket = sock
        if self._is_late:  # a host with many addresses, each with its own time
            self._cut_off()

    def _cut_off(self) -> None:
        self._is_late = True
        if self._socket is not None:
            # One that is closed already is what we want.  Not the method of a TLS socket,
            # whose state belongs to the thread that reads.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _read_url(url: str) -> Url:
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise InvalidValue(_NO_URL) from error
    for is_wrong, message in (
        (not parts.host, _NO_URL),
        (parts.scheme not in ("http", "https"), "webhook URL: it is not http or https"),
        (parts.auth is not None, "webhook URL: a user or password may not stand in it"),
        (parts.fragment is not None, "webhook URL: no server is told a fragment (#...)"),
        (not url.isascii() or not url.isprintable() or " " in url, _NO_URL),
        (not _is_host(parts.host or ""), _NO_URL),
    ):
        if is_wrong:
            raise InvalidValue(message)
    return parts


def _is_host(text: str) -> bool:
    """Tell whether a host has the form of one: labels of 1 to 63 octets (RFC 1035 s2.3.4)."""
    if text.startswith("["):
        return True
    return all(0 < len(label) <= 63 for label in text.removesuffix(".").split("."))


def _make_pool(
    parts: Url,
    limits: TimeLimits,
    authorities: str | os.PathLike[str] | None,
    *,
    keep: Callable[[socket.socket], None],
) -> urllib3.HTTPConnectionPool:
    import urllib3

    timeout = urllib3.Timeout(connect=limits.connect_seconds, read=limits.read_seconds)
    host, port = parts.host or "", parts.port
    if parts.scheme == "https":
        pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
            host, port, timeout=timeout, maxsize=1, ssl_context=_context(authorities)
        )
    else:
        pool = urllib3.HTTPConnectionPool(host, port, timeout=timeout, maxsize=1)
    base: Any = pool.ConnectionCls

    def connect(connection: Any) -> None:  # noqa: ANN401  of the class that urllib3 chose
        base.connect(connection)
        keep(connection.sock)

    pool.ConnectionCls = type(base.__name__, (base,), {"connect": connect})
    return pool


def _context(authorities: str | os.PathLike[str] | None) -> ssl.SSLContext:
    import ssl

    if authorities is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=os.fspath(authorities))
    except OSError as error:  # also for what is in it
        message = f"authorities: {os.fspath(authorities)}: {error.strerror or error}"
        raise InvalidValue(message) from error


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    pieces: list[bytes] = []
    left = _LARGEST_ANSWER
    while left and (piece := response.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _trouble(error: HTTPError) -> str:
    """Return what went wrong in words of ours: those of the library show the path."""
    from urllib3 import exceptions

    if isinstance(error, exceptions.SSLError):
        cause = error.args[0] if error.args else error
        reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", None)
        return f"TLS: {reason or 'it failed'}"
    for kind, words in (
        (exceptions.NameResolutionError, "the name of the host cannot be looked up"),
        (exceptions.NewConnectionError, "no connection"),
        (exceptions.ConnectTimeoutError, "no connection in time"),
        (exceptions.ReadTimeoutError, _NO_ANSWER),
    ):
        if isinstance(error, kind):
            return words
    return "the connection was lost before the answer was there"
