r"""A few octets that come back from strangers, signed so that we know them again.

    "1" base32(token mac)    the token was octets
    "2" base32(token mac)    the token was text, in UTF-8

Rules.
- The alphabet is that of base32 (RFC 4648 s6) in lower case, without padding.
  It has no `+`, `-` or `=`, which are delimiters of return paths and escapes of
  xtext; no case that a gateway could fold; and none of 0, 1, 8 and 9, which
  people misread when they type a line of a log again.  The first character says
  the form: other forms will have other digits.
- The signature is the first seven octets of HMAC-SHA256 (RFC 2104 s5).  Nobody
  can try signatures but by sending mails, and of 2^56 one fits; in return the 16
  octets of a UUID fit into an envelope identifier.
- What is signed has a purpose in it: what was signed as one thing does not verify
  as another.
- There is one spelling of a token, the case of letters aside: a changed one does
  not verify.
- Keys are rotated by giving the new one first and the old ones after it.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING

from dsnlib.errors import InvalidValue
from dsnlib.model.text import decode_wire, encode_wire, has_octets
from dsnlib.model.texts import secret_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LEAST_KEY_OCTETS", "Token", "has_token_form", "read_token", "sign_token"]

Token = bytes | str

LEAST_KEY_OCTETS = 16
"""A key shorter than this is refused, because it might be guessed."""

_OCTETS = "1"
_TEXT = "2"
_MAC_OCTETS = 7
_SIGNED = re.compile(r"[12][A-Za-z2-7]+")
# Far more than a local part may have; what is longer is not looked at.
_LONGEST = 1024


def sign_token(token: Token, *, key: bytes, purpose: str) -> str:
    """Return a token and its signature, as letters and digits.

    Args:
        token: What is to come back: a number of a database, as text, or octets.
        key: The secret; at least `LEAST_KEY_OCTETS` octets.
        purpose: What it is signed as.

    Raises:
        InvalidValue: The token is empty, or cannot be written; the key is short.
    """
    if not token or (isinstance(token, str) and not has_octets(token)):
        message = f"token: {token!r} is empty or cannot be written"
        raise InvalidValue(message, value=token)
    form, octets = (_TEXT, encode_wire(token)) if isinstance(token, str) else (_OCTETS, token)
    return form + _write(octets + _sign(octets, form=form, key=key, purpose=purpose))


def read_token(text: str, *, keys: Iterable[bytes], purpose: str) -> Token | None:
    """Return the token that was signed with one of the keys, or `None`.

    Args:
        text: What came back, in any case; white space round it does not count.
        keys: The secrets, tried in their order.
        purpose: What it was signed as.

    Raises:
        InvalidValue: A key is short, or `keys` is one key.  No text raises.
    """
    known = secret_keys(keys)
    octets = _read(text.strip())
    if octets is None:
        return None
    form = text.strip()[0]
    token, mac = octets[:-_MAC_OCTETS], octets[-_MAC_OCTETS:]
    for key in known:
        if hmac.compare_digest(mac, _sign(token, form=form, key=key, purpose=purpose)):
            return decode_wire(token) if form == _TEXT else token
    return None


def has_token_form(text: str) -> bool:
    """Tell whether a text looks like a signed token, whoever signed it.  Never raises."""
    return _read(text.strip()) is not None


def _sign(token: bytes, *, form: str, key: bytes, purpose: str) -> bytes:
    if len(key) < LEAST_KEY_OCTETS:
        message = f"key: {len(key)} octets are less than {LEAST_KEY_OCTETS}"
        raise InvalidValue(message)
    what = purpose.encode("utf-8", "surrogatepass")
    # With its length in front no purpose runs into a token.
    signed = b"dsnlib %d %s %s" % (len(what), what, form.encode() + token)
    return hmac.digest(key, signed, "sha256")[:_MAC_OCTETS]


def _write(octets: bytes) -> str:
    return base64.b32encode(octets).decode("ascii").rstrip("=").lower()


def _read(text: str) -> bytes | None:
    if len(text) > _LONGEST or _SIGNED.fullmatch(text) is None:
        return None
    letters = text[1:].upper()
    try:
        octets = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:  # a number of letters that no octets have
        return None
    # The last letter has bits of no octet, which must be zero.
    is_canonical = _write(octets) == letters.lower()
    return octets if is_canonical and len(octets) > _MAC_OCTETS else None
