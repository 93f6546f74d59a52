"""Bring `dsnlib.pot` and the catalogues up to date with the English texts: `make locale`.

    python dsnlib/compose/locale/update.py [LANGUAGE ...]

A LANGUAGE that is not there yet gets an empty catalogue.  In the others each
translation whose English text is the same stays as it is; one whose text has
changed is kept for its translator, marked fuzzy, and not used until they have
looked at it; one whose text is gone goes.

A script for those who work on dsnlib: it is not in the wheel.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from dsnlib.compose import report_texts, texts
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.errors import CatalogueError
from dsnlib.model.registry import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCALE = Path(__file__).resolve().parent
TEMPLATE = LOCALE / "dsnlib.pot"
_WIDTH = 79
_NAME = re.compile(r'"([a-z0-9 -]+)": ')

# The fields of a header in their order, with what does not depend on the language.
_FIELDS = {
    "Project-Id-Version": "dsnlib",
    "PO-Revision-Date": "",
    "Last-Translator": "",
    "Language-Team": "",
    "Language": "",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "",
}
_COMMENT = "# What dsnlib says in its notifications.\n"


def messages() -> Iterator[Message]:
    """Every English text of `texts` and `report_texts`, with what a translator should know."""
    meanings = {str(entry): f"{entry.title}. {entry.meaning}" for entry in entries()}
    for code, title in texts.TITLES.items():
        comments = [meanings[code]] if code in meanings else []
        yield Message(title, context=f"{code} title", auto_comments=comments)
        yield Message(texts.ADVICE[code], context=f"{code} advice")
    yield from _phrases("phrase", texts.PHRASES, _notes(texts.__file__, "PHRASES"))
    yield from _phrases("report", report_texts.REPORT, _notes(report_texts.__file__, "REPORT"))


def _phrases(
    context: str, phrases: dict[str, str | tuple[str, str]], notes: dict[str, list[str]]
) -> Iterator[Message]:
    for name, phrase in phrases.items():
        yield Message(phrase, context=f"{context} {name}", auto_comments=notes[name])


def _notes(module: str, table: str) -> dict[str, list[str]]:
    """Return the comment in a module that stands above each phrase, or above its group."""
    _, _, source = Path(module).read_text(encoding="utf-8").partition(f"\n{table}")
    notes: dict[str, list[str]] = {}
    note: list[str] = []
    is_open = False
    for line in map(str.strip, source.split("\n")):
        if line.startswith("#"):
            note = [*note, line[1:].strip()] if is_open else [line[1:].strip()]
        elif found := _NAME.match(line):
            notes[found[1]] = note
        is_open = line.startswith("#")
    return notes


def template() -> str:
    """Return the text of `dsnlib.pot`."""
    catalog = Catalog()
    for message in messages():
        catalog[message.id] = message
    return _written(catalog, _COMMENT, {})


def updated(language: str, old: str | None) -> str:
    """Return the text of the catalogue of `language`.

    Args:
        language: As its directory is named.
        old: The text that it has now, if there is one.

    Raises:
        CatalogueError: The old text cannot be read.
    """
    catalog = Catalog(locale=language)
    fields = {"Language": language, "Plural-Forms": catalog.plural_forms}
    known: dict[str | None, Message] = {}
    if old is not None:
        Catalogue.from_po(old.encode(), origin=str(_path(language)))  # Babel lets mistakes pass
        before = read_po(io.StringIO(old), locale=language, abort_invalid=True)
        fields |= _stated(before, dict(catalog.mime_headers))
        catalog.mime_headers = [("Plural-Forms", fields["Plural-Forms"])]
        known = {each.context: each for each in before if each.id}
    for message in messages():
        if message.context in known:
            _take_over(message, known[message.context])
        catalog[message.id] = message
    return _written(catalog, _comments_above(old or _COMMENT), fields)


def _take_over(message: Message, before: Message) -> None:
    message.user_comments = before.user_comments
    if before.id == message.id:
        message.string = before.string
        message.flags |= before.flags & {"fuzzy"}
    elif isinstance(before.id, str) == isinstance(message.id, str) and any(before.string or ()):
        message.string = before.string
        message.flags.add("fuzzy")
        message.previous_id = [before.id] if isinstance(before.id, str) else list(before.id)


def _stated(before: Catalog, defaults: dict[str, str]) -> dict[str, str]:
    """Return what a header says, without what Babel says in its place."""
    fields = {name: value.strip() for name, value in before.mime_headers if name in _FIELDS}
    stated = {name: value for name, value in fields.items() if value != defaults.get(name)}
    return stated | {"Plural-Forms": before.plural_forms}


def _comments_above(old: str) -> str:
    above = old.partition("msgid")[0].split("\n")
    return "".join(f"{line}\n" for line in above if line.startswith("#") and line[:2] != "#,")


def _written(catalog: Catalog, comments: str, fields: dict[str, str]) -> str:
    """Return the text of a file, without the dates that Babel would put into it."""
    header = {name: value or fields.get(name, "") for name, value in _FIELDS.items()}
    stated = "".join(f'"{name}: {value}\\n"\n' for name, value in header.items() if value)
    body = io.BytesIO()
    write_po(body, catalog, width=_WIDTH, omit_header=True, include_previous=True)
    text = f'{comments}msgid ""\nmsgstr ""\n{stated}\n{body.getvalue().decode()}'
    return text.rstrip("\n") + "\n"


def main(new: list[str]) -> int:
    """Update every file, say what is left to do, return the exit code."""
    known = {path.name for path in LOCALE.iterdir() if (path / "LC_MESSAGES").is_dir()}
    _write(TEMPLATE, template())
    is_broken = False
    for language in sorted(known.union(new)):
        path = _path(language)
        try:
            old = path.read_text(encoding="utf-8") if path.exists() else None
            text = updated(language, old)
            count = len(Catalogue.from_po(text.encode()))
        except (CatalogueError, UnicodeDecodeError) as error:
            print(error if isinstance(error, CatalogueError) else f"{path}: {error}")
            is_broken = True
            continue
        _write(path, text)
        print(f"{language}: {count} of {sum(1 for _ in messages())} translated")
    return int(is_broken)


def _path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "dsnlib.po"


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
