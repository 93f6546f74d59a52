"""A drawing of matplotlib made a part of a page.

It loses what is for a file of its own (prologue, metadata, fonts), gets a name that is
read out, and its colours become variables of the page.

Rules.
- Its ids begin with a key, so that no two drawings of a page share one.
- What is not referred to has no id; coordinates have one decimal.
"""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple

from dsnlib.report.palette import PALETTE, stand_in

__all__ = ["ChartLabels", "embedded"]

_HEAD = re.compile(r'\A.*?<svg\b[^>]*?viewBox="([^"]*)"[^>]*>', re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_STYLE = re.compile(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r'\s+id="([^"]*)"')
_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]*)')
_FONT = re.compile(r"font: *(?:[a-z0-9]+ +)*([0-9.]+)px[^;\"]*")
_DECIMALS = re.compile(r"(?<=[0-9])(\.[0-9])[0-9]+")
_FAMILY = re.compile(r"font-family:[^;\"]*(?:; *)?")
_BETWEEN = re.compile(r">\s*\n\s*<")
_LINES = re.compile(r" *\n *")
_EMPTY = re.compile(r"<g>\s*</g>|<g/>")
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^"]*\)"')
_COLOURS = {stand_in(name): f"var(--{name})" for name in PALETTE}
_COLOUR = re.compile("|".join(_COLOURS))


class ChartLabels(NamedTuple):
    """What a drawing is called.

    Args:
        key: What its ids begin with: a word of US-ASCII.
        title: What it shows.
        description: What is to be seen in it, in a sentence; `""` if the title says it all.
        style: Its class, besides `chart`.
    """

    key: str
    title: str
    description: str
    style: str


def embedded(drawing: str, labels: ChartLabels) -> str:
    """Return an `svg` element for a page.

    Args:
        drawing: A file as matplotlib writes it, with its text as text.
        labels: What it is called.

    Raises:
        ValueError: It is no such file.
    """
    head = _HEAD.match(drawing)
    if head is None:
        message = "no SVG with a viewBox"
        raise ValueError(message)
    body = drawing[head.end() :]
    for pattern in (_METADATA, _STYLE, _COMMENT):
        body = pattern.sub("", body)
    known = frozenset(_REFERENCE.findall(body))
    body = _TAG.sub(lambda found: _tag(found[0], labels.key, known), body)
    body = _BETWEEN.sub("><", body)
    while (fewer := _EMPTY.sub("", body)) != body:
        body = fewer
    title = f'<title id="{labels.key}-title">{escape(labels.title)}</title>'
    names, description = f'aria-labelledby="{labels.key}-title"', ""
    if labels.description:
        names += f' aria-describedby="{labels.key}-desc"'
        description = f'<desc id="{labels.key}-desc">{escape(labels.description)}</desc>'
    return (
        f'<svg class="chart {labels.style}" viewBox="{head[1]}" role="img" {names}>'
        f"{title}{description}{body.strip()}"
    )


def _tag(tag: str, key: str, known: frozenset[str]) -> str:
    """Return one tag as it is in a page; what stands between tags is text."""
    tag = _ID.sub(lambda found: f' id="{key}-{found[1]}"' if found[1] in known else "", tag)
    tag = _REFERENCE.sub(lambda found: found[0].replace("#", f"#{key}-", 1), tag)
    tag = _COLOUR.sub(lambda found: _COLOURS[found[0]], tag)
    tag = _FAMILY.sub("", _FONT.sub(r"font-size:\1px", tag))
    tag = _DECIMALS.sub(r"\1", _NO_TURN.sub("", tag))
    return _LINES.sub(" ", tag)
