"""The public names: one list, one home for each, nothing loaded before its time."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import dsnlib

SOURCE = ast.parse(Path(dsnlib.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))


def _imported_for_checkers() -> dict[str, str]:
    """Return the module that each name is imported from in `__init__.pyi`."""
    return {
        alias.name: node.module or ""
        for node in ast.walk(SOURCE)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dsnlib.")
        for alias in node.names
    }


@pytest.mark.parametrize("name", dsnlib.__all__)
def test_public_name(name: str) -> None:
    """Each public name is what its module defines, for people and for type checkers alike."""
    home = importlib.import_module(_imported_for_checkers()[name])

    assert getattr(home, name) is getattr(dsnlib, name)


def test_lists_agree() -> None:
    """`__all__` and what type checkers see have the same names, once each."""
    (told,) = [
        ast.literal_eval(node.value)
        for node in SOURCE.body
        if isinstance(node, ast.Assign) and "__all__" == ast.unparse(node.targets[0])
    ]

    assert sorted(told) == sorted(_imported_for_checkers()) == sorted(dsnlib.__all__)
    assert sorted(told) == dir(dsnlib)


def test_unknown_name() -> None:
    """A name that is not public is an ordinary attribute error."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = getattr(dsnlib, "nothing")  # noqa: B009  a type checker would object


def test_facade_loads_nothing() -> None:
    """`import dsnlib` loads no module of ours and no library until a name is used."""
    probe = "import sys, dsnlib; print(*[name for name in sys.modules if 'dsnlib.' in name])"
    done = subprocess.run(
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True, timeout=60
    )

    assert "" == done.stdout.strip()
