"""Text of strangers, made fit for a field of an event that comes from no mail.

Rules.
- One line without controls: each run of white space and controls is one blank.
- What has no octets in UTF-8 shows as U+FFFD, so that every store and table can hold it.
- No more than a bound.
"""

from __future__ import annotations

import re

from dsnlib.model.text import is_utf8

__all__ = ["is_fit_address", "one_line"]

# Chosen by us: RFC 5321 s4.5.3.1 has 64 octets, "@" and 255; UTF-8 may be longer.
_LONGEST_ADDRESS = 1000
_GAPS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def one_line(text: str, characters: int) -> str:
    r"""Return a text on one line.  Linear; never raises.

    >>> one_line("550-5.1.1 No such\r\n550 5.1.1 user", 20)
    '550-5.1.1 No such 55'

    Args:
        text: Anything.
        characters: The most that are kept.
    """
    text = text[: 2 * characters]
    if not text.isprintable():
        text = _GAPS.sub(" ", text)
        if not is_utf8(text):
            text = _SURROGATE.sub("\ufffd", text)
    return text.strip(" ")[:characters]


def is_fit_address(text: str) -> bool:
    """Tell whether a text can be the recipient of an event.  Never raises.

    It has an at sign, no more than a thousand characters, no control, and octets in UTF-8.
    """
    return "@" in text[1:] and len(text) <= _LONGEST_ADDRESS and text.isprintable()
