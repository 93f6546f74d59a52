"""The text of a header field as a person reads it (RFC 5322 s2.2, RFC 2047).

Rules.
- The field may be hostile.  The standard library takes square time over what
  no honest mail has, so a text with very many encoded words is left as it is.
- What comes out is one line without control characters.
"""

from __future__ import annotations

import re

from dsnlib.model.text import replace_controls

__all__ = ["LONGEST_FIELD", "MOST_ENCODED_WORDS", "decode_words", "one_line"]

# Chosen by us: RFC 5322 s2.1.1 allows 998 characters in a line, RFC 2047 s2 a
# word of at least 9 characters, and 75 in one.
MOST_ENCODED_WORDS = 64
LONGEST_FIELD = 8192
_LINE_END = re.compile(r"\r\n|\n|\r")


def decode_words(text: str) -> str:
    """Return `text` with its encoded words decoded, if there are not too many (RFC 2047).

    >>> decode_words("=?utf-8?q?gr=C3=BC=C3=9F?=")
    'grüß'

    What cannot be decoded is given as it is.  Never raises.
    """
    if not 0 < text.count("=?") <= MOST_ENCODED_WORDS or len(text) > LONGEST_FIELD:
        return text
    from email.errors import MessageError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, ValueError):
        return text


def one_line(text: str) -> str:
    """Return `text` with a space for each line end and TAB, U+FFFD for other controls."""
    return replace_controls(_LINE_END.sub(" ", text).replace("\t", " "))
