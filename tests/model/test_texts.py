"""Collections of texts: one text is none, and secrets stay out of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.texts import (
    lower_text_set,
    maybe_texts,
    refuse_one_text,
    secret_keys,
    text_set,
    texts,
    upper_texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# converter, what it makes of several texts
CONVERTERS: tuple[tuple[Callable[[Any], Any], Callable[[list[str]], Any]], ...] = (
    (texts, tuple),
    (maybe_texts, tuple),
    (text_set, frozenset),
    (lower_text_set, lambda given: frozenset(map(str.lower, given))),
    (upper_texts, lambda given: tuple(map(str.upper, given))),
)
each_converter = pytest.mark.parametrize(
    ("convert", "made"), CONVERTERS, ids=["texts", "maybe", "set", "lower", "upper"]
)
ONE: st.SearchStrategy[object] = st.one_of(
    st.text(), st.binary(), st.builds(bytearray, st.binary()), st.just(memoryview(b"bob"))
)


@each_converter
@given(several=st.lists(st.text()))
def test_several(
    convert: Callable[[Any], Any], made: Callable[[list[str]], Any], several: list[str]
) -> None:
    """Whatever holds texts is taken, and read once."""
    expected = made(several)

    assert expected == convert(several) == convert(tuple(several)) == convert(iter(several))
    assert made(list(dict.fromkeys(several))) == convert(dict.fromkeys(several))


@each_converter
@given(one=ONE)
def test_one(convert: Callable[[Any], Any], made: Callable[[list[str]], Any], one: object) -> None:
    """One text, the empty one too, and octets are refused; the error has them."""
    with pytest.raises(InvalidValue, match="not a collection of texts") as caught:
        convert(one)

    assert one is caught.value.value


def test_absent() -> None:
    """Where texts may be absent, `None` stays `None`."""
    assert maybe_texts(None) is None


def test_message() -> None:
    """The message shows what was given, and what to write."""
    with pytest.raises(InvalidValue) as caught:
        texts("bob@x")

    assert "'bob@x' is one text, not a collection of texts; write ('bob@x',)" == str(caught.value)


@pytest.mark.parametrize("refuse", [texts, text_set, lower_text_set, refuse_one_text])
def test_message_names(refuse: Callable[[Any, str], object]) -> None:
    """The message names the argument of a function."""
    with pytest.raises(InvalidValue, match=r"\Acopies: b'bob' is octets, not a collection"):
        refuse(b"bob", "copies")


def test_message_is_short() -> None:
    """Of a megabyte the message shows the beginning."""
    with pytest.raises(InvalidValue, match=r"\A'aaa.*'\.\.\. is one text") as caught:
        texts("a" * 1_000_000)

    assert 250 > len(str(caught.value))


def test_one_by_one() -> None:
    """What is read one by one is not read to see whether it is one text."""
    lines = iter(["a", "b"])

    refuse_one_text(lines, "lines")

    assert ["a", "b"] == list(lines)


@given(keys=st.lists(st.binary()))
def test_several_keys(keys: list[bytes]) -> None:
    """Keys stay in their order."""
    assert tuple(keys) == secret_keys(keys) == secret_keys(iter(keys))


@pytest.mark.parametrize("key", ["secret", b"secret", bytearray(b"secret"), memoryview(b"secret")])
def test_one_key(key: Any) -> None:  # noqa: ANN401  each is wrong in its own way
    """One key is refused, and neither the message nor the error has it."""
    with pytest.raises(InvalidValue) as caught:
        secret_keys(key)

    assert "one key is no collection of keys; write (key,)" == str(caught.value)
    assert caught.value.value is None
