"""Lines of a file or of a stream, from the start to the end.

Rules.
- A stream that pauses has its lines stored: `tail -F mail.log | dsnlib ingest STORE -`.
"""

from __future__ import annotations

import datetime as dt
import logging
import select
from typing import TYPE_CHECKING

from dsnlib.adapters.feeds.feed_item import FeedItem
from dsnlib.adapters.feeds.line_cutter import LineCutter
from dsnlib.adapters.feeds.line_reader import read_lines

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from dsnlib.adapters.feeds.line_reader import LineReader
    from dsnlib.adapters.feeds.stop import Stop

__all__ = ["stream_offers"]

_LOG = logging.getLogger("dsnlib.ingest")
_CHUNK_OCTETS = 1 << 16
_PAUSE_SECONDS = 0.5


def stream_offers(
    place: str, stream: io.BufferedReader, reader: LineReader, stop: Stop, *, begun: bytes = b""
) -> Iterator[FeedItem | None]:
    """Yield what a stream says.

    Args:
        place: Its name, as messages have it.
        stream: Nothing was read of it but what it holds itself.
        reader: Reads its lines.
        stop: The wish for the end.
        begun: What was read of it already.

    Raises:
        OSError: It cannot be read on.
    """
    cutter = LineCutter()
    while not stop.is_set():
        chunk = begun or stream.read1(_CHUNK_OCTETS)
        begun = b""
        lines = cutter.cut(chunk) if chunk else cutter.rest()
        events = read_lines(lines, reader, now=dt.datetime.now(dt.UTC))
        yield FeedItem(place, events=events, size=len(chunk))
        if not chunk:
            if cutter.left_out:
                _LOG.warning("%s: %d lines are too long and left out", place, cutter.left_out)
            return
        while not _has_more(stream) and not stop.is_set():
            yield None


def _has_more(stream: io.BufferedReader) -> bool:
    """Tell whether a read returns at once, after some time."""
    # A read like the one above leaves nothing behind that only the stream has.
    try:
        number = stream.fileno()
    except OSError:
        return True  # what comes out of a file by way of a program has no number
    return bool(select.select([number], [], [], _PAUSE_SECONDS)[0])
