"""No arrow of dsnlib leads back: a module does not need what needs it.

Modules in a circle cannot be read, tested or replaced one by one.  An import inside a
function is an arrow like any other.  Circles of types load nothing, but their sides are
one piece of design all the same: each that there is has its reason below.

To load a module is to load the packages that it is in; this is the language's, and no arrow.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

import pytest

from tests.test_layers import MODULES, PACKAGE, imports

# The modules of a circle -> why it is left.
CIRCLES = {
    frozenset({"cli", "cli.sendmail"}): "`mailq` is `dsnlib queue list`, by its command line",
}
# The same of those that only types close.
TYPE_CIRCLES = {
    frozenset({"errors", "model.reply", "model.status", "model.text", "model.texts"}): (
        "an error names the reply that a peer is to be sent, and a reply that is none is an error"
    ),
    frozenset({"adapters.server.connection", "adapters.server.state"}): (
        "what sessions share knows which there are, to end them"
    ),
    frozenset({"adapters.server.dialogue", "adapters.server.journal"}): (
        "a line of the log shows nine facts of a session"
    ),
    frozenset(
        {
            "adapters.server.hello",
            "adapters.server.logins",
            "adapters.server.mail",
            "adapters.server.policy_details",
            "adapters.server.receive",
            "adapters.server.session",
            "adapters.server.verbs",
            "adapters.server.xclient",
        }
    ): "a verb of SMTP is a function of the session, which finds it in a table",
}


def arrows(trees: Mapping[str, ast.AST], *, with_types: bool) -> dict[str, set[str]]:
    """The modules that each module needs, by their names below dsnlib."""
    paths = {_name(path): path for path in trees}
    found: dict[str, set[str]] = {}
    for name, path in paths.items():
        needs = imports(trees[path], path, with_types=with_types)
        targets = {_target(each.name, each.member, paths) for each in needs}
        found[name] = {each for each in targets if each is not None and each != name}
    return found


def _name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("__init__").rstrip("/").replace("/", ".")


def _target(module: str, member: str, known: Iterable[str]) -> str | None:
    """What an import loads: the member of a package, if it is a module, else the module.

    What is not known was made while the tests ran.
    """
    if module != "dsnlib" and not module.startswith("dsnlib."):
        return None
    below = module.removeprefix("dsnlib").removeprefix(".")
    inner = f"{below}.{member}".removeprefix(".")
    return next((each for each in (inner, below) if each in known), None)


def circles(arrows: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """The largest sets of modules of which each needs, by whatever way, all the others."""
    reached = {module: set(_reached(module, arrows)) for module in arrows}
    return {
        frozenset({module, *(each for each in others if module in reached[each])})
        for module, others in reached.items()
        if module in others
    }


def _reached(start: str, arrows: Mapping[str, set[str]]) -> Iterator[str]:
    seen: set[str] = set()
    pending = [start]
    while pending:
        new = arrows.get(pending.pop(), set()) - seen
        seen |= new
        pending += new
    yield from seen


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.AST]:
    """Every module of dsnlib, by its path."""
    return {path: ast.parse((PACKAGE / path).read_text(encoding="utf-8")) for path in MODULES}


def test_no_module_needs_what_needs_it(trees: Mapping[str, ast.AST]) -> None:
    """At run time there is no circle of modules but those with a reason."""
    assert set(CIRCLES) == circles(arrows(trees, with_types=False))


def test_circles_of_types(trees: Mapping[str, ast.AST]) -> None:
    """Types close no other circle than those with a reason."""
    assert {*CIRCLES, *TYPE_CIRCLES} == circles(arrows(trees, with_types=True))


@pytest.mark.parametrize(
    ("first", "at_run_time", "with_types"),
    [
        ("from dsnlib.model import b", 1, 1),
        ("import dsnlib.model.b", 1, 1),
        ("from dsnlib.model.b import f", 1, 1),
        ("def f():\n    from dsnlib.model import b", 1, 1),
        ("if TYPE_CHECKING:\n    from dsnlib.model.b import f", 0, 1),
        ("from dsnlib.model import other", 0, 0),
    ],
)
def test_what_closes_a_circle(first: str, at_run_time: int, with_types: int) -> None:
    """Each form of import is an arrow, and to load a package is none to its modules."""
    second = "from dsnlib.model.a import f"
    texts = {"model/__init__.py": "", "model/a.py": first, "model/b.py": second}
    trees = {path: ast.parse(text) for path, text in texts.items()}

    assert at_run_time == len(circles(arrows(trees, with_types=False)))
    assert with_types == len(circles(arrows(trees, with_types=True)))
