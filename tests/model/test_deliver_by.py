"""The BY parameter: its grammar, and the times that it means."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidParameter, InvalidValue
from dsnlib.model.deliver_by import ByMode, DeliverBy
from dsnlib.model.esmtp import parse_mail_parameters

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.mark.requirement("2852-4-01")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120;R", DeliverBy(120, ByMode.RETURN)),
        ("+120;R", DeliverBy(120, ByMode.RETURN)),
        ("-5;N", DeliverBy(-5, ByMode.NOTIFY)),
        ("0;NT", DeliverBy(0, ByMode.NOTIFY, is_traced=True)),
        ("1;n", DeliverBy(1, ByMode.NOTIFY)),
        ("1;R", DeliverBy(1, ByMode.RETURN)),
        ("999999999;rt", DeliverBy(999_999_999, ByMode.RETURN, is_traced=True)),
    ],
)
def test_what_it_says(text: str, expected: DeliverBy) -> None:
    """Seconds, mode and trace are read in any case."""
    assert expected == DeliverBy.parse(text)


@pytest.mark.requirement("2852-4-01")
@pytest.mark.parametrize(
    "text", ["120", "120;X", "120;", ";R", "1000000000;R", "12 0;R", "120;RT2", "٣;R", "", "--1;N"]
)
def test_what_it_cannot_say(text: str) -> None:
    """Anything else is answered 501 5.5.4."""
    with pytest.raises(InvalidParameter, match="BY") as caught:
        DeliverBy.parse(text)

    assert "501 5.5.4" == str(caught.value.reply)[:9]
    assert "2852-4-01" == caught.value.requirement
    assert str(caught.value).startswith("BY: ")
    assert repr(text) in str(caught.value)


@pytest.mark.requirement("2852-4-02")
@pytest.mark.parametrize("text", ["0;R", "-1;R", "-1;RT"])
def test_a_return_without_time(text: str) -> None:
    """A message that would be returned at once is answered 501 5.5.4."""
    with pytest.raises(InvalidParameter, match="leaves no time") as caught:
        DeliverBy.parse(text)

    assert "2852-4-02" == caught.value.requirement
    assert 501 == caught.value.reply.code


@pytest.mark.parametrize("seconds", [1_000_000_000, -1_000_000_000])
def test_nine_digits(seconds: int) -> None:
    """A time of ten digits is none."""
    with pytest.raises(InvalidParameter, match="not a whole number of nine digits") as caught:
        DeliverBy(seconds, ByMode.NOTIFY)

    assert ("2852-4-01", seconds) == (caught.value.requirement, caught.value.value)


@given(st.integers(1, 999_999_999), st.sampled_from(ByMode), st.booleans())
def test_round_trip(seconds: int, mode: ByMode, is_traced: bool) -> None:  # noqa: FBT001  given
    """What is written is read again."""
    by = DeliverBy(seconds, mode, is_traced)

    assert by == DeliverBy.parse(str(by))


@given(st.integers(-999_999_999, 0), st.booleans())
def test_round_trip_of_what_is_late(seconds: int, is_traced: bool) -> None:  # noqa: FBT001  given
    """A time that has passed is written with its sign."""
    by = DeliverBy(seconds, ByMode.NOTIFY, is_traced)

    assert by == DeliverBy.parse(str(by))


def test_of_a_command() -> None:
    """BY is found among the parameters of MAIL, in any case; without it there is none."""
    assert DeliverBy(5, ByMode.NOTIFY) == DeliverBy.of(parse_mail_parameters("SIZE=1 by=5;N"))
    assert DeliverBy.of(parse_mail_parameters("SIZE=1")) is None


@pytest.mark.parametrize("options", ["BY=soon", "BY"])
def test_a_wrong_one_in_a_command(options: str) -> None:
    """`of` raises what `read` passes over."""
    mail = parse_mail_parameters(options)

    assert DeliverBy.read(mail) is None
    with pytest.raises(InvalidParameter) as caught:
        DeliverBy.of(mail)

    assert options.partition("=")[2] == caught.value.value


def test_read_a_good_one() -> None:
    """`read` gives what `of` gives."""
    mail = parse_mail_parameters("BY=5;N")

    assert DeliverBy.of(mail) == DeliverBy.read(mail)


@pytest.mark.requirement("2852-4.1.4-01")
@pytest.mark.parametrize(
    ("passed", "left"),
    [
        (dt.timedelta(seconds=22), 98),
        (dt.timedelta(seconds=22.5), 97),
        (dt.timedelta(seconds=120), 0),
        (dt.timedelta(seconds=120.5), -1),
        (dt.timedelta(seconds=121), -1),
    ],
)
def test_what_is_left(passed: dt.timedelta, left: int) -> None:
    """The remaining time is whole seconds, rounded so as to promise nothing."""
    by = DeliverBy(120, ByMode.NOTIFY)

    assert left == by.remaining(NOON, NOON + passed)
    assert NOON + dt.timedelta(seconds=120) == by.deadline(NOON)


def test_times_have_zones() -> None:
    """A time without a zone is no time."""
    by, naive = DeliverBy(120, ByMode.NOTIFY), NOON.replace(tzinfo=None)
    with pytest.raises(InvalidValue, match=r"^arrival: "):
        by.deadline(naive)
    with pytest.raises(InvalidValue, match=r"^now: "):
        by.remaining(NOON, naive)
    with pytest.raises(InvalidValue, match=r"^arrival: "):
        by.remaining(naive, NOON)


@pytest.mark.parametrize("seconds", [999_999_999, -999_999_999])
def test_a_deadline_beyond_the_calendar(seconds: int) -> None:
    """At the ends of the calendar a deadline is the end, and no error."""
    first = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    last = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)
    arrival = last if seconds > 0 else first

    assert arrival == DeliverBy(seconds, ByMode.NOTIFY).deadline(arrival)
    assert seconds == DeliverBy(seconds, ByMode.NOTIFY).remaining(arrival, arrival)
