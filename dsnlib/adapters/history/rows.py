"""Rows of a history: an event or a suppression as columns, the same in every store.

Rules.
- What is read is equal to what was written, whatever a stranger's text has in it.
- An empty text is as none, as in `bounces.event_record`.
- Texts and times are those of `cells`; `event_id` is its 16 octets; the recipient is there
  only if it is not spelt as its key.
- Evidence is as `evidence_text` has it.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import Counter
from json.encoder import encode_basestring_ascii as _quote
from typing import TYPE_CHECKING, Any, NamedTuple

from dsnlib.adapters.history.cells import (
    EPOCH,
    ESCAPED,
    MICROSECONDS_A_DAY,
    day_text,
    from_microseconds,
    pack_text,
    to_microseconds,
    unpack_text,
)
from dsnlib.adapters.history.evidence_text import (
    BEGINNINGS,
    beginning_of,
    number_text,
    read_evidence,
)
from dsnlib.adapters.history.tally_row import (
    FAULTS,
    KINDS,
    PERMANENCES,
    PROVIDERS,
    REASONS,
    TallyRow,
    look_up_provider,
    read_tally_row,
)
from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.event import BounceEvent
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.local_part import domain_of
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "EARLIEST_DAY",
    "ID_OCTETS",
    "LATEST_DAY",
    "Batch",
    "EventRow",
    "SuppressionRow",
    "TallyRow",
    "event_row",
    "event_rows",
    "from_microseconds",
    "is_plain",
    "no_identifier",
    "no_time",
    "pack_text",
    "read_event_row",
    "read_suppression_row",
    "read_tally_row",
    "suppression_row",
    "tally_row",
    "tally_rows",
    "to_microseconds",
    "unpack_text",
]

# Days since 1970, UTC, that a time can have.
EARLIEST_DAY = (dt.date.min - EPOCH.date()).days
LATEST_DAY = (dt.date.max - EPOCH.date()).days
ID_OCTETS = 16


class EventRow(NamedTuple):
    """An event as columns, in their order.

    Args:
        event_id: 16 octets.
        occurred: Microseconds since 1970.
        address: The key of the recipient.
        recipient: As the mail spells it; `None` if that is the key.
        original_recipient: What the event has, as all that follow; names of an `Enum` by value.
        evidence: As `evidence_text` has it.
        source: Where it came from.
    """

    event_id: bytes
    occurred: int
    address: str
    recipient: str | None
    original_recipient: str | None
    kind: str
    permanence: str
    reason: str | None
    fault: str
    status: str | None
    reply_code: int | None
    diagnostic: str | None
    remote_mta: str | None
    reporting_mta: str | None
    dialect: str
    envelope_id: str | None
    message_id: str | None
    evidence: str
    source: str


class Batch(NamedTuple):
    """Events as columns, and what they are counted by.

    Args:
        rows: The columns of `EventRow`, in the order of the events.
        keys: Of each the columns of `TallyRow`, the day as the number of days since 1970.
    """

    rows: list[tuple[Any, ...]]
    keys: list[tuple[Any, ...]]

    def tallies(self) -> list[tuple[TallyRow, int]]:
        """Return how many of each kind there are, in the order of the keys.  Never raises."""
        counts = Counter(self.keys)
        # Sorted, so that many writers take the rows of a database in one order.
        return [
            (TallyRow(day_text(day), *rest), count)
            for (day, *rest), count in sorted(counts.items())
        ]


class SuppressionRow(NamedTuple):
    """A suppression as columns; `evidence` is a JSON array, `""` for none."""

    address: str
    source: str
    created: int
    reason: str | None
    evidence: str
    expires: int | None
    released: int | None
    note: str


def _pack(text: str | None) -> str | None:
    return text if text is None or text.isprintable() else pack_text(text)


def _unpack(text: str | None) -> str | None:
    return text if text is None or "\x1a" not in text else unpack_text(text)


def event_row(event: BounceEvent, source: str = "") -> EventRow:
    """Return the row of an event.

    Args:
        event: With its `event_id` and time.
        source: Where it came from, packed.

    Raises:
        InvalidValue: It has no `event_id` of 32 hexadecimal digits, or no time with a zone.
    """
    return EventRow._make(event_rows((event,), source).rows[0])


def event_rows(events: Iterable[BounceEvent], source: str = "") -> Batch:
    """Return the rows of many events, and what they are counted by.

    Bulk loads live here, so what `pack_text` and `tally_row` would do is done without calls,
    and what is safe to store is found out once for all texts of the batch.

    Args:
        events: With their `event_id` and time.
        source: Where they came from, packed.

    Raises:
        InvalidValue: One has no `event_id` of 32 hexadecimal digits, or no time with a zone.
    """
    made: list[tuple[Any, ...]] = []
    keys: list[tuple[Any, ...]] = []
    texts: list[str] = []
    for event in events:
        identifier = event.event_id
        try:
            octets = bytes.fromhex(identifier)
        except ValueError:
            octets = b""
        occurred = event.occurred
        # `fromhex` takes capitals and blanks too.
        if octets.hex() != identifier or len(octets) != ID_OCTETS:
            raise no_identifier(event)
        if occurred is None:
            raise no_time(event)
        since = occurred - EPOCH
        day = since.days
        if not EARLIEST_DAY <= day <= LATEST_DAY:
            raise no_time(event)
        recipient = event.recipient
        key = address_key(recipient)
        host = event.remote_mta
        status, reason = event.status, event.reason
        code = (
            "" if status is None
            else f"{status.class_._value_}.{status.subject}.{status.detail}"
        )  # fmt: skip
        kind, permanence, fault = event.kind._value_, event.permanence._value_, event.fault._value_
        why = "" if reason is None else reason._value_
        pieces = []
        for each in event.evidence:
            named = (each.field, each.rule, each.version, each.confidence._value_)
            beginning = BEGINNINGS.get(named) or beginning_of(named)
            start, end = each.start, each.end
            pieces.append(
                f"{beginning}{start},{end},{_quote(each.text)}]"
                if start is not None and end is not None
                else f"{beginning}{number_text(start)},{number_text(end)},{_quote(each.text)}]"
            )
        original, diagnostic, reporting = (
            event.original_recipient, event.diagnostic, event.reporting_mta,
        )  # fmt: skip
        dialect, envelope, message = event.dialect, event.envelope_id, event.message_id
        made.append((
            octets, day * MICROSECONDS_A_DAY + since.seconds * 1_000_000 + since.microseconds, key,
            None if recipient == key else recipient, original, kind, permanence, why or None,
            fault, code or None, event.reply_code, diagnostic, host, reporting, dialect,
            envelope, message, f"[{','.join(pieces)}]" if pieces else "", source,
        ))  # fmt: skip
        domain = key.rpartition("@")[2]
        provider = PROVIDERS.get((host, domain))
        if provider is None:
            provider = look_up_provider(host, domain)
        keys.append((day, provider, kind, permanence, why, fault, code))
        texts.append(
            f"{recipient}{original}{diagnostic}{host}{reporting}{dialect}{envelope}{message}"
        )
    if not is_plain("".join(texts)):
        made = [
            (*[pack_text(cell) if isinstance(cell, str) else cell for cell in row[:-1]], source)
            for row in made
        ]
    return Batch(made, keys)


def is_plain(text: str) -> bool:
    """Tell whether a text can be stored as it is.  Never raises."""
    if text.isascii():
        return "\0" not in text and "\x1a" not in text and "\x1f" not in text
    return ESCAPED.search(text) is None


def no_identifier(event: BounceEvent) -> InvalidValue:
    """Return what is wrong with an event that has no `event_id`."""
    message = f"event_id: {event.event_id!r} is not 32 hexadecimal digits"
    return InvalidValue(message, value=event.event_id)


def no_time(event: BounceEvent) -> InvalidValue:
    """Return what is wrong with an event whose time is missing, or none."""
    message = f"occurred: {event.occurred!r} of event {event.event_id} is no time with a zone"
    return InvalidValue(message, value=event.occurred)


def read_event_row(row: Sequence[object]) -> BounceEvent:
    """Return the event of a row.

    Args:
        row: The columns of `EventRow`, as a database gives them.

    Raises:
        InvalidValue: A value is none that its column can have.
    """
    each = EventRow._make(row)
    try:
        return BounceEvent(
            event_id=each.event_id.hex(),
            occurred=from_microseconds(each.occurred),
            recipient=unpack_text(each.address if each.recipient is None else each.recipient),
            original_recipient=_unpack(each.original_recipient),
            kind=KINDS[each.kind],
            permanence=PERMANENCES[each.permanence],
            reason=None if each.reason is None else REASONS[each.reason],
            fault=FAULTS[each.fault],
            status=None if each.status is None else _read_status(each.status),
            reply_code=each.reply_code,
            diagnostic=_unpack(each.diagnostic),
            remote_mta=_unpack(each.remote_mta),
            reporting_mta=_unpack(each.reporting_mta),
            dialect=unpack_text(each.dialect),
            envelope_id=_unpack(each.envelope_id),
            message_id=_unpack(each.message_id),
            evidence=read_evidence(each.evidence),
        )
    except (ArithmeticError, AttributeError, DsnError, LookupError, TypeError, ValueError) as error:
        message = f"event: {tuple(row)[:3]!r} ... is no row of an event: {error}"
        raise InvalidValue(message, value=each.event_id) from error


# Chosen by us: there are some tens of codes that anybody sends.
@functools.lru_cache(maxsize=4_096)
def _read_status(text: str) -> EnhancedStatusCode:
    return EnhancedStatusCode.parse(text)


def suppression_row(entry: Suppression) -> SuppressionRow:
    """Return the row of a suppression.  Never raises."""
    return SuppressionRow(
        pack_text(entry.address),
        entry.source.value,
        to_microseconds(entry.created),
        _pack(entry.reason),
        json.dumps(entry.evidence) if entry.evidence else "",
        None if entry.expires is None else to_microseconds(entry.expires),
        None if entry.released is None else to_microseconds(entry.released),
        pack_text(entry.note),
    )


def read_suppression_row(row: Sequence[object]) -> Suppression:
    """Return the suppression of a row.

    Args:
        row: The columns of `SuppressionRow`, as a database gives them.

    Raises:
        InvalidValue: A value is none that its column can have.
    """
    each = SuppressionRow._make(row)
    try:
        return Suppression(
            address=unpack_text(each.address),
            source=SuppressionSource(each.source),
            created=from_microseconds(each.created),
            reason=_unpack(each.reason),
            evidence=json.loads(each.evidence) if each.evidence else (),
            expires=None if each.expires is None else from_microseconds(each.expires),
            released=None if each.released is None else from_microseconds(each.released),
            note=unpack_text(each.note),
        )
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        message = f"suppression: {tuple(row)[:3]!r} ... is no row of one: {error}"
        raise InvalidValue(message, value=each.address) from error


def tally_row(row: Sequence[Any]) -> TallyRow:
    """Return what the event of a row is counted by.  Never raises.

    Args:
        row: The columns of `EventRow`.
    """
    each = EventRow._make(row)
    return TallyRow(
        day_text(each.occurred // MICROSECONDS_A_DAY),
        look_up_provider(each.remote_mta, domain_of(each.address)),
        each.kind,
        each.permanence,
        each.reason or "",
        each.fault,
        each.status or "",
    )


def tally_rows(rows: Iterable[Sequence[Any]]) -> Counter[TallyRow]:
    """Return how many events of each kind there are among rows.  Never raises."""
    return Counter([tally_row(row) for row in rows])
