"""The first part of a notification: the letters, in one or more languages.

Three arrangements.  Plain text with one language below the other, which every
program shows; the same beside an HTML form (multipart/alternative, RFC 2046
s5.1.4); and one part for each language (multipart/multilingual, RFC 8255).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.html import format_html
from dsnlib.compose.mime import (
    encode_unstructured,
    encoding_field,
    fold_header,
    multipart,
    text_part,
)
from dsnlib.model.text import is_atom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.compose.letter import Letter
    from dsnlib.compose.wording import Wording

__all__ = ["HumanForm", "human_part"]

_ENGLISH = "en"


@attrs.frozen(kw_only=True)
class HumanForm:
    """How the letters are laid out.

    Args:
        is_html: Whether an HTML form stands beside the plain text.
        is_multilingual: Whether each language has a part of its own (RFC 8255)
            instead of standing below the one before.
        is_seven_bit: Whether the way allows no octets beyond US-ASCII.
    """

    is_html: bool = False
    is_multilingual: bool = False
    is_seven_bit: bool = False


def human_part(
    letters: Sequence[Letter], wordings: Sequence[Wording], form: HumanForm, *, token: str
) -> bytes:
    """Return the part that the letters make: its header, an empty line, its content.

    Args:
        letters: One for each language, at least one.
        wordings: The words of each.
        form: How to lay them out.
        token: What the boundaries of inner parts are made from: letters, digits,
            `.`, `-`, `_`.

    Raises:
        ValueError: There are not as many letters as wordings.
    """
    if form.is_multilingual and len(letters) > 1:
        return _multilingual(letters, wordings, form, token)
    return _stacked(letters, wordings, form, token)


def _stacked(
    letters: Sequence[Letter], wordings: Sequence[Wording], form: HumanForm, token: str
) -> bytes:
    between = _separators(wordings)
    pieces = [letters[0].text]
    for letter, separator in zip(letters[1:], between, strict=True):
        pieces.append(f"\n\n{separator}\n\n{letter.text}")
    languages = ", ".join([each.language for each in letters if each.language])
    fields = f"Content-Language: {languages}\r\n" if languages else ""
    described = f"Content-Description: Notification\r\n{fields}"
    plain = _text_part("".join(pieces), letters[0].charset, described, form)
    if not form.is_html:
        return plain
    document = _crlf(format_html(letters, between))
    html = text_part("text/html; charset=utf-8", document, fields, is_seven_bit=form.is_seven_bit)
    return multipart("multipart/alternative", "alt", token, [plain, html])


def _multilingual(
    letters: Sequence[Letter], wordings: Sequence[Wording], form: HumanForm, token: str
) -> bytes:
    # RFC 8255 s3.1: first a part that every program shows, saying that the text
    # is in several languages; then one message for each.
    names = [
        f"{wording.name_of(wording.language)}: {letter.subject}\n"
        for letter, wording in zip(letters, wordings, strict=True)
    ]
    preface = _crlf("".join(names))
    parts = [
        text_part("text/plain; charset=utf-8", preface, is_seven_bit=form.is_seven_bit),
        *(
            _translation(letter, wording, form, token)
            for letter, wording in zip(letters, wordings, strict=True)
        ),
    ]
    return multipart("multipart/multilingual", "lang", token, parts)


def _translation(letter: Letter, wording: Wording, form: HumanForm, token: str) -> bytes:
    content = _stacked([letter], [wording], form, f"{token}.{letter.language}")
    header = (
        "Content-Type: message/rfc822\r\n"
        f"Content-Language: {letter.language}\r\n"
        # Ours were written in English first: RFC 8255 s6.
        f"Content-Translation-Type: {'original' if letter.language == _ENGLISH else 'human'}\r\n"
        f"{encoding_field('7bit' if content.isascii() else '8bit')}\r\n"
        f"{fold_header('From', letter.from_)}"
        f"{fold_header('Subject', encode_unstructured(letter.subject))}"
        "MIME-Version: 1.0\r\n"
    )
    return header.encode("ascii") + content


def _separators(wordings: Sequence[Wording]) -> list[str]:
    """Return what stands between one language and the next, in both."""
    texts = []
    for before, after in itertools.pairwise(wordings):
        if after.language == _ENGLISH:
            lines = [each.phrase("english-follows") for each in (before, after)]
        else:
            lines = [
                each.phrase("language-follows", language=each.name_of(after.language))
                for each in (before, after)
            ]
        texts.append("\n".join(lines))
    return texts


def _text_part(text: str, charset: str, fields: str, form: HumanForm) -> bytes:
    charset = charset.strip()
    name = charset.lower()
    if not is_atom(charset):
        # What is no token cannot stand in the header; RFC 1428 s3 has a name
        # for text of which nobody knows how it is written.
        charset = name = "us-ascii" if text.isascii() else "unknown-8bit"
    if text.isascii() and name == "utf-8":
        charset = "us-ascii"  # a template may promise more than it needs
    elif name == "us-ascii" and not text.isascii():
        charset = "utf-8"
    media_type = f"text/plain; charset={charset}"
    return text_part(media_type, _crlf(text), fields, is_seven_bit=form.is_seven_bit)


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")
