"""A report on bounces as a page: one file of HTML that needs nothing else.

It asks no network and runs no script, and its policy forbids both: whoever opens a report
tells nobody.  What mails said is data of strangers: it is escaped, cut, and set apart so
that it turns no text round.

Rules.
- Every chart has its numbers in a table beside it.
- The same summary, language and time give the same page, octet for octet.
- matplotlib and Jinja are loaded when a page is made (`dsnlib[report]`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import attrs

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Permanence
from dsnlib.errors import InvalidValue
from dsnlib.model.date import require_zone
from dsnlib.report.advice import advise
from dsnlib.report.figures import Figures, count_figures
from dsnlib.report.palette import palette_css
from dsnlib.report.sentences import lead
from dsnlib.report.words import Words, shown, words_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dsnlib.bounces.summary import Summary, Worst
    from dsnlib.report.advice import Advice

__all__ = ["Section", "render_page"]

_Name = TypeVar("_Name")

# Chosen by us: a chart of more bars is a table.
_MOST_BARS = 10
# Chosen by us: what is rarer than the thirtieth code is counted together.
_MOST_ROWS = 30


class Column(NamedTuple):
    """A column of a table: its heading, and the class of its cells in the style sheet."""

    heading: str
    style: str = "number"


class Cell(NamedTuple):
    """A cell: its text, and whether a stranger wrote it."""

    text: str
    is_foreign: bool = False


@attrs.frozen(kw_only=True)
class Section:
    """A part of the page: a chart, a table, or both.

    Args:
        key: Its place on the page: a word of US-ASCII.
        title: Its heading.
        columns: Those of the table; the first names the row.
        rows: Those of the table.
        charts: Elements of SVG.
        caption: What the table or chart counts, if the heading does not say so.
        is_wide: Whether it is as wide as the page.
        is_open: Whether the table is seen without asking for it.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    charts: tuple[str, ...] = ()
    caption: str = ""
    is_wide: bool = False
    is_open: bool = False


class Headline(NamedTuple):
    """A number at the top of the page, and what it counts."""

    name: str
    text: str


class AdviceText(NamedTuple):
    """Something to do, and the numbers that led to it."""

    text: str
    grounds: tuple[str, ...]


def render_page(summary: Summary, *, language: str, now: dt.datetime) -> str:
    """Return a report as HTML.

    Args:
        summary: What became of the mail.
        language: A tag such as `de-AT`; the nearest of those that there are is taken.
        now: When the page is made; with a zone.

    Raises:
        InvalidValue: There is no such language, or `now` has no zone.
        ImportError: Jinja or matplotlib is not there.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    require_zone(now, "now", of_minutes=False)
    words = words_of(language)
    if words is None:
        message = f"language: {language!r} is none that dsnlib has"
        raise InvalidValue(message, value=language)
    figures = count_figures(summary)
    environment = Environment(
        autoescape=True,
        loader=PackageLoader("dsnlib.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html")
    return template.render(
        words=words,
        period=words.span_of(summary),
        palette=palette_css(),
        numbers=_numbers(summary, figures, words),
        lead=lead(summary, figures, words),
        deeds=[_deed(each, words) for each in advise(summary, figures)],
        sections=list(_sections(summary, figures, words)),
        made=words.say("made", date=words.date(now)),
    )


def _numbers(summary: Summary, figures: Figures, words: Words) -> list[Headline]:
    numbers = [
        ("failures", figures.failures),
        ("delays", figures.kinds[EventKind.DELAY]),
        ("complaints", figures.kinds[EventKind.COMPLAINT]),
        ("suppressed", sum(count for _, count in summary.suppressed)),
    ]
    return [Headline(words.say(name), words.number(count)) for name, count in numbers]


def _deed(advice: Advice, words: Words) -> AdviceText:
    return AdviceText(
        words.say(f"do {advice.code}"), tuple(words.ground(each) for each in advice.grounds)
    )


def _sections(summary: Summary, figures: Figures, words: Words) -> Iterable[Section]:
    if figures.failures:
        yield _over_time(figures, words)
        yield _counted("reason", figures.reasons, words.reason, words)
        yield _counted("provider", figures.providers, words.provider, words)
        yield _counted("fault", figures.faults, words.fault, words)
    if summary.suppressed:
        counts = dict(sorted(summary.suppressed, key=lambda each: (-each[1], each[0])))
        yield _bars("suppressed", counts, words.source, words, ("cause", "addresses"))
    if figures.failures:
        yield _by_code(figures, words)
    if summary.domains:
        yield _worst("worst-domains", "domain", summary.domains, words)
    if summary.addresses:
        yield _worst("worst-addresses", "address", summary.addresses, words)


def _over_time(figures: Figures, words: Words) -> Section:
    from dsnlib.report.charts import TIME_SIZES, draw_timeline
    from dsnlib.report.svg import ChartLabels

    timeline = figures.timeline
    kinds = (Permanence.HARD, Permanence.SOFT, Permanence.UNKNOWN)
    rows = [
        (
            words.bin(each),
            *map(words.number, (each.hard, each.soft, each.unknown, each.failures)),
        )
        for each in timeline.bins
    ]
    if timeline.earlier:
        rows.insert(0, (words.say("earlier"), "", "", "", words.number(timeline.earlier)))
    worst = max(timeline.bins, key=lambda each: each.failures)
    title = words.say("over-time")
    description = words.say("chart", name=words.bin(worst), count=words.number(worst.failures))
    charts = tuple(
        draw_timeline(timeline, words, ChartLabels(f"time-{size}", title, description, size), size)
        for size in TIME_SIZES
    )
    return Section(
        key="time",
        title=title,
        columns=(
            Column(words.say("time"), "name"),
            *(Column(words.permanence(each)) for each in kinds),
            Column(words.say("failures")),
        ),
        rows=tuple(tuple(map(Cell, row)) for row in rows),
        charts=charts,
        caption=words.say(f"per-{timeline.unit}"),
        is_wide=True,
    )


def _counted(
    key: str, counts: Mapping[_Name, int], name: Callable[[_Name], str], words: Words
) -> Section:
    return _bars(f"by-{key}", counts, name, words, (key, "failures"))


def _bars(
    key: str,
    counts: Mapping[_Name, int],
    name: Callable[[_Name], str],
    words: Words,
    columns: tuple[str, str],
) -> Section:
    from dsnlib.report.charts import BAR_SIZES, Bar, draw_bars
    from dsnlib.report.svg import ChartLabels

    total = sum(counts.values())
    title = words.say(key)
    named = [(name(each), count, not each) for each, count in counts.items()]
    shown_bars = named[:_MOST_BARS]
    if rest := sum(count for _, count, _ in named[_MOST_BARS:]):
        shown_bars.append((words.say("others"), rest, True))
    bars = [
        Bar(each, count, f"{words.number(count)} · {words.percent(count, total)}", is_rest)
        for each, count, is_rest in shown_bars
    ]
    description = ""
    if columns[1] == "failures":
        longest, most, _ = max(named, key=lambda each: each[1])
        description = words.say("chart", name=longest, count=words.number(most))
    charts = tuple(
        draw_bars(bars, words, ChartLabels(f"{key}-{size}", title, description, size), size)
        for size in BAR_SIZES
    )
    return Section(
        key=key,
        title=title,
        columns=(
            Column(words.say(columns[0]), "name"),
            Column(words.say(columns[1])),
            Column(words.say("share")),
        ),
        rows=tuple(
            (Cell(each), Cell(words.number(count)), Cell(words.percent(count, total)))
            for each, count, _ in named
        ),
        charts=charts,
    )


def _by_code(figures: Figures, words: Words) -> Section:
    codes = tuple(figures.codes.items())
    rows = [
        (
            Cell(shown(code, 20) if code else words.say("not-known"), is_foreign=bool(code)),
            Cell(words.number(count)),
            Cell(words.percent(count, figures.failures)),
            Cell(words.meaning(code)),
        )
        for code, count in codes[:_MOST_ROWS]
    ]
    if rest := sum(count for _, count in codes[_MOST_ROWS:]):
        share = words.percent(rest, figures.failures)
        rows.append((Cell(words.say("others")), Cell(words.number(rest)), Cell(share), Cell("")))
    return Section(
        key="by-code",
        title=words.say("by-code"),
        columns=(
            Column(words.say("code"), "code"),
            Column(words.say("failures")),
            Column(words.say("share")),
            Column(words.say("meaning"), "meaning"),
        ),
        rows=tuple(rows),
        is_wide=True,
        is_open=True,
    )


def _worst(key: str, name: str, worst: Sequence[Worst], words: Words) -> Section:
    has_state = any(each.suppressed is not None for each in worst)
    rows = []
    for each in worst:
        row = [
            Cell(shown(each.name), is_foreign=True),
            Cell(words.number(each.failures)),
            Cell(words.reason(each.reason)),
            Cell(words.day(each.last)),
        ]
        if has_state:
            state = "state-suppressed" if each.suppressed else "state-sent"
            row.append(Cell(words.say(state)))
        rows.append(tuple(row))
    columns = [
        Column(words.say(name), "foreign"),
        Column(words.say("failures")),
        Column(words.say("reason"), "text"),
        Column(words.say("last"), "date"),
    ]
    if has_state:
        columns.append(Column(words.say("state"), "text"))
    return Section(
        key=key,
        title=words.say(key),
        columns=tuple(columns),
        rows=tuple(rows),
        is_wide=True,
        is_open=True,
    )
