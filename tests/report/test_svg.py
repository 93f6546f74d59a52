"""A drawing inside a page: names, ids, colours, and text that stays as it was."""

import pytest

from dsnlib.report.palette import stand_in
from dsnlib.report.svg import ChartLabels, embedded

LABELS = ChartLabels("key", "A <title>", 'A "description" & more', "wide")
HEAD = (
    '<?xml version="1.0"?>\n<svg width="9pt" viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg">'
)


def body(drawing: str) -> str:
    """Return what is left of a drawing behind its name."""
    return embedded(f"{HEAD}{drawing}</svg>", LABELS).partition("</desc>")[2]


def test_name() -> None:
    """A drawing is an image with a title and a description, both escaped."""
    assert (
        '<svg class="chart wide" viewBox="0 0 9 9" role="img"'
        ' aria-labelledby="key-title" aria-describedby="key-desc">'
        '<title id="key-title">A &lt;title&gt;</title>'
        '<desc id="key-desc">A &quot;description&quot; &amp; more</desc></svg>'
    ) == embedded(f"{HEAD}\n</svg>\n", LABELS)


def test_title_alone() -> None:
    """A drawing whose title says it all has no description."""
    drawing = embedded(f"{HEAD}</svg>", LABELS._replace(description=""))

    assert "desc" not in drawing


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("<metadata>\n<x/></metadata>", ""),
        ("<!-- 1.2345 <b> -->", ""),
        ("<defs>\n<style>*{stroke-linejoin: round}</style>\n</defs>", ""),
        ('<g id="figure_1">\n <g id="a"/>\n</g>', ""),
        ('<path id="p"/><use href="#p"/>', '<path id="key-p"/><use href="#key-p"/>'),
        ('<path id="p"/><g fill="url(#p)"/>', '<path id="key-p"/><g fill="url(#key-p)"/>'),
        (f'<path fill="{stand_in("bar")}"/>', '<path fill="var(--bar)"/>'),
        ('<path d="M 1.23456 2\nL 3 4.05 \nz"/>', '<path d="M 1.2 2 L 3 4.0 z"/>'),
        (
            "<text style=\"font: 700 12px 'DejaVu Sans', sans-serif; fill: #000\">x</text>",
            '<text style="font-size:12px; fill: #000">x</text>',
        ),
        (
            "<text style=\"font-size: 12px; font-family: 'A', b; fill: #000\">x</text>",
            '<text style="font-size: 12px; fill: #000">x</text>',
        ),
        ('<text transform="rotate(-0 1 2)">x</text>', "<text>x</text>"),
        # A number of the reader's is no coordinate, and a name is no reference.
        (f'<text>48.549 id="a" url(#p) {stand_in("bar")}</text>', None),
    ],
)
def test_body(drawing: str, expected: str | None) -> None:
    """What is for a file of its own goes; what stands between tags stays as it is."""
    assert (drawing if expected is None else expected) + "</svg>" == body(drawing)


def test_no_drawing() -> None:
    """What is no SVG is refused."""
    with pytest.raises(ValueError, match="no SVG"):
        embedded("<p>", LABELS)
