"""What a text says of each recipient that it is about, and where each stands.

Rules.
- What follows a recipient is about it, up to the next: in a list, and again in the
  transcript of the session below it.
- Codes before all recipients are about each that has none of its own.
- So are the words before it on its line: `Unknown user: bob@example.org`.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.words.codes import Codes, best_codes

if TYPE_CHECKING:
    from dsnlib.bounces.words.explanation import Explanation
    from dsnlib.bounces.words.prose import Passage

__all__ = ["Said", "find_places", "share_text"]

# Recipients whose names are looked for again below the list of them
_MOST_SOUGHT = 50
_LONGEST_LABEL = 60


class Said(NamedTuple):
    """What a text says of one recipient: the words, and the codes in them."""

    text: str
    codes: Codes


def share_text(codes: list[Codes], passages: list[Passage], text: str, lowered: str) -> list[Said]:
    """Return what is said of each recipient.  Linear; never raises.

    Args:
        codes: All that stand in the text, in order.
        passages: The recipients, in order.
        text: The text.
        lowered: The same in lower case.
    """
    mentions = [(passage.start, number) for number, passage in enumerate(passages)]
    if 1 < len(passages) <= _MOST_SOUGHT and len(text) == len(lowered):
        for number, passage in enumerate(passages):
            place = lowered.find(passage.address.lower(), passages[-1].start + 1)
            if place >= 0:
                mentions.append((place, number))
        mentions.sort()
    places = [place for place, _ in mentions]
    about: list[list[Codes]] = [[] for _ in range(len(mentions) + 1)]
    for code in codes:
        about[bisect.bisect_right(places, code.start)].append(code)
    about_all = best_codes(about[0])
    said = [Said(_before(passage, text) + passage.text, about_all) for passage in passages]
    for index, (place, number) in enumerate(mentions):
        found = best_codes(about[index + 1])
        is_told = said[number].codes is not about_all
        if found.start < 0 or is_told:
            continue
        words = said[number].text
        if len(mentions) > len(passages):
            words = text[place : places[index + 1] if index + 1 < len(places) else None]
        said[number] = Said(words, found)
    return said


def _before(passage: Passage, text: str) -> str:
    """Return what stands before a recipient on its line: `Unknown user: `."""
    if not text.startswith(passage.text[:_LONGEST_LABEL], passage.start):
        return ""
    near = max(passage.start - _LONGEST_LABEL, 0)
    start = text.rfind("\n", near, passage.start) + 1
    before = text[start : passage.start] if start or not near else ""
    return "" if "@" in before else before


def find_places(
    explanation: Explanation, passages: list[Passage], octets: bytes
) -> list[tuple[int, int] | None]:
    """Return where in a mail each recipient stands, as far as its text is as it came.

    Args:
        explanation: What was read of the mail, its line ends made LF.
        passages: The recipients, in order.
        octets: The beginning of the mail, as it came.

    Linear; never raises.
    """
    if explanation.start is None:
        return [None] * len(passages)
    lines = octets.replace(b"\r\n", b"\n") if b"\r\n" in octets else b""
    places: list[tuple[int, int] | None] = []
    counted = line_ends = 0
    for passage in passages:
        place = explanation.start + passage.start
        line_ends += lines.count(b"\n", counted, place)
        counted = max(counted, place)
        address = passage.address.encode("utf-8", "surrogatepass")
        begin = place + line_ends
        # What is not US-ASCII, or has line ends of two kinds, is somewhere else.
        is_there = octets.startswith(address, begin)
        places.append((begin, begin + len(address)) if is_there else None)
    return places
