"""What the verbs that read messages share: their arguments, and the reading itself.

Whatever a message does to the reader, the run goes on: a bound that it meets,
or a fault of ours that it brings to light, is an error of that message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dsnlib.adapters.mailboxes.inputs import Entry, ReadError
from dsnlib.cli.exits import Exit
from dsnlib.errors import LimitExceeded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add_verbosity", "attempt", "quieten"]

_Product = TypeVar("_Product")


def attempt(
    read: Callable[[bytes], _Product], entry: Entry, otherwise: _Product
) -> tuple[_Product, ReadError | None]:
    """Return what `read` makes of the message, and what went wrong.

    Args:
        read: May raise what it likes; only `LimitExceeded` is expected.
        entry: The message, or the error that there is in its place.
        otherwise: The product where there is none.
    """
    if entry.octets is None:
        return otherwise, entry.error
    try:
        return read(entry.octets), entry.error
    except LimitExceeded as error:
        code = f"limit-{error.limit.replace('_', '-')}"
        return otherwise, ReadError(code, str(error), Exit.BAD_DATA)
    except Exception as error:  # noqa: BLE001  one message must not end a run over millions
        reason = f"dsnlib failed on this message; please report {type(error).__name__}: {error}"
        return otherwise, ReadError("bug", reason, Exit.BUG)


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """Add `-q` and `-v`."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-q", "--quiet", action="store_true", help="say less")
    group.add_argument("-v", "--verbose", action="store_true", help="say more, on standard error")


def quieten() -> None:
    """Keep what mail-parser logs about odd mail off standard error."""
    import logging

    logger = logging.getLogger("mailparser")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
