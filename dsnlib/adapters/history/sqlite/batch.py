"""Events as what a history in SQLite is given: the cells of their rows, and their counts.

Bulk loads live here.  What is made of an event is what `rows.event_rows` makes of it, without
a tuple of all its columns between, and what many events have in common is made once.

Rules.
- What stands in a row is safe to store; that is found out for all texts of a batch at once,
  and where one is not, `rows.event_rows` does the work.
"""

from __future__ import annotations

import gc
import re
from collections import Counter
from itertools import chain
from json.encoder import encode_basestring_ascii as _quote
from typing import TYPE_CHECKING, Any, NamedTuple

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.cells import EPOCH, MICROSECONDS_A_DAY, day_text
from dsnlib.adapters.history.evidence_text import BEGINNINGS, beginning_of, evidence_text
from dsnlib.adapters.history.sqlite.row import COLUMNS, DETAILS, place_of
from dsnlib.adapters.history.tally_row import PROVIDERS, TallyRow, look_up_provider
from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.event import EventKind
from dsnlib.model.local_part import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from dsnlib.bounces.event import BounceEvent

__all__ = ["DomainCount", "EventBatch", "event_batch", "row_batch"]

# Columns of a row that are bound for each: the number follows from the first one's.
_WIDTH = len(COLUMNS) - 1
_FAILURE = EventKind.FAILURE.value

_BETWEENS = len(DETAILS) - 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOGETHER = 100

# Chosen by us: kinds of answers; a stranger can invent more.
_REMEMBERED = 65_536
# What an event has in common with many -> what it is counted by, how its details begin.
_beginnings: dict[tuple[Any, ...], tuple[tuple[str, ...], str]] = {}


class DomainCount(NamedTuple):
    """How many events of a day and a reason a domain has; `""` but for failures."""

    domain: str
    reason: str
    day: int
    failures: int
    events: int


class EventBatch(NamedTuple):
    """Events.

    Args:
        ids: The `event_id` of each.
        cells: The columns of their rows but for the number, one after the other.
        keys: What they are counted by: day since 1970, domain, provider, and the rest of
            `TallyRow` in a tuple.
        counted: For each by which of the keys.  Ten thousand tuples that live on would have
            the collector of garbage look at all that the caller has, again and again.
    """

    ids: list[bytes]
    cells: list[object]
    keys: list[tuple[int, str, str, tuple[str, ...]]]
    counted: list[int]

    def only(self, places: Sequence[int]) -> Self:
        """Return those events alone that are at places.  Never raises."""
        return self._replace(
            ids=[self.ids[place] for place in places],
            cells=list(
                chain.from_iterable(
                    [self.cells[_WIDTH * place : _WIDTH * (place + 1)] for place in places]
                )
            ),
            counted=[self.counted[place] for place in places],
        )

    def counts(self) -> tuple[list[tuple[TallyRow, int]], list[DomainCount]]:
        """Return how many there are of each kind, and of each domain, sorted.  Never raises."""
        tallies: Counter[tuple[Any, ...]] = Counter()
        failures: Counter[tuple[str, str, int]] = Counter()
        events: Counter[tuple[str, str, int]] = Counter()
        for number, count in Counter(self.counted).items():
            day, domain, provider, what = self.keys[number]
            tallies[day, provider, what] += count
            if what[0] == _FAILURE:
                failures[domain, what[2], day] += count
            else:
                events[domain, "", day] += count
        events.update(failures)
        return (
            [
                (TallyRow(day_text(day), provider, *what), count)
                for (day, provider, what), count in sorted(tallies.items())
            ],
            [DomainCount(*key, failures[key], count) for key, count in sorted(events.items())],
        )


def event_batch(events: Iterable[BounceEvent], source: str = "") -> EventBatch:
    """Return many events as a history is given them.

    Args:
        events: With their `event_id` and time.
        source: Where they came from, packed.

    Raises:
        InvalidValue: One has no `event_id` of 32 hexadecimal digits, or no time with a zone.
    """
    events = tuple(events)
    # All that is made here lives on and has no cycles: to look for garbage among it, and among
    # all events of the caller, is a tenth of the work.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return _convert(events, source)
    finally:
        if was_enabled:
            gc.enable()


def _convert(events: Sequence[BounceEvent], source: str) -> EventBatch:
    ids = _ids(events)
    times: list[int] = []
    addresses: list[str] = []
    kinds: list[str] = []
    texts: list[str] = []
    keys: dict[tuple[int, str, str, tuple[str, ...]], int] = {}
    counted: list[int] = []
    if len(_beginnings) >= _REMEMBERED:
        _beginnings.clear()
    for event in events:
        occurred = event.occurred
        if occurred is None:
            raise rows.no_time(event)
        since = occurred - EPOCH
        day = since.days
        if not rows.EARLIEST_DAY <= day <= rows.LATEST_DAY:
            raise rows.no_time(event)
        times.append(day * MICROSECONDS_A_DAY + since.seconds * 1_000_000 + since.microseconds)
        status, reason, kind = event.status, event.reason, event.kind._value_
        named = (
            kind, event.permanence._value_, None if reason is None else reason._value_,
            event.fault._value_, event.reply_code,
            None if status is None else (status.class_._value_, status.subject, status.detail),
        )  # fmt: skip
        what, beginning = _beginnings.get(named) or _begin(*named)
        kinds.append(kind)
        recipient = event.recipient
        key = address_key(recipient)
        addresses.append(key)
        _, at, domain = key.rpartition("@")
        host = event.remote_mta
        pieces = []
        for each in event.evidence:
            rule = (each.field, each.rule, each.version, each.confidence)
            piece = BEGINNINGS.get(rule) or beginning_of(rule)
            pieces.append(f"{piece}{each.start},{each.end},{_quote(each.text)}]")
        evidence = f"[{','.join(pieces)}]" if pieces else ""
        if "None" in evidence:
            evidence = evidence_text(event.evidence)
        texts.append(
            f"{beginning}{'' if recipient == key else recipient}\x1f"
            f"{event.original_recipient or ''}\x1f{event.diagnostic or ''}\x1f{host or ''}\x1f"
            f"{event.reporting_mta or ''}\x1f{event.dialect}\x1f{event.envelope_id or ''}\x1f"
            f"{event.message_id or ''}\x1f{evidence}\x1f{source}"
        )
        provider = PROVIDERS.get((host, domain))
        if provider is None:
            provider = look_up_provider(host, domain)
        counted.append(keys.setdefault((day, domain if at else "", provider, what), len(keys)))
    if not _are_sound(addresses, texts):
        return row_batch(rows.event_rows(events, source))
    columns = (ids, times, map(place_of, addresses), addresses, kinds, texts)
    return EventBatch(ids, _in_turns(columns, len(ids)), [*keys], counted)


def _ids(events: Sequence[BounceEvent]) -> list[bytes]:
    identifiers = [each.event_id for each in events]
    text = "".join(identifiers)
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    width = rows.ID_OCTETS
    # `fromhex` takes capitals and blanks too.
    if octets.hex() != text or not {2 * width}.issuperset(map(len, identifiers)):
        # It says which one is wrong.
        rows.event_rows(events)
    return [octets[start : start + width] for start in range(0, len(octets), width)]


def _in_turns(columns: Sequence[Iterable[object]], count: int) -> list[object]:
    cells: list[object] = [None] * (count * len(columns))
    for place, column in enumerate(columns):
        cells[place :: len(columns)] = column
    return cells


def row_batch(batch: rows.Batch) -> EventBatch:
    """Return events as a history is given them, made of their rows.  Never raises.

    Args:
        batch: The rows, as every store has them.
    """
    ids: list[bytes] = []
    cells: list[object] = []
    keys: dict[tuple[int, str, str, tuple[str, ...]], int] = {}
    counted: list[int] = []
    for row, (day, provider, *what) in zip(batch.rows, batch.keys, strict=True):
        each = rows.EventRow._make(row)
        details = "\x1f".join([str(getattr(each, name) or "") for name in DETAILS])
        ids.append(each.event_id)
        cells += (
            each.event_id, each.occurred, place_of(each.address), each.address, each.kind, details,
        )  # fmt: skip
        key = (day, domain_of(each.address), provider, tuple(what))
        counted.append(keys.setdefault(key, len(keys)))
    return EventBatch(ids, cells, [*keys], counted)


def _begin(
    kind: str,
    permanence: str,
    reason: str | None,
    fault: str,
    reply_code: int | None,
    status: tuple[int, int, int] | None,
) -> tuple[tuple[str, ...], str]:
    code = ".".join([str(each) for each in status or ()])
    found = _beginnings[kind, permanence, reason, fault, reply_code, status] = (
        (kind, permanence, reason or "", fault, code),
        f"{reason or ''}\x1f{permanence}\x1f{fault}\x1f{code}\x1f{reply_code or ''}\x1f",
    )
    return found


def _are_sound(addresses: Sequence[str], texts: Sequence[str]) -> bool:
    """Tell whether nothing in addresses and details has to be escaped."""
    # Some at a time: what is small stays in the cache of the processor.
    for start in range(0, len(texts), _TOGETHER):
        some = texts[start : start + _TOGETHER]
        text = "".join([*addresses[start : start + _TOGETHER], *some])
        if "\0" in text or "\x1a" in text or text.count("\x1f") != _BETWEENS * len(some):
            return False
        if not text.isascii() and _SURROGATE.search(text):
            return False
    return True
