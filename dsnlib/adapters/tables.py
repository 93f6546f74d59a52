"""Look-up tables from files: opened by their spec, and read again when they change.

    texthash:/etc/mail/access      hash:/etc/mail/access: the same text
    pcre:/etc/mail/header_checks   inline:{ a=b }            static:REJECT

Rules.
- When a file has become bad, or is gone, the table of before stays in force: it is
  logged, and told in `ReloadingTable.error`.
- A table is swapped whole: a look-up sees the old one or the new one.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.followed import Followed, Mark, mark_of
from dsnlib.errors import ConfigurationError, Defect, TableError
from dsnlib.model.text import decode_wire
from dsnlib.replies.tables import FILE_KINDS, parse_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.replies.tables import TextTable

__all__ = ["ReloadingTable", "open_table"]

_LOG = logging.getLogger("dsnlib.tables")
_INTERVAL_SECONDS = 5.0
# What a message shows of a spec that is a table itself.
_MOST_SHOWN = 60


def open_table(
    spec: str,
    *,
    check: Callable[[str], object] | None = None,
    allow_backtracking: bool = False,
) -> TextTable:
    """Return the table that a spec names, as it is now.

    Args:
        spec: The kind, a colon, and the path of a file; or the table itself, for
            `inline` and `static`.  `hash:/etc/mail/access` is the text file of that
            name, not the compiled one.
        check: Raises `InvalidValue` for a value that cannot be used.
        allow_backtracking: Whether a pattern that cannot be matched in linear time
            is taken all the same.  Dangerous: see `parse_pattern_table`.

    Raises:
        TableError: There is no such kind, the file cannot be read, or what is in it
            breaks the rules of its kind.
    """
    return _Source(spec, check, allow_backtracking=allow_backtracking).load()[0]


class _Source:
    """Where a table comes from; `path` is `None` where that is the spec."""

    def __init__(
        self, spec: str, check: Callable[[str], object] | None, *, allow_backtracking: bool
    ) -> None:
        kind, colon, rest = spec.strip().partition(":")
        if not colon or not rest.strip():
            message = f"{spec[:80]!r} is no table: a kind, a colon and a path or value"
            raise TableError(message)
        self.kind = kind.lower()
        self.path = Path(rest) if self.kind in FILE_KINDS else None
        self._rest = rest
        self._check = check
        self._allow_backtracking = allow_backtracking

    def load(self) -> tuple[TextTable, Mark | None]:
        """Return the table, and what tells its file from the next one.

        Raises:
            TableError: It cannot be read.
        """
        if self.path is None:
            origin = f"{self.kind}:{self._rest}"
            if len(origin) > _MOST_SHOWN:
                origin = f"{origin[:_MOST_SHOWN]}..."
            return self._parse(self._rest, origin), None
        try:
            with self.path.open("rb") as file:
                # What is written from here on makes another mark.
                mark = mark_of(os.fstat(file.fileno()))
                text = decode_wire(file.read())
        except (OSError, ValueError) as error:  # a NUL in the path is a ValueError
            raise _unreadable(self.path, error) from error
        return self._parse(text, self._rest), mark

    def mark(self) -> Mark | None:
        """Return what tells the file that is there now from another.

        Raises:
            TableError: There is none.
        """
        if self.path is None:
            return None
        try:
            return mark_of(self.path.stat())
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def _parse(self, text: str, origin: str) -> TextTable:
        return parse_table(
            self.kind,
            text,
            origin=origin,
            check=self._check,
            allow_backtracking=self._allow_backtracking,
        )


class ReloadingTable:
    """A table that follows its file.

    Threads may share it: one of them reads the new file, and the others use the old
    table until it is done.  A look-up in an event loop waits for that reading; where
    tables are large, set no interval and call `refresh` in a thread.

    Args:
        spec: As for `open_table`.
        check: Raises `InvalidValue` for a value that cannot be used.
        allow_backtracking: As for `open_table`.
        interval_seconds: How long a look-up relies on the file being the same, or
            `None` if only `refresh` looks.
        clock: Seconds that never go back.

    Raises:
        TableError: The table cannot be read even once.
    """

    def __init__(
        self,
        spec: str,
        *,
        check: Callable[[str], object] | None = None,
        allow_backtracking: bool = False,
        interval_seconds: float | None = _INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        source = _Source(spec, check, allow_backtracking=allow_backtracking)
        self._followed = Followed(
            source.load,
            lambda _: source.mark(),
            log=_LOG,
            kept="the table of before stays in force",
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
    def has_fixed_keys(self) -> bool:
        """Whether part of an address is a key of its own."""
        return self._followed.value.has_fixed_keys

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What was passed over while reading the table that is in force."""
        return self._followed.value.defects

    def lookup(self, key: str) -> str | None:
        """Return the value for a key, or `None`.  Never raises."""
        return self._followed.now(self.name).lookup(key)

    def refresh(self) -> bool:
        """Look at the file now, and tell whether another table is in force.

        Never raises: see `error`.
        """
        return self._followed.refresh(self.name)


def _unreadable(path: Path, error: OSError | ValueError) -> TableError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return TableError(f"cannot be read: {why}", origin=str(path))
