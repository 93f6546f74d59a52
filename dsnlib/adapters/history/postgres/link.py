"""A connection to PostgreSQL that comes back after the server was away.

Rules.
- What the server or the network does is said in one line, as `StoreError`, or as
  `StoreUnavailable` where the same call may succeed later.  No password is in it.
- A connection that is found broken is given back; the next call makes a new one.  What had
  begun is not repeated here: whether it was done is for the caller to know.
- Whatever the database or the user is set to: times are UTC, a commit is on the disk when
  it returns, and no name is found on a search path.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any, TypeVar

from dsnlib.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

__all__ = ["PostgresLink"]

_Made = TypeVar("_Made")

# Chosen by us, for what the address does not say itself.  A peer that is gone without a word
# is given up after half a minute.
_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "tcp_user_timeout": "30000",
    "application_name": "dsnlib",
}
# name -> value, for each connection.  Those of a user or a database may be others.
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "search_path": "pg_catalog",
    "default_transaction_isolation": "read committed",
    # To compile a question takes longer here than to answer it.
    "jit": "off",
    "lock_timeout": "30s",
    # A client that hangs would hold up those who read events in their order.
    "idle_in_transaction_session_timeout": "60s",
}
# With `off` a server that crashes forgets what it has acknowledged; the others do not.
# https://www.postgresql.org/docs/15/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)

# SQLSTATE, or how it begins -> whether the same may succeed later, and what is said.
# https://www.postgresql.org/docs/15/errcodes-appendix.html
_STATES = {
    "08": (True, "the connection is lost"),
    "22": (False, "a value does not fit into its column"),
    "25006": (True, "it takes no changes: it is a standby, or is set to read only"),
    "25P": (True, "a transaction was left alone for too long"),
    "28": (False, "it does not let this user in"),
    "3D000": (False, "there is no such database"),
    "40": (True, "another process was in the way"),
    "42501": (False, "this user may not do that"),
    "42": (False, "its tables are not those of this version of dsnlib"),
    "3F000": (False, "its tables are not those of this version of dsnlib"),
    "53100": (True, "its disk is full"),
    "53300": (True, "it has no connection left"),
    "53": (True, "it is short of memory or of other means"),
    "55P03": (True, "another process kept a lock for too long"),
    "57014": (True, "it took too long, or was cancelled"),
    "57P04": (False, "the database was dropped"),
    "57": (True, "it is going down or coming up"),
    "58": (True, "its disk fails"),
    "XX": (False, "it is damaged"),
}
# Before a connection is there, libpq hands on the text alone, in the language of the server.
_REFUSALS = (
    ("password authentication failed", "28"),
    ("no password supplied", "28"),
    ("no pg_hba.conf entry", "28"),
    ("authentication failed", "28"),
    ('role "', "28"),
    ("permission denied", "28"),
    ('database "', "3D000"),
    ("too many clients", "53300"),
    ("remaining connection slots", "53300"),
    ("the database system is", "57"),
)
_SHOWN = 200


class PostgresLink:
    """A connection, made when it is first needed and again after it broke.

    Args:
        place: `postgresql://...`, as libpq reads it.

    Raises:
        StoreError: psycopg is not installed, or the address is none.
    """

    def __init__(self, place: str) -> None:
        try:
            import psycopg
            from psycopg import conninfo
        except ImportError as error:
            message = "PostgreSQL needs psycopg: install dsnlib[postgres]"
            raise StoreError(message, place="postgresql://...") from error
        self._psycopg = psycopg
        try:
            self._settings = conninfo.conninfo_to_dict(place)
        except psycopg.Error:
            # What libpq says of it has the address in it, and that the password.
            message = "history: not an address as libpq reads it: postgresql://USER@HOST/DATABASE"
            raise StoreError(message, place="postgresql://...") from None
        host = self._settings.get("host") or self._settings.get("hostaddr") or ""
        database = self._settings.get("dbname") or self._settings.get("user") or ""
        self.name = f"postgresql://{host}/{database}"
        self._connection: psycopg.Connection[Any] | None = None
        self._is_closed = False

    def run(self, work: Callable[[psycopg.Connection[Any]], _Made]) -> _Made:
        """Return what some work on the connection returns.

        Raises:
            StoreError: The server refuses it.
            StoreUnavailable: It cannot be reached, or not now.
        """
        try:
            return work(self._open())
        except self._psycopg.Error as error:
            if self._connection is not None and self._connection.closed:
                self._drop()
            raise self.explain(error) from error

    def explain(self, error: psycopg.Error) -> StoreError:
        """Return what an error of psycopg is, in one line."""
        said = " ".join((error.diag.message_primary or str(error)).split())[:_SHOWN]
        state = error.sqlstate or next((state for words, state in _REFUSALS if words in said), "")
        # libpq has no state where it has no server, and psycopg none for what it refuses itself.
        lost = self._psycopg.OperationalError, self._psycopg.InterfaceError
        may_succeed, sentence = next(
            (_STATES[state[:length]] for length in (5, 3, 2) if state[:length] in _STATES),
            (True, "it cannot be reached")
            if not state and isinstance(error, lost)
            else (False, "it answers otherwise"),
        )
        kind = StoreUnavailable if may_succeed else StoreError
        return kind(f"{self.name}: {sentence} ({said})", place=self.name)

    def close(self) -> None:
        """Give the connection back for good; twice is fine."""
        self._drop()
        self._is_closed = True

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        if self._is_closed:
            message = f"{self.name}: it was closed"
            raise StoreError(message, place=self.name)
        connection = self._connection
        if connection is not None and not self._is_alive(connection):
            self._drop()
            connection = None
        if connection is None:
            connection = self._connect()
        return connection

    def _connect(self) -> psycopg.Connection[Any]:
        settings: dict[str, Any] = {**_DEFAULTS, **self._settings, "client_encoding": "UTF8"}
        connection = self._psycopg.connect(**settings, autocommit=True)
        try:
            words = ", ".join(f"set_config('{name}', %s, false)" for name in _SETTINGS)
            connection.execute("SELECT " + words, list(_SETTINGS.values()))
            connection.execute(_DURABLE)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _is_alive(self, connection: psycopg.Connection[Any]) -> bool:
        """Tell whether nothing says that the server has gone since the last call."""
        if connection.closed:
            return False
        waiting = select.poll()
        waiting.register(connection.pgconn.socket, select.POLLIN)
        # Between two calls a server says next to nothing, but that it goes: a message, and
        # then the end of the connection.
        while waiting.poll(0):
            try:
                connection.pgconn.consume_input()
                is_alive = connection.pgconn.status == self._psycopg.pq.ConnStatus.OK
            except self._psycopg.Error:
                return False
            if not is_alive:
                return False
        return True
