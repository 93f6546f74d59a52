"""Fuzz what a language is chosen from, and the catalogues that are written in one.

Invariant.
- Any text is tags, a language and the tags of two fields; a tag that is read is read as
  itself in its present spelling, and what was refused is never a guess.
- Any octets are a catalogue, as `.po` and as `.mo`, or `CatalogueError` with the file
  and a line of it; each of its messages has the placeholders that it replaces, and a
  form for any number.
"""

from __future__ import annotations

import re

from dsnlib.compose.language.accept import (
    parse_accept_language,
    parse_content_language,
    refused_languages,
)
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.language.choose import choose_language, look_up_language
from dsnlib.compose.language.plural import PluralForms
from dsnlib.compose.language.tags import parent_regions, read_tag
from dsnlib.errors import CatalogueError
from fuzz.alphabet import expand, text_of

__all__ = ["LANGUAGE", "READS", "check"]

READS = ("dsnlib.compose.language",)

_MOST_TAGS = 32
_NUMBERS = (-1, 0, 1, 2, 5, 11, 21, 102, 1001, 10**9, 10**30)
# As ours are written; a message without one is not filled in, whatever looks like one.
_PLACEHOLDER = re.compile(r"%\(([a-z_]+)\)s")
_AVAILABLE = ("en", "de", "zh_Hans", "zh_Hant", "pt_BR", "pt", "sr_Latn", "es_419", "nb")

LANGUAGE = (
    b"\n", b", ", b";q=", b"0.8", b"0", b"1.5", b".5", b"*", b"-", b"_", b"(", b")", b"@latin",
    b".UTF-8", b"en", b"de-AT", b"zh-TW", b"zh-Hant-HK", b"sr-Latn-RS", b"pt-BR", b"es-MX", b"iw",
    b"i-klingon", b"x-private", b"nb", b"und", b"840", b"DD", b"de-DE-1996", b"\xff", b"\xc5\xbf",
    b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n',
    b'"Plural-Forms: nplurals=2; plural=n != 1;\\n"\n', b'"Language: de\\n"\n', b"charset=",
    b"punycode", b'msgid "', b'msgid_plural "', b'msgstr "', b'msgstr[0] "', b'msgstr[1] "',
    b'msgctxt "', b'"\n', b"\\n", b"\\", b"%(count)s", b"%(address)s", b"%%", b"%", b"#, fuzzy\n",
    b"#~ ", b"#| ", b"# ", b"nplurals=3; plural=", b"n%10==1 && n%100!=11 ? 0 : ", b"n/0", b"n",
    b"!", b"((", b"))", b"99999999999", b"\xde\x12\x04\x95\0\0\0\0", b"\x95\x04\x12\xde\0\0\0\0",
    b"\1\0\0\0", b"\x1c\0\0\0", b"\x24\0\0\0", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0", b"\4",
)  # fmt: skip


def check(data: bytes) -> None:
    """Read one input as a language, as a field and as a catalogue, and assert the invariant."""
    octets = expand(data, LANGUAGE)
    text = text_of(octets)
    for tag in {text, text.partition("\n")[0]}:
        _check_tag(tag)
    _check_fields(text)
    for read in (Catalogue.from_po, Catalogue.from_mo):
        try:
            catalogue = read(octets, origin="fuzz")
        except CatalogueError as error:
            assert error.origin == "fuzz"
            assert 0 <= error.line <= octets.count(b"\n") + 1
        else:
            _check_catalogue(catalogue)
    try:
        forms = PluralForms.parse(text)
    except CatalogueError:
        return
    _check_forms(forms)
    assert forms == PluralForms.parse(str(forms))


def _check_tag(text: str) -> None:
    tag = read_tag(text)
    if tag is None:
        return
    again = read_tag(tag.stated)
    assert again is not None
    assert (tag.language, tag.script, tag.region) == (again.language, again.script, again.region)
    parent_regions(tag)
    assert look_up_language(text, _AVAILABLE) in {None, *_AVAILABLE}


def _check_fields(text: str) -> None:
    accepted, listed = parse_accept_language(text), parse_content_language(text)
    refused = refused_languages(text)
    assert len(accepted) + len(refused) <= _MOST_TAGS
    assert len(listed) <= _MOST_TAGS
    for content in (None, text):
        found = choose_language(
            _AVAILABLE, accept_language=text, content_language=content, domain=text,
            domain_languages={".example": "de"},
        )  # fmt: skip
        assert found.language in _AVAILABLE
        assert str(found)


def _check_catalogue(catalogue: Catalogue) -> None:
    for (context, message), text in catalogue.texts.items():
        assert text == catalogue.message(context, message)
        assert set(_PLACEHOLDER.findall(message)) == set(_PLACEHOLDER.findall(text))
    for (context, singular), (forms, rule) in catalogue.plurals.items():
        _check_forms(rule)
        for number in _NUMBERS:
            assert catalogue.plural(context, singular, "x", number) in forms
    assert len(catalogue.over(Catalogue())) == len(catalogue)
    assert catalogue.missing(catalogue) == ()


def _check_forms(forms: PluralForms) -> None:
    for number in _NUMBERS:
        assert 0 <= forms.form(number) < forms.count
