"""Suppressions and probes of a history in SQLite.

Rules.
- An address has one entry, under its key, or under its digest once it was erased.
- `last_released` outlives the entries: an address that is suppressed again was still released.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history import rows
from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.probe import SentProbe
from dsnlib.bounces.suppression import digest_address
from dsnlib.errors import InvalidValue, StoreError
from dsnlib.model.texts import refuse_one_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator

    from dsnlib.adapters.history.sqlite.link import SqliteLink
    from dsnlib.bounces.suppression import Suppression

__all__ = ["Suppressions"]

_PAGE = 1_000
_COLUMNS = ", ".join(rows.SuppressionRow._fields)
_ACTIVE = "released IS NULL AND (expires IS NULL OR expires > ?2)"
# One row if the address is stopped, or else another if there is any digest: the index of those
# is empty as a rule, and looked into at no cost.
_MAY_NOT = f"""
    SELECT 1 FROM suppression WHERE address = ?1 AND {_ACTIVE}
    UNION ALL
    SELECT 0 FROM suppression INDEXED BY erased WHERE address >= 'sha256:' AND address < 'sha256;'
    LIMIT 1
"""  # noqa: S608  a condition of ours
_MAY_NOT_DIGEST = f"SELECT 1 FROM suppression WHERE address = ?1 AND {_ACTIVE}"  # noqa: S608  a condition of ours
# The value of a digest stands in for that of its address.
_SUPPRESS = f"""
    INSERT INTO suppression ({_COLUMNS}, last_released)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(max(
        ifnull(?7, -1 << 63),
        ifnull((SELECT max(last_released) FROM suppression WHERE address IN (?1, ?9)), -1 << 63)
    ), -1 << 63))
    ON CONFLICT (address) DO UPDATE SET
        source = excluded.source, created = excluded.created, reason = excluded.reason,
        evidence = excluded.evidence, expires = excluded.expires, released = excluded.released,
        note = excluded.note, last_released = excluded.last_released
"""  # noqa: S608  names of ours
_RELEASE = "UPDATE suppression SET released = ?1, last_released = ?1 WHERE address = ?2"
_KEEP = """
    INSERT OR REPLACE INTO suppression
    SELECT ?, source, created, reason, '', expires, released, '', last_released
    FROM suppression WHERE address = ? AND released IS NULL
"""


class Suppressions:
    """Who is not to be sent to; the functions are those of `adapters.store.Store`.

    Args:
        link: Where it is known.
    """

    def __init__(self, link: SqliteLink) -> None:
        self._link = link
        self._execute = link.connection.execute
        self._now: dt.datetime | None = None
        self._time = 0

    def suppress(self, entries: Iterable[Suppression]) -> int:
        """Add suppressions or replace those of the same addresses; see `Store.suppress`."""
        made = [(rows.suppression_row(each), digest_address(each.address)) for each in entries]
        with self._link.writing() as connection:
            connection.executemany(_SUPPRESS, [(*row, digest) for row, digest in made])
            # Who was erased and comes back is known by one entry again.
            connection.executemany(
                "DELETE FROM suppression WHERE address = ?",
                [(digest,) for row, digest in made if row.address != digest],
            )
        return len(made)

    def release(self, address: str, *, now: dt.datetime) -> Suppression | None:
        """Let an address go; see `Store.release`."""
        with self._link.writing() as connection:
            entry = self.find(address)
            if entry is None or not entry.is_active(now):
                return None
            connection.execute(_RELEASE, (rows.to_microseconds(now), rows.pack_text(entry.address)))
        return entry

    def released(self, address: str) -> dt.datetime | None:
        """Return when an address was let go last; see `Store.released`."""
        ((found,),) = self._link.fetch(
            "SELECT max(last_released) FROM suppression WHERE address IN (?, ?)", _keys(address)
        )
        return None if found is None else rows.from_microseconds(found)

    def find(self, address: str) -> Suppression | None:
        """Return what is known of an address; see `Store.suppression`."""
        for key in _keys(address):
            for row in self._link.fetch(
                f"SELECT {_COLUMNS} FROM suppression WHERE address = ?",  # noqa: S608  names of ours
                (key,),
            ):
                return self._entry(row)
        return None

    def entries(self) -> Iterator[Suppression]:
        """Yield all entries, by address; see `Store.suppressions`."""
        statement = (
            f"SELECT {_COLUMNS} FROM suppression WHERE address > ?"  # noqa: S608  names of ours
            f" ORDER BY address LIMIT {_PAGE}"
        )
        after = ""
        while found := self._link.fetch(statement, (after,)):
            for row in found:
                yield self._entry(row)
            after = found[-1][0]

    def _entry(self, row: tuple[Any, ...]) -> Suppression:
        try:
            return rows.read_suppression_row(row)
        except InvalidValue as error:
            place = self._link.place
            raise StoreError(f"{place}: damaged: {error}", place=place) from error

    def may_send(self, address: str, *, now: dt.datetime) -> bool:
        """Tell whether nothing active stops mail to an address; see `Store.may_send`."""
        # Who asks for many has one time for all.
        if now is not self._now:
            self._now, self._time = now, rows.to_microseconds(now)
        time = self._time
        key = address_key(address)
        try:
            found = self._execute(
                _MAY_NOT, (key if key.isprintable() else rows.pack_text(key), time)
            ).fetchone()
            if found is None or found[0]:
                return found is None
            digest = digest_address(address)
            return self._execute(_MAY_NOT_DIGEST, (digest, time)).fetchone() is None
        except sqlite3.Error as error:
            self._link.fail(error)

    def stopped(self, addresses: Collection[str], *, now: dt.datetime) -> frozenset[str]:
        """Return those of many addresses that must not be sent to; see `Store.stopped`."""
        refuse_one_text(addresses, "addresses")
        with self._link.reading():
            return frozenset([each for each in addresses if not self.may_send(each, now=now)])

    def note_probe(self, probe: SentProbe) -> None:
        """Keep what was sent to try an address; see `Store.note_probe`."""
        with self._link.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO probe VALUES (?, ?, ?)",
                (
                    rows.pack_text(probe.address),
                    rows.to_microseconds(probe.sent),
                    rows.pack_text(probe.envelope_id),
                ),
            )

    def probe(self, address: str) -> SentProbe | None:
        """Return the last probe of an address; see `Store.probe`."""
        for key, sent, envelope_id in self._link.fetch(
            "SELECT * FROM probe WHERE address = ?", (_keys(address)[0],)
        ):
            return SentProbe(
                address=rows.unpack_text(key),
                sent=rows.from_microseconds(sent),
                envelope_id=rows.unpack_text(envelope_id),
            )
        return None

    def erase(self, address: str, *, keeps_suppression: bool) -> None:
        """Forget an address, or leave its digest; within a transaction of the caller.

        Raises:
            sqlite3.Error: It cannot be done.
        """
        key, digest = _keys(address)
        if keeps_suppression:
            self._execute(_KEEP, (digest, key))
        else:
            self._execute("DELETE FROM suppression WHERE address = ?", (digest,))
        self._execute("DELETE FROM suppression WHERE address = ?", (key,))
        self._execute("DELETE FROM probe WHERE address = ?", (key,))


def _keys(address: str) -> tuple[str, str]:
    return rows.pack_text(address_key(address)), digest_address(address)
