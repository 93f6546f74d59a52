"""Tests of dsnlib.adapters.client.first_key."""

from __future__ import annotations

import asyncio

from dsnlib.adapters.client.first_key import find_first
from dsnlib.replies.search import Found
from dsnlib.replies.tables import parse_table

FIRST = parse_table("texthash", "b 1\nc 2\n", origin="first")
SECOND = parse_table("texthash", "a 3\nb 4\n", origin="second")
PATTERNS = parse_table("regexp", "/./ 5\n", origin="patterns")


def test_each_key_in_all_tables() -> None:
    """The order of the keys comes before that of the tables."""
    found = asyncio.run(find_first([FIRST, SECOND], ["a", "b"], ["c"]))

    assert Found(value="3", key="a", table="texthash:second") == found


def test_parts_come_last() -> None:
    """A name that is there counts more than a part of one."""
    found = asyncio.run(find_first([FIRST], ["x", "b"], ["c"]))

    assert Found(value="1", key="b", table="texthash:first") == found


def test_patterns_see_whole_names() -> None:
    """A part of a name is no key of theirs."""
    assert None is asyncio.run(find_first([PATTERNS], [], ["c"]))
    assert Found(value="5", key="x", table="regexp:patterns") == asyncio.run(
        find_first([PATTERNS], ["x"], ["c"])
    )


def test_nothing() -> None:
    """No table, no key, no value."""
    assert None is asyncio.run(find_first([], ["a"]))
    assert None is asyncio.run(find_first([FIRST], []))
    assert None is asyncio.run(find_first([FIRST], ["x"], ["y"]))
