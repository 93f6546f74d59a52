r"""The text of a reply, made ready to be searched, with the codes that stand in it.

`550-5.1.1 No such\r\n550 5.1.1 user` and its transcripts on one line are
searched as `550-5.1.1 no such user`: in lower case, white space as one blank,
the codes at the beginnings of lines left out.  What is found there is told by
the octets of the text as it was given.

Rules.
- Only the first `MOST_CHARACTERS` are looked at.
- What stands before an `@` is nobody's words: `spam@example.org` says nothing.
- A number is taken for a reply code where one stands: at the beginning, behind
  a colon, bracket or quote, behind `said`, `error` or `returned`, or before an
  enhanced code.
- Of several the first `5yz` counts, else the first `4yz`: a transcript goes on
  until the refusal that ended it.  `503`, which is what follows when a command
  before it failed, counts only where it is the only one.
"""

from __future__ import annotations

import bisect
import re
import string

import attrs

from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import decode_wire, encode_wire

__all__ = ["MOST_CHARACTERS", "CodeFound", "ReplyText"]

# Chosen by us.  A reply has a few lines of 512 octets; what is longer repeats itself.
MOST_CHARACTERS = 4096
"""How much of a text is looked at."""

# Lower case has a length of its own for this letter alone.
_DOTTED_I = "\u0130"
_FOLD = re.compile(r"[ \t\r\n]+")
_FOLDED = ("  ", "\n", "\t", "\r")
# A line of a reply that goes on: its code, a hyphen.
_GOES_ON = re.compile(r"[245](?<![0-9.].)[0-9][0-9]-")
_FOLD_CODES = re.compile(
    r"[ \t\r\n]+(?:[245][0-9][0-9][ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])[ \t\r\n]*)?)?"
)

# Reply-code = %x32-35 %x30-35 %x30-39                            RFC 5321 s4.2
# What stands before each is looked at behind its first character: an expression
# that begins with a set of characters is searched several times as fast.
_REPLY_CODE = re.compile(r"[45](?<![\w.].)[0-9][0-9](?=[ -][^ ]|[\r\n\]'\"]|[ -]?\Z)", re.ASCII)
_BEFORE_CODE = re.compile(
    r"(?:[\n:;'\"\[(#>][ \t]{0,2}|\b(?:said|error|returned) )\Z", re.IGNORECASE
)
_BEFORE_CHARACTERS = 12
_STATUS = re.compile(
    r"[45](?<![\w./].)\.(?:0|[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,2})(?![\w/]|\.[0-9])", re.ASCII
)
_LOCAL_PART = string.ascii_lowercase + string.digits + "!#$%&*+-./=?^_`{|}~"
_FOLLOW_UP = "503"


@attrs.frozen
class CodeFound:
    """A code and where it stands.

    Args:
        code: As the text has it.
        start: The character it begins with.
        end: The character behind it.
    """

    code: str
    start: int
    end: int


class ReplyText:
    """A text with what searching it needs.

    Attributes:
        given: The text, as far as it is looked at.
        lowered: What is searched for needles.
    """

    __slots__ = ("_shifts", "_starts", "given", "lowered")

    def __init__(self, text: str | bytes) -> None:
        """Make a text ready.  Never raises.

        Args:
            text: Octets are taken for UTF-8, and what is not is kept.
        """
        if isinstance(text, bytes):
            # No character takes more than four octets.
            text = decode_wire(text[: 4 * MOST_CHARACTERS])
        self.given = text[:MOST_CHARACTERS]
        lowered = self.given.lower()
        if len(lowered) != len(self.given):
            lowered = self.given.replace(_DOTTED_I, "i").lower()
        if "@" in lowered:
            lowered = _hide_local_parts(lowered)
        self._starts: list[int] = []
        self._shifts: list[int] = []
        if _GOES_ON.search(lowered):
            lowered = self._fold(lowered, _FOLD_CODES)
        elif any(each in lowered for each in _FOLDED):
            lowered = self._fold(lowered, _FOLD)
        self.lowered = lowered

    def _fold(self, lowered: str, pattern: re.Pattern[str]) -> str:
        pieces: list[str] = []
        last = length = 0
        for found in pattern.finditer(lowered):
            if found.end() - found.start() == 1 and found[0] == " ":
                continue
            pieces += (lowered[last : found.start()], " ")
            length += found.start() - last + 1
            last = found.end()
            self._starts.append(length)
            self._shifts.append(last - length)
        pieces.append(lowered[last:])
        return "".join(pieces)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the characters of `given` that a place of `lowered` was made from.

        Never raises.
        """
        return self._shifted(start), self._shifted(end - 1) + 1

    def _shifted(self, index: int) -> int:
        position = bisect.bisect_right(self._starts, index)
        return index + self._shifts[position - 1] if position else index

    def octets(self, start: int, end: int) -> tuple[int, int]:
        """Return the octets, in UTF-8, that characters of `given` take.  Never raises."""
        if self.given.isascii():
            return start, end
        before = _length(self.given[:start])
        return before, before + _length(self.given[start:end])

    def reply_code(self) -> CodeFound | None:
        """Return the reply code that counts, if there is one.  Never raises."""
        chosen = None
        for found in _REPLY_CODE.finditer(self.given):
            start, end = found.span()
            if not self._is_reply_code(start, end):
                continue
            code = CodeFound(found[0], start, end)
            if code.code[0] == "5" and code.code != _FOLLOW_UP:
                return code
            if chosen is None or chosen.code == _FOLLOW_UP:
                chosen = code
        return chosen

    def _is_reply_code(self, start: int, end: int) -> bool:
        before = self.given[max(start - _BEFORE_CHARACTERS, 0) : start]
        if _BEFORE_CODE.search(before) or (start == len(before) and not before.strip(" \t")):
            return True
        behind = end + 2 if self.given[end + 1 : end + 2] == "#" else end + 1
        return _STATUS.match(self.given, behind) is not None

    def status(self, start: int = 0) -> tuple[EnhancedStatusCode, CodeFound] | None:
        """Return the first enhanced code of a refusal, from a character on.  Never raises."""
        found = _STATUS.search(self.given, start)
        if found is None:
            return None
        return EnhancedStatusCode.parse(found[0]), CodeFound(found[0], found.start(), found.end())


def _hide_local_parts(lowered: str) -> str:
    pieces = lowered.split("@")
    for index, piece in enumerate(pieces[:-1]):
        kept = piece.rstrip(_LOCAL_PART)
        pieces[index] = kept + "_" * (len(piece) - len(kept))
    return "@".join(pieces)


def _length(text: str) -> int:
    try:
        return len(encode_wire(text))
    except UnicodeEncodeError:  # a lone surrogate that no octet was read as
        return len(text.encode("utf-8", "surrogatepass"))
