"""Texts that PostgreSQL finds by an index: addresses, and names of who reads.

Rules.
- What an index cannot have is found by a digest and its end, in which the domain is.  A mail
  may name "addresses" of any length, and one of them must not keep the others from a store.
"""

from __future__ import annotations

import hashlib

__all__ = ["LONGEST_KEY", "index_key"]

# An entry of an index has 2,704 octets at most, and a character up to four.  An address has
# up to 254 (RFC 5321 s4.5.3.1.3), packed up to five times that; nobody has such a one.
# https://www.postgresql.org/docs/15/btree-implementation.html
LONGEST_KEY = 500
_KEPT = 320


def index_key(packed: str) -> str:
    """Return what a text is found by: itself, unless it is longer than any address.

    Args:
        packed: The text, as `pack_text` returns it.

    Never raises.
    """
    if len(packed) <= LONGEST_KEY:
        return packed
    return f"{hashlib.sha256(packed.encode()).hexdigest()}…{packed[-_KEPT:]}"
