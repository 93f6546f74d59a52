"""A table answers now or later; what it raises is a failed lookup."""

import asyncio
from collections.abc import Awaitable
from typing import cast

import pytest

from dsnlib.errors import LookupFailed
from dsnlib.replies.table import Table, ask, settle
from tests.replies.fake_tables import BrokenTable, Counting, FixedTable, FunctionTable, SlowTable

FIXED = FixedTable({"bob@example.org": "OK", "empty": ""})


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(FIXED, id="at once"),
        pytest.param(SlowTable(FIXED), id="later"),
        pytest.param(SlowTable(SlowTable(FIXED)), id="much later"),
        pytest.param(FunctionTable(FIXED.rows.get), id="a function"),
    ],
)
@pytest.mark.parametrize(
    ("key", "expected"), [("bob@example.org", "OK"), ("empty", ""), ("ann@example.org", None)]
)
def test_answer_is_that_of_the_table(table: Table, key: str, expected: str | None) -> None:
    """A value, an empty one, and `None` come as they are, awaited if need be."""
    counting = Counting(table)

    assert expected == asyncio.run(ask(counting, key))
    assert [key] == counting.asked


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OSError(5, "disk"), id="OSError"),
        pytest.param(KeyError("x"), id="KeyError"),
        pytest.param(StopIteration(), id="StopIteration"),
        pytest.param(RecursionError("deep"), id="RecursionError"),
        pytest.param(Exception(), id="no words"),
    ],
)
def test_whatever_is_raised_is_a_failed_lookup(error: Exception) -> None:
    """An error says which table, for what, what kind it was, and keeps the cause."""
    with pytest.raises(LookupFailed) as caught:
        asyncio.run(ask(BrokenTable(error, name="users"), "bob\n"))

    assert "users" == caught.value.source
    assert "bob\n" == caught.value.key
    assert f"users: 'bob\\n': {type(error).__name__}: {error}" == str(caught.value)
    assert error is caught.value.__cause__


def test_whatever_is_raised_later_is_a_failed_lookup() -> None:
    """An error that comes with awaiting is no different."""
    slow = SlowTable(BrokenTable(TimeoutError("late")), name="users")

    with pytest.raises(LookupFailed, match=r"^users: 'bob': TimeoutError: late$"):
        asyncio.run(ask(slow, "bob"))


@pytest.mark.parametrize("is_slow", [False, True])
def test_failed_lookup_is_left_as_it_is(*, is_slow: bool) -> None:
    """A table that knows the error says it best."""
    error = LookupFailed("no", source="db", key="k")
    broken = BrokenTable(error)

    with pytest.raises(LookupFailed) as caught:
        asyncio.run(ask(SlowTable(broken) if is_slow else broken, "bob"))

    assert error is caught.value


@pytest.mark.parametrize("answer", [b"OK", 550, False, ("OK",)], ids=repr)
def test_answer_that_is_no_text_is_a_failed_lookup(answer: object) -> None:
    """Octets from a database are no action: better said here than deep inside."""
    table = FunctionTable(lambda _: cast("str", answer), name="any")

    with pytest.raises(LookupFailed) as caught:
        asyncio.run(ask(table, "bob"))

    what = f"any: 'bob': it answers {type(answer).__name__}, not text"
    assert what == str(caught.value)
    assert ("any", "bob") == (caught.value.source, caught.value.key)


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyboardInterrupt])
def test_being_stopped_is_no_failed_lookup(error: type[BaseException]) -> None:
    """Who cancels a task or presses Ctrl-C is not answered with 451."""

    def question() -> str:
        raise error

    async def wait() -> str:
        return await settle(question, str, source="users", key="bob")

    coroutine = wait()
    with pytest.raises(error):
        coroutine.send(None)


def test_question_of_any_type() -> None:
    """`settle` gives what was answered, of whatever type was asked for."""

    async def later() -> int:
        await asyncio.sleep(0)
        return 7

    def question() -> int | Awaitable[int]:
        return later()

    assert 7 == asyncio.run(settle(question, int, source="x", key="y"))
    assert (1, 2) == asyncio.run(settle(lambda: (1, 2), tuple, source="x", key="y"))


def test_answer_of_another_type_is_a_failed_lookup() -> None:
    """What was awaited too: the type is that of the answer, not of the promise."""

    async def later() -> object:
        await asyncio.sleep(0)
        return None

    with pytest.raises(LookupFailed, match=r"^x: 'y': it answers NoneType, not int$") as caught:
        asyncio.run(settle(lambda: cast("int", later()), int, source="x", key="y"))

    assert ("x", "y") == (caught.value.source, caught.value.key)
