"""Words of a report: names, numbers and days as a language has them."""

import datetime as dt

import pytest

from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.compose.shipped import shipped_languages
from dsnlib.report.advice import Ground
from dsnlib.report.bins import Bin
from dsnlib.report.words import Words, shown, words_of

DAY = dt.date(2026, 5, 3)


def words(language: str) -> Words:
    """Return the words of a language."""
    found = words_of(language)
    assert found is not None
    return found


@pytest.mark.parametrize("language", shipped_languages())
def test_every_name(language: str) -> None:
    """Each member of the taxonomy has a name in each language, and all names differ."""
    found = words(language)
    reasons = [found.reason(each) for each in Reason]

    assert len(reasons) == len(set(reasons))
    assert found.reason(None) == found.reason(Reason.UNDEFINED)
    assert len(Fault) == len({found.fault(each) for each in Fault})
    assert len(Permanence) == len({found.permanence(each) for each in Permanence})


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1, 1, "100%"),
        (1, 3, "33%"),
        (1, 30, "3.3%"),
        (0, 5, "0%"),
        (1, 10**9, "<0.1%"),
        (0, 0, ""),
        (10**30, 10**30, "100%"),
    ],
)
def test_percent(part: int, whole: int, expected: str) -> None:
    """A share has as many digits as it needs; next to nothing is not nothing."""
    assert expected == words("en").percent(part, whole)


def test_forms() -> None:
    """Numbers and shares have the form of their language."""
    assert "1.234.567" == words("de").number(1234567)
    assert "%22" == words("tr").percent(22, 100)
    assert "%2,2" == words("tr").percent(22, 1000)
    assert ["0", "5,000"] == words("en").ticks([0, 5000])
    assert ["0", "50K", "1.5M"] == words("en").ticks([0, 50_000, 1_500_000])


@pytest.mark.parametrize(
    ("unit", "until", "name", "tick"),
    [
        ("day", 3, "3 May 2026", "3 May"),
        ("week", 9, "3–9 May 2026", "3 May"),
        ("month", 31, "May 2026", "May 2026"),
        ("year", 31, "2026", "2026"),
    ],
)
def test_bins(unit: str, until: int, name: str, tick: str) -> None:
    """A bin is named by its days, its month or its year."""
    found = Bin(unit=unit, since=DAY, until=DAY.replace(day=until))

    assert (name, tick) == (words("en").bin(found), words("en").tick(found))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("google", "Google"),
        ("mail.ru", "Mail.ru"),
        ("ionos", "IONOS"),
        ("", "Other providers"),
        ("\x1bx" * 50, "?x" * 19 + "?…"),
    ],
)
def test_providers(name: str, expected: str) -> None:
    """A provider is written as it writes itself; an unknown one harmlessly."""
    assert expected == words("en").provider(name)


@pytest.mark.parametrize(
    ("source", "expected"),
    [("bounce", "Bounces"), ("complaint", "Complaints"), ("\u202ex", "?x")],
)
def test_sources(source: str, expected: str) -> None:
    """A source has its name, one that is not known its own."""
    assert expected == words("en").source(source)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("5.1.1", "There is no mailbox with this address."), ("", ""), ("rubbish", "")],
)
def test_meaning(code: str, expected: str) -> None:
    """A code has its meaning, what is no code has none."""
    assert expected == words("en").meaning(code)


@pytest.mark.parametrize(
    ("ground", "expected"),
    [
        (Ground(form="of-failures", count=1, total=4), "Failures: 1 of 4 (25%)"),
        (
            Ground(form="at-provider", count=1, total=4, provider="google"),
            "Failures at Google: 1 of 4 (25%)",
        ),
        (Ground(form="of-complaints", count=1, total=0), "Complaints: 1"),
        (
            Ground(form="at-time", count=9, total=2, period=Bin(unit="day", since=DAY, until=DAY)),
            "Failures: 9 (3 May 2026), usually 2",
        ),
    ],
)
def test_grounds(ground: Ground, expected: str) -> None:
    """The numbers behind an advice are told as its form has them."""
    assert expected == words("en").ground(ground)


def test_counted() -> None:
    """One is one, and none are many."""
    assert "1 delivery failed." == words("en").counted("failed-count", 1)
    assert "0 deliveries failed." == words("en").counted("failed-count", 0)


def test_isolated() -> None:
    """In a text from right to left a name keeps its direction."""
    ground = Ground(form="at-provider", count=1, total=4, provider="google")

    assert "\u2068Google\u2069" in words("he").ground(ground)


def test_shown() -> None:
    """What is long is cut before it is looked at."""
    assert "?" + "x" * 98 + "…" == shown("\0" + "x" * 10**7)
    assert "bob@example.org" == shown("bob@example.org")
    assert words_of("tlh") is None
