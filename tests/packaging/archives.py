"""The wheel and the sdist: built from a copy of the tree, and looked into.

Rules.
- Nothing of the place, the time or the person of a build is in what is built.
- A file that is read at run time is in the wheel; one that only makes such a file is not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from email.parser import Parser
from pathlib import Path

import attrs

__all__ = ["Circumstances", "build", "copy_tree", "metadata_faults", "sdist_faults", "wheel_faults"]

ROOT = Path(__file__).resolve().parents[2]
# What a working copy has beside the source: environments, caches, what was built.
_NOT_COPIED = (
    ".git", ".venv", ".peers", ".pythons", "__pycache__", ".*_cache", ".hypothesis", ".benchmarks",
    ".coverage*", "build", "dist", "_build", "*.egg-info", "*.sock",
)  # fmt: skip
# Pattern below the package -> the least number of files of it in the wheel.
_DATA = {
    "dsnlib/py.typed": 1,
    "dsnlib/model/_registry_data.py": 1,
    "dsnlib/bounces/rules/data/*.toml": 8,
    "dsnlib/compose/builtin/*.cf": 20,
    "dsnlib/report/templates/page.*": 2,
    "dsnlib/schema/*-v1.json": 2,
}
_CATALOGUES = "dsnlib/compose/locale/*/LC_MESSAGES/dsnlib."
# The only files of the wheel that are no file of the tree.
_OF_THE_WHEEL = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
# What the tests of an unpacked sdist need.
_OF_THE_SDIST = (
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "PKG-INFO", "README.md",
    "SECURITY.md", "docs/conf.py", "docs/examples/bounces.mbox", "docs/index.md", "fuzz/run.py",
    "pyproject.toml", "rfc/registry/enhanced_status_codes.toml", "tests/conftest.py",
    "dsnlib/compose/locale/build_hook.py", "dsnlib/compose/locale/de/LC_MESSAGES/dsnlib.po",
)  # fmt: skip


@attrs.frozen
class Circumstances:
    """How one build differs from another.

    Args:
        umask: What the files of the tree, and of the build, are not allowed.
        touched: The time that all files of the tree have, in seconds since 1970.
        environment: Variables for the build.
    """

    umask: int
    touched: int
    environment: Mapping[str, str]


def copy_tree(target: Path, circumstances: Circumstances, source: Path = ROOT) -> None:
    """Copy what a clone would have, and give it the dates and modes of a build."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_COPIED), symlinks=True)
    for path in sorted(target.rglob("*")):
        if not path.is_symlink():
            path.chmod((0o777 if path.is_dir() else 0o666) & ~circumstances.umask)
            os.utime(path, (circumstances.touched, circumstances.touched))


def build(tree: Path, target: Path, circumstances: Circumstances, kind: str = "") -> list[Path]:
    """Build from a tree and return the archives, the wheel last.

    Args:
        tree: Where `pyproject.toml` is.
        target: The directory that they go to.
        circumstances: The surroundings.
        kind: `wheel` or `sdist`; both if not given.
    """
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(target)]
    done = subprocess.run(
        [*command, *(["--target", kind] if kind else [])],
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
        # Of the caller's environment only what starts a program.
        env={"PATH": os.environ["PATH"], **circumstances.environment},
        umask=circumstances.umask,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr.strip()}")
    return sorted(target.glob("dsnlib-*"), key=lambda path: path.suffix == ".whl")


def wheel_faults(wheel: Path, tree: Path) -> list[str]:
    """Return what is missing in a wheel, and what does not belong there."""
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name) for name in archive.namelist()}
    expected = {
        path.relative_to(tree)
        for path in (tree / "dsnlib").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not _makes_files(path)
    }
    sources = [path.relative_to(tree) for path in tree.glob(f"{_CATALOGUES}po")]
    expected |= {path.with_suffix(".mo") for path in sources}
    info = next(name.parts[0] for name in names if name.parts[0].endswith(".dist-info"))
    expected |= {Path(info, name) for name in _OF_THE_WHEEL}
    faults = [f"wheel: {name} is missing" for name in sorted(expected - names)]
    faults += [f"wheel: {name} does not belong there" for name in sorted(names - expected)]
    for pattern, least in {**_DATA, f"{_CATALOGUES}mo": len(sources)}.items():
        found = sum(name.match(pattern) for name in names)
        if found < least:
            faults.append(f"wheel: {found} of {least} files {pattern}")
    return faults


def _makes_files(path: Path) -> bool:
    """Tell whether a file of the package is for those who work on it alone."""
    return path.suffix in {".po", ".pot"} or (path.parent.name == "locale" and path.suffix == ".py")


def sdist_faults(sdist: Path) -> list[str]:
    """Return what is missing in an sdist, and what does not belong there."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    faults = [f"sdist: {name} is missing" for name in _OF_THE_SDIST if name not in names]
    unwanted = {"__pycache__", ".venv", ".git", ".peers", "_build", ".hypothesis"}
    return faults + [
        f"sdist: {name} does not belong there"
        for name in sorted(names)
        if unwanted & set(Path(name).parts) or name.endswith((".mo", ".pyc"))
    ]


def metadata_faults(wheel: Path, commands: tuple[str, ...]) -> list[str]:
    """Return what is wrong with what a package index would show.

    Args:
        wheel: The wheel.
        commands: The commands that it installs.
    """
    with zipfile.ZipFile(wheel) as archive:
        info = next(
            name.rpartition("/")[0] for name in archive.namelist() if name.endswith("METADATA")
        )
        fields = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
    expected = {
        "License-Expression": "Apache-2.0",
        "License-File": "LICENSE",
        "Requires-Python": ">=3.11",
        "Description-Content-Type": "text/markdown",
    }
    faults = [
        f"metadata: {name} is {fields[name]}"
        for name, value in expected.items()
        if fields[name] != value
    ]
    faults += [
        f"metadata: no command {name}" for name in commands if f"\n{name} = " not in entry_points
    ]
    text = str(fields.get_payload())
    # On the page of an index a link to a file of the tree leads nowhere.
    if not text.startswith("# "):
        faults.append("metadata: the description does not begin with a title")
    return faults
