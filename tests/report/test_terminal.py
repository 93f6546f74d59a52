"""A report on a terminal: within its columns, harmless, in letters alone."""

import re

import pytest
from hypothesis import given, settings

from dsnlib.bounces.summary import Summary
from dsnlib.compose.fill import width
from dsnlib.compose.shipped import shipped_languages
from dsnlib.report.terminal import report_lines
from dsnlib.report.words import words_of
from tests.report.summaries import busy_summary, empty_summary, failures, summaries, summary_of


def lines(
    summary: Summary, language: str = "en", *, columns: int = 80, is_ascii: bool = False
) -> list[str]:
    """Return the lines as plain text."""
    words = words_of(language)
    assert words is not None
    found = report_lines(summary, words, columns=columns, is_ascii=is_ascii)
    return ["".join(span.text for span in line) for line in found]


def test_text() -> None:
    """What is on the page is on the terminal: sentences, advice, bars, codes, addresses."""
    text = "\n".join(lines(busy_summary()))

    for part in (
        "Bounce report\n5 Jan – 28 Jun 2026\n",
        " deliveries failed. ",
        "What to do\n 1. Recipients call the mail spam.",
        "Failures per week\n5–11 Jan 2026 ",
        "█ Lasting   ▒ Passing   ░ Not known\n",
        "Why mail failed\nNo such mailbox ",
        "Failures by provider\nGoogle ",
        "Whose fault it was\nRecipient or address ",
        "Failures by status code\n5.1.1  There is no mailbox with this ",
        "Suppressed addresses\n",
        "Domains with the most failures\nexample.org ",
        "Addresses with the most failures\n?evil?[31m<script>",
    ):
        assert part in text


def test_bars() -> None:
    """A bar is as long as its number."""
    found = lines(summary_of(failures(40), failures(20, status="4.2.2", provider="google")))
    bars = {line.split()[0]: line.count("█") for line in found if "█" in line}

    assert bars["5.1.1"] == pytest.approx(2 * bars["4.2.2"], abs=1)


@pytest.mark.parametrize("language", shipped_languages())
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_columns(language: str, columns: int) -> None:
    """In each language no line is wider than it may be."""
    found = lines(busy_summary(), language, columns=columns)

    assert columns >= max(map(width, found))


def test_ascii() -> None:
    """Bars are made of US-ASCII where there is nothing else."""
    text = "\n".join(lines(busy_summary(), is_ascii=True))

    assert "# Lasting   = Passing   - Not known" in text
    assert not set("█▒░") & set(text)


def test_nothing() -> None:
    """Where nothing failed, this is said and no more."""
    assert [
        "Bounce report",
        "5 Jan – 28 Jun 2026",
        "",
        "In this time nothing failed.",
        "",
        "What to do",
        " 1. Nothing stands out. Go on as before.",
    ] == lines(empty_summary())


@settings(max_examples=25)
@given(summaries())
def test_any_summary(summary: Summary) -> None:
    """Any summary keeps to its columns, and nothing in it acts upon a terminal."""
    found = lines(summary)

    assert 80 >= max(map(width, found))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", "".join(found))
