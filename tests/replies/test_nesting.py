"""Classes end somewhere, and not too far away."""

import pytest

from dsnlib.errors import RestrictionError
from dsnlib.replies.nesting import DEEPEST, Nesting


def test_a_class_within_itself() -> None:
    """A class that is being read cannot be begun again; one that was read can."""
    nesting = Nesting("main.cf")

    assert "main.cf[a]" == nesting.enter("a")
    with pytest.raises(RestrictionError, match=r"main\.cf\[a\]:1: .* 'a' leads to itself"):
        nesting.enter("a")
    nesting.leave(["a table"])
    assert "main.cf[a]" == nesting.enter("a")


def test_depth_of_those_that_are_open() -> None:
    """The hundred and first is refused as soon as it begins."""
    nesting = Nesting("x")
    for index in range(DEEPEST):
        nesting.enter(f"c{index}")

    with pytest.raises(RestrictionError, match=r"x\[last\]:1: .* more than 100 deep"):
        nesting.enter("last")


def test_depth_of_those_that_were_read() -> None:
    """The longest chain counts, though each of its classes was read by itself."""
    nesting = Nesting("x")
    for index in range(DEEPEST):
        nesting.enter(f"c{index}")
        nesting.leave(["permit", f"c{index - 1}"])
    nesting.enter("last")

    with pytest.raises(RestrictionError, match=r"x\[last\]:1: .* more than 100 deep"):
        nesting.leave(["c0", f"c{DEEPEST - 1}", "reject"])
