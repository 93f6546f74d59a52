"""The layers of docs/decisions/0001: imports point downward, and the core is pure.

    cli -> adapters -> bounces -> parse -> model -> errors      reading
                    -> compose -> policy -> model               writing
                    -> replies -> model                         answering

An import under `if TYPE_CHECKING:` is no arrow.  Nothing is loaded by it, so
nothing can depend on it at run time; and a lower layer may have to *name* a
type of a higher one: `errors.InvalidParameter` carries an `SmtpReply` of
`model`, and a function of the core may annotate an `EmailMessage`.

An import inside a function is an arrow like any other; it is only later.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "dsnlib"
# The scripts beside the catalogues are for those who work on dsnlib: no module of it.
SCRIPTS = "compose/locale/"
MODULES = sorted(
    module
    for path in PACKAGE.rglob("*.py")
    if not (module := path.relative_to(PACKAGE).as_posix()).startswith(SCRIPTS)
)

# layer -> the layers it may import.  "dsnlib" is the façade, dsnlib/__init__.py.
CORE = frozenset({"errors", "model", "policy", "replies", "compose", "parse", "bounces"})
LAYERS = {
    "errors": frozenset[str](),
    "model": frozenset({"errors"}),
    "parse": frozenset({"errors", "model"}),  # reading
    "bounces": frozenset({"errors", "model", "parse"}),
    "policy": frozenset({"errors", "model"}),  # writing
    "compose": frozenset({"errors", "model", "policy"}),
    "replies": frozenset({"errors", "model"}),  # answering
    "adapters": CORE | {"dsnlib"},
    "report": CORE | {"dsnlib"},  # what people look at: a page, a terminal
    "bulk": CORE | {"dsnlib", "adapters"},  # many messages, cores and machines
    "schema": frozenset[str](),  # what is printed and stored as JSON looks like
    "cli": CORE | {"dsnlib", "adapters", "bulk", "report", "schema"},
    "dsnlib": CORE,
    "__main__": frozenset({"cli"}),
}
WINGS = (
    frozenset({"bounces", "parse"}),
    frozenset({"compose", "policy"}),
    frozenset({"replies"}),
)

TYPING_ONLY = {"TYPE_CHECKING", "typing.TYPE_CHECKING"}

# What the core may not see: clock, chance, files, processes, network, log.
IMPURE = {
    "asyncio",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "time",
}

# library -> where it may be imported.  A name ending in "/" is a folder.
# "f()" behind a module: inside its functions only, where a message of the
# standard library is taken in or handed out.
BORDERS = {
    "aiosmtpd": {"adapters/"},
    "aiosmtplib": {"adapters/"},
    "babel": {
        "report/words.py",
        "compose/wording.py",
        "compose/language/catalogue.py f()",
        "compose/language/choose.py f()",
        "compose/language/tags.py f()",
    },
    "email": {
        "parse/fallback.py",
        "parse/report.py f()",
        "compose/message.py f()",
        "model/header.py f()",
        "model/report.py f()",
        "model/returned.py f()",
        "adapters/",
    },
    # It refuses and rewrites addresses that notifications legally carry, so it
    # belongs only where a person typed one.
    "email_validator": {"cli/", "adapters/config/"},
    # importlib.resources reads files: the core reads those of the package, in one place a layer.
    "importlib": {
        "__init__.py",
        "bounces/rules/shipped.py",
        "compose/shipped.py",
        "adapters/",
        "cli/",
        "schema/",
    },
    "kilter": {"adapters/"},
    "mailparser": {"parse/fallback.py", "model/returned.py f()"},
    "radix": {"replies/cidr_table.py f()"},
    "re2": {"replies/pattern_table.py f()"},
    "anymail": {"adapters/"},
    "jinja2": {"report/"},
    "matplotlib": {"report/"},
    "opentelemetry": {"adapters/"},
    "prometheus_client": {"adapters/"},
    "psycopg": {"adapters/"},
    "pyarrow": {"bulk/"},
    "ray": {"bulk/"},
    "rich": {"cli/", "report/"},
    "urllib3": {"adapters/"},
}


class Import(NamedTuple):
    """One import: the dotted name of a module, what is taken of it, where it is done."""

    name: str
    line: int
    in_function: bool
    member: str = ""


def layer_of(module: str) -> str:
    """The layer of a module, given by its path below dsnlib/."""
    first = module.partition("/")[0].removesuffix(".py")
    return "dsnlib" if first == "__init__" else first


def imports(
    tree: ast.AST, module: str, *, in_function: bool = False, with_types: bool = False
) -> Iterator[Import]:
    """Every import that can happen at run time, relative ones made absolute.

    Args:
        tree: Of the module.
        module: Its path below dsnlib/.
        in_function: Whether the tree is part of a function.
        with_types: Whether those for type checkers count too.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, in_function)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module)
            for alias in node.names:
                # `from dsnlib import parse` imports the layer, not the façade.
                whole = f"{base}.{alias.name}"
                known = base == "dsnlib" and alias.name in LAYERS
                yield Import(whole if known else base, node.lineno, in_function, alias.name)
        elif not with_types and isinstance(node, ast.If) and ast.unparse(node.test) in TYPING_ONLY:
            rest = ast.Module(body=node.orelse, type_ignores=[])
            yield from imports(rest, module, in_function=in_function)
        else:
            inside = in_function or isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
            )
            yield from imports(node, module, in_function=inside, with_types=with_types)


def _absolute(node: ast.ImportFrom, module: str) -> str:
    package = ["dsnlib", *module.split("/")[:-1]]
    kept = package[: len(package) - node.level + 1] if node.level else []
    return ".".join([*kept, *([node.module] if node.module else [])])


def breaches(source: str, module: str) -> Iterator[str]:
    """What a module of this path and text does against the rules."""
    layer = layer_of(module)
    for found in imports(ast.parse(source), module):
        top, *rest = found.name.split(".")
        if top == "dsnlib":
            target = rest[0] if rest else "dsnlib"
            if target not in LAYERS[layer] | {layer}:
                yield f"dsnlib/{module}:{found.line}: {layer} may not import {target}"
        elif layer in CORE and top in IMPURE:
            yield f"dsnlib/{module}:{found.line}: the core may not import {top}"
        elif top in BORDERS and not _allowed(found, top, module):
            yield f"dsnlib/{module}:{found.line}: {top} may not be imported here"


def _allowed(found: Import, top: str, module: str) -> bool:
    return any(
        module.startswith(place)
        if place.endswith("/")
        else module == place.removesuffix(" f()")
        and (found.in_function or not place.endswith(" f()"))
        for place in BORDERS[top]
    )


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_layer(module: str) -> None:
    """A new folder of dsnlib is placed in the layers before it is used."""
    assert layer_of(module) in LAYERS


@pytest.mark.parametrize("module", MODULES)
def test_imports_keep_to_the_layers(module: str) -> None:
    """A module imports its own layer, those below it, and what its place allows."""
    source = (PACKAGE / module).read_text(encoding="utf-8")

    assert [] == list(breaches(source, module))


def test_the_wings_are_apart() -> None:
    """Reading, writing and answering never import each other."""
    for wing in WINGS:
        others = frozenset().union(*WINGS) - wing
        assert all(LAYERS[layer].isdisjoint(others) for layer in wing)


@pytest.mark.parametrize(
    ("module", "source", "count"),
    [
        ("errors.py", "from dsnlib.model.reply import SmtpReply", 1),
        ("errors.py", "if TYPE_CHECKING:\n    from dsnlib.model.reply import SmtpReply", 0),
        ("errors.py", "if TYPE_CHECKING:\n    import os\nelse:\n    import os", 1),
        ("errors.py", "if not TYPE_CHECKING:\n    import os", 1),
        ("model/status.py", "from dsnlib.errors import DsnError", 0),
        ("model/status.py", "from ..errors import DsnError", 0),
        ("model/status.py", "from .. import parse", 1),
        ("model/status.py", "from ..parse import report", 1),
        ("model/status.py", "import dsnlib", 1),
        ("model/status.py", "def f():\n    import time", 1),
        ("model/status.py", "from os import path", 1),
        ("parse/report.py", "from . import fields", 0),
        ("parse/report.py", "import email", 1),
        ("parse/report.py", "def f():\n    import email.message", 0),
        ("parse/fallback.py", "import email, mailparser", 0),
        ("parse/fallback.py", "from dsnlib.compose import mime", 1),
        ("bounces/dialects/qmail.py", "from dsnlib.parse import locate", 0),
        ("bounces/dialects/qmail.py", "from ...policy import notify", 1),
        ("compose/mime.py", "import babel", 1),
        ("compose/wording.py", "import babel.dates", 0),
        ("compose/bounce.py", "import email_validator", 1),
        ("adapters/queue.py", "import asyncio, sqlite3\nfrom dsnlib import read_bounces", 0),
        ("adapters/queue.py", "from dsnlib import cli", 1),
        ("cli/parse.py", "import email_validator, os\nfrom dsnlib.adapters import queue", 0),
        ("__main__.py", "from dsnlib.cli import main", 0),
    ],
)
def test_the_checker_sees_what_it_should(module: str, source: str, count: int) -> None:
    """Each form of import is read as what it loads."""
    assert count == len(list(breaches(source, module)))
