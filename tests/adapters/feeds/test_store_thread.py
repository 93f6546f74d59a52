"""The thread that has the store: what waits is one batch, and a bounded one."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.feeds import store_thread
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.store_thread import StoreThread
from tests.adapters.feeds.bounce_mails import bounce
from tests.adapters.feeds.memory_store import MemoryStore, as_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def fed(store: MemoryStore, *fetches: Callable[[], bytes]) -> list[object]:
    """Have mails wait before the thread starts; return what each has come to."""

    @contextlib.contextmanager
    def open_intake() -> Iterator[BounceIntake]:
        yield BounceIntake(as_store(store))

    async def run() -> list[object]:
        thread = StoreThread(open_intake)
        waiting = [asyncio.ensure_future(thread.take(each)) for each in fetches]
        await asyncio.sleep(0)
        thread.start()
        try:
            return list(await asyncio.gather(*waiting, return_exceptions=True))
        finally:
            thread.stop()

    return asyncio.run(run())


def mails(count: int) -> list[Callable[[], bytes]]:
    """Return what fetches so many bounces."""

    def fetcher(number: int) -> Callable[[], bytes]:
        return lambda: bounce(f"r{number}@x.example", number=number)

    return [fetcher(number) for number in range(count)]


@pytest.mark.parametrize(("most", "commits"), [(1, [1, 1, 1]), (1000, [2, 1]), (1 << 20, [3])])
def test_batches_of_some_octets(
    monkeypatch: pytest.MonkeyPatch, most: int, commits: list[int]
) -> None:
    """However large the mails are that wait, not all are in memory at once."""
    monkeypatch.setattr(store_thread, "_MOST_OCTETS", most)
    store = MemoryStore()
    fed(store, *mails(3))
    assert commits == [each for each in store.commits if each]


def test_a_mail_that_cannot_be_fetched() -> None:
    """What waits with it is told to come again, and nobody waits for ever."""

    def fail() -> bytes:
        raise FileNotFoundError

    store = MemoryStore()
    found = fed(store, *mails(2), fail)
    assert [FileNotFoundError] * 3 == [type(each) for each in found]
    assert [] == store.commits
