"""The queue on the disk: what is its own beyond what every queue promises."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import sqlite3
import stat
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import QueueUnavailable, Settlement
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.spool.bodies import Bodies
from dsnlib.adapters.spool.database import DATABASE
from dsnlib.adapters.spool.instant import micros_of, time_of
from dsnlib.adapters.spool.lock import QueueLock, QueueLocked
from dsnlib.adapters.spool.store import Store
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Recipient
from dsnlib.policy.budget import Spending
from tests.adapters.queueing import BOB, NOW, later, left, message
from tests.strategies import aware_datetimes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


def run(directory: Path, test: Callable[[Spool], Awaitable[None]], **options: Any) -> None:  # noqa: ANN401  the options of `open`
    """Run a test with the queue of a directory, which is as full as it likes."""

    async def with_queue() -> None:
        async with Spool.open(directory, **({"reserve_octets": 0} | options)) as queue:
            await test(queue)

    asyncio.run(with_queue())


def files(directory: Path) -> list[Path]:
    """Return the files of all messages."""
    return sorted(directory.glob("messages/*/*"))


def test_what_was_added_outlives_a_restart(tmp_path: Path) -> None:
    """What is waiting, held or spent is there when the queue is opened again."""
    waiting, held, spent = message(), message(is_held=True), {"a\udc80\ud800": Spending(1.5, NOW)}

    async def fill(queue: Spool) -> None:
        await queue.add([waiting, held], spending=spent)
        await queue.claim(NOW, most=5)

    async def look(queue: Spool) -> None:
        assert 2 == queue.recovered.messages
        assert [waiting.queue_id] == [each.queue_id for each in await queue.claim(NOW, most=5)]
        assert spent == await queue.spending(spent)

    run(tmp_path, fill)
    run(tmp_path, look)


def test_the_directory_is_for_nobody_else(tmp_path: Path) -> None:
    """What is made, is made for its owner alone."""

    async def fill(queue: Spool) -> None:
        await queue.add([message(), message(b"x" * 100_000)])
        for each in [tmp_path / "q", *(tmp_path / "q").rglob("*")]:
            assert not stat.S_IMODE(each.stat().st_mode) & 0o077, each

    run(tmp_path / "q", fill)


def test_one_process_runs_a_queue(tmp_path: Path) -> None:
    """A second one is refused, with the number of the first."""

    async def second(_: Spool) -> None:
        with pytest.raises(QueueLocked, match=f"in use by process {os.getpid()}"):
            await asyncio.to_thread(Spool.open, tmp_path)

    run(tmp_path, second)
    with QueueLock(tmp_path) as lock:
        lock.release()
        lock.release()


def test_closed(tmp_path: Path) -> None:
    """A queue that is closed takes nothing, and can be closed again."""

    async def test() -> None:
        queue = Spool.open(tmp_path, reserve_octets=0)
        await queue.close()
        await queue.close()
        with pytest.raises(QueueUnavailable, match="closed"):
            await queue.add([message()])
        with pytest.raises(QueueUnavailable, match="closed"):
            await queue.claim(NOW, most=1)

    asyncio.run(test())


def test_closing_carries_out_what_was_asked_for(tmp_path: Path) -> None:
    """What was submitted before the end is on the disk after it."""
    news = [message(b"x" * size) for size in (10, 100_000)]

    async def test() -> None:
        queue = Spool.open(tmp_path, reserve_octets=0)
        adding = [asyncio.create_task(queue.add([new])) for new in news]
        await asyncio.sleep(0)
        await queue.close()
        await asyncio.gather(*adding)

    asyncio.run(test())

    async def look(queue: Spool) -> None:
        assert 2 == queue.recovered.messages

    run(tmp_path, look)


@pytest.mark.parametrize(
    "queue_id", ["", "../x", "a/b", "a.b", "a b", "é", "x" * 65, "4F\n"], ids=repr
)
def test_identifiers_are_names_of_files(tmp_path: Path, queue_id: str) -> None:
    """An identifier that would be a path is refused, in `added` too."""

    async def test(queue: Spool) -> None:
        new = attrs.evolve(message(), queue_id=queue_id)
        with pytest.raises(InvalidValue, match="no identifier"):
            await queue.add([new])
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        with pytest.raises(InvalidValue, match="no identifier"):
            await queue.settle(Settlement(queue_id=claimed.queue_id, added=[new]))
        await queue.settle(Settlement(queue_id=claimed.queue_id))

    run(tmp_path, test)


def test_what_is_added_together_is_in_few_files(tmp_path: Path) -> None:
    """Small messages share files; each has its octets, and a file goes with its last."""
    news = [message(b"%03d" % number * 700) for number in range(100)]

    async def test(queue: Spool) -> None:
        await queue.add(news)
        assert 2 == len(files(tmp_path))
        for new, claimed in zip(news, await queue.claim(NOW, most=100), strict=True):
            assert new.content.body == (await queue.content(claimed.queue_id)).read()
            if claimed.queue_id != news[-1].queue_id:
                await queue.settle(Settlement(queue_id=claimed.queue_id))

    run(tmp_path, test)
    assert 1 == len(files(tmp_path))


def test_large_messages_stay_in_files(tmp_path: Path) -> None:
    """A large content is told of as a file, with its beginning in memory."""

    async def test(queue: Spool) -> None:
        new = message(Content(body=b"y" * 100_000, prefix=b"P: 1\r\n"))
        await queue.add([new])
        content = await queue.content(new.queue_id)

        assert content.path == files(tmp_path)[0]
        assert len(new.content) == len(content)
        assert content.head == new.content.read()[: len(content.head)]
        assert 65_536 == len(content.head)

    run(tmp_path, test)


def test_a_link_needs_no_second_copy(tmp_path: Path) -> None:
    """A file of the same file system is taken over as it is."""

    async def test(queue: Spool) -> None:
        path = queue.incoming / "x"
        path.write_bytes(b"z" * 50)
        inode = path.stat().st_ino
        await queue.add([message(Content(path=path, octets=50))])

        assert [inode] == [each.stat().st_ino for each in files(tmp_path)]

    run(tmp_path, test)
    assert [] == list((tmp_path / "incoming").iterdir())


def test_a_file_that_cannot_be_linked_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another file system the octets are copied."""

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    async def test(queue: Spool) -> None:
        monkeypatch.setattr(os, "link", refuse)
        path = tmp_path / "x"
        path.write_bytes(b"z" * 50_000)
        new = message(Content(path=path, octets=50_000))
        await queue.add([new])

        assert b"z" * 50_000 == (await queue.content(new.queue_id)).read()
        assert 0o600 == stat.S_IMODE(files(tmp_path)[0].stat().st_mode)

    run(tmp_path, test)


@pytest.mark.parametrize("fault", [shutil.SameFileError("x"), OSError(28, "No space left")])
def test_a_copy_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    """If the copy cannot be made the file stays the caller's, and no part of it is kept."""

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    def fail(*_: object) -> None:
        raise fault

    async def test(queue: Spool) -> None:
        monkeypatch.setattr(os, "link", refuse)
        monkeypatch.setattr(shutil, "copyfile", fail)
        path = tmp_path / "x"
        path.write_bytes(b"z" * 50)
        with pytest.raises(QueueUnavailable):
            await queue.add([message(Content(path=path, octets=50))])

        assert path.exists()
        assert [] == files(tmp_path)

    run(tmp_path, test)


@pytest.mark.parametrize("octets", [None, 49, 51])
def test_a_file_that_is_not_as_told_is_refused(tmp_path: Path, octets: int | None) -> None:
    """A file that is missing or of another size is not queued, and stays the caller's."""

    async def test(queue: Spool) -> None:
        path = tmp_path / "x"
        if octets is not None:
            path.write_bytes(b"z" * octets)
        with pytest.raises(QueueUnavailable):
            await queue.add([message(), message(Content(path=path, octets=50))])

        assert [] == files(tmp_path)
        assert (octets is not None) == path.exists()
        assert None is await queue.next_due()

    run(tmp_path, test)


def test_octets_of_a_message_that_is_gone(tmp_path: Path) -> None:
    """A copy of a content whose message has left the queue cannot be kept."""

    async def test(queue: Spool) -> None:
        await queue.add([message(b"x" * 100_000)])
        (claimed,) = await queue.claim(NOW, most=1)
        content = await queue.content(claimed.queue_id)
        await queue.settle(Settlement(queue_id=claimed.queue_id))
        with pytest.raises(QueueUnavailable, match="are gone"):
            await queue.add([message(content)])

    run(tmp_path, test)


def test_an_identifier_is_not_used_twice(tmp_path: Path) -> None:
    """The octets of a message are not written over by another of its name."""

    async def test(queue: Spool) -> None:
        await queue.add([message(b"first", queue_id="A"), message(b"x" * 40_000, queue_id="B")])
        for queue_id in ("A", "B"):
            for octets in (b"second", b"s" * 40_000):
                with pytest.raises(QueueUnavailable):
                    await queue.add([message(octets, queue_id=queue_id)])

        assert b"first" == (await queue.content("A")).read()
        assert b"x" * 40_000 == (await queue.content("B")).read()
        assert 2 == len(files(tmp_path))

    run(tmp_path, test)


def test_a_cancelled_claim_keeps_nothing(tmp_path: Path) -> None:
    """Messages that were claimed for a task that is gone are given back."""

    async def test(queue: Spool) -> None:
        await queue.add([message()])
        await queue.wait(0)
        claiming = asyncio.create_task(queue.claim(NOW, most=1))
        await asyncio.sleep(0)
        claiming.cancel()
        with pytest.raises(asyncio.CancelledError):
            await claiming
        await asyncio.wait_for(queue.wait(None), 5)

        assert 1 == len(await queue.claim(NOW, most=1))

    run(tmp_path, test)


def test_a_cancelled_settlement_is_carried_out(tmp_path: Path) -> None:
    """A settlement once asked for happens, and its message is not handed out before."""

    async def test(queue: Spool) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        notice = message()
        settling = asyncio.create_task(
            queue.settle(Settlement(queue_id=claimed.queue_id, added=[notice]))
        )
        await asyncio.sleep(0)
        with pytest.raises(InvalidValue, match="not in work"):
            await queue.settle(Settlement(queue_id=claimed.queue_id))
        settling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await settling
        await queue.release(claimed.queue_id)
        found = list(await queue.claim(NOW, most=2))
        await queue.add([])
        found += await queue.claim(NOW, most=2)

        assert [notice.queue_id] == [each.queue_id for each in found]

    run(tmp_path, test)


def test_who_settles_and_claims_at_once_never_sees_the_past(tmp_path: Path) -> None:
    """However claims and settlements meet, each is handed out as his last one has left him."""
    attempts: dict[str, int] = {}

    async def work(queue: Spool) -> None:
        for _ in range(40):
            for claimed in await queue.claim(NOW, most=3):
                assert attempts.get(claimed.queue_id, 0) == claimed.history.attempts
                attempts[claimed.queue_id] = claimed.history.attempts + 1
                await queue.settle(left(claimed, BOB, due=NOW, reason=""))

    async def test(queue: Spool) -> None:
        await queue.add([message() for _ in range(10)])
        await asyncio.gather(*(work(queue) for _ in range(5)))

    run(tmp_path, test)
    assert 10 == len(attempts)


def test_many_recipients(tmp_path: Path) -> None:
    """Ten thousand recipients go in and come out, and few are left."""
    many = tuple(Recipient(f"user{number}@example.org") for number in range(10_000))

    async def test(queue: Spool) -> None:
        await queue.add([message(recipients=many)])
        (claimed,) = await queue.claim(NOW, most=1)
        assert many == claimed.envelope.recipients
        await queue.settle(left(claimed, *many[:9_000], due=NOW, reason=""))
        (claimed,) = await queue.claim(NOW, most=1)
        assert many[:9_000] == claimed.envelope.recipients

    run(tmp_path, test)


def test_spending_is_forgotten(tmp_path: Path) -> None:
    """What was spent longer ago than is looked back goes when something is spent."""

    async def test(queue: Spool) -> None:
        old, new, now = (Spending(1.0, later(minutes=minutes)) for minutes in (0, 30, 70))
        await queue.add([], spending={"old": old, "new": new})
        await queue.add([], spending={"now": now, "late": old})
        found = await queue.spending([f"{number}" for number in range(999)] + ["old", "new", "now"])

        assert {"new": new, "now": now} == found

    run(tmp_path, test, spending_kept=dt.timedelta(hours=1))


@pytest.mark.parametrize("used", [0.1, 1e300, float("inf")])
def test_any_spending(tmp_path: Path, used: float) -> None:
    """A spending of any size comes back, in the zone it was in."""
    when = dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=45)))

    async def test(queue: Spool) -> None:
        await queue.add([], spending={"k": Spending(used, when)})
        found = (await queue.spending(["k"]))["k"]
        assert (used, when.isoformat()) == (found.used, found.at.isoformat())

    run(tmp_path, test)


def test_spending_that_is_no_number(tmp_path: Path) -> None:
    """Where what is spent is no number it comes back as none."""

    async def test(queue: Spool) -> None:
        await queue.add([], spending={"k": Spending(float("nan"), NOW)})
        used = (await queue.spending(["k"]))["k"].used
        assert used != used  # noqa: PLR0124  that is what it is to be no number

    run(tmp_path, test)


@given(aware_datetimes())
@settings(max_examples=50)
def test_times(when: dt.datetime) -> None:
    """A time comes back, or the end of the calendar that it is beyond."""
    again = time_of(micros_of(when))

    assert again == when or again.year in (dt.MINYEAR, dt.MAXYEAR)


def test_a_damaged_message_is_held(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A row that cannot be read is held with the reason, and keeps nobody from his work."""

    async def test(queue: Spool) -> None:
        bad, good = message(), message()
        await queue.add([bad, good])
        with sqlite3.connect(tmp_path / DATABASE) as other:
            other.execute("UPDATE messages SET history = x'00' WHERE queue_id = ?", (bad.queue_id,))
        other.close()
        assert [good.queue_id] == [each.queue_id for each in await queue.claim(NOW, most=5)]
        await queue.add([])

        assert None is await queue.next_due()
        assert f"{bad.queue_id}: " in caplog.text

    run(tmp_path, test)


def test_a_lost_body_is_told_of(tmp_path: Path) -> None:
    """A message whose file is gone or cut cannot be read, and that is said."""

    async def test(queue: Spool) -> None:
        new, gone = message(b"few"), message()
        await queue.add([new])
        (file,) = files(tmp_path)
        file.write_bytes(b"f")
        with pytest.raises(QueueUnavailable, match="lost its end"):
            await queue.content(new.queue_id)
        file.unlink()
        with pytest.raises(QueueUnavailable):
            await queue.content(new.queue_id)
        with pytest.raises(QueueUnavailable, match="there is no"):
            await queue.content(gone.queue_id)

    run(tmp_path, test)


def test_a_fault_of_ours_is_an_answer_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the writer meets what nobody thought of, it says so and goes on."""

    def fail(*_: object) -> None:
        raise RuntimeError("a fault")

    async def test(queue: Spool) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Store, "insert", fail)
            with pytest.raises(QueueUnavailable, match="see the log"):
                await queue.add([message()])
        await queue.add([message()])

    run(tmp_path, test)
    assert "a fault" in caplog.text


def test_a_fault_of_a_mover_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a thread meets on the way is raised where it is waited for."""

    def fail(*_: object) -> None:
        raise RuntimeError("a fault")

    async def test(queue: Spool) -> None:
        monkeypatch.setattr(Bodies, "take", fail)
        with pytest.raises(RuntimeError, match="a fault"):
            await queue.add([message(b"x" * 100_000)])

    run(tmp_path, test)


def test_many_waiting(tmp_path: Path) -> None:
    """To claim is quick, however many wait."""
    news = [message(due=later(minutes=number % 1000)) for number in range(20_000)]

    async def test(queue: Spool) -> None:
        for start in range(0, len(news), 1000):
            await queue.add(news[start : start + 1000])
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(20):
            assert 10 == len(await queue.claim(later(minutes=999), most=10))
            await queue.next_due()

        assert loop.time() - began < 2

    run(tmp_path, test)
