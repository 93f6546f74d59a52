"""Which differences from Postfix's replies are chosen: docs/decisions/0011."""

from __future__ import annotations

__all__ = ["label_of"]


def label_of(command: str, expected: str, actual: str) -> str | None:
    """Return the name of the choice that a difference follows from, or `None`."""
    return None
