"""Texts are laid out once and filled in often."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.layout import Layout
from dsnlib.errors import TemplateError

VALUES = {"a": "1", "empty": "", "blank": " \t ", "lines": "x\n\ny"}


@pytest.mark.parametrize(
    ("text", "kept", "dropped"),
    [
        ("x", "x\n", "x\n"),
        ("", "\n", "\n"),
        ("x\n\ny\n", "x\n\ny\n\n", "x\n\ny\n\n"),
        ("$a", "1\n", "1\n"),
        ("$empty", "\n", ""),
        ("x\n$empty\ny", "x\n\ny\n", "x\ny\n"),
        ("x\n  $empty $blank\ny", "x\n    \t \ny\n", "x\ny\n"),
        ("  ${empty?x: $empty}\n", "  \n\n", "\n"),
        ("$lines", "x\n\ny\n", "x\n\ny\n"),
        ("$empty.", ".\n", ".\n"),
        ("$$", "$\n", "$\n"),
        (" \n$a\n ", " \n1\n \n", " \n1\n \n"),
    ],
)
def test_rendering(text: str, kept: str, dropped: str) -> None:
    """A line that names something and comes out blank is left out where that is asked for."""
    assert kept == Layout(text, drops_blank=False).render(VALUES.get)
    assert dropped == Layout(text, drops_blank=True).render(VALUES.get)


def test_fault() -> None:
    """A text that cannot be laid out says where, and is an error when it is rendered."""
    layout = Layout("x\n$a\n$\n${", drops_blank=False)

    assert layout.fault is not None
    assert 2 == layout.fault[0]
    with pytest.raises(TemplateError, match="no name"):
        layout.render(VALUES.get)


def test_brackets_close_on_their_line() -> None:
    """A conditional never goes on in the next line."""
    layout = Layout("${a?x\n}", drops_blank=False)

    assert layout.fault is not None
    assert 0 == layout.fault[0]


def test_unknown_name() -> None:
    """The first line that names what does not exist is found, and what is wrong with it."""

    def is_known(name: str) -> bool:
        if name == "bad":
            raise TemplateError("no such unit")
        return name == "a"

    assert Layout("$a\nx", drops_blank=False).unknown_name(is_known) is None
    assert (2, "$b is not defined") == Layout("x\n$a\n$b", drops_blank=False).unknown_name(is_known)
    assert (1, "no such unit") == Layout("x\n${bad?y}", drops_blank=False).unknown_name(is_known)


def test_names() -> None:
    """Names are those of every line."""
    assert frozenset("ab") == Layout("$a\n\n${b?x}", drops_blank=True).names()


@given(st.lists(st.sampled_from(["x", "$a", "$a$a", "$$", "", "${a?x}"])))
def test_both_ways_agree(lines: list[str]) -> None:
    """Where no line comes out blank, leaving blank ones out changes nothing."""
    text = "\n".join(lines)

    kept = Layout(text, drops_blank=False).render(VALUES.get)
    assert kept == Layout(text, drops_blank=True).render(VALUES.get)
