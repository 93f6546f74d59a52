"""Every public name with its signature, in one file: a change of it is deliberate.

    python -m tests.api.surface               what changed since the file was written
    python -m tests.api.surface --update      accept it

Public is what `from dsnlib import ...` gives, and what a page of `docs/reference` documents:
the names of a module's `__all__`.

Rules.
- Read from the source, never imported: the file is the same for every Python and every set
  of extras.
- Annotations stand as they are written.  Of a default only the simple ones are shown.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import functools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SURFACE", "changes", "main", "public_modules", "surface"]

ROOT = Path(__file__).resolve().parents[2]
SURFACE = ROOT / "tests/api/surface.txt"
_HEADING = "# Written by `python -m tests.api.surface --update`; see the docstring there.\n"
_DOCUMENTED = re.compile(
    r"^(?:```\{eval-rst\}\s*)?.*automodule(?:::|\})\s*(dsnlib[\w.]*)", re.MULTILINE
)
_FACADE = "dsnlib"
# Methods with these names are called by a sign of the language, so they are public.
_SPOKEN = re.compile(r"__(?!init__|post_init__|attrs_\w+__|getattr__|dir__)\w+__\Z")


def public_modules() -> list[str]:
    """Return the modules that pages of the reference document, and homes of the facade's names."""
    pages = sorted((ROOT / "docs/reference").rglob("*.md"))
    named = {name for page in pages for name in _DOCUMENTED.findall(page.read_text("utf-8"))}
    return sorted(named | set(_homes().values()) - {_FACADE})


def _homes() -> dict[str, str]:
    """Return the module of each name of the facade, as its imports for type checkers say."""
    return {
        alias.name: node.module
        for node in ast.walk(_parsed(_FACADE))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("dsnlib.")
        and node.module is not None
        for alias in node.names
    }


@functools.cache  # a module is asked for once a name
def _parsed(module: str) -> ast.Module:
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if module == _FACADE:
        file = file.with_suffix(".pyi")  # its names are loaded on first use
    return ast.parse(file.read_text("utf-8"))


def surface() -> str:
    """Return the text of the file."""
    homes = _homes()
    blocks = [_HEADING, *_of_facade(homes)]
    blocks += [block for module in public_modules() if (block := _of_module(module))]
    return "\n".join(blocks)


def _of_facade(homes: dict[str, str]) -> Iterator[str]:
    names = "".join(f"    {name} from {homes[name]}\n" for name in sorted(homes))
    yield f"{_FACADE}\n{names}"


def _of_module(module: str) -> str:
    tree = _parsed(module)
    names = _listed(tree)
    lines = [f"{module}\n"]
    for name in sorted(names):
        lines += [f"    {line}\n" for line in _of_name(name, tree)]
    return "".join(lines) if len(lines) > 1 else ""


def _listed(tree: ast.Module) -> frozenset[str]:
    """Return what `__all__` lists."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def _of_name(name: str, tree: ast.Module) -> Iterator[str]:
    """Yield the lines of a name: of a function, a class, a value, or what is handed on."""
    for node in _statements(tree.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            yield from _of_function(node)
        elif isinstance(node, ast.ClassDef) and node.name == name:
            yield from _of_class(node)
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            yield f"{name}: {ast.unparse(node.annotation)}"
        elif isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets):
            yield f"{name} = {_value(node.value)}"
        elif isinstance(node, ast.ImportFrom):
            aliases = (each for each in node.names if name == (each.asname or each.name))
            yield from (f"{name} from {node.module}" for _ in aliases)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, and those below an `if` or `try` of the module."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _statements(node.body)


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        yield f"@{ast.unparse(decorator)}"
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    result = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    yield f"{word} {node.name}({ast.unparse(node.args)}){result}"


def _of_class(node: ast.ClassDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        yield f"@{ast.unparse(decorator)}"
    bases = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
    yield f"class {node.name}({bases})" if bases else f"class {node.name}"
    for each in node.body:
        yield from (f"    {line}" for line in _of_member(each))


def _of_member(node: ast.stmt) -> Iterator[str]:
    """Yield the lines of a public field, member of an enumeration, or method of a class."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if not node.name.startswith("_") or node.name == "__init__" or _SPOKEN.match(node.name):
            yield from _of_function(node)
    elif isinstance(node, ast.AnnAssign):
        name = ast.unparse(node.target)
        if not name.startswith("_"):
            default = _default(node.value)
            yield f"{name}: {ast.unparse(node.annotation)}{default}"
    elif isinstance(node, ast.Assign):
        name = ast.unparse(node.targets[0])
        if not name.startswith("_"):
            yield f"{name} = {_value(node.value)}"


def _default(value: ast.expr | None) -> str:
    """Return how a default is shown: of a field's declaration, only that there is one."""
    if value is None:
        return ""
    if isinstance(value, ast.Call):
        given = {each.arg for each in value.keywords}
        is_declaration = ast.unparse(value.func) == "attrs.field"
        return "" if is_declaration and not given & {"default", "factory"} else " = ..."
    return f" = {_value(value)}"


def _value(value: ast.expr) -> str:
    """Return a value as written if it is short and simple: its size is not of the surface."""
    is_simple = isinstance(
        value, ast.Constant | ast.Attribute | ast.Name | ast.BinOp | ast.Subscript
    )
    text = ast.unparse(value)
    return text if is_simple or text in {"()", "auto()", "enum.auto()"} else "..."


def changes() -> list[str]:
    """Return the lines that were added or are gone since the file was written."""
    before = SURFACE.read_text("utf-8").splitlines() if SURFACE.exists() else []
    lines = difflib.unified_diff(
        before, surface().splitlines(), "accepted", "now", lineterm="", n=0
    )
    return list(lines)


def main(arguments: list[str] | None = None) -> int:
    """Show what changed or accept it, return the exit code."""
    parser = argparse.ArgumentParser(description="List every public name with its signature.")
    parser.add_argument("--update", action="store_true", help="accept what changed")
    if parser.parse_args(arguments).update:
        SURFACE.write_text(surface(), "utf-8")
        return 0
    print(*(found := changes()), sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
