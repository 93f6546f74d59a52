"""The faults that `make mutate` puts into a module."""

import ast

import pytest

from tests.mutation.operators import make_mutants


def _faulty(source: str) -> list[str]:
    tree = ast.parse(source)
    return [ast.unparse(tree) for _ in make_mutants(tree)]


@pytest.mark.parametrize(
    ("source", "faulty"),
    [
        ("x = a < b", ["x = a <= b", "x = a >= b"]),
        ("x = a is b", ["x = a is not b"]),
        ("x = a < b < c", ["x = a <= b < c", "x = a >= b < c", "x = a < b <= c", "x = a < b >= c"]),
        ("x = a and b", ["x = a or b", "x = b", "x = a"]),
        ("x = not a", ["x = a"]),
        ("x = a + b", ["x = a - b"]),
        ("x = 7", ["x = 8", "x = 6"]),
        ("x = True", ["x = False"]),
        ("x = 'a'", ["x = 'XXa'"]),
        ("x = f'{a}; {b}'", ["x = f'{a}XX; {b}'"]),
        ("x = f(k=a)", ["x = f()"]),
        ("x = a.lower()", ["x = a.upper()"]),
        ("x = (a, b)", ["x = (b,)", "x = (a,)"]),
        ("x = {a: b}", ["x = {}"]),
        ("x = '[a]+'", ["x = '[^a]+'", "x = '[a]*'"]),
        (
            "x = '[!-9x]{2}'",
            [
                r"x = '[^!-9x]{2}'",
                r"x = '[\\x22-9x]{2}'",
                r"x = '[!-\\x38x]{2}'",
                r"x = '[!-9]{2}'",
                r"x = '[!-9x]{1,2}'",
                r"x = '[!-9x]{2,3}'",
            ],
        ),
        (
            "x = '(a){1,2}'",
            ["x = '(a){0,2}'", "x = '(a){2,2}'", "x = '(a){1,1}'", "x = '(a){1,3}'"],
        ),
        ("if a:\n    f()", ["if True:\n    f()", "if False:\n    f()", "if a:\n    pass"]),
        ("def f():\n    return a", ["def f():\n    return None"]),
        ("def f():\n    raise a", ["def f():\n    pass"]),
        ("def f():\n    g('two words')", ["def f():\n    pass", "def f():\n    g('mutant')"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_faults(source: str, faulty: list[str]) -> None:
    """Each kind of fault is made alone, and once."""
    assert faulty == _faulty(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Text."""',
        "import a",
        "__all__ = ['a']",
        "x: int",
        "if TYPE_CHECKING:\n    x = 1",
        "@functools.lru_cache(maxsize=1)\ndef f():\n    pass",
    ],
)
def test_what_no_test_could_tell(source: str) -> None:
    """What makes no difference at run time has no fault put into it."""
    assert [] == _faulty(source)


def test_the_tree_is_restored() -> None:
    """A fault is gone when the next one is asked for."""
    source = (
        "def f(a, *, b=1):\n    if a < b and (not a):\n        raise g(a, k='t')\n    return 'a'"
    )
    tree = ast.parse(source)

    assert 10 < sum(1 for _ in make_mutants(tree))
    assert source == ast.unparse(tree)
