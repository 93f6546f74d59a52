"""Hands events to a web server: `POST`, JSON, signed (`signature`).

One event is `message_of` it; several (`most_notices` over 1) are
`{"type": "bounce.batch", "timestamp": ..., "data": [...]}` of those.

    2xx                             taken
    410                             the sink is closed
    401 403 404 405 407             tried again: the address or the secret is wrong, not the event
    408 421 425 429, 5xx, 3xx       tried again; Retry-After counts, up to the longest wait
    any other                       refused

Rules.
- How connections are made, and what they may cost, is in `poster`.
- Of what a server says only the beginning is shown, in printable ASCII.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from dsnlib.adapters.outbox.notice import message_of
from dsnlib.adapters.outbox.poster import Poster
from dsnlib.adapters.outbox.signature import sign_webhook
from dsnlib.adapters.outbox.sink import EventRefused, SinkClosed, SinkUnavailable
from dsnlib.adapters.telemetry.tracing import NO_TRACING
from dsnlib.errors import DsnError
from dsnlib.model.number import require_whole

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from dsnlib.adapters.outbox.notice import Notice
    from dsnlib.adapters.outbox.poster import HttpAnswer, TimeLimits
    from dsnlib.adapters.outbox.signature import WebhookSecret
    from dsnlib.adapters.service.metrics import Meter
    from dsnlib.adapters.telemetry.tracing import Tracing

__all__ = ["Webhook"]

_CLASSES = {2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}
_GONE = 410
# What is wrong is not the event: who set this up, or runs the server, can mend it.
_LATER = frozenset({401, 403, 404, 405, 407, 408, 421, 425, 429})
_SHOWN_OCTETS = 200
_MOST_BATCH = 1000
# Of a Retry-After; the longest wait is far shorter.
_MOST_DIGITS = 9


class Webhook:
    """Hands events to a web server.

    Args:
        url: `https://host/path`.
        secrets: What requests are signed with; none for no signature.
        most_notices: How many events go in one request, 1..1000.
        limits: The longest times.
        authorities: A file of certificates to trust instead of those of the system.
        meter: Who counts, or `None`.
        tracing: Who is told of each request, or `None`.
        clock: Tells the time, in seconds since 1970.

    Raises:
        InvalidValue: The URL cannot be used, or a number is out of range.
        ImportError: urllib3 is not installed.
    """

    wants_suppression = True

    def __init__(
        self,
        url: str,
        *,
        secrets: Iterable[WebhookSecret] = (),
        most_notices: int = 1,
        limits: TimeLimits | None = None,
        authorities: str | os.PathLike[str] | None = None,
        meter: Meter | None = None,
        tracing: Tracing | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        require_whole(most_notices, "most_notices", least=1, most=_MOST_BATCH)
        self.most_notices = most_notices
        self._secrets = tuple(secrets)
        self._meter = meter
        self._tracing = NO_TRACING if tracing is None else tracing
        self._clock = clock
        self._poster = Poster(url, limits=limits, authorities=authorities)

    def take(self, notices: Sequence[Notice]) -> None:
        """Send events in one request.

        Raises:
            SinkUnavailable: Not now.
            EventRefused: The server does not like what is in them.
            SinkClosed: The server answers 410.
        """
        identifier, body = _compose(notices)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "dsnlib",
            **sign_webhook(identifier, body, self._secrets, timestamp=int(self._clock())),
        }
        with self._tracing.span("dsnlib.webhook.post", events=len(notices)) as span:
            try:
                answer = self._poster.post(body, headers)
            except SinkUnavailable:
                span.fail("unavailable")
                self._count("none")
                raise
            span.note(http_response_status__code=answer.status)
            self._count(_CLASSES.get(answer.status // 100, "other"))
            try:
                self._judge(answer)
            except DsnError:
                span.fail(str(answer.status))
                raise

    def close(self) -> None:
        """Close the connection; twice is fine."""
        self._poster.close()

    def _judge(self, answer: HttpAnswer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        message = f"{self._poster.origin} answers {status}{_shown(answer.text)}"
        if status == _GONE:
            raise SinkClosed(message)
        if status in _LATER or not 400 <= status < 500:
            seconds = _seconds_of(answer.retry_after, self._clock())
            raise SinkUnavailable(message, after_seconds=seconds)
        raise EventRefused(message)

    def _count(self, result: str) -> None:
        if self._meter is not None:
            self._meter.count("webhook_attempts", result)


def _compose(notices: Sequence[Notice]) -> tuple[str, bytes]:
    """Return the identifier of a request, the same for the same events, and its body."""
    messages = [message_of(each) for each in notices]
    if len(notices) == 1:
        return notices[0].event.event_id, _encode(messages[0])
    identifiers = ".".join(each.event.event_id for each in notices)
    digest = hashlib.sha256(identifiers.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    newest = messages[-1]["timestamp"]
    body = {"type": "bounce.batch", "timestamp": newest, "data": messages}
    return f"batch-{digest}", _encode(body)


def _encode(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode("ascii")


def _seconds_of(retry_after: str, now: float) -> float | None:
    """Return how long a server wants us to wait (RFC 9110 s10.2.3)."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MOST_DIGITS])
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:  # "-0000": its zone is not told
            date = date.replace(tzinfo=dt.UTC)
        return max(0.0, date.timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _shown(text: bytes) -> str:
    """Return the beginning of an answer as it may stand in a log."""
    words = text[:_SHOWN_OCTETS].decode("ascii", "replace").split()
    shown = " ".join(
        "".join(c if c.isascii() and c.isprintable() else "?" for c in word) for word in words
    )
    return f": {shown}" if shown else ""
