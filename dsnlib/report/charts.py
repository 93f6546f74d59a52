"""Charts of a report as SVG that stands inside a page, drawn by matplotlib.

Two forms: columns over time, and bars with their names above them.  Names are above, so
that a chart is as narrow as a phone and its letters are as large as those around it.

Rules.
- An axis of numbers begins with 0, and bars of one chart have one scale.
- A page from right to left has its charts so, too: time goes where the reader goes.
- What matplotlib calls left is the `start` of SVG, which is on the right in a page from
  right to left.
- A name is no formula, whatever signs it has.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.compose.fill import width
from dsnlib.report.palette import stand_in
from dsnlib.report.svg import ChartLabels, embedded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dsnlib.report.bins import Timeline
    from dsnlib.report.words import Words

__all__ = ["BAR_SIZES", "TIME_SIZES", "Bar", "draw_bars", "draw_timeline"]

# Pixels of a page: matplotlib's points, of which an inch has 72.
_INCH = 72
_TEXT = 12.5
_ROW_HEIGHT = 36
# About half of the size of the letters is the width of one; those of Han are twice that, and
# those of Cyrillic a fifth more.
_LETTER = 6.6
_CYRILLIC = re.compile("[\u0400-\u052f]")
_MOST_TICKS = {"wide": 9, "medium": 6, "narrow": 4}
_STACK = (("hard", ""), ("soft", "///"), ("unknown", "---"))

TIME_SIZES = {"wide": (900, 260), "medium": (600, 240), "narrow": (310, 220)}
"""Width and height of a chart over time, for each width of a screen."""
BAR_SIZES = {"wide": 440, "narrow": 290}
"""Width of a chart of bars, for each width of a screen."""


class Bar(NamedTuple):
    """A bar: its name, its length, what stands at its end, and whether it is what is left."""

    name: str
    length: int
    text: str
    is_rest: bool = False


def draw_bars(bars: Sequence[Bar], words: Words, labels: ChartLabels, size: str) -> str:
    """Return bars one below the other.

    Args:
        bars: At least one, the first at the top.
        words: Those of the page.
        labels: What the chart is called.
        size: One of `BAR_SIZES`.

    Raises:
        KeyError: The size is none of them.
        ValueError: There are no bars.
    """
    across, height = BAR_SIZES[size], _ROW_HEIGHT * len(bars)
    figure = _figure(across, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    is_mirrored = words.direction == "rtl"
    axes.set_xlim(*((across, 0) if is_mirrored else (0, across)))
    axes.set_ylim(height, 0)
    most = max(bar.length for bar in bars) or 1
    for row, bar in enumerate(bars):
        top = row * _ROW_HEIGHT
        room = across - 16 - _across(bar.text)
        _write(axes, 0, top + 15, _cut(bar.name, room), "text", "left")
        _write(axes, across, top + 15, bar.text, "muted", "right")
        _block(axes, top + 21, across, "track")
        # A bar of next to nothing is still seen.
        length = max(1.5, across * bar.length / most)
        _block(axes, top + 21, length, "unknown" if bar.is_rest else "bar")
    return _written(figure, labels)


def draw_timeline(timeline: Timeline, words: Words, labels: ChartLabels, size: str) -> str:
    """Return stacked columns, one for each bin.

    Args:
        timeline: With at least one bin.
        words: Those of the page.
        labels: What the chart is called.
        size: One of `TIME_SIZES`.

    Raises:
        KeyError: The size is none of them.
    """
    across, high = TIME_SIZES[size]
    figure = _figure(across, high)
    is_mirrored = words.direction == "rtl"
    left = 4 if is_mirrored else 48
    axes = figure.add_axes((left / across, 26 / high, (across - 52) / across, (high - 38) / high))
    axes.patch.set_visible(False)
    bins = timeline.bins
    base = [0] * len(bins)
    places = range(len(bins))
    for name, hatch in _STACK:
        counts = [getattr(each, name) for each in bins]
        if not any(counts):
            continue
        drawn = axes.bar(
            places,
            counts,
            width=0.8 if len(bins) > 1 else 0.2,
            bottom=base,
            color=stand_in(name),
            edgecolor=stand_in("card"),
            hatch=hatch,
            linewidth=0.6,
            zorder=2,
        )
        for patch in drawn:
            patch.set_clip_on(False)
        base = [below + count for below, count in zip(base, counts, strict=True)]
    _scale(axes, timeline, max(base), words, size)
    if is_mirrored:
        axes.invert_xaxis()
        axes.yaxis.tick_right()
        for label in axes.get_yticklabels():
            label.set_horizontalalignment("right")
    return _written(figure, labels)


def _scale(axes: Axes, timeline: Timeline, most: int, words: Words, size: str) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

    bins = timeline.bins
    margin = 0.6 if len(bins) > 1 else 1
    axes.set_xlim(-margin, len(bins) - 1 + margin)
    ticks = list(MaxNLocator(4, integer=True).tick_values(0, max(1, most)))
    axes.set_ylim(0, max(ticks[-1], 1))
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FixedFormatter(words.ticks(ticks)))
    step = -(-len(bins) // _MOST_TICKS[size])
    shown = range(0, len(bins), step)
    axes.xaxis.set_major_locator(FixedLocator(list(shown)))
    names = [words.tick(bins[place]) for place in shown]
    axes.xaxis.set_major_formatter(FixedFormatter(names))
    axes.grid(axis="y", color=stand_in("line"), linewidth=1, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(stand_in("muted"))
    axes.tick_params(length=0, labelcolor=stand_in("muted"), labelsize=_TEXT - 0.5, pad=6)
    axes.tick_params(axis="x", length=4, color=stand_in("muted"))
    for label in axes.get_xticklabels() + axes.get_yticklabels():
        label.set_parse_math(False)


def _figure(across: float, high: float) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(across / _INCH, high / _INCH), dpi=_INCH)
    figure.patch.set_visible(False)
    return figure


def _block(axes: Axes, top: float, length: float, name: str) -> None:
    axes.barh(top, length, height=8, align="edge", color=stand_in(name), linewidth=0, clip_on=False)


def _write(axes: Axes, across: float, down: float, text: str, colour: str, side: str) -> None:
    axes.text(
        across,
        down,
        text,
        color=stand_in(colour),
        fontsize=_TEXT,
        ha=side,
        va="baseline",
        parse_math=False,
    )


def _cut(name: str, room: float) -> str:
    if _across(name) <= room:
        return name
    while name and _across(name) + _LETTER > room:
        name = name[:-1]
    return f"{name.rstrip()}…"


def _across(text: str) -> float:
    """Return about how many pixels a text takes, whichever font the reader has."""
    return _LETTER * (width(text) + 0.2 * len(_CYRILLIC.findall(text)))


def _written(figure: Figure, labels: ChartLabels) -> str:
    """Return the SVG of a figure, the same for the same figure."""
    from matplotlib import rc_context

    sheet = io.StringIO()
    with (
        rc_context(
            {
                "svg.fonttype": "none",
                "svg.hashsalt": labels.key,
                "hatch.linewidth": 1.4,
            }
        ),
        warnings.catch_warnings(),
    ):
        # Letters are drawn by who shows the page: that a font here lacks some is no matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        # So it says of scripts whose letters are joined, before 3.11.
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        figure.savefig(sheet, format="svg", metadata={"Date": None})
    return embedded(sheet.getvalue(), labels)
