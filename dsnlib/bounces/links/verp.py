r"""A return path that names the recipient, so that any bounce to it does (VERP).

    plain   list-bounces+bob=example.org@lists.example
    keyed   list-bounces+2mjxwe5dpnzss4zlt@lists.example

The plain form is the one of D. J. Bernstein that list software and `dsnlib.policy.verp`
write; everybody can read it and everybody can make one up.  The keyed form has a
token of the sender's and a signature: who cannot sign cannot report a bounce for
somebody else.

>>> encode_verp("list-bounces@lists.example", "bob+news@example.org")
'list-bounces+bob=2Bnews=example.org@lists.example'
>>> decode_verp(_, sender="list-bounces@lists.example")
'bob+news@example.org'

Rules.
- The last `=` stands for the `@`.  In the local part what is neither a letter, a
  digit nor one of `.` `_` `'` `-` is written `=2B`, in UTF-8: `!`, `%` and `/` are
  what relays refuse or rewrite, `+` and `=` are delimiters.
- An address without a plain domain, such as `bob@[192.0.2.1]`, is written as
  a local part as a whole, and nothing follows the last `=`.
- What others have written without escapes reads as well: `list+bob+news=example.org`.
- A delimiter may have become another one of `+`, `-` and `=` on the way, and the
  case of letters another; the case of the recipient then cannot be known.
- Where the sender is not given only forms are read that can hardly be anything
  else; with it nothing has to be guessed.
- A long recipient makes a local part of more than the 64 octets of RFC 5321
  s4.5.3.1.1.  That is left to the caller, who knows what its relays take; a short
  token in the keyed form always fits.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from dsnlib.bounces.links.signed_token import Token, has_token_form, read_token, sign_token
from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.local_part import bare_local_part, quote_local_part, split_address
from dsnlib.model.text import is_utf8, refuse_controls

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DELIMITERS",
    "decode_verp",
    "encode_keyed_verp",
    "encode_verp",
    "has_keyed_form",
    "read_keyed_verp",
]

DELIMITERS = "+-="
"""What may stand between the sender's local part and what is added to it."""

_PURPOSE = "verp"
_PLAIN_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*").fullmatch
# What is not written as it is; two dots in a row make no dot-string.
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9._'-]|(?<=\.)\.")
# What was escaped: printable US-ASCII but letters and digits, and UTF-8.
_ESCAPED_ASCII = r"=(2[0-9A-F]|3[A-F]|40|5[B-F]|60|7[B-E])"
_ESCAPES = re.compile(rf"{_ESCAPED_ASCII}|((?:=[89A-F][0-9A-F])+)", re.IGNORECASE | re.ASCII)
# Gateways fold the letters of US-ASCII; others have no case that keeps the length.
_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

# What stands before the recipient where the sender is not known: facts about who
# writes so.  More than that would be guessing: a "-" is in many names.
_KNOWN_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII).fullmatch
    for pattern in (
        r"bounces\+[0-9]{1,12}-[0-9a-f]{4,8}-(.+)",  # SendGrid: account, mailing, recipient
        r"[^+=]+\+caf_=(.+)",  # Gmail, forwarding: to whom
        r"[^+=]+-return-[0-9]{1,12}-(.+)",  # ezmlm: the number of the post
        r"[^+=]+\+(.+)",  # Postfix, Mailman
    )
)


def encode_verp(sender: str, recipient: str, *, delimiter: str = "+") -> str:
    """Return the return path of a sender for one recipient.

    Args:
        sender: The return path without a recipient in it; it has a domain.
        recipient: Any address.
        delimiter: One of `DELIMITERS`.

    Raises:
        InvalidAddress: The recipient is empty, has a control character or no
            octets in UTF-8, or the sender has no domain.
        InvalidValue: The delimiter is none.
    """
    refuse_controls(recipient, "recipient", error=InvalidAddress)
    if not recipient or not is_utf8(recipient):
        message = f"recipient: {recipient!r} is empty or no UTF-8"
        raise InvalidAddress(message, value=recipient)
    local_part, _, domain = recipient.rpartition("@")
    if not local_part or _PLAIN_DOMAIN(domain) is None:
        local_part, domain = recipient, ""
    return _extend(sender, f"{_TO_ESCAPE.sub(_escape, local_part)}={domain}", delimiter)


def decode_verp(address: str, *, sender: str | None = None) -> str | None:
    """Return the recipient that a return path names, or `None` if it names none.

    Args:
        address: Where the bounce came to.
        sender: The return path without a recipient in it, if it is known.

    Never raises.
    """
    if sender is not None:
        extension = _extension(address, sender)
        return None if extension is None else _read(extension)
    local_part = bare_local_part(split_address(address)[0])
    for form in _KNOWN_FORMS:
        if found := form(local_part):
            recipient = _read(found[1])
            domain = "" if recipient is None else recipient.rpartition("@")[2]
            # Without a dot in it, it may be anything: `list+topic=x`.
            return recipient if "." in domain and _PLAIN_DOMAIN(domain) else None
    return None


def encode_keyed_verp(sender: str, token: Token, *, key: bytes, delimiter: str = "+") -> str:
    """Return the return path of a sender with a token in it that nobody else can make.

    It is good for this sender alone.

    Args:
        sender: The return path without a token in it; it has a domain.
        token: What names the recipient, or the mail to one: the number of a
            database as text, or octets.  Up to 16 octets make at most 38 characters.
        key: The secret; at least 16 octets.
        delimiter: One of `DELIMITERS`.

    Raises:
        InvalidAddress: The sender has no domain.
        InvalidValue: The token is empty, the key too short, the delimiter none.
    """
    return _extend(sender, sign_token(token, key=key, purpose=_purpose(sender)), delimiter)


def read_keyed_verp(address: str, *, sender: str, keys: Iterable[bytes]) -> Token | None:
    """Return the token that we have put into the return path, or `None` if we have not.

    Args:
        address: Where the bounce came to.
        sender: The return path without a token in it.
        keys: The secrets: the one that is used now, and those before it.

    Raises:
        InvalidValue: A key is shorter than 16 octets, or `keys` is one key.  No address raises.
    """
    extension = _extension(address, sender)
    if extension is None:
        return None
    return read_token(extension, keys=keys, purpose=_purpose(sender))


def has_keyed_form(address: str, *, sender: str) -> bool:
    """Tell whether an address looks like a keyed one of the sender's, whoever made it.

    Never raises.
    """
    extension = _extension(address, sender)
    return extension is not None and has_token_form(extension)


def _purpose(sender: str) -> str:
    return f"{_PURPOSE} {sender.translate(_FOLD)}"


def _extend(sender: str, extension: str, delimiter: str) -> str:
    refuse_controls(sender, "sender", error=InvalidAddress)
    local_part, at, domain = split_address(sender)
    if not (local_part and at and domain):
        message = f"sender: {sender!r} has no domain"
        raise InvalidAddress(message, value=sender)
    if len(delimiter) != 1 or delimiter not in DELIMITERS:
        message = f"delimiter: {delimiter!r} is none of {DELIMITERS}"
        raise InvalidValue(message, value=delimiter)
    text = f"{bare_local_part(local_part)}{delimiter}{extension}"
    return f"{quote_local_part(text)}@{domain}"


def _extension(address: str, sender: str) -> str | None:
    """Return what the address has behind the sender's local part and a delimiter."""
    local_part, at, domain = split_address(address)
    own, own_at, own_domain = split_address(sender)
    if not (at and own_at) or domain.translate(_FOLD) != own_domain.translate(_FOLD):
        return None
    local_part, own = bare_local_part(local_part), bare_local_part(own)
    size = len(own)
    if local_part[:size].translate(_FOLD) != own.translate(_FOLD):
        return None
    delimiter, extension = local_part[size : size + 1], local_part[size + 1 :]
    return extension if delimiter and delimiter in DELIMITERS else None


def _read(extension: str) -> str | None:
    local_part, equals, domain = extension.rpartition("=")
    local_part = _ESCAPES.sub(_unescape, local_part)
    if not (equals and local_part) or not extension.isprintable():
        return None
    return f"{local_part}@{domain}" if domain else local_part


def _escape(found: re.Match[str]) -> str:
    return "".join([f"={octet:02X}" for octet in found[0].encode()])


def _unescape(found: re.Match[str]) -> str:
    octets = bytes.fromhex(found[0].replace("=", ""))
    try:
        return octets.decode()
    except UnicodeDecodeError:  # an "=" of another's, before what looks like a number
        return found[0]
