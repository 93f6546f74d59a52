"""TOML is read as `tomllib` reads it, and what that is slow at is refused."""

import functools
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import ConfigurationError
from dsnlib.model.toml_text import MOST_KEY_PARTS, parse_toml
from tests.growth import BOUND, growth

MANY = MOST_KEY_PARTS + 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(".".join(["a"] * MANY) + " = 1\n", 1, id="bare"),
        pytest.param("b = 1\n[" + ".".join(["a"] * MANY) + "]\n", 2, id="table"),
        pytest.param("\n[[ " + " . ".join(["a-_0"] * MANY) + "]]\n", 2, id="tables"),
        pytest.param(".".join(['"a.\\"b"'] * MANY) + " = 1\n", 1, id="quoted"),
        pytest.param("\t" + "\t.".join(["''"] * MANY) + " = 1\n", 1, id="literal"),
        pytest.param("b = {c = 1," + ".".join(["a", '"a"'] * MANY) + " = 1}\n", 1, id="inline"),
        pytest.param(".".join(["a"] * 100_000), 1, id="long"),
    ],
)
def test_a_key_of_many_parts(text: str, line: int) -> None:
    """More parts than anybody needs are refused with the line, before the key is read."""
    with pytest.raises(ConfigurationError, match="a key has more than 100 parts") as caught:
        parse_toml(text, origin="x.toml")

    assert ("x.toml", line) == (caught.value.origin, caught.value.line)


@pytest.mark.parametrize("part", ["a", '"a.b"', "'a.b'"])
def test_a_key_of_a_hundred_parts(part: str) -> None:
    """What is allowed is read."""
    text = ".".join([part] * MOST_KEY_PARTS) + " = 1"

    assert tomllib.loads(text) == parse_toml(text, origin="x")


@pytest.mark.parametrize(
    "text",
    [
        "hosts = [" + ", ".join(['"mx.a.example.org"'] * 500) + "]\n",
        "a = 'one. two. three.'\n# " + "." * 500 + "\n",
        'a = "' + "." * 500 + '"\n',
    ],
    ids=["hosts", "comment", "string"],
)
def test_dots_in_values(text: str) -> None:
    """Dots are counted in keys alone."""
    assert tomllib.loads(text) == parse_toml(text, origin="x")


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = [1, -" + "1_0" * 5000 + "]"], ids=len)
def test_a_number_of_many_digits(text: str) -> None:
    """What `int` refuses is an error of the file."""
    with pytest.raises(ConfigurationError, match="x: a number has too many digits"):
        parse_toml(text, origin="x")


def test_a_deep_nest() -> None:
    """Values that are nested too deeply are an error of the file."""
    with pytest.raises(ConfigurationError, match="x: values are nested too deeply"):
        parse_toml("a = " + "[" * 5000, origin="x")


@given(st.text("ab.= \n\t\"'[]{}\\#,1", max_size=60) | st.text(max_size=20))
def test_what_is_read(text: str) -> None:
    """A text has the values that `tomllib` gives it, or its error."""
    assert _outcome(tomllib.loads, text) == _outcome(
        functools.partial(parse_toml, origin="x"), text
    )


@pytest.mark.parametrize(
    "unit",
    ["a", "a.", "a. ", "a . ", '"', "'", '\\"', '"a"', '"a".', "'a'.", '"."', '"\\"".', " ", "a\n"],
    ids=ascii,
)
def test_twice_the_text_takes_twice_the_time(unit: str) -> None:
    """To look for long keys takes a time linear in the text, however hostile it is."""

    def prepare(count: int) -> Callable[[], object]:
        # Line by line too short to be refused, and no TOML from the start.
        text = "=" + (unit * 90 + "!") * (count // 90)
        return lambda: _read(text)

    assert growth(prepare, 1 << 15) < BOUND


@pytest.mark.parametrize("unit", ["a", '"', '\\"', "a b", '"a', "\\"], ids=ascii)
def test_a_long_part_is_looked_at_once(unit: str) -> None:
    """A part of any length, closed or not, is linear too."""

    def prepare(count: int) -> Callable[[], object]:
        text = '="' + unit * count
        return lambda: _read(text)

    assert growth(prepare, 1 << 17) < BOUND


def _outcome(read: Callable[[str], object], text: str) -> str:
    try:
        return repr(read(text))
    except tomllib.TOMLDecodeError as error:
        return str(error)


def _read(text: str) -> None:
    with pytest.raises((tomllib.TOMLDecodeError, ConfigurationError)):
        parse_toml(text, origin="x")
