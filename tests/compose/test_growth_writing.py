"""Writing takes no longer than what is written: twice the size, under three times the time.

The measure is that of `tests/growth.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.compose.fields import fold_field
from dsnlib.compose.fill import fill
from dsnlib.compose.html import format_html
from dsnlib.compose.letter import Letter
from dsnlib.compose.mime import encode_phrase, encode_unstructured, fold_header
from dsnlib.compose.neutral import neutral_text, unclickable
from dsnlib.compose.original import message_id, open_original, original_date, subject
from dsnlib.compose.returned import ReturnRules, returned_part
from dsnlib.model.esmtp import Ret
from tests.compose.occasions import COMPOSER, NOW, TOKEN, plan, recipient
from tests.growth import BOUND, growth

if TYPE_CHECKING:
    from collections.abc import Callable

# Beyond it, how a system gives out memory is what is measured.
LARGEST = 1 << 15

TEXTS = {
    "words": "word ",
    "one word": "w",
    "spaces": " ",
    "lines": "line\n",
    "tabs": "\t",
    "wide": "邮",
    "wide words": "邮件 a",
    "closing marks": "。",
    "opening marks": "（",
    "bidi": "\u202e",
    "links": "http://",
    "almost links": "www",
    "colons": "a:",
    "surrogates": "\udcff",
    "markup": "<&>",
    "paragraphs": "a\n\n",
    "indents": " a\nb\n",
}
WRITERS: dict[str, Callable[[str], object]] = {
    "neutral": neutral_text,
    "unclickable": unclickable,
    "fill": fill,
    "fold_field": lambda text: fold_field("X-Field", text),
    "fold_header": lambda text: fold_header("X-Field", text),
    "encode_unstructured": lambda text: encode_unstructured(f"é{text}"),
    "encode_phrase": encode_phrase,
    "html": lambda text: format_html(
        [Letter(language="en", from_="x", subject="x", charset="utf-8", paragraphs=text)], []
    ),
}

ORIGINALS: dict[str, bytes] = {
    "lines": b"line\r\n",
    "LF": b"line\n",
    "bare CR": b"a\r",
    "bare CR and LF": b"\r\r\n",
    "fields": b"X-A: b\r\n",
    "subjects": b"Subject: a\r\n",
    "folds": b"Subject: a\r\n b\r\n c\r\n",
    "empty folds": b" \r\n",
    "encoded words": b"Subject: =?utf-8?q?a?= =?utf-8?q?b?=\r\n ",
    "dates": b"Date: Sun, 22 Nov 2026 10:04:00 +0100 ",
    "message ids": b"Message-ID: <",
    "octets": b"\xff",
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("shape", TEXTS)
def test_texts(shape: str, writer: str) -> None:
    """Each step of writing is linear in the text."""
    unit, write = TEXTS[shape], WRITERS[writer]

    def prepare(count: int) -> Callable[[], object]:
        text = unit * count
        return lambda: write(text)

    assert growth(prepare, LARGEST) < BOUND


@pytest.mark.parametrize("shape", ORIGINALS)
def test_originals(shape: str) -> None:
    """Reading the header, cutting it down, and passing the text on."""

    def prepare(count: int) -> Callable[[], object]:
        octets = ORIGINALS[shape] * count

        def run() -> None:
            original = open_original(octets)
            fields = original.fields()
            subject(fields)
            message_id(fields)
            original_date(fields)
            part = returned_part(
                plan(ret=Ret.HDRS), original, ReturnRules(header_octets=1000), is_seven_bit=True
            )
            if part is not None:
                list(part.chunks())
            list(original.body())

        return run

    assert growth(prepare, LARGEST) < BOUND


@pytest.mark.parametrize("size", [1, 7, 100])
def test_chunks(size: int) -> None:
    """A header that comes octet by octet costs no more for it."""

    def prepare(count: int) -> Callable[[], object]:
        octets = b"X-A: b\r\n" * count
        chunks = [octets[at : at + size] for at in range(0, len(octets), size)]
        return lambda: list(open_original(iter(chunks)).body())

    assert growth(prepare, LARGEST) < BOUND


def test_recipients() -> None:
    """A notification about many recipients takes the time of their number."""

    def prepare(count: int) -> Callable[[], object]:
        many = plan(*[recipient(f"user{number}@example.com") for number in range(count)])
        return lambda: COMPOSER.compose(many, b"", now=NOW, token=TOKEN).as_bytes()

    assert growth(prepare, 1 << 12, 16) < BOUND
