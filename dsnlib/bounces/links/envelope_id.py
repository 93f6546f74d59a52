"""The envelope identifier that names a mail in the bounces about it (RFC 3461 s4.4).

A sender gives each mail an ENVID, and every report about it brings it back as
Original-Envelope-Id.  An ENVID that is signed tells more: that the report is
about a mail of ours, and which one, without a table of what was sent.

>>> key = b"sixteen octets at least"
>>> envid = issue_envelope_id("4711", key=key)
>>> envid
'2gq3tcmn7yo7rlidtiu'
>>> read_envelope_id(envid.upper(), keys=[key])
'4711'

Rules.
- At most 38 characters (RFC 3461 s5.4).  The RFC counts its limits with the
  keyword, `ENVID=`: tokens of up to 12 octets keep even that; those of 13 to 16
  octets, such as a UUID, keep to 38 without it.
- Nothing in it needs an escape of xtext, and its letters may change their case;
  `signed_token` says why.
- The token is the caller's: nothing here is random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.bounces.links.signed_token import Token, read_token, sign_token
from dsnlib.errors import InvalidValue
from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "LARGEST_TOKEN_OCTETS",
    "issue_envelope_id",
    "read_envelope_id",
]

LARGEST_TOKEN_OCTETS = 16
"""What fits into 38 characters beside the signature."""

_PURPOSE = "envid"


def issue_envelope_id(token: Token, *, key: bytes) -> str:
    """Return an ENVID that carries the token, signed.

    Args:
        token: What names the mail: the number of a database as text, or octets;
            1 to 16 octets.
        key: The secret; at least 16 octets.

    Raises:
        InvalidValue: The token is empty or too long, or the key too short.
    """
    envid = sign_token(token, key=key, purpose=_PURPOSE)
    octets = encode_wire(token) if isinstance(token, str) else token
    if len(octets) > LARGEST_TOKEN_OCTETS:
        message = f"ENVID: {token!r} has more than {LARGEST_TOKEN_OCTETS} octets"
        raise InvalidValue(message, value=token, requirement="3461-5.4-05")
    return envid


def read_envelope_id(text: str, *, keys: Iterable[bytes]) -> Token | None:
    """Return the token of an ENVID that we have issued, or `None` if we have not.

    Args:
        text: Such as Original-Envelope-Id has it.
        keys: The secrets: the one that is used now, and those before it.

    Raises:
        InvalidValue: A key is shorter than 16 octets, or `keys` is one key.  No text raises.
    """
    return read_token(text, keys=keys, purpose=_PURPOSE)
