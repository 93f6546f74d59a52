"""One value of a flat record."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.record_field import read_text, read_time
from dsnlib.errors import InvalidValue
from dsnlib.model.date import format_time

EAST = dt.timezone(dt.timedelta(hours=14))


@given(st.datetimes(timezones=st.timezones()))
def test_times_round_trip(time: dt.datetime) -> None:
    """A time survives, wherever in the calendar and the year it is."""
    try:
        expected = time.astimezone(dt.UTC)
    except OverflowError:
        with pytest.raises(InvalidValue, match="when"):
            read_time({"when": format_time(time)}, "when")
        return

    assert expected == read_time({"when": format_time(time)}, "when")


@pytest.mark.parametrize("value", ["2026-11-23T12:00:00", "tomorrow", "0001-01-01T00:00:00+14:00"])
def test_no_time(value: str) -> None:
    """Without a zone nobody can say when it is; the message names the key."""
    with pytest.raises(InvalidValue, match=r"^when: .* is no time with a zone"):
        read_time({"when": value}, "when")


@pytest.mark.parametrize("record", [{}, {"text": None}, {"text": ""}])
def test_no_text(record: dict[str, object]) -> None:
    """An empty text is as none."""
    assert read_text(record, "text") is None
    assert read_time(record, "text") is None


def test_other_types() -> None:
    """A number is no text, and a time is text."""
    with pytest.raises(InvalidValue, match=r"^text: 5 is no text"):
        read_text({"text": 5}, "text")
