"""The named restrictions, and lists of them as configuration files have them.

    check_client_access cidr:/etc/mail/clients, permit_mynetworks,
    warn_if_reject reject_unknown_helo_hostname,
    reject_unauth_destination

The names are Postfix's, so a list can be moved as it is: see `restriction_names`.

Rules.
- A list is read once.  An unknown name, a missing argument or a table that
  cannot be opened is an error that names the file and the line.
- What stands without a name, `hash:/etc/mail/access`, is the table of its
  list's own stage.
- A name of the site's own stands for a list: a restriction class.  Classes lead
  to each other at most 100 deep.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidValue, RestrictionError
from dsnlib.model.texts import text_set
from dsnlib.replies.access import parse_action
from dsnlib.replies.nesting import Nesting
from dsnlib.replies.restriction_names import (
    LIST_ARGUMENT,
    OLD_NAMES,
    RESTRICTIONS,
    SECONDS_ARGUMENT,
    SERVICE_ARGUMENT,
    TABLE_ARGUMENT,
    Kind,
)
from dsnlib.replies.rules.block_lists import parse_block_list
from dsnlib.replies.table import Table
from dsnlib.replies.words import Word, split_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

__all__ = [
    "Restriction",
    "check_access_value",
    "needs_of",
    "parse_classes",
    "parse_restrictions",
]


@attrs.frozen(kw_only=True)
class Restriction:
    """One restriction of a list.

    Args:
        name: As the list has it: an old name is kept.
        kind: What it stands for; `None` for a table alone and for a class.
        table: The table it asks.
        argument: What else it takes.
        applied: The list that a class stands for.
        warns: Whether it only warns: `warn_if_reject` stands before it.
    """

    name: str
    kind: Kind | None = attrs.field(default=None, repr=False)
    table: Table | None = None
    argument: str = ""
    applied: tuple[Restriction, ...] = ()
    warns: bool = False

    def __str__(self) -> str:
        argument = self.argument if self.table is None else self.table.name
        words = ("warn_if_reject" if self.warns else "", self.name, argument)
        return " ".join(dict.fromkeys(word for word in words if word))


_TABLE_LIKE = re.compile(r"[a-z][a-z0-9_]*:\S", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,4}")


def parse_restrictions(
    text: str,
    *,
    open_table: Callable[[str], Table] | None = None,
    classes: Mapping[str, tuple[Restriction, ...]] | None = None,
    services: Collection[str] = (),
    origin: str = "",
    line: int = 1,
) -> tuple[Restriction, ...]:
    """Return the restrictions of a list.

    >>> found = parse_restrictions("warn_if_reject reject_unknown_client, permit")
    >>> [str(each) for each in found]
    ['warn_if_reject reject_unknown_client', 'permit']

    Args:
        text: Names and their arguments, between which are commas or white
            space; `{...}` keeps what is in it together.
        open_table: Makes a table of `texthash:/etc/mail/access`; its errors
            pass through.  Without it a list has no tables.
        classes: What names of the site's own stand for: see `parse_classes`.
        services: The policy services that there are.
        origin: The name of the file or setting, for errors.
        line: The line on which the text begins.

    Raises:
        RestrictionError: An unknown name, a name without its argument, or a
            brace that has no partner.
        TableError: A table cannot be used.
        InvalidValue: The services are one text.
    """
    known = {} if classes is None else classes
    return _Reader(open_table, known.get, text_set(services, "services"), origin).read(text, line)


def parse_classes(
    texts: Mapping[str, str],
    *,
    open_table: Callable[[str], Table] | None = None,
    services: Collection[str] = (),
    origin: str = "",
) -> dict[str, tuple[Restriction, ...]]:
    """Return the lists that names of the site's own stand for.

    Args:
        texts: A list for each name; a class may name others.
        open_table: As for `parse_restrictions`.
        services: As there.
        origin: As there; the name of the class is put behind it.

    Raises:
        RestrictionError: As there; also a class that leads to itself, or on to
            others more than 100 deep.
        TableError: A table cannot be used.
        InvalidValue: As there.
    """
    classes: dict[str, tuple[Restriction, ...]] = {}
    nesting = Nesting(origin)
    services = text_set(services, "services")

    def read(name: str) -> tuple[Restriction, ...] | None:
        if name not in texts or name in classes:
            return classes.get(name)
        place = nesting.enter(name)
        classes[name] = _Reader(open_table, read, services, place).read(texts[name], 1)
        nesting.leave(each.name for each in classes[name] if each.kind is None)
        return classes[name]

    for name in texts:
        read(name)
    return classes


def check_access_value(
    value: str, *, classes: Collection[str] = (), services: Collection[str] = ()
) -> None:
    """Refuse a value that an access table may not have, for `parse_table(check=...)`.

    Args:
        value: An action, or names of restrictions that take no table.
        classes: The names of the site's own.
        services: The policy services that there are.

    Raises:
        InvalidValue: It is neither; or the classes or the services are one text.
    """
    known: dict[str, tuple[Restriction, ...]] = dict.fromkeys(text_set(classes, "classes"), ())
    services = text_set(services, "services")
    try:
        parse_action(value)
    except InvalidValue as error:
        try:
            found = parse_restrictions(value, classes=known, services=services)
        except RestrictionError as not_restrictions:
            # What begins with a name of theirs was meant for restrictions.
            first = value.replace(",", " ").split()[:1]
            is_meant = any(each.lower() in {**RESTRICTIONS, **OLD_NAMES} for each in first)
            message = str(not_restrictions.args[0]) if is_meant else str(error)
            raise InvalidValue(message, value=value) from not_restrictions
        if not found:
            raise


def needs_of(restrictions: Iterable[Restriction]) -> Iterator[tuple[str, str]]:
    """Yield each field of a site that restrictions cannot do without, and for which one.

    The list of a class is looked at once, however often it is named.  Never raises.
    """
    waiting = list(restrictions)
    # Classes that each name the one before twice stand for 2^100 restrictions.
    seen: set[int] = set()
    for each in waiting:
        for field in () if each.kind is None else each.kind.needs:
            yield field, each.name
        if id(each.applied) not in seen:
            seen.add(id(each.applied))
            waiting += each.applied


@attrs.frozen
class _Reader:
    """Reads lists of one place."""

    open_table: Callable[[str], Table] | None
    class_of: Callable[[str], tuple[Restriction, ...] | None]
    services: frozenset[str]
    origin: str

    def read(self, text: str, line: int) -> tuple[Restriction, ...]:
        words = split_words(text, line=line, origin=self.origin, error=RestrictionError)
        found: list[Restriction] = []
        warning: Word | None = None
        for word in words:
            if word.text.lower() == "warn_if_reject":
                warning = word
                continue
            restriction = self._restriction(word, words)
            found.append(attrs.evolve(restriction, warns=warning is not None))
            warning = None
        if warning is not None:
            raise self._error(warning, "warn_if_reject has nothing behind it")
        return tuple(found)

    def _restriction(self, word: Word, words: Iterator[Word]) -> Restriction:
        name = word.text.lower()
        kind = RESTRICTIONS.get(OLD_NAMES.get(name, name))
        if kind is not None:
            return self._with_argument(word, kind, words)
        if _TABLE_LIKE.match(word.text):
            return Restriction(name=word.text, table=self._table(word))
        applied = self.class_of(word.text)
        if applied is None:
            raise self._error(word, f"{word.text!r} is not a restriction")
        return Restriction(name=word.text, applied=applied)

    def _with_argument(self, word: Word, kind: Kind, words: Iterator[Word]) -> Restriction:
        restriction = Restriction(name=word.text, kind=kind)
        if not kind.argument:
            return restriction
        argument = next(words, None)
        if argument is None:
            raise self._error(word, f"{word.text} needs {kind.argument} behind it")
        text = argument.text
        fault = ""
        if kind.argument == TABLE_ARGUMENT:
            if _TABLE_LIKE.match(text):
                return attrs.evolve(restriction, table=self._table(argument))
            fault = f"{word.text} needs a table, not {text!r}"
        elif kind.argument == LIST_ARGUMENT:
            try:
                parse_block_list(text)
            except InvalidValue as error:
                fault = str(error)
        elif kind.argument == SECONDS_ARGUMENT and _NUMBER.fullmatch(text) is None:
            fault = f"{word.text} needs a number of seconds, not {text!r}"
        elif kind.argument == SERVICE_ARGUMENT and text not in self.services:
            fault = f"{text!r} is not a policy service of this site"
        if fault:
            raise self._error(argument, fault)
        return attrs.evolve(restriction, argument=text)

    def _table(self, word: Word) -> Table:
        if self.open_table is None:
            raise self._error(word, f"a table has no place here: {word.text!r}")
        return self.open_table(word.text)

    def _error(self, word: Word, what: str) -> RestrictionError:
        return RestrictionError(f"restrictions: {what}", origin=self.origin, line=word.line)
