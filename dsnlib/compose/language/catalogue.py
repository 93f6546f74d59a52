"""Catalogues: what dsnlib says, in one language; read from GNU gettext's files.

Rules.  A catalogue that was read can be used: each translation has the
placeholders of its message, each plural its number of forms, and no control
character stands where the message has none.  One that breaks this is refused as
a whole, with file and line, and the caller uses English.  What is missing in a
catalogue is said in English, as the message itself.

Babel reads the files.  It believes what a header says of the rest, so the header
is checked before anything depends on it.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

import attrs

from dsnlib.compose.language.plural import ENGLISH_FORMS, MOST_FORMS, PluralForms
from dsnlib.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from babel.messages.catalog import Message

__all__ = ["Catalogue", "Key"]

# A context and a message; for one with a number, its singular.
Key = tuple[str, str]

# Chosen by us: our catalogues have 40 to 70 thousand octets.
_LARGEST_OCTETS = 1_048_576
# Chosen by us: ours have 250.  Babel takes a time that grows with the square of it.
_LARGEST_COMPILED_HEADER = 8192

_PLACEHOLDER = re.compile(r"%\(([a-z_]+)\)s")
_PERCENT = re.compile(r"%%|%\([a-z_]+\)s|%")
# The one that a plural form may do without: "no recipient", "one recipient".
_COUNT = frozenset({"count"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# The key of the entry that has the header, as the format has it.
_HEADER = ("", "")
_UTF_8 = {"utf-8", "utf8", "us-ascii", "ascii"}
# What Babel raises for a file that is not as it expects, besides an error of its own.
_FOREIGN_PO = (IndexError, ValueError)
_FOREIGN_MO = (
    AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError, struct.error,
)  # fmt: skip
_SHOWN = 80


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
        return _of_messages(*_read_po(data, origin), origin)

    @classmethod
    def from_mo(cls, data: bytes, *, origin: str = "") -> Catalogue:
        """Return the catalogue of a `.mo` file.

        Raises:
            CatalogueError: It cannot be used; the error has no line.
        """
        _check_size(data, origin)
        return _of_messages(*_read_mo(data, origin), origin)

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
        """Return both in one: what this one does not have is taken from `other`.  Never raises."""
        return Catalogue(
            language=self.language or other.language,
            texts={**other.texts, **self.texts},
            plurals={**other.plurals, **self.plurals},
        )

    def missing(self, reference: Catalogue) -> tuple[Key, ...]:
        """Return what `reference` has and this one does not, in its order.  Never raises."""
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


class _Header(NamedTuple):
    language: str | None = None
    rule: PluralForms | None = None

    @classmethod
    def parse(cls, text: str) -> _Header:
        lines = (line.partition(":") for line in text.split("\n"))
        fields = {name.strip().lower(): value.strip() for name, _, value in lines}
        _, _, charset = fields.get("content-type", "").partition("charset=")
        if charset and charset.strip().lower() not in _UTF_8:
            raise CatalogueError(f"its charset is {charset[:_SHOWN]!r}: it has to be UTF-8")
        stated = fields.get("plural-forms")
        return cls(fields.get("language") or None, PluralForms.parse(stated) if stated else None)


def _read_po(data: bytes, origin: str) -> tuple[_Header, Mapping[Key, Message]]:
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import PoFileError, PoFileParser

    class Messages(Catalog):
        """Keeps what the parser finds.  Babel's own merges what is there twice."""

        def __init__(self) -> None:
            super().__init__()
            self.header = _Header()
            self.found: dict[Key, Message] = {}

        def __setitem__(self, _: object, message: Message) -> None:
            key = _key(message)
            if key in self.found:
                raise CatalogueError("the same message a second time")
            self.found[key] = message
            if key == _HEADER and isinstance(message.string, str):
                self.header = _Header.parse(message.string)

        @property
        def num_plurals(self) -> int:
            """Return how many plural forms the parser makes room for: not what a file says."""
            return MOST_FORMS

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8: {data[error.start : error.start + 1]!r}"
        line = data.count(b"\n", 0, error.start) + 1
        raise CatalogueError(problem, origin=origin, line=line) from error
    # Not splitlines: U+2028 and its like are letters here.  Babel does not know
    # "#~|", with which msgmerge says what an obsolete message was before.
    lines = ("#" if line.lstrip().startswith("#~|") else line for line in text.split("\n"))
    catalog = Messages()
    parser = PoFileParser(catalog, ignore_obsolete=True, abort_invalid=True)
    try:
        parser.parse(lines)
    except PoFileError as error:
        problem = str(error).rpartition(" on ")[0][:_SHOWN]  # without the line, counted from 0
        shown = f": {error.line[:_SHOWN]!r}" if error.line else ""
        line = error.lineno + 1
        raise CatalogueError(f"{problem}{shown}", origin=origin, line=line) from error
    except (CatalogueError, *_FOREIGN_PO) as error:
        raise CatalogueError(_say(error), origin=origin, line=parser.offset + 1) from error
    return catalog.header, catalog.found


def _read_mo(data: bytes, origin: str) -> tuple[_Header, Mapping[Key, Message]]:
    from babel.messages.mofile import read_mo

    try:
        header = _compiled_header(data)
        return header, {_key(message): message for message in read_mo(io.BytesIO(data))}
    except (CatalogueError, *_FOREIGN_MO) as error:
        problem = f"not a compiled catalogue: {_say(error)}"
        raise CatalogueError(problem, origin=origin) from error


# file = magic revision count texts translations ...       32 bits each
# texts = translations = *(length offset)                  GNU gettext, "MO Files"
def _compiled_header(data: bytes) -> _Header:
    """Return the header of a compiled file that Babel can be given.

    It would follow strings that lie upon each other to gigabytes, and take
    minutes for a great header or for the charset "punycode".
    """
    from babel.messages.catalog import Catalog, Message

    order = "<" if data.startswith(b"\xde") else ">"
    count, *tables = struct.unpack_from(f"{order}8x3I", data)
    texts, strings = (struct.unpack_from(f"{order}{2 * count}I", data, table) for table in tables)
    if sum(texts[::2]) + sum(strings[::2]) > len(data):
        raise CatalogueError("its strings are longer than the file")
    header = None
    for index in range(0, 2 * count, 2):
        length, offset = texts[index : index + 2]
        # Babel takes an empty message for the header whatever its context is.
        if length and not data[offset : offset + length].endswith(b"\x04"):
            continue
        length, offset = strings[index : index + 2]
        if header is not None:
            raise CatalogueError("a second header")
        if length > _LARGEST_COMPILED_HEADER:
            raise CatalogueError(f"its header has {length} octets")
        text = data[offset : offset + length].decode()
        header = _Header.parse(text)
        catalog = Catalog()
        catalog[""] = Message("", text)
        if catalog.charset not in _UTF_8:  # there are more ways to write it
            raise CatalogueError(f"its charset is {catalog.charset[:_SHOWN]!r}")
    return header or _Header()


def _say(error: Exception) -> str:
    if isinstance(error, CatalogueError):
        return str(error)
    return f"{type(error).__name__}: {str(error)[:_SHOWN]}"


def _key(message: Message) -> Key:
    # Babel leaves the context of a compiled message as octets.
    context = cast("str | bytes", message.context or "")
    text = message.id if isinstance(message.id, str) else message.id[0]
    return context.decode() if isinstance(context, bytes) else context, text


def _of_messages(header: _Header, messages: Mapping[Key, Message], origin: str) -> Catalogue:
    texts: dict[Key, str] = {}
    plurals: dict[Key, tuple[tuple[str, ...], PluralForms]] = {}
    for key, message in messages.items():
        forms = _forms(message)
        if key == _HEADER or message.fuzzy or not forms:
            continue
        try:
            if isinstance(message.id, str):
                _check(forms[0], message.id)
                texts[key] = forms[0]
            else:
                plurals[key] = _checked_forms(forms, message.id[1], header.rule)
        except CatalogueError as error:
            about = f"{key[0]}: " if key[0] else ""
            line = message.lineno or 0
            raise CatalogueError(f"{about}{error}", origin=origin, line=line) from error
    return Catalogue(language=header.language, texts=texts, plurals=plurals)


def _forms(message: Message) -> tuple[str, ...]:
    """Return the translations without empty ones at the end, of which Babel adds some."""
    forms = (message.string,) if isinstance(message.string, str) else message.string or ()
    count = max((number for number, form in enumerate(forms, 1) if form), default=0)
    return tuple(forms[:count])


def _checked_forms(
    forms: tuple[str, ...], plural: str, rule: PluralForms | None
) -> tuple[tuple[str, ...], PluralForms]:
    if rule is None:
        raise CatalogueError("a message with a number, but the header has no Plural-Forms")
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
