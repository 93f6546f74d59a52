"""Which differences from Postfix's replies are chosen: docs/decisions/0011."""

from __future__ import annotations

import re

__all__ = ["label_of"]

# What was sent -> the name of the choice.  The first that fits is it.
_CHOICES = (
    # The oracle is older than RFC 7505.
    ("null-mx", re.compile(r"\b5110@"), r"554 5\.1\.10 "),
    ("bare-keyword", re.compile(r" (?:RET|ENVID|NOTIFY|ORCPT)(?: =\S*)?$"), r"501 5\.5\.4 "),
    ("comment", re.compile(r" \(\w*\)$"), r"501 5\.5\.4 "),
    ("never-twice", re.compile(r" NOTIFY=NEVER,NEVER", re.IGNORECASE), r"501 5\.5\.4 "),
    ("envid-nul", re.compile(r" ENVID=\S*\+00"), r"501 5\.5\.4 "),
    ("orcpt-length", re.compile(r" ORCPT=\S{501}"), r"501 5\.5\.4 "),
    ("orcpt-octets", re.compile(r" ORCPT=\S*\+(?:[01]|7F|[89A-F])", re.IGNORECASE), r"501 5\.5\.4 "),
    ("orcpt-type", re.compile(r" ORCPT=[^;\s]*[^;\w\s+.-][^;\s]*;"), r"501 5\.5\.4 "),
    ("orcpt-raw-utf8", re.compile(r" ORCPT=(?!utf-8;)\S*[^\x00-\x7f]", re.IGNORECASE), r"501 5\.5\.4 "),
)


def label_of(command: str, actual: str) -> str | None:
    """Return the name of the choice that an answer of ours follows from, or `None`."""
    for label, sent, answer in _CHOICES:
        if sent.search(command) and re.match(answer, actual):
            return label
    return None
