"""Fuzz the files that a history and a list of suppressions are read from.

Invariant.
- Any lines are events, suppressions and `BadLine`, nothing else, as JSON lines, as CSV
  and as a plain list; a bad line has a number that there is.
- What was read, written again and read again is equal, in each of the forms.
- What is written is lines of US-ASCII as JSON, and is UTF-8 as CSV; no cell is a formula.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
from typing import TYPE_CHECKING, TypeVar

from dsnlib.adapters.history.exchange import (
    BadLine,
    read_events_csv,
    read_events_jsonl,
    read_suppressions_csv,
    read_suppressions_jsonl,
    read_suppressions_text,
    write_events_csv,
    write_events_jsonl,
    write_suppressions_csv,
    write_suppressions_jsonl,
)
from dsnlib.bounces.event_record import EVENT_FIELDS
from fuzz.alphabet import expand, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["HISTORY", "READS", "check"]

READS = (
    "dsnlib.adapters.history.exchange",
    "dsnlib.bounces.event_record",
    "dsnlib.bounces.record_field",
    "dsnlib.bounces.suppression",
    "dsnlib.bounces.suppression_record",
)

_NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_Value = TypeVar("_Value")

# Keys, columns and values of records, and what CSV and JSON are made of.
HISTORY = (
    b"\n", b"\r\n", b"\r", b",", b'"', b'""', b"'", b"=1+1", b": ", b"{", b"}", b"[", b"]", b"null",
    b'{"event_id": "0123456789abcdef0123456789abcdef", "recipient": "bob@example.org", ',
    b'"kind": "failure"', b'"kind": "complaint"', b'"occurred": "2026-11-23T04:00:00Z"',
    b'"occurred": "0001-01-01T00:00:00+23:59"', b'"permanence": "hard"', b'"reason": "unknown"',
    b'"fault": "recipient"', b'"status": "5.1.1"', b'"reply_code": 550', b'"reply_code": -1',
    b'"diagnostic": "550 no"', b'"dialect": "exim"',
    b'"evidence": [{"field": "status", "rule": "x", "confidence": "certain"}]',
    b'"start": 1', b'"end": 2', b'"version": 2', b'"text": "x"',
    ",".join(EVENT_FIELDS).encode() + b"\n",
    b"event_id,recipient,kind\n", b"0123456789abcdef0123456789abcdef,", b"bob@example.org,",
    b"failure", b"address\n", b"address,source,reason,created,expires,released,note,evidence\n",
    b'{"address": "bob@example.org", ', b'"source": "manual"', b'"created": "2026-11-23T04:00Z"',
    b'"expires": "2027-11-23T04:00:00Z"', b'"released": "2026-12-23T04:00:00Z"', b'"note": "x"',
    b'"evidence": ["a", "b c"]', b"2026-11-23T04:00:00Z,", b"import,", b"# ", b"bob@example.org",
    b"\\ud800", b"\\u0000", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc3\xa4", b"1e999",
    b"NaN", b"true", b"9" * 30,
)  # fmt: skip


def check(data: bytes) -> None:
    """Read one input as every kind of file and assert the invariant."""
    octets = expand(data, HISTORY)
    # As a file is read that is opened with newline="".
    lines = text_of(octets).splitlines(keepends=True)
    for read in (read_events_jsonl, read_events_csv):
        events = _values(read(lines), lines)
        _check_again(events, write_events_jsonl, read_events_jsonl)
        _check_again(events, write_events_csv, read_events_csv)
        _check_jsonl(write_events_jsonl(events))
        _check_csv(write_events_csv(events))
    for read_entries in (_entries_jsonl, _entries_csv, _entries_text):
        entries = _values(read_entries(lines), lines)
        _check_again(entries, write_suppressions_jsonl, _entries_jsonl)
        _check_again(entries, write_suppressions_csv, _entries_csv)
        _check_jsonl(write_suppressions_jsonl(entries))
        _check_csv(write_suppressions_csv(entries))


_entries_jsonl = functools.partial(read_suppressions_jsonl, now=_NOW)
_entries_csv = functools.partial(read_suppressions_csv, now=_NOW)
_entries_text = functools.partial(read_suppressions_text, now=_NOW)


def _values(found: Iterable[_Value | BadLine], lines: list[str]) -> list[_Value]:
    values = []
    for each in found:
        if isinstance(each, BadLine):
            assert 1 <= each.line <= len(lines)
            assert each.reason
        else:
            values.append(each)
    return values


def _check_again(
    values: list[_Value],
    write: Callable[[list[_Value]], Iterator[str]],
    read: Callable[[list[str]], Iterator[_Value | BadLine]],
) -> None:
    # From a file there come lines, wherever the writer put their ends.
    text = "".join(write(values))
    octets = text.encode("utf-8", "surrogateescape")
    again = octets.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    assert values == list(read(_by_lf(again)))


def _by_lf(pieces: list[str]) -> list[str]:
    """Return lines as a file has them, which end with LF alone."""
    return [f"{line}\n" for line in "".join(pieces).split("\n")[:-1]]


def _check_jsonl(lines: Iterable[str]) -> None:
    for line in lines:
        assert line.isascii()
        assert line.count("\n") == 1


def _check_csv(lines: Iterable[str]) -> None:
    text = "".join(lines)
    text.encode()
    for row in csv.reader(text.split("\n")):
        assert not any(cell.startswith(_FORMULA) for cell in row)
