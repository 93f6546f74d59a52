"""The dialects that come with the library, and an index of them and of others.

What `read_bounces` asks by default is `shipped_index()`; with what other packages
add, `dialect_index(installed_dialects())` of `dsnlib.adapters.dialects`; and with
few of ours, `dialect_index([mine], names=["qmail", "exim"])`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from dsnlib.bounces.index import DialectIndex
from dsnlib.errors import InvalidValue
from dsnlib.model.texts import text_set

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.bounces.dialect import Dialect

__all__ = ["dialect_index", "load_dialects", "shipped_index"]


@functools.cache
def _shipped() -> tuple[Dialect, ...]:
    # On first use: the expressions take 20 ms to compile, and most bounces are reports.
    from dsnlib.bounces.dialects import (
        carriers,
        exchange,
        exim,
        gateways,
        google,
        groupware,
        lists,
        notices,
        postfix,
        qmail,
        senders,
        sendmail,
        unix,
        windows,
    )

    return (
        *qmail.DIALECTS,
        *exim.DIALECTS,
        *sendmail.DIALECTS,
        *postfix.DIALECTS,
        *exchange.DIALECTS,
        *google.DIALECTS,
        *groupware.DIALECTS,
        *unix.DIALECTS,
        *windows.DIALECTS,
        *gateways.DIALECTS,
        *senders.DIALECTS,
        *carriers.DIALECTS,
        *lists.DIALECTS,
        *notices.DIALECTS,
    )


def load_dialects(names: Iterable[str] | None = None) -> tuple[Dialect, ...]:
    """Return the dialects that come with the library.

    Args:
        names: Of these families only; `None` for all.

    Raises:
        InvalidValue: There is no family of such a name.
    """
    shipped = _shipped()
    if names is None:
        return shipped
    wanted = text_set(names, "names")
    unknown = sorted(wanted - {each.name for each in shipped})
    if unknown:
        message = f"dialects: there is no family {unknown[0]!r}"
        raise InvalidValue(message, value=unknown[0])
    return tuple(each for each in shipped if each.name in wanted)


def dialect_index(
    extra: Iterable[Dialect] = (), *, names: Iterable[str] | None = None
) -> DialectIndex:
    """Return an index of your dialects and of those that come with the library.

    Args:
        extra: Yours: they are asked before ours that have the same needle.
        names: Which families of ours; `None` for all.

    Raises:
        InvalidValue: There is no family of such a name.
    """
    return DialectIndex((*extra, *load_dialects(names)))


@functools.cache
def shipped_index() -> DialectIndex:
    """Return all of them, ready to be asked.  Never raises."""
    return dialect_index()
