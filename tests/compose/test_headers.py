"""Headers and text of a template are checked as Postfix checks them."""

from __future__ import annotations

import pytest

from dsnlib.compose.headers import Draft, read_draft
from dsnlib.compose.heredoc import read_documents
from dsnlib.errors import Defect


def read(text: bytes, *, has_copy: bool = True, is_extended: bool = True) -> Draft | Defect:
    """Return what the text of a document says."""
    (document,), _ = read_documents(b"a = <<E\n" + text + b"\nE\n", origin="bounce.cf")
    return read_draft(document, "failure", has_copy=has_copy, is_extended=is_extended)


def draft(text: bytes) -> Draft:
    """Return what a text says that is in order."""
    found = read(text)
    assert isinstance(found, Draft)
    return found


def code(text: bytes, *, has_copy: bool = True, is_extended: bool = True) -> tuple[str, str]:
    """Return the code of a defect, and the place that it names."""
    found = read(text, has_copy=has_copy, is_extended=is_extended)
    assert isinstance(found, Defect)
    return found.code, found.message.partition(" ")[0]


@pytest.mark.parametrize(
    ("text", "headers", "body", "line"),
    [
        (b"Subject: x\n\ntext", {"subject": "x"}, "text", 4),
        (b"subject:x\ntext", {"subject": "x"}, "text", 3),
        (b"SUBJECT \t: : \tx  \n\n \n\ttext", {"subject": "x  "}, "\ttext", 5),
        (b"Subject: one\nSubject: two\n\nx", {"subject": "two"}, "x", 5),
        (b"No header at all, though: x", {}, "No header at all, though: x", 2),
        (b"\n\nSubject: x\n\ntext", {"subject": "x"}, "text", 6),
        (b" \nSubject: x", {}, "Subject: x", 3),
        (b"Subject: x\n\nNote: y\n\n", {"subject": "x"}, "Note: y\n\n", 4),
        (b"Subject: $x\n\ny", {"subject": "$x"}, "y", 4),
        (b"Subject: x\n folded\n", {"subject": "x"}, " folded\n", 3),
    ],
)
def test_headers(text: bytes, headers: dict[str, str], body: str, line: int) -> None:
    """Headers end at the first line that is none; blank lines before the text are left out."""
    found = draft(text)

    assert (headers, body, line) == (found.headers, found.text, found.line)
    assert () == found.defects


@pytest.mark.parametrize(
    ("text", "expected", "line"),
    [
        (b"Subject: \t \n\nx", "template-empty-header", 2),
        (b"Subject: x\nFrom:\n\nx", "template-empty-header", 3),
        ("Subject: é\n\nx".encode(), "template-non-ascii-header", 2),
        (b"Reply-To: a\n\nx", "template-unknown-header", 2),
        (b"Note: looks like one\nx", "template-unknown-header", 2),
        (b"\nPrice: 5$\nx", "template-unknown-header", 3),
        (b"Subject: a\rBcc: b\n\nx", "template-unsafe-header", 2),
        (b"Subject: a\x1b[1m\n\nx", "template-unsafe-header", 2),
        (b"Language: 1\n\nx", "template-malformed-header", 2),
        (b"Language: de/../\n\nx", "template-malformed-header", 2),
        (b"Language: de\nSubject: \xff\n\nx", "template-non-ascii-header", 3),
        (b"", "template-missing-text", 1),
        (b"Charset: koi8-r", "template-missing-text", 1),
        (b"Subject: x\n\n  \n\t", "template-missing-text", 1),
        ("Subject: x\n\na\né".encode(), "template-8bit-text", 5),
        ("Charset: US-ASCII\n\né".encode(), "template-8bit-text", 4),
        # The first fault in the order of the lines counts, and of one line the first rule
        ("X: é\nSubject:\n\nx".encode(), "template-non-ascii-header", 2),
        (b"X:\n\nx", "template-empty-header", 2),
    ],
)
def test_unusable(text: bytes, expected: str, line: int) -> None:
    """A document that breaks a rule is one defect, at the place of the first breach."""
    assert (expected, f"bounce.cf:{line}:") == code(text)


def test_copies() -> None:
    """A subject for the postmaster is a fault where the postmaster gets no copy."""
    text = b"Postmaster-Subject: x\n\ny"

    assert {"postmaster-subject": "x"} == draft(text).headers
    assert "template-inapplicable-header" == code(text, has_copy=False)[0]


def test_extended() -> None:
    """With a language headers may be UTF-8, and so is the text; Postfix knows no language."""
    text = "Subject: é\nLanguage: pt-BR \n\né".encode()
    found = draft(text)

    assert ("pt-BR", "utf-8", "é") == (found.language, found.charset, found.headers["subject"])
    assert "template-non-ascii-header" == code(text, is_extended=False)[0]
    assert "template-unknown-header" == code(b"Language: de\n\nx", is_extended=False)[0]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (b"Charset: utf-8\n\nx\xff", ["template-undecodable-text"]),
        (b"Charset: utf-8\n\nx\xc3\xa9", []),
        (b"Charset: iso-8859-1\n\nx\xff", []),
        (b"Charset: cp1252\n\nx\n\x81\n\x81", ["template-undecodable-text"]),
        (b"Charset: no-such\n\nx", ["template-unknown-charset"]),
        (b"Charset: no-such\n\nx\xff", ["template-unknown-charset"]),
        (b"Charset: rot13\n\nx", ["template-unknown-charset"]),
        (b"Charset: koi8-r\n\nx", []),
    ],
)
def test_character_sets(text: bytes, codes: list[str]) -> None:
    """A text that is not what its charset says is used as it is, and that is told."""
    assert codes == [defect.code for defect in draft(text).defects]
