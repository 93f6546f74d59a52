"""What a server announces, and what it does not."""

import pytest

from dsnlib.errors import InvalidValue
from dsnlib.policy.hop import NextHop


@pytest.mark.requirement("3461-3-01")
@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        pytest.param(["DSN"], (True, False, False, None), id="DSN"),
        pytest.param(["dsn foo"], (True, False, False, None), id="DSN with a parameter"),
        pytest.param(["XDSN", "DSNX"], (False, False, False, None), id="others"),
        pytest.param(["SmtpUtf8", "REQUIRETLS"], (False, True, True, None), id="two"),
        pytest.param(["DELIVERBY"], (False, False, False, 0), id="any time"),
        pytest.param(["DELIVERBY 240"], (False, False, False, 240), id="a shortest time"),
        pytest.param(["DELIVERBY 240,x"], (False, False, False, 240), id="and more"),
        pytest.param(["DELIVERBY 240 300"], (False, False, False, 240), id="the first"),
        pytest.param(["DELIVERBY " + "9" * 9], (False, False, False, 999_999_999), id="9 digits"),
        pytest.param(["DELIVERBY " + "9" * 5000], (False, False, False, 0), id="5000 digits"),
        pytest.param(["DELIVERBY 5"], (False, False, False, 5), id="1 digit"),
        pytest.param(["DELIVERBY " + "9" * 10], (False, False, False, 0), id="10 digits"),
        pytest.param(["DELIVERBY ,x"], (False, False, False, 0), id="no digit"),
        pytest.param(["DELIVERBY soon"], (False, False, False, 0), id="no number"),
        pytest.param(["DELIVERBY ²"], (False, False, False, 0), id="no ASCII number"),
        pytest.param(["", "  "], (False, False, False, None), id="empty lines"),
        pytest.param([], (False, False, False, None), id="HELO"),
    ],
)
def test_keywords(keywords: list[str], expected: tuple[object, ...]) -> None:
    """Keywords count as they stand, in any case; what they say more is no matter here."""
    hop = NextHop.from_ehlo("mx.example", keywords)

    assert expected == (hop.dsn, hop.smtputf8, hop.requiretls, hop.shortest_seconds)
    assert "dns; mx.example" == str(hop.name)


def test_the_lines_may_be_one_text() -> None:
    """A reply's text is its lines, not its letters."""
    assert NextHop.from_ehlo("x", ["DSN", "SMTPUTF8"]) == NextHop.from_ehlo("x", "DSN\r\nSMTPUTF8")


def test_what_the_session_knows() -> None:
    """What EHLO does not say comes from whoever opened the session."""
    hop = NextHop.from_ehlo("x", [], is_tls=True, is_lmtp=True, is_final=True, most_recipients=9)

    assert (True, True, True, 9) == (hop.is_tls, hop.is_lmtp, hop.is_final, hop.most_recipients)
    assert NextHop(name=hop.name) == NextHop.from_ehlo("x", [])


def test_a_server_takes_one_recipient_at_least() -> None:
    """A bound below 1 is an error; 1 is none."""
    assert 1 == NextHop.from_ehlo("x", [], most_recipients=1).most_recipients
    with pytest.raises(InvalidValue, match=r"^hop: most_recipients: 0 is not") as caught:
        NextHop.from_ehlo("x", [], most_recipients=0)

    assert 0 == caught.value.value
