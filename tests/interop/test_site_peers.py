"""The documentation in a real browser: on a phone, in the dark, on paper.

Skipped where there is no Chromium.  The site is built for these tests, which takes two
minutes; DSNLIB_SITE names one that is built already.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.interop.chromium import Chromium, chromium_running
from tests.interop.site import complaints, links

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
BUILD_SECONDS = 900
WIDTHS = (320, 390, 1280)
# WCAG 2.2, 1.4.3: of letters as they are read, and of large ones.
CONTRAST, CONTRAST_OF_LARGE = 4.5, 3.0

# What stands out of the page, but for what scrolls by itself or waits outside to be called.
STANDING_OUT = """[...document.querySelectorAll('.content *')].filter(each => {
  const box = each.getBoundingClientRect();
  let scroller = each.parentElement;
  while (scroller && !/auto|scroll|hidden/.test(getComputedStyle(scroller).overflowX))
    scroller = scroller.parentElement;
  return box.width && box.height && !each.closest('svg, .headerlink, .toc-drawer')
    && box.right > innerWidth + 1 && (!scroller || scroller === document.documentElement
      || scroller === document.body);
}).slice(0, 5).map(each => `${each.tagName} ${each.className} ${each.textContent.slice(0, 40)}`)"""

# The letters that are too faint for what is behind them: where, colours, ratio.
FAINT = """(() => {
  const parse = text => {
    const [red, green, blue, alpha = 1] = text.match(/[\\d.]+/g).map(Number);
    return {red, green, blue, alpha};
  };
  const over = (top, below) => {
    const mix = name => top[name] * top.alpha + below[name] * (1 - top.alpha);
    return {red: mix('red'), green: mix('green'), blue: mix('blue'), alpha: 1};
  };
  const light = colour => [colour.red, colour.green, colour.blue].map(part => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const known = new Map([[null, {red: 255, green: 255, blue: 255, alpha: 1}]]);
  const behind = element => {
    if (!known.has(element)) known.set(element,
      over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement)));
    return known.get(element);
  };
  const found = new Map(), seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (seen.has(element) || !texts.currentNode.textContent.trim()) continue;
    seen.add(element);
    if (element.closest('script, style, svg, .headerlink')) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (!box.width || style.visibility !== 'visible' || style.opacity === '0') continue;
    const background = behind(element);
    const [one, two] = [light(over(parse(style.color), background)), light(background)]
      .sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (isLarge ? LARGE : USUAL)) {
      const key = `${element.tagName}.${element.className} ${style.color}`;
      const text = texts.currentNode.textContent.trim().slice(0, 30);
      if (!found.has(key)) found.set(key, `${key} ${ratio.toFixed(2)} ${text}`);
    }
  }
  return [...found.values()];
})()""".replace("LARGE", str(CONTRAST_OF_LARGE)).replace("USUAL", str(CONTRAST))


class Site(NamedTuple):
    """A site that is served.

    Args:
        directory: Where it was built.
        address: Where it is served, with a slash at the end.
        pages: The names of its pages.
    """

    directory: Path
    address: str
    pages: tuple[str, ...]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve a directory on the loopback, and yield its address."""
    handler = functools.partial(_Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """Return a browser, one for all tests."""
    with chromium_running() as found:
        yield found


@pytest.fixture(scope="module")
def site(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return the site; without a browser it is not even built."""
    named = os.environ.get("DSNLIB_SITE")
    directory = Path(named) if named else tmp_path_factory.mktemp("site")
    if not named:
        program = Path(sys.executable).with_name("sphinx-build")
        if not program.is_file() and shutil.which("sphinx-build") is None:
            pytest.skip("there is no Sphinx: install dsnlib[docs]")
        subprocess.run(
            [program, "-q", "-n", "-W", "--keep-going", "-b", "html", "docs", directory],
            cwd=ROOT, check=True, timeout=BUILD_SECONDS,
        )  # fmt: skip
    pages = tuple(
        sorted(each.relative_to(directory).as_posix() for each in directory.rglob("*.html"))
    )
    with served(directory) as address:
        yield Site(directory, address, pages)


class Look(NamedTuple):
    """What was seen on a page.

    Args:
        faint: By scheme, the letters that can hardly be read.
        wide: By width of the window, how wide the page is, and what makes it so.
        asked: What it asked for.
        troubles: What the browser complained about.
    """

    faint: dict[str, list[str]]
    wide: dict[int, list[str]]
    asked: list[str]
    troubles: list[dict[str, Any]]


@pytest.fixture(scope="module")
def looks(browser: Chromium, site: Site) -> dict[str, Look]:
    """Return what was seen on each page: it is opened once, and then looked at in all ways."""
    return {page: look_at(browser, site.address + page) for page in site.pages}


def look_at(browser: Chromium, address: str) -> Look:
    """Open a page, in windows of all widths, by day and by night."""
    look = Look({}, {}, [], [])
    browser.resize(WIDTHS[-1])
    browser.prefer("light")
    browser.open(address)
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        look.faint[scheme] = browser.run(FAINT)
    for width in WIDTHS:
        browser.resize(width)
        wide = browser.run("document.documentElement.scrollWidth")
        look.wide[width] = [f"{wide} px", *browser.run(STANDING_OUT)] if wide > width else []
    look.asked.extend(each for each in browser.requests() if not each.startswith("data:"))
    look.troubles.extend(browser.troubles())
    return look


def test_every_link_leads_somewhere(site: Site) -> None:
    """No link is broken, nothing is fetched from elsewhere, every public name has an entry."""
    assert [] == list(complaints(site.directory))


def test_every_page_is_reached(site: Site) -> None:
    """From the front page every page can be reached by links."""
    ways: dict[str, set[str]] = {}
    for link in links(site.directory):
        path = urlsplit(link.target).path
        if path and not link.is_fetched and not urlsplit(link.target).netloc:
            there = os.path.relpath((site.directory / link.page).parent / path, site.directory)
            ways.setdefault(link.page, set()).add(there)
    waiting, seen = ["index.html"], {"index.html"}
    while waiting:
        new = ways.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)

    assert set() == set(site.pages) - seen - {"search.html"}  # which the search box leads to


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readable(looks: dict[str, Look], scheme: str) -> None:
    """Letters stand out from what is behind them, by day and by night (WCAG 2.2, 1.4.3)."""
    assert {} == {page: each.faint[scheme] for page, each in looks.items() if each.faint[scheme]}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_scrolling_sideways(looks: dict[str, Look], width: int) -> None:
    """A page is as wide as the window; what is wider scrolls by itself (WCAG 2.2, 1.4.10)."""
    assert {} == {page: each.wide[width] for page, each in looks.items() if each.wide[width]}


def test_nothing_from_elsewhere(looks: dict[str, Look], site: Site) -> None:
    """A page asks no other site for anything, and the browser has nothing to complain about."""
    asked = {address for each in looks.values() for address in each.asked}

    assert {} == {page: each.troubles for page, each in looks.items() if each.troubles}
    assert len(site.pages) <= len(asked)
    assert set() == {each for each in asked if not each.startswith(site.address)}


def test_search(browser: Chromium, site: Site) -> None:
    """A public name that is searched for is found."""
    browser.open(f"{site.address}search.html?q=plan_dsns")
    for _ in range(50):
        browser.call("Runtime.evaluate", expression="new Promise(done => setTimeout(done, 100))",
                     awaitPromise=True)  # fmt: skip
        if browser.run("document.querySelectorAll('#search-results li a').length"):
            break

    assert "plan_dsns" in browser.run("document.querySelector('#search-results').textContent")


def test_paper(browser: Chromium, site: Site) -> None:
    """On paper there is the text alone, in the colours of day."""
    browser.resize(800)
    browser.prefer("dark", "print")
    browser.open(f"{site.address}reference/commands/parse.html")

    for part in (".sidebar-drawer", ".toc-drawer", ".mobile-header"):
        assert "none" == browser.run(f"getComputedStyle(document.querySelector({part!r})).display")
    assert [] == browser.run(FAINT)
    assert "rgb(255, 255, 255)" == browser.run("getComputedStyle(document.body).backgroundColor")
    browser.prefer("light")
