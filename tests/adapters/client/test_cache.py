"""Sessions that wait: what is found again, what is not, and what ends them."""

import asyncio
import datetime as dt
import itertools
import time
from collections.abc import Coroutine

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.cache_statistics import CacheStatistics
from dsnlib.errors import InvalidValue

BEGAN = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)


class Kept:
    """A session that notes how it ended."""

    def __init__(self, *, uses: int = 1, age_seconds: float = 0.0, quit_seconds: float = 0) -> None:
        self._loop = asyncio.get_running_loop()
        self.uses = uses
        self.opened_seconds = self._loop.time() - age_seconds
        self.is_reusable = True
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self.ended: list[str] = []
        self._quit_seconds = quit_seconds

    def leave(self) -> None:
        """End as SMTP wants."""
        self.ended.append("QUIT")
        self._loop.call_later(self._quit_seconds, self._end)

    def close(self) -> None:
        """End at once."""
        self.ended.append("close")
        self._end()

    def _end(self) -> None:
        self.is_reusable = False
        if not self.closed.done():
            self.closed.set_result(None)


def run(test: Coroutine[object, object, None]) -> None:
    """Run what a test awaits."""
    asyncio.run(test)


def put(cache: ConnectionCache[Kept], kept: Kept, name: str = "a") -> bool:
    """Keep a session under a name."""
    return cache.put(kept, destination=("to", name), place=("at", name))


def test_found_by_both_keys() -> None:
    """A session is found by its destination or by its address, and once."""

    async def test() -> None:
        async with ConnectionCache[Kept]() as cache:
            kept = Kept()
            assert put(cache, kept)
            assert kept is cache.take_by_destination(("to", "a"))
            assert None is cache.take_by_place(("at", "a"))
            put(cache, kept)
            assert kept is cache.take_by_place(("at", "a"))
            assert None is cache.take_by_destination(("to", "a"))
            assert 0 == cache.idle
            kept.close()

    run(test())


def test_the_latest_comes_first() -> None:
    """Those that are not needed come to their end: the latest is used again."""

    async def test() -> None:
        async with ConnectionCache[Kept]() as cache:
            first, second = Kept(), Kept()
            put(cache, first)
            put(cache, second)
            assert [second, first] == [cache.take_by_place(("at", "a")) for _ in range(2)]

    run(test())


def test_no_other_key_finds_it() -> None:
    """What differs in the key, such as a login, is never mixed."""

    async def test() -> None:
        async with ConnectionCache[Kept]() as cache:
            put(cache, Kept())
            assert None is cache.take_by_destination(("to", "b"))
            assert None is cache.take_by_place(("to", "a"))

    run(test())


class SetClock(asyncio.SelectorEventLoop):
    """A loop whose clock stands until a test sets it."""

    now_seconds = 0.0

    def time(self) -> float:
        """Return the seconds that the test has let pass."""
        return self.now_seconds

    async def let_pass(self, seconds: float) -> None:
        """Set the clock, and let what is due be done."""
        self.now_seconds += seconds
        for _ in range(3):
            await asyncio.sleep(0)


def test_the_time_limit() -> None:
    """A session that nobody needs in time gets its QUIT, and one that is put later its own time."""

    async def test(loop: SetClock) -> None:
        async with ConnectionCache[Kept](time_limit_seconds=10) as cache:
            first, second = Kept(), Kept()
            put(cache, first)
            await loop.let_pass(6)
            put(cache, second)
            await loop.let_pass(6)
            assert (["QUIT"], []) == (first.ended, second.ended)
            await loop.let_pass(6)
            assert ["QUIT"] == second.ended
            assert 0 == cache.idle

    loop = SetClock()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(test(loop))


@pytest.mark.parametrize(
    ("uses", "age_seconds", "expected"),
    [(1, 0, True), (2, 0, True), (3, 0, False), (1, 9, True), (1, 11, False)],
)
def test_what_is_used_up(uses: int, age_seconds: float, expected: bool) -> None:  # noqa: FBT001  a column
    """A count of N lets a session be used N + 1 times, and an age is an age."""

    async def test() -> None:
        async with ConnectionCache[Kept](reuse_count=2, reuse_seconds=10) as cache:
            kept = Kept(uses=uses, age_seconds=age_seconds)
            assert expected == put(cache, kept)
        assert ["QUIT"] == kept.ended[:1]

    run(test())


def test_one_that_died_is_not_handed_out() -> None:
    """It is dropped, and the one below it is found."""

    async def test() -> None:
        async with ConnectionCache[Kept]() as cache:
            alive, dead = Kept(), Kept()
            put(cache, alive)
            put(cache, dead)
            dead.is_reusable = False
            assert alive is cache.take_by_destination(("to", "a"))
            assert ["QUIT"] == dead.ended
            assert not put(cache, dead)

    run(test())


def test_the_oldest_makes_room() -> None:
    """There are never more than so many."""

    async def test() -> None:
        async with ConnectionCache[Kept](most_idle=2) as cache:
            sessions = [Kept() for _ in range(4)]
            for number, each in enumerate(sessions):
                put(cache, each, str(number))
            await asyncio.sleep(0)
            assert [["QUIT"], ["QUIT"], [], []] == [each.ended for each in sessions]
            assert 2 == cache.idle

    run(test())


def test_the_end() -> None:
    """All are ended in bounded time, and what comes later is ended at once."""

    async def test() -> None:
        cache = ConnectionCache[Kept](close_seconds=0.05)
        polite, stubborn, late = Kept(), Kept(quit_seconds=60), Kept()
        put(cache, polite)
        put(cache, stubborn)
        begun = time.monotonic()
        await cache.close()
        assert time.monotonic() - begun < 5
        assert not put(cache, late)
        await cache.close()
        assert [["QUIT"], ["QUIT", "close"], ["QUIT", "close"]] == [
            each.ended for each in (polite, stubborn, late)
        ]

    run(test())


def test_no_time_is_no_cache() -> None:
    """A time limit of nothing keeps nothing."""

    async def test() -> None:
        async with ConnectionCache[Kept](time_limit_seconds=0) as cache:
            assert not put(cache, Kept())

    run(test())


@pytest.mark.parametrize(
    ("destinations", "on_demand", "nexthop", "is_busy", "expected"),
    [
        ([], True, "example.org", False, False),
        ([], True, "example.org", True, True),
        ([], False, "example.org", True, False),
        (["Example.org"], False, "example.ORG", False, True),
        (["mx.example.org"], False, "[mx.example.org]:587", False, True),
        (["[mx.example.org]:587"], False, "[mx.example.org]:587", False, True),
        (["[mx.example.org]:587"], False, "[mx.example.org]:25", False, False),
        (["example.org"], False, "example.net", False, False),
        (None, False, "example.net", False, True),
    ],
)
def test_whose_sessions_are_kept(
    destinations: list[str] | None,
    on_demand: bool,  # noqa: FBT001  a column
    nexthop: str,
    is_busy: bool,  # noqa: FBT001  a column
    expected: bool,  # noqa: FBT001  a column
) -> None:
    """Those of listed destinations always, those of others while mail waits for them."""
    cache = ConnectionCache[Kept](on_demand=on_demand, destinations=destinations)

    assert expected == cache.keeps(nexthop, is_busy=is_busy)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_limit_seconds", -1),
        ("reuse_seconds", -1),
        ("reuse_count", -1),
        ("most_idle", 0),
        ("close_seconds", -1),
    ],
)
def test_limits_that_are_none(name: str, value: int) -> None:
    """A limit below its least is refused by its name."""
    with pytest.raises(InvalidValue, match=name):
        ConnectionCache[Kept](**{name: value})  # type: ignore[arg-type]  # of each its own type


def test_statistics() -> None:
    """What was looked for and found is counted, and each interval begins anew."""
    times = itertools.count()

    async def test() -> None:
        cache = ConnectionCache[Kept](clock=lambda: BEGAN + dt.timedelta(minutes=next(times)))
        assert () == cache.statistics.lines()
        for name in "ab":
            put(cache, Kept(), name)
        for name in "abc":
            cache.take_by_destination(("to", name))
        cache.take_by_place(("at", "a"))
        put(cache, Kept())
        assert (
            CacheStatistics(
                started=BEGAN,
                destination_hits=2,
                destination_misses=1,
                place_misses=1,
                most_destinations=2,
                most_places=2,
                most_sessions=2,
            )
            == cache.restart_statistics()
        )
        assert (
            CacheStatistics(
                started=BEGAN + dt.timedelta(minutes=1),
                most_destinations=1,
                most_places=1,
                most_sessions=1,
            )
            == cache.statistics
        )
        await cache.close()

    run(test())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "put", "to", "restart"]),
            st.sampled_from("abc"),
            st.sampled_from("xyz"),
        ),
        max_size=30,
    )
)
def test_the_most_are_counted(steps: list[tuple[str, str, str]]) -> None:
    """Each kind has its own most, in each interval."""

    async def test() -> None:
        cache = ConnectionCache[Kept]()
        idle: list[tuple[str, str]] = []
        most = (0, 0, 0)
        for step, to, at in steps:
            if step == "put":
                cache.put(Kept(), destination=to, place=at)
                idle.append((to, at))
            elif step == "restart":
                cache.restart_statistics()
                most = (0, 0, 0)
            elif cache.take_by_destination(to) is not None:
                idle.reverse()
                idle.remove(next(each for each in idle if each[0] == to))
                idle.reverse()
            now = len({each for each, _ in idle}), len({each for _, each in idle}), len(idle)
            most = max(most[0], now[0]), max(most[1], now[1]), max(most[2], now[2])
            counted = cache.statistics
            assert most == (counted.most_destinations, counted.most_places, counted.most_sessions)
        await cache.close()

    run(test())


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "to", "at", "die"]), st.sampled_from("abc")),
        max_size=60,
    )
)
def test_what_is_put_is_there_once(steps: list[tuple[str, str]]) -> None:
    """However it is used: nobody is handed out twice, or under another key, or dead."""

    async def test() -> None:
        cache = ConnectionCache[Kept](most_idle=5)
        idle: dict[Kept, str] = {}
        for step, name in steps:
            if step == "put":
                kept = Kept()
                put(cache, kept, name)
                idle[kept] = name
                if len(idle) > 5:
                    idle.pop(next(iter(idle)))
            elif step == "die":
                for kept in [each for each, its in idle.items() if its == name][-1:]:
                    kept.is_reusable = False
            else:
                found = (
                    cache.take_by_destination(("to", name))
                    if step == "to"
                    else cache.take_by_place(("at", name))
                )
                for each in [each for each, its in idle.items() if its == name][::-1]:
                    if not each.is_reusable:
                        del idle[each]
                        continue
                    assert each is found
                    del idle[each]
                    break
                else:
                    assert None is found
            assert len(idle) == cache.idle
        await cache.close()

    run(test())


def test_a_thousand_destinations() -> None:
    """An operation takes no longer for all that are there."""

    async def test(count: int) -> float:
        async with ConnectionCache[Kept](most_idle=count) as cache:
            sessions = [Kept() for _ in range(count)]
            for number, kept in enumerate(sessions):
                put(cache, kept, str(number))
            best = 9.0
            for _ in range(5):
                begun = time.perf_counter()
                for number in range(500):
                    found = cache.take_by_destination(("to", str(number)))
                    assert found is not None
                    put(cache, found, str(number))
                best = min(best, time.perf_counter() - begun)
            return best

    small, large = asyncio.run(test(500)), asyncio.run(test(5000))
    assert large < small * 5


def test_those_who_take_their_leave() -> None:
    """Servers that do not answer to QUIT hold no more than so many connections."""

    async def test() -> None:
        async with ConnectionCache[Kept](close_seconds=0.01) as cache:
            sessions = [Kept(quit_seconds=60) for _ in range(10_000)]
            for kept in sessions:
                cache.let_go(kept)
            open_ = [kept for kept in sessions if not kept.closed.done()]
            assert sessions[-200:] == open_
        assert all(kept.closed.done() for kept in sessions)

    run(test())


def test_a_loop_of_before() -> None:
    """Sessions that belong to a loop that has ended are forgotten, and the timer too."""
    cache = ConnectionCache[Kept]()

    async def first() -> None:
        put(cache, Kept())
        assert 1 == cache.idle

    async def second() -> None:
        assert None is cache.take_by_destination(("to", "a"))
        assert 0 == cache.idle
        put(cache, Kept())
        assert None is not cache.take_by_place(("at", "a"))
        put(cache, Kept())
        await cache.close()

    run(first())
    run(second())
