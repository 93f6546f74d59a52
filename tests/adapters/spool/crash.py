"""Kill a process that works on a queue, look at what it leaves, and again.

    python tests/adapters/spool/crash.py DIRECTORY --rounds 1000 --seed 7

Before it asks for anything the process writes down what, and when it has been answered,
that it was; the system keeps that file, and it is what the queue is compared with.

Invariants.
- What was answered has happened; what was only asked for has happened whole or not at all.
- Every message has all its octets.
- A message that follows from a settlement is there if, and only if, that has happened.
- What was noted of a message is there until it is settled, and not after that.
- After the start there is no file that belongs to no message.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import NewMessage, QueuedMessage, Settlement, new_queue_id
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.spool.database import open_database
from dsnlib.adapters.spool.store import Store
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.schedule import QueueHistory

_LONGEST_SECONDS = 0.12
_SIZES = (20, 2_000, 20_000, 40_000, 150_000)
_ADDERS = 4
_WORKERS = 4
_ENOUGH = 150

Line = dict[str, Any]


def octets_of(name: str) -> bytes:
    """Return the content that a message of this name has."""
    size = _SIZES[sum(map(ord, name)) % len(_SIZES)]
    return (f"{name}\r\n".encode() * (size // len(name) + 1))[:size]


class Load:
    """What the process does until it is killed."""

    def __init__(self, directory: Path, ledger: int, seed: int) -> None:
        self._directory = directory
        self._ledger = ledger
        self._chance = random.Random(seed)
        self._number = 0

    async def run(self) -> None:
        """Add and settle until the end."""
        async with Spool.open(self._directory, reserve_octets=0) as queue:
            tasks = [self._add_all(queue) for _ in range(_ADDERS)]
            tasks += [self._settle_all(queue) for _ in range(_WORKERS)]
            await asyncio.gather(*tasks)

    def _write(self, **line: object) -> None:
        os.write(self._ledger, json.dumps(line).encode() + b"\n")

    def _ask(self, **line: object) -> int:
        self._number += 1
        self._write(number=self._number, **line)
        return self._number

    def _new(self, queue: Spool, count: int) -> tuple[list[NewMessage], str]:
        """Return messages of one content, and its name."""
        now = dt.datetime.now(dt.UTC)
        ids = [new_queue_id(now) for _ in range(count)]
        name = ids[0]
        octets = octets_of(name)
        content = Content(body=octets)
        if self._chance.random() < 0.3:
            path = queue.incoming / f"{name}.tmp"
            path.write_bytes(octets[10:])
            content = Content(path=path, octets=len(octets) - 10, prefix=octets[:10])
        envelope = Envelope(
            sender="ann@example.org",
            recipients=[Recipient("bob@example.org"), Recipient("eve@example.org")],
            arrival=now,
        )
        return [
            NewMessage(queue_id=queue_id, envelope=envelope, content=content) for queue_id in ids
        ], name

    async def _add_all(self, queue: Spool) -> None:
        while True:
            news, name = self._new(queue, self._chance.choice((1, 1, 1, 3)))
            number = self._ask(made=[new.queue_id for new in news], content=name)
            await queue.add(news)
            self._write(answered=number)

    async def _settle_all(self, queue: Spool) -> None:
        while True:
            # Now and then the queue grows for a while.
            most = self._chance.choice((0, 1, 5))
            claimed = await queue.claim(dt.datetime.now(dt.UTC), most=most)
            self._write(seen={each.queue_id: state_of(each) for each in claimed})
            if not claimed:
                await asyncio.sleep(0.001)
            for each in claimed:
                await self._settle(queue, each)

    async def _settle(self, queue: Spool, message: QueuedMessage) -> None:
        queue_id, attempts = message.queue_id, message.history.attempts
        # One recipient after the other, as jobs end.
        for recipient in message.envelope.recipients[len(message.noted) :]:
            if self._chance.random() < 0.3:
                number = self._ask(made=[], noted=queue_id)
                await queue.note(queue_id, [_delivered(recipient)])
                self._write(answered=number)
            else:
                break
        chance = self._chance.random()
        if chance < 0.2:
            await queue.release(queue_id)
            return
        news, name = self._new(queue, 1) if chance < 0.5 else ([], "")
        settlement = Settlement(queue_id=queue_id, added=news)
        is_left = chance > 0.8
        if is_left:
            settlement = Settlement(
                queue_id=queue_id,
                left=message.envelope,
                history=QueueHistory(arrival=message.history.arrival, attempts=attempts + 1),
                due=dt.datetime.now(dt.UTC),
                added=news,
            )
        number = self._ask(
            made=[new.queue_id for new in news],
            content=name,
            settled=queue_id,
            attempts=attempts + 1 if is_left else None,
        )
        await queue.settle(settlement)
        self._write(answered=number)


def _delivered(recipient: Recipient) -> DeliveryOutcome:
    return DeliveryOutcome(
        recipient=recipient,
        disposition=Disposition.DELIVERED,
        status=EnhancedStatusCode.parse("2.0.0"),
    )


def state_of(message: QueuedMessage) -> list[int]:
    """Return how often a message was tried, and of how many recipients something is noted."""
    assert [each.recipient for each in message.noted] == list(
        message.envelope.recipients[: len(message.noted)]
    )
    return [message.history.attempts, len(message.noted)]


class Expected:
    """What must be in the queue.

    Attributes:
        states: How often each message was tried, and how much is noted of it.
        contents: The name of the content of each.
    """

    def __init__(self) -> None:
        self.states: dict[str, list[int]] = {}
        self.contents: dict[str, str] = {}

    def follow(self, lines: list[Line], found: dict[str, list[int]]) -> None:
        """Take over what a process wrote down, and for what is open what was found."""
        open_: dict[int, Line] = {}
        for line in lines:
            if "number" in line:
                open_[line["number"]] = line
            elif "answered" in line:
                # What was seen before its answer was noted is carried out already.
                self._carry_out(open_.pop(line["answered"], None))
            else:
                for number, asked in list(open_.items()):
                    if _shows(asked, line["seen"]):
                        self._carry_out(open_.pop(number))
        for asked in open_.values():
            if _shows(asked, found) or self._is_gone(asked, found) or self._is_noted(asked, found):
                self._carry_out(asked)

    @staticmethod
    def _is_gone(asked: Line, found: dict[str, list[int]]) -> bool:
        settled = asked.get("settled")
        return (
            settled is not None
            and not asked["made"]
            and asked["attempts"] is None
            and settled not in found
        )

    def _is_noted(self, asked: Line, found: dict[str, list[int]]) -> bool:
        noted = asked.get("noted")
        if noted is None:
            return False
        tried, count = self.states[noted]
        return found.get(noted) == [tried, count + 1]

    def _carry_out(self, asked: Line | None) -> None:
        if asked is None:
            return
        for queue_id in asked["made"]:
            self.states[queue_id] = [0, 0]
            self.contents[queue_id] = asked["content"]
        noted, settled = asked.get("noted"), asked.get("settled")
        if noted is not None:
            self.states[noted][1] += 1
        if settled is not None:
            if asked["attempts"] is None:
                del self.states[settled]
            else:
                self.states[settled] = [asked["attempts"], 0]


def _shows(asked: Line, seen: dict[str, list[int]]) -> bool:
    """Tell whether what was seen shows that something was carried out."""
    return any(queue_id in seen for queue_id in asked["made"]) or (
        asked.get("attempts") is not None
        and seen.get(asked["settled"], [-1])[0] >= asked["attempts"]
    )


async def look(directory: Path) -> tuple[dict[str, list[int]], dict[str, bytes]]:
    """Open a queue, and return what is in it: the state and octets of each message."""
    async with Spool.open(directory, reserve_octets=0) as queue:
        assert () == queue.recovered.lost
        assert [] == list(queue.incoming.iterdir())
        end = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        messages = await queue.claim(end, most=1_000_000)
        octets = {each.queue_id: (await queue.content(each.queue_id)).read() for each in messages}
    store = Store(open_database(directory, can_create=False))
    used = {place.file for _, place in store.places()}
    rows = store._connection.execute("SELECT DISTINCT queue_id FROM notes").fetchall()
    store.close()
    assert used == _files(directory)
    assert {queue_id for (queue_id,) in rows} == {each.queue_id for each in messages if each.noted}
    return {each.queue_id: state_of(each) for each in messages}, octets


def one_round(directory: Path, expected: Expected, seed: int) -> int:
    """Let a process work, kill it, compare; return how many lines it wrote."""
    chance = random.Random(seed)
    path = directory / "ledger"
    ledger = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    child = os.fork()
    if not child:
        try:
            asyncio.run(Load(directory / "queue", ledger, seed).run())
        finally:
            os._exit(1)
    time.sleep(chance.uniform(0.01, _LONGEST_SECONDS))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert signal.SIGKILL == os.WTERMSIG(status), "it ended by itself"
    os.close(ledger)
    text = path.read_text()
    # The last line may have been cut.
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]
    found, octets = asyncio.run(look(directory / "queue"))
    expected.follow(lines, found)
    assert expected.states == found, _difference(expected.states, found)
    for queue_id, whole in octets.items():
        assert octets_of(expected.contents[queue_id]) == whole, queue_id
    if len(found) > _ENOUGH:
        asyncio.run(drain(directory / "queue", expected))
    return len(lines)


async def drain(directory: Path, expected: Expected) -> None:
    """Take everything out of a queue, and see that nothing is left of it."""
    async with Spool.open(directory, reserve_octets=0) as queue:
        now = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        for each in await queue.claim(now, most=1_000_000):
            await queue.settle(Settlement(queue_id=each.queue_id))
    assert set() == _files(directory)
    expected.states.clear()


def _files(directory: Path) -> set[str]:
    messages = directory / "messages"
    return {str(path.relative_to(messages)) for path in messages.glob("*/*")}


def _difference(expected: dict[str, list[int]], found: dict[str, list[int]]) -> str:
    lost = {each: state for each, state in expected.items() if found.get(each) != state}
    unexpected = {each: state for each, state in found.items() if expected.get(each) != state}
    return f"lost {lost}, unexpected {unexpected}"


def main() -> None:
    """Run as many rounds as asked for; an assertion ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    expected = Expected()
    lines = 0
    for number in range(args.rounds):
        lines += one_round(args.directory, expected, args.seed + number)
    sys.stdout.write(f"{args.rounds} rounds, {lines} lines, {len(expected.states)} left\n")


if __name__ == "__main__":
    main()
