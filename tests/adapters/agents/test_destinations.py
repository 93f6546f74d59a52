"""Turns at destinations, and those that are left alone."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dsnlib.adapters.agents.destinations import Destinations
from dsnlib.adapters.agents.verdict import decide
from dsnlib.adapters.content import Content
from dsnlib.adapters.transport import Attempted, Destination, Job
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import Disposition

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
BOB = Recipient("bob@example.net")
THERE, ELSEWHERE = Destination("smtp", "there.example"), Destination("smtp", "elsewhere.example")


def attempted(status: str, *, relay: str = "none") -> Attempted:
    """Return what became of somebody."""
    job = Job(
        queue_id="4F",
        envelope=Envelope(sender="", recipients=[BOB]),
        recipients=[BOB],
        destination=THERE,
        content=Content(),
        now=NOW,
    )
    disposition = {"2": Disposition.DELIVERED, "4": Disposition.DELAYED, "5": Disposition.FAILED}
    return decide(job, BOB, disposition[status[0]], status, "why", relay=relay)


@asynccontextmanager
async def a_turn(destinations: Destinations, way: Destination) -> AsyncIterator[None]:
    """Stand in line, and have a turn."""
    destinations.join(way)
    try:
        async with destinations.turn(way):
            yield
    finally:
        destinations.leave(way)


def test_a_destination_has_so_many_at_once() -> None:
    """Others wait for their turn; another destination has turns of its own."""

    async def count() -> tuple[int, int]:
        destinations = Destinations(most_at_once=2)
        now = most = 0

        async def take(way: Destination) -> None:
            nonlocal now, most
            async with a_turn(destinations, way):
                now += way is THERE
                most = max(most, now)
                await asyncio.sleep(0)
                now -= way is THERE

        await asyncio.gather(*[take(THERE) for _ in range(9)], take(ELSEWHERE))
        return most, len(destinations._turns)

    assert (2, 0) == asyncio.run(count())


def test_a_transport_has_limits_of_its_own() -> None:
    """What holds for all does not hold for a transport that has its own."""

    async def gates() -> list[bool]:
        destinations = Destinations(most_at_once=2, of_transports={"lmtp": 1})
        there = Destination("lmtp", "there.example")
        found = []
        for way in (there, THERE):
            destinations.join(way)
            async with destinations.turn(way):
                second = asyncio.ensure_future(take(destinations, way))
                for _ in range(3):
                    await asyncio.sleep(0)
                found.append(second.done())
            await second
            destinations.leave(way)
        return found

    async def take(destinations: Destinations, way: Destination) -> None:
        async with a_turn(destinations, way):
            pass

    assert [False, True] == asyncio.run(gates())


def test_busy() -> None:
    """A destination is busy for one who is not alone in its line, or is the last of it."""
    destinations = Destinations()

    async def look() -> list[bool]:
        destinations.join(THERE)
        destinations.join(ELSEWHERE)
        found = [destinations.is_busy(THERE)]
        destinations.join(THERE)
        found.append(destinations.is_busy(THERE))
        destinations.leave(THERE)
        found.append(destinations.is_busy(THERE))
        destinations.leave(THERE)
        destinations.join(THERE)
        return [*found, destinations.is_busy(THERE)]

    assert [False, True, True, False] == asyncio.run(look())


def test_a_turn_that_is_given_up() -> None:
    """Who is cancelled while waiting takes nobody's turn."""

    async def cancel() -> int:
        destinations = Destinations(most_at_once=1)

        async def take() -> None:
            async with a_turn(destinations, THERE):
                await asyncio.sleep(3600)

        tasks = [asyncio.ensure_future(take()) for _ in range(3)]
        await asyncio.sleep(0)
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with a_turn(destinations, THERE):
            return len(destinations._turns)

    assert 1 == asyncio.run(cancel())


@pytest.mark.parametrize(
    ("said", "is_left_alone"),
    [
        ([attempted("4.4.1")], True),
        ([attempted("4.4.3"), attempted("4.4.2")], True),
        ([attempted("4.4.1"), attempted("2.0.0")], False),
        ([attempted("4.2.2")], False),
        ([attempted("4.4.2", relay="mx[192.0.2.1]:25")], False),
        ([attempted("5.4.4")], False),
        ([], False),
    ],
)
def test_who_is_left_alone(said: list[Attempted], is_left_alone: bool) -> None:  # noqa: FBT001  a column of the table
    """One that nobody could reach, and for a while."""
    seconds = [0.0]
    destinations = Destinations(pause_seconds=60, clock=lambda: seconds[0])
    destinations.note(THERE, said)

    assert is_left_alone is (destinations.trouble(THERE) is not None)
    assert destinations.trouble(ELSEWHERE) is None
    seconds[0] = 60
    assert destinations.trouble(THERE) is None


def test_a_success_ends_it() -> None:
    """Who was reached is well."""
    destinations = Destinations()
    destinations.note(THERE, [attempted("4.4.1")])
    destinations.note(THERE, [attempted("2.0.0")])

    assert destinations.trouble(THERE) is None


def test_troubles_have_a_bound() -> None:
    """Strangers can name any number of domains that do not answer."""
    destinations = Destinations()
    for number in range(10_050):
        destinations.note(Destination("smtp", f"n{number}.example"), [attempted("4.4.1")])

    assert 10_000 == len(destinations._troubles)


def test_a_line_that_is_long() -> None:
    """Who comes then goes back, each for a bit longer than the one before; others do not."""
    now = [100.0]
    destinations = Destinations(most_waiting=2, clock=lambda: now[0])

    def ask() -> list[float | None]:
        seconds = [destinations.crowd_seconds(THERE) for _ in range(3)]
        return [None if each is None else round(each, 4) for each in seconds]

    for _ in range(2):
        assert destinations.crowd_seconds(THERE) is None
        destinations.join(THERE)

    # Of a line that has just begun it is not known that it does not move.
    assert [5.0, 5.0003, 5.0006] == ask()
    # One that has not moved for long is asked about seldom.
    now[0] = 200.0
    assert [5.0, 5.01, 5.02] == ask()
    assert destinations.crowd_seconds(ELSEWHERE) is None

    destinations.leave(THERE)
    assert destinations.crowd_seconds(THERE) is None
