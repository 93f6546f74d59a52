"""A value crosses a process boundary: it is pickled, and is the same on the other side."""

from __future__ import annotations

import copy
import pickle

__all__ = ["assert_crosses"]


def assert_crosses(value: object) -> None:
    """Check that a value is the same when it was pickled, or copied: its text and hash too."""
    again = pickle.loads(pickle.dumps(value))  # noqa: S301  our own octets

    assert value == again
    assert str(value) == str(again)
    assert hash(value) == hash(again)
    assert value == copy.deepcopy(value)
