"""Lines of a stream, from the start to the end."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

from dsnlib.adapters.feeds.line_reader import make_line_reader
from dsnlib.adapters.feeds.stop import Stop
from dsnlib.adapters.feeds.stream_feed import stream_offers
from tests.adapters.feeds.test_log_feed import line

if TYPE_CHECKING:
    import pytest


def recipients(octets: bytes, *, begun: bytes = b"") -> list[str]:
    """Return whom the lines of a stream are about."""
    stream = cast("io.BufferedReader", io.BufferedReader(io.BytesIO(octets)))
    offers = stream_offers("mail.log", stream, make_line_reader("postfix-log"), Stop(), begun=begun)
    return [event.recipient for item in offers if item is not None for event in item.events]


def test_what_was_read_already() -> None:
    """It comes first, and a line may go on from there."""
    octets = (line(1) + line(2)).encode()
    for place in (0, 1, 50, len(octets)):
        assert ["r1@example.org", "r2@example.org"] == recipients(
            octets[place:], begun=octets[:place]
        )


def test_lines_that_are_too_long(caplog: pytest.LogCaptureFixture) -> None:
    """They are left out, the next ones are read, and at the end it is said."""
    octets = line(1).encode() + b"x" * (3 << 20) + b"\n" + b"\0" * (2 << 20) + b"\n"
    assert ["r1@example.org", "r2@example.org"] == recipients(octets + line(2).encode())
    assert ["mail.log: 2 lines are too long and left out"] == [
        each.getMessage() for each in caplog.records
    ]
