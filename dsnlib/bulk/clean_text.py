"""Text as Arrow takes it: Unicode that has a form in UTF-8."""

from __future__ import annotations

import re

__all__ = ["clean_text"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return a text with U+FFFD for each lone surrogate.  Linear; never raises.

    Args:
        text: Of a message; a lone surrogate stands for an octet that no encoding explains.
    """
    return _SURROGATE.sub("\ufffd", text)
