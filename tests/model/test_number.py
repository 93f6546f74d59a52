"""Numbers of values: whole ones, and those of a range."""

from __future__ import annotations

import enum
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.number import is_whole, require_number, require_whole, show_number

HUGE = 10**5000


class Port(enum.IntEnum):
    """A number with a name, which would be written otherwise."""

    SMTP = 25


NO_WHOLE = [True, False, 1.0, math.nan, math.inf, "1", None, b"1", Fraction(1), Port.SMTP]


@pytest.mark.parametrize("value", NO_WHOLE, ids=repr)
def test_what_is_no_whole_number(value: object) -> None:
    """A whole number is an `int`, and nothing that only behaves like one."""
    with pytest.raises(InvalidValue) as caught:
        require_whole(value, "port", least=0)

    assert f"port: {value!r} is not a whole number from 0" == str(caught.value)
    assert value is caught.value.value


@given(st.integers(), st.integers(), st.integers())
def test_range_of_whole_numbers(value: int, least: int, most: int) -> None:
    """Both ends are in it."""
    assert (least <= value <= most) is is_whole(value, least, most)
    assert (least <= value) is is_whole(value, least)
    if not least <= value <= most:
        with pytest.raises(InvalidValue, match=rf" from {least} to {most}$"):
            require_whole(value, "number", least=least, most=most)
    else:
        require_whole(value, "number", least=least, most=most)


@given(st.integers() | st.floats())
def test_range_of_numbers(value: float) -> None:
    """Both ends are in it; with `above` the first is not."""
    for above, word, is_right in (
        (False, "from", 0 <= value <= 7.5),
        (True, "above", 0 < value <= 7.5),
    ):
        if is_right:
            require_number(value, "growth", least=0, most=7.5, above=above)
        else:
            with pytest.raises(InvalidValue, match=rf" is not a finite number {word} 0 to 7\.5$"):
                require_number(value, "growth", least=0, most=7.5, above=above)


@pytest.mark.parametrize(
    "value",
    [True, math.nan, math.inf, -math.inf, HUGE, "1", None],
    ids=["bool", "nan", "inf", "minus inf", "huge", "text", "none"],
)
def test_what_is_no_finite_number(value: Any) -> None:  # noqa: ANN401  what is refused
    """Nor is what no float can be."""
    with pytest.raises(InvalidValue, match=r"^growth: .* is not a finite number from 1$") as caught:
        require_number(value, "growth", least=1)
    assert value is caught.value.value

    with pytest.raises(InvalidValue, match=r"^growth: .* is not a finite number above 1$"):
        require_number(value, "growth", least=1, above=True)


@pytest.mark.parametrize("value", [HUGE, -HUGE, 1 << 256], ids=["huge", "minus", "least"])
def test_a_number_that_nobody_can_read(value: int) -> None:
    """Python itself refuses to print one of thousands of digits; its size is told."""
    with pytest.raises(InvalidValue, match=r"^port: an integer of \d+ bits is not a whole number"):
        require_whole(value, "port", least=1, most=65_535)


def test_a_number_that_can_be_read() -> None:
    """It is shown as it is."""
    assert str((1 << 256) - 1) == show_number((1 << 256) - 1)
