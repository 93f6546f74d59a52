"""Mail programs of other people, unpacked side by side: `python -m tests.interop.peers.fetch`.

As packages Debian's mail servers exclude each other.  Unpacked each into a
directory of its own they do not, and nothing of the system is changed: no user
is created, no service started, nothing is configured.

Rules.
- apt resolves, downloads and checks the signatures; what the system has already
  is not fetched.
- Needs no privileges.  Lists of packages that the system does not have are
  fetched into the directory.
- No program keeps a set-user or set-group bit.
- What is there is not fetched again; a directory without a mark is not finished.
"""

from __future__ import annotations

import argparse
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DIRECTORY", "PACKAGES", "fetch", "is_there", "main"]

DIRECTORY = Path(__file__).resolve().parents[3] / ".peers"
PACKAGES = (
    "postfix", "exim4-daemon-light", "opensmtpd", "swaks", "dovecot-lmtpd", "dovecot-imapd",
    "opendkim", "haproxy", "mutt",
    "s-nail", "bsd-mailx", "libnss-wrapper", "postgresql",
)  # fmt: skip
_MARK = ".unpacked"
_NEEDED = ("apt-get", "apt-cache", "dpkg-deb")
# The first download of the lists takes longest.
_TIMEOUT_SECONDS = 600


def is_there(package: str, directory: Path = DIRECTORY) -> bool:
    """Tell whether a package is unpacked."""
    return (directory / package / _MARK).is_file()


def fetch(packages: Sequence[str] = PACKAGES, directory: Path = DIRECTORY) -> None:
    """Download packages with what they depend on, and unpack each.

    Args:
        packages: Names of Debian packages.
        directory: Where to.

    Raises:
        SystemExit: apt is not there, or a download fails.
    """
    missing = [name for name in packages if not is_there(name, directory)]
    if not missing:
        return
    absent = [program for program in _NEEDED if shutil.which(program) is None]
    if absent:
        raise SystemExit(f"peers: {', '.join(absent)} not found: packages are Debian's")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("*\n", "ascii")
    apt = Apt.prepare(directory)
    for name in missing:
        _unpack(apt.download(name), directory / name)


@attrs.frozen
class Apt:
    """An apt with the options that let it work without privileges.

    Args:
        options: What stands behind the name of each program.
        directory: Where archives go.
    """

    options: tuple[str, ...]
    directory: Path

    @classmethod
    def prepare(cls, directory: Path) -> Apt:
        """Return one that has lists of packages, the system's or its own."""
        # "Debug::NoLocking": nothing of the system is written, so nothing is locked.
        apt = cls(("-o", "Debug::NoLocking=1"), directory)
        if not apt.knows(PACKAGES[0]):
            lists = directory / "lists"
            (lists / "partial").mkdir(parents=True, exist_ok=True)
            # "APT::Sandbox::User": another user could not write into our directory.
            own = ("-o", f"Dir::State::lists={lists}", "-o", "APT::Sandbox::User=root")
            apt = attrs.evolve(apt, options=(*apt.options, *own))
            if not apt.knows(PACKAGES[0]):
                apt.run("apt-get", "-qq", "update")
        return apt

    def knows(self, package: str) -> bool:
        """Tell whether the lists have a version of a package."""
        policy = self.run("apt-cache", "policy", package)
        return "Candidate:" in policy and "Candidate: (none)" not in policy

    def download(self, package: str) -> list[Path]:
        """Return the archives of a package and of all that it needs beyond the system's."""
        archives = self.directory / "archives" / package
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        self.run(
            "apt-get", "-qq", "-y", "--no-install-recommends", "--download-only", "--reinstall",
            "-o", f"Dir::Cache::archives={archives}/", "-o", "APT::Sandbox::User=root",
            "install", package,
        )  # fmt: skip
        return sorted(archives.glob("*.deb"))

    def run(self, program: str, *arguments: str) -> str:
        """Return what a program prints; the end of all with its complaint if it fails."""
        done = subprocess.run(
            [program, *self.options, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
        if done.returncode:
            raise SystemExit(f"peers: {program} {' '.join(arguments)}\n{done.stderr.strip()}")
        return done.stdout


def _unpack(archives: Sequence[Path], root: Path) -> None:
    for archive in archives:
        subprocess.run(["dpkg-deb", "-x", archive, root], check=True)  # noqa: S607  apt's own
    # A loader that gives privileges ignores our library paths; and nobody is to gain any here.
    for path in root.rglob("*"):
        if not path.is_symlink() and path.is_file():
            path.chmod(path.stat().st_mode & ~(stat.S_ISUID | stat.S_ISGID))
    (root / _MARK).write_text("".join(f"{archive.name}\n" for archive in archives), "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch all into the directory named, and say what is there."""
    parser = argparse.ArgumentParser(description="Unpack mail programs to test against.")
    parser.add_argument("directory", nargs="?", type=Path, default=DIRECTORY)
    chosen = parser.parse_args(arguments)
    fetch(directory=chosen.directory)
    for name in PACKAGES:
        print(f"{name:20} {chosen.directory / name}")  # noqa: T201  a command prints
    return 0


if __name__ == "__main__":
    sys.exit(main())
