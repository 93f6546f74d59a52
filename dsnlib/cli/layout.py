"""Labelled rows under a heading, as verbs that explain something write them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.text import printable
from dsnlib.compose.fill import wrap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.compose.wording import Wording

__all__ = ["lay_out", "nearest_wording"]

_COLUMNS = 79
_LABEL_COLUMNS = 12


def lay_out(heading: str, rows: Iterable[tuple[str, str]]) -> str:
    r"""Return the rows as lines for a terminal, each text harmless and folded.

    >>> print(lay_out("5.1.1  No", [("Class", "5"), ("", "for good")]), end="")
    5.1.1  No
      Class       5
                  for good

    Never raises.

    Args:
        heading: The first line.
        rows: Label and text; the label is empty where the row goes on.
    """
    lines = [printable(heading)]
    for label, text in rows:
        first, *rest = wrap(printable(text), _COLUMNS - _LABEL_COLUMNS - 2, "")
        lines.append(f"  {label:{_LABEL_COLUMNS}}{first}")
        lines += [" " * (_LABEL_COLUMNS + 2) + line for line in rest]
    return "\n".join(lines) + "\n"


def nearest_wording(tag: str) -> Wording:
    """Return the words of the nearest language there is, or say that they are English.

    Args:
        tag: A language tag.
    """
    from dsnlib.compose.language.choose import look_up_language
    from dsnlib.compose.shipped import ENGLISH, shipped_languages
    from dsnlib.compose.wording import shipped_wording

    language = look_up_language(tag, shipped_languages())
    if language is None:
        output.write(f"dsnlib: no texts in {printable(tag)!r}; in English then\n", sys.stderr)
    return shipped_wording(language or ENGLISH)
