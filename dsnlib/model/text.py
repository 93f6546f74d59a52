"""Which characters the text of a value may hold (RFC 5321 s4.1.2, RFC 5322 s2.2, RFC 822 s3.3).

Every value of `dsnlib.model` can be written into a header field, a command or
a reply.  So none may hold CR, LF, NUL or another control character: that is
how fields and commands are injected.  This module is the one place that knows.

Text that came from the wire was decoded as UTF-8 with `surrogateescape`, so an
undecodable octet is a lone surrogate U+DC80..U+DCFF and survives a round trip.
Other lone surrogates have no octets and are refused.  So is a row of them whose
octets are UTF-8 together: from the wire it would come back as another text.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "cut_octets",
    "decode_base64",
    "decode_wire",
    "encode_wire",
    "has_octets",
    "is_atom",
    "is_utf8",
    "refuse_controls",
    "refuse_edges",
    "replace_controls",
    "split_comment",
]

# C0 controls and DEL.  TAB is linear white space and legal in *text
# (RFC 5322 s2.2), so it has its own row.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CONTROL_OR_TAB = re.compile(r"[\x00-\x1f\x7f]")

# Sets beyond US-ASCII cost `re` milliseconds to compile, so no pattern of the
# model has one: such characters are named by what they are not, and surrogates
# are found by encoding.

# atom = 1*<any CHAR except specials, SPACE and CTLs>             RFC 822 s3.3
_ATOM = re.compile(r"[!#-'*+/-9=?A-Z^-~-]+")
_WHITE = (" ", "\t")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def refuse_controls(
    value: str,
    what: str,
    *,
    tab: bool = False,
    error: Callable[..., InvalidValue] = InvalidValue,
    requirement: str | None = None,
) -> None:
    """Raise unless `value` is free of control characters, and is what the wire gives back.

    Args:
        value: The text of a value.
        what: How the message names the value.
        tab: Whether a TAB is allowed.
        error: Which error to raise.
        requirement: The catalogue id that the error carries.

    Raises:
        InvalidValue: Or the subclass given as `error`.
    """
    # A printable string, the usual case, has none of them.
    if value.isprintable():
        return
    found = (_CONTROL if tab else _CONTROL_OR_TAB).search(value)
    place = None if found is None else found.start()
    if place is None:
        place = _misfit(value)
    if place is not None:
        message = f"{what}: {value!r} has {value[place]!r} at character {place}"
        raise error(message, value=value, requirement=requirement)


def _misfit(value: str) -> int | None:
    """Return the place of the first surrogate that does not come back from the wire."""
    if is_utf8(value):
        return None
    try:
        again = decode_wire(encode_wire(value))
    except UnicodeEncodeError as fault:
        return fault.start
    if again == value:
        return None
    # Both have the same octets, so neither is the beginning of the other.
    place = 0
    while value[place] == again[place]:
        place += 1
    return place


def refuse_edges(
    value: str,
    what: str,
    *,
    error: Callable[..., InvalidValue] = InvalidValue,
    requirement: str | None = None,
) -> None:
    """Raise unless `value` begins and ends with something else than white space.

    White space round the text of a field is none of it: whoever reads the field
    takes it off.

    Args:
        value: The text of a value; may be empty.
        what: How the message names the value.
        error: Which error to raise.
        requirement: The catalogue id that the error carries.

    Raises:
        InvalidValue: Or the subclass given as `error`.
    """
    if value.startswith(_WHITE) or value.endswith(_WHITE):
        message = f"{what}: {value!r} has white space at an end"
        raise error(message, value=value, requirement=requirement)


def replace_controls(value: str) -> str:
    """Return `value` with every control character but TAB as U+FFFD.

    Nothing is lost without a trace: what was there shows as a replacement
    character, and the reader that calls this adds a `Defect`.  What `refuse_controls`
    refuses for its surrogates becomes what the wire gives back.  Never raises.
    """
    if value.isprintable():
        return value
    value = _CONTROL.sub("\ufffd", value)
    if is_utf8(value):
        return value
    if not has_octets(value):
        value = "".join([each if has_octets(each) else "\ufffd" for each in value])
    return decode_wire(encode_wire(value))


def is_atom(text: str) -> bool:
    """Tell whether `text` is an RFC 822 atom, as types of fields must be."""
    return _ATOM.fullmatch(text) is not None


def is_utf8(text: str) -> bool:
    """Tell whether `text` has octets in UTF-8: no lone surrogates.  Never raises."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def decode_wire(octets: bytes) -> str:
    """Return octets from the wire as text, losing nothing."""
    return octets.decode("utf-8", "surrogateescape")


def encode_wire(text: str) -> bytes:
    """Return the octets that `decode_wire` made `text` from."""
    return text.encode("utf-8", "surrogateescape")


def cut_octets(text: str, octets: int) -> str:
    """Return as much of a text as takes so many octets in UTF-8, in whole characters.

    >>> cut_octets("na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve", 3)
    'na'

    Octets that are no UTF-8, which `decode_wire` has kept, are cut anywhere.  Never
    raises.

    Args:
        text: As `decode_wire` returns it.
        octets: The most that the result takes, from 0.
    """
    whole = encode_wire(text)
    if len(whole) <= octets:
        return text
    # A character has three octets at most behind its first.
    for stop in range(octets, max(octets - 4, 0), -1):
        if whole[stop] & 0xC0 != 0x80:
            octets = stop
            break
    return decode_wire(whole[:octets])


def split_comment(text: str) -> tuple[str, str | None]:
    """Take the comment off the end of a field's text (RFC 3464 s2.1.1).

    >>> split_comment("5.2.2 (mailbox (still) full)")
    ('5.2.2', 'mailbox (still) full')

    Returns:
        What stands before the comment, and what stands in its parentheses;
        the whole text and `None` where there is no comment at the end.
    """
    # comment = "(" *(ctext / quoted-pair / comment) ")"           RFC 822 s3.3
    if not text.endswith(")") or _is_quoted(text, len(text) - 1):
        return text, None
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        character = text[index]
        if character not in "()" or _is_quoted(text, index):
            continue
        depth += 1 if character == ")" else -1
        if not depth:
            return text[:index].rstrip(" \t"), text[index + 1 : -1]
    return text, None


def _is_quoted(text: str, index: int) -> bool:
    """Tell whether the character at `index` is the second of a quoted-pair."""
    start = index
    while start and text[start - 1] == "\\":
        start -= 1
    return (index - start) % 2 == 1


def has_octets(text: str) -> bool:
    """Tell whether `encode_wire` can write a text: no surrogate but those it has.  Never raises."""
    try:
        encode_wire(text)
    except UnicodeEncodeError:
        return False
    return True


def decode_base64(octets: bytes) -> bytes:
    """Return what base64 text carries, even if it is cut off or has other lines in it.

    What makes whole groups of four letters is read, and of a last group what its
    letters hold.  Never raises.
    """
    letters = _NOT_BASE64.sub(b"", octets)
    # One letter alone holds less than an octet.
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
