"""Messages are found in files, folders and mailboxes, and nothing stops the search."""

from __future__ import annotations

import io
import mailbox
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.mailboxes import inputs as mailboxes
from dsnlib.adapters.mailboxes import mbox
from dsnlib.adapters.mailboxes.inputs import Entry, read_inputs, read_names
from dsnlib.adapters.mailboxes.mbox import begins_mbox, split_mbox, unquote
from dsnlib.cli.exits import Exit
from tests.growth import BOUND, growth

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
BOUNCES = ROOT / "docs/examples/bounces.mbox"

POSTMARK = b"From MAILER-DAEMON Mon Mar  2 05:00:10 2026\n"
HELLO = b"Subject: hello\n\nHello.\n"


def box(*messages: bytes) -> bytes:
    """Return an mbox of the messages."""
    return b"".join(POSTMARK + message + b"\n" for message in messages)


def read(*names: Path | str) -> list[Entry]:
    """Read the inputs."""
    return list(read_inputs([str(name) for name in names], count_lines=True))


def contents(*names: Path | str) -> list[tuple[int | None, bytes | None]]:
    """Return number and octets of each message of the inputs."""
    return [(entry.message, entry.octets) for entry in read(*names)]


def codes(entries: list[Entry]) -> list[tuple[str, int] | None]:
    """Return code and exit code of the error of each entry."""
    return [entry.error and (entry.error.code, entry.error.exit) for entry in entries]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    """Return a function that writes a file and returns its path."""

    def write(octets: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(octets)
        return path

    return write


def as_stdin(monkeypatch: pytest.MonkeyPatch, octets: bytes) -> None:
    """Put the octets in the place of standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))


# What a file is


def test_a_file_is_a_message(file: Callable[[bytes], Path]) -> None:
    """A file that is no mbox is one message, as it stands, without a number."""
    path = file(HELLO)

    assert [Entry(str(path), None, HELLO)] == read(path)


@pytest.mark.parametrize("size", [1 << 16, (1 << 16) + 1, 3 << 20])
def test_a_file_of_any_size(file: Callable[[bytes], Path], size: int) -> None:
    """A message longer than the first look into the file is read to its end."""
    octets = HELLO + b"x" * (size - len(HELLO))

    assert [(None, octets)] == contents(file(octets))


def test_a_separator_in_front_makes_no_mailbox(file: Callable[[bytes], Path]) -> None:
    """One message with an mbox line before it is that message, line included."""
    octets = POSTMARK + HELLO + b"\n>From home.\n"

    assert [(None, octets)] == contents(file(octets))


@pytest.mark.parametrize(
    ("octets", "code"),
    [(b"", "no-mail"), (b"\r\n \n", "no-mail")],
    ids=["empty", "blank"],
)
def test_a_file_without_a_message(file: Callable[[bytes], Path], octets: bytes, code: str) -> None:
    """A file with nothing in it is told of."""
    assert [(code, Exit.BAD_DATA)] == codes(read(file(octets)))


@pytest.mark.parametrize("name", ["no/such/file", "a\0b", "\ud800"])
def test_a_missing_file(name: str) -> None:
    """A name that no file has, or can have, is an error, and the next is read."""
    entries = read(name, BOUNCES)

    assert (("missing", Exit.NO_INPUT), 15) == (codes(entries)[0], len(entries))


def test_a_file_that_cannot_be_opened(file: Callable[[bytes], Path]) -> None:
    """A file that is there and cannot be opened is an error of its own."""
    assert [("unreadable", Exit.NO_INPUT)] == codes(read(file(HELLO) / "below"))


def test_a_file_that_cannot_be_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before an I/O error is kept; the error names what follows."""

    class Failing(io.BytesIO):
        """Fails after the first octets."""

        def read(self, size: int | None = -1, /) -> bytes:
            octets = super().read(size)
            if not octets:
                raise OSError(5, "Input/output error")
            return octets

    class Standard:
        """Has what is read of standard input."""

        buffer = Failing(box(HELLO, HELLO + b"x\n" * 2000))

    monkeypatch.setattr(sys, "stdin", Standard)
    entries = read("-")

    assert [0, 1] == [entry.message for entry in entries]
    assert [None, ("unreadable", Exit.IO_ERROR)] == codes(entries)


def test_a_message_beyond_the_bound(
    file: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message longer than the bound is an error, and is not held in memory."""
    monkeypatch.setattr(mailboxes, "MESSAGE_OCTETS", 2 << 20)

    assert [("limit-message-octets", Exit.BAD_DATA)] == codes(read(file(b"x" * (3 << 20))))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_that_is_named_is_read(tmp_path: Path) -> None:
    """What a shell's <(...) gives is no regular file and is read all the same."""
    reader, writer = os.pipe()
    os.write(writer, HELLO)
    os.close(writer)
    os.mkfifo(tmp_path / "pipe")

    assert [(None, HELLO)] == contents(f"/dev/fd/{reader}")
    assert ["no-mail"] == [error[0] for error in codes(read(tmp_path)) if error]
    os.close(reader)


# Directories


def test_a_directory(tmp_path: Path) -> None:
    """Every regular file is read, in order; what is hidden is not."""
    for name in ("b.eml", "a/2", "a/1", "c/deep/x", ".hidden", ".git/config"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "link").symlink_to(tmp_path / "b.eml")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")

    assert ["b.eml", "link", "a/1", "a/2", "c/deep/x"] == [
        Path(entry.file).relative_to(tmp_path).as_posix() for entry in read(tmp_path)
    ]


def test_a_directory_without_files(tmp_path: Path) -> None:
    """A directory that holds no file at all is told of, once."""
    (tmp_path / "a/b").mkdir(parents=True)

    assert [Entry(str(tmp_path), None, None, read(tmp_path)[0].error)] == read(tmp_path)
    assert [("no-mail", Exit.BAD_DATA)] == codes(read(tmp_path))


def test_a_directory_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that may not be read is an error."""

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)

    assert [("unreadable", Exit.NO_INPUT)] == codes(read(tmp_path))


def test_a_maildir(tmp_path: Path) -> None:
    """Of a Maildir the delivered messages are read, also of folders in it."""
    folder = mailbox.Maildir(str(tmp_path / "Maildir"))
    folder.add(HELLO)
    (tmp_path / "Maildir/tmp/unfinished").write_bytes(b"Subject: ha")
    (tmp_path / "Maildir/dovecot-uidlist").write_bytes(b"3 V1")
    mailbox.Maildir(str(tmp_path / "Maildir/Archive")).add(HELLO)

    assert [(None, HELLO), (None, HELLO)] == contents(tmp_path / "Maildir")


# Standard input and lists of names


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message or an mbox comes from standard input as from a file."""
    as_stdin(monkeypatch, HELLO)
    assert [(None, HELLO)] == contents("-")

    as_stdin(monkeypatch, box(HELLO, HELLO))
    assert [(0, HELLO), (1, HELLO)] == contents("-")


def test_standard_input_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard input says so."""
    monkeypatch.setattr(sys, "stdin", None)

    assert [("unreadable", Exit.NO_INPUT)] == codes(read("-"))


def test_names_from_a_list(file: Callable[[bytes], Path]) -> None:
    """A list has a name on each line, whatever its octets and line ends."""
    path = file(b"a b\r\n\n-\n/caf\xe9\nlast")

    assert ["a b", "./-", os.fsdecode(b"/caf\xe9"), "last"] == list(read_names(str(path)))


def test_names_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is a list on standard input."""
    as_stdin(monkeypatch, f"{BOUNCES}\n".encode())

    assert 14 == len(list(read_inputs(read_names("-"))))


def test_a_list_that_is_missing() -> None:
    """A list that is not there is an error among the inputs."""
    assert [("missing", Exit.NO_INPUT)] == codes(list(read_inputs(read_names("no/such/list"))))


# Mailboxes


def test_a_mailbox_as_the_standard_library_reads_it() -> None:
    """The example mailbox comes apart as the standard library takes it apart."""
    library = mailbox.mbox(BOUNCES)
    expected = [library.get_bytes(key).replace(b"\n>From ", b"\nFrom ") for key in library.keys()]  # noqa: SIM118  a mailbox is no dict
    library.close()

    assert list(enumerate(expected)) == contents(BOUNCES)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_line_ends(file: Callable[[bytes], Path], line_end: bytes) -> None:
    """A mailbox may have any of the three line ends."""
    first, second = (
        each.replace(b"\n", line_end) for each in (b"A: 1\n\nx\n\nFrom me.\n", b"B: 2\n\ny\n")
    )
    octets = box(b"A: 1\n\nx\n\n>From me.\n", b"B: 2\n\ny\n").replace(b"\n", line_end)

    assert [(0, first), (1, second)] == contents(file(octets))


@pytest.mark.parametrize(
    ("between", "count"),
    [
        (b"\n" + POSTMARK + b"A: b", 2),
        (b"\nFrom ada@example.org Mon, 2 Mar 2026 05:00:10 +0100\nA: b", 2),
        (b"\nFrom - Mon Mar 02 05:00:10 2026\n>From x\nA: b", 2),
        (b"\nFrom ada@example.org\nA: b", 2),  # no date, but an empty line and a field
        (POSTMARK + b"A: b", 2),  # no empty line, but a date and a field
        (b"\n" + POSTMARK, 2),  # an empty message
        (b"\nFrom now on\nwe meet", 1),
        (b"From now on:\nNote: bring gloves", 1),
        (b"\nFrom : ada@example.org\nTo: b", 1),
        (b"\nFrom Monday to Friday from 10:00\nwe meet", 1),
        (b"\nFrom Mon to Fri from 10:00\nwe meet", 2),  # as good as any other
        (b"\nfrom ada Mon Mar  2 05:00:10 2026\nA: b", 1),
        (b"\n>From ada Mon Mar  2 05:00:10 2026\nA: b", 1),
        (b"\nFrom " + b"x" * 2000 + b" Mon Mar  2 05:00:10 2026\nA: b", 1),
    ],
)
def test_what_separates(file: Callable[[bytes], Path], between: bytes, count: int) -> None:
    """A separator has two of three marks: empty line before, date, field behind."""
    octets = POSTMARK + b"Subject: 1\n\nText\n" + between + b"\n\nText\n"

    assert count == len(read(file(octets)))


@pytest.mark.parametrize(
    ("quoted", "plain"),
    [
        (b">From a", b"From a"),
        (b">>>From a", b">>From a"),
        (b" >From a", b" >From a"),
        (b">from a", b">from a"),
        (b"x >From a", b"x >From a"),
        (b">Fromage", b">Fromage"),
    ],
)
def test_quoted_from_lines(quoted: bytes, plain: bytes) -> None:
    """`>From ` loses one `>`, at the start of a line alone."""
    assert b"A: b\n\n" + plain + b"\n" == unquote(POSTMARK + b"A: b\n\n" + quoted + b"\n\n")
    assert plain == unquote(POSTMARK + quoted)


def test_a_separator_alone_is_an_empty_message() -> None:
    """A separator without a line end has nothing behind it."""
    assert b"" == unquote(b"From a")


def test_lines_are_counted(file: Callable[[bytes], Path]) -> None:
    """Each message knows its first line in the file, quoted lines notwithstanding."""
    entries = read(file(box(b"A: 1\n\n>From me\n", b"A: 2\n\n", HELLO)))

    assert [2, 7, 11] == [entry.line for entry in entries]


@pytest.mark.parametrize(
    ("last", "is_cut_off"),
    [
        (b"A: b\n\ntext\n", False),
        (b"A: b\n\n", False),
        (b"A: b\r\n\r\n", False),
        (b"A: b\n\n--x--", False),
        (b"A: b\n\nte", True),
        (b"A: b\nC: d", True),
        (b"A: b\nC: d\n", True),
    ],
)
def test_a_mailbox_that_is_cut_off(
    file: Callable[[bytes], Path],
    last: bytes,
    is_cut_off: bool,  # noqa: FBT001  a column of the table
) -> None:
    """A last message without its end is given, with an error; a complete one without."""
    entries = read(file(box(HELLO) + POSTMARK + last))

    assert [None, ("mbox-truncated", Exit.BAD_DATA) if is_cut_off else None] == codes(entries)
    assert entries[1].octets is not None


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_long_message_in_a_mailbox(
    file: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch, position: int
) -> None:
    """A message beyond the bound is skipped, wherever it stands; the others are read."""
    monkeypatch.setattr(mailboxes, "MESSAGE_OCTETS", 1 << 20)
    messages = [HELLO, HELLO, HELLO]
    messages[position] = b"A: b\n\n" + b"x\n" * (2 << 20)
    expected: list[bytes | None] = [*messages]
    expected[position] = None
    path = file(box(*messages))
    before = 1 + sum(message.count(b"\n") + 2 for message in messages[:2])

    assert list(enumerate(expected)) == contents(path)
    assert before == read(path)[2].line - (0 if position == 2 else 1)


@pytest.mark.parametrize("chunk", [1, 7, 64, 1000])
def test_separators_across_chunks(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """A separator is found wherever a chunk of the file happens to end."""
    monkeypatch.setattr(mbox, "_CHUNK_OCTETS", chunk)
    octets = BOUNCES.read_bytes()
    whole = split_mbox(octets, io.BytesIO(), most_octets=1 << 20, count_lines=True)
    parts = split_mbox(
        octets[:100], io.BytesIO(octets[100:]), most_octets=1 << 20, count_lines=True
    )

    assert list(whole) == list(parts)


def test_the_beginning_of_a_mailbox() -> None:
    """A file begins an mbox with a separator, not with any `From`."""
    assert [True, True, False, False, False] == [
        begins_mbox(head)
        for head in (
            POSTMARK,
            b"From a\nA: b",
            b"From here on\nnothing",
            b"From : a@b\nA: b",
            b"From: a@b\nA: b",
        )
    ]


@pytest.mark.parametrize(
    "unit",
    [POSTMARK + b"\n", b"\nFrom ", b"\n\nFrom x", b"\r\n\r\nFrom ", b">From \n", b"x" * 79 + b"\n"],
)
def test_time_is_linear(unit: bytes) -> None:
    """Twice as long a mailbox takes no more than three times as long, whatever is in it."""

    def prepare(count: int) -> Callable[[], object]:
        octets = box(HELLO) + unit * count

        def split() -> None:
            for message in split_mbox(octets[:100], io.BytesIO(octets[100:]), most_octets=1 << 30):
                unquote(message.octets or b"")

        return split

    assert BOUND > growth(prepare, (1 << 18) // len(unit))
