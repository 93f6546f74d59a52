r"""Addresses taken apart; local parts that have other addresses in them, bare and quoted again.

A return path for each recipient carries an address in the local part of another
one.  The quotes of a quoted-string (RFC 5321 s4.1.2) then have to go, and to come
back where what was put together is no dot-string.

>>> split_address('"a@b"@example.org')
('"a@b"', '@', 'example.org')
>>> quote_local_part(bare_local_part('"a b"') + "+c")
'"a b+c"'
"""

from __future__ import annotations

import re

__all__ = ["bare_local_part", "domain_of", "quote_local_part", "split_address"]

# Dot-string, and what a quoted-string cannot have as it is         RFC 5321 s4.1.2
_ATOM = r'[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+'
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_TO_ESCAPE = re.compile(r'["\\]')
_WITH_BACKSLASH = r"\\\g<0>"
_ESCAPED = re.compile(r"\\(.)")


def split_address(address: str) -> tuple[str, str, str]:
    """Return local part, `@` and domain; the last two empty where there is no domain.

    Never raises.
    """
    local_part, at, domain = address.rpartition("@")
    # An "@" within quotes is none.
    return (local_part, at, domain) if at and '"' not in domain else (address, "", "")


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, `""` if it has none.  Never raises.

    >>> domain_of("Bob@Example.org")
    'example.org'
    """
    return split_address(address)[2].lower()


def bare_local_part(local_part: str) -> str:
    """Return what a local part says, without the quotes that it may have.  Never raises."""
    if len(local_part) > 1 and local_part[0] == '"' == local_part[-1]:
        return _ESCAPED.sub(r"\1", local_part[1:-1])
    return local_part


def quote_local_part(text: str) -> str:
    """Return what says `text`: the same if it is a dot-string, else a quoted-string.

    Never raises: what no local part can say, such as a control, is quoted as it is.
    """
    if _DOT_STRING.fullmatch(text):
        return text
    return f'"{_TO_ESCAPE.sub(_WITH_BACKSLASH, text)}"'
