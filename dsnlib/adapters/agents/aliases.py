"""Alias files: which names lead to others, as aliases(5) writes them.

In a file::

    postmaster: ann
    team: bob, "carl m"@example.org,
        dora
    owner-news: ann
    news: :include:/etc/mail/news.list

Rules.
- A line that begins with white space continues the one before; `#` begins a comment
  at the start of a line.
- A name that has an `owner-` beside it is a mailing list: its copies go out under the
  owner's address (RFC 3461 s5.2.7.1).
- Of two entries with one name the first counts, and a defect tells of the other.
- An included file has addresses in the same form, and includes nothing itself.
- Commands, `|program`, and files, `/var/mail/x`, are refused: nothing here runs
  programs or writes elsewhere than in mailboxes.
"""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.followed import Followed, Mark, mark_of
from dsnlib.errors import ConfigurationError, Defect, InvalidAddress, TableError
from dsnlib.model.address import check_path
from dsnlib.model.text import decode_wire
from dsnlib.replies.table_text import logical_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["AliasFile", "Aliases", "parse_addresses", "parse_aliases"]

_LOG = logging.getLogger("dsnlib.tables")
_INCLUDE = ":include:"
_INTERVAL_SECONDS = 5.0
# Of the file and of those that it includes.
Marks = tuple[Mark | None, ...]
# The largest list seen in use has some million members of 30 octets.
_LARGEST_OCTETS = 64 << 20


@attrs.frozen(kw_only=True)
class Aliases:
    """Names and where they lead.

    Args:
        name: How messages name them.
        entries: The addresses of each name, which is in lower case.
        files: The files that were included.
        defects: What was passed over.
    """

    name: str
    entries: Mapping[str, tuple[str, ...]] = attrs.field(repr=False)
    files: tuple[Path, ...] = ()
    defects: tuple[Defect, ...] = ()

    def lookup(self, name: str) -> tuple[str, ...] | None:
        """Return where a name leads, or `None`.  Never raises."""
        return self.entries.get(name.lower())


def parse_aliases(text: str, *, origin: str, read: Callable[[Path], str] | None = None) -> Aliases:
    """Return the aliases of a text.

    >>> parse_aliases("team: bob, eve@example.org", origin="aliases").lookup("Team")
    ('bob', 'eve@example.org')

    Args:
        text: What is in the file.
        origin: Its name, for the errors.
        read: Returns the text of an included file; files are not included if not given.

    Raises:
        TableError: An entry without a colon or an address, a command, a file, an
            address that cannot stand in an envelope, or an included file that
            cannot be read.
    """
    entries: dict[str, tuple[str, ...]] = {}
    files: list[Path] = []
    defects = []
    for line, content in logical_lines(text, origin=origin):
        name, value = _split_entry(content, origin=origin, line=line)
        addresses: list[str] = []
        for each in parse_addresses(value, origin=origin, line=line):
            if not each.lower().startswith(_INCLUDE):
                addresses.append(each)
                continue
            path = Path(each[len(_INCLUDE) :])
            addresses += _included(path, read, origin=origin, line=line)
            files.append(path)
        if not addresses:
            raise TableError(f"alias {name!r} leads nowhere", origin=origin, line=line)
        if name in entries:
            message = f"{origin}:{line}: alias {name!r} is there twice; the first counts"
            defects.append(Defect(code="alias-twice", message=message))
        entries.setdefault(name, tuple(dict.fromkeys(addresses)))
    return Aliases(
        name=f"aliases:{origin}", entries=entries, files=tuple(files), defects=tuple(defects)
    )


def _split_entry(content: str, *, origin: str, line: int) -> tuple[str, str]:
    """Return the name, in lower case, and what stands behind its colon."""
    if content[:1] == '"':
        name, closed, rest = content[1:].partition('"')
        rest = rest.lstrip()
    else:
        name, closed, rest = content.partition(":")
        rest = f":{rest}"
    name = name.strip()
    if not closed or rest[:1] != ":" or not name:
        message = f"{content[:80]!r} is no alias: a name, a colon and addresses"
        raise TableError(message, origin=origin, line=line)
    return name.lower(), rest[1:]


def parse_addresses(text: str, *, origin: str, line: int) -> Iterator[str]:
    """Yield the addresses of a list, and `:include:/path` as it stands there.

    Args:
        text: Addresses with commas between them; within double quotes one is none.
        origin: The name of the file or setting, for the errors.
        line: The line.

    Raises:
        TableError: A command, a file, or what cannot stand in an envelope.
    """
    for item in _items(text):
        if item.lower().startswith(_INCLUDE):
            yield item
            continue
        kind = _refused_kind(item)
        if kind is not None:
            message = f"{item[:80]!r} is {kind}; only addresses and :include: are taken here"
            raise TableError(message, origin=origin, line=line)
        try:
            check_path(item, "address")
        except InvalidAddress as error:
            raise TableError(str(error), origin=origin, line=line) from error
        yield item


def _items(text: str) -> Iterator[str]:
    """Yield what stands between commas, or between white space."""
    start, is_quoted, is_escaped = 0, False, False
    for index, character in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif character == '"':
            is_quoted = not is_quoted
        elif character in ", \t" and not is_quoted:
            if start < index:
                yield text[start:index]
            start = index + 1
    if text[start:]:
        yield text[start:]


def _refused_kind(item: str) -> str | None:
    """Return what an item is that is no address; quotes around it do not hide it."""
    bare = item.strip('"').lstrip()
    if bare[:1] == "|":
        return "a command"
    if bare[:1] == "/" and "@" not in bare:
        return "a file"
    return None


def _included(
    path: Path, read: Callable[[Path], str] | None, *, origin: str, line: int
) -> list[str]:
    if read is None:
        raise TableError("nothing can be included here", origin=origin, line=line)
    if not path.is_absolute():
        raise TableError(f"{str(path)!r} is no absolute path", origin=origin, line=line)
    addresses = []
    for number, content in enumerate(read(path).splitlines(), 1):
        item = content.strip()
        if not item or item[0] == "#":
            continue
        for each in parse_addresses(item, origin=str(path), line=number):
            if each.lower().startswith(_INCLUDE):
                message = "an included file includes nothing itself"
                raise TableError(message, origin=str(path), line=number)
            addresses.append(each)
    return addresses


class AliasFile:
    """Aliases that follow their file, and the files that it includes.

    Args:
        path: The file.
        interval_seconds: How long a look-up relies on the files being the same.
        clock: Seconds that never go back.

    Raises:
        TableError: It cannot be read even once.
    """

    def __init__(
        self,
        path: Path,
        *,
        interval_seconds: float = _INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._followed = Followed(
            self._load,
            self._look,
            log=_LOG,
            kept="the aliases of before stay in force",
            interval_seconds=interval_seconds,
            clock=clock,
        )

    @property
    def error(self) -> ConfigurationError | None:
        """Why the file that is there now is not in force, or `None`."""
        return self._followed.error

    @property
    def name(self) -> str:
        """How messages name it."""
        return self._followed.value.name

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What was passed over while reading what is in force."""
        return self._followed.value.defects

    def lookup(self, name: str) -> tuple[str, ...] | None:
        """Return where a name leads, or `None`.  Never raises."""
        return self._followed.now(self.name).lookup(name)

    def _load(self) -> tuple[Aliases, Marks]:
        marks: dict[Path, Mark] = {}

        def read(path: Path) -> str:
            # The mark of what is read: what is written from here on makes another.
            text, marks[path] = _read(path)
            return text

        aliases = parse_aliases(read(self._path), origin=str(self._path), read=read)
        return aliases, tuple([marks[path] for path in (self._path, *aliases.files)])

    def _look(self, aliases: Aliases) -> Marks:
        return tuple([_mark(path) for path in (self._path, *aliases.files)])


def _read(path: Path) -> tuple[str, Mark]:
    """Return the text of a file, and what tells it from the next one."""
    try:
        # A FIFO of somebody who may write the list would keep us waiting for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise TableError("is no regular file", origin=str(path))
            octets = file.read(_LARGEST_OCTETS + 1)
    except (OSError, ValueError) as error:  # a NUL in the path is a ValueError
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise TableError(f"cannot be read: {why}", origin=str(path)) from error
    if len(octets) > _LARGEST_OCTETS:
        raise TableError(f"is larger than {_LARGEST_OCTETS} octets", origin=str(path))
    return decode_wire(octets), mark_of(status)


def _mark(path: Path) -> Mark | None:
    """Return what tells the file that is there now from another."""
    try:
        return mark_of(path.stat())
    except (OSError, ValueError):
        return None
