"""The colours of a report, by day and by night, as variables of CSS.

Rules.
- Text has a contrast of 4.5 : 1 to what it stands on, bars one of 3 : 1 (WCAG 2.2, 1.4.3
  and 1.4.11); `tests/report/test_palette.py` computes both.
- Blue and orange are told apart by those who do not see red and green, and no two meanings
  differ in colour alone: the bars of a stack have patterns.
- Charts are drawn in colours that stand for these, one for each name, and get the
  variables afterwards: a drawn chart follows the reader's choice of day or night.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PALETTE", "Shade", "palette_css", "stand_in"]


class Shade(NamedTuple):
    """One colour for a purpose, by day and by night."""

    day: str
    night: str


PALETTE = {
    "page": Shade("#f6f5f2", "#14171b"),
    "card": Shade("#ffffff", "#1c2026"),
    "text": Shade("#1d2127", "#e8eaed"),
    "muted": Shade("#59606a", "#a9b1bb"),
    "line": Shade("#dcdad4", "#343a43"),
    "link": Shade("#1c4f8b", "#8ab8ee"),
    "hard": Shade("#1c4f8b", "#6ba3e0"),
    "soft": Shade("#c2701a", "#e59a47"),
    "unknown": Shade("#7d838c", "#8b939d"),
    "bar": Shade("#2f6f73", "#58a7a9"),
    "track": Shade("#eceae5", "#2a2f37"),
}
"""What each colour is for; `page` and `card` are stood on, `line` and `track` only adorn."""


def stand_in(name: str) -> str:
    """Return the colour that stands for one of the palette while a chart is drawn.

    >>> stand_in("page")
    '#010100'

    Raises:
        ValueError: There is none of this name.
    """
    return f"#0101{tuple(PALETTE).index(name):02x}"


def palette_css() -> str:
    """Return the variables as rules of CSS, for day, night and paper.  Never raises."""
    day = "".join(f"--{name}:{shade.day};" for name, shade in PALETTE.items())
    night = "".join(f"--{name}:{shade.night};" for name, shade in PALETTE.items())
    return (
        f":root{{color-scheme:light dark;{day}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{night}}}}}\n"
    )
