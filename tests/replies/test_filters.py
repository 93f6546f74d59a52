"""A filter changes texts and softens; it crosses no line, and what it cannot do is told."""

import asyncio
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import LookupFailed
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.filters import Filtered, filter_reply, filter_status
from dsnlib.replies.table import Table
from tests.growth import BOUND, growth
from tests.replies.fake_tables import BrokenTable, Counting, FixedTable, FunctionTable, SlowTable
from tests.replies.reply_strategies import filter_tables
from tests.strategies import smtp_replies, status_codes, wire_texts

S511 = EnhancedStatusCode.parse("5.1.1")
S421 = EnhancedStatusCode.parse("4.2.1")
TWO = SmtpReply.parse("550-5.1.1 no such user\n550 5.1.1 ask the postmaster")


def table(answer: str, name: str = "filter") -> FunctionTable:
    """Return a table that answers always the same."""
    return FunctionTable(lambda _: answer, name)


@attrs.frozen
class WaitingTable:
    """Answers with something that can be awaited and not be closed."""

    name: str = "waiting"
    has_fixed_keys: bool = True

    def lookup(self, key: str) -> "asyncio.Future[str | None]":  # noqa: ARG002  the protocol's
        """Return a future of a loop that never runs."""
        loop = asyncio.new_event_loop()
        try:
            return loop.create_future()
        finally:
            loop.close()


def test_filter_is_asked_with_status_and_text() -> None:
    """A table sees both with one blank between them, and no blank behind a status alone."""
    counting = Counting(FixedTable())

    filter_status(S511, "no such user", [counting])
    filter_status(S511, "", [counting])
    filter_status(S511, "  wide", [counting])

    assert ["5.1.1 no such user", "5.1.1", "5.1.1   wide"] == counting.asked


def test_filter_is_asked_with_each_line() -> None:
    """A table sees a reply line by line, as on the wire, without the line's end."""
    counting = Counting(FixedTable())

    filter_reply(TWO, [counting])

    assert ["550-5.1.1 no such user", "550 5.1.1 ask the postmaster"] == counting.asked


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("5.1.1 gone", "5.1.1 gone", id="text"),
        pytest.param("5.7.1 no such user", "5.7.1 no such user", id="status"),
        pytest.param("4.7.1 later", "4.7.1 later", id="softer"),
        pytest.param("5.7.1", "5.7.1", id="no text"),
        pytest.param("5.7.1 X", "5.7.1 X", id="one letter"),
        pytest.param(" \t5.7.1 gone\t ", "5.7.1 gone", id="white space around"),
        pytest.param("5.7.1 a\nb", "5.7.1 a\ufffdb", id="control"),
    ],
)
def test_answer_takes_the_place_of_a_status(answer: str, expected: str) -> None:
    """What a filter answers counts, and its name is told."""
    assert Filtered(expected, "filter") == filter_status(S511, "no such user", [table(answer)])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            {"550-5.1.1 no such user": "550-5.1.1 gone"},
            "550-5.1.1 gone\n550 5.1.1 ask the postmaster",
            id="first",
        ),
        pytest.param(
            {"550 5.1.1 ask the postmaster": " 550 5.1.1 go\t"},
            "550-5.1.1 no such user\n550 5.1.1 go",
            id="last",
        ),
        pytest.param(
            {
                "550-5.1.1 no such user": "450-4.2.1 a\0",
                "550 5.1.1 ask the postmaster": "450 4.2.1 b",
            },
            "450-4.2.1 a\ufffd\n450 4.2.1 b",
            id="both, softer",
        ),
        pytest.param(
            {"550-5.1.1 no such user": "550-5.1.1 a\r\n550-5.1.1 b"},
            "550-5.1.1 a\ufffd\ufffd550-5.1.1 b\n550 5.1.1 ask the postmaster",
            id="a line more, which is none",
        ),
        pytest.param(
            {"550-5.1.1 no such user": "550-a", "550 5.1.1 ask the postmaster": "550 b"},
            "550-a\n550 b",
            id="without status",
        ),
        pytest.param(
            {"550-5.1.1 no such user": "571-5.1.1 a", "550 5.1.1 ask the postmaster": "571 5.1.1"},
            "571-5.1.1 a\n571 5.1.1 ",
            id="a code in use that no RFC has",
        ),
    ],
)
def test_answers_take_the_place_of_lines(rows: dict[str, str], expected: str) -> None:
    """Lines that a filter has are changed, the others stay; the reply is still one reply."""
    reply, filtered = filter_reply(TWO, [FixedTable(rows, "filter")])

    assert expected == str(reply)
    assert ("filter", ()) == (filtered.table, filtered.defects)


def test_first_table_that_answers_decides() -> None:
    """Tables are asked in order, and behind an answer no more."""
    last = Counting(table("5.1.1 three", "three"))
    tables: list[Table] = [FixedTable(), table("5.1.1 two", "two"), last]

    assert Filtered("5.1.1 two", "two") == filter_status(S511, "no", tables)
    assert [] == last.asked


def test_each_line_has_its_own_first_table() -> None:
    """Another line may be another table's; each that changed one is named."""
    one = FixedTable({"550 5.1.1 ask the postmaster": "550 5.1.1 one"}, "one")
    two = FixedTable({"550-5.1.1 no such user": "550-5.1.1 two"}, "two")

    reply, filtered = filter_reply(TWO, iter([one, two]))

    assert ("two", "one") == reply.lines
    assert Filtered("550-5.1.1 two\n550 5.1.1 one", "two, one") == filtered


@pytest.mark.parametrize("tables", [(), (FixedTable(),)], ids=["none", "no answer"])
def test_without_an_answer_all_stays(tables: tuple[Table, ...]) -> None:
    """What no table has is what it was, and no table is named."""
    assert Filtered("5.1.1 no") == filter_status(S511, "no", tables)
    assert (TWO, Filtered(str(TWO))) == filter_reply(TWO, tables)
    assert TWO is filter_reply(TWO, tables)[0]


def test_same_answer_changes_nothing() -> None:
    """A table that answers what it was asked with has changed nothing."""
    same = FunctionTable(lambda key: f"{key} ")

    assert Filtered("5.1.1 no") == filter_status(S511, "no", [same])
    assert (TWO, Filtered(str(TWO))) == filter_reply(TWO, [same])


@pytest.mark.parametrize(
    ("before", "after", "may_harden", "message"),
    [
        pytest.param("5.1.1", "2.0.0", True, "class 5 may not become 2", id="5 to 2"),
        pytest.param("4.1.1", "2.0.0", True, "class 4 may not become 2", id="4 to 2"),
        pytest.param("2.0.0", "4.0.0", True, "class 2 may not become 4", id="2 to 4"),
        pytest.param("2.0.0", "5.0.0", True, "class 2 may not become 5", id="2 to 5"),
        pytest.param(
            "4.2.2", "5.2.2", False, "class 4 may not become 5, which is worse", id="4 to 5"
        ),
        pytest.param("4.2.2", "5.2.2", True, None, id="4 to 5, if allowed"),
        pytest.param("5.2.2", "4.2.2", False, None, id="5 to 4"),
        pytest.param("5.2.2", "5.1.1", False, None, id="5 to 5"),
        pytest.param("4.2.2", "4.1.1", False, None, id="4 to 4"),
        pytest.param("2.0.0", "2.1.5", False, None, id="2 to 2"),
    ],
)
def test_line_between_success_and_failure(
    before: str, after: str, message: str | None, *, may_harden: bool
) -> None:
    """No filter crosses it, either way; class 4 becomes 5 only where the site says so."""
    status = EnhancedStatusCode.parse(before)
    filtered = filter_status(status, "a", [table(f"{after} b")], may_harden=may_harden)

    if message is None:
        assert Filtered(f"{after} b", "filter") == filtered
    else:
        (defect,) = filtered.defects
        assert (f"{before} a", None) == (filtered.text, filtered.table)
        assert ("filter", f"filter: '{before} a': {message}") == (defect.code, defect.message)


@pytest.mark.parametrize(
    ("before", "after", "may_harden", "message"),
    [
        pytest.param("550 5.1.1 a", "250 2.0.0 b", True, "class 5 may not become 2", id="5 to 2"),
        pytest.param("450 a", "250 b", True, "class 4 may not become 2", id="4 to 2"),
        pytest.param("250 2.0.0 a", "450 b", True, "class 2 may not become 4", id="2 to 4"),
        pytest.param("250 a", "550 b", True, "class 2 may not become 5", id="2 to 5"),
        # 354 makes a client send what was refused.
        pytest.param("554 5.5.1 a", "354 b", True, "class 5 may not become 3", id="5 to 3"),
        pytest.param("450 a", "354 b", True, "class 4 may not become 3", id="4 to 3"),
        pytest.param("354 a", "554 b", True, "class 3 may not become 5", id="3 to 5"),
        pytest.param("354 a", "451 b", True, "class 3 may not become 4", id="3 to 4"),
        pytest.param("354 a", "250 b", True, "class 3 may not become 2", id="3 to 2"),
        pytest.param("250 a", "354 b", True, "class 2 may not become 3", id="2 to 3"),
        pytest.param(
            "450 4.2.2 a", "550 b", False, "class 4 may not become 5, which is worse", id="4 to 5"
        ),
        pytest.param("450 4.2.2 a", "550 5.2.2 b", True, None, id="4 to 5, if allowed"),
        pytest.param("550 5.2.2 a", "450 4.2.2 b", False, None, id="5 to 4"),
        pytest.param("354 a", "354 b", False, None, id="3 to 3"),
        pytest.param("250 a", "250 2.0.0 b", False, None, id="2 to 2"),
        pytest.param("200 a", "299 b", False, None, id="the last of a class"),
        pytest.param("299 a", "200 b", False, None, id="the first of a class"),
        pytest.param("400 a", "499 b", False, None, id="the last of another"),
    ],
)
def test_line_between_replies(
    before: str, after: str, message: str | None, *, may_harden: bool
) -> None:
    """What goes on for a client goes on, and what is refused stays refused."""
    reply, filtered = filter_reply(SmtpReply.parse(before), [table(after)], may_harden=may_harden)

    if message is None:
        assert (after, Filtered(after, "filter")) == (str(reply), filtered)
    else:
        (defect,) = filtered.defects
        assert (before, None, before) == (str(reply), filtered.table, filtered.text)
        assert ("filter", f"filter: {before!r}: {message}") == (defect.code, defect.message)


@pytest.mark.parametrize(
    "answer",
    ["", "REJECT", "gone", "5.1 gone", "3.0.0 gone", "5.1.1gone", "5.1.1\tgone", "550 5.1.1 gone"],
)
def test_answer_that_begins_with_no_status(answer: str) -> None:
    """It is not taken, and a defect shows it."""
    filtered = filter_status(S511, "no", [table(answer), table("5.7.1 yes", "not asked")])

    assert ("5.1.1 no", None) == (filtered.text, filtered.table)
    assert [f"filter: '5.1.1 no': {answer!r} does not begin with a status"] == [
        defect.message for defect in filtered.defects
    ]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param({0: ""}, id="nothing for the first"),
        pytest.param({1: ""}, id="nothing for the last"),
        pytest.param({0: "550 5.1.1 a", 1: ""}, id="the first as the last"),
        pytest.param({0: "", 1: ""}, id="nothing at all"),
        pytest.param({0: "gone"}, id="no code"),
        pytest.param({0: "551-5.1.1 a"}, id="two codes"),
        pytest.param({0: "550-5.1.2 a"}, id="two statuses"),
        pytest.param({0: "550-a"}, id="one status"),
        pytest.param({0: "550 5.1.1 a"}, id="an end in the middle"),
        pytest.param({1: "550-5.1.1 a"}, id="no end"),
        pytest.param({0: "550-4.1.1 a", 1: "550 4.1.1 b"}, id="classes that disagree"),
        pytest.param({0: "650-a", 1: "650 b"}, id="no class"),
        pytest.param({0: "550-5.1.1 a\n550 5.1.1 b", 1: ""}, id="two lines in one"),
    ],
)
def test_lines_that_make_no_reply(rows: dict[int, str]) -> None:
    """They are not taken at all, and a defect tells of it."""
    keys = str(TWO).split("\n")
    filtering = FixedTable({keys[number]: answer for number, answer in rows.items()}, "filter")

    reply, filtered = filter_reply(TWO, [filtering])
    (defect,) = filtered.defects

    assert TWO is reply
    assert (str(TWO), None) == (filtered.text, filtered.table)
    assert defect.message.startswith(f"filter: {str(TWO)!r}: ")


def test_line_that_is_gone_is_told_of() -> None:
    """A reply of one line is no reply of two, though it is a reply."""
    keys = str(TWO).split("\n")
    filtering = FixedTable({keys[0]: "550 5.1.1 a", keys[1]: ""}, "filter")

    _, filtered = filter_reply(TWO, [filtering])

    assert [f"filter: {str(TWO)!r}: a line is gone"] == [each.message for each in filtered.defects]


FAILURES = [
    pytest.param(BrokenTable(ValueError("bad")), "broken", "ValueError: bad", id="any error"),
    pytest.param(BrokenTable(LookupFailed("db: no")), "broken", "db: no", id="ours"),
    pytest.param(SlowTable(table("5.1.1 a")), "slow", "it does not answer at once", id="coroutine"),
    pytest.param(WaitingTable(), "waiting", "it does not answer at once", id="future"),
    pytest.param(
        FunctionTable(lambda _: cast("Any", b"5.1.1 a")),
        "function",
        "it answers bytes, not text",
        id="octets",
    ),
    pytest.param(
        FunctionTable(lambda _: cast("Any", 0)), "function", "it answers int, not text", id="number"
    ),
]


@pytest.mark.parametrize(("failing", "name", "message"), FAILURES)
def test_filter_that_cannot_answer(failing: Table, name: str, message: str) -> None:
    """It is passed over, the next one is asked, and a defect names it."""
    filtered = filter_status(S511, "no", [failing, table("4.2.1 later")])
    (defect,) = filtered.defects

    assert ("4.2.1 later", "filter") == (filtered.text, filtered.table)
    assert ("filter", f"{name}: '5.1.1 no': {message}") == (defect.code, defect.message)


@pytest.mark.parametrize(("failing", "name", "message"), FAILURES)
def test_filter_that_cannot_answer_for_a_line(failing: Table, name: str, message: str) -> None:
    """Each line that it was asked for has its defect, changed or not."""
    expected = [f"{name}: {line!r}: {message}" for line in str(TWO).split("\n")]
    last = FixedTable({"550 5.1.1 ask the postmaster": "550 5.1.1 go"})

    reply, filtered = filter_reply(TWO, [failing])
    changed, with_last = filter_reply(TWO, [failing, last])

    assert TWO is reply
    assert expected == [defect.message for defect in filtered.defects]
    assert expected == [defect.message for defect in with_last.defects]
    assert (("no such user", "go"), "fixed") == (changed.lines, with_last.table)


def test_filter_that_cannot_answer_alone() -> None:
    """Without another table the text stays, and the defect is there all the same."""
    filtered = filter_status(S511, "no", [BrokenTable(ValueError("bad"))])

    assert ("5.1.1 no", None) == (filtered.text, filtered.table)
    assert ["broken: '5.1.1 no': ValueError: bad"] == [each.message for each in filtered.defects]


def test_lines_of_two_tables_that_make_no_reply() -> None:
    """The defect names the table of the first line that was changed."""
    one = FixedTable({"550 5.1.1 ask the postmaster": "250 fine"}, "one")
    two = FixedTable({"550-5.1.1 no such user": "550-5.1.1 gone"}, "two")

    reply, filtered = filter_reply(TWO, [one, two])

    assert TWO is reply
    assert [True] == [each.message.startswith("two: ") for each in filtered.defects]


def test_filter_may_not_harden_unless_told() -> None:
    """Without a word about it nothing gets worse."""
    reply = SmtpReply.parse("450 4.2.1 a")

    assert "4.2.1 a" == filter_status(S421, "a", [table("5.2.1 b")]).text
    assert reply is filter_reply(reply, [table("550 5.2.1 b")])[0]


def test_defects_of_both_kinds() -> None:
    """What a broken table did and what a bad one answered are both told, in this order."""
    tables: list[Table] = [BrokenTable(ValueError("bad")), table("250 fine")]
    one = SmtpReply.parse("550 5.1.1 no")

    _, of_reply = filter_reply(one, tables)
    of_status = filter_status(S511, "no", tables)

    assert [
        "broken: '550 5.1.1 no': ValueError: bad",
        "filter: '550 5.1.1 no': class 5 may not become 2",
    ] == [defect.message for defect in of_reply.defects]
    assert [
        "broken: '5.1.1 no': ValueError: bad",
        "filter: '5.1.1 no': '250 fine' does not begin with a status",
    ] == [defect.message for defect in of_status.defects]


@given(
    status=status_codes(),
    text=wire_texts(),
    tables=st.lists(filter_tables(), max_size=3),
    may_harden=st.booleans(),
)
def test_any_filter_of_a_status(
    status: EnhancedStatusCode, text: str, tables: list[Table], *, may_harden: bool
) -> None:
    """Whatever filters do, a status comes out, of a class that the rules allow."""
    filtered = filter_status(status, text, tables, may_harden=may_harden)
    now = EnhancedStatusCode.parse(filtered.text.partition(" ")[0])

    assert (status.class_ == 2) == (now.class_ == 2)
    assert may_harden or now.class_ <= status.class_
    assert filtered.table is not None or filtered.text == f"{status} {text}".rstrip()


@given(reply=smtp_replies(), tables=st.lists(filter_tables(), max_size=3), may_harden=st.booleans())
def test_any_filter_of_a_reply(reply: SmtpReply, tables: list[Table], *, may_harden: bool) -> None:
    """Whatever filters do, a reply of as many lines comes out that a strict client reads."""
    now, filtered = filter_reply(reply, tables, may_harden=may_harden)

    assert now == SmtpReply.parse(str(now))
    assert len(reply.lines) == len(now.lines)
    classes = {reply.code // 100, now.code // 100}
    assert len(classes) == 1 or classes == {4, 5}
    assert may_harden or now.code // 100 <= reply.code // 100
    assert filtered.table is not None or reply is now


@pytest.mark.parametrize("unit", ["a", "é", "\udcff"], ids=ascii)
def test_twice_the_text_takes_twice_the_time(unit: str) -> None:
    """Work is linear in the text: under three times as long for twice as much."""
    tables: list[Table] = [BrokenTable(), FunctionTable(lambda key: f"{key} and more")]

    assert growth(lambda count: lambda: filter_status(S421, unit * count, tables), 1 << 17) < BOUND


def test_twice_the_lines_take_twice_the_time() -> None:
    """Work is linear in the lines: under three times as long for twice as many."""
    tables = [FunctionTable(lambda key: key.replace("550", "551"))]

    assert growth(lambda count: lambda: _filter_lines(count, tables), 1 << 14) < BOUND


def _filter_lines(count: int, tables: list[FunctionTable]) -> object:
    return filter_reply(SmtpReply(550, S511, ("no",) * count), tables)
