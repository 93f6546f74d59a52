"""Colours that can be read: WCAG 2.2, computed from the variables of the page."""

import re

import pytest

from dsnlib.report.palette import PALETTE, palette_css, stand_in

TEXT = ("text", "muted", "link")
GRAPHICS = ("hard", "soft", "unknown", "bar")
GROUNDS = ("page", "card")


def luminance(colour: str) -> float:
    """Return the relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def variables(time: str) -> dict[str, str]:
    """Return the colours as a browser has them by day or by night."""
    css = palette_css()
    found = dict(re.findall(r"--([a-z]+):(#[0-9a-f]{6})", css.partition("@media")[0]))
    if time == "night":
        found |= dict(re.findall(r"--([a-z]+):(#[0-9a-f]{6})", css.partition("@media")[2]))
    return found


def test_contrast_of_black_and_white() -> None:
    """The greatest contrast is 21."""
    assert 21 == round(contrast("#000000", "#ffffff"), 6)


@pytest.mark.parametrize("time", ["day", "night"])
def test_variables(time: str) -> None:
    """Day and night have a colour for each purpose."""
    assert set(PALETTE) == set(variables(time))


@pytest.mark.parametrize("time", ["day", "night"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", TEXT)
def test_text(name: str, ground: str, time: str) -> None:
    """Text has a contrast of 4.5 to what it stands on (1.4.3)."""
    colours = variables(time)

    assert 4.5 <= contrast(colours[name], colours[ground])


@pytest.mark.parametrize("time", ["day", "night"])
@pytest.mark.parametrize("name", GRAPHICS)
def test_graphics(name: str, time: str) -> None:
    """A bar has a contrast of 3 to its card (1.4.11)."""
    colours = variables(time)

    assert 3 <= contrast(colours[name], colours["card"])


@pytest.mark.parametrize("time", ["day", "night"])
@pytest.mark.parametrize("name", ["bar", "unknown"])
def test_bars_on_their_track(name: str, time: str) -> None:
    """A bar is told from the track behind it."""
    colours = variables(time)

    assert 3 <= contrast(colours[name], colours["track"])


def test_stand_ins() -> None:
    """Each colour has a stand-in of its own, and no real colour is one."""
    found = {stand_in(name) for name in PALETTE}

    assert len(PALETTE) == len(found)
    assert found.isdisjoint(colour for shade in PALETTE.values() for colour in shade)
    with pytest.raises(ValueError, match="not in tuple"):
        stand_in("puce")
