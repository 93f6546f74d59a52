"""Where every feed ends: a mail is read, its events are stored, and then it may be forgotten.

    with open_store("history.db") as store:
        intake = BounceIntake(store, source="list-bounces")
        taken = intake.take(octets)          # on the disk when it returns

Rules.
- `take` and `put` have returned when the store has the events on the disk, and what could
  not be read is put aside: whoever fed the mail may forget it then, and not before.
- A mail that makes the reader fail ends nothing: it is put aside as one that could not be
  read.
- An event that the store refuses for what is in it is left out, and the others are added.
- What is done after a batch (suppression, events out) is done again after the next one if
  it fails: it reads the store from where it had come to.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.feeds.mail_reading import MailReader, MailReading, settle_time
from dsnlib.adapters.telemetry.ingest_observer import IngestObserver
from dsnlib.bounces.event import BounceEvent
from dsnlib.bounces.kinds.message_kind import MessageKind
from dsnlib.bounces.unknown import UnknownBounce
from dsnlib.errors import InvalidValue, StoreError
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dsnlib.adapters.store import Store

    AfterBatch = Callable[[], object]
    PutAside = Callable[[bytes], object]

__all__ = ["BounceIntake", "Taken"]

_LOG = logging.getLogger("dsnlib.ingest")


@attrs.frozen(kw_only=True)
class Taken:
    """What became of one mail.

    Args:
        events: What it says; each is in the store.
        new: How many of them were not there before.
        known: How many were.
        kind: What kind of mail it is.
        unknown: The mail, if it looks like a bounce and nothing could be read of it.
        is_forged: Whether it was left out because it is not signed, or not by us.
    """

    events: tuple[BounceEvent, ...] = ()
    new: int = 0
    known: int = 0
    kind: MessageKind = MessageKind.ORDINARY
    unknown: UnknownBounce | None = None
    is_forged: bool = False


class BounceIntake:
    """Reads mails and stores what they say.

    Args:
        store: Where events go.
        source: Where they come from, as the store keeps it: a word.
        reader: How mails are read.
        put_aside: Called with a mail that looks like a bounce and could not be read, or
            that is forged; has to have it on the disk when it returns.
        after_batch: Called in this order when events have been added.
        observer: Who looks on, for metrics and spans; nobody if `None`.
        clock: Tells the time, with a zone.
    """

    def __init__(
        self,
        store: Store,
        *,
        source: str = "",
        reader: MailReader | None = None,
        put_aside: PutAside | None = None,
        after_batch: Iterable[AfterBatch] = (),
        observer: IngestObserver | None = None,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        self.store = store
        self.source = source
        self._reader = MailReader() if reader is None else reader
        self._put_aside = put_aside
        self._after_batch = tuple(after_batch)
        self._observer = IngestObserver() if observer is None else observer
        self._clock = _now if clock is None else clock

    def take(
        self, octets: bytes, *, arrived: dt.datetime | None = None, arrived_at: Sequence[str] = ()
    ) -> Taken:
        """Read one mail and store what it says.

        Args:
            octets: The mail.
            arrived: When it came, with a zone; now if not given.
            arrived_at: The addresses that it was delivered to, as far as they are known.

        Returns:
            What became of it; it is durable.

        Raises:
            InvalidValue: `arrived_at` is one text.
            StoreError: It could not be stored; nothing is lost if it is offered again.
            OSError: It could not be put aside.
        """
        with self._observer.ingest():
            reading = self.read(octets, arrived=arrived, arrived_at=arrived_at)
            new, known = self.put(reading.events)
        return Taken(
            events=reading.events,
            new=new,
            known=known,
            kind=reading.kind,
            unknown=reading.unknown,
            is_forged=reading.is_forged,
        )

    def read(
        self, octets: bytes, *, arrived: dt.datetime | None = None, arrived_at: Sequence[str] = ()
    ) -> MailReading:
        """Return what a mail says, having put it aside if that is due; see `take`.

        Raises:
            InvalidValue: `arrived_at` is one text.
            OSError: It could not be put aside.
        """
        arrived_at = texts(arrived_at, "arrived_at")
        with self._observer.read() as span:
            reading = self._read(octets, arrived, arrived_at)
            self._observer.note_read(span, _result(reading), reading.events)
        if self._put_aside is not None and (reading.unknown is not None or reading.is_forged):
            self._put_aside(octets)
        return reading

    def _read(
        self, octets: bytes, arrived: dt.datetime | None, arrived_at: Sequence[str]
    ) -> MailReading:
        try:
            return self._reader.read(
                octets, now=self._clock(), arrived=arrived, arrived_at=arrived_at
            )
        except Exception:  # noqa: BLE001  one mail must not end a feed of millions
            _LOG.exception("a mail of %d octets could not be read", len(octets))
            return MailReading(
                kind=MessageKind.BOUNCE_LIKE,
                unknown=UnknownBounce(octets=octets, kind=MessageKind.BOUNCE_LIKE),
            )

    def put(self, events: Sequence[BounceEvent]) -> tuple[int, int]:
        """Store events that were read, and do what is due after it.

        Args:
            events: With their `event_id`; the time of one that has none is now.

        Returns:
            How many were not there before, and how many were.

        Raises:
            StoreError: None of them could be stored.
        """
        if not events:
            return 0, 0
        now = self._clock()
        events = [settle_time(each, now=now, otherwise=now) for each in events]
        with self._observer.add():
            try:
                new, known = self.store.add(events, source=self.source)
            except InvalidValue:
                new, known = self._put_each(events)
        self._observer.note_added(events, new=new, known=known)
        if self._after_batch:
            with self._observer.follow_up():
                self._follow_up()
        return new, known

    def _put_each(self, events: Iterable[BounceEvent]) -> tuple[int, int]:
        new = known = 0
        for each in events:
            try:
                added = self.store.add([each], source=self.source)
            except InvalidValue as error:
                _LOG.error("event %s is left out: %s", each.event_id, error)
                continue
            new += added.new
            known += added.known
        return new, known

    def _follow_up(self) -> None:
        for each in self._after_batch:
            try:
                each()
            except StoreError as error:
                _LOG.warning("what follows a batch is done after the next one: %s", error)
            except Exception:  # noqa: BLE001  the mail is stored, and must not come again for it
                _LOG.exception("what follows a batch failed, and is done after the next one")


def _result(reading: MailReading) -> str:
    if reading.is_forged:
        return "forged"
    return reading.kind.value if reading.unknown is None else "unread"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
