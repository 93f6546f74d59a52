"""Measure look-up tables: large ones, and many patterns against a hostile key."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from dsnlib.replies.tables import parse_table
from tests.bench.figure import Figure, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dsnlib.replies.tables import TextTable

# The bounds: what dsnlib claims.
NETWORK_SECONDS = 20e-6
LOAD_SECONDS = 3.0
KEY_SECONDS = 3e-6
TWICE_THE_KEY = 3.0

NETWORKS = 100_000
KEYS = 1_000_000
PATTERNS = 1_000
KEY_OCTETS = 100_000
ASKED = 10_000


def networks_text(count: int) -> str:
    """Return a table of networks of which each can be reached, half of them in another."""
    rows = []
    for number in range(count // 2):
        network = f"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        rows.append(f"{network}.128/25 REJECT\n{network}.0/24 OK\n")
    return "".join(rows)


def keys_text(count: int) -> str:
    """Return a table of addresses."""
    return "".join(
        [f"user{number}@example.com\tREJECT 5.7.1 not here\n" for number in range(count)]
    )


def patterns_text(count: int) -> str:
    """Return a table of patterns that begin anywhere and have a star in them."""
    return "".join([f"/\\bword{number}[a-z]*\\s.*[!?]end/ REJECT\n" for number in range(count)])


def _asking(table: TextTable, keys: Sequence[str]) -> Callable[[], object]:
    def run() -> None:
        for key in keys:
            table.lookup(key)

    return run


def measure_lookups(rounds: int) -> list[Figure]:
    """Return the time of look-ups in large tables, and of reading the largest."""
    chance = random.Random(1)
    text = keys_text(KEYS)
    networks = parse_table("cidr", networks_text(NETWORKS), origin="bench")
    patterns = parse_table("pcre", patterns_text(PATTERNS), origin="bench")
    hashed = parse_table("hash", text, origin="bench")
    asked = [
        ".".join(str(chance.randrange(256 if place else 2)) for place in range(4))
        for _ in range(ASKED)
    ]
    users = [f"User{chance.randrange(2 * KEYS)}@example.com" for _ in range(ASKED)]
    hostile = "word1 " * (KEY_OCTETS // 6)
    in_networks, in_keys, once, twice = take_turns(
        [
            _asking(networks, asked),
            _asking(hashed, users),
            _asking(patterns, [hostile]),
            _asking(patterns, [hostile * 2]),
        ],
        rounds,
    )
    (loading,) = take_turns([lambda: parse_table("hash", text, origin="bench")], 2)
    return [
        Figure(
            name=f"one of {NETWORKS:,} networks",
            ours=f"{in_networks / ASKED * 1e6:.1f} us",
            theirs="",
            value=in_networks / ASKED,
            bound=NETWORK_SECONDS,
        ),
        Figure(
            name=f"read {KEYS:,} keys",
            ours=f"{loading:.2f} s",
            theirs="",
            value=loading,
            bound=LOAD_SECONDS,
        ),
        Figure(
            name=f"one of {KEYS:,} keys",
            ours=f"{in_keys / ASKED * 1e6:.2f} us",
            theirs="",
            value=in_keys / ASKED,
            bound=KEY_SECONDS,
        ),
        Figure(
            name=f"{PATTERNS:,} patterns, a key of {2 * KEY_OCTETS // 1000} kB",
            ours=f"{twice * 1000:.0f} ms",
            theirs=f"{once * 1000:.0f} ms for half",
            value=twice / once,
            bound=TWICE_THE_KEY,
            note="of half the key",
        ),
    ]
