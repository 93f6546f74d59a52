"""The score applied to a history: who is suppressed, probed, and let go.

A program calls it when events have been added::

    suppressor = Suppressor(store, ScorePolicy())
    for verdicts in suppressor.batches(now=now):
        for candidate in verdicts.to_probe:
            probe = issue_probe(candidate.address, sent=now, key=key)
            send(probe)  # the caller's
            store.note_probe(probe)

Rules.
- Only addresses with events since the last time are looked at: those that failed in a
  way that counts, those whose owner complained, and of those that mail arrived at the
  suppressed ones.
- What becomes of an address depends on its events alone, so a second run changes nothing,
  and a run that was cut off is done again by the next.
- What is kept of addresses with many events is remembered: who floods a history with
  bounces of one address costs us each of them once.
- Of `batches` each is handed out before it is written and before the place in the
  history is noted: what a program does about it is done at least once.
- What a person or another system has written stays; only a complaint replaces such an
  entry, if it would expire.  An entry that somebody has changed since it was looked at is
  left as he wants it.
- A suppression is of the moment at which it is written: what it follows from may be known
  a day late, and who has it written must not have missed the first warning by then.
- Mail that arrived ends a suppression by expiry, not by release: `released` is for
  persons, and takes away the complaints before it as well.
- A suppression whose events have been forgotten (`Store.prune`) stays.
- What becomes true by waiting alone, such as that nothing came back from a next hop, is
  seen at the next event of the address, or by a run `from_start`.
"""

from __future__ import annotations

import collections
import datetime as dt
import itertools
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.instant import check_instant
from dsnlib.bounces.marks import Marks
from dsnlib.bounces.score import judge_marks
from dsnlib.bounces.score_policy import ScorePolicy
from dsnlib.bounces.standing import Judgement, NextStep, Standing
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.model.number import require_whole

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from dsnlib.adapters.store import Store
    from dsnlib.bounces.probe import SentProbe

__all__ = ["Candidate", "Suppressor", "Verdicts", "Warned"]

# Chosen by us: some megabytes of addresses, and some seconds of work before the place is noted.
_BATCH_EVENTS = 20_000
# Of this many addresses with this many events it is remembered what is kept of them.
_REMEMBERED = 1024
_MANY_EVENTS = 100
_ARRIVED = frozenset({EventKind.SUCCESS, EventKind.RELAYED})
_INSTANT = dt.timedelta(microseconds=1)


class Candidate(NamedTuple):
    """An address that is to be probed.

    Args:
        address: Its key.
        standing: Why.
    """

    address: str
    standing: Standing


class Warned(NamedTuple):
    """Somebody who is to be told that mail to him is stopped.

    Args:
        entry: By what.
        number: Which warning it is, from 1 on; one more than there are: the address is
            to be removed.
        is_last: Whether no more warnings follow, and the address is to be removed.
    """

    entry: Suppression
    number: int
    is_last: bool


@attrs.frozen(kw_only=True)
class Verdicts:
    """What has changed.

    Args:
        suppressed: The suppressions that are new; nothing stopped their addresses before.
        to_probe: Who is to be probed; the same addresses again until a probe is noted.
        released: The suppressions that ended because mail arrived.
        events: How many events were read.
        addresses: How many addresses were looked at; one of two batches counts twice.
    """

    suppressed: tuple[Suppression, ...] = ()
    to_probe: tuple[Candidate, ...] = ()
    released: tuple[Suppression, ...] = ()
    events: int = 0
    addresses: int = 0


class Suppressor:
    """Applies a policy to a store.

    Args:
        store: The history; both are of one thread.
        policy: What counts.
        cursor: The name under which the store keeps how far it has come.
        batch_events: How many events are read before something is written, 1 or more.

    Raises:
        InvalidValue: The batch is empty.
    """

    def __init__(
        self,
        store: Store,
        policy: ScorePolicy | None = None,
        *,
        cursor: str = "suppress",
        batch_events: int = _BATCH_EVENTS,
    ) -> None:
        require_whole(batch_events, "batch_events", least=1)
        self._store = store
        self._policy = ScorePolicy() if policy is None else policy
        self._cursor = cursor
        self._batch_events = batch_events
        self._known: collections.OrderedDict[str, _Known] = collections.OrderedDict()

    def standing(self, address: str, *, now: dt.datetime) -> Standing:
        """Return how an address stands by its events, whoever else has suppressed it.

        Args:
            address: In any case.
            now: The time; with a zone.

        Raises:
            StoreError: The history cannot be read.
            InvalidValue: The time has no zone.
        """
        check_instant(now, "now")
        key = address_key(address)
        return self._standing(key, self._store.suppression(key), now)

    def _standing(self, key: str, entry: Suppression | None, now: dt.datetime) -> Standing:
        # Who was never suppressed was never let go.
        released = None if entry is None else self._store.released(key)
        probe = self._store.probe(key)
        known = self._known.pop(key, None)
        if known is None or not known.may_go_on(released=released, probe=probe, now=now):
            known = _Known(Marks(self._policy, released=released, probe=probe))
        for number, event, _ in self._store.events(after=known.number, address=key):
            known.marks.add(event, now=now)
            known.number = number
            known.count += 1
        known.now = now
        if known.count >= _MANY_EVENTS:
            self._known[key] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return judge_marks(known.marks, now=now)

    def update(self, *, now: dt.datetime, from_start: bool = False) -> Verdicts:
        """Look at all addresses with new events, write what follows, and return it.

        Who is to be probed is told once; a program that may die then takes `batches`.

        Args:
            now: The time; with a zone.
            from_start: Whether all events are read again: after a change of the policy,
                and for what became true by waiting.

        Raises:
            StoreError: The history cannot be read or written; what has been done is done,
                and the rest is done by the next run.
            InvalidValue: The time has no zone.
        """
        return _together(self.batches(now=now, from_start=from_start))

    def batches(self, *, now: dt.datetime, from_start: bool = False) -> Generator[Verdicts]:
        """Do the same in batches; each is written when the next one is asked for.

        Args:
            now: The time; with a zone.
            from_start: As for `update`.

        Raises:
            StoreError: As for `update`.
            InvalidValue: As for `update`.
        """
        noted = self._store.cursor(self._cursor)
        for place, verdicts, changes in self._judged(0 if from_start else noted, now):
            yield verdicts
            # A batch takes seconds, and so may whoever was handed it.
            entries = [
                each.after
                for each in changes
                if self._store.suppression(each.after.address) == each.before
            ]
            if entries:
                self._store.suppress(entries)
            if place > noted:
                self._store.advance(self._cursor, place)

    def preview(self, *, now: dt.datetime, from_start: bool = False) -> Generator[Verdicts]:
        """Yield what `batches` would, and write nothing.

        Args:
            now: The time; with a zone.
            from_start: As for `update`.

        Raises:
            StoreError: The history cannot be read.
            InvalidValue: The time has no zone.
        """
        place = 0 if from_start else self._store.cursor(self._cursor)
        for _, verdicts, _ in self._judged(place, now):
            yield verdicts

    def _judged(
        self, place: int, now: dt.datetime
    ) -> Iterator[tuple[int, Verdicts, tuple[_Change, ...]]]:
        """Yield how far it has come, what has changed, and what is to be written."""
        check_instant(now, "now")
        while True:
            place, events, addresses = self._read(place, now)
            if not events:
                return
            verdicts, changes = self._judge_all(addresses, now)
            yield place, attrs.evolve(verdicts, events=events), changes

    def warned(self, *, since: dt.datetime, until: dt.datetime) -> Iterator[Warned]:
        """Yield whom a warning is due to between two times, all entries looked through.

        The first warning is due when the suppression begins, the others at the interval
        of the policy.  Who asks with the time at which he asked last gets each once.

        Args:
            since: After this time; with a zone.
            until: Up to this time; with a zone.

        Raises:
            StoreError: The history cannot be read.
            InvalidValue: A time has no zone.
        """
        check_instant(since, "since")
        check_instant(until, "until")
        interval = self._policy.bounce_you_are_disabled_warnings_interval
        last = self._policy.bounce_you_are_disabled_warnings + 1
        for entry in self._store.suppressions():
            if entry.source is not SuppressionSource.BOUNCE or not entry.is_active(until):
                continue
            # How many were due by each time: the one at its very beginning is the first.
            due = min((until - entry.created) // interval + 1, last)
            done = min((since - entry.created) // interval + 1, last)
            if due > max(done, 0):
                yield Warned(entry, due, due == last)

    def _read(self, place: int, now: dt.datetime) -> tuple[int, int, list[str]]:
        """Return how far it has come, how many events there were, and whom to look at."""
        worse: dict[str, None] = {}
        better: dict[str, None] = {}
        count = 0
        events = self._store.events(after=place)
        for number, event, _ in itertools.islice(events, self._batch_events):
            place = number
            count += 1
            if event.kind is EventKind.COMPLAINT or self._policy.weigh(event):
                worse[address_key(event.recipient)] = None
            elif event.kind in _ARRIVED:
                better[address_key(event.recipient)] = None
        stopped = self._store.stopped([each for each in better if each not in worse], now=now)
        return place, count, [*worse, *(each for each in better if each in stopped)]

    def _judge_all(
        self, addresses: Iterable[str], now: dt.datetime
    ) -> tuple[Verdicts, tuple[_Change, ...]]:
        """Return what becomes of addresses, and what is to be written of them."""
        suppressed: list[Suppression] = []
        changes: list[_Change] = []
        to_probe: list[Candidate] = []
        ended: list[Suppression] = []
        count = 0
        for address in addresses:
            count += 1
            known = self._store.suppression(address)
            standing = self._standing(address, known, now)
            is_active = known is not None and known.is_active(now)
            if standing.next_step is NextStep.SEND_PROBE and not is_active:
                to_probe.append(Candidate(address, standing))
            entry = _entry(address, standing, known if is_active else None, now)
            if entry is None:
                continue
            changes.append(_Change(known, entry))
            if standing.judgement is not Judgement.SUPPRESS:
                ended.append(entry)
            elif not is_active:
                suppressed.append(entry)
        verdicts = Verdicts(
            suppressed=tuple(suppressed),
            to_probe=tuple(to_probe),
            released=tuple(ended),
            addresses=count,
        )
        return verdicts, tuple(changes)


class _Change(NamedTuple):
    """What there was of an address when it was looked at, and what is to be written."""

    before: Suppression | None
    after: Suppression


class _Known:
    """What is kept of an address, and of how many of its events."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.number = 0
        self.count = 0
        self.now: dt.datetime | None = None

    def may_go_on(
        self, *, released: dt.datetime | None, probe: SentProbe | None, now: dt.datetime
    ) -> bool:
        """Tell whether more events can be added to it, and it is as if read anew."""
        marks = self.marks
        return (
            marks.is_complete
            and (marks.released, marks.probe) == (released, probe)
            and (self.now is None or now >= self.now)
        )


def _entry(
    address: str, standing: Standing, known: Suppression | None, now: dt.datetime
) -> Suppression | None:
    """Return what is to be written of an address; `None` if what is there is right.

    Args:
        address: Its key.
        standing: What its events say.
        known: What stops it now.
        now: The time.
    """
    is_ours = known is None or known.source is SuppressionSource.BOUNCE
    if standing.judgement is Judgement.SUPPRESS:
        if known is None:
            return attrs.evolve(standing.suppression_of(address), created=now)
        entry = standing.suppression_of(address, note=known.note)
        # A clock that went back leaves entries of the future.
        created = min(known.created, now) if entry.source is known.source else now
        entry = attrs.evolve(entry, created=created)
        # A digest that stands for an erased address stops it already.
        if known.address != entry.address:
            return None
        is_worse = entry.source is SuppressionSource.COMPLAINT and known.expires is not None
        return entry if (is_ours or is_worse) and entry != known else None
    if known is None or not is_ours or standing.undone is None:
        return None
    # What came late may have happened before it was written.
    end = standing.undone if standing.undone > known.created else now
    return attrs.evolve(known, created=min(known.created, end - _INSTANT), expires=end)


def _together(batches: Iterable[Verdicts]) -> Verdicts:
    every = tuple(batches)
    return Verdicts(
        suppressed=tuple(itertools.chain.from_iterable(each.suppressed for each in every)),
        to_probe=tuple({each.address: each for one in every for each in one.to_probe}.values()),
        released=tuple(itertools.chain.from_iterable(each.released for each in every)),
        events=sum(each.events for each in every),
        addresses=sum(each.addresses for each in every),
    )
