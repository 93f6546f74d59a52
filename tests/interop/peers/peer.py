"""A program of other people, as `fetch` has unpacked it: its files and its environment.

Rules.
- Nothing is found that was not fetched: what a test talks to is the same everywhere.
- Libraries that were fetched with it are found by it alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from tests.interop.peers.fetch import DIRECTORY, is_there

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Peer", "needed", "peer"]

_PACKAGES = {
    "postfix": "postfix",
    "exim": "exim4-daemon-light",
    "swaks": "swaks",
    "opensmtpd": "opensmtpd",
    "dovecot": "dovecot-lmtpd",
    "dovecot-imap": "dovecot-imapd",
    "opendkim": "opendkim",
    "haproxy": "haproxy",
    "mutt": "mutt",
    "s-nail": "s-nail",
    "bsd-mailx": "bsd-mailx",
    "nss-wrapper": "libnss-wrapper",
}
_PROGRAMS = ("usr/sbin", "usr/bin", "usr/lib/postfix/sbin", "usr/lib/dovecot")
_LIBRARIES = (
    "usr/lib/*-linux-gnu",
    "lib/*-linux-gnu",
    "usr/lib",
    "usr/lib/postfix",
    "usr/lib/dovecot",
    "usr/lib/dovecot/modules/old-stats",
)


@attrs.frozen
class Peer:
    """A program that was fetched.

    Args:
        name: Its name: `postfix`, `exim`, `swaks`, ...
        root: What is `/` elsewhere.
    """

    name: str
    root: Path

    def program(self, name: str) -> Path:
        """Return the path of a program of it, such as `smtp-source`.

        Raises:
            FileNotFoundError: It has none of that name.
        """
        for directory in _PROGRAMS:
            path = self.root / directory / name
            if path.is_file():
                return path
        raise FileNotFoundError(f"{self.name}: {name!r} is in none of {', '.join(_PROGRAMS)}")

    @property
    def library_path(self) -> str:
        """The directories that have libraries of it, with colons between."""
        return ":".join(str(path) for path in self._library_directories())

    @property
    def environment(self) -> dict[str, str]:
        """The environment to run its programs in."""
        path = ":".join(str(self.root / each) for each in _PROGRAMS)
        return {
            "PATH": f"{path}:{os.environ.get('PATH', os.defpath)}",
            "LC_ALL": "C",
            "TZ": "UTC",
            "LD_LIBRARY_PATH": self.library_path,
        }

    def _library_directories(self) -> Iterator[Path]:
        for pattern in _LIBRARIES:
            for path in sorted(self.root.glob(pattern)):
                if any(path.glob("*.so*")):
                    yield path


def peer(name: str) -> Peer | None:
    """Return a program if it was fetched, or `None`."""
    package = _PACKAGES[name]
    return Peer(name, DIRECTORY / package) if is_there(package) else None


def needed(name: str) -> Peer:
    """Return a program, or have the test skipped that asks for it."""
    found = peer(name)
    if found is None:
        pytest.skip(f"{name} is not there: python -m tests.interop.peers.fetch")
    return found
