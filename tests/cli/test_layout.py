"""Rows are folded, harmless and in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.cli.layout import lay_out, nearest_wording

if TYPE_CHECKING:
    import pytest


def test_rows_are_folded() -> None:
    """A long text goes on under itself, and no line is wider than a terminal."""
    lines = lay_out("x", [("Said", "word " * 40), ("By", "mx")]).splitlines()

    assert "x" == lines[0]
    assert "  Said        word" == lines[1][:18]
    assert " " * 14 + "word" == lines[2][:18]
    assert "  By          mx" == lines[-1]
    assert 79 >= max(map(len, lines))


def test_rows_are_harmless() -> None:
    """Nothing in a heading or a text acts on a terminal."""
    assert "\ufffd[31mx\n  A           b\ufffdc\n" == lay_out("\x1b[31mx", [("A", "b\u202ec")])


def test_nearest_wording(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest language is taken; for none that there is, English, which is told."""
    assert "de" == nearest_wording("de-AT").language
    assert "" == capsys.readouterr().err
    assert "en" == nearest_wording("tlh").language
    assert "dsnlib: no texts in 'tlh'; in English then\n" == capsys.readouterr().err
