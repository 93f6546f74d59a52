"""The reply that refuses: the code decides, the line has an end, nobody else ends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidStatusCode
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import decode_wire, replace_controls
from dsnlib.replies.refusal import ends_session, refuse
from dsnlib.replies.stage import Stage
from tests.growth import BOUND, growth
from tests.replies.reply_strategies import stages
from tests.strategies import smtp_replies, status_codes, wire_texts

POLICY = EnhancedStatusCode.parse("5.7.1")


def refusal(
    name: str = "bob@example.org",
    *,
    text: str = "no",
    code: int = 550,
    status: str = "5.7.1",
    stage: Stage = Stage.RECIPIENT,
) -> str:
    """Return a refusal as text."""
    reply = refuse(code, EnhancedStatusCode.parse(status), stage=stage, name=name, text=text)
    return str(reply)


@pytest.mark.parametrize(
    ("stage", "name", "expected"),
    [
        (Stage.CLIENT, "unknown[192.0.2.1]", "<unknown[192.0.2.1]>: client refused: no"),
        (Stage.CLIENT, "", "client refused: no"),
        (Stage.HELO, "localhost", "<localhost>: HELO name refused: no"),
        (Stage.LOGIN, "ann", "<ann>: login name refused: no"),
        (Stage.CERTIFICATE, "AB:CD", "<AB:CD>: client certificate refused: no"),
        (Stage.SENDER, "ann@example.org", "<ann@example.org>: sender address refused: no"),
        (Stage.SENDER, "", "<>: sender address refused: no"),
        (Stage.RECIPIENT, "bob@x.org", "<bob@x.org>: recipient address refused: no"),
        (Stage.RECIPIENT, "", "recipient address refused: no"),
        (Stage.DATA, "DATA", "<DATA>: DATA command refused: no"),
        (Stage.END_OF_DATA, "END-OF-MESSAGE", "<END-OF-MESSAGE>: message refused: no"),
        (Stage.ETRN, "example.org", "<example.org>: ETRN command refused: no"),
        (Stage.OTHER, "", "command refused: no"),
    ],
)
def test_frame_tells_what_is_refused(stage: Stage, name: str, expected: str) -> None:
    """A refusal is `<name>: what it is refused: why`; the null path is a name, `<>`."""
    assert f"550 5.7.1 {expected}" == refusal(name, stage=stage)


@pytest.mark.parametrize(
    ("code", "status", "stage", "expected"),
    [
        pytest.param(450, "5.1.1", Stage.SENDER, "450 4.1.7", id="softer, of a sender"),
        pytest.param(550, "4.2.1", Stage.RECIPIENT, "550 5.2.1", id="harder"),
        pytest.param(554, "2.0.0", Stage.CLIENT, "554 5.0.0", id="no success"),
        pytest.param(550, "5.1.1", Stage.RECIPIENT, "550 5.1.1", id="of a recipient"),
        pytest.param(550, "5.1.7", Stage.RECIPIENT, "550 5.1.3", id="a sender's, of a recipient"),
        pytest.param(550, "5.1.1", Stage.HELO, "550 5.0.0", id="of a name"),
        pytest.param(499, "5.3.2", Stage.CLIENT, "499 4.3.2", id="the last soft one"),
        pytest.param(599, "4.3.2", Stage.CLIENT, "599 5.3.2", id="the last one"),
        pytest.param(521, "5.3.2", Stage.CLIENT, "521 5.3.2", id="that ends the session"),
    ],
)
def test_code_decides_and_status_fits(code: int, status: str, stage: Stage, expected: str) -> None:
    """The class of the status follows the code, and an address status what is refused."""
    assert expected == refusal(code=code, status=status, stage=stage)[:9]


@pytest.mark.parametrize("code", [300, 354, 600, 0])
def test_code_of_no_class_is_refused(code: int) -> None:
    """A code whose class no status has is an error of the caller."""
    with pytest.raises(InvalidStatusCode):
        refusal(code=code)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("a\r\n250 fine", "a\ufffd\ufffd250 fine", id="CR LF"),
        pytest.param("a\nb", "a\ufffdb", id="LF"),
        pytest.param("a\0b", "a\ufffdb", id="NUL"),
        pytest.param("a\x7fb\x1b", "a\ufffdb\ufffd", id="DEL, ESC"),
        pytest.param("a\tb", "a\tb", id="TAB"),
        pytest.param("a\udcffb", "a\udcffb", id="octet that is no UTF-8"),
        pytest.param("a\ud800b", "a\ufffdb", id="surrogate that is no octet"),
        pytest.param("a\u2028b", "a\u2028b", id="line separator"),
        pytest.param("a> : ok", "a> : ok", id="bracket"),
    ],
)
def test_hostile_text_stays_in_its_line(name: str, shown: str) -> None:
    """What a stranger said, and what a table took from it, can end no line."""
    assert f"550 5.7.1 <{shown}>: recipient address refused: no" == refusal(name)
    assert f"550 5.7.1 <x>: recipient address refused: {shown}" == refusal("x", text=name)


FRAME = "550 5.7.1 <bob>: recipient address refused: "


@pytest.mark.parametrize("spare", range(6))
@pytest.mark.parametrize("character", "aéδ例\U0001f4e7\udcff", ids=ascii)
def test_line_is_cut_before_a_character_that_does_not_fit(character: str, spare: int) -> None:
    """510 octets with the codes are the most, and none of them is part of a character."""
    text = "x" * (510 - len(FRAME) - spare)
    width = len(character.encode("utf-8", "surrogateescape"))

    cut = refusal("bob", text=text + character * 300)

    assert FRAME + text + character * (spare // width) == cut


def test_line_that_fits_is_whole() -> None:
    """510 octets are not cut, 511 are."""
    text = "x" * (510 - len(FRAME))

    assert FRAME + text == refusal("bob", text=text)
    assert FRAME + text == refusal("bob", text=text + "x")


def test_octets_that_are_no_characters_are_cut_like_others() -> None:
    """A name of continuation octets, which no character begins, is not left out for that."""
    assert "550 5.7.1 <" + "\udc80" * 499 == refusal("\udc80" * 1000)


@given(
    code=st.integers(400, 599),
    status=status_codes(),
    stage=stages(),
    name=wire_texts() | st.text() | wire_texts().map(lambda text: text * 40),
    text=wire_texts() | st.text(),
)
def test_refusal_is_a_reply(
    code: int, status: EnhancedStatusCode, stage: Stage, name: str, text: str
) -> None:
    """Whatever goes in, one line comes out that a strict client reads, of the code's class."""
    reply = refuse(code, status, stage=stage, name=name, text=text)

    assert code == reply.code
    assert reply.status is not None
    assert code // 100 == reply.status.class_
    assert 1 == len(reply.lines)
    assert len(reply.format()) <= 512
    assert reply == SmtpReply.parse(str(reply))


@given(octets=st.binary(max_size=600))
def test_cut_line_is_a_beginning(octets: bytes) -> None:
    """A cut leaves out the end alone, and no more of it than one character too many."""
    name = "x" + replace_controls(decode_wire(octets))

    whole = f"550 5.7.1 <{name}>: recipient address refused: no"
    cut = refusal(name)

    assert whole.startswith(cut)
    assert len(cut.encode("utf-8", "surrogateescape")) >= min(
        507, len(whole.encode("utf-8", "surrogateescape"))
    )


@pytest.mark.parametrize("unit", ["a", "é", "\r", "\ud800", "\udcc3\udca4"], ids=ascii)
def test_twice_the_name_takes_twice_the_time(unit: str) -> None:
    """Work is linear in the name, however hostile: under three times as long for twice as much."""
    assert growth(lambda count: lambda: refusal(unit * count), 1 << 17) < BOUND


@pytest.mark.parametrize(
    ("code", "expected"),
    [(421, True), (521, True), (221, False), (420, False), (422, False), (550, False)],
)
def test_which_replies_end_the_session(code: int, *, expected: bool) -> None:
    """After 421 and 521 the server closes the connection (RFC 5321 s3.8, RFC 7504 s3)."""
    assert expected is ends_session(SmtpReply(code))


@given(reply=smtp_replies())
def test_no_other_reply_ends_the_session(reply: SmtpReply) -> None:
    """Only the code counts."""
    assert (reply.code in (421, 521)) is ends_session(reply)
