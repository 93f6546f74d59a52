"""Which differences from Postfix's replies are chosen: docs/decisions/0011."""

from __future__ import annotations

import re

__all__ = ["LABELS", "label_of"]

_ANY = ""
_SYNTAX = r"501 5\.5\.4 "

# The name of the choice, what was sent, and what theirs and ours begin with.  The first
# that fits is it.
_CHOICES = (
    ("null-mx", _ANY, r"\d{3} \d\.1\.0 ", r"\d{3} \d\.1\.10 "),
    ("bare-keyword", r" (?:RET|ENVID|NOTIFY|ORCPT)(?: =\S*)?$", "555 ", _SYNTAX),
    ("comment", r" \(\w*\)$", "555 ", _SYNTAX),
    ("never-twice", r" NOTIFY=NEVER,NEVER", "250 ", _SYNTAX),
    ("envid-nul", r" ENVID=\S*\+00", "250 ", _SYNTAX),
    ("orcpt-length", r" ORCPT=\S{501}", "250 ", _SYNTAX),
    ("orcpt-octets", r" ORCPT=\S*\+(?:[01]|7F|[89A-F])", "250 ", _SYNTAX),
    ("orcpt-type", r" ORCPT=[^;\s]*[^;\w\s+.-][^;\s]*;", "250 ", _SYNTAX),
    ("orcpt-raw-utf8", r" ORCPT=(?!utf-8;)\S*[^\x00-\x7f]", "250 ", _SYNTAX),
)
LABELS = tuple(label for label, *_ in _CHOICES)


def label_of(command: str, expected: str, actual: str) -> str | None:
    """Return the name of the choice that a difference follows from, or `None`."""
    for label, sent, theirs, ours in _CHOICES:
        if (
            re.search(sent, command, re.IGNORECASE)
            and re.match(theirs, expected)
            and re.match(ours, actual)
        ):
            return label
    return None
