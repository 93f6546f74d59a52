r"""The parts of a line of Exim's main log: whose, what, and what stands behind.

    STAMP [PROCESS] ID FLAG ADDRESS (PARENT) <ORIGINAL> NAME=VALUE ... defer (N): TEXT

Rules.
- The first address is written without its quotes, and may then hold anything: blanks, and
  what looks like fields.  The address as it was given follows in brackets, with quotes: it
  counts if the first one is the same without them.  A line where that is not to be told is
  not read, for whoever chooses an address could choose what the line says.
- A value is in quotes, or ends at a blank.  Colon and blank end the fields.
- Line ends in what a server said are written `\n`, other octets `\303`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "EximAddress", "EximEntry", "EximTail", "host_name", "read_address", "read_entry", "read_tail",
    "written_text",
]  # fmt: skip

_ENTRY = re.compile(
    r"(?:(?P<stamp>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?: [+-][0-9]{4})?) )?"
    r"(?:\[[0-9]{1,10}\] )?"
    # Of two lengths: since Exim 4.97 the second and third part are longer.
    r"(?P<id>[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})) "
    r"(?P<flag><=|=>|->|>>|\*\*|==|Completed)(?: |\Z)"
)
_QUOTED = r"\"(?>(?:[^\"\\]++|\\.)*)\""
# A file, a command or a word of Exim's, up to the address that it came from.
_PLACE = re.compile(r"[|/:>][^<]*+(?<= )(?=<)|[|/:][^ ]++")
_WORD = re.compile(r"[^\s\"<>]++")
_PARENTS = re.compile(r" \([^()\"]*+\)")
_ORIGINAL = re.compile(rf" <((?>(?:{_QUOTED}|[^<>\"]++)*))>")
_QUOTED_ORIGINAL = re.compile(rf" <(?P<local>{_QUOTED})@(?P<domain>[^<>\s\"]++)>")
_ESCAPED = re.compile(r"\\(.)")
_BARE = r"\1"
_MARK = ' <"'
# Exim cuts a line off at 8192 octets, and what is behind may be what tells.
_LONGEST = 8000
# Chosen by us: one is usual, two are where a server repeats it.
_MOST_MARKS = 16
# Chosen by us: an address has 320 octets (RFC 5321 s4.5.3.1), each of which may be escaped.
_FARTHEST = 1000

_FIELD = re.compile(
    rf" (?P<name>[A-Za-z0-9]{{1,8}}\*?)=(?P<value>{_QUOTED}|<(?>(?:{_QUOTED}|[^<>\"]++)*)>|)"
)
_FLAG = re.compile(r" [A-Z]{1,3}[-.*]{0,2}(?=[ :]|\Z)")
_VALUE = re.compile(r"(?>(?::(?! )|[^ :]++)*)")
_DEFER = re.compile(r" defer \(-?[0-9]{1,6}\)")
# name (what it calls itself) [address]:port, each of them or not; "*": it was used before.
_HOST = re.compile(r"(?P<host>[^ \[\]():]++)?(?: ?\([^()]*+\))?(?: ?\[[^\]]*+\])?(?::[0-9]++)?\*?")
_HOSTS = frozenset({"H", "I"})
_LINE_END = re.compile(r"(?:\\[rnt])+")
_OCTETS = re.compile(r"(?:\\[0-3][0-7]{2})+")


class EximEntry(NamedTuple):
    """What a line is about.

    Args:
        stamp: The time as it is written; `""` where syslog has it.
        id: The message.
        flag: What happened: `=>`, `**`, `Completed`.
        end: The character that the rest begins with.
    """

    stamp: str
    id: str
    flag: str
    end: int


class EximAddress(NamedTuple):
    """Who a line is about.

    Args:
        to: The address; `""` where only a file, a command or a local part is written.
        original: The one that it came from, if it is written.
        end: The character behind it.
        is_thrown_away: Whether it is Exim's `:blackhole:`.
    """

    to: str
    original: str | None
    end: int
    is_thrown_away: bool = False


class EximTail(NamedTuple):
    """What stands behind an address.

    Args:
        fields: By name; of several with a name the first.
        text: What follows them.
    """

    fields: dict[str, str]
    text: str


def read_entry(line: str, start: int) -> EximEntry | None:
    """Return what a line is about; `None` for a line of another form.  Linear; never raises."""
    found = _ENTRY.match(line, start)
    if found is None:
        return None
    return EximEntry(found["stamp"] or "", found["id"], found["flag"], found.end())


def read_address(line: str, start: int) -> EximAddress | None:
    """Return who a line is about, `None` where that is not to be told.  Linear; never raises.

    >>> read_address('a b@example.org <"a b"@example.org> R=x', 0)
    EximAddress(to='"a b"@example.org', original=None, end=35, is_thrown_away=False)
    """
    if len(line) > _LONGEST:
        return None
    if place := _PLACE.match(line, start):
        original, end = _original(line, place.end() - place[0].endswith(" "))
        is_thrown_away = line.startswith(":blackhole:", start)
        return EximAddress("", original, end, is_thrown_away=is_thrown_away)
    marks = _marks(line, start)
    for mark in marks:
        found = _QUOTED_ORIGINAL.match(line, mark)
        if found is None:
            continue
        plain = f"{_ESCAPED.sub(_BARE, found['local'][1:-1])}@{found['domain']}"
        # Behind the first "@" Exim writes lower case, be it in what was in quotes.
        if line[start:mark].lower() == plain.lower():
            return EximAddress(f"{found['local']}@{found['domain']}", None, found.end())
    word = _WORD.match(line, start)
    # One mark behind a word is of a child: what has quotes would have another.
    if word is None or (marks and marks != [word.end()]):
        return None
    to, end = word[0], word.end()
    if to.endswith(":"):
        return EximAddress(to[:-1], None, end - 1)
    if parents := _PARENTS.match(line, end):
        end = parents.end()
    original, end = _original(line, end)
    return EximAddress(to, original, end)


def _marks(line: str, start: int) -> list[int]:
    """Return where an address in quotes may follow."""
    marks: list[int] = []
    place = line.find(_MARK, start)
    while place >= 0 and len(marks) < _MOST_MARKS:
        marks.append(place)
        place = line.find(_MARK, place + 1)
    return marks


def _original(line: str, start: int) -> tuple[str | None, int]:
    found = _ORIGINAL.match(line, start, start + _FARTHEST)
    return (None, start) if found is None else (found[1], found.end())


def read_tail(line: str, start: int) -> EximTail:
    """Return the fields from a character on, and the text behind them.  Linear; never raises."""
    fields: dict[str, str] = {}
    while True:
        if (found := _DEFER.match(line, start)) or (found := _FLAG.match(line, start)):
            start = found.end()
            continue
        found = _FIELD.match(line, start)
        if found is None:
            break
        value, start = found["value"], found.end()
        if not value:
            form = _HOST if found["name"] in _HOSTS else _VALUE
            rest = form.match(line, start)
            value = "" if rest is None else rest[0]
            start += len(value)
        fields.setdefault(found["name"], value)
    return EximTail(fields, line[start:].removeprefix(":").lstrip(" "))


def host_name(field: str) -> str | None:
    """Return the name in `mx.example.org [192.0.2.1]:25`; `None` if there is none.

    Never raises.
    """
    found = _HOST.match(field)
    return None if found is None else found["host"]


def written_text(text: str) -> str:
    r"""Return a text with what is written for line ends and octets undone.

    >>> written_text(r"550-5.1.1 J\303\274rgen\n550 5.1.1 is gone")
    '550-5.1.1 Jürgen 550 5.1.1 is gone'

    Linear; never raises.
    """
    if "\\" not in text:
        return text
    return _OCTETS.sub(_octets, _LINE_END.sub(" ", text))


def _octets(found: re.Match[str]) -> str:
    octets = bytes([int(each, 8) for each in found[0][1:].split("\\")])
    return octets.decode("utf-8", "replace")
