"""The reference has every public name: a page documents each module that readers import from.

Read from the sources: the built index is held against the same names by `make docs`
(`tests/docs_site.py`).
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import dsnlib

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
DOCUMENTED = {
    name
    for page in (DOCS / "reference").rglob("*.md")
    for name in re.findall(r"auto(?:module|function|class):: (\S+)", page.read_text("utf-8"))
}
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r"^[>. ]*from (dsnlib[\w.]*) import (\([^)]*\)|[^#\n]*)", re.MULTILINE)


def imports() -> Iterator[tuple[str, str, str]]:
    """Yield what pages and the programs beside them import: file, module, name."""
    for path in (ROOT / "README.md", *DOCS.rglob("*.md"), *(DOCS / "examples").rglob("*.py")):
        text = path.read_text("utf-8")
        for block in PYTHON_BLOCK.findall(text) if path.suffix == ".md" else [text]:
            for module, names in IMPORT.findall(block):
                for name in re.sub(r"\bas \w+|#.*|[()]", "", names).replace(",", " ").split():
                    yield path.relative_to(ROOT).as_posix(), module, name


IMPORTS = sorted(set(imports()))


def test_homes_are_documented() -> None:
    """The module of each name of `from dsnlib import ...` has an entry."""
    homes = {
        node.module
        for node in ast.walk(
            ast.parse(Path(dsnlib.__file__).with_suffix(".pyi").read_text("utf-8"))
        )
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dsnlib.")
    }

    assert 80 < len(homes)
    assert set() == homes - DOCUMENTED


def test_what_pages_import_is_documented() -> None:
    """What a page or a program of ours tells readers to import stands in the reference."""
    missing = [
        (path, module, name)
        for path, module, name in IMPORTS
        if module not in DOCUMENTED and f"{module}.{name}" not in DOCUMENTED and module != "dsnlib"
    ]

    assert 100 < len(IMPORTS)
    assert [] == missing


def test_pages_import_public_names() -> None:
    """What a page imports from dsnlib itself is a public name."""
    assert {name for _, module, name in IMPORTS if module == "dsnlib"} <= set(dsnlib.__all__)


def test_each_module_is_documented_once() -> None:
    """No module stands on two pages: a name has one place."""
    found = [
        name
        for page in (DOCS / "reference").rglob("*.md")
        for name in re.findall(r"automodule:: (\S+)", page.read_text("utf-8"))
    ]

    assert sorted(set(found)) == sorted(found)
