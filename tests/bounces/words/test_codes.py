"""Which numbers of a text are codes of a reply."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.words.codes import Codes, best_codes, list_codes


def shown(codes: Codes) -> tuple[str | None, int | None]:
    """Return both codes, the status as text."""
    return (None if codes.status is None else str(codes.status), codes.reply_code)


@pytest.mark.parametrize(
    ("text", "status", "reply_code"),
    [
        ("550 5.1.1 no such user", "5.1.1", 550),
        ("550-5.1.1 no such user", "5.1.1", 550),
        ("host mx [192.0.2.1] said: 550 #5.1.1 no", "5.1.1", 550),
        ("550 (5.7.1) no", "5.7.1", 550),
        ("421-4.7.0 later", "4.7.0", 421),
        ("<<< 554 5.0.0 no", "5.0.0", 554),
        ("553 sorry (#5.7.1)", "5.7.1", 553),
        ("Remote host said: 550 no", None, 550),
        ("550", None, 550),
        ("(550) no", None, 550),
        ("status 5.2.2: full", "5.2.2", None),
        ("#5.2.2", "5.2.2", None),
        ("452 4.2.2\n550 5.1.1", "4.2.2", 452),
        ("450 busy, 5.1.1 is elsewhere, 4.2.1", "4.2.1", 450),
        ("450 busy, 5.1.1 is elsewhere", None, 450),
        # Numbers that are no codes
        ("", None, None),
        ("on port 587 of the host", None, None),
        ("after 500 seconds", None, None),
        ("line 450: oops", None, None),
        ("version 5.1.1-x and 4.16.55.1", None, None),
        ("[192.0.2.450] 10.5.5.5", None, None),
        ("mail/5.1.1 v5.1.1", None, None),
        ("5.01.1 and 5.1.01", None, None),
        ("572x 5999 1550", None, None),
        ("at 4.5.6789", None, None),
        ("queue-550 5.1.1", None, None),
    ],
)
def test_codes(text: str, status: str | None, reply_code: int | None) -> None:
    """A reply's codes are told from versions, addresses, ports and counts."""
    assert (status, reply_code) == shown(best_codes(list_codes(text)))


def test_places() -> None:
    """Each code has the place where it begins."""
    text = "one 550 5.1.1 no\ntwo 452 later"

    assert [4, 21] == [each.start for each in list_codes(text)]
    assert 4 == best_codes(list_codes(text)).start
    assert -1 == best_codes([]).start


def test_many() -> None:
    """A text of nothing but codes is looked at as far as it can matter."""
    assert 200 == len(list_codes("550 no\n" * 5000))


@given(st.text(alphabet="45.0123 -#([:\n\t/@x", max_size=200))
def test_any_text(text: str) -> None:
    """Whatever the text, what is found stands in it."""
    for each in list_codes(text):
        assert text[each.start] in "45"
        assert each.status is not None or each.reply_code is not None
        if each.reply_code is not None:
            assert text.startswith(str(each.reply_code), each.start)
