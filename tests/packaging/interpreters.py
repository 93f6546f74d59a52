"""The Pythons that can be found, and how to start each.

    python -m tests.packaging.pythons          which there are

A Python that a Debian release of another age has is unpacked with its C library into a
directory (`.pythons/NAME`), and started with that directory as its root: in a name space
of its own, without rights beyond those of the caller, and with the tree, the temporary
directory and the home directory where they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs

__all__ = ["VERSIONS", "Interpreter", "find_all", "here"]

ROOT = Path(__file__).resolve().parents[2]
# Those that `requires-python` and the classifiers of pyproject.toml promise.
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
# Where version managers keep them, below the home directory.
_MANAGED = (
    ".pyenv/versions/{version}.*/bin/python",
    ".local/share/uv/python/cpython-{version}*/bin/python3",
)
# $1: the root.  $2: where to be.  $3: with colons, what is to be seen inside.  The rest: a command.
_ENTER = """
root=$1 place=$2 seen=$3; shift 3
IFS=:
for each in $seen; do mkdir -p "$root$each"; mount --rbind "$each" "$root$each"; done
unset IFS
exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$place" "$@"
"""


@attrs.frozen
class Interpreter:
    """A Python.

    Args:
        program: Its path, or its name.
        root: The directory that it is started in as the root; `None` for the system's.
    """

    program: str
    root: Path | None = None

    def run(self, *words: str) -> str:
        """Return what it prints.

        Raises:
            SystemExit: It failed; with the end of what it said.
        """
        done = self.start(*words, directory=Path(os.sep))
        if done.returncode:
            raise SystemExit(
                f"{self.program} {' '.join(words)}\n{(done.stdout + done.stderr)[-2000:]}"
            )
        return done.stdout

    def start(
        self, *words: str, directory: Path, timeout_seconds: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it in a directory, with nothing of the caller's environment that Python reads."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
        }
        return subprocess.run(
            [*self.prefix(directory), self.program, *words],
            cwd=directory,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=timeout_seconds,
            env=kept,
        )

    def prefix(self, directory: Path) -> tuple[str, ...]:
        """Return the words in front of the program that start it in its root."""
        if self.root is None:
            return ()
        places = ["/proc", "/dev", tempfile.gettempdir(), str(ROOT), str(Path.home())]
        seen = ":".join(dict.fromkeys(places))
        rights = () if os.geteuid() == 0 else ("--map-root-user",)
        return (
            "unshare", *rights, "--mount", "sh", "-c", _ENTER, "enter", str(self.root),
            str(directory), seen,
        )  # fmt: skip

    def version(self) -> str | None:
        """Return its version, `3.13.0`, or `None` if it does not start."""
        try:
            done = self.start(
                "-c", "import platform; print(platform.python_version())", directory=Path(os.sep)
            )
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None


def here() -> Interpreter:
    """Return the one that runs this."""
    return Interpreter(sys.executable)


def find_all() -> dict[str, Interpreter | None]:
    """Return the first that starts for each of `VERSIONS`."""
    return {version: _find(version) for version in VERSIONS}


def _find(version: str) -> Interpreter | None:
    candidates = [Interpreter(path) for path in (shutil.which(f"python{version}"),) if path]
    for pattern in _MANAGED:
        found = sorted(Path.home().glob(pattern.format(version=version)))
        candidates += [Interpreter(str(path)) for path in reversed(found)]
    root = ROOT / ".pythons" / f"python{version}"
    candidates += [Interpreter(f"python{version}", root)] if root.is_dir() else []
    matching = (each for each in candidates if (each.version() or "").startswith(f"{version}."))
    return next(matching, None)
