"""What somebody may have meant who wrote a name that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["meant"]

_LONGEST = 100


def meant(written: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?`, or nothing if nothing is near.

    >>> meant("relayhots", ["relayhost", "relay_domains"])
    '; did you mean relayhost?'

    Args:
        written: The name.
        known: The names that there are.
    """
    if len(written) > _LONGEST:
        return ""
    # Only who makes a mistake waits for it.
    import difflib

    near = difflib.get_close_matches(written.lower(), list(known), n=2, cutoff=0.75)
    return f"; did you mean {' or '.join(near)}?" if near else ""
