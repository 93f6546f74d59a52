"""The messages that files, folders and mailboxes hold.

Rules.
- A file that begins with an mbox separator and has another one is an mbox.  Any
  other file is one message, as it stands.
- Of a directory every regular file is read, and of every directory in it, in
  the order of their names; what begins with a dot is left out, and links to
  directories are not followed.
- A directory with `cur`, `new` and `tmp` is a Maildir: `tmp` holds unfinished
  deliveries, and files beside the three are the notes of a server.
- What cannot be read becomes an entry with an error, and the rest is read.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from dsnlib.adapters.mailboxes.mbox import begins_mbox, split_mbox, unquote
from dsnlib.model.texts import refuse_one_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib.adapters.mailboxes.mbox import MboxMessage

__all__ = [
    "HEAD_OCTETS",
    "MESSAGE_OCTETS",
    "STDIN",
    "Entry",
    "ReadError",
    "list_files",
    "read_inputs",
    "read_mbox_message",
    "read_names",
    "read_stream",
]

STDIN = "-"

# Chosen by us: Exchange Online takes 150 MB, but a report returns a few MB at
# most, and Postfix cuts what it returns at 50,000 octets.
MESSAGE_OCTETS = 64 << 20

# Most bounces fit into the head, and it shows whether the file is an mbox.
HEAD_OCTETS = 1 << 16
_CHUNK_OCTETS = 1 << 20
_MAILDIR = frozenset({"cur", "new", "tmp"})


class ReadError(NamedTuple):
    """Why an input, or a message in it, could not be read.

    Args:
        code: A stable name; see `docs/reference/json.md`.
        message: One sentence for a person, without the name of the file.
        exit: What a command ends with that can read nothing else, by `sysexits.h`.
    """

    code: str
    message: str
    exit: int


class Entry(NamedTuple):
    """A message, or what stands in the way of it.

    Args:
        file: The name it was given or found under.
        message: Its number in an mbox, from 0; `None` in any other file.
        octets: The message; `None` if it could not be read.
        error: What went wrong.  A message that is cut off has both.
        line: The line of the file that `octets` begins on, from 1.
    """

    file: str
    message: int | None
    octets: bytes | None
    error: ReadError | None = None
    line: int = 1


def read_names(list_file: str) -> Iterator[str | Entry]:
    """Yield the file names in a list, one a line, as they come in.

    A list that cannot be read yields an entry that says so.  Never raises.

    Args:
        list_file: The name of the list; `-` for standard input.
    """
    try:
        with _open(list_file) as stream:
            for line in stream:
                name = line.rstrip(b"\r\n")
                if name:
                    # In a list `-` is a file of that name.
                    yield "./-" if name == b"-" else os.fsdecode(name)
    except OSError as error:
        yield _failed(list_file, error)


def read_inputs(names: Iterable[str | Entry], *, count_lines: bool = False) -> Iterator[Entry]:
    """Yield every message of the inputs, in order.

    Args:
        names: Files, directories, `-` for standard input.  An entry among them
            is handed on.
        count_lines: Whether `line` is to be right in an mbox.

    Raises:
        InvalidValue: `names` is one text.  No input raises.
    """
    refuse_one_text(names, "names")
    for name in names:
        if isinstance(name, Entry):
            yield name
        elif name != STDIN and os.path.isdir(name):  # noqa: PTH112  pathlib is slow to load
            yield from _read_directory(name, count_lines=count_lines)
        else:
            yield from _read_file(name, count_lines=count_lines)


def list_files(name: str) -> Iterator[str]:
    """Yield the name itself, or of a directory the files that `read_inputs` would read.

    A directory that cannot be read, or has no file, is yielded in their place: reading it
    tells why.  Never raises.
    """
    if not os.path.isdir(name):  # noqa: PTH112  pathlib is slow to load
        yield name
        return
    for found in _walk(name):
        yield found.file if isinstance(found, Entry) else found


def _read_directory(top: str, *, count_lines: bool) -> Iterator[Entry]:
    for found in _walk(top):
        if isinstance(found, Entry):
            yield found
        else:
            yield from _read_file(found, count_lines=count_lines)


def _walk(top: str) -> Iterator[str | Entry]:
    is_empty = True
    waiting = [top]
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(directory) as found:
                inside = sorted(
                    (each for each in found if not each.name.startswith(".")),
                    key=lambda each: each.name,
                )
            folders = {
                each.name: each.path for each in inside if each.is_dir(follow_symlinks=False)
            }
            files = [each.path for each in inside if each.is_file()]
        except OSError as error:
            is_empty = False
            yield _failed(directory, error)
            continue
        if _MAILDIR.issubset(folders):
            del folders["tmp"]
            files = []
        is_empty = is_empty and not files
        yield from files
        waiting += reversed(folders.values())
    if is_empty:
        yield _no_mail(top, "there is no file in the directory")


def _read_file(file: str, *, count_lines: bool) -> Iterator[Entry]:
    try:
        opened = _open(file)
    except OSError as error:
        yield _failed(file, error)
        return
    following: int | None = None
    try:
        with opened as stream:
            for entry in read_stream(file, stream, count_lines=count_lines):
                yield entry
                following = None if entry.message is None else entry.message + 1
    except OSError as error:
        yield _failed(file, error, following, os.EX_IOERR)


def read_stream(
    file: str, stream: BinaryIO, *, count_lines: bool = False, count_octets: bool = False
) -> Iterator[Entry]:
    """Yield every message of an opened file: one, or those of an mbox.

    Args:
        file: Its name.
        stream: It, at its start.
        count_lines: Whether `line` is to be right in an mbox.
        count_octets: Whether `message` is to be the octet that a message of an mbox
            begins at, and not its number.

    Raises:
        OSError: It cannot be read on.
    """
    head = stream.read(HEAD_OCTETS)
    if len(head) < HEAD_OCTETS and not head.strip():
        yield _no_mail(file, "there is no message in the file")
    elif begins_mbox(head):
        messages = split_mbox(head, stream, most_octets=MESSAGE_OCTETS, count_lines=count_lines)
        for number, message in enumerate(messages):
            yield read_mbox_message(file, message.start if count_octets else number, message)
    else:
        yield _read_message(file, head, stream)


def _read_message(file: str, head: bytes, stream: BinaryIO) -> Entry:
    if len(head) < HEAD_OCTETS:
        return Entry(file, None, head)
    chunks, octets = [head], len(head)
    while chunk := stream.read(_CHUNK_OCTETS):
        chunks.append(chunk)
        octets += len(chunk)
        if octets > MESSAGE_OCTETS:
            return Entry(file, None, None, _too_long())
    return Entry(file, None, b"".join(chunks))


def read_mbox_message(file: str, number: int, message: MboxMessage) -> Entry:
    """Return a message of an mbox as an entry.  Never raises.

    Args:
        file: The name of the mbox.
        number: What tells it from others there; 0 for the first.
        message: As it stands in the file.
    """
    octets, line, is_last, _ = message
    # One separator makes no mailbox: somebody saved a message with it.
    index = None if is_last and not number else number
    if octets is None:
        return Entry(file, index, None, _too_long(), line)
    if index is None:
        return Entry(file, None, octets)
    error = _cut_off() if is_last and _is_cut_off(octets) else None
    return Entry(file, index, unquote(octets), error, line + 1)


def _is_cut_off(octets: bytes) -> bool:
    """Tell whether the last message of an mbox lacks its end.

    Every line of an mbox has a line end (RFC 4155 appendix A), and a message
    has an empty line behind its header.
    """
    if not octets.endswith((b"\n", b"\r")):
        return not octets.endswith(b"--")  # a closing boundary is an end too
    return not any(each in octets for each in (b"\n\n", b"\n\r\n", b"\r\r"))


def _open(file: str) -> contextlib.AbstractContextManager[BinaryIO]:
    if file == STDIN:
        if sys.stdin is None:
            message = "standard input is closed"
            raise OSError(message)
        return contextlib.nullcontext(sys.stdin.buffer)  # which is not ours to close
    try:
        return open(file, "rb")  # noqa: PTH123  pathlib is slow to load
    except ValueError as error:  # a name that no file can have
        raise FileNotFoundError(str(error)) from error


def _failed(
    file: str, error: OSError, message: int | None = None, exit_: int = os.EX_NOINPUT
) -> Entry:
    code = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
    return Entry(file, message, None, ReadError(code, error.strerror or str(error), exit_))


def _no_mail(file: str, reason: str) -> Entry:
    return Entry(file, None, None, ReadError("no-mail", reason, os.EX_DATAERR))


def _too_long() -> ReadError:
    reason = f"the message is longer than {MESSAGE_OCTETS >> 20} MB"
    return ReadError("limit-message-octets", reason, os.EX_DATAERR)


def _cut_off() -> ReadError:
    reason = "the mailbox is cut off: its last message has no end"
    return ReadError("mbox-truncated", reason, os.EX_DATAERR)
