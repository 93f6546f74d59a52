"""What a header says about the mail that it belongs to: fields, addresses, identifiers.

Reads the few fields that are asked for and nothing else, in one pass, and says
where each of them stands.

Rules.
- The header ends at the first empty line; what stands in front of it, an mbox
  separator or empty lines, is passed over.
- A text is unfolded, its comments and encoded words are as they were.
- Whatever the size and the form, the time is linear in the size of the header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.model.text import decode_wire
from dsnlib.parse.labels import skip_mbox_line, top_header

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Clue", "field_pattern", "find_addresses", "find_message_ids", "read_clues"]

# More than any honest field has; what comes after them is not looked at.
_MOST_ADDRESSES = 1000
_MOST_IDS = 1000
# A line may have 998 characters: RFC 5322 s2.1.1.
_LONGEST_ID = 998

# A quoted-string with what stands behind it; an address with a literal, which is
# the only one to have a ":"; or what stands between delimiters.  No character is
# looked at more than a few times: a literal has less than 64.
_WORD = re.compile(
    r'"[^"]*+"(?:@[^\s<>,;:"()]*+)?'
    r'|[^\s<>,;:"()@]*+@\[[0-9A-Za-z:.-]{0,64}+\]'
    r'|[^\s<>,;:"()]++'
)
_WHITE = re.compile(r"\s+")
_BRACKETED = re.compile(r"<([^<>]*+)>")


class Clue(NamedTuple):
    """The text of a field, and where it stands.

    Args:
        name: The name of the field, in lower case.
        text: Its text, unfolded.
        start: Its first octet; counted as the caller counts the header's.
        end: One past its last octet.
    """

    name: str
    text: str
    start: int
    end: int


def field_pattern(*names: str) -> re.Pattern[bytes]:
    """Return what finds the fields of these names, for `read_clues`.  Never raises."""
    either = b"|".join(re.escape(name).encode("ascii") for name in names)
    # field-body = (*([FWS] VCHAR) *WSP)                           RFC 5322 s2.2
    body = rb"([^\n]*+(?>(?:\n[ \t][^\n]*+)*))"
    return re.compile(rb"\n(" + either + rb")[ \t]*+:" + body, re.IGNORECASE)


def read_clues(
    octets: bytes, pattern: re.Pattern[bytes], *, offset: int = 0
) -> dict[str, list[Clue]]:
    """Return the fields of a header, by their names in lower case.

    Args:
        octets: The header, or a message that begins with it.
        pattern: From `field_pattern`.
        offset: Where the header begins, for the places of the clues.

    Never raises.
    """
    if b"\n" not in octets:
        octets = octets.replace(b"\r", b"\n")
    begin = skip_mbox_line(octets)
    header = b"\n" + top_header(octets[begin:] if begin else octets)
    shift = offset + begin - 1
    clues: dict[str, list[Clue]] = {}
    for found in pattern.finditer(header):
        name = found[1].decode("ascii").lower()
        text = _WHITE.sub(" ", decode_wire(found[2])).strip()
        # The end of the line, CR and LF, is not part of the field.
        start, end = found.start(1) + shift, found.start(2) + len(found[2].rstrip(b"\r")) + shift
        clues.setdefault(name, []).append(Clue(name, text, start, end))
    return clues


def find_addresses(text: str) -> Iterator[str]:
    """Yield what has the form of an address in the text of a field.

    >>> list(find_addresses('Bob <bob@example.org>, "a b"@example.net (work)'))
    ['bob@example.org', '"a b"@example.net']

    Whether it can be one is not asked.  Never raises.
    """
    found = 0
    for word in _WORD.finditer(text):
        local_part, _, domain = word[0].rpartition("@")
        if local_part and domain and '"' not in domain:
            yield word[0]
            found += 1
        if found == _MOST_ADDRESSES:
            break


def find_message_ids(text: str) -> tuple[str, ...]:
    """Return the message identifiers in the text of a field, without brackets.

    >>> find_message_ids("<a@Example.org> <b @example.org>")
    ('a@Example.org', 'b@example.org')

    White space within one is a fold that went wrong, and is left out.  Case is
    kept: RFC 5322 s3.6.4 has no identifiers that differ in it and are the same.
    TOLERANT: without brackets each word is one.  Never raises.
    """
    identifiers: list[str] = []
    if "<" in text:
        for found in _BRACKETED.finditer(text):
            identifiers.append(_WHITE.sub("", found[1]))
            if len(identifiers) == _MOST_IDS:
                break
    else:
        identifiers = text.split(None, _MOST_IDS)[:_MOST_IDS]
    return tuple([each for each in identifiers if 0 < len(each) <= _LONGEST_ID])
