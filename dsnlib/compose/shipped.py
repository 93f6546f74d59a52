"""What is shipped with dsnlib: its languages, their catalogues and templates.

This is the one module of the core that reads files, and only those of the
package: immutable data like the tables of `model/_registry_data.py`, kept as
files because translators work on them.  The files of a user are read by whoever
calls, and handed over as bytes.

Rules.  An installed dsnlib has compiled catalogues; in a working copy the text
is read.  English is in the code, in `texts`, so it is there whatever is broken.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

from dsnlib.compose import report_texts, texts
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.language.plural import ENGLISH_FORMS

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["ENGLISH", "shipped_catalogue", "shipped_languages", "shipped_template"]

ENGLISH = "en"
"""The language that is always there."""


@functools.cache
def shipped_languages() -> tuple[str, ...]:
    """Return the languages that a notification can be written in, sorted.

    They are named as their directories: `de`, `pt_BR`, `zh_Hans`.
    """
    directories = (each.name for each in _package("locale").iterdir() if each.is_dir())
    return tuple(sorted({ENGLISH, *(name for name in directories if _has_catalogue(name))}))


@functools.cache
def shipped_catalogue(language: str) -> Catalogue:
    """Return the catalogue of a language, the same one each time.

    Raises:
        LookupError: The language is none of `shipped_languages()`.
        CatalogueError: The catalogue is broken, which the tests rule out.
    """
    _check(language)
    if language == ENGLISH:
        return _english()
    directory = _directory(language)
    for name, read in (("dsnlib.mo", Catalogue.from_mo), ("dsnlib.po", Catalogue.from_po)):
        file = directory / name
        if file.is_file():
            return read(file.read_bytes(), origin=f"{language}/{name}")
    raise LookupError(f"no catalogue for {language!r}")


@functools.cache
def shipped_template(language: str) -> bytes:
    """Return the template file of a language, as Postfix writes its own.

    Raises:
        LookupError: The language is none of `shipped_languages()`, or has no
            template.
    """
    _check(language)
    try:
        return (_package("builtin") / f"{language}.cf").read_bytes()
    except FileNotFoundError as error:
        raise LookupError(f"no template for {language!r}") from error


def _check(language: str) -> None:
    # A name from outside is never a part of a path before it is known.
    if language not in shipped_languages():
        raise LookupError(f"no such language: {language!r}")


def _english() -> Catalogue:
    """Return the catalogue in which every message is itself."""
    messages = {
        **{(f"{code} title", title): title for code, title in texts.TITLES.items()},
        **{(f"{code} advice", advice): advice for code, advice in texts.ADVICE.items()},
    }
    plurals = {}
    for context, phrases in (("phrase", texts.PHRASES), ("report", report_texts.REPORT)):
        for name, phrase in phrases.items():
            if isinstance(phrase, str):
                messages[f"{context} {name}", phrase] = phrase
            else:
                plurals[f"{context} {name}", phrase[0]] = (phrase, ENGLISH_FORMS)
    return Catalogue(language=ENGLISH, texts=messages, plurals=plurals)


def _package(folder: str) -> Traversable:
    return resources.files("dsnlib.compose") / folder


def _directory(language: str) -> Traversable:
    return _package("locale") / language / "LC_MESSAGES"


def _has_catalogue(language: str) -> bool:
    return any((_directory(language) / name).is_file() for name in ("dsnlib.mo", "dsnlib.po"))
