"""The log of sessions: what strangers say is told, in one line and without secrets."""

import asyncio
import logging

import pytest

from dsnlib.adapters.server.listener import ServerLimits
from tests.adapters.server.talk import dialogue

SECRET = "AGFubgBzZWNyZXQ="


def _logged(line: bytes, caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """Return what is logged of a line that is refused."""

    async def talk() -> None:
        async with dialogue(limits=ServerLimits(tarpit_seconds=0)) as (client, _):
            assert "5" == (await client.say(line + b"\r\n"))[0]

    with caplog.at_level(logging.INFO, "dsnlib.server"):
        asyncio.run(talk())
    # The end of the session tells of no more than a verb that is one.
    assert all(each.getMessage().isprintable() for each in caplog.records)
    assert not [each for each in caplog.records if SECRET.upper() in each.getMessage().upper()]
    (record,) = [each for each in caplog.records if each.getMessage().startswith("refused")]
    return record


@pytest.mark.parametrize(
    "line",
    [
        f"AUTH PLAIN {SECRET}",
        f"auth\tPLAIN {SECRET}",
        f"AUTH:PLAIN {SECRET}",
        SECRET,
        f"{SECRET} {SECRET}",
        "aHVudGVy",
    ],
)
def test_no_secrets(line: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a log-in that is written wrong nor a response that comes too late is told."""
    record = _logged(line.encode(), caplog)
    event = getattr(record, "event", {})
    told = f"{record.getMessage()} {event}".upper()
    assert "argument" not in event
    assert not [each for each in (SECRET, "aHVudGVy") if each.upper() in told]


def test_unknown_command(caplog: pytest.LogCaptureFixture) -> None:
    """A known command that is not done is told with its argument."""
    record = _logged(b"EXPN staff", caplog)
    assert "refused: EXPN from unknown[127.0.0.1]: 50" in record.getMessage()
    assert "staff" == getattr(record, "event", {})["argument"]


def test_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """What is no command cannot write to a terminal that shows the log, or fill the log."""
    record = _logged("X\x1b[2J\u0085\u2028".encode() + b"Y" * 1900, caplog)
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 200
