"""What strangers said, made harmless before it is repeated.

A diagnostic, a subject or an address comes from whoever sent it.  Repeated as
it is it could add a field, hide a part of the text, turn it round, or hand the
reader a link that seems to be ours.

Rules.
- Nothing is dropped without a trace: what cannot stand is replaced by `?`.
- What is harmless comes out unchanged, and twice is as once.
"""

from __future__ import annotations

import re

__all__ = [
    "HARMFUL",
    "LONGEST_FIELD_WORD",
    "LONGEST_TEXT",
    "LONGEST_WORD",
    "neutral_text",
    "unclickable",
]

# Chosen by us.  A reply line has at most 512 octets (RFC 5321 s4.5.3.1.5), and
# a server that explains itself uses a few; a line of a message has at most 998
# (RFC 5322 s2.1.1), which a word must leave room in.
LONGEST_TEXT = 4000
LONGEST_WORD = 160
# In a field for programs a word may be as long as a line has room for: what a
# server said is transcribed as it is (RFC 3461 s9.2), and that includes its links.
LONGEST_FIELD_WORD = 900
_CUT = " [...]"

# Controls, line and paragraph separators, what has no octets, and the
# invisible: bidi embeddings, overrides, isolates and marks (UAX #9 s2),
# zero-width spaces, tags.  The joiners U+200C and U+200D stay: Persian and
# emoji are spelt with them.
HARMFUL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_LONG_WORDS = {
    longest: re.compile(rf"[^ ]{{{longest}}}(?=[^ ])")
    for longest in (LONGEST_WORD, LONGEST_FIELD_WORD)
}
_LINK = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,19}):(?=//)|\b([Ww][Ww][Ww])\.")


def neutral_text(text: str, *, longest_word: int = LONGEST_WORD) -> str:
    """Return what a stranger said as one harmless line.  Never raises.

    Controls and marks that turn or hide text become `?`, a TAB a space; a word
    that is too long is broken by spaces, a text of more than `LONGEST_TEXT` is
    cut, which shows.

    Args:
        text: What was said.
        longest_word: `LONGEST_WORD` for people, `LONGEST_FIELD_WORD` in a field.
    """
    if len(text) <= LONGEST_WORD and text.isascii() and text.isprintable():
        return text
    whole = HARMFUL.sub("?", text[: LONGEST_TEXT + 1].replace("\t", " "))
    whole = _LONG_WORDS[longest_word].sub(r"\g<0> ", whole)
    if len(whole) > LONGEST_TEXT:
        whole = whole[: LONGEST_TEXT - len(_CUT)].rstrip(" ") + _CUT
    return whole


def unclickable(text: str) -> str:
    """Return `text` with its links so written that no program follows them.  Never raises.

    >>> unclickable("see https://mx.example/why")
    'see https[:]//mx.example/why'
    """
    return _LINK.sub(lambda found: f"{found[1]}[:]" if found[1] else f"{found[2]}[.]", text)
