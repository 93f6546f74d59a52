"""The tables of a configuration: each opened once, and all read again together.

Rules.
- A table that cannot be used is an error of the key that names it, and the next is
  opened all the same: every error is told at once.
- A look-up reads no file: whoever runs the server calls `refresh` from time to time, in a
  thread.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.agents.aliases import AliasFile
from dsnlib.adapters.tables import ReloadingTable
from dsnlib.errors import TableError
from dsnlib.replies.cidr_table import read_address
from dsnlib.replies.table import Table, ask
from dsnlib.replies.tables import KEY_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.config.kinds import Network
    from dsnlib.adapters.config.settings import Settings
    from dsnlib.errors import ConfigurationError

__all__ = ["FirstOf", "Networks", "NoTable", "Tables"]

# What a message quotes of a file, as `repr` writes it.
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


class NoTable:
    """What stands for a table that cannot be used, until the error is told."""

    has_fixed_keys = True

    def __init__(self, name: str) -> None:
        self.name = name

    def lookup(self, key: str) -> None:
        """Return nothing."""


class FirstOf:
    """Several tables as one: the first that has a key decides.

    Args:
        tables: At least one.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = tuple(tables)
        self.name = ", ".join(table.name for table in self._tables)
        self.has_fixed_keys = all(table.has_fixed_keys for table in self._tables)

    async def lookup(self, key: str) -> str | None:
        """Return the value for a key, or `None`.

        Raises:
            LookupFailed: A table cannot tell.
        """
        for table in self._tables:
            value = await ask(table, key)
            if value is not None:
                return value
        return None


class Tables:
    """Opens tables, and keeps what is wrong with them.

    Args:
        settings: Which key stands where.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[tuple[str, object], ReloadingTable] = {}
        self.errors: list[ConfigurationError] = []

    def open_all(
        self,
        name: str,
        specs: Iterable[str],
        *,
        check: Callable[[str], object] | None = None,
        line: int | None = None,
    ) -> tuple[ReloadingTable | NoTable, ...]:
        """Return the tables that a key names.

        Args:
            name: The key.
            specs: Its value.
            check: Raises `InvalidValue` for a value that cannot be used.
            line: The line of the key, if not that at the top of the file.
        """
        return tuple([self.open(name, spec, check=check, line=line) for spec in specs])

    def open(
        self,
        name: str,
        spec: str,
        *,
        check: Callable[[str], object] | None = None,
        line: int | None = None,
        shown: str | None = None,
    ) -> ReloadingTable | NoTable:
        """Return one table; one without keys if it cannot be used.

        Args:
            name: The key.
            spec: Its value.
            check: As for `open_all`.
            line: As for `open_all`.
            shown: What errors call a table that has secrets: they quote nothing of it, and
                where the value is the table, they say nothing else.
        """
        known = self._open.get((spec, check))
        if known is not None:
            return known
        try:
            table = ReloadingTable(spec, check=check, interval_seconds=None)
        except TableError as error:
            text = str(error)
            if shown is not None:
                is_file = shown == spec
                text = _QUOTED.sub("'...'", text) if is_file else f"{shown} is not in order"
            self.fail(name, text, line=line)
            return NoTable(spec)
        self._open[spec, check] = table
        return table

    def open_aliases(self, name: str, specs: Iterable[str]) -> tuple[AliasFile, ...]:
        """Return the alias files that a key names: of kinds that have keys, as text."""
        found = []
        for spec in specs:
            kind, _, path = spec.partition(":")
            if kind not in KEY_KINDS:
                known = ", ".join(sorted(KEY_KINDS))
                self.fail(name, f"aliases cannot be of the kind {kind!r}; a file is, of {known}")
                continue
            try:
                found.append(AliasFile(Path(path)))
            except TableError as error:
                self.fail(name, str(error))
        return tuple(found)

    def fail(self, name: str, message: str, *, line: int | None = None) -> None:
        """Keep an error of a key; told once, however many listeners have it."""
        error = self._settings.error(name, message, line=line)
        if str(error) not in map(str, self.errors):
            self.errors.append(error)

    def refresh(self) -> None:
        """Look at all files.  Never raises: a file that has become bad changes nothing."""
        for table in self._open.values():
            table.refresh()


class Networks:
    """A table of networks: an address is in it, or not.

    Args:
        networks: A few: they are gone through one by one.
        name: How messages name it.
    """

    has_fixed_keys = False

    def __init__(self, networks: Iterable[Network], *, name: str) -> None:
        self._networks = tuple(networks)
        self.name = name

    def lookup(self, key: str) -> str | None:
        """Return the network of an address, or `None`.  Never raises."""
        address = read_address(key)
        if address is None:
            return None
        found = (each for each in self._networks if address in each)
        return next(map(str, found), None)
