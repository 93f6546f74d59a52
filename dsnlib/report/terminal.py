"""A report on bounces for a terminal: lines of 80 columns, with bars made of letters.

A line is made of spans, each with the purpose of its text.  Who writes them gives colours
to purposes, or writes plain text: nothing is told by colour alone.

Rules.
- No line is wider than it was asked to be, whatever the language and the addresses.
- What mails said has nothing that moves a cursor or turns text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dsnlib.compose.fill import fill, width, wrap
from dsnlib.report.advice import advise
from dsnlib.report.figures import count_figures
from dsnlib.report.sentences import lead
from dsnlib.report.words import Words, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dsnlib.bounces.summary import Summary, Worst
    from dsnlib.report.bins import Timeline
    from dsnlib.report.figures import Figures

__all__ = ["COLUMNS", "Span", "report_lines"]

COLUMNS = 80
_NARROWEST = 40
_MOST_BARS = 31
_MOST_ROWS = 12
_MOST_WORST = 20
# A third of a line each for the name and the bar; the rest is for numbers.
_PART = 3
# What lasts, what passes, what is not known; then the same in US-ASCII.
_BLOCKS = ("█▒░", "#=-")

# The spaces of typesetting, with which CLDR writes numbers and times: narrow, unbreakable.
_PLAIN = dict.fromkeys((0xA0, 0x2009, 0x202F), " ")


class Span(NamedTuple):
    """A part of a line.

    Args:
        text: Nothing in it acts upon a terminal.
        purpose: `title`, `heading`, `text`, `muted`, `number`, `hard`, `soft` or `unknown`.
    """

    text: str
    purpose: str = "text"


Line = tuple[Span, ...]


def report_lines(
    summary: Summary, words: Words, *, columns: int = COLUMNS, is_ascii: bool = False
) -> Iterator[Line]:
    """Yield the lines of a report.  Never raises.

    Args:
        summary: What became of the mail.
        words: Those of the language.
        columns: How wide a line may be; at least 40 are taken.
        is_ascii: Whether bars are made of US-ASCII.
    """
    lines = _lines(summary, words, max(columns, _NARROWEST), _BLOCKS[is_ascii])
    for line in lines:
        yield tuple(Span(span.text.translate(_PLAIN), span.purpose) for span in line)


def _lines(summary: Summary, words: Words, columns: int, blocks: str) -> Iterator[Line]:
    figures = count_figures(summary, most_bars=_MOST_BARS)
    yield (Span(_cut(words.say("heading"), columns), "title"),)
    yield (Span(_cut(words.span_of(summary), columns), "muted"),)
    yield ()
    yield from _text(lead(summary, figures, words), columns)
    yield from _advice(summary, figures, words, columns)
    if figures.failures:
        yield from _over_time(figures.timeline, words, columns, blocks)
    for key, counts in _counted(summary, figures, words):
        if counts:
            yield from _bars(words.say(key), counts, words, columns, blocks)
    for key, worst in (("worst-domains", summary.domains), ("worst-addresses", summary.addresses)):
        if worst:
            yield from _worst(words.say(key), worst[:_MOST_WORST], words, columns)


def _counted(
    summary: Summary, figures: Figures, words: Words
) -> Iterable[tuple[str, list[tuple[str, int]]]]:
    codes = [(_code(code, words), count) for code, count in figures.codes.items()]
    return (
        ("by-reason", [(words.reason(each), count) for each, count in figures.reasons.items()]),
        (
            "by-provider",
            [(words.provider(each), count) for each, count in figures.providers.items()],
        ),
        ("by-fault", [(words.fault(each), count) for each, count in figures.faults.items()]),
        ("by-code", codes),
        ("suppressed", [(words.source(each), count) for each, count in summary.suppressed]),
    )


def _code(code: str, words: Words) -> str:
    return f"{shown(code, 12)}  {words.meaning(code)}" if code else words.say("not-known")


def _text(text: str, columns: int) -> Iterator[Line]:
    for line in fill(text, columns).split("\n"):
        yield (Span(_cut(line, columns)),)


def _advice(summary: Summary, figures: Figures, words: Words, columns: int) -> Iterator[Line]:
    yield from _heading(words.say("what-to-do"), columns)
    for number, advice in enumerate(advise(summary, figures), 1):
        for line in wrap(f"{number:2}. {words.say(f'do {advice.code}')}", columns, "    "):
            yield (Span(_cut(line, columns)),)
        for ground in advice.grounds:
            for line in wrap(f"    {words.ground(ground)}", columns, "    "):
                yield (Span(_cut(line, columns), "muted"),)


def _over_time(timeline: Timeline, words: Words, columns: int, blocks: str) -> Iterator[Line]:
    yield from _heading(words.say(f"per-{timeline.unit}"), columns)
    names = [words.bin(each) for each in timeline.bins]
    counts = [words.number(each.failures) for each in timeline.bins]
    room = min(max(map(width, names)), columns // 2)
    room_of_count = max(map(width, counts))
    longest = max(columns - room - room_of_count - 4, 1)
    most = max(each.failures for each in timeline.bins) or 1
    for each, name, count in zip(timeline.bins, names, counts, strict=True):
        spans, start, ends = [], 0, 0
        for purpose, block in zip(("hard", "soft", "unknown"), blocks, strict=True):
            ends += getattr(each, purpose)
            # Each part ends where its sum ends: what is lost by rounding is nowhere added up.
            end = -(-longest * ends // most)
            spans.append(Span(block * (end - start), purpose))
            start = end
        yield (
            Span(f"{_padded(_cut(name, room), room)}  "),
            *spans,
            Span(" " * (longest - start)),
            Span(f"  {_padded_left(count, room_of_count)}", "number"),
        )
    legend = zip(("hard", "soft", "not-known"), blocks, strict=True)
    text = "   ".join(f"{block} {words.say(name)}" for name, block in legend)
    yield (Span(_cut(text, columns), "muted"),)
    if timeline.earlier:
        text = f"{words.say('earlier')}: {words.number(timeline.earlier)}"
        yield (Span(_cut(text, columns), "muted"),)


def _bars(
    title: str, rows: list[tuple[str, int]], words: Words, columns: int, blocks: str
) -> Iterator[Line]:
    yield from _heading(title, columns)
    total = sum(count for _, count in rows)
    most = max(count for _, count in rows) or 1
    rest = sum(count for _, count in rows[_MOST_ROWS:])
    rows = [*rows[:_MOST_ROWS], *([(words.say("others"), rest)] if rest else ())]
    numbers = [words.number(count) for _, count in rows]
    shares = [words.percent(count, total) for _, count in rows]
    room_of_number, room_of_share = (max(map(width, each)) for each in (numbers, shares))
    room = columns - room_of_number - room_of_share - 6
    longest = room // _PART
    room -= longest
    for (name, count), number, share in zip(rows, numbers, shares, strict=True):
        length = -(-longest * count // most)
        yield (
            Span(f"{_padded(_cut(name, room), room)}  "),
            Span(blocks[0] * length, "hard"),
            Span(" " * (longest - length)),
            Span(f"  {_padded_left(number, room_of_number)}", "number"),
            Span(f"  {_padded_left(share, room_of_share)}", "muted"),
        )


def _worst(title: str, worst: Sequence[Worst], words: Words, columns: int) -> Iterator[Line]:
    yield from _heading(title, columns)
    numbers = [words.number(each.failures) for each in worst]
    days = [words.day(each.last) for each in worst]
    room_of_number, room_of_day = (max(map(width, each)) for each in (numbers, days))
    room = columns - room_of_number - room_of_day - 6
    room_of_reason = room // _PART
    room -= room_of_reason
    for each, number, day in zip(worst, numbers, days, strict=True):
        yield (
            Span(f"{_padded(_cut(shown(each.name), room), room)}  "),
            Span(f"{_padded_left(number, room_of_number)}  ", "number"),
            Span(f"{_padded(_cut(words.reason(each.reason), room_of_reason), room_of_reason)}  "),
            Span(_padded_left(day, room_of_day), "muted"),
        )


def _heading(text: str, columns: int) -> Iterator[Line]:
    yield ()
    yield (Span(_cut(text, columns), "heading"),)


def _padded(text: str, room: int) -> str:
    return text + " " * (room - width(text))


def _padded_left(text: str, room: int) -> str:
    return " " * (room - width(text)) + text


def _cut(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    while text and width(text) >= room:
        text = text[:-1]
    return f"{text}…"
