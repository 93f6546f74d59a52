"""The header as filters change it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.milters.header import HeaderBlock, is_name

HEADER = b"Received: a\r\nreceived: b\r\n\tc\r\nSubject: \xff\0x \r\nX:\r\n"


def read(data: bytes) -> HeaderBlock:
    """Return the header of a message."""
    return HeaderBlock.read(data)[0]


@pytest.mark.parametrize(
    ("data", "end", "names"),
    [
        (b"", 0, []),
        (b"\r\nbody", 0, []),
        (b"A: 1\r\n\r\nB: 2", 6, [b"A"]),
        (b"A: 1\nB : 2\n\nx", 11, [b"A", b"B"]),
        (b"A: 1\r\n 2\r\n\t3\r\nno field\r\n", 14, [b"A"]),
        (b"A: 1", 4, [b"A"]),
        (b"A: 1\r\n ", 7, [b"A"]),
        (b" x\r\nA: 1\r\n", 0, []),
        (b"From ann Mon\r\n>From x\nA: 1\r\n\r\n", 28, [b"A"]),
        (b"From : ann\r\n\r\n", 12, [b"From"]),
        (b"A\xff: 1\r\n", 0, []),
    ],
)
def test_where_it_ends(data: bytes, end: int, names: list[bytes]) -> None:
    """A header ends at an empty line, or at a line that is no field."""
    header, found = HeaderBlock.read(data)

    assert (end, names) == (found, [field.name for field in header])
    assert data[:end] == header.octets()


def test_values() -> None:
    """A value has LF at folds, one space less unless it counts, and no NUL."""
    fields = list(read(HEADER))

    assert [b"a", b"b\n\tc", b"\xff x ", b""] == [
        field.value(keeps_space=False) for field in fields
    ]
    assert [b" a", b" b\n\tc", b" \xff x ", b""] == [
        field.value(keeps_space=True) for field in fields
    ]


def test_add() -> None:
    """A field that is added comes last; all others stay octet for octet."""
    header = read(HEADER)
    header.add(b"Y", b" 1")

    assert HEADER + b"Y: 1\r\n" == header.octets()


def test_add_behind_a_line_without_end() -> None:
    """The last line of a message may lack its end; a field behind it has a line of its own."""
    header = read(b"A: 1")
    header.add(b"Y", b" 1")

    assert b"A: 1\r\nY: 1\r\n" == header.octets()


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, b"YABC"), (1, b"YABC"), (2, b"AYBC"), (3, b"ABYC"), (4, b"ABCY"), (2**32 - 1, b"ABCY")],
)
def test_insert(number: int, expected: bytes) -> None:
    """A field takes the place of the one with its number; beyond the last it is last."""
    header = read(b"A: 1\r\nB: 2\r\nC: 3\r\n")
    header.insert(number, b"Y", b" 0")

    assert list(expected) == [ord(field.name) for field in header]


@pytest.mark.parametrize(
    ("name", "number", "value", "expected"),
    [
        (b"X", 1, b" n", [b"X: n", b"Y: 2", b"X: 2", b"X: 3"]),
        (b"x", 0, b" n", [b"x: n", b"Y: 2", b"X: 2", b"X: 3"]),
        (b"X", 2, b" n", [b"x: 1", b"Y: 2", b"X: n", b"X: 3"]),
        (b"X", 3, b" n", [b"x: 1", b"Y: 2", b"X: 2", b"X: n"]),
        (b"X", 4, b" n", [b"x: 1", b"Y: 2", b"X: 2", b"X: 3", b"X: n"]),
        (b"Z", 1, b" n", [b"x: 1", b"Y: 2", b"X: 2", b"X: 3", b"Z: n"]),
        (b"x", 1, b"", [b"Y: 2", b"X: 2", b"X: 3"]),
        (b"x", 2, b"", [b"x: 1", b"Y: 2", b"X: 3"]),
        (b"y", 1, b"", [b"x: 1", b"X: 2", b"X: 3"]),
        (b"y", 2, b"", [b"x: 1", b"Y: 2", b"X: 2", b"X: 3"]),
        (b"Z", 1, b"", [b"x: 1", b"Y: 2", b"X: 2", b"X: 3"]),
    ],
)
def test_change(name: bytes, number: int, value: bytes, expected: list[bytes]) -> None:
    """Name and number say which; without a value it goes; where there is none it is added."""
    header = read(b"x: 1\r\nY: 2\r\nX: 2\r\nX: 3\r\n")
    header.change(name, number, value)

    assert expected == header.octets().splitlines()


def test_edits_see_those_before() -> None:
    """The numbers are those of the moment: inserted fields count, deleted ones do not."""
    header = read(b"X: 1\r\nX: 2\r\n")
    header.insert(1, b"X", b" 0")
    header.change(b"X", 2, b"")
    header.change(b"X", 2, b" two")
    header.insert(2, b"Y", b" y")

    assert b"X: 0\r\nY: y\r\nX: two\r\n" == header.octets()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b" a\nb", b"X: a\r\n\tb\r\n"),
        (b" a\r\n b", b"X: a\r\n b\r\n"),
        (b" a\rb", b"X: a\r\n\tb\r\n"),
        (b" a\r\n\r\nBody", b"X: a\r\n\tBody\r\n"),
        (b" a\n\n\n\tb\n", b"X: a\r\n\tb\r\n"),
        (b" a\n \t\nb", b"X: a\r\n\tb\r\n"),
        (b" a\0b", b"X: ab\r\n"),
        (b"\n\tb", b"X:\r\n\tb\r\n"),
        (b" \xc3\xa4\xff", b"X: \xc3\xa4\xff\r\n"),
        (b"", b"X:\r\n"),
    ],
)
def test_what_a_filter_writes_is_one_field(value: bytes, written: bytes) -> None:
    """Line ends of a filter fold; none of them begins a field or the body."""
    header = read(b"")
    header.add(b"X", value)

    assert written == header.octets()


@given(st.binary(max_size=60), st.sampled_from([b"A: 1\r\n", b"", b"B: 2\r\n c\r\n"]))
def test_no_value_can_inject(value: bytes, before: bytes) -> None:
    """Whatever a filter gives, the header has one field more, and nothing behind it."""
    header = read(before)
    count = len(header)
    header.add(b"X", value)
    again, end = HeaderBlock.read(header.octets() + b"\r\nbody")

    assert count + 1 == len(again)
    assert len(header.octets()) == end


class Slow:
    """The same edits, on a list that is searched from its beginning each time."""

    def __init__(self, data: bytes) -> None:
        self.fields = [(field.name, field.octets) for field in read(data)]

    def insert(self, number: int, name: bytes, value: bytes) -> None:
        """Insert a field."""
        place = min(max(number - 1, 0), len(self.fields))
        self.fields.insert(place, (name, name + b":" + value + b"\r\n"))

    def change(self, name: bytes, number: int, value: bytes) -> None:
        """Change a field."""
        same = [place for place, each in enumerate(self.fields) if each[0].lower() == name.lower()]
        place = max(number - 1, 0)
        if place < len(same):
            new = [(name, name + b":" + value + b"\r\n")] if value else []
            self.fields[same[place] : same[place] + 1] = new
        elif value:
            self.insert(len(self.fields) + 1, name, value)

    def octets(self) -> bytes:
        """Return the header."""
        return b"".join(octets for _, octets in self.fields)


EDITS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, 6),
        st.sampled_from([b"X", b"x", b"Y", b"Subject"]),
        st.sampled_from([b"", b" 1", b" 22"]),
    ),
    max_size=30,
)


@given(EDITS)
def test_edits_are_those_of_a_plain_list(
    edits: list[tuple[bool, int, bytes, bytes]],
) -> None:
    """The fast way gives what the slow one gives."""
    data = b"X: a\r\nSubject: b\r\n c\r\nX: d\r\n"
    fast, slow = read(data), Slow(data)
    for is_insert, number, name, value in edits:
        if is_insert:
            fast.insert(number, name, value)
            slow.insert(number, name, value)
        else:
            fast.change(name, number, value)
            slow.change(name, number, value)

    assert slow.octets() == fast.octets()


def test_fields_between_two_others_without_end() -> None:
    """Labels run out between two fields that are inserted at all the time, and are renewed."""
    fast, slow = read(b"X: a\r\nY: b\r\n"), Slow(b"X: a\r\nY: b\r\n")
    for number in range(1200):
        fast.insert(2 + number % 2, b"X", b" %d" % number)
        slow.insert(2 + number % 2, b"X", b" %d" % number)
    fast.change(b"X", 600, b"")
    slow.change(b"X", 600, b"")

    assert slow.octets() == fast.octets()


def test_ten_thousand_edits() -> None:
    """Time grows with the number of edits, not with its square: 30,000 in a few seconds."""
    header = read(b"".join(b"X: %d\r\n" % number for number in range(10_000)))
    begin = time.perf_counter()
    for number in range(10_000):
        header.insert(5000, b"X", b" new")
        header.change(b"x", 7000, b" changed %d" % number)
        header.change(b"X", 3000, b"")
    seconds = time.perf_counter() - begin

    assert 10_000 == len(header)
    assert seconds < 5


@pytest.mark.parametrize(
    ("name", "expected"),
    [(b"X-A", True), (b"", False), (b"X:", False), (b"X Y", False), (b"X\r\nY", False)],
)
def test_names(name: bytes, expected: bool) -> None:  # noqa: FBT001  a column of the table
    """A name has no space, colon or control."""
    assert expected is is_name(name)
