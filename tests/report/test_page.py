"""The page: complete, harmless, the same each time, in every language."""

import datetime as dt
import functools
import itertools
import re
import time
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from dsnlib.bounces.summary import Summary, Tally
from dsnlib.bounces.taxonomy import Reason
from dsnlib.compose.shipped import shipped_languages
from dsnlib.errors import InvalidValue
from dsnlib.report.charts import BAR_SIZES
from dsnlib.report.page import render_page
from tests.report.summaries import (
    HOSTILE,
    NOW,
    SINCE,
    busy_summary,
    empty_summary,
    failures,
    key,
    summaries,
    summary_of,
)

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Outline(HTMLParser):
    """What a page has: its elements, ids, headings, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        """Check that the element that ends is the last that began."""
        assert tag == self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that is empty."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] = (self.open[-1], data)

    def having(self, tag: str, name: str) -> list[str]:
        """Return the values of an attribute of all elements of a name."""
        return [
            value
            for each, found in self.elements
            if each == tag and (value := found.get(name)) is not None
        ]


def page_of(summary: Summary, language: str = "en") -> str:
    """Return the page of a summary."""
    return render_page(summary, language=language, now=NOW)


@functools.cache
def busy_page(language: str = "en") -> str:
    """Return the page of the summary that has something of everything, drawn once."""
    return page_of(busy_summary(), language)


def empty_page(language: str) -> str:
    """Return the page of the summary that has nothing."""
    return page_of(empty_summary(), language)


@pytest.mark.parametrize("draw", [busy_page, empty_page], ids=["busy", "empty"])
@pytest.mark.parametrize("language", shipped_languages())
def test_every_language(language: str, draw: Callable[[str], str]) -> None:
    """In each language the page is whole, names its language and direction, and has one h1."""
    page = draw(language)
    outline = Outline(page)
    ids = [found["id"] for _, found in outline.elements if "id" in found]

    assert [] == outline.open
    assert [language.replace("_", "-")] == outline.having("html", "lang")
    assert ["rtl" if language in ("ar", "he") else "ltr"] == outline.having("html", "dir")
    assert "h1" == outline.headings[0][0]
    assert {"h2"} == {tag for tag, _ in outline.headings[1:]}
    assert all(text.strip() for _, text in outline.headings)
    assert len(ids) == len(set(ids))
    assert "%(" not in page


def test_references() -> None:
    """What refers to a part of the page refers to one that is there."""
    outline = Outline(busy_page())
    ids = {found["id"] for _, found in outline.elements if "id" in found}
    names = [
        name
        for _, found in outline.elements
        for name in (found.get("aria-labelledby") or "").split()
    ]
    links = [link.removeprefix("#") for link in outline.having("a", "href")]

    assert ids >= {*names, *links}
    assert links


def test_no_network() -> None:
    """Nothing is fetched, nothing runs, and the page's own policy forbids both."""
    page = busy_page()
    outline = Outline(page)
    policy = next(
        found["content"]
        for tag, found in outline.elements
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    )

    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert {"script", "link", "img", "iframe", "object", "form"}.isdisjoint(
        tag for tag, _ in outline.elements
    )
    assert not [name for _, found in outline.elements for name in found if name.startswith("on")]
    assert not re.search(r"https?://|@import|url\((?!#)", page)


def test_tables() -> None:
    """Each chart has a table: with a caption, headings of columns and of rows, a region."""
    page = busy_page()
    tables = re.findall(r"<table>.*?</table>", page, re.DOTALL)
    regions = re.findall(r'<div class="scroll" role="region" [^>]*tabindex="0">\s*<table', page)
    charts = {each.split("-")[0] for each in re.findall(r'<title id="([^"]*)-title">', page)}

    assert len(tables) == len(regions) == 8
    assert all("<caption" in each and 'scope="col"' in each for each in tables)
    assert all('scope="row"' in each for each in tables)
    assert {"time", "by", "suppressed"} == charts


def test_numbers() -> None:
    """The numbers of a table are those of the summary, in the forms of the language."""
    page = page_of(summary_of(failures(12345), failures(5, status="4.2.2")), "de")

    assert '<th scope="row" class="code"><bdi>5.1.1</bdi></th>' in page
    assert '<td class="number">12.345</td>' in page
    assert "12.350 · 100\N{NO-BREAK SPACE}%" in page
    assert "Es gibt kein Postfach mit dieser Adresse." in page


def test_strangers() -> None:
    """What a mail said is escaped, cut, set apart, and turns nothing round."""
    page = busy_page()

    assert "<script" not in page
    assert "?evil?[31m&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;{{ 7*7 }}@example.org" in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "<bdi>xxx" in page
    assert "x" * 100 not in page
    assert HOSTILE not in page


def test_few_events() -> None:
    """One failure is a page, in the singular."""
    page = page_of(summary_of(failures(1)))

    assert "1 delivery failed." in page
    assert ">5 Jan 2026</p>" in page
    assert "Nothing stands out." in page


def test_nothing() -> None:
    """Where nothing failed this is said, and no chart is empty."""
    page = page_of(empty_summary())

    assert "In this time nothing failed." in page
    assert "<svg" not in page
    assert "<table" not in page


def test_no_time() -> None:
    """The summary of an empty result has no days, and none are told."""
    page = page_of(Summary(since=dt.date.min, until=dt.date.min))

    assert '<p class="period">' not in page
    assert "<title>Bounce report</title>" in page


def test_others() -> None:
    """What a chart or a table has no room for is in its last row."""
    reasons = itertools.cycle(Reason)
    codes = [
        failures(100 - place, status=f"5.{place}.1", reason=next(reasons)) for place in range(40)
    ]
    page = page_of(summary_of(*codes))
    rows = re.search(r'id="by-code-caption".*?</table>', page, re.DOTALL)

    assert rows is not None
    assert 32 == rows[0].count("<tr>")
    assert "All others</th>" in rows[0]
    assert page.count(">All others</text>") == len(BAR_SIZES)


def test_stray_dates() -> None:
    """What was long before the others is in the first row of the table."""
    page = page_of(summary_of(failures(1, dt.date(1970, 1, 1)), failures(5000)))

    assert re.search(r'>Earlier</th><td class="number"></td>.*<td class="number">1</td></tr>', page)


@pytest.mark.parametrize(("language", "expected"), [("de-AT", "de"), ("pt", "pt-BR")])
def test_near_language(language: str, expected: str) -> None:
    """The nearest language is taken."""
    assert f'<html lang="{expected}"' in page_of(empty_summary(), language)


@pytest.mark.parametrize("language", ["tlh", "", "../de", "\0"])
def test_no_such_language(language: str) -> None:
    """A language that there is not is refused."""
    with pytest.raises(InvalidValue, match=r"^language: "):
        page_of(empty_summary(), language)


def test_same_each_time() -> None:
    """The same summary gives the same octets."""
    assert busy_page("ar") == page_of(busy_summary(), "ar")


@settings(max_examples=20)
@given(summaries())
def test_any_summary(summary: Summary) -> None:
    """Any summary is a page that is whole, and says nothing that moves or turns text."""
    page = page_of(summary)

    assert [] == Outline(page).open
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    page.encode()


def test_ten_million_events() -> None:
    """A history of ten million events is a page in some seconds, of less than 300 kB."""
    tallies = tuple(
        Tally(key(SINCE - dt.timedelta(days=day), status=f"5.1.{code}", provider=provider), 34)
        for day in range(730)
        for code in range(50)
        for provider in ("google", "microsoft", "yahoo", "apple", "ionos", "qq", "kddi", "")
    )
    summary = Summary(since=SINCE - dt.timedelta(days=729), until=SINCE, tallies=tallies)
    start = time.process_time()
    page = page_of(summary)

    assert 9_900_000 <= sum(each.events for each in tallies)
    assert time.process_time() - start < 10
    assert len(page.encode()) < 300_000


def test_now_has_a_zone() -> None:
    """The page would say of any other time that it is UTC."""
    with pytest.raises(InvalidValue, match=r"^now: .* has no zone$"):
        render_page(empty_summary(), language="en", now=NOW.replace(tzinfo=None))
