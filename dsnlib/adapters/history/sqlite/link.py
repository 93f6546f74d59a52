"""The connection of a history to its file, and what its errors mean.

Rules.
- Write-ahead log and synchronous=FULL: what is committed is on the disk.
- What is deleted is overwritten (`secure_delete`).
- One process writes at a time; the others wait for some seconds, and then are told.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from dsnlib.adapters.history.sqlite.schema import COUNTERS, migrate
from dsnlib.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["SqliteLink"]

# The longest that another call of ours writes is some seconds: indexes that are brought up.
_WAIT_SECONDS = 20.0
# Larger ones cost less in bulk, and more for each event that is added alone.
_PAGE_OCTETS = 8_192
# 64 MB of log, ten times what a call of ten thousand events writes: fewer pages are copied twice.
_LOG_PAGES = 8_192
_LOG_OCTETS = 64 << 20
_CACHE_KIBIBYTES = 64 << 10

_DAMAGED = "damaged: {error}; `dsnlib history check` says more, `export` saves what can be read"
# primary result code of SQLite -> the error it is, what it means
_MEANINGS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_BUSY: (StoreUnavailable, "another process has been writing for too long"),
    sqlite3.SQLITE_LOCKED: (StoreUnavailable, "another process has been writing for too long"),
    sqlite3.SQLITE_FULL: (StoreUnavailable, "the disk is full; nothing of this call is kept"),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, "it cannot be read or written: {error}"),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "it is not there, or may not be opened"),
    sqlite3.SQLITE_READONLY: (StoreError, "it may not be written"),
    sqlite3.SQLITE_PERM: (StoreError, "it may not be opened"),
    sqlite3.SQLITE_CORRUPT: (StoreError, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (StoreError, "no database of SQLite, or its beginning is damaged"),
}


class SqliteLink:
    """A connection.

    Args:
        place: The name of the file.
        creates: Whether it is made where there is none.
        rescues: Whether it is opened though it is damaged, for reading alone.

    Raises:
        StoreError: It is not there, is damaged, of another program or of a later version.
        StoreUnavailable: Another process keeps it busy.
    """

    def __init__(self, place: str, *, creates: bool, rescues: bool = False) -> None:
        self.place = place
        try:
            self.connection = sqlite3.connect(
                f"{Path(place).absolute().as_uri()}?mode={'rwc' if creates else 'rw'}",
                timeout=_WAIT_SECONDS,
                isolation_level=None,
                uri=True,
            )
        except sqlite3.Error as error:
            self.fail(error)
        try:
            if rescues:
                # With it SQLite reads a file that is shorter than its beginning says.
                self.connection.execute("PRAGMA writable_schema = ON")
                self.connection.execute("PRAGMA query_only = ON")
            else:
                self._prepare()
        except sqlite3.Error as error:
            self.connection.close()
            self.fail(error)
        except BaseException:
            self.connection.close()
            raise

    def _prepare(self) -> None:
        # It is for new files alone, and writes nothing.
        self.connection.execute(f"PRAGMA page_size = {_PAGE_OCTETS}")
        # Nothing is written before it is known to be ours.
        migrate(self.connection, self.place)
        names = {name for (name,) in self.connection.execute("SELECT name FROM counter")}
        if not COUNTERS.issubset(names):
            missing = ", ".join(sorted(COUNTERS - names))
            message = f"{self.place}: damaged: no counter {missing}"
            raise StoreError(message, place=self.place)
        for setting in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            f"wal_autocheckpoint = {_LOG_PAGES}",
            f"journal_size_limit = {_LOG_OCTETS}",
            f"cache_size = -{_CACHE_KIBIBYTES}",
        ):
            self.connection.execute(f"PRAGMA {setting}")

    def fetch(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """Return the rows of a statement.

        Raises:
            StoreError: It cannot be done.
        """
        try:
            return self.connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self.fail(error)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read in one transaction: what others write meanwhile is not seen.

        Raises:
            StoreError: It cannot be read.
        """
        yield from self._transact("BEGIN")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, which is durable at the end, or not at all.

        Raises:
            StoreError: It cannot be written.
            StoreUnavailable: It cannot be written now.
        """
        yield from self._transact("BEGIN IMMEDIATE")

    def _transact(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self.connection
        try:
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # SQLite itself ends the transaction after some errors.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            self.fail(error)

    def fail(self, error: sqlite3.Error) -> NoReturn:
        """Raise what an error of SQLite means.

        Raises:
            StoreError: Always.
        """
        # Errors that the module raises itself have no code: use after `close`, and text that is
        # not UTF-8, which is damage.
        code = getattr(error, "sqlite_errorcode", None)
        if code is None and isinstance(error, sqlite3.ProgrammingError):
            raise StoreError(
                f"{self.place}: closed, or of another thread", place=self.place
            ) from error
        kind, meaning = _MEANINGS.get(
            sqlite3.SQLITE_CORRUPT if code is None else code & 0xFF, (StoreError, "{error}")
        )
        message = f"{self.place}: {meaning.format(error=error)}"
        raise kind(message, place=self.place) from error
