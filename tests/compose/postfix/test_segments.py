"""Parsed text: which names are in it, and which of them do not exist."""

from __future__ import annotations

import pytest

from dsnlib.compose.postfix.macro import parse_macros
from dsnlib.compose.postfix.segments import Name, Segments, every_name, unknown_name

KNOWN = {"a", "b"}


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("text", None),
        ("$a $b", None),
        ("$a $nosuch $other", "nosuch"),
        ("${ }", ""),
        # Only tested, it need not exist
        ("${nosuch?x}", None),
        ("${nosuch:x}", None),
        # and then its value is never shown
        ("${nosuch?$nosuch}", None),
        ("${nosuch?{$nosuch}:{$a}}", None),
        # but what is shown instead is
        ("${nosuch:$other}", "other"),
        # Every branch counts
        ("${a?$nosuch}", "nosuch"),
        ("${a:$nosuch}", "nosuch"),
        ("${{$nosuch}=={x}}", "nosuch"),
        ("${{x}=={$nosuch}}", "nosuch"),
        ("${{x}=={x}?{$nosuch}:{y}}", "nosuch"),
        ("${{x}=={x}?{x}:{${a?$nosuch}}}", "nosuch"),
    ],
)
def test_unknown_name(text: str, unknown: str | None) -> None:
    """The first name that would have no value is found, whatever the values are."""
    assert unknown == unknown_name(Segments(parse_macros(text)), KNOWN.__contains__)


def test_every_name() -> None:
    """Names are listed wherever they stand, those that are only tested too."""
    text = "$a ${b?$c} ${{$d}<{$e}?{$f}:{$g}}"

    assert set("abcdefg") == set(every_name(Segments(parse_macros(text))))


def test_texts_are_joined() -> None:
    """Parts that stand side by side are one text, and equal texts are equal."""
    assert Segments(["ab", Name("x"), "cd"]) == Segments(["a", "b", Name("x"), "c", "d"])
    assert not Segments(["a", "b"]).has_variables
    assert Segments([Name("x")]).has_variables
