"""Collections of texts, as the fields of values hold them.

A text is a collection too: of its letters.  So what a value asks for as addresses, and gets as
one address, would become `b`, `o`, `b`; and nobody is told.

Rules.  A text, or octets, where several are wanted is refused, and never taken apart.  What may
be a secret is not in the message, nor in the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "lower_text_set",
    "maybe_texts",
    "refuse_one_text",
    "secret_keys",
    "text_set",
    "texts",
    "upper_texts",
]

_OCTETS = (bytes, bytearray, memoryview)
# How much of a value a message shows; our own choice, enough to know it again.
_SHOWN = 60


def texts(values: Iterable[str], what: str = "") -> tuple[str, ...]:
    """Return texts in their order.

    >>> texts(["bob@example.org"])
    ('bob@example.org',)
    >>> texts("bob@example.org")
    Traceback (most recent call last):
    ...
    dsnlib.errors.InvalidValue: 'bob@example.org' is one text, not a collection of texts; \
write ('bob@example.org',)

    Args:
        values: Any number of texts.
        what: How the message names them; not at all if not given.

    Raises:
        InvalidValue: It is one text, or octets.
    """
    refuse_one_text(values, what)
    return tuple(values)


def text_set(values: Iterable[str], what: str = "") -> frozenset[str]:
    """Return texts without an order; see `texts`.

    Raises:
        InvalidValue: It is one text, or octets.
    """
    return frozenset(texts(values, what))


def lower_text_set(values: Iterable[str], what: str = "") -> frozenset[str]:
    """Return texts without an order, in lower case; see `texts`.

    Raises:
        InvalidValue: It is one text, or octets.
    """
    return frozenset([each.lower() for each in texts(values, what)])


def upper_texts(values: Iterable[str]) -> tuple[str, ...]:
    """Return texts in their order, in upper case; see `texts`.

    Raises:
        InvalidValue: It is one text, or octets.
    """
    return tuple([each.upper() for each in texts(values)])


def maybe_texts(values: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return texts in their order, or `None` for `None`; see `texts`.

    Raises:
        InvalidValue: It is one text, or octets.
    """
    return None if values is None else texts(values)


def secret_keys(values: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return keys in their order; the error shows nothing of them.

    Raises:
        InvalidValue: It is one key, or a text.
    """
    if isinstance(values, (str, *_OCTETS)):
        message = "one key is no collection of keys; write (key,)"
        raise InvalidValue(message)
    return tuple(values)


def refuse_one_text(values: object, what: str) -> None:
    """Raise if what should be many texts is one; for those who read them one by one.

    Args:
        values: What was given; it is not read.
        what: How the message names it; not at all if `""`.

    Raises:
        InvalidValue: It is one text, or octets.
    """
    if isinstance(values, str):
        kind = "one text"
    elif isinstance(values, _OCTETS):
        kind = "octets"
    else:
        return
    shown = repr(values[:_SHOWN]) + ("..." if len(values) > _SHOWN else "")
    instead = f"; write ({shown},)" if kind == "one text" else ""
    place = f"{what}: " if what else ""
    message = f"{place}{shown} is {kind}, not a collection of texts{instead}"
    raise InvalidValue(message, value=values)
