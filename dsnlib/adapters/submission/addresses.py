r"""Who an address list names, as people and programs write it (RFC 5322 s3.4).

>>> read_addresses('Ann <ann@example.org>, friends: bob, "c d"@example.net;')
['ann@example.org', 'bob', '"c d"@example.net']

Rules.
- Names, comments and the names of groups are passed over; what is left is what stands
  in a path.  A source route goes (RFC 5321 appendix C).
- TOLERANT: empty elements, and blanks around the signs of an address (RFC 5322 s4.4).
- What cannot be a path is an error; nothing is guessed.
- Time is linear in the text.
"""

from __future__ import annotations

import re

__all__ = ["MOST_ADDRESSES", "InvalidAddresses", "check_path", "qualify", "read_addresses"]

MOST_ADDRESSES = 10_240
"""How many addresses a list may have; Postfix reads as many of a header."""

_LONGEST_SHOWN = 80
# RFC 5321 s4.5.3.1.3: 256 octets with the brackets; TOLERANT: whoever takes it may be.
_LONGEST_OCTETS = 1000
# quoted-string, domain-literal, specials, white space, atoms      RFC 5322 s3.2
_WORD = re.compile(
    r'"(?>(?:[^"\\]++|\\.)*)"|\[[^\[\]]*+\]|[<>,;:()]|\s++|[^\s"<>,;:()\[\]]++', re.DOTALL
)
_IN_COMMENT = re.compile(r"\\.|[()]", re.DOTALL)
# Everything within quotes, or no blank, bracket or quote.
_PATH = re.compile(
    r'(?>(?:[^\s"<>\x00-\x20\x7f]++|"(?>(?:[^"\\\x00-\x1f\x7f]++|\\[^\x00-\x1f\x7f])*)")+)'
)
_QUOTED = re.compile(r'"(?>(?:[^"\\]++|\\.)*)"')


class InvalidAddresses(ValueError):
    """A text names nobody, or too many."""


def check_path(address: str) -> str:
    """Return an address that can stand in a command.

    Args:
        address: Without brackets.

    Raises:
        InvalidAddresses: It cannot.
    """
    try:
        octets = len(address.encode())
    except UnicodeEncodeError:
        octets = 0
    if _PATH.fullmatch(address) is None or not 0 < octets <= _LONGEST_OCTETS:
        raise InvalidAddresses(f"{_shown(address)} is no address")
    local_part, at, domain = address.rpartition("@")
    if at and (not local_part or not domain):
        raise InvalidAddresses(f"{_shown(address)} lacks what stands before or behind its @")
    if "@" in _QUOTED.sub("", local_part):
        raise InvalidAddresses(f"{_shown(address)} has more than one @")
    if at and not all(domain.split(".")):
        raise InvalidAddresses(f"{_shown(address)} has a dot too many in its domain")
    return address


def qualify(address: str, origin: str) -> str:
    """Return an address with a domain.

    Args:
        address: With one or without.
        origin: The domain that stands for none.
    """
    # An `@` within quotes is none.
    return address if "@" in address.rpartition('"')[2] else f"{address}@{origin}"


def read_addresses(text: str, *, most: int = MOST_ADDRESSES) -> list[str]:
    """Return the addresses of a list, in order.

    Args:
        text: The value of a header field, or an argument.
        most: How many are taken.

    Raises:
        InvalidAddresses: Something in it is no address, or there are more.
    """
    reader = _Reader(text, most)
    reader.read()
    return reader.addresses


class _Reader:
    """One pass over words, signs and blanks."""

    def __init__(self, text: str, most: int) -> None:
        self.addresses: list[str] = []
        self._text = text
        self._most = most
        # What stands outside of brackets, and within; None outside.
        self._words: list[str] = []
        self._inside: list[str] | None = None
        self._found: str | None = None

    def read(self) -> None:
        text, place = self._text, 0
        while place < len(text):
            match = _WORD.match(text, place)
            if match is None:
                raise InvalidAddresses(f"{_shown(text[place:])} has a quote that does not end")
            word = match[0]
            place = self._behind_comment(place) if word == "(" else match.end()
            if word != "(":
                self._take(word)
        if self._inside is not None:
            raise InvalidAddresses(f"{_shown(text)} has a bracket that is not closed")
        self._end()

    def _behind_comment(self, start: int) -> int:
        depth = 0
        for match in _IN_COMMENT.finditer(self._text, start):
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            if not depth:
                return match.end()
        raise InvalidAddresses(f"{_shown(self._text[start:])} has a comment that does not end")

    def _take(self, word: str) -> None:
        if self._inside is not None:
            self._take_inside(word)
        elif word == "<":
            if self._found is not None:
                raise InvalidAddresses(f"{_shown(self._text)} has two addresses without a comma")
            self._inside = []
        elif word in (",", ";"):
            self._end()
        elif word == ":":  # the name of a group
            self._words.clear()
        elif word in (")", ">"):
            raise InvalidAddresses(f"{_shown(self._text)} has a {word} that closes nothing")
        else:
            self._words.append(word)

    def _take_inside(self, word: str) -> None:
        inside = self._inside
        if inside is None or word == "<":
            raise InvalidAddresses(f"{_shown(self._text)} has a bracket within brackets")
        if word == ":" and inside and inside[0].startswith("@"):  # a source route
            inside.clear()
        elif word != ">":
            inside.append(word)
        else:
            self._inside = None
            self._found = _joined(inside)

    def _end(self) -> None:
        """Keep the address that ends here, if there is one."""
        address = _joined(self._words) if self._found is None else self._found
        self._words, self._found = [], None
        if not address:
            return
        if len(self.addresses) >= self._most:
            raise InvalidAddresses(f"there are more than {self._most} addresses")
        self.addresses.append(check_path(address))


def _joined(words: list[str]) -> str:
    """Return the words of an address without the blanks around its signs.

    A blank between two words stays, so that what is no address is seen to be none.
    """
    text = ""
    blank = False
    pieces: list[str] = []
    for word in words:
        if word.isspace():
            blank = True
            continue
        if blank and text and text[-1] not in ".@" and word[0] not in ".@":
            pieces.append(" ")
        pieces.append(word)
        text, blank = word, False
    return "".join(pieces)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")
