"""Mail that looks like a bounce and could not be read, kept for a person: a Maildir.

Rules.
- A mail has the name of what is in it: put aside twice, it is there once.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import attrs

__all__ = ["Aside"]

_DIGITS = 32


@attrs.frozen
class Aside:
    """Where mail is put aside.

    Args:
        path: The Maildir; it is made when it is needed.
    """

    path: str

    def put(self, octets: bytes) -> None:
        """Keep a mail; the disk has it when this returns.

        Raises:
            OSError: It cannot be kept.
        """
        # Here, because most runs have nothing to put aside.
        from pathlib import Path

        from dsnlib.adapters.maildir import Maildir

        now = dt.datetime.now(dt.UTC)
        name = f"0.{hashlib.sha256(octets).hexdigest()[:_DIGITS]}.unread"
        Maildir(Path(self.path)).deliver(name, "", [octets], since=now)
