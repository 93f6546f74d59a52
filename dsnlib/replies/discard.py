"""Keywords of EHLO that are kept from a peer: lists of them, and whose list is whose.

    pipelining, 8bitmime dsn      three keywords
    dsn, silent-discard           one, and no word of it in the log

Some clients stumble over an extension, and some servers announce what they do
wrong.  A list says which keywords are passed over; a table gives a peer, by
its IP address, a list of its own.

Rules.
- The list that a table has for a peer takes the place of the general one; an
  empty one means that nothing is discarded.
- An unknown word stops nothing, and is told of: it may be a slip of the pen.
- A table that cannot answer is no empty table: `SETTINGS_UNKNOWN` is what the
  client hears then.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import Defect, InvalidValue
from dsnlib.model.texts import text_set
from dsnlib.replies.capabilities import EXTENSIONS
from dsnlib.replies.drive import run
from dsnlib.replies.table import Table, ask

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DISCARD_WORDS",
    "SILENT",
    "DiscardRules",
    "Discards",
    "discard_offered",
    "parse_discards",
]

# In the order in which they are announced.
DISCARD_WORDS = tuple(row.word for row in EXTENSIONS)
SILENT = "silent-discard"

_SEPARATORS = re.compile(r"[,\s]+", re.ASCII)
# The word of a keyword, and that of the keyword that it is nothing without.
_WORD_BY_KEYWORD = {row.keyword: row.word for row in EXTENSIONS}
_NEEDED_WORDS = {row.word: row.needs for row in EXTENSIONS if row.needs is not None}


def _defects(values: Iterable[Defect]) -> tuple[Defect, ...]:
    return tuple(values)


@attrs.frozen
class Discards:
    """The keywords that one peer does not see.

    Args:
        words: Of `DISCARD_WORDS`.
        is_silent: Whether the log says nothing of them.
        defects: Words that nobody knows.  Not part of the value.

    Raises:
        InvalidValue: A word is not one of `DISCARD_WORDS`.
    """

    words: frozenset[str] = attrs.field(default=frozenset(), converter=text_set)
    is_silent: bool = attrs.field(default=False, kw_only=True)
    defects: tuple[Defect, ...] = attrs.field(
        default=(), eq=False, repr=False, kw_only=True, converter=_defects
    )

    def __attrs_post_init__(self) -> None:
        for word in sorted(self.words.difference(DISCARD_WORDS)):
            message = f"discard: {word!r} is none of {', '.join(DISCARD_WORDS)}"
            raise InvalidValue(message, value=word)

    @property
    def logged(self) -> tuple[str, ...]:
        """The words for the log, in the order of announcement; none if it is to be silent."""
        if self.is_silent:
            return ()
        return tuple(word for word in DISCARD_WORDS if word in self.words)

    def __str__(self) -> str:
        words = [word for word in DISCARD_WORDS if word in self.words]
        return " ".join([*words, *([SILENT] if self.is_silent else [])])


def parse_discards(text: str, *, origin: str = "") -> Discards:
    """Return the list that a setting, or an entry of a table, spells.

    >>> found = parse_discards("DSN, bdat silent-discard")
    >>> str(found), found.defects[0].code
    ('dsn silent-discard', 'discard-word')

    Args:
        text: Words of `DISCARD_WORDS` in any case, and `silent-discard`, with
            commas or white space between.
        origin: Where it stands, for the defects.

    Never raises: a word that nobody knows is a defect.
    """
    found = dict.fromkeys(word for word in _SEPARATORS.split(text) if word)
    # Beyond US-ASCII there are letters that become US-ASCII in lower case.
    words = {(word.lower() if word.isascii() else word): word for word in found}
    is_silent = words.pop(SILENT, None) is not None
    known = frozenset(words).intersection(DISCARD_WORDS)
    place = f"{origin}: " if origin else ""
    return Discards(
        known,
        is_silent=is_silent,
        defects=[
            Defect(code="discard-word", message=f"{place}{written!r} is no keyword to discard")
            for word, written in words.items()
            if word not in known
        ],
    )


def _tables(values: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(values)


@attrs.frozen
class DiscardRules:
    """What is discarded for whom.

    Args:
        general: For peers that no table has.
        tables: Asked in order with a peer's IP address and nothing else; the
            first that has it decides.
    """

    general: Discards = attrs.field(factory=Discards)
    tables: tuple[Table, ...] = attrs.field(default=(), converter=_tables)

    async def discards_for(self, address: str) -> Discards:
        """Return what is discarded for a peer.

        Args:
            address: Its IP address: of the client that calls us, or of the
                server that we call.

        Raises:
            LookupFailed: A table could not answer; a client is told so with
                `StandardReply.SETTINGS_UNKNOWN`.
        """
        for table in self.tables:
            text = await ask(table, address)
            if text is not None:
                return parse_discards(text, origin=f"{table.name}: {address}")
        return self.general

    def discards_for_sync(self, address: str) -> Discards:
        """Return the same of tables that answer at once.

        Raises:
            LookupFailed: A table could not answer.
            TypeError: A table answers later.
        """
        return run(self.discards_for(address))


def discard_offered(lines: str | Iterable[str], discards: Discards) -> tuple[str, ...]:
    """Return what is left of a server's reply to EHLO, for `NextHop.from_ehlo`.

    >>> discard_offered(["SIZE 1000", "dsn"], parse_discards("dsn"))
    ('SIZE 1000',)

    Args:
        lines: The lines, or their text, without their codes and without the
            first, which is the greeting.
        discards: What is discarded for the server.

    Never raises.
    """
    if isinstance(lines, str):
        lines = lines.splitlines()
    return tuple(line for line in lines if not _is_discarded(line, discards.words))


def _is_discarded(line: str, words: frozenset[str]) -> bool:
    # TOLERANT: "AUTH=LOGIN", as servers wrote before RFC 2554 and for its
    # clients some still do.
    keyword = (line.split(None, 1) or [""])[0].partition("=")[0].upper()
    word = _WORD_BY_KEYWORD.get(keyword)
    return word in words or _NEEDED_WORDS.get(word or "") in words
