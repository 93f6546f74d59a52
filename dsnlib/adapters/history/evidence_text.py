"""Evidence of an event as text, as every store keeps it.

Rules.
- JSON in ASCII: one array a piece, `[field, rule, version, confidence, start, end, text]`;
  `""` for no evidence.
- How a piece begins, up to its confidence, is remembered: the rules of a year are few.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as _quote
from typing import TYPE_CHECKING

from dsnlib.bounces.event import Confidence, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BEGINNINGS", "beginning_of", "evidence_text", "number_text", "read_evidence"]

_CONFIDENCES = {each.value: each for each in Confidence}
# Chosen by us; a stranger can invent more.
_REMEMBERED = 65_536
# (field, rule, version, confidence) -> how a piece of evidence begins
BEGINNINGS: dict[tuple[str, str, int, int], str] = {}


def beginning_of(named: tuple[str, str, int, int]) -> str:
    """Return how a piece of evidence begins, and remember it in `BEGINNINGS`.  Never raises.

    Args:
        named: Its field, rule, version and confidence.
    """
    found = BEGINNINGS.get(named)
    if found is None:
        if len(BEGINNINGS) >= _REMEMBERED:
            BEGINNINGS.clear()
        field, rule, version, confidence = named
        found = BEGINNINGS[named] = f"[{_quote(field)},{_quote(rule)},{version},{confidence:d},"
    return found


def evidence_text(evidence: Iterable[Evidence]) -> str:
    """Return evidence as text.  Never raises."""
    pieces = [
        beginning_of((each.field, each.rule, each.version, each.confidence))
        + f"{number_text(each.start)},{number_text(each.end)},{_quote(each.text)}]"
        for each in evidence
    ]
    return f"[{','.join(pieces)}]" if pieces else ""


def number_text(number: int | None) -> str:
    """Return a number as JSON has it.  Never raises."""
    return "null" if number is None else str(number)


def read_evidence(text: str) -> tuple[Evidence, ...]:
    """Return the evidence of a text.

    Raises:
        LookupError, TypeError, ValueError: It is none of ours.
    """
    if not text:
        return ()
    return tuple(
        [
            Evidence(
                field=field,
                rule=rule,
                version=version,
                confidence=_CONFIDENCES[confidence],
                start=start,
                end=end,
                text=found,
            )
            for field, rule, version, confidence, start, end, found in json.loads(text)
        ]
    )
