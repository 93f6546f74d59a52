"""Text of strangers, made safe to show, to write as JSON and to open in a sheet.

What a report says was chosen by a foreign server, and the name of a file by
whoever made it.  On a terminal neither may move the cursor, colour the screen,
or turn letters round so that an address reads as another one.
"""

from __future__ import annotations

import json
import re

from dsnlib.compose.neutral import HARMFUL

__all__ = ["defuse", "json_text", "printable"]

_SURROGATE = re.compile(r"[\ud800-\udfff]")
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LARGEST_BMP = 0xFFFF


def printable(text: str) -> str:
    r"""Return `text` for a terminal: one line, nothing that acts.  Never raises.

    White space becomes a space, everything else that is unsafe U+FFFD.

    >>> printable("\x1b[31mred\tcarpet") == "\ufffd[31mred carpet"
    True
    """
    if text.isprintable():
        return text
    return HARMFUL.sub(lambda found: " " if found[0] in "\t\n\r" else "\ufffd", text)


def json_text(value: object) -> str:
    r"""Return `value` as JSON on one line, safe on a terminal and in UTF-8.

    Letters of every script stand as they are; controls, bidi characters and
    lone surrogates are escaped, so reading gives back the same text.

    >>> json_text({"to": "γιώργος", "was": "\u202eevil\udce4"})
    '{"to": "γιώργος", "was": "\\u202eevil\\udce4"}'

    Raises:
        TypeError: `value` is nothing that JSON has.
    """
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else HARMFUL.sub(_escape, text)


def defuse(text: str) -> str:
    """Return `text` for a cell of a sheet, where it must not be a formula.

    >>> defuse("=1+1")
    "'=1+1"

    Never raises.
    """
    text = _SURROGATE.sub("\ufffd", text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _escape(found: re.Match[str]) -> str:
    point = ord(found[0])
    if point <= _LARGEST_BMP:
        return f"\\u{point:04x}"
    point -= _LARGEST_BMP + 1
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"
