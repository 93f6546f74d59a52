"""A directory that is all a program sees, with what it looks for in it.

Some programs have their paths compiled in.  Where those are of the system, and are not to
be touched, the program gets a `/` of its own: it, its libraries and its accounts.

Rules.
- Root only: who is not may not change its root.
- Nothing of the system but libraries is in it, and they are copies.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.interop.peers.running import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.interop.peers.peer import Peer

__all__ = ["furnish", "needs_root"]

_LIBRARY = re.compile(r"(/\S+\.so\S*)")
_FOLDERS = ("dev", "etc", "root", "run", "tmp", "var")
NOWHERE = "/nonexistent"


def needs_root(peer: Peer) -> None:
    """Have the test skipped that needs a program in a jail, where there can be none."""
    if os.geteuid() != 0:
        pytest.skip(f"{peer.name} has its paths compiled in, and only root gives it a / of its own")


def furnish(
    root: Path,
    peer: Peer,
    parts: Sequence[str],
    *,
    accounts: Mapping[str, int],
    home: str = NOWHERE,
) -> None:
    """Put into a directory what a program looks for in its own.

    Args:
        root: The directory, which is there.
        peer: The program.
        parts: Files and folders of it, as paths below its root.
        accounts: Users and groups, by number, besides `root`.
        home: Where they are at home; a folder that nobody may write to.
    """
    root.chmod(0o755)
    for folder in (*_FOLDERS, home.lstrip("/")):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    programs: list[Path] = []
    for part in parts:
        source, target = peer.root / part, root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
            programs += [path for path in source.rglob("*") if _is_program(path)]
        else:
            shutil.copy2(source, target)
            programs.append(source)
    _copy_libraries(root, peer, programs)
    # A device needs a privilege more; a file that takes all does.
    (root / "dev" / "null").touch()
    (root / "dev" / "null").chmod(0o666)
    known = {"root": 0, **accounts}
    users = [f"{name}:x:{number}:{number}::{home}:/bin/false\n" for name, number in known.items()]
    groups = [f"{name}:x:{number}:\n" for name, number in known.items()]
    for name, text in (
        ("passwd", "".join(users)),
        ("group", "".join(groups)),
        ("hosts", f"{HOST} localhost\n"),
    ):
        (root / "etc" / name).write_text(text, "ascii")


def _is_program(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF"


def _copy_libraries(root: Path, peer: Peer, programs: Sequence[Path]) -> None:
    """Copy what the programs need of the system, and of what was fetched with them."""
    shown = subprocess.run(
        ["ldd", *programs],  # noqa: S607  the system's own
        env=peer.environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    own = str(peer.root)
    # `ldd` shows the programs as well, each with a colon behind it.
    for library in sorted(set(_LIBRARY.findall(shown.replace(":\n", "\n \n")))):
        target = root / library.removeprefix(own).lstrip("/")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(library, target)
