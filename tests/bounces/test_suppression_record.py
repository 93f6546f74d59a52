"""A suppression as a flat record, and back."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.suppression_record import (
    SUPPRESSION_FIELDS,
    read_suppression_record,
    suppression_record,
)
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import DAY, HOUR, NOON

_AFTER = st.integers(0, 10**6).map(lambda minutes: NOON + dt.timedelta(minutes=minutes))
_ENTRIES = st.builds(
    Suppression,
    address=st.text(min_size=1).filter(lambda text: text.lower() not in {"", "."}),
    source=st.sampled_from(SuppressionSource),
    created=st.just(NOON) | st.just(NOON.astimezone(dt.timezone(3 * HOUR))),
    reason=st.none() | st.text(min_size=1),
    evidence=st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex)),
    expires=st.none() | _AFTER.map(lambda time: time + DAY),
    released=st.none() | _AFTER,
    note=st.text(),
)


@given(_ENTRIES)
def test_round_trip(entry: Suppression) -> None:
    """A suppression survives being written as JSON and read."""
    record = json.loads(json.dumps(suppression_record(entry)))

    assert list(SUPPRESSION_FIELDS) == list(record)
    assert entry == read_suppression_record(record)


@given(_ENTRIES)
def test_round_trip_in_a_table_of_text(entry: Suppression) -> None:
    """Where nothing is the empty text, and the evidence one cell."""
    record = suppression_record(entry)
    row = {key: value or "" for key, value in record.items() if key != "evidence"}

    assert entry == read_suppression_record({**row, "evidence": " ".join(entry.evidence)})


def test_an_address_alone() -> None:
    """Of a plain list: it was imported, now."""
    entry = Suppression(address="bob@example.org", source=SuppressionSource.IMPORT, created=NOON)

    assert entry == read_suppression_record({"address": "Bob@example.org", "list": 1}, now=NOON)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("source", "rumour"),
        ("created", "yesterday"),
        ("created", "2026-11-23T12:00:00"),
        ("created", None),
        ("created", "0001-01-01T00:00:00+14:00"),
        ("reason", 5),
        ("evidence", 5),
        ("evidence", [5]),
        ("expires", "2020-01-01T00:00:00Z"),
        ("address", ""),
    ],
)
def test_no_suppression(key: str, value: Any) -> None:  # noqa: ANN401  a value of JSON
    """The message names the key."""
    record = {"address": "bob@example.org", "created": "2026-11-23T12:00:00Z", key: value}

    with pytest.raises(InvalidValue, match=key):
        read_suppression_record(record)
