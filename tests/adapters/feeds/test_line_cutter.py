"""Octets -> lines."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.feeds import line_cutter
from dsnlib.adapters.feeds.line_cutter import LineCutter

if TYPE_CHECKING:
    import pytest


@given(octets=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=8))
def test_however_it_comes(octets: bytes, cuts: list[int]) -> None:
    """The lines are the same however the octets come, and no octet is lost."""
    cutter = LineCutter()
    places = [0, *sorted(cuts), len(octets)]
    lines = [
        line for start, end in itertools.pairwise(places) for line in cutter.cut(octets[start:end])
    ]
    assert cutter.waiting_octets == len(octets) - (octets.rfind(b"\n") + 1)
    lines += cutter.rest()
    assert [line for line in octets.split(b"\n") if line] == lines


def test_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is too long is left out, counted, and the next one is found."""
    monkeypatch.setattr(line_cutter, "_LONGEST_LINE", 10)
    cutter = LineCutter()
    lines = [line for each in (b"a\n", b"x" * 8, b"x" * 8, b"x\nb\n") for line in cutter.cut(each)]
    assert [b"a", b"b"] == lines
    assert 1 == cutter.left_out
