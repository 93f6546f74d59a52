"""The page of a report in a real browser: narrow, dark, by keyboard and by ear.

Skipped where there is no Chromium.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.report.page import render_page
from dsnlib.report.palette import PALETTE
from tests.interop.chromium import Chromium, chromium_running
from tests.report.summaries import NOW, busy_summary, empty_summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The longest words, the widest letters, both directions, and one without spaces.
LANGUAGES = ("ar", "de", "en", "fi", "he", "ja", "pl", "uk")
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
# What stands out of the page on either side, but for what scrolls by itself.
STANDING_OUT = """[...document.querySelectorAll('body *')].filter(each => {
  const box = each.getBoundingClientRect();
  return box.width && !each.closest('.scroll, .skip, caption')
    && (box.right > innerWidth + 1 || box.left < -1);
}).map(each => each.tagName + ' ' + each.className + ' ' + each.textContent.slice(0, 40))"""
# The size of letters as they are seen, in the charts that are seen.
SMALLEST_LETTERS = """Math.min(...[...document.querySelectorAll('svg text')]
  .filter(each => each.getBoundingClientRect().width)
  .map(each => parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """Return a browser, one for all tests."""
    with chromium_running() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return files with pages, by language; `empty` has nothing to report."""
    directory = tmp_path_factory.mktemp("pages")
    summary = busy_summary()
    texts = {each: render_page(summary, language=each, now=NOW) for each in LANGUAGES}
    texts["empty"] = render_page(empty_summary(), language="en", now=NOW)
    for name, text in texts.items():
        (directory / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: directory / f"{name}.html" for name in texts}


def show(browser: Chromium, page: Path, width: int = 1280, scheme: str = "light") -> None:
    """Show a page with all its tables open."""
    browser.resize(width)
    browser.prefer(scheme)
    browser.open(page)
    browser.run(OPEN_ALL)


def colour(text: str) -> str:
    """Return a colour of a browser, `rgb(1, 2, 3)`, as `#010203`."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", text)[:3])


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("name", [*LANGUAGES, "empty"])
def test_no_scrolling_sideways(
    browser: Chromium, pages: dict[str, Path], name: str, width: int
) -> None:
    """On a phone and on a desk the page is as wide as the window (WCAG 2.2, 1.4.10)."""
    show(browser, pages[name], width)

    assert width >= browser.run("document.documentElement.scrollWidth")
    assert [] == browser.run(STANDING_OUT)


@pytest.mark.parametrize("width", [320, 390, 620, 768, 1000, 1280])
def test_letters_of_charts(browser: Chromium, pages: dict[str, Path], width: int) -> None:
    """The letters of a chart are large enough to read, however narrow the window."""
    show(browser, pages["de"], width)

    assert 9.5 < browser.run(SMALLEST_LETTERS)


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("width", [320, 1280])
def test_labels_do_not_meet(
    browser: Chromium, pages: dict[str, Path], name: str, width: int
) -> None:
    """No two texts of a chart lie upon each other, and none is cut off."""
    show(browser, pages[name], width)

    assert [] == browser.run(
        """[...document.querySelectorAll('svg')].flatMap(chart => {
          const sheet = chart.getBoundingClientRect();
          const boxes = [...chart.querySelectorAll('text')].map(
            each => [each.textContent, each.getBoundingClientRect()]);
          return boxes.flatMap(([text, one], place) => [
            ...(sheet.width && (one.left < sheet.left - 8 || one.right > sheet.right + 8)
              ? [text] : []),
            ...boxes.slice(place + 1).filter(([_, other]) =>
              one.width && other.width && one.left < other.right && other.left < one.right
              && one.top + 2 < other.bottom && other.top + 2 < one.bottom)
              .map(([other]) => text + ' / ' + other)]);
        })"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours(browser: Chromium, pages: dict[str, Path], scheme: str) -> None:
    """The page and its charts have the colours of day or night, as the reader prefers."""
    show(browser, pages["en"], scheme=scheme)
    time = 0 if scheme == "light" else 1

    def shown(selector: str, name: str) -> str:
        script = f"getComputedStyle(document.querySelector({selector!r})).{name}"
        return colour(browser.run(script))

    assert PALETTE["page"][time] == shown("html", "backgroundColor")
    assert PALETTE["text"][time] == shown("p.lead", "color")
    assert PALETTE["card"][time] == shown("section", "backgroundColor")
    assert PALETTE["bar"][time] == shown(".half svg path[style*=bar]", "fill")
    assert PALETTE["hard"][time] == shown("#time ~ svg path[style*=hard]", "fill")
    assert PALETTE["muted"][time] == shown("#time ~ svg text", "fill")


@pytest.mark.parametrize("name", ["en", "ar", "empty"])
def test_no_network(browser: Chromium, pages: dict[str, Path], name: str) -> None:
    """The page is all there is: nothing else is asked for, and nothing is complained about."""
    show(browser, pages[name])

    assert [pages[name].as_uri()] == browser.requests()
    assert [] == browser.troubles()


def test_keyboard(browser: Chromium, pages: dict[str, Path]) -> None:
    """TAB leads to the skip link first, and then to each link, table and summary, in order."""
    show(browser, pages["en"], 320)
    focusable = browser.run(
        "[...document.querySelectorAll('a, summary, .scroll')].map("
        "each => each.getAttribute('href') || each.getAttribute('aria-labelledby') || 'summary')"
    )
    reached = []
    for _ in focusable:
        browser.press("Tab", 9)
        reached.append(
            browser.run(
                "document.activeElement.getAttribute('href')"
                " || document.activeElement.getAttribute('aria-labelledby') || 'summary'"
            )
        )

    assert "#content" == reached[0]
    assert focusable == reached
    assert "solid" == browser.run("getComputedStyle(document.activeElement).outlineStyle")


def test_skip_link(browser: Chromium, pages: dict[str, Path]) -> None:
    """The skip link is seen when it is reached, and leads to the content."""
    show(browser, pages["en"])
    browser.press("Tab", 9)
    top = browser.run("document.activeElement.getBoundingClientRect().top")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r")
    browser.call("Input.dispatchKeyEvent", type="keyUp", key="Enter")

    assert top >= 0
    assert "content" == browser.run("document.activeElement.id")


@pytest.mark.parametrize("name", ["en", "ar"])
def test_by_ear(browser: Chromium, pages: dict[str, Path], name: str) -> None:
    """Charts, tables, regions and landmarks have names; no chart is told twice."""
    show(browser, pages[name])
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]

    def names(role: str) -> list[str]:
        return [each.get("name", {}).get("value", "") for each in nodes if _role(each) == role]

    titles = names("heading")[1:]
    charts = names("image") or names("img")
    told = [each.get("description", {}).get("value", "") for each in nodes]
    assert 5 == len(charts)
    assert set(charts) <= set(titles)
    assert 4 == sum("(" in each for each in told)
    assert len(charts) == len(set(charts))
    assert set(names("table")) <= set(titles)
    assert 8 == len(names("table")) == len(set(names("table")))
    assert all(names("region"))
    assert all(names("navigation"))
    for landmark in ("banner", "main", "contentinfo", "navigation"):
        assert 1 == len(names(landmark))
    assert {"columnheader", "rowheader"} <= {_role(each) for each in nodes}


def _role(node: dict[str, Any]) -> str:
    return str(node.get("role", {}).get("value", ""))


def test_large_letters(pages: dict[str, Path]) -> None:
    """With letters of twice the size the page still fits, and charts grow with them (1.4.4)."""
    with chromium_running("--blink-settings=defaultFontSize=32") as browser:
        show(browser, pages["de"], 640)

        assert "32px" == browser.run("getComputedStyle(document.body).fontSize")
        assert 640 >= browser.run("document.documentElement.scrollWidth")
        assert [] == browser.run(STANDING_OUT)
        assert 18 < browser.run(SMALLEST_LETTERS)


def test_paper(browser: Chromium, pages: dict[str, Path]) -> None:
    """On paper the tables are open, in the colours of day, and links to parts are gone."""
    browser.resize(800)
    browser.prefer("dark", "print")
    browser.open(pages["en"])

    assert "none" == browser.run("getComputedStyle(document.querySelector('nav')).display")
    assert PALETTE["text"].day == colour(
        browser.run("getComputedStyle(document.querySelector('p.lead')).color")
    )
    assert 0 < browser.run("document.querySelector('details table').getBoundingClientRect().height")
    assert browser.call("Page.printToPDF")["data"]
    browser.prefer("light")
