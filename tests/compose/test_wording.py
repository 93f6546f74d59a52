"""Dates, sizes, lists and codes as each language says them; nothing fails."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.shipped import shipped_languages
from dsnlib.compose.wording import Wording, shipped_wording
from dsnlib.model.registry import entries
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from tests.strategies import aware_datetimes, status_codes

WHEN = dt.datetime(2026, 11, 1, 14, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))


@pytest.mark.parametrize(
    ("language", "date"),
    [
        ("en", "1 November 2026 at 14:05"),
        ("de", "1. November 2026 um 14:05"),
        ("fr", "1 novembre 2026 à 14:05"),
        ("pl", "1 listopada 2026, 14:05"),
        ("fi", "1. marraskuuta 2026 klo 14.05"),
        ("ja", "2026年11月1日 14:05"),
        ("ar", "1 نوفمبر 2026، 14:05"),
        ("ko", "2026년 11월 1일 14:05"),
    ],
)
def test_dates(language: str, date: str) -> None:
    """In the long form, which is right behind "until", with hours from 0 to 23."""
    assert date == shipped_wording(language).date(WHEN)


def test_a_time_in_utc_says_so() -> None:
    """Nobody's clock shows it."""
    assert "1 November 2026 at 13:05 UTC" == shipped_wording("en").date(WHEN.astimezone(dt.UTC))


@pytest.mark.parametrize(
    ("language", "hours", "duration"),
    [("en", 4, "4 hours"), ("ru", 4, "4 часа"), ("ar", 48, "يومان"), ("pl", 120, "5 dni")],
)
def test_durations(language: str, hours: int, duration: str) -> None:
    """With the plural of the language."""
    assert duration == shipped_wording(language).duration(dt.timedelta(hours=hours))


@pytest.mark.parametrize(
    ("octets", "size"),
    [(999, "999 byte"), (1234, "1.2 kB"), (12_345_678, "12 MB"), (3_200_000_000, "3.2 GB")],
)
def test_sizes(octets: int, size: str) -> None:
    """Rounded to two figures, in decimal units as people are told them."""
    assert size == shipped_wording("en").size(octets)


@pytest.mark.parametrize(
    ("language", "listing"),
    [
        ("en", "a@x, b@x and c@x"), ("de", "a@x, b@x und c@x"), ("he", "a@x, b@x ו-c@x"),
        ("zh_Hans", "a@x、b@x 和 c@x"), ("ja", "a@x、b@x、c@x"),
    ],
)  # fmt: skip
def test_lists(language: str, listing: str) -> None:
    """As the language joins them; one is no list, and of nothing there is nothing to say."""
    assert listing == shipped_wording(language).listing(["a@x", "b@x", "c@x"])
    assert "a@x" == shipped_wording(language).listing(["a@x"])
    assert "" == shipped_wording(language).listing([])


@pytest.mark.parametrize(
    ("language", "count", "sentence"),
    [
        ("en", 1, "Your message was not delivered to 1 recipient."),
        ("en", 5, "Your message was not delivered to 5 recipients."),
        ("ru", 2, "Ваше письмо не доставлено 2 получателям."),
        ("pl", 5, "Państwa wiadomość nie została dostarczona do 5 odbiorców."),
        ("de", 1200, "Ihre Nachricht wurde 1.200 Empfängern nicht zugestellt."),
    ],
)
def test_plurals(language: str, count: int, sentence: str) -> None:
    """The form of the language for the number, and the number as it is written there."""
    assert sentence == shipped_wording(language).counted("failed-count", count)


@given(status_codes(), st.sampled_from(shipped_languages()), aware_datetimes())
def test_any_code_is_explained(
    status: EnhancedStatusCode, language: str, when: dt.datetime
) -> None:
    """A code that nobody registered too; and any date is written."""
    wording = shipped_wording(language)

    assert wording.title(status)
    assert wording.advice(status)
    assert wording.date(when)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("5.1.1", "There is no mailbox with this address."),
        # The detail is unknown, the subject is not (RFC 3463 s2).
        ("5.2.999", "There is a problem with the recipient's mailbox."),
        ("5.99.1", "The recipient's mail system refused the message."),
        ("4.99.1", "The recipient's mail system cannot take the message at the moment."),
        # What is registered as a success explains no failure.
        ("5.1.5", "There is a problem with an address of this message."),
        ("2.1.5", "The address is valid."),
    ],
)
def test_the_nearest_text_for_a_code(code: str, title: str) -> None:
    """The code's own, that of its subject, or that of its class."""
    assert title == shipped_wording("en").title(EnhancedStatusCode.parse(code))


def test_every_registered_code_has_its_own_words() -> None:
    """Title and advice, one sentence or two, no code word in them."""
    wording = shipped_wording("en")
    for entry in entries():
        class_ = (
            StatusClass.PERMANENT if StatusClass.PERMANENT in entry.classes else entry.classes[0]
        )
        status = EnhancedStatusCode(class_, entry.subject, entry.detail)
        text = wording.sentences(wording.title(status), wording.advice(status))
        assert text.count(".") >= 2
        words = text.replace(".", " ").split()
        assert not {"MTA", "SMTP", "MX", "host", "daemon", "sorry", "error!"} & set(words)
        assert "!" not in text


def test_what_a_catalogue_lacks_is_english() -> None:
    """An empty catalogue says all in English, with the language's dates."""
    wording = Wording("fr", Catalogue(language="fr"))

    assert "There is no mailbox with this address." == wording.title(
        EnhancedStatusCode.parse("5.1.1")
    )
    assert "1 novembre 2026 at 14:05" == wording.date(WHEN)


@pytest.mark.parametrize("language", ["tlh", "x-example", "not_a_language"])
def test_a_language_that_cldr_has_not(language: str) -> None:
    """A site may write one of its own: its dates and sizes are then as English has them."""
    wording = Wording(language, Catalogue(language=language))

    assert "1 November 2026 at 14:05" == wording.date(WHEN)
    assert "1.2 kB" == wording.size(1234)


@pytest.mark.parametrize(
    ("language", "expected"), [("he", "\u2068a@x\u2069"), ("ar", "\u2068a@x\u2069"), ("de", "a@x")]
)
def test_only_right_to_left_texts_need_isolates(language: str, expected: str) -> None:
    """An address keeps its direction; nothing is isolated where all runs one way."""
    wording = shipped_wording(language)

    assert expected == wording.isolated("a@x")
    assert "" == wording.isolated("")
