"""New mail of a Maildir: read, stored, moved."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.feeds import maildir_feed
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.maildir_feed import MaildirFeed
from dsnlib.adapters.feeds.pump import Pump
from dsnlib.adapters.feeds.stop import Stop
from dsnlib.adapters.feeds.watching import watch
from dsnlib.errors import StoreUnavailable
from tests.adapters.feeds.bounce_mails import bounce
from tests.adapters.feeds.memory_store import MemoryStore, as_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsnlib.adapters.feeds.feed_item import FeedItem


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for name in ("cur", "new", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


def put(maildir: Path, name: str, number: int = 1) -> None:
    """Deliver a bounce."""
    octets = bounce(f"r{number}@example.org", number=number)
    (maildir / "new" / name).write_bytes(octets)


def names(maildir: Path, part: str) -> list[str]:
    """Return the names of what is there."""
    return sorted(each.name for each in (maildir / part).iterdir())


def run(feed: MaildirFeed, store: MemoryStore) -> None:
    """Store what is there now."""
    Pump(BounceIntake(as_store(store))).run(feed.poll())


def test_moved_when_stored(maildir: Path) -> None:
    """What is stored is in `cur`, and was seen; other flags stay."""
    put(maildir, "1.a.host", 1)
    put(maildir, "2.b.host:2,FR", 2)
    store = MemoryStore()
    run(MaildirFeed(str(maildir)), store)
    assert ["r1@example.org", "r2@example.org"] == store.recipients
    assert [] == names(maildir, "new")
    assert ["1.a.host:2,S", "2.b.host:2,FRS"] == names(maildir, "cur")


def test_deleted_when_stored(maildir: Path) -> None:
    """If it is wanted, what is stored is deleted."""
    put(maildir, "1.a.host")
    run(MaildirFeed(str(maildir), deletes=True), MemoryStore())
    assert [[], []] == [names(maildir, part) for part in ("new", "cur")]


def test_not_moved_when_not_stored(maildir: Path) -> None:
    """What the store does not have is in `new`, and is read again."""
    put(maildir, "1.a.host")
    store = MemoryStore()
    store.failures = 1
    feed = MaildirFeed(str(maildir))
    with pytest.raises(StoreUnavailable):
        run(feed, store)
    assert ["1.a.host"] == names(maildir, "new")
    run(feed, store)
    assert ["1.a.host:2,S"] == names(maildir, "cur")


def test_only_regular_files(maildir: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Links, pipes and directories are passed over, and said once."""
    secret = maildir.parent / "secret"
    secret.write_bytes(bounce())
    (maildir / "new" / "1.link").symlink_to(secret)
    os.mkfifo(maildir / "new" / "2.pipe")
    (maildir / "new" / "3.directory").mkdir()
    (maildir / "new" / ".hidden").write_bytes(bounce())
    store, feed = MemoryStore(), MaildirFeed(str(maildir))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            run(feed, store)
    assert [] == store.recipients
    assert 3 == len(caplog.records)


def test_cannot_be_moved(maildir: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be moved is stored, and is not read again in this run."""
    put(maildir, "1.a.host", 1)
    (maildir / "cur").rmdir()
    (maildir / "cur").write_text("no directory")
    store, feed = MemoryStore(), MaildirFeed(str(maildir))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            run(feed, store)
    assert [1] == store.commits
    assert 1 == len(caplog.records)


def test_taken_by_another(maildir: Path) -> None:
    """A mail that another reader has moved meanwhile is nobody's fault."""
    put(maildir, "1.a.host")
    offers = [each for each in MaildirFeed(str(maildir)).poll() if each is not None]
    (maildir / "new" / "1.a.host").rename(maildir / "cur" / "1.a.host:2,S")
    (offer,) = offers
    assert offer.done is not None
    offer.done()
    assert ["1.a.host:2,S"] == names(maildir, "cur")


def test_many(maildir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, all are read, a part at a time."""
    monkeypatch.setattr(maildir_feed, "_MOST_NAMES", 3)
    for number in range(10):
        put(maildir, f"{number}.a.host", number)
    store = MemoryStore()
    run(MaildirFeed(str(maildir)), store)
    assert [3, 3, 3, 1] == store.commits
    assert 10 == len(names(maildir, "cur"))


def test_watch(maildir: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What comes later is read too; a Maildir that is gone for a while is said once."""
    stop, store = Stop(), MemoryStore()
    feed = MaildirFeed(str(maildir))
    away = maildir.with_name("away")
    steps = [
        lambda: put(maildir, "1.a.host", 1),
        lambda: maildir.rename(away),
        lambda: None,
        lambda: away.rename(maildir),
        lambda: put(maildir, "2.a.host", 2),
        *[lambda: None] * 2,
        stop.set,
    ]

    def offers() -> Iterator[FeedItem | None]:
        for offer in watch([feed], stop, interval_seconds=0.0):
            yield offer
            if offer is None and steps:
                steps.pop(0)()

    with caplog.at_level(logging.WARNING):
        Pump(BounceIntake(as_store(store))).run(offers())
    assert ["r1@example.org", "r2@example.org"] == store.recipients
    assert ["cannot be read now: No such file or directory", "it is there, going on"] == [
        each.getMessage().partition(": ")[2] for each in caplog.records
    ]
