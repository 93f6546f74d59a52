"""A disk that is full, read-only or broken: what was said holds, and nothing is half kept."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import QueueFull, QueueUnavailable, Settlement
from dsnlib.adapters.spool import Spool, faults, writer
from dsnlib.adapters.spool.faults import fault_of
from dsnlib.adapters.spool.store import Store
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from tests.adapters.queueing import BOB, NOW, left, message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from dsnlib.adapters.queue import NewMessage

_DISK_OCTETS = 3_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a directory on a file system of its own, with room for three megabytes."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    place = tmp_path / "disk"
    place.mkdir()
    command = [mount or "", "-t", "tmpfs", "-o", f"size={_DISK_OCTETS}", "tmpfs", str(place)]
    if mount is None or umount is None or subprocess.run(command, check=False).returncode:
        pytest.skip("a file system can be mounted by root only")
    yield place
    subprocess.run([umount, "--lazy", place], check=True)


def run(
    directory: Path, test: Callable[[Spool], Awaitable[None]], *, reserve_octets: int = 0
) -> None:
    """Run a test with the queue of a directory."""

    async def with_queue() -> None:
        async with Spool.open(directory, reserve_octets=reserve_octets) as queue:
            await test(queue)

    asyncio.run(with_queue())


def files(directory: Path) -> list[Path]:
    """Return the files of all messages."""
    return sorted(directory.glob("messages/*/*"))


async def fill(queue: Spool, octets: int) -> list[NewMessage]:
    """Add messages until there is no room, and return those that were taken."""
    taken: list[NewMessage] = []
    while True:
        new = message(b"x" * octets)
        try:
            await queue.add([new])
        except QueueFull:
            return taken
        taken.append(new)


async def claim_all(queue: Spool) -> list[str]:
    """Return the identifiers of all that are due."""
    return [each.queue_id for each in await queue.claim(NOW, most=100_000)]


@pytest.mark.parametrize("octets", [1_000, 30_000, 200_000])
def test_a_full_disk(small_disk: Path, octets: int) -> None:
    """Until the disk is full messages are taken, then none is; when there is room they are again.

    What was taken is whole, and can be delivered while the disk is full.
    """

    async def test(queue: Spool) -> None:
        taken = await fill(queue, octets)
        assert len(taken) > 5
        for _ in range(3):
            with pytest.raises(QueueFull, match="no room"):
                await queue.add([message(b"y" * octets) for _ in range(5)])

        claimed = await claim_all(queue)
        assert [new.queue_id for new in taken] == claimed
        for new in taken:
            assert new.content.body == (await queue.content(new.queue_id)).read()
        for queue_id in claimed[: len(claimed) // 2]:
            await queue.settle(Settlement(queue_id=queue_id))
        for _ in range(200):  # files go without haste
            # Some time later there is room again.
            with contextlib.suppress(QueueFull):
                await queue.add([message(b"z" * octets)])
                break
            await asyncio.sleep(0.01)
        assert 1 == len(await claim_all(queue))

    run(small_disk, test)

    async def look(queue: Spool) -> None:
        assert ((), 0) == (queue.recovered.lost, queue.recovered.removed_files)

    run(small_disk, look)


def test_a_note_takes_no_room_from_what_follows(small_disk: Path) -> None:
    """On a full disk nothing can be noted; what was to be noted is settled all the same."""
    outcome = DeliveryOutcome(
        recipient=BOB,
        disposition=Disposition.RELAYED,
        status=EnhancedStatusCode.parse("2.0.0"),
        diagnostic=DiagnosticCode("smtp", "250 2.0.0 " + "x" * 900),
    )

    async def test(queue: Spool) -> None:
        await fill(queue, 200_000)
        first, *_ = claimed = await claim_all(queue)
        with pytest.raises(QueueFull):
            await asyncio.gather(*(queue.note(first, [outcome] * 100) for _ in range(100)))
        assert (small_disk / "ballast").exists()
        for queue_id in claimed:
            await queue.settle(Settlement(queue_id=queue_id))

    run(small_disk, test)


def test_room_is_kept_for_what_follows(small_disk: Path) -> None:
    """What must stay free is kept from new messages, and not from what delivery adds."""

    async def test(queue: Spool) -> None:
        taken = await fill(queue, 30_000)
        claimed = await claim_all(queue)
        assert len(taken) == len(claimed)
        notice = message(b"n" * 100_000)
        await queue.settle(Settlement(queue_id=claimed[0], added=[notice]))
        with pytest.raises(QueueFull, match="1000000 are to stay so"):
            await queue.add([message(b"small")])
        with pytest.raises(QueueFull, match=r"no room in .* for 1900000 octets"):
            await queue.add([message(b"x" * 1_900_000)])

        assert [notice.queue_id] == await claim_all(queue)

    run(small_disk, test, reserve_octets=1_000_000)


def test_one_that_does_not_fit_keeps_no_other_out(small_disk: Path) -> None:
    """Of those who come together each is taken or refused for himself."""

    async def test(queue: Spool) -> None:
        await fill(queue, 200_000)
        results = await asyncio.gather(
            *(queue.add([message(b"x" * size)]) for size in (500, 900_000, 600, 800_000)),
            return_exceptions=True,
        )
        assert [type(None), QueueFull] * 2 == [type(each) for each in results]

    run(small_disk, test)


def test_a_settlement_without_room_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not carried out is still in work, and carried out when there is room."""

    async def test(queue: Spool) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        settlement = Settlement(queue_id=claimed.queue_id, added=[message()])
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", _failing(errno.ENOSPC))
            with pytest.raises(QueueFull):
                await queue.settle(settlement)
        assert [] == await claim_all(queue)
        await queue.settle(settlement)
        assert [settlement.added[0].queue_id] == await claim_all(queue)

    run(tmp_path, test)


def _failing(number: int) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, QueueFull),
        (errno.EDQUOT, QueueFull),
        (errno.EIO, QueueUnavailable),
        (errno.EROFS, QueueUnavailable),
        (errno.EMFILE, QueueUnavailable),
    ],
    ids=errno.errorcode.get,
)
@pytest.mark.parametrize("function", ["fsync", "open", "write", "link"])
def test_every_call_may_fail(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: type[QueueUnavailable],
    function: str,
) -> None:
    """Whichever call of the system fails, nothing of the message is left, and the next is taken."""

    async def test(queue: Spool) -> None:
        path = tmp_path / "x"
        path.write_bytes(b"x" * 100)
        news = [message(), message(b"y" * 100_000), message(Content(path=path, octets=100))]
        if function == "link":
            news = news[2:]
        await queue.add([message()])  # the directories are there
        before = files(tmp_path)
        for new in news:
            is_linked = new.content.path is not None
            if function == "write" and is_linked:
                continue
            with monkeypatch.context() as patch:
                patch.setattr(os, function, _failing(number))
                with pytest.raises(QueueUnavailable) as caught:
                    await queue.add([new])
            assert error is type(caught.value)
            assert before == files(tmp_path)
            assert path.exists()
        for new in news:
            await queue.add([new])
        assert len(news) + 1 == len(await claim_all(queue))

    run(tmp_path, test)


def test_the_largest_file(tmp_path: Path) -> None:
    """A process that may write no larger file refuses the message, and goes on."""

    async def test(queue: Spool) -> None:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
        try:
            with pytest.raises(QueueFull):
                await queue.add([message(b"x" * 2_000_000)])
            await queue.add([message()])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    run(tmp_path, test)


def test_the_database_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that fails leaves neither row nor file; what is in work stays in work."""

    async def test(queue: Spool) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorcode = sqlite3.SQLITE_FULL
        with monkeypatch.context() as patch:

            def refuse(*_: object) -> None:
                raise full

            patch.setattr(Store, "insert", refuse)
            patch.setattr(Store, "update", refuse)
            results = await asyncio.gather(
                queue.add([message()]),
                queue.add([message(b"x" * 100_000)]),
                queue.settle(left(claimed, BOB, due=NOW, reason="")),
                return_exceptions=True,
            )
        assert [QueueFull] * 3 == [type(each) for each in results]
        assert 1 == len(files(tmp_path))
        await queue.settle(left(claimed, BOB, due=NOW, reason=""))
        assert 1 == len(await claim_all(queue))

    run(tmp_path, test)


def test_a_page_limit(tmp_path: Path) -> None:
    """When SQLite itself finds no room, all that was committed stays."""

    async def test(queue: Spool) -> None:
        connection = queue._stores[0]._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        taken = await fill(queue, 100)
        connection.execute("PRAGMA max_page_count = 1000000")
        await queue.add([message()])

        assert 5 < len(taken)
        assert len(taken) + 1 == len(await claim_all(queue))

    run(tmp_path, test)


def test_the_free_room_cannot_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that does not answer takes nothing."""

    async def test(queue: Spool) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(writer, "free_octets", _failing(errno.EIO))
            with pytest.raises(QueueUnavailable):
                await queue.add([message()])
        await queue.add([message()])

    run(tmp_path, test)


def test_what_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be removed is told of, and removed at the next start."""

    async def test(queue: Spool) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        monkeypatch.setattr(os, "unlink", _failing(errno.EIO))
        await queue.settle(Settlement(queue_id=claimed.queue_id))

    with monkeypatch.context():
        run(tmp_path, test)
    monkeypatch.undo()
    assert "cannot be removed" in caplog.text

    async def look(queue: Spool) -> None:
        assert 1 == queue.recovered.removed_files

    run(tmp_path, look)


def test_an_input_error_of_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite calls an input error is want of room, if there is none."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE

    assert QueueUnavailable is type(fault_of(error, tmp_path))
    assert QueueUnavailable is type(fault_of(error, tmp_path / "nowhere"))
    monkeypatch.setattr(faults, "free_octets", lambda _: 0)
    assert QueueFull is type(fault_of(error, tmp_path))
    assert QueueUnavailable is type(fault_of(OSError("no number"), tmp_path))


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """A queue below a file cannot be opened, and the reason is told."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(QueueUnavailable, match="Not a directory"):
        Spool.open(tmp_path / "file" / "queue")
