"""Numbers of values: whole ones, and those of a range.

Rules.
- A whole number is an `int`: neither a `bool`, which is one to Python, nor a float such
  as 2.0, which would be written otherwise.
- A NaN and what is infinite are in no range.
- The message names the value, shows what was given, and says the rule; it can do so for a
  number that Python refuses to print.
"""

from __future__ import annotations

import sys

from dsnlib.errors import InvalidValue

__all__ = ["is_whole", "require_number", "require_whole", "show_number"]

# Python prints no integer of more than some thousand digits, and nobody reads one.
_SHOWN_BITS = 256
_GREATEST_FLOAT = sys.float_info.max


def is_whole(value: object, least: int, most: int | None = None) -> bool:
    """Tell whether a value is a whole number of a range.  Never raises.

    >>> is_whole(25, 1, 65_535), is_whole(True, 1), is_whole(2.0, 1)
    (True, False, False)

    Args:
        value: Anything.
        least: The smallest.
        most: The largest; `None` for any.
    """
    return type(value) is int and value >= least and (most is None or value <= most)


def require_whole(value: object, what: str, *, least: int, most: int | None = None) -> None:
    """Raise unless a value is a whole number of a range.

    Args:
        value: What was given.
        what: How the message names it.
        least: The smallest.
        most: The largest; `None` for any.

    Raises:
        InvalidValue: It is none.
    """
    if not is_whole(value, least, most):
        rule = f"a whole number from {least}" + ("" if most is None else f" to {most}")
        message = f"{what}: {show_number(value)} is not {rule}"
        raise InvalidValue(message, value=value)


def require_number(
    value: object, what: str, *, least: float, most: float | None = None, above: bool = False
) -> None:
    """Raise unless a value is a number of a range, whole or not.

    Args:
        value: What was given.
        what: How the message names it.
        least: The smallest.
        most: The largest; `None` for any that is finite.
        above: Whether `least` itself is too small.

    Raises:
        InvalidValue: It is none.
    """
    # Comparing is exact and safe where making a float of a large integer is neither.
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and (least < value if above else least <= value)
        and value <= (_GREATEST_FLOAT if most is None else most)
    ):
        return
    rule = f"{'above' if above else 'from'} {least:g}" + ("" if most is None else f" to {most:g}")
    message = f"{what}: {show_number(value)} is not a finite number {rule}"
    raise InvalidValue(message, value=value)


def show_number(value: object) -> str:
    """Return how a message shows what should be a number.

    >>> show_number(10**400)
    'an integer of 1329 bits'
    """
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"an integer of {value.bit_length()} bits"
    return repr(value)
