"""Catalogues: what dsnlib says, in one language; read from GNU gettext's files.

Rules.  A catalogue that was read can be used: each translation has the
placeholders of its message, each plural its number of forms, and no control
character stands where the message has none.  One that breaks this is refused as
a whole, with file and line, and the caller uses English.  What is missing in a
catalogue is said in English, as the message itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.mo import read_mo
from dsnlib.compose.plural import ENGLISH_FORMS, PluralForms
from dsnlib.compose.po import read_po
from dsnlib.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from dsnlib.compose.po import Entry

__all__ = ["Catalogue", "Key"]

# A context and a message; for one with a number, its singular.
Key = tuple[str, str]

# Chosen by us: our catalogues have 40 to 70 thousand octets.
_LARGEST_OCTETS = 1_048_576

_PLACEHOLDER = re.compile(r"%\(([a-z_]+)\)s")
_PERCENT = re.compile(r"%%|%\([a-z_]+\)s|%")
# The one that a plural form may do without: "no recipient", "one recipient".
_COUNT = frozenset({"count"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# The key of the entry that has the header, as the format has it.
_HEADER = ("", "")
_UTF_8 = {"utf-8", "utf8", "us-ascii", "ascii"}


@attrs.frozen(kw_only=True)
class Catalogue:
    """The messages of one language.

    Args:
        language: As the header of its file says, or `None`.
        texts: Translations of messages, without those that are missing.
        plurals: The plural forms of messages with a number, with the rule that
            chooses among them.
    """

    language: str | None = None
    texts: Mapping[Key, str] = attrs.field(factory=dict, repr=False)
    plurals: Mapping[Key, tuple[tuple[str, ...], PluralForms]] = attrs.field(
        factory=dict, repr=False
    )

    @classmethod
    def from_po(cls, data: bytes, *, origin: str = "") -> Catalogue:
        """Return the catalogue of a `.po` file.

        Args:
            data: The file.
            origin: Its name, for messages about it.

        Raises:
            CatalogueError: It cannot be used; the error has the line.
        """
        _check_size(data, origin)
        return _of_entries(read_po(data, origin=origin), origin)

    @classmethod
    def from_mo(cls, data: bytes, *, origin: str = "") -> Catalogue:
        """Return the catalogue of a `.mo` file.

        Raises:
            CatalogueError: It cannot be used; the error has no line.
        """
        _check_size(data, origin)
        return _of_entries(read_mo(data, origin=origin), origin)

    def message(self, context: str, text: str) -> str:
        """Return a message in this language, or `text` itself.  Never raises."""
        return self.texts.get((context, text), text)

    def plural(self, context: str, singular: str, plural: str, count: int) -> str:
        """Return a message in the form for `count`, or in English.  Never raises."""
        found = self.plurals.get((context, singular))
        if found is None:
            return plural if ENGLISH_FORMS.form(count) else singular
        forms, rule = found
        return forms[rule.form(count)]

    def over(self, other: Catalogue) -> Catalogue:
        """Return both in one: what this one does not have is taken from `other`."""
        return Catalogue(
            language=self.language or other.language,
            texts={**other.texts, **self.texts},
            plurals={**other.plurals, **self.plurals},
        )

    def missing(self, reference: Catalogue) -> tuple[Key, ...]:
        """Return what `reference` has and this one does not, in its order."""
        return tuple(
            key
            for key in (*reference.texts, *reference.plurals)
            if key not in self.texts and key not in self.plurals
        )

    def __len__(self) -> int:
        """Return how many messages there are."""
        return len(self.texts) + len(self.plurals)


def _check_size(data: bytes, origin: str) -> None:
    if len(data) > _LARGEST_OCTETS:
        raise CatalogueError(
            f"{len(data)} octets are more than {_LARGEST_OCTETS}", origin=origin, line=0
        )


def _of_entries(entries: tuple[Entry, ...], origin: str) -> Catalogue:
    reader = _Reader()
    for entry in entries:
        try:
            reader.take(entry)
        except CatalogueError as error:
            about = f"{entry.context}: " if entry.context else ""
            raise CatalogueError(f"{about}{error}", origin=origin, line=entry.line) from error
    return Catalogue(language=reader.language, texts=reader.texts, plurals=reader.plurals)


class _Reader:
    """Takes the entries of a file, keeps their translations.  Lives for one file."""

    def __init__(self) -> None:
        self.language: str | None = None
        self.texts: dict[Key, str] = {}
        self.plurals: dict[Key, tuple[tuple[str, ...], PluralForms]] = {}
        self._rule: PluralForms | None = None
        self._seen: set[Key] = set()

    def take(self, entry: Entry) -> None:
        key = (entry.context or "", entry.text)
        if key in self._seen:
            raise CatalogueError("the same message a second time")
        self._seen.add(key)
        if key == _HEADER:
            fields = _header(entry)
            self.language = fields.get("language") or None
            if stated := fields.get("plural-forms"):
                self._rule = PluralForms.parse(stated)
        elif entry.is_fuzzy or not any(entry.translations):
            return
        elif entry.plural is None:
            _check(entry.translations[0], entry.text)
            self.texts[key] = entry.translations[0]
        else:
            self.plurals[key] = _checked_forms(entry, entry.plural, self._rule)


def _header(entry: Entry) -> Mapping[str, str]:
    """Return the fields of the header, their names in lower case."""
    lines = (line.partition(":") for line in entry.translations[0].split("\n"))
    fields = {name.strip().lower(): value.strip() for name, _, value in lines}
    _, _, charset = fields.get("content-type", "").partition("charset=")
    if charset and charset.strip().lower() not in _UTF_8:
        raise CatalogueError(f"its charset is {charset!r}: it has to be UTF-8")
    return fields


def _checked_forms(
    entry: Entry, plural: str, rule: PluralForms | None
) -> tuple[tuple[str, ...], PluralForms]:
    if rule is None:
        raise CatalogueError("a message with a number, but the header has no Plural-Forms")
    forms = entry.translations
    if len(forms) != rule.count:
        raise CatalogueError(f"{len(forms)} plural forms, but the header has nplurals={rule.count}")
    for form in forms:
        if not form:
            raise CatalogueError("a plural form is empty")
        _check(form, plural, may_lack=_COUNT)
    return forms, rule


def _check(translation: str, message: str, *, may_lack: AbstractSet[str] = frozenset()) -> None:
    """Raise `CatalogueError` unless the translation can stand for the message."""
    has = set(_PLACEHOLDER.findall(translation))
    wanted = set(_PLACEHOLDER.findall(message))
    if missing := wanted - has - may_lack:
        raise CatalogueError(f"the translation lacks {_placeholders(missing)}")
    if extra := has - wanted:
        raise CatalogueError(f"the message has no {_placeholders(extra)}")
    if wanted and "%" in _PERCENT.findall(translation):
        raise CatalogueError("a % that is no placeholder such as %(count)s; written %% it is one")
    if control := set(_CONTROL.findall(translation)) - set(_CONTROL.findall(message)):
        raise CatalogueError(f"the message has no {min(control)!r}")


def _placeholders(names: set[str]) -> str:
    return ", ".join(f"%({name})s" for name in sorted(names))
