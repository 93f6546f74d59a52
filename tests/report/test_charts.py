"""Charts: what is drawn is what was counted, the same each time, in every direction."""

import datetime as dt
import re
import xml.etree.ElementTree as ET

import pytest

from dsnlib.bounces.taxonomy import Permanence
from dsnlib.report.bins import Timeline, cut_into_bins
from dsnlib.report.charts import BAR_SIZES, TIME_SIZES, Bar, draw_bars, draw_timeline
from dsnlib.report.svg import ChartLabels
from dsnlib.report.words import Words, words_of

DAY = dt.date(2026, 1, 1)
LABELS = ChartLabels("key", "Title", "Description.", "narrow")
XLINK = "{http://www.w3.org/1999/xlink}href"


def english() -> Words:
    """Return the words of English."""
    words = words_of("en")
    assert words is not None
    return words


def hebrew() -> Words:
    """Return the words of a language from right to left."""
    words = words_of("he")
    assert words is not None
    return words


def parsed(drawing: str) -> ET.Element:
    """Return a drawing as a browser reads it inside a page."""
    document = drawing.replace("<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    return ET.fromstring(document)  # noqa: S314  it is our own


def texts(drawing: str) -> list[str]:
    """Return the letters of a drawing."""
    return [each.text or "" for each in parsed(drawing).iter("text")]


def boxes(drawing: str, colour: str) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of what has a colour."""
    found = []
    for path in parsed(drawing).iter("path"):
        if f"fill: var(--{colour})" in path.get("style", ""):
            numbers = [float(each) for each in re.findall(r"-?[0-9.]+", path.get("d", ""))]
            across, down = numbers[::2], numbers[1::2]
            found.append((min(across), min(down), max(across), max(down)))
    return found


def timeline(*days: tuple[int, int, int]) -> Timeline:
    """Return days with lasting, passing and unknown failures."""
    daily = {
        (DAY + dt.timedelta(days=place), permanence): count
        for place, counts in enumerate(days)
        for permanence, count in zip(Permanence, counts, strict=True)
    }
    return cut_into_bins(daily, DAY, DAY + dt.timedelta(days=len(days) - 1))


@pytest.mark.parametrize("size", [*BAR_SIZES])
def test_bars(size: str) -> None:
    """A bar is as long as its number, the longest as wide as the chart."""
    bars = (Bar("All", 400, "400"), Bar("Half", 200, "200"), Bar("None", 0, "0"))
    drawing = draw_bars(bars, english(), LABELS, size)
    lengths = [right - left for left, _, right, _ in boxes(drawing, "bar")]

    assert ["All", "400", "Half", "200", "None", "0"] == texts(drawing)
    assert [BAR_SIZES[size], BAR_SIZES[size] / 2, 1.5] == lengths
    assert [0, 0, 0] == [left for left, *_ in boxes(drawing, "bar")]


def test_rest() -> None:
    """What stands for all others has another colour."""
    drawing = draw_bars(
        (Bar("a", 2, "2"), Bar("others", 1, "1", is_rest=True)), english(), LABELS, "wide"
    )

    assert (1, 1) == (len(boxes(drawing, "bar")), len(boxes(drawing, "unknown")))


def test_mirrored_bars() -> None:
    """From right to left a bar begins on the right, where its name begins too."""
    drawing = draw_bars((Bar("a", 2, "2"), Bar("b", 1, "1")), hebrew(), LABELS, "wide")
    name, number, *_ = parsed(drawing).iter("text")

    assert [BAR_SIZES["wide"]] * 2 == [right for _, _, right, _ in boxes(drawing, "bar")]
    assert (str(BAR_SIZES["wide"]), "0") == (name.get("x"), number.get("x"))
    assert "text-anchor: start" in name.get("style", "")
    assert "text-anchor: end" in number.get("style", "")


@pytest.mark.parametrize(
    "name", ["$x^2$ \\frac{1}{2}", "<b>&amp;</b>", "48.549", "x" * 500, "漢字" * 99, "ابجد"]
)
def test_names(name: str) -> None:
    """A name is written as it is, and cut where there is no room; none is a formula."""
    (found, number) = texts(draw_bars((Bar(name, 1, "1"),), english(), LABELS, "narrow"))

    assert "1" == number
    assert found == name or (name.startswith(found.removesuffix("…")) and len(found) < 50)


@pytest.mark.parametrize("size", [*TIME_SIZES])
def test_timeline(size: str) -> None:
    """Columns of one scale stand on one another; the axis begins with 0."""
    drawing = draw_timeline(timeline((4, 0, 0), (2, 1, 1), (0, 0, 0)), english(), LABELS, size)
    first, second, _ = boxes(drawing, "hard")

    assert texts(drawing)[-5:] == ["0", "1", "2", "3", "4"]
    assert "1 Jan" == texts(drawing)[0]
    assert first[3] == second[3]
    assert first[3] - first[1] == pytest.approx(2 * (second[3] - second[1]), abs=0.2)
    assert first[2] < second[0]


def test_mirrored_timeline() -> None:
    """From right to left time goes to the left."""
    first, second = boxes(
        draw_timeline(timeline((4, 0, 0), (2, 0, 0)), hebrew(), LABELS, "wide"), "hard"
    )

    assert second[2] < first[0]


def test_patterns() -> None:
    """Parts of a column differ by a pattern too."""
    drawing = draw_timeline(timeline((1, 1, 1), (1, 1, 1)), english(), LABELS, "wide")

    assert 2 == drawing.count("<pattern")
    assert not boxes(drawing, "soft")
    assert 1 == draw_timeline(timeline((1, 1, 0)), english(), LABELS, "wide").count("<pattern")


@pytest.mark.parametrize("count", [0, 1, 10**15])
def test_one_bin(count: int) -> None:
    """One day is a chart, too, and so are more failures than there is mail."""
    drawing = draw_timeline(timeline((count, 0, 0)), english(), LABELS, "narrow")

    assert "0" in texts(drawing)
    assert len(boxes(drawing, "hard")) == bool(count)


def test_same_each_time() -> None:
    """The same numbers give the same octets, and ids that begin with the key."""
    bins = timeline((1, 2, 3), (3, 2, 1))
    drawing = draw_timeline(bins, english(), LABELS, "wide")
    ids = re.findall(r' id="([^"]*)"', drawing)

    assert drawing == draw_timeline(bins, english(), LABELS, "wide")
    assert len(ids) == len(set(ids))
    assert all(each.startswith("key-") for each in ids)
    assert "#0101" not in drawing
    assert {f"#{each}" for each in ids} >= {each.get(XLINK) for each in parsed(drawing).iter("use")}
