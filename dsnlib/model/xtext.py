r"""The encodings of ESMTP parameter values: xtext and the RFC 6533 addresses.

`xtext` (RFC 3461 s4) carries printable US-ASCII in a parameter value: `+` and
two upper-case hexadecimal digits stand for what a value may not hold.  The
`utf-8` address type (RFC 6533 s3) has forms of its own, in which `\x{3B4}`
stands for a character; they need no xtext on top.

Facts.
- An xtext may be empty, but an esmtp-value may not (RFC 5321 s4.1.2).
- RFC 3461 s4.2 and s4.4 allow only printable US-ASCII and white space before
  the encoding, so `+0A` is xtext and yet refused: it would start a new field
  in the report.
- The HEXPOINT rule of RFC 6533 leaves out the controls 0A-0F and 1A-1F, and
  its six-digit form has no upper end.  We check the value instead: no printable
  US-ASCII but the four specials, no surrogates, nothing beyond 10FFFF, and no
  controls at all, because no address of ours may hold one.
"""

from __future__ import annotations

import re

from dsnlib.errors import InvalidXtext

__all__ = [
    "decode_utf8_address",
    "decode_xtext",
    "encode_utf8_address",
    "encode_xtext",
]

# xtext   = *( xchar / hexchar )                                 RFC 3461 s4
#   xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive,
#             except for "+" and "="
#   hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(r"\+([0-9A-Fa-f]{2})")
_NOT_XCHAR = re.compile(r"[^!-*,-<>-~]")
_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]")
_LENIENT_XTEXT = re.compile(r"(?:[ -*,-~]|\+[0-9A-Fa-f]{2})*")

# EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"                 RFC 6533 s3
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
# QCHAR = %x21-2a / %x2c-3c / %x3e-5b / %x5d-7e                  RFC 6533 s3
# QUCHAR adds the UTF-8 sequences.  Both are named by the US-ASCII that they
# leave out, because a set up to U+10FFFF takes `re` milliseconds to compile.
_UNITEXT = re.compile(r"(?:[^\x00-\x20+=\\\x7f]|\\x\{[0-9A-Fa-f]{2,6}\})*")
_NOT_QCHAR = re.compile(r"[^!-*,-<>-\[\]-~]")
_NOT_QUCHAR = re.compile(r"[\x00-\x20+=\\\x7f]")

_SPECIALS = frozenset(" \\+=")


def encode_xtext(text: str) -> str:
    """Return `text` as xtext.

    >>> encode_xtext("a b+c=d")
    'a+20b+2Bc+3Dd'

    Args:
        text: Printable US-ASCII, space included.

    Raises:
        InvalidXtext: `text` has another character (RFC 3461 s4.2, s4.4).
    """
    _require_printable_ascii(text, text)
    return _NOT_XCHAR.sub(lambda found: f"+{ord(found[0]):02X}", text)


def decode_xtext(xtext: str, *, lenient: bool = False) -> str:
    """Return the text that `xtext` carries.

    >>> decode_xtext("QQ+2B31")
    'QQ+31'

    Args:
        xtext: The value of a parameter, or the part of one after the type.
        lenient: Also take lower-case hexadecimal digits, raw `=` and spaces,
            which some clients send and RFC 3461 s4 does not allow.

    Raises:
        InvalidXtext: `xtext` is not xtext, or hides a character that is not
            printable US-ASCII.
    """
    if (_LENIENT_XTEXT if lenient else _XTEXT).fullmatch(xtext) is None:
        message = f"xtext: {xtext!r} has a character or a '+' that is not xtext"
        raise InvalidXtext(message, value=xtext, requirement="3461-4-04")
    if "+" not in xtext:
        return xtext
    text = _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), xtext)
    _require_printable_ascii(text, xtext)
    return text


def encode_utf8_address(address: str, *, smtputf8: bool = False) -> str:
    r"""Return an address of type `utf-8` in the least escaped form allowed.

    >>> encode_utf8_address("δοκιμή+a@example.org", smtputf8=True)
    'δοκιμή\\x{2B}a@example.org'
    >>> encode_utf8_address("δ@example.org")
    '\\x{3B4}@example.org'

    Args:
        address: The address as people write it.
        smtputf8: Whether the place takes UTF-8: an SMTPUTF8 server, or a
            message/global-delivery-status.

    Raises:
        InvalidXtext: `address` has a control character or a lone surrogate.
    """
    escaped = (_NOT_QUCHAR if smtputf8 else _NOT_QCHAR).sub(_embed, address)
    if smtputf8:
        for character in escaped:
            _require_scalar(ord(character), address)
    return escaped


def decode_utf8_address(encoded: str) -> str:
    r"""Return the address that a utf-8-enc-addr carries (RFC 6533 s3).

    All three forms are taken: utf-8-addr-xtext, utf-8-addr-unitext and plain
    utf-8-address, for which this is the identity.

    >>> decode_utf8_address(r"\x{3B4}@example.org")
    'δ@example.org'

    Raises:
        InvalidXtext: A backslash that starts no `\x{...}`, a raw `+`, `=`,
            space or control, or a code point that may not be embedded.
    """
    if _UNITEXT.fullmatch(encoded) is None:
        message = f"utf-8 address: {encoded!r} has a character that must be written \\x{{..}}"
        raise InvalidXtext(message, value=encoded, requirement="6533-3-19")
    address = _EMBEDDED.sub(lambda found: _disembed(found[1], encoded), encoded)
    for character in address:
        _require_scalar(ord(character), encoded)
    return address


def _require_printable_ascii(text: str, shown: str) -> None:
    found = _NOT_PRINTABLE_ASCII.search(text)
    if found:
        message = f"xtext: {shown!r} holds {found[0]!r}, which is not printable US-ASCII"
        raise InvalidXtext(message, value=shown, requirement="3461-4.2-10")


def _embed(found: re.Match[str]) -> str:
    point = ord(found[0])
    _require_scalar(point, found.string)
    return f"\\x{{{point:02X}}}"


def _disembed(digits: str, shown: str) -> str:
    point = int(digits, 16)
    # HEXPOINT leaves ordinary printable US-ASCII out: it is written as it is.
    plain = 0x20 < point < 0x7F and chr(point) not in _SPECIALS
    if plain or point > 0x10FFFF:
        message = f"utf-8 address: {shown!r} embeds {digits}, which may not be embedded"
        raise InvalidXtext(message, value=shown, requirement="6533-3-11")
    _require_scalar(point, shown)
    return chr(point)


def _require_scalar(point: int, shown: str) -> None:
    if point < 0x20 or point == 0x7F or 0xD800 <= point <= 0xDFFF:
        message = f"utf-8 address: {shown!r} holds the code point {point:04X}"
        raise InvalidXtext(message, value=shown, requirement="6533-3-11")
