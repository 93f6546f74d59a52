"""The first part of a notification: the letters, in one or more languages.

Three arrangements.  Plain text with one language below the other, which every
program shows; the same beside an HTML form (multipart/alternative, RFC 2046
s5.1.4); and one part for each language (multipart/multilingual, RFC 8255).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.html import format_html
from dsnlib.compose.mime import encode_unstructured, encoded_part, fold_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.compose.letter import Letter
    from dsnlib.compose.wording import Wording

__all__ = ["HumanForm", "HumanPart", "human_part"]

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


@attrs.frozen
class HumanPart:
    """The part, ready to be written.

    Args:
        octets: Its header, an empty line, its content; CRLF line ends.
        is_eight_bit: Whether it has octets beyond US-ASCII.
    """

    octets: bytes
    is_eight_bit: bool


def human_part(
    letters: Sequence[Letter], wordings: Sequence[Wording], form: HumanForm, *, token: str
) -> HumanPart:
    """Return the part that the letters make.

    Args:
        letters: One for each language.
        wordings: The words of each.
        form: How to lay them out.
        token: What the boundaries of inner parts are made from.
    """
    if form.is_multilingual and len(letters) > 1:
        octets = _multilingual(letters, wordings, form, token)
    else:
        octets = _stacked(letters, wordings, form, token)
    return HumanPart(octets, not octets.isascii())


def _stacked(
    letters: Sequence[Letter], wordings: Sequence[Wording], form: HumanForm, token: str
) -> bytes:
    between = separators(wordings)
    pieces = [letters[0].text]
    for letter, separator in zip(letters[1:], between, strict=False):
        pieces.append(f"\n\n{separator}\n\n{letter.text}")
    languages = ", ".join([each.language for each in letters if each.language])
    plain = _text_part("".join(pieces), letters[0].charset, languages, form)
    if not form.is_html:
        return b"Content-Description: Notification\r\n" + plain
    document = _part("text/html; charset=utf-8", format_html(letters, between), languages, form)
    return _multipart(
        f'multipart/alternative; boundary="alt={token}"', f"alt={token}", [plain, document]
    )


def _multilingual(
    letters: Sequence[Letter], wordings: Sequence[Wording], form: HumanForm, token: str
) -> bytes:
    # RFC 8255 s3.1: first a part that every program shows, saying that the text
    # is in several languages; then one message for each.
    names = [
        f"  {wording.name_of(wording.language)}: {letter.subject}\n"
        for letter, wording in zip(letters, wordings, strict=True)
    ]
    parts = [_part("text/plain; charset=utf-8", "".join(names), "", form)]
    for letter, wording in zip(letters, wordings, strict=True):
        content = _stacked([letter], [wording], form, f"{token}.{letter.language}")
        parts.append(
            b"".join(
                [
                    b"Content-Type: message/rfc822\r\n",
                    f"Content-Language: {letter.language}\r\n".encode("ascii"),
                    # Each was written by a person, and none is the original of
                    # the others: RFC 8255 s6.
                    b"Content-Translation-Type: human\r\n",
                    b"" if content.isascii() else b"Content-Transfer-Encoding: 8bit\r\n",
                    b"\r\n",
                    fold_header("Subject", encode_unstructured(letter.subject)).encode("ascii"),
                    b"MIME-Version: 1.0\r\n",
                    content,
                ]
            )
        )
    boundary = f"lang={token}"
    return _multipart(f'multipart/multilingual; boundary="{boundary}"', boundary, parts)


def separators(wordings: Sequence[Wording]) -> list[str]:
    """Return what stands between one language and the next, in both."""
    texts = []
    for before, after in zip(wordings, wordings[1:], strict=False):
        if after.language == _ENGLISH:
            lines = [each.phrase("english-follows") for each in (before, after)]
        else:
            lines = [
                each.phrase("language-follows", language=each.name_of(after.language))
                for each in (before, after)
            ]
        texts.append("\n".join(lines))
    return texts


def _text_part(text: str, charset: str, languages: str, form: HumanForm) -> bytes:
    charset = charset.lower() if charset.lower() in ("us-ascii", "utf-8") else charset
    if text.isascii():
        # A template may promise more than it needs.
        charset = "us-ascii" if charset == "utf-8" else charset
    elif charset == "us-ascii":
        charset = "utf-8"
    return _part(f"text/plain; charset={charset}", text, languages, form)


def _part(media_type: str, text: str, languages: str, form: HumanForm) -> bytes:
    encoding, octets = encoded_part(text.replace("\n", "\r\n"), is_seven_bit=form.is_seven_bit)
    header = f"Content-Type: {media_type}\r\n"
    if languages:
        header += f"Content-Language: {languages}\r\n"
    if encoding != "7bit":
        header += f"Content-Transfer-Encoding: {encoding}\r\n"
    return header.encode("ascii") + b"\r\n" + octets


def _multipart(media_type: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    delimiter = f"\r\n--{boundary}".encode("ascii")
    header = f"Content-Type: {media_type}\r\n"
    if not all(part.isascii() for part in parts):
        header += "Content-Transfer-Encoding: 8bit\r\n"
    return b"".join(
        [
            header.encode("ascii"),
            *(delimiter + b"\r\n" + part for part in parts),
            delimiter,
            b"--\r\n",
        ]
    )
