"""A coroutine that waits for nothing runs to its end; one that waits is refused."""

import asyncio

import pytest

from dsnlib.replies.drive import run


async def _give(value: object) -> object:
    return value


async def _fail() -> None:
    message = "no"
    raise LookupError(message)


def test_what_it_returns_is_returned() -> None:
    """The result is that of the coroutine."""
    assert run(_give(7)) == 7


def test_what_it_raises_is_raised() -> None:
    """An error is not changed on the way."""
    with pytest.raises(LookupError, match="no"):
        run(_fail())


def test_what_waits_is_refused() -> None:
    """A coroutine that suspends is closed, and the error names it."""
    closed = []

    async def wait() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            closed.append(True)

    with pytest.raises(TypeError, match=r"wait: .* await it instead"):
        run(wait())

    assert [True] == closed
