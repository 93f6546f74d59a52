"""The HTML form of a letter: the same text, set for a screen.

Rules.
- It says nothing more than the plain text, and loads nothing: no image, no
  style sheet, no font, no script, no link.
- It keeps to the reader's colours, light or dark, and to the reader's font size;
  every part names its language and direction, for screen readers.
- All text is escaped.  What a stranger said is in it as text, never as a link.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from dsnlib.compose.fill import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dsnlib.compose.letter import Letter

__all__ = ["format_html"]

_ENGLISH = "en"
_COLUMNS = 300
_PARAGRAPH = re.compile(r"\n{2,}")
# `color-scheme` lets the reader's program choose the colours; none is set here.
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:1rem auto;padding:0 1rem}"
    "blockquote{margin:0 1.5rem;overflow-wrap:anywhere}"
    "p{overflow-wrap:anywhere}"
    "hr{border:0;border-top:1px solid;margin:2rem 0}"
)


def format_html(letters: Sequence[Letter], separators: Sequence[str]) -> str:
    """Return the letters as one HTML document, with LF line ends.  Never raises.

    Args:
        letters: One for each language, at least one; the first gives title and
            language.
        separators: What stands between one letter and the next.
    """
    first = letters[0]
    sections = []
    for index, letter in enumerate(letters):
        if index:
            sections.append("<hr>")
            # A line in the language before it, and one in that behind.
            lines = separators[index - 1].split("\n")
            for of, line in zip((letters[index - 1], letter), lines, strict=False):
                sections.append(f"<p{_direction(of)}>{_line(line)}</p>")
        sections.append(f"<section{_direction(letter)}>")
        sections.extend(_blocks(letter.characters))
        sections.append("</section>")
    body = "\n".join(sections)
    return (
        f'<!doctype html>\n<html{_direction(first)}>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(first.subject)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _blocks(text: str) -> Iterator[str]:
    """Yield the paragraphs; what is indented is set apart."""
    for paragraph in _PARAGRAPH.split(text.strip("\n")):
        lines = paragraph.split("\n")
        start = 0
        for index in range(1, len(lines) + 1):
            if index < len(lines) and lines[index][:1].isspace() == lines[start][:1].isspace():
                continue
            content = "<br>\n".join([_line(line) for line in lines[start:index]])
            is_apart = lines[start][:1].isspace()
            yield f"<blockquote>{content}</blockquote>" if is_apart else f"<p>{content}</p>"
            start = index


def _direction(letter: Letter) -> str:
    direction = "rtl" if letter.is_right_to_left else "ltr"
    return f' lang="{html.escape(letter.language or _ENGLISH)}" dir="{direction}"'


def _line(line: str) -> str:
    # What might be taken for a link is broken up for the programs that look
    # for them; the text stays the same.
    escaped = html.escape(line.strip(), quote=False)
    unlinked = escaped.replace("://", ":<wbr>//").replace("www.", "www<wbr>.")
    # A line of a message has at most 998 octets (RFC 5322 s2.1.1).
    return "\n".join(wrap(unlinked, _COLUMNS, ""))
