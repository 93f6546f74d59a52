"""A status code is three numbers, spelt in one way."""

import copy
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidStatusCode
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from tests.strategies import CONTROLS, status_codes

parse = EnhancedStatusCode.parse


def breaking(requirement: str, *texts: str) -> list[object]:
    """Return a row for each text that breaks `requirement`."""
    mark = pytest.mark.requirement(requirement)
    return [pytest.param(text, id=f"{requirement}: {text!r}", marks=mark) for text in texts]


MALFORMED = [
    *breaking("3463-2-01", "5.1", "5-1-1", "5.1.1.1", "511", "", "x", "5..", "..", "5.1.", ".1.1"),
    *breaking("3463-2-02", "0.0.0", "1.0.0", "3.0.0", "6.0.0", "X.0.0", "-5.1.1", "55.1.1"),
    *breaking("3463-2-03", "4.7.1000", "4.1000.7", "4..1", "4.1.", "5.a.1", "5.1.x"),
    *breaking(
        "3463-2-04", "5.1 .1", "5. 1.1", " 5.1.1", "5.1.1 ", "5.1.1\n", "5.(x)1.1", "5(x).1.1"
    ),
    *breaking("3463-2-05", "5.07.1", "5.7.01", "5.00.0", "5.0.00", "05.1.1", "5.001.1"),
    *breaking("2034-4-01", "5.1.1x", "550", "2.0", "4,7,1"),
    *breaking("3464-2.3.4-02", "5.1.1.0", "5.1000.0"),
    *breaking("3464-2.3.4-03", "7.0.0", "9.9.9"),
    *breaking("3464-2.3.4-04", "5. 1.1", "5(x).1.1", "5.1\t.1"),
    *breaking("3464-2.3.4-06", "5.01.1", "5.1.00"),
    pytest.param("5.１.1", id="full-width digit"),
    pytest.param("٥.1.1", id="Arabic digit"),
    pytest.param("5.1.²", id="superscript"),
]


@pytest.mark.requirement("3463-2-01")
@pytest.mark.requirement("2034-4-01")
@given(status_codes())
def test_text_round_trip(code: EnhancedStatusCode) -> None:
    """A code survives being written and read."""
    assert code == parse(str(code))


@pytest.mark.requirement("3464-2.3.4-02")
@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2.1.23", (2, 1, 23)),
        ("5.999.999", (5, 999, 999)),
        ("4.7.650", (4, 7, 650)),
        pytest.param("5.0.0", (5, 0, 0), marks=pytest.mark.requirement("3464-2.3.4-06")),
        pytest.param("5.6.10", (5, 6, 10), marks=pytest.mark.requirement("3463-2-10")),
        ("5.10.100", (5, 10, 100)),
    ],
)
def test_parse(text: str, numbers: tuple[int, int, int]) -> None:
    """A code reads as its three numbers, registered or not."""
    code = parse(text)

    assert numbers == (code.class_, code.subject, code.detail)
    assert text == str(code)


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed(text: str) -> None:
    """What is not class.subject.detail is refused, and the error shows it."""
    with pytest.raises(InvalidStatusCode) as caught:
        parse(text)

    assert text == caught.value.value
    assert "3463-2-01" == caught.value.requirement
    assert str(caught.value).startswith("status code: ")
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize("place", range(6))
def test_no_controls(control: str, place: int) -> None:
    """No control character is part of a code, at whatever place."""
    with pytest.raises(InvalidStatusCode):
        parse("5.1.1"[:place] + control + "5.1.1"[place:])


@given(st.text("0123456789. ", max_size=8))
def test_parse_takes_one_spelling(text: str) -> None:
    """What reads as a code is how that code is written: there is no second spelling."""
    try:
        code = parse(text)
    except InvalidStatusCode:
        return
    assert text == str(code)


@pytest.mark.requirement("3463-2-02")
@pytest.mark.parametrize("class_", [0, 1, 3, 6, -5, "5", None, 5.5, True])
def test_class_out_of_range(class_: object) -> None:
    """A class is 2, 4 or 5."""
    with pytest.raises(InvalidStatusCode, match="status code: class") as caught:
        EnhancedStatusCode(class_, 1, 1)  # type: ignore[arg-type]  # what is refused

    assert "3463-2-02" == caught.value.requirement
    assert repr(class_) in str(caught.value)
    assert class_ == caught.value.value


@pytest.mark.parametrize("class_", [2, 4, 5])
def test_class_as_number(class_: int) -> None:
    """A bare number will do for a class, and becomes one."""
    code = EnhancedStatusCode(class_, 0, 0)

    assert StatusClass(class_) is code.class_


@pytest.mark.requirement("3463-2-03")
@pytest.mark.parametrize("number", [-1, 1000, "1", None, 1.0, True], ids=repr)
@pytest.mark.parametrize("name", ["subject", "detail"])
def test_number_out_of_range(name: str, number: object) -> None:
    """Subject and detail are numbers from 0 to 999, and nothing that only looks so."""
    numbers = {"subject": 1, "detail": 1} | {name: number}

    with pytest.raises(InvalidStatusCode) as caught:
        EnhancedStatusCode(StatusClass.PERMANENT, **numbers)  # type: ignore[arg-type]  # what is refused

    assert "3463-2-03" == caught.value.requirement
    assert str(caught.value).startswith(f"status code: {name} {number!r} ")
    assert number is caught.value.value


@given(status_codes(), status_codes())
def test_order_is_that_of_the_numbers(one: EnhancedStatusCode, other: EnhancedStatusCode) -> None:
    """Codes sort by class, subject and detail as numbers, not as text."""

    def numbers(code: EnhancedStatusCode) -> list[int]:
        return [int(part) for part in str(code).split(".")]

    assert (numbers(one) < numbers(other)) is (one < other)
    assert (numbers(one) == numbers(other)) is (one == other)
    assert (one == other) <= (hash(one) == hash(other))


@given(status_codes(), st.sampled_from(StatusClass))
def test_with_class(code: EnhancedStatusCode, class_: StatusClass) -> None:
    """Another class leaves subject and detail alone."""
    assert f"{class_.value}{str(code)[1:]}" == str(code.with_class(class_))
    assert code.with_class(class_) == code.with_class(class_.value)


def test_with_class_out_of_range() -> None:
    """There is no class 3 to change to."""
    with pytest.raises(InvalidStatusCode):
        parse("5.1.1").with_class(3)


@given(status_codes())
def test_pickles_and_copies(code: EnhancedStatusCode) -> None:
    """A code crosses a process boundary and is the same there."""
    assert code == pickle.loads(pickle.dumps(code))  # noqa: S301 - our own octets
    assert code == copy.deepcopy(code)


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(EnhancedStatusCode)])
def test_immutable(name: str) -> None:
    """A code never changes."""
    code = parse("5.1.1")

    with pytest.raises(AttributeError):
        setattr(code, name, 4)
    with pytest.raises(AttributeError):
        setattr(code, f"{name}_too", 4)
    assert "5.1.1" == str(code)
