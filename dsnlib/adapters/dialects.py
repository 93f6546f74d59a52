"""The dialects that other packages bring: the entry points `dsnlib.dialects`.

    [project.entry-points."dsnlib.dialects"]
    acme = "acme_bounces:DIALECTS"

    index = dialect_index(installed_dialects())
    read_bounces(mail, dialects=index)

An entry point is a `Dialect`, or some of them.

Rules.
- What another package does wrong costs us its dialects and nothing else: it is
  logged, and never raised.
- They come in the order of their names, whatever was installed first.
"""

from __future__ import annotations

import importlib.metadata
import logging
from typing import TYPE_CHECKING

from dsnlib.bounces.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["GROUP", "installed_dialects"]

GROUP = "dsnlib.dialects"
"""The group of entry points."""

_LOG = logging.getLogger("dsnlib.dialects")


def installed_dialects() -> tuple[Dialect, ...]:
    """Return the dialects of all packages that are installed.  Never raises."""
    found: list[Dialect] = []
    entries = importlib.metadata.entry_points(group=GROUP)
    for entry in sorted(entries, key=lambda each: (each.name, each.value)):
        try:
            found += _dialects_of(entry.load())
        except Exception as error:  # noqa: BLE001  a stranger's module may raise anything
            _LOG.warning("%s: entry point %s is left out: %r", GROUP, entry.name, error)
    return tuple(found)


def _dialects_of(loaded: object) -> Iterable[Dialect]:
    if isinstance(loaded, Dialect):
        return (loaded,)
    if not isinstance(loaded, (tuple, list)):
        message = f"{loaded!r} is neither a dialect nor a tuple of dialects"
        raise TypeError(message)
    for each in loaded:
        if not isinstance(each, Dialect):
            message = f"{each!r} is no dialect"
            raise TypeError(message)
    return tuple(loaded)
