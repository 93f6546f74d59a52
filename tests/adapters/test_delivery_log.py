"""The line of the log for each recipient of each attempt."""

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.delivery_log import (
    DeliveryRecord,
    format_delay,
    format_record,
    record_as_event,
    record_as_json,
)
from dsnlib.model.status import EnhancedStatusCode

RECORD = DeliveryRecord(
    queue_id="4F",
    recipient="bob@example.org",
    accepted="team@example.org",
    relay="mx.example.org[192.0.2.1]:25",
    connection_uses=2,
    delays_seconds=(0.1, 0.004, 1.06, 2.0),
    status=EnhancedStatusCode.parse("2.0.0"),
    word="sent",
    text="250 2.0.0 Taken",
)
LINE = (
    "4F: to=<bob@example.org>, orig_to=<team@example.org>, relay=mx.example.org[192.0.2.1]:25, "
    "conn_use=2, delay=3.2, delays=0.1/0/1.1/2, dsn=2.0.0, status=sent (250 2.0.0 Taken)"
)
# As Postfix 3.7 writes them, with the message identifier behind the service.
_GOLDEN = re.compile(
    r"\]: (?P<id>\w+): to=<(?P<to>[^>]*)>,(?: orig_to=<(?P<orig>[^>]*)>,)? relay=(?P<relay>[^,]+),"
    r"(?: conn_use=(?P<uses>\d+),)? delay=(?P<delay>[0-9.]+), delays=(?P<delays>[0-9./]+), "
    r"dsn=(?P<dsn>[0-9.]+), status=(?P<word>\w+) \((?P<text>.*)\)$"
)


def record(**changes: Any) -> DeliveryRecord:  # noqa: ANN401  the fields of a record
    """Return a record."""
    return attrs.evolve(RECORD, **changes)


def test_the_line() -> None:
    """All fields, in their order."""
    assert LINE == format_record(RECORD)


def test_fields_that_are_not_always_there() -> None:
    """`orig_to` where an alias was, `conn_use` where a connection was used again."""
    line = format_record(record(accepted="Bob@Example.org", connection_uses=1))

    assert "orig_to" not in line
    assert "conn_use" not in line


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [
        (0.004, 2, "0"), (0.005, 2, "0.01"), (0.144, 2, "0.14"), (1.25, 2, "1.3"),
        (9.96, 2, "10"), (12.5, 2, "13"), (100.4, 2, "100"), (0.0, 2, "0"), (-3.0, 2, "0"),
        (0.999, 2, "1"), (86_400.0, 2, "86400"), (0.1, 2, "0.1"), (9.94, 2, "9.9"),
        (0.0082, 6, "0.0082"), (0.044, 6, "0.044"), (0.0449, 6, "0.045"), (0.6, 0, "1"),
    ],
)  # fmt: skip
def test_a_time(seconds: float, decimals: int, text: str) -> None:
    """Two significant digits, no more decimals than there may be, no zeros behind."""
    assert text == format_delay(seconds, decimals=decimals)


@given(st.floats(min_value=0, max_value=1e9))
def test_a_time_is_near(seconds: float) -> None:
    """It is within five in the hundred, or half a hundredth of a second."""
    assert abs(float(format_delay(seconds)) - seconds) <= max(0.005001, seconds * 0.0501)


@given(st.text(max_size=40), st.text(max_size=3000))
def test_strangers_stay_in_their_place(address: str, text: str) -> None:
    """Whatever they wrote, it is one printable line of a bounded length."""
    made = record(recipient=address, relay=address, text=text)
    line = format_record(made)

    assert 1 == len(line.splitlines())
    assert len(line.encode()) < 7000
    assert not re.search(r"[\x00-\x1f\x7f]", line)
    assert json.loads(record_as_json(made))["status"] == "sent"


def test_as_json() -> None:
    """The same as an object, numbers as numbers."""
    assert {
        "queue_id": "4F",
        "to": "bob@example.org",
        "orig_to": "team@example.org",
        "relay": "mx.example.org[192.0.2.1]:25",
        "conn_use": 2,
        "delay": 3.164,
        "delays": [0.1, 0.004, 1.06, 2.0],
        "dsn": "2.0.0",
        "status": "sent",
        "text": "250 2.0.0 Taken",
    } == json.loads(record_as_json(RECORD))


def test_as_an_event() -> None:
    """The same for who keeps logs as objects, with what kind of event it is."""
    event = record_as_event(RECORD)

    assert "delivery" == event.pop("event")
    assert json.loads(record_as_json(RECORD)) == event


@given(st.lists(st.floats(min_value=-10, max_value=1e7), min_size=4, max_size=4))
def test_the_four_are_the_whole(seconds: list[float]) -> None:
    """Together a, b, c and d are the delay, to the microsecond, and none of them is negative."""
    made = record(delays_seconds=seconds)
    micros = [round(each * 1_000_000) for each in made.delays_seconds]

    assert all(each >= 0 for each in micros)
    assert round(made.delay_seconds * 1_000_000) == sum(micros)
    event = record_as_event(made)
    assert (event["delay"], event["delays"]) == (made.delay_seconds, list(made.delays_seconds))


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=4, max_size=4), st.integers(0, 6))
def test_each_is_rounded_alone(seconds: list[float], decimals: int) -> None:
    """As with Postfix each time is rounded by itself, the sum from what was not rounded."""
    made = record(delays_seconds=seconds)
    line = format_record(made, decimals=decimals)

    delays = "/".join(format_delay(each, decimals=decimals) for each in made.delays_seconds)
    delay = format_delay(made.delay_seconds, decimals=decimals)
    assert f" delay={delay}, delays={delays}, " in line


@pytest.mark.shared
def test_the_lines_of_postfix(shared_corpus: Path) -> None:
    """What Postfix wrote comes out of a record of the same, letter for letter."""
    folder = shared_corpus.parents[1] / "postfix/golden/dsn"
    seen = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        # Two cases have another setting.
        limit = re.search(r"delaylog_res(\d)", str(path))
        decimals = 2 if limit is None else int(limit[1])
        for line in path.read_text("utf-8", "surrogateescape").splitlines():
            found = _GOLDEN.search(line)
            if found is None or not found["text"].isascii() or len(found["text"]) > 900:
                continue
            delays = [float(each) for each in found["delays"].split("/")]
            made = record(
                queue_id=found["id"], recipient=found["to"], accepted=found["orig"] or found["to"],
                relay=found["relay"], connection_uses=int(found["uses"] or 1),
                delays_seconds=delays, status=EnhancedStatusCode.parse(found["dsn"]),
                word=found["word"], text=found["text"],
            )  # fmt: skip
            ours = format_record(made, decimals=decimals)
            # The sum was rounded from what the four were rounded from.
            ours = re.sub(r" delay=[0-9.]+", f" delay={found['delay']}", ours)
            assert line[found.start() + 3 :] == ours
            seen += 1
    assert seen > 100
