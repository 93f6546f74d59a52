"""Which addresses have a mailbox here, and where it is.

    ann@example.org     a local domain:     <home>/ann/
    eve@shop.example    a mailbox domain:   <base>/shop.example/eve/, or what a table says

Rules.
- No address leads out of its directory, whatever is in it: a name is a single path
  component, and what is not plain in it is written as `%` and two digits.
- With tables an address has a mailbox if one of them has it; without, every address.
- The postmaster of each domain has one: his own, or that of the origin (RFC 5321
  s4.5.1).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.adapters.agents.domains import DomainClass
from dsnlib.adapters.agents.local_name import split_extension, table_keys
from dsnlib.errors import LookupFailed
from dsnlib.model.local_part import split_address
from dsnlib.model.text import encode_wire
from dsnlib.replies.table import ask

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dsnlib.adapters.agents.domains import Domains
    from dsnlib.replies.table import Table

__all__ = ["Mailboxes", "file_name"]

_POSTMASTER = "postmaster"
# What no file system takes as one name.
_LONGEST_NAME = 255
_NOT_PLAIN = re.compile(rb"[^a-z0-9._+=@-]|\A[.]")


def file_name(text: str) -> str | None:
    """Return a text as the name of a file, or `None` if there is no such name.

    >>> file_name("../etc")
    '%2E.%2Fetc'

    Different texts have different names, but for upper and lower case.
    """
    name = _NOT_PLAIN.sub(lambda found: b"%%%02X" % found[0][0], encode_wire(text.lower()))
    return name.decode("ascii") if 0 < len(name) <= _LONGEST_NAME else None


class Mailboxes:
    """The mailboxes of a site.

    Args:
        domains: The domains of the site.
        home: Where the mailboxes of local domains are.
        base: Where those of mailbox domains are; where `home` is if not given.
        local: Tables that have the names of local accounts; what their values are
            does not matter.  Without any, every name is one.
        virtual: Tables with the mailbox of an address, as a path below `base`.
            Without any, every address has one.
        delimiter: The characters that can begin an extension.
    """

    def __init__(
        self,
        domains: Domains,
        home: Path,
        *,
        base: Path | None = None,
        local: Iterable[Table] = (),
        virtual: Iterable[Table] = (),
        delimiter: str = "",
    ) -> None:
        self._domains = domains
        self._home = home
        self._base = home if base is None else base
        self._local = tuple(local)
        self._virtual = tuple(virtual)
        self._delimiter = delimiter

    async def find(self, address: str) -> Path | None:
        """Return the directory of an address's mailbox, or `None` if it has none.

        Raises:
            LookupFailed: A table cannot answer, or has a value that is no mailbox.
        """
        whole = self._domains.qualify(address)
        local_part, _, domain = split_address(whole)
        class_ = self._domains.class_of(domain)
        if class_ is DomainClass.LOCAL:
            return await self._account(local_part)
        if class_ is not DomainClass.MAILBOX:
            return None
        found = await self._in_domain(whole)
        if found is None and split_extension(local_part, self._delimiter)[0] == _POSTMASTER:
            return await self._account(_POSTMASTER)
        return found

    async def _account(self, local_part: str) -> Path | None:
        name, extension = split_extension(local_part, self._delimiter)
        for key in dict.fromkeys((f"{name}{extension}".lower(), name)):
            if not self._local or name == _POSTMASTER or await _has(self._local, key):
                # An account of its own may have a delimiter in its name.
                return _below(self._home, name if not self._local else key)
        return None

    async def _in_domain(self, whole: str) -> Path | None:
        local_part, _, domain = split_address(whole)
        if not self._virtual:
            name = split_extension(local_part, self._delimiter)[0]
            directory = _below(self._base, domain.removesuffix("."))
            return None if directory is None else _below(directory, name)
        for key, _left in table_keys(whole, self._delimiter, is_local=False):
            for table in self._virtual:
                value = await ask(table, key)
                if value is not None:
                    return self._path(value, table.name, key)
        return None

    def _path(self, value: str, source: str, key: str) -> Path:
        parts = value.strip("/").split("/")
        # A path that an administrator wrote; one with `..` is refused, not followed.
        if value[:1] == "/" or any(part in ("", ".", "..") or "\0" in part for part in parts):
            message = f"{source}: {key!r}: {value[:80]!r} is no path below the base"
            raise LookupFailed(message, source=source, key=key)
        return self._base.joinpath(*parts)


async def _has(tables: Iterable[Table], key: str) -> bool:
    for table in tables:
        if await ask(table, key) is not None:
            return True
    return False


def _below(directory: Path, text: str) -> Path | None:
    name = file_name(text)
    return None if name is None else directory / name
