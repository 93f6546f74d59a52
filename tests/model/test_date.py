"""Dates are written in one form, read strictly in that, and guessed from others."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model import date
from dsnlib.model.date import (
    add_time,
    format_date,
    format_time,
    guess_date,
    has_zone,
    parse_date,
    require_zone,
)
from tests.strategies import CONTROLS, aware_datetimes

UTC = dt.UTC
EDT = dt.timezone(dt.timedelta(hours=-4))


@pytest.mark.requirement("3464-2.2.5-02")
@pytest.mark.requirement("3464-2.3.7-03")
@pytest.mark.requirement("3464-2.3.9-03")
@given(aware_datetimes())
def test_text_round_trip(when: dt.datetime) -> None:
    """A time survives being written and read, and so does its zone."""
    text = format_date(when)

    assert when == parse_date(text)
    assert when.utcoffset() == parse_date(text).utcoffset()
    assert text == format_date(parse_date(text))


@pytest.mark.requirement("3464-2.1.3-01")
@pytest.mark.requirement("3464-2.2.5-03")
@pytest.mark.requirement("3464-2.3.7-04")
@pytest.mark.requirement("3464-2.3.9-04")
@given(aware_datetimes())
def test_form(when: dt.datetime) -> None:
    """What is written has an English day and month, four digits of year, a numeric zone."""
    form = (
        r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [1-9]\d? "
        r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
        r"\d\d:\d\d:\d\d [+-]\d{4}"
    )

    assert re.fullmatch(form, format_date(when))


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (dt.datetime(1994, 7, 7, 17, 15, 49, tzinfo=EDT), "Thu, 7 Jul 1994 17:15:49 -0400"),
        (dt.datetime(2024, 2, 29, tzinfo=UTC), "Thu, 29 Feb 2024 00:00:00 +0000"),
        (dt.datetime(1, 1, 1, tzinfo=UTC), "Mon, 1 Jan 0001 00:00:00 +0000"),
        (
            dt.datetime(2000, 12, 31, 1, tzinfo=dt.timezone(dt.timedelta(minutes=-30))),
            "Sun, 31 Dec 2000 01:00:00 -0030",
        ),
        (
            dt.datetime(2000, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=45))),
            "Sat, 1 Jan 2000 00:00:00 +0545",
        ),
    ],
)
def test_format_date(when: dt.datetime, text: str) -> None:
    """A time is written as RFC 1123 says."""
    assert text == format_date(when)


def test_fractions_are_cut() -> None:
    """Fractions of a second are cut, not rounded."""
    when = dt.datetime(2000, 1, 1, 0, 0, 59, 999_999, tzinfo=UTC)

    assert "Sat, 1 Jan 2000 00:00:59 +0000" == format_date(when)


@pytest.mark.requirement("3464-2.2.5-03")
@pytest.mark.parametrize(
    "zone", [None, dt.timezone(dt.timedelta(seconds=90))], ids=["naive", "seconds"]
)
def test_zone_that_cannot_be_written(zone: dt.timezone | None) -> None:
    """A time without a zone, or with one of seconds, has no text."""
    when = dt.datetime(2000, 1, 1, tzinfo=zone)

    with pytest.raises(InvalidValue) as caught:
        format_date(when)

    assert when == caught.value.value
    assert "3464-2.2.5-03" == caught.value.requirement
    assert str(caught.value).startswith(f"date: {when!r}")


@pytest.mark.requirement("3464-2.2.5-02")
@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Thu, 7 Jul 1994 17:15:49 -0400", "1994-07-07T17:15:49-04:00"),
        ("7 Jul 1994 17:15:49 -0400", "1994-07-07T17:15:49-04:00"),
        ("Thu,7 Jul 1994 17:15:49 -0400", "1994-07-07T17:15:49-04:00"),
        ("Thu, 07 Jul 1994 17:15:49 -0400", "1994-07-07T17:15:49-04:00"),
        ("thu, 7 JUL 1994 17:15:49 -0400", "1994-07-07T17:15:49-04:00"),
        ("Thu, 7 Jul 1994 17:15 -0400", "1994-07-07T17:15:00-04:00"),
        ("Thu, 7 Jul 1994 17:15:49 -0400 (EDT)", "1994-07-07T17:15:49-04:00"),
        ("Thu,\t7  Jul  1994\t17:15:49  -0400", "1994-07-07T17:15:49-04:00"),
        ("Mon, 7 Jul 1994 17:15:49 +0000", "1994-07-07T17:15:49+00:00"),
        ("7 Jul 1994 17:15:49 -0000", "1994-07-07T17:15:49+00:00"),
        ("31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
        ("1 Jan 2000 00:00:00 +2359", "2000-01-01T00:00:00+23:59"),
        ("7 Jul 1994 17:15:49 -0400 (EDT (summer))", "1994-07-07T17:15:49-04:00"),
    ],
)
def test_parse_date(text: str, iso: str) -> None:
    """A date-time is read with or without day, seconds and comment, in any case."""
    assert iso == parse_date(text).isoformat()
    assert iso == format_iso(guess_date(text))


def format_iso(when: dt.datetime | None) -> str | None:
    """Return the ISO form, or `None` for no time."""
    return None if when is None else when.isoformat()


@pytest.mark.requirement("3464-2.2.5-02")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "1994-07-07T17:15:49-04:00",
        "Thu, 7 Jul 94 17:15:49 -0400",
        "Thu, 7 Jul 1994 17:15:49",
        "Thu 7 Jul 1994 17:15:49 -0400",
        "Thu, 7 July 1994 17:15:49 -0400",
        "Thu, 7-Jul-1994 17:15:49 -0400",
        "Thu, 32 Jul 1994 17:15:49 -0400",
        "Thu, 0 Jul 1994 17:15:49 -0400",
        "Wed, 30 Feb 1994 17:15:49 -0400",
        "Wed, 29 Feb 2023 17:15:49 -0400",
        "Thu, 7 Jux 1994 17:15:49 -0400",
        "Thu, 7 Jul 0000 17:15:49 -0400",
        "Thu, 7 Jul 1994 24:00:00 -0400",
        "Thu, 7 Jul 1994 17:60:00 -0400",
        "Thu, 7 Jul 1994 17:15:61 -0400",
        "Thu, 7 Jul 1994 17:15:49 -0400\n",
        "Thu, 7 Jul 1994 17:15:49 -0400 x",
        "Thu, ７ Jul 1994 17:15:49 -0400",
        pytest.param("7 Jul 1994 17:15:49 EDT", marks=pytest.mark.requirement("3464-2.2.5-03")),
        pytest.param("7 Jul 1994 17:15:49 GMT", marks=pytest.mark.requirement("3464-2.3.7-04")),
        pytest.param("7 Jul 1994 17:15:49 Z", marks=pytest.mark.requirement("3464-2.3.9-04")),
    ],
)
def test_no_date(text: str) -> None:
    """Any other form, a named zone, a day that no month has: all refused, and shown."""
    with pytest.raises(InvalidValue) as caught:
        parse_date(text)

    assert text == caught.value.value
    assert "3464-2.2.5-02" == caught.value.requirement
    assert str(caught.value).startswith(f"date: {text!r}")


# date-time = [ day-name "," ] day month year time zone [CFWS]   RFC 5322 s3.3
GRAMMAR = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun),[ \t]*)?"
    r"[0-9]{1,2}[ \t]+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ \t]+[0-9]{4}[ \t]+"
    r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?[ \t]+[+-][0-9]{4}"
    r"([ \t]*\(.*\))?",
    re.IGNORECASE,
)


@pytest.mark.requirement("3464-2.2.5-02")
@given(aware_datetimes().map(format_date), st.data())
def test_no_short_cut_is_wider_than_the_grammar(text: str, data: st.DataObject) -> None:
    """A date with characters exchanged is refused, unless the grammar still has it."""
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        width = data.draw(st.integers(0, 2))
        text = (
            text[:place]
            + data.draw(st.text("0126: +-.,TZW()t٣", max_size=2))
            + text[place + width :]
        )
    try:
        when = parse_date(text)
    except InvalidValue:
        return
    assert GRAMMAR.fullmatch(text)
    numbers = [int(number) for number in re.findall(r"[0-9]+", text.partition("(")[0])]
    assert numbers[:3] == [when.day, when.year, when.hour]
    assert numbers[3] == when.minute


DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip  # a calendar
START = dt.datetime(1998, 1, 1, 11, 22, 33, tzinfo=EDT)
# Each number that a place of a date can have, each name and each zone.
INSTANTS = [
    *(START.replace(day=day) for day in range(1, 32)),
    *(START.replace(month=month) for month in range(1, 13)),
    *(START.replace(hour=hour) for hour in range(24)),
    *(START.replace(minute=minute) for minute in range(60)),
    *(START.replace(second=second) for second in range(60)),
    *(START.replace(year=year) for year in (1950, 1966, 1977, 1999, 2000, 2001, 2038, 2049)),
    *(
        START.replace(tzinfo=dt.timezone(sign * dt.timedelta(hours=hours, minutes=minutes)))
        for sign in (1, -1)
        for hours, minutes in [*((hour, 15) for hour in range(24)), *((5, m) for m in range(60))]
    ),
]


@pytest.mark.requirement("3464-2.2.5-02")
@pytest.mark.parametrize(
    ("read", "form"),
    [
        pytest.param(parse_date, "{a}, {d} {b} {Y} {H}:{M}:{S} {z}", id="usual"),
        pytest.param(parse_date, "{a}, {d} {b} {Y} {H}:{M}:{S} {z} (x)", id="with a comment"),
        pytest.param(parse_date, "{a},\t{d}\t{b}\t{Y}\t{H}:{M}:{S}\t{z}", id="with TABs"),
        pytest.param(parse_date, "{d}  {b}  {Y}  {H}:{M}:{S}  {z}", id="with spaces"),
        pytest.param(guess_date, "{A} {d}-{B}-{Y} {H}:{M}:{S} {z}", id="names, dashes"),
        pytest.param(guess_date, "{a}. {d} {b}., {y}, {H}:{M}:{S}{z}", id="two digits"),
        pytest.param(guess_date, "{a} {b} {d} {H}:{M}:{S} {Y} {z}", id="ctime"),
        pytest.param(guess_date, "{a},\t{b}\t{d}\t{H}:{M}:{S}\t{z}\t{Y}", id="ctime, zone first"),
    ],
)
def test_every_number(read: Callable[[str], dt.datetime | None], form: str) -> None:
    """Each day, month, hour, minute, second and zone is read as itself."""
    wrong = []
    for when in INSTANTS:
        zone = f"{when:%z}"
        day, month = DAYS[when.weekday()], MONTHS[when.month - 1]
        text = form.format(
            A=day, a=day[:3], B=month, b=month[:3], d=when.day,
            Y=f"{when.year:04}", y=f"{when.year % 100:02}",
            H=f"{when.hour:02}", M=f"{when.minute:02}", S=f"{when.second:02}", z=zone,
        )  # fmt: skip  # a table of names
        found = read(text)
        if found != when or found.utcoffset() != when.utcoffset():
            wrong.append((text, found))

    assert [] == wrong


@pytest.mark.parametrize("comment", ["", " ()", " (x y)"])
def test_usual_dates_take_the_short_way(monkeypatch: pytest.MonkeyPatch, comment: str) -> None:
    """A date as nearly everybody writes it is read without the grammar's own pattern."""

    def fail(pattern: str) -> None:
        pytest.fail(f"{pattern} was asked for")

    monkeypatch.setattr(date, "_fullmatch_of", fail)
    for when in INSTANTS:
        assert when == parse_date(f"{format_date(when)}{comment}")


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 7 Jul 1994 17:15:49 -0400 (a(b)",
        "Thu, 7 Jul 1994 17:15:49 -0400 (a)b)",
        "Thu, 007 Jul 1994 17:15:49 -0400",
        "Thu, 7 Jul 01994 17:15:49 -0400",
        "Thu, 7 Jul 1994 7:15:49 -0400",
        "Thu, 7 Jul 1994 017:15:49 -0400",
        "Thu, 7 Jul 1994 17:5:49 -0400",
        "Thu, 7 Jul 1994 17:015:49 -0400",
        "Thu, 7 Jul 1994 17:15:9 -0400",
        "Thu, 7 Jul 1994 17:15:049 -0400",
        "Thu, 7 Jul 1994 17:15:49 -400",
        "Thu, 7 Jul 1994 17:15:49 -040",
        "Thu, 7 Jul 199 17:15:49 -0400",
        "Thu, 7 Jul 1994 17:15:49 -04000",
        "Thu, 7 Jul 1994 17:15:49-0400",
        "Thu, 7Jul 1994 17:15:49 -0400",
        "Thu, 7 Jul1994 17:15:49 -0400",
        "Thu, 7 Jul 199417:15:49 -0400",
    ],
)
def test_widths(text: str) -> None:
    """A number of another width, or a space that is not there, is no date-time."""
    with pytest.raises(InvalidValue):
        parse_date(text)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UT", 0), ("UTC", 0), ("GMT", 0), ("Z", 0),
        ("EST", -5), ("EDT", -4), ("CST", -6), ("CDT", -5),
        ("MST", -7), ("MDT", -6), ("PST", -8), ("PDT", -7),
    ],
)  # fmt: skip  # the table of RFC 5322 s4.3
def test_named_zones(zone: str, hours: int) -> None:
    """The names of RFC 5322 s4.3 are known, in any case."""
    when = dt.datetime(1994, 7, 7, 17, 15, tzinfo=dt.timezone(dt.timedelta(hours=hours)))

    for spelling in (zone, zone.lower()):
        assert when == guess_date(f"7 Jul 1994 17:15 {spelling}")
        assert when == guess_date(f"Thu Jul 7 17:15:00 {spelling} 1994")


@pytest.mark.parametrize("zone", [None, dt.timezone(dt.timedelta(seconds=90))])
def test_require_zone(zone: dt.timezone | None) -> None:
    """A time without a zone of whole minutes is refused, under the name of its field."""
    when = dt.datetime(2000, 1, 1, tzinfo=zone)

    with pytest.raises(InvalidValue) as caught:
        require_zone(when, "Arrival-Date")

    assert when == caught.value.value
    assert "3464-2.2.5-03" == caught.value.requirement
    assert str(caught.value).startswith(f"Arrival-Date: {when!r}")


@given(st.none() | aware_datetimes())
@example(dt.datetime(1994, 7, 7, 17, 15, tzinfo=EDT))
def test_what_can_be_written_has_a_zone(when: dt.datetime | None) -> None:
    """A time with a zone of whole minutes passes, and so does none."""
    require_zone(when, "Arrival-Date")
    require_zone(None, "Arrival-Date")


@pytest.mark.parametrize("zone", ["+2400", "-2400", "+0060", "-9999"])
def test_zone_out_of_range(zone: str) -> None:
    """A zone has less than 24 hours and less than 60 minutes."""
    text = f"7 Jul 1994 17:15:49 {zone}"

    with pytest.raises(InvalidValue, match="date: ") as caught:
        parse_date(text)

    assert text == caught.value.value
    assert guess_date(text) is None


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_no_controls(control: str) -> None:
    """A control character, TAB between words apart, is no part of a date."""
    with pytest.raises(InvalidValue):
        parse_date(f"7 Jul 1994 17:15:49 -0400{control}")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Thu, 7 Jul 94 17:15:49 -0400", "1994-07-07T17:15:49-04:00"),
        ("7 Jul 49 17:15:49 -0400", "2049-07-07T17:15:49-04:00"),
        ("7 Jul 50 17:15:49 -0400", "1950-07-07T17:15:49-04:00"),
        ("7 Jul 1994 17:15:49 EDT", "1994-07-07T17:15:49-04:00"),
        ("7 Jul 1994 17:15:49 pst", "1994-07-07T17:15:49-08:00"),
        ("7 Jul 1994 17:15:49 GMT", "1994-07-07T17:15:49+00:00"),
        ("7 Jul 1994 17:15:49 XYZ", "1994-07-07T17:15:49+00:00"),
        ("7 Jul 1994 17:15:49", "1994-07-07T17:15:49+00:00"),
        ("7 Jul 1994 17:15 EST", "1994-07-07T17:15:00-05:00"),
        ("Thursday, 7 July 1994 17:15:49 +02:00", "1994-07-07T17:15:49+02:00"),
        ("7-Jul-1994 7:15:49 +0200", "1994-07-07T07:15:49+02:00"),
        ("7 Jul 1994 17:15:49.123 +0200", "1994-07-07T17:15:49+02:00"),
        ("Thu, 7 Jul 1994 17:15:49 +0200 (CEST) stray", "1994-07-07T17:15:49+02:00"),
        ("7\tJul\t1994\t17:15:49\t+0200\tstray", "1994-07-07T17:15:49+02:00"),
        ("7 Jul 1994 17:15:49,019 +0200", "1994-07-07T17:15:49+02:00"),
        ("7 Jul 1994 17:15:49 +0200(CEST)", "1994-07-07T17:15:49+02:00"),
        ("7 Jul 1994 17:15:49 +0200(", "1994-07-07T17:15:49+02:00"),
        # What is no zone is taken for a stray word.
        ("7 Jul 1994 17:15:49 +1:00", "1994-07-07T17:15:49+00:00"),
        ("7 Jul 1994 17:15:49 +012:00", "1994-07-07T17:15:49+00:00"),
        ("7 Jul 1994 17:15:49 +02:3", "1994-07-07T17:15:49+00:00"),
        ("7 Jul 1994 17:15:49 +02:300", "1994-07-07T17:15:49+00:00"),
        ("Thu Apr 29 23:34:45 1999 +030", "1999-04-29T23:34:45+00:00"),
        ("Thu Apr 29 23:34:45 ABCDE 1999", "1999-04-29T23:34:45+00:00"),
        ("Thu Apr 29 23:34:45 1999\t-0300", "1999-04-29T23:34:45-03:00"),
        ("Thu Apr 29 23:34:45 19999", "1999-04-29T23:34:45+00:00"),
        ("Thu Apr 29 23:34:45 1999 -03001", "1999-04-29T23:34:45-03:00"),
        ("Thu Apr 29 23:34:45 1999-0300", "1999-04-29T23:34:45+00:00"),
        ("Thu Apr 29 23:34:45 1999 stray", "1999-04-29T23:34:45+00:00"),
        ("Thu Apr 29 23:34:45 1999", "1999-04-29T23:34:45+00:00"),
        ("Thu Apr 29 23:34:45 EST 1999", "1999-04-29T23:34:45-05:00"),
        ("Thu Apr  9 23:34:45 -0300 1999", "1999-04-09T23:34:45-03:00"),
        ("Thu Apr 29 23:34:45 1999 -0300", "1999-04-29T23:34:45-03:00"),
        ("2020-01-02T03:04:05+01:00", "2020-01-02T03:04:05+01:00"),
        ("2020-01-02 03:04:05", "2020-01-02T03:04:05+00:00"),
        ("2020-01-02", "2020-01-02T00:00:00+00:00"),
        ("  7 Jul 1994 17:15:49 -0400 ", "1994-07-07T17:15:49-04:00"),
    ],
)
def test_guess_date(text: str, iso: str) -> None:
    """What mail systems write instead is read as what it most likely means."""
    assert iso == format_iso(guess_date(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "7 Foo 1994 17:15:49",
        "31 Feb 2020 10:00:00",
        "32 Jan 20 10:00",
        "Thu",
        "0-0-0",
        "2020-01-02T03:04:05+01:00:30",
        "We, 7 Jul 1994 17:15:49",
        "Wednesdays, 7 Jul 1994 17:15:49",
        "007 Jul 1994 17:15:49",
        "7 Ju 1994 17:15:49",
        "7 Jul 199 17:15:49",
        "7 Jul 4 17:15:49",
        "7Jul 1994 17:15:49",
        "7 Jul1994 17:15:49",
        "7 Jul 199417:15:49",
        "7 Jul 1994 17:15:49. +0200",
        "ThuApr 29 23:34:45 1999",
        "Thu Apr 29 023:34:45 1999",
        "Thu Apr 29 23:034:45 1999",
        "Thu Apr 29 23:34:045 1999",
        "Thu Apr29 23:34:45 1999",
        "Thu Apr 2923:34:45 1999",
        "Thu Apr 29 23:34:451999",
        "Thu Apr 29 23:34:45EST 1999",
        "Thu Apr 29 23:34:45 EST1999",
        "Thu Apr 29 23:34:45 -030 1999",
        "Thu Apr 29 23:34:45 -03000 1999",
        "Thu Apr 29 23:34:45 abcdef 1999",
        "7 Jul 19944 17:15:49",
        "7 Jul 1994 017:15:49",
        "7 Jul 1994 17:1:49",
        "7 Jul 1994 17:015:49",
        "7 Jul 1994 17:15:9",
        "7 Jul 1994 17:15:049",
        "Thur Apr 29 23:34:45 1999",
        "Th Apr 29 23:34:45 1999",
        "Thu April 29 23:34:45 1999",
        "Thu Apr 029 23:34:45 1999",
        "Thu Apr 29 3:34:45 1999",
        "Thu Apr 29 23:4:45 1999",
        "Thu Apr 29 23:34:5 1999",
        "Thu Apr 29 23:34:45 199",
    ],
)
def test_guess_nothing(text: str) -> None:
    """Where there is no instant there is no guess."""
    assert guess_date(text) is None


@given(
    st.text()
    | st.text("0123456789 :,-+.()JanFebZTWthusmo\t", max_size=60)
    | aware_datetimes().map(str)
    | aware_datetimes().map(format_date)
)
def test_guessing_never_raises(text: str) -> None:
    """A guess is a time with a zone, or nothing, whatever the text."""
    guess = guess_date(text)

    assert guess is None or guess.utcoffset() is not None


@pytest.mark.requirement("3464-2.2.5-03")
def test_what_is_guessed_can_be_written() -> None:
    """A guess has a zone of whole minutes, so a report that was read can be written."""
    guess = guess_date("2020-01-02T03:04:05+01:00")

    assert guess is not None
    assert guess == parse_date(format_date(guess))
    assert guess_date("2020-01-02T03:04:05+01:00:30") is None


def test_guessing_looks_at_200_characters() -> None:
    """What lies behind the bound is no part of the date."""
    text = "7 Jul 1994 17:15:49 +0200"

    assert "1994-07-07T17:15:49+02:00" == format_iso(guess_date(text.rjust(200)))
    assert "1994-07-07T17:15:49+00:00" == format_iso(guess_date(text.rjust(201)))


@pytest.mark.parametrize(
    "text", ["9" * 100_000, "1 " * 50_000, "Thu, " + " \t" * 50_000, "(" * 99_999]
)
def test_guessing_is_bounded(text: str) -> None:
    """A long text is no date and costs nothing."""
    assert guess_date(text) is None


ZONE = dt.timezone(dt.timedelta(hours=1))
FIRST = dt.datetime(1, 1, 1, tzinfo=ZONE)
LAST = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=ZONE)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("when", "time", "expected"),
    [
        (LAST - DAY, DAY, LAST),
        (FIRST, DAY, FIRST + DAY),
        (FIRST + DAY, -DAY, FIRST),
        (LAST - DAY, 2 * DAY, LAST),
        (FIRST + DAY, -2 * DAY, FIRST),
        (LAST, dt.timedelta(microseconds=1), LAST),
        (FIRST, dt.timedelta(microseconds=-1), FIRST),
    ],
)
def test_later_times(when: dt.datetime, time: dt.timedelta, expected: dt.datetime) -> None:
    """A time that the calendar does not have is its last or its first one, in the same zone."""
    later = add_time(when, time)

    assert (expected, ZONE) == (later, later.tzinfo)


def test_a_time_of_a_record() -> None:
    """It is UTC with `Z`, wherever it is from, and keeps fractions of a second."""
    when = dt.datetime(2026, 3, 1, 1, 0, 0, 250_000, tzinfo=dt.timezone(dt.timedelta(hours=2)))

    assert "2026-02-28T23:00:00.250000Z" == format_time(when)


def test_a_time_of_a_record_at_the_end_of_the_calendar() -> None:
    """Where there is no such time in UTC it keeps its zone."""
    east = dt.timezone(dt.timedelta(hours=14))

    assert "0001-01-01T00:00:00+14:00" == format_time(dt.datetime.min.replace(tzinfo=east))


@pytest.mark.parametrize("zone", [dt.UTC, dt.timezone(dt.timedelta(seconds=90))])
def test_a_zone_that_no_report_can_write(zone: dt.timezone) -> None:
    """Where nothing is written as RFC 5322 has it, any zone will do."""
    when = dt.datetime(2000, 1, 1, tzinfo=zone)
    require_zone(when, "occurred", of_minutes=False)
    assert has_zone(when)

    with pytest.raises(InvalidValue, match=r"^occurred: .* has no zone$") as caught:
        require_zone(when.replace(tzinfo=None), "occurred", of_minutes=False)
    assert caught.value.requirement is None
    assert not has_zone(when.replace(tzinfo=None))


@given(aware_datetimes())
def test_every_aware_time_has_a_zone(when: dt.datetime) -> None:
    """And none has one without it."""
    assert has_zone(when)
    assert not has_zone(when.replace(tzinfo=None))
