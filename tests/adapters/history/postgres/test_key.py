"""Texts that PostgreSQL finds by an index."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.history.postgres.key import LONGEST_KEY, index_key


@pytest.mark.parametrize("text", ["", "bob@example.org", "x" * LONGEST_KEY])
def test_what_an_index_takes(text: str) -> None:
    """It is found by itself."""
    assert text is index_key(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(501, 2000))
def test_what_it_does_not(text: str, length: int) -> None:
    """Its key is short enough, ends as it does, and stays what it is."""
    long = (text * length)[:length]
    key = index_key(long)

    assert len(key) <= LONGEST_KEY
    assert key.endswith(long[-320:])
    assert key == index_key(key)
    assert key != index_key("a" + long)
