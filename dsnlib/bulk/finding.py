"""What a message gives: an event and where it was read, or what went wrong.

A finding is a row before it has a form: `rows.row_of` makes a record of it, and
`columns.arrow_batch` columns of many, without a record between them, which takes a third
of the time.

Rules.
- A message gives the same findings wherever it is read.
- What a message does to the reader is an error of that message, and the rest is read.
- A time that the event lacks, or that UTC has no day for, is that of the mail: its `Date`,
  else when it arrived.  A time in the future is set to now.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.mailboxes.inputs import ReadError
from dsnlib.bounces.links.clues import field_pattern, read_clues
from dsnlib.bounces.read import read_bounces
from dsnlib.bulk.clean_text import clean_text
from dsnlib.model.date import guess_date, parse_date

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.bounces.event import BounceEvent, Evidence
    from dsnlib.bounces.unknown import OnUnknown

__all__ = ["DAY_MICROSECONDS", "BulkFinding", "error_finding", "find_in", "time_of"]

DAY_MICROSECONDS = 86_400_000_000

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_DATE = field_pattern("date")
# The field as nearly every mail has it, or else the end of the header: one search, which
# takes a fifth of the time that two `find` take.
_PLAIN_DATE = re.compile(rb"\n(?:Date: ([^\r\n]{1,100})\r?\n|\r?\n)").search
# A day at an end of the calendar has no time in UTC.
_FIRST_YEAR, _LAST_YEAR = dt.MINYEAR + 1, dt.MAXYEAR - 1
_NO_EVENT = (None,) * 17


class Message(NamedTuple):
    """A message, and where it was found.

    Args:
        source: The file, or whatever tells a person where to look.
        number: The place in it; `None` if it is the whole file.
        octets: The message.
    """

    source: str
    number: int | None
    octets: bytes


class BulkFinding(NamedTuple):
    """One row: its fields are those of `columns.ROW_FIELDS`, in their order.

    Args:
        source: The file.
        message: The place in it.
        event_id: As `bounces.event_record` has it; `None` where there is no event, as all
            that follow but the last.
        occurred: Microseconds since 1970, UTC.
        recipient: As in the record, and so on.
        original_recipient: The same.
        kind: The same.
        permanence: The same.
        reason: The same.
        fault: The same.
        status: The same.
        reply_code: The same.
        diagnostic: The same.
        remote_mta: The same.
        reporting_mta: The same.
        dialect: The same.
        envelope_id: The same.
        message_id: The same.
        evidence: As the event has it.
        error: `code: what went wrong`.
    """

    source: str
    message: int | None
    event_id: str | None
    occurred: int | None
    recipient: str | None
    original_recipient: str | None
    kind: str | None
    permanence: str | None
    reason: str | None
    fault: str | None
    status: str | None
    reply_code: int | None
    diagnostic: str | None
    remote_mta: str | None
    reporting_mta: str | None
    dialect: str | None
    envelope_id: str | None
    message_id: str | None
    evidence: tuple[Evidence, ...] | None
    error: str | None


def find_in(
    message: Message,
    *,
    arrived: dt.datetime | None = None,
    now: dt.datetime | None = None,
    on_unknown: OnUnknown | None = None,
) -> list[BulkFinding]:
    """Return what a message gives.  Never raises for what is in it.

    Args:
        message: Any mail; one that reports on nobody gives nothing.
        arrived: When it arrived, if it does not say it.
        now: No time is later than this one.
        on_unknown: As `read_bounces` takes it.
    """
    try:
        events = read_bounces(message.octets, on_unknown=on_unknown)
        return _findings(message, events, arrived, now) if events else []
    except Exception as error:  # noqa: BLE001  one message must not end a run over millions
        reason = f"dsnlib failed on this message; please report {type(error).__name__}: {error}"
        return [error_finding(message.source, message.number, ReadError("bug", reason, 70))]


def _findings(
    message: Message,
    events: Iterable[BounceEvent],
    arrived: dt.datetime | None,
    now: dt.datetime | None,
) -> list[BulkFinding]:
    source, number, octets = message
    findings = []
    otherwise: dt.datetime | None = None
    for event in events:
        occurred = event.occurred
        if occurred is None or not _FIRST_YEAR <= occurred.year <= _LAST_YEAR:
            occurred = otherwise = otherwise or _date_of(octets) or arrived
        if occurred is not None and now is not None and occurred > now:
            occurred = now
        reason, status = event.reason, event.status
        findings.append(
            BulkFinding(
                source,
                number,
                event.event_id,
                None if occurred is None else (occurred - _EPOCH) // _MICROSECOND,
                event.recipient,
                event.original_recipient,
                event.kind.value,
                event.permanence.value,
                None if reason is None else reason.value,
                event.fault.value,
                None if status is None else str(status),
                event.reply_code,
                event.diagnostic,
                event.remote_mta,
                event.reporting_mta,
                event.dialect,
                event.envelope_id,
                event.message_id,
                event.evidence,
                None,
            )
        )
    return findings


def _date_of(octets: bytes) -> dt.datetime | None:
    found = _PLAIN_DATE(octets)
    if found is not None and found[1] is not None:
        with contextlib.suppress(ValueError):  # folded, or in another form
            return _in_calendar(parse_date(found[1].decode("ascii")))
    clues = read_clues(octets, _DATE)
    return _in_calendar(guess_date(clues["date"][0].text)) if clues else None


def _in_calendar(when: dt.datetime | None) -> dt.datetime | None:
    return when if when is not None and _FIRST_YEAR <= when.year <= _LAST_YEAR else None


def time_of(microseconds: int) -> dt.datetime:
    """Return the time, in UTC, that a finding has as a number.

    Raises:
        OverflowError: No calendar has it; no finding does.
    """
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def error_finding(source: str, number: int | None, error: ReadError) -> BulkFinding:
    """Return the finding for what could not be read.  Never raises."""
    return BulkFinding(source, number, *_NO_EVENT, clean_text(f"{error.code}: {error.message}"))
