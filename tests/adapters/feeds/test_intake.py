"""Where every feed ends: read, stored, put aside."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.feeds.aside import Aside
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.mail_reading import MailReader, MailReading
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.kinds.message_kind import MessageKind
from dsnlib.bounces.links.link import Issuer
from dsnlib.bounces.links.verp import encode_keyed_verp
from dsnlib.errors import InvalidValue, StoreError, StoreUnavailable
from tests.adapters.feeds.bounce_mails import ORDINARY, UNREAD, bounce
from tests.adapters.feeds.memory_store import MemoryStore, as_store

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def event(number: int, **fields: object) -> BounceEvent:
    """Return an event with a name."""
    known = {"recipient": f"r{number}@example.org", "kind": EventKind.FAILURE}
    return BounceEvent(event_id=f"{number:032x}", **{**known, **fields})  # type: ignore[arg-type]  # fields of an event


def test_take() -> None:
    """A bounce is stored once, and the second time it is known."""
    store = MemoryStore()
    intake = BounceIntake(as_store(store), source="list")
    first, second = intake.take(bounce()), intake.take(bounce())
    assert [(1, 0), (0, 1)] == [(each.new, each.known) for each in (first, second)]
    assert (MessageKind.REPORT, None) == (first.kind, first.unknown)
    assert ["bob@example.org"] == store.recipients
    assert {"list"} == set(store.sources.values())


def test_other_mail() -> None:
    """Mail that is no bounce costs no commit."""
    store = MemoryStore()
    taken = BounceIntake(as_store(store)).take(ORDINARY)
    assert ((), 0, []) == (taken.events, taken.new, store.commits)


def test_one_address_is_not_several() -> None:
    """A mail is not said to have come to the letters of an address."""
    store = MemoryStore()
    with pytest.raises(InvalidValue, match=r"arrived_at: 'bob@example\.org' is one text"):
        BounceIntake(as_store(store)).take(bounce(), arrived_at="bob@example.org")
    assert {} == store.added


def test_store_is_away() -> None:
    """Without the store nothing was taken."""
    store = MemoryStore()
    store.failures = 1
    with pytest.raises(StoreUnavailable):
        BounceIntake(as_store(store)).take(bounce())
    assert {} == store.added


def test_unread_is_put_aside() -> None:
    """What could not be read is put aside before the call returns."""
    kept: list[bytes] = []
    taken = BounceIntake(as_store(MemoryStore()), put_aside=kept.append).take(UNREAD)
    assert [UNREAD] == kept
    assert taken.unknown is not None


def test_forged_is_put_aside() -> None:
    """So is what has a signature that is not ours."""
    kept: list[bytes] = []
    sender = "list-bounces@lists.example"
    mail = bounce(to=encode_keyed_verp(sender, "bob@example.org", key=b"x" * 16))
    reader = MailReader(issuer=Issuer(keys=(b"y" * 16,), senders=(sender,)))
    taken = BounceIntake(as_store(MemoryStore()), put_aside=kept.append, reader=reader).take(mail)
    assert (True, [mail]) == (taken.is_forged, kept)


def test_reader_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """A mail that makes the reader fail is put aside as one that was not understood."""

    class Failing(MailReader):
        def read(self, *_: object, **__: object) -> MailReading:
            raise ZeroDivisionError

    kept: list[bytes] = []
    with caplog.at_level(logging.ERROR):
        taken = BounceIntake(as_store(MemoryStore()), put_aside=kept.append, reader=Failing()).take(
            bounce()
        )
    assert [bounce()] == kept
    assert taken.unknown is not None
    assert "could not be read" in caplog.text


def test_times_are_set() -> None:
    """An event that has no time, or one to come, occurs now."""
    store = MemoryStore()
    intake = BounceIntake(as_store(store), clock=lambda: NOW)
    intake.put([event(1), event(2, occurred=NOW + dt.timedelta(days=1))])
    assert [NOW, NOW] == [each.occurred for each in store.added.values()]


def test_refused_event(caplog: pytest.LogCaptureFixture) -> None:
    """An event that the store refuses is left out, and the others are added."""
    store = MemoryStore()
    store.refused = {f"{2:032x}"}
    with caplog.at_level(logging.ERROR):
        assert (2, 0) == BounceIntake(as_store(store)).put([event(1), event(2), event(3)])
    assert ["r1@example.org", "r3@example.org"] == store.recipients
    assert f"event {2:032x} is left out" in caplog.text


def test_after_batch(caplog: pytest.LogCaptureFixture) -> None:
    """What follows is done behind each batch; where it fails the batch is stored all the same."""
    store = MemoryStore()
    done: list[int] = []

    def fail() -> None:
        message = "history.db: it is busy"
        raise StoreError(message)

    def fail_badly() -> None:
        raise ZeroDivisionError

    intake = BounceIntake(
        as_store(store), after_batch=[fail, fail_badly, lambda: done.append(len(store.added))]
    )
    intake.put([event(1)])
    intake.put([])
    intake.put([event(2)])
    assert [1, 2] == done
    assert "it is busy" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_aside(tmp_path: pytest.TempPathFactory) -> None:
    """Put aside twice, a mail is there once, as it came."""
    from pathlib import Path

    path = Path(str(tmp_path)) / "unread"
    aside = Aside(str(path))
    for _ in range(2):
        aside.put(UNREAD)
    (kept,) = (path / "new").iterdir()
    assert UNREAD == kept.read_bytes()


@given(octets=st.binary(max_size=400))
def test_anything(octets: bytes) -> None:
    """Whatever comes is taken, or put aside; nothing raises."""
    BounceIntake(as_store(MemoryStore())).take(octets, arrived_at=[octets.decode("latin-1")])


@given(damage=st.data())
def test_damaged_bounces(damage: st.DataObject) -> None:
    """A bounce that was damaged anywhere is taken, and every event of it can be stored."""
    octets = bytearray(bounce(to="list-bounces+ann=example.com@lists.example"))
    for _ in range(damage.draw(st.integers(1, 6))):
        place = damage.draw(st.integers(0, len(octets) - 1))
        octets[place : place + damage.draw(st.integers(0, 30))] = damage.draw(st.binary(max_size=6))
    store = MemoryStore()
    reader = MailReader(issuer=Issuer(keys=(b"x" * 16,), senders=("list-bounces@lists.example",)))
    taken = BounceIntake(as_store(store), reader=reader).take(bytes(octets))
    assert len({each.event_id for each in taken.events}) == len(store.added)
