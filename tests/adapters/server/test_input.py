"""What waits to be read: lines, octets, bounds, the end."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.server.input import ClientInput, InputEnded, LineTooLong


class _Flow:
    """Counts how often the transport was told to pause and to go on."""

    def __init__(self) -> None:
        self.is_paused = False
        self.input = ClientInput(pause=self.pause, resume=self.resume)

    def pause(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume(self) -> None:
        assert self.is_paused
        self.is_paused = False


async def lines(source: ClientInput, most: int) -> list[bytes | None]:
    """Return all lines; `None` for one that is too long."""
    found: list[bytes | None] = []
    while True:
        try:
            found.append(await source.line(most))
        except LineTooLong:
            found.append(None)
        except InputEnded:
            return found


@given(
    st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"xyz", b"x" * 12])).map(b"".join),
    st.lists(st.integers(0, 300), max_size=10),
)
def test_lines(octets: bytes, cuts: list[int]) -> None:
    """Lines are the same however they come; one that is too long is told of, and no other."""

    async def read() -> list[bytes | None]:
        flow = _Flow()
        task = asyncio.create_task(lines(flow.input, 10))
        places = sorted({cut % (len(octets) + 1) for cut in cuts} | {0, len(octets)})
        for begin, end in itertools.pairwise(places):
            flow.input.feed(octets[begin:end])
            await asyncio.sleep(0)
        flow.input.end()
        return await task

    whole = [each for each in octets.splitlines(keepends=True) if each.endswith(b"\n")]
    whole = [line for line in octets.replace(b"\n", b"\n\0").split(b"\0") if line.endswith(b"\n")]
    expected = [
        line if len(line.removesuffix(b"\n").removesuffix(b"\r")) <= 10 else None for line in whole
    ]
    assert expected == asyncio.run(read())


def test_flow() -> None:
    """A client that sends too much is told to wait until some was taken."""

    async def read() -> list[bool]:
        flow = _Flow()
        seen = []
        for _ in range(3):
            flow.input.feed(b"x" * 40_000)
            seen.append(flow.is_paused)
        await flow.input.octets(60_000)
        seen.append(flow.is_paused)
        await flow.input.octets(60_000)
        seen.append(flow.is_paused)
        return seen

    assert [False, True, True, True, False] == asyncio.run(read())


def test_end() -> None:
    """What came before the end can be read; half a line is none."""

    async def read() -> bytes:
        flow = _Flow()
        flow.input.feed(b"one\r\ntw")
        flow.input.end()
        flow.input.feed(b"o\r\n")
        first = await flow.input.line(10)
        with pytest.raises(InputEnded):
            await flow.input.line(10)
        assert b"tw" == await flow.input.octets()
        with pytest.raises(InputEnded):
            await flow.input.octets()
        return first

    assert b"one\r\n" == asyncio.run(read())


def test_put_back() -> None:
    """What was taken too much comes first."""

    async def read() -> bytes:
        flow = _Flow()
        flow.input.feed(b"b\n")
        flow.input.put_back(b"a")
        return await flow.input.line(10)

    assert b"ab\n" == asyncio.run(read())
