"""A change of the public names, or of a signature, is deliberate."""

from __future__ import annotations

import ast

import dsnlib
from tests.api import surface


def test_accepted() -> None:
    """The file has every public name as it is now; else its author says so."""
    found = surface.changes()

    assert not found, "\n".join(
        [
            "The public names changed.  If that is meant: python -m tests.api.surface --update",
            *found,
        ]
    )


def test_facade_is_whole() -> None:
    """Each name of the package stands in the file, with a line for what it is."""
    text = surface.surface()

    assert [] == [name for name in dsnlib.__all__ if f"    {name} from dsnlib." not in text]


def test_listed_names_are_defined() -> None:
    """No public module lists a name of which the file could say nothing."""
    silent = []
    for module in surface.public_modules():
        tree = surface._parsed(module)
        silent += [name for name in surface._listed(tree) if not list(surface._of_name(name, tree))]

    assert [] == silent


def test_lines() -> None:
    """A class has its decorators, bases, fields, members and methods, but the private ones."""
    source = """
@attrs.frozen(kw_only=True)
class Thing(Base):
    name: str
    size: int = 0
    parts: tuple[int, ...] = attrs.field(factory=tuple)
    given: int = attrs.field(converter=int)
    _secret: int = 1
    RED = "red"

    @property
    def area(self) -> float: ...
    def _hidden(self) -> None: ...
    def __len__(self) -> int: ...
    async def go(self, *, now: dt.datetime | None = None) -> None: ...
"""

    assert [
        "@attrs.frozen(kw_only=True)",
        "class Thing(Base)",
        "    name: str",
        "    size: int = 0",
        "    parts: tuple[int, ...] = ...",
        "    given: int",
        "    RED = 'red'",
        "    @property",
        "    def area(self) -> float",
        "    def __len__(self) -> int",
        "    async def go(self, *, now: dt.datetime | None=None) -> None",
    ] == list(surface._of_name("Thing", ast.parse(source)))
