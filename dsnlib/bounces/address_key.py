"""The key by which a recipient is known to history and suppression.

Rules.
- The whole address in lower case, without the dot that may end its domain.  By RFC
  5321 s2.4 a local part has its case; but no provider gives two people addresses that
  differ in case alone, and bounces come back in any.
- Nothing else is changed: `bob+news@` is another address than `bob@`, and may have
  another reader.
- Of an address without a domain the key is its text in lower case.
"""

from __future__ import annotations

__all__ = ["address_key"]


def address_key(address: str) -> str:
    """Return the key of an address.  Never raises.

    >>> address_key("Bob@Example.ORG.")
    'bob@example.org'
    """
    return address.lower().rstrip(".")
