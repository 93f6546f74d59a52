"""Every public name loads, and every module, or lacks a library that an extra brings."""

import importlib
import pkgutil
import sys
import warnings
from importlib.metadata import entry_points

import dsnlib
from dsnlib.cli.missing_library import EXTRAS

# pytest itself is there wherever its plug-in is loaded.
MISSING = frozenset(EXTRAS) | {"pytest"}


def main() -> int:
    """Load all, print what cannot be loaded, return the exit code."""
    warnings.simplefilter("error")
    for name in dsnlib.__all__:
        getattr(dsnlib, name)
    (plugin,) = entry_points(group="pytest11", name="dsnlib")
    names = [*modules(), plugin.value]
    wrong = [line for name in names if (line := trouble(name)) is not None]
    print(f"{len(dsnlib.__all__)} names, {len(names)} modules", *wrong, sep="\n")
    return int(bool(wrong))


def modules() -> list[str]:
    """Return the names of all modules; `__main__` would run the command."""
    found = pkgutil.walk_packages(dsnlib.__path__, "dsnlib.", onerror=lambda _: None)
    return [each.name for each in found if not each.name.endswith(".__main__")]


def trouble(name: str) -> str | None:
    """Return why a module cannot be loaded, unless an extra brings what it lacks."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        return None if library in MISSING else f"{name}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
