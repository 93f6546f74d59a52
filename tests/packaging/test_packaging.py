"""What is quick to see of the package; `make package-check` sees the rest."""

from __future__ import annotations

import re
import tomllib
import zipfile
from typing import TYPE_CHECKING

import pytest

from dsnlib.cli.missing_library import EXTRAS
from tests.packaging.archives import ROOT, build, copy_tree, metadata_faults, wheel_faults
from tests.packaging.check import FIRST, extras_of, run_use
from tests.packaging.interpreters import VERSIONS, Interpreter, here
from tests.packaging.uses import BARE, USES, Use, uses_of

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DECLARED = PROJECT["optional-dependencies"]
# Who works on dsnlib needs them, and nobody installs them to use it.
FOR_US = {"cluster", "docs", "test"}
# What a distribution is called -> what is imported of it, where they differ.
IMPORTED = {
    "argon2-cffi": "argon2",
    "dnspython": "dns",
    "google-re2": "re2",
    "kilter.protocol": "kilter",
    "opentelemetry-api": "opentelemetry",
    "prometheus-client": "prometheus_client",
    "py-radix": "radix",
}


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of what a wheel is made from, and the wheel."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    copy_tree(source / "dsnlib", FIRST, ROOT / "dsnlib")
    build(source, folder / "dist", FIRST, "wheel")
    return folder


def test_wheel(trees: Path) -> None:
    """The wheel has all that is read at run time, compiled catalogues and no sources of them."""
    (wheel,) = (trees / "dist").glob("*.whl")

    assert [] == wheel_faults(wheel, trees / "source")
    assert [] == metadata_faults(wheel, tuple(PROJECT["scripts"]))


def test_faults_are_seen(trees: Path, tmp_path: Path) -> None:
    """A wheel without a catalogue, and with a stranger's file, is not taken for whole."""
    (wheel,) = (trees / "dist").glob("*.whl")
    broken = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            if not name.endswith("de/LC_MESSAGES/dsnlib.mo"):
                new.writestr(name, old.read(name))
        new.writestr("tests/conftest.py", "")

    assert [
        "wheel: dsnlib/compose/locale/de/LC_MESSAGES/dsnlib.mo is missing",
        "wheel: tests/conftest.py does not belong there",
    ] == wheel_faults(broken, trees / "source")[:2]


def test_every_extra_has_a_use() -> None:
    """An extra that a user can install has a command that shows what it is for."""
    assert set(DECLARED) - FOR_US - {"all"} == set(USES) - {BARE}


def test_all_is_all() -> None:
    """The extra `all` brings each but the big one, and those for us."""
    assert set(DECLARED) - FOR_US - {"all", "ray"} == extras_of("all")


def test_every_library_is_told() -> None:
    """Whatever an extra brings, the command can say which extra that is."""
    brought = {
        (IMPORTED.get(name, name), extra)
        for extra, requirements in DECLARED.items()
        if extra not in FOR_US | {"all"}
        for name in (re.split(r"[\[>=<; ]", each)[0] for each in requirements)
    }

    assert brought == set(EXTRAS.items())


def test_classifiers() -> None:
    """The Pythons that are tried are those that the project says it is for."""
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if ":: 3." in each}

    assert set(VERSIONS) == named
    assert PROJECT["requires-python"] == f">={VERSIONS[0]}"


@pytest.mark.parametrize(
    ("use", "is_fine"),
    [
        (Use(BARE, "python -c 'print(7)'", "7"), True),
        (Use(BARE, "python -c 'print(7)'", "8"), False),
        (Use(BARE, "python -c 'raise SystemExit(3)'", "", exit=3), True),
        (Use(BARE, "python -c 'raise ValueError(3)'", "", exit=1), False),
    ],
    ids=["shown", "not shown", "exit", "traceback"],
)
def test_use(use: Use, *, is_fine: bool, tmp_path: Path) -> None:
    """A command that ends otherwise, or does not show what it should, is a fault."""
    assert is_fine == (not list(run_use(use, here(), tmp_path)))


def test_uses_of() -> None:
    """With an extra, its rows are run and the bare ones, in order."""
    rows = uses_of(frozenset({"tables"}))

    assert {BARE, "tables"} == {each.extra for each in rows}
    assert list(rows) == sorted(rows, key=lambda row: row.extra != BARE)


def test_no_such_interpreter(tmp_path: Path) -> None:
    """A Python that cannot be started has no version."""
    assert Interpreter(str(tmp_path / "python")).version() is None
    assert re.fullmatch(r"3\.\d+\.\d+\S*", here().version() or "")
