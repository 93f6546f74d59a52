"""A reply has one code, one status that agrees with it, and lines of text."""

import pickle
import smtplib

import aiosmtplib
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import Defect, InvalidReply
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from tests.crossing import assert_crosses
from tests.strategies import CONTROLS_BUT_TAB, smtp_replies, status_codes

parse_status = EnhancedStatusCode.parse


def codes(reply: SmtpReply) -> list[str]:
    """Return the codes of the reply's defects."""
    return [defect.code for defect in reply.defects]


@pytest.mark.requirement("2034-3-04")
@pytest.mark.requirement("2034-4-04")
@pytest.mark.requirement("5321-4.2-05")
@given(smtp_replies())
def test_text_round_trip(reply: SmtpReply) -> None:
    """A reply survives being written and read, as text and as octets."""
    assert reply == SmtpReply.parse(str(reply))
    assert reply == SmtpReply.parse(reply.format())
    assert reply == SmtpReply.read(reply.format())
    assert () == SmtpReply.read(reply.format()).defects


@pytest.mark.requirement("2034-3-03")
@pytest.mark.requirement("2034-4-04")
@pytest.mark.requirement("5321-4.2-05")
@given(smtp_replies())
def test_form_of_each_line(reply: SmtpReply) -> None:
    """Every line begins with the code, all but the last with "-", each with the status."""
    *before, last, end = reply.format().split(b"\r\n")
    status = b"" if reply.status is None else f"{reply.status} ".encode()

    assert b"" == end
    assert len(reply.lines) == len(before) + 1
    assert all(line.startswith(b"%d-%b" % (reply.code, status)) for line in before)
    assert last.startswith(b"%d %b" % (reply.code, status))
    assert b"\n" not in reply.format().replace(b"\r\n", b"")


@given(smtp_replies())
def test_pickles_and_copies(reply: SmtpReply) -> None:
    """A reply crosses a process boundary and is the same there."""
    assert_crosses(reply)


def test_defects_pickle() -> None:
    """What was repaired is told in the other process too."""
    reply = SmtpReply.read("550 4.7.1 x")

    assert reply.defects == pickle.loads(pickle.dumps(reply)).defects  # noqa: S301 - our own octets


def test_defects_are_no_part_of_the_value() -> None:
    """A repaired reply equals one that needed no repair."""
    repaired = SmtpReply.read("550 4.7.1 x")

    assert SmtpReply(550, parse_status("5.7.1"), ("x",)) == repaired
    assert hash(SmtpReply(550, parse_status("5.7.1"), ("x",))) == hash(repaired)
    assert "defect" not in repr(repaired)


def test_immutable() -> None:
    """A reply never changes."""
    reply = SmtpReply(250)

    for field in attrs.fields(SmtpReply):
        with pytest.raises(AttributeError):
            setattr(reply, field.name, 250)
    with pytest.raises(AttributeError):
        reply.note = "x"  # type: ignore[attr-defined]  # what is refused


def test_lines_become_a_tuple() -> None:
    """Whatever holds the lines, the value holds a tuple; one empty line is the default."""
    assert ("a", "b") == SmtpReply(250, None, ["a", "b"]).lines
    assert ("",) == SmtpReply(250).lines
    assert "250 " == str(SmtpReply(250))


@pytest.mark.requirement("2034-4-01")
@pytest.mark.requirement("2034-4-03")
@given(st.sampled_from(range(200, 600)), status_codes())
def test_classes_agree(code: int, status: EnhancedStatusCode) -> None:
    """Reply code and status are of one class, or the reply cannot be made."""
    if code // 100 == status.class_:
        assert status == SmtpReply(code, status).status
        return
    with pytest.raises(InvalidReply) as caught:
        SmtpReply(code, status)

    assert f"reply: status {status} does not agree with code {code}" == str(caught.value)
    assert (status, "2034-4-03") == (caught.value.value, caught.value.requirement)


@pytest.mark.requirement("2034-4-03")
@pytest.mark.parametrize("code", [200, 299, 400, 499, 500, 599])
def test_the_first_digit_is_the_class(code: int) -> None:
    """The class of a code is its first digit, from the first code to the last."""
    status = EnhancedStatusCode(int(str(code)[0]), 0, 0)
    other = EnhancedStatusCode(5 if code < 500 else 4, 0, 0)

    assert status == SmtpReply(code, status).status
    assert status == SmtpReply(code).effective_status
    assert () == SmtpReply.from_pair(code, f"{status} x").defects
    assert status == SmtpReply.from_pair(code, f"{other} x").status
    with pytest.raises(InvalidReply):
        SmtpReply(code, None, (f"{status} x",))


@pytest.mark.requirement("2034-4-02")
@pytest.mark.parametrize("code", [300, 399])
def test_intermediate_codes(code: int) -> None:
    """From 300 to 399 what looks like a status code is text."""
    reply = SmtpReply.from_pair(code, "2.0.0 x")

    assert (None, ("2.0.0 x",)) == (reply.status, reply.lines)
    assert reply.effective_status is None
    assert reply == SmtpReply(code, None, ("2.0.0 x",))


@pytest.mark.requirement("2034-4-02")
@pytest.mark.parametrize("class_", StatusClass)
def test_intermediate_replies_have_no_status(class_: StatusClass) -> None:
    """A 3yz reply has no status code; what looks like one is text."""
    with pytest.raises(InvalidReply):
        SmtpReply(354, EnhancedStatusCode(class_, 0, 0))

    reply = SmtpReply.parse(f"354 {class_}.0.0 go ahead")
    assert (None, (f"{class_}.0.0 go ahead",)) == (reply.status, reply.lines)
    assert reply.effective_status is None
    assert SmtpReply(354, None, ("2.0.0 x",)) == SmtpReply.parse("354 2.0.0 x")


@pytest.mark.parametrize("code", [0, 199, 600, -1, -550, 1000, "550", None, 550.0, True], ids=repr)
def test_code_out_of_range(code: object) -> None:
    """A reply code is a number from 200 to 599."""
    with pytest.raises(InvalidReply) as caught:
        SmtpReply(code)  # type: ignore[arg-type]  # what is refused

    assert f"reply: code {code!r} is not a number from 200 to 599" == str(caught.value)
    assert code == caught.value.value


def test_a_reply_has_a_line() -> None:
    """A reply without a line is none."""
    with pytest.raises(InvalidReply, match="there is no line") as caught:
        SmtpReply(250, None, ())

    assert () == caught.value.value


def test_defects_by_name() -> None:
    """Defects are given by name, in whatever holds them, and held in a tuple."""
    defect = Defect(code="reply-class", message="x")

    assert (defect,) == SmtpReply(250, defects=[defect]).defects
    with pytest.raises(TypeError):
        SmtpReply(250, None, ("x",), (defect,))  # type: ignore[call-arg]  # what is refused


@pytest.mark.parametrize("place", ["{}a", "a{}b", "a{}"], ids=["first", "within", "last"])
@pytest.mark.parametrize("status", [None, parse_status("5.1.1")], ids=str)
def test_no_controls(place: str, status: EnhancedStatusCode | None) -> None:
    """No control character but TAB gets into a line, least of all a line end."""
    for control in (*CONTROLS_BUT_TAB, "\ud800"):
        line = place.format(control)
        with pytest.raises(InvalidReply) as caught:
            SmtpReply(550, status, ("x", line))
        assert str(caught.value).startswith(f"reply: {line!r} has ")


def test_no_split_characters() -> None:
    """Octets that are UTF-8 together come back as a character, so they are given as one."""
    with pytest.raises(InvalidReply, match=r"at character 0$"):
        SmtpReply(550, None, ("\udcc3\udca9",))

    assert ("\u00e9",) == SmtpReply.read("550 \udcc3\udca9").lines
    assert ("\udcc3",) == SmtpReply.parse(SmtpReply(550, None, ("\udcc3",)).format()).lines


@pytest.mark.requirement("2034-3-04")
@pytest.mark.parametrize("line", [" x", "\tx", " "])
def test_line_would_lose_its_beginning(line: str) -> None:
    """Behind a status code white space at the beginning would be lost, and is refused."""
    with pytest.raises(InvalidReply) as caught:
        SmtpReply(550, parse_status("5.1.1"), ("x", line))

    assert f"reply: line {line!r} begins with white space" == str(caught.value)
    assert line == caught.value.value
    assert (line,) == SmtpReply.parse(str(SmtpReply(550, None, (line,)))).lines


@pytest.mark.parametrize("line", ["5.1.1 x", "2.0.0", "4.7.1\tx", "5.999.999  "])
def test_line_would_gain_a_status(line: str) -> None:
    """Text that would read back as a status code has to be given as one."""
    with pytest.raises(InvalidReply) as caught:
        SmtpReply(550, None, ("x", line))

    assert f"reply: line {line!r} begins with a status code; give it as one" == str(caught.value)
    assert line == caught.value.value


@pytest.mark.parametrize(
    "line", ["5.1.1: x", "5.01.1 x", "3.1.1 x", "5.1.1000 x", "x 5.1.1 y", "5.1"]
)
def test_line_is_only_like_a_status(line: str) -> None:
    """Text that is no status code stays text."""
    assert line == SmtpReply.parse(str(SmtpReply(550, None, (line,)))).lines[0]


def test_text_behind_the_status_may_be_like_one() -> None:
    """Only the first code of a line is its status."""
    reply = SmtpReply(550, parse_status("5.1.1"), ("5.1.2 x",))

    assert "550 5.1.1 5.1.2 x" == str(reply)
    assert reply == SmtpReply.parse(str(reply))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 x", "5.1.1"),
        pytest.param("550 x", "5.0.0", marks=pytest.mark.requirement("3461-6.3-14")),
        pytest.param("450 x", "4.0.0", marks=pytest.mark.requirement("3461-6.3-14")),
        pytest.param("450 user unknown", "4.0.0", marks=pytest.mark.requirement("5321-4.2-01")),
        pytest.param("599 x", "5.0.0", marks=pytest.mark.requirement("5321-4.2-02")),
        pytest.param("499 x", "4.0.0", marks=pytest.mark.requirement("5321-4.2-02")),
        pytest.param("299 x", "2.0.0", marks=pytest.mark.requirement("5321-4.2-02")),
    ],
)
def test_effective_status(text: str, status: str) -> None:
    """A reply without a status has that of its first digit, whatever its text says."""
    reply = SmtpReply.read(text)

    assert parse_status(status) == reply.effective_status
    assert StatusClass(reply.code // 100) is parse_status(status).class_


@pytest.mark.parametrize(
    ("text", "code", "status", "lines"),
    [
        ("250 2.1.0 Ok", 250, "2.1.0", ("Ok",)),
        ("250 2.1.0 Ok\r\n", 250, "2.1.0", ("Ok",)),
        ("250 2.1.0 Ok\n", 250, "2.1.0", ("Ok",)),
        (b"250 2.1.0 Ok\r\n", 250, "2.1.0", ("Ok",)),
        pytest.param(
            "250 2.1.0    Ok", 250, "2.1.0", ("Ok",), marks=pytest.mark.requirement("2034-3-04")
        ),
        pytest.param("250 2.0.0", 250, "2.0.0", ("",), marks=pytest.mark.requirement("2034-3-04")),
        pytest.param("550", 550, None, ("",), marks=pytest.mark.requirement("5321-4.2-03")),
        pytest.param("550 ", 550, None, ("",), marks=pytest.mark.requirement("5321-4.2-03")),
        pytest.param(
            "550-a\r\n550 b\r\n",
            550,
            None,
            ("a", "b"),
            marks=[
                pytest.mark.requirement("5321-4.2-05"),
                pytest.mark.requirement("3461-9.2-01"),
            ],
        ),
        ("551-5.7.1 a\r\n551 5.7.1 b\r\n", 551, "5.7.1", ("a", "b")),
        ("550-\n550-\n550", 550, None, ("", "", "")),
        ("220 mx.example ESMTP", 220, None, ("mx.example ESMTP",)),
        ("550  two  spaces ", 550, None, (" two  spaces ",)),
        ("550 a\tb", 550, None, ("a\tb",)),
        ("550 5.1.1 δ", 550, "5.1.1", ("δ",)),
        (b"550 5.1.1 \xf6", 550, "5.1.1", ("\udcf6",)),
        pytest.param(
            "550 5.2.2 full", 550, "5.2.2", ("full",), marks=pytest.mark.requirement("5248-2.1-04")
        ),
    ],
)
def test_parse(text: str | bytes, code: int, status: str | None, lines: tuple[str, ...]) -> None:
    """Lines of one code and one status are a reply."""
    reply = SmtpReply.parse(text)

    assert (code, lines) == (reply.code, reply.lines)
    assert status == (None if reply.status is None else str(reply.status))
    assert () == reply.defects


@pytest.mark.parametrize(
    ("text", "repaired", "defects", "requirement"),
    [
        pytest.param(
            "550 4.7.1 x",
            "550 5.7.1 x",
            ["reply-class"],
            "2034-4-03",
            marks=pytest.mark.requirement("2034-4-03"),
        ),
        pytest.param(
            "250 5.0.0 x",
            "250 2.0.0 x",
            ["reply-class"],
            "2034-4-03",
            marks=pytest.mark.requirement("2034-4-03"),
        ),
        pytest.param(
            "551-5.7.1 a\n551 5.7.2 b",
            "551-5.7.1 a\n551 5.7.1 b",
            ["reply-statuses"],
            "2034-4-04",
            marks=pytest.mark.requirement("2034-4-04"),
        ),
        pytest.param(
            "551-5.7.1 a\n551 b",
            "551-5.7.1 a\n551 5.7.1 b",
            ["reply-statuses"],
            "2034-4-04",
            marks=pytest.mark.requirement("2034-4-04"),
        ),
        pytest.param(
            "551-a\n551   5.7.1   b",
            "551-a\n551   5.7.1   b",
            [],
            None,
            id="status not at the beginning of the text",
        ),
        pytest.param(
            "550-a\n551 b",
            "551-a\n551 b",
            ["reply-codes"],
            None,
            marks=pytest.mark.requirement("5321-4.2-05"),
        ),
        pytest.param(
            "550-a",
            "550 a",
            ["reply-separator"],
            None,
            marks=[
                pytest.mark.requirement("3461-9.2-01"),
                pytest.mark.requirement("5321-4.2-05"),
            ],
        ),
        pytest.param(
            "550 a\n550 b",
            "550-a\n550 b",
            ["reply-separator"],
            None,
            marks=pytest.mark.requirement("5321-4.2-05"),
        ),
        ("551-a\n551 5.7.1 b", "551-5.7.1 a\n551 5.7.1 b", ["reply-statuses"], "2034-4-04"),
        ("551-5.7.1 a\n551 \t X", "551-5.7.1 a\n551 5.7.1 X", ["reply-statuses"], "2034-4-04"),
        ("550\n550 b", "550-\n550 b", ["reply-separator"], None),
        ("550-a\nb\n550 c", "550-a\n550-b\n550 c", ["reply-line"], None),
        ("a\n550 c", "550-a\n550 c", ["reply-line"], None),
        ("550 a\n\n", "550-a\n550 ", ["reply-separator", "reply-line"], None),
        ("550 a\x00b\x1bc", "550 a\ufffdb\ufffdc", ["reply-control"], None),
        ("550 5.1.1 \x07", "550 5.1.1 \ufffd", ["reply-control"], None),
        ("550 a\ud800", "550 a\ufffd", ["reply-control"], None),
    ],
)
def test_read_repairs(
    text: str, repaired: str, defects: list[str], requirement: str | None
) -> None:
    """Reading repairs and tells; parsing refuses, with the requirement of the first defect."""
    reply = SmtpReply.read(text)

    assert repaired == str(reply)
    assert defects == codes(reply)
    if not defects:
        assert reply == SmtpReply.parse(text)
        return
    with pytest.raises(InvalidReply) as caught:
        SmtpReply.parse(text)
    assert (text, requirement) == (caught.value.value, caught.value.requirement)
    assert reply.defects[0].message == str(caught.value)
    assert str(caught.value).startswith("reply: ")


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("571 x", "reply-code", ["571"]),
        ("a\n550 b", "reply-line", ["'a'"]),
        ("550-a\n551 b", "reply-codes", ["550", "551"]),
        ("550-a", "reply-separator", ["'550-a'"]),
        ("550 a\x00", "reply-control", [r"'a\x00'"]),
        ("550-5.7.1 a\n550 5.7.0 b", "reply-statuses", ["5.7.0, 5.7.1"]),
        ("550-5.7.1 a\n550 b", "reply-statuses", ["5.7.1 or none"]),
        ("550 4.7.1 a", "reply-class", ["4.7.1", "550"]),
    ],
)
def test_defects_show_what_they_saw(text: str, code: str, shown: list[str]) -> None:
    """The message of a defect shows the codes or the line that it is about."""
    (defect,) = SmtpReply.read(text).defects

    assert code == defect.code
    assert defect.message.startswith("reply: ")
    assert [] == [each for each in shown if each not in defect.message]


def test_statuses_that_agree_are_no_defect() -> None:
    """Only where lines disagree is it said what they have."""
    (defect,) = SmtpReply.read("550-5.7.1 a\n550 5.7.0 b").defects

    assert "or none" not in defect.message
    assert defect.message.endswith("5.7.0, 5.7.1")


@pytest.mark.parametrize(
    "text", ["", "\r\n", "no code", "5", "55", "55O x", "199 x", "600 x", "550x", "5501", "٥٥٠ x"]
)
def test_no_reply(text: str) -> None:
    """Without a line that begins with a reply code there is no reply."""
    for read in (SmtpReply.parse, SmtpReply.read):
        with pytest.raises(InvalidReply) as caught:
            read(text)
        assert f"reply: {text!r} has no line with a reply code" == str(caught.value)
        assert text == caught.value.value


def test_error_about_a_long_text_is_short() -> None:
    """An error shows the beginning of what was long."""
    with pytest.raises(InvalidReply) as caught:
        SmtpReply.read("x" * 100_000)

    assert 200 > len(str(caught.value))


@pytest.mark.requirement("5321-4.2-04")
@pytest.mark.parametrize("text", ["260 x", "571 x", "591 5.7.1 x"])
def test_second_digit(text: str) -> None:
    """The second digit is 0 to 5: servers send others, so they are told of and taken."""
    reply = SmtpReply.read(text)

    assert ["reply-code"] == codes(reply)
    assert "5321-4.2-04" == reply.defects[0].requirement
    assert [] == codes(SmtpReply.from_pair(reply.code, "x"))
    assert reply == SmtpReply(reply.code, reply.status, reply.lines)
    assert reply == SmtpReply.parse(text)


@pytest.mark.requirement("5321-4.2-04")
@pytest.mark.parametrize("text", ["167 x", "050 x", "699 x"])
def test_first_digit(text: str) -> None:
    """The first digit is 2 to 5."""
    with pytest.raises(InvalidReply):
        SmtpReply.read(text)


@given(st.text() | st.text("2345.-0 \t\r\n\x00x", max_size=40))
def test_reading_any_text(text: str) -> None:
    """Whatever is read is a reply that is written and read alike, or it is refused."""
    try:
        reply = SmtpReply.read(text)
    except InvalidReply:
        return
    again = SmtpReply.read(str(reply))
    assert reply == again
    assert {"reply-code"} >= set(codes(again))


@given(
    st.binary()
    | st.lists(st.sampled_from([b"550", b"-", b" ", b"5.1.1", b"\r\n", b"\xff", b"x"])).map(
        b"".join
    )
)
def test_reading_any_octets(octets: bytes) -> None:
    """The same holds for octets."""
    try:
        reply = SmtpReply.read(octets)
    except InvalidReply:
        return
    again = SmtpReply.read(reply.format())
    assert reply == again
    assert {"reply-code"} >= set(codes(again))


@pytest.mark.parametrize(
    ("code", "message", "text"),
    [
        (550, b"5.1.1 No such user\n5.1.1 here", "550-5.1.1 No such user\n550 5.1.1 here"),
        (550, "5.1.1 No such user\r\n5.1.1 here", "550-5.1.1 No such user\n550 5.1.1 here"),
        (250, b"", "250 "),
        (354, b"2.0.0 go", "354 2.0.0 go"),
        (550, b"\xf6", "550 \udcf6"),
        (450, "5.1.1 x", "450 4.1.1 x"),
    ],
)
def test_from_pair(code: int, message: bytes | str, text: str) -> None:
    """A code and the texts of the lines, as client libraries give them, are a reply."""
    assert text == str(SmtpReply.from_pair(code, message))


@given(smtp_replies())
def test_from_pair_of_a_reply(reply: SmtpReply) -> None:
    """What smtplib makes of a reply is that reply again."""
    lines = reply.format().decode("utf-8", "surrogateescape").split("\r\n")[:-1]
    message = "\n".join(line[4:] for line in lines)

    # An empty line at the end is no line for whoever joins lines.
    expected = reply.lines if len(lines) == 1 or lines[-1][4:] else reply.lines[:-1]
    assert expected == SmtpReply.from_pair(reply.code, message).lines


@pytest.mark.parametrize("code", [-1, 0, 199, 600])
def test_from_pair_without_a_code(code: int) -> None:
    """The -1 of smtplib for a lost connection is no reply."""
    for message in (b"", "5.1.1 x", "x"):
        with pytest.raises(InvalidReply, match=f"code {code}"):
            SmtpReply.from_pair(code, message)


RESPONSE = (550, "5.1.1 No such user\n5.1.1 here")


@pytest.mark.requirement("2034-6-01")
@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPResponseException(550, b"5.1.1 No such user\n5.1.1 here"),
        smtplib.SMTPResponseException(*RESPONSE),
        smtplib.SMTPDataError(*RESPONSE),
        smtplib.SMTPHeloError(*RESPONSE),
        smtplib.SMTPConnectError(*RESPONSE),
        smtplib.SMTPAuthenticationError(*RESPONSE),
        smtplib.SMTPSenderRefused(550, b"5.1.1 No such user\n5.1.1 here", "a@b"),
        aiosmtplib.SMTPResponseException(*RESPONSE),
        aiosmtplib.SMTPDataError(*RESPONSE),
        aiosmtplib.SMTPHeloError(*RESPONSE),
        aiosmtplib.SMTPConnectResponseError(*RESPONSE),
        aiosmtplib.SMTPAuthenticationError(*RESPONSE),
        aiosmtplib.SMTPSenderRefused(*RESPONSE, "a@b"),
        aiosmtplib.SMTPRecipientRefused(*RESPONSE, "a@b"),
    ],
    ids=lambda error: f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}",
)
def test_from_exception(error: Exception) -> None:
    """Every exception of both libraries that carries a reply gives it."""
    reply = SmtpReply.from_exception(error)

    assert (550, "5.1.1") == (reply.code, str(reply.status))
    assert ("No such user", "here") == reply.lines


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPException("x"),
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
        smtplib.SMTPNotSupportedError("x"),
        smtplib.SMTPRecipientsRefused({"a@b": (550, b"x")}),
        smtplib.SMTPResponseException(-1, "Connection lost"),
        aiosmtplib.SMTPException("x"),
        aiosmtplib.SMTPServerDisconnected("x"),
        aiosmtplib.SMTPConnectError("x"),
        aiosmtplib.SMTPTimeoutError("x"),
        aiosmtplib.SMTPReadTimeoutError("x"),
        aiosmtplib.SMTPNotSupported("x"),
        aiosmtplib.SMTPRecipientsRefused([]),
        ConnectionRefusedError("x"),
        SystemExit("x"),
    ],
    ids=lambda error: f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}",
)
def test_from_exception_without_a_reply(error: BaseException) -> None:
    """An exception without a reply, or with several, is refused by name."""
    with pytest.raises(InvalidReply) as caught:
        SmtpReply.from_exception(error)

    assert str(caught.value).startswith("reply: ")
    assert caught.value.value is getattr(error, "smtp_code", error)


def test_from_exception_with_a_code_alone() -> None:
    """An exception that has a code and no text is a reply without text."""
    error = smtplib.SMTPResponseException(550, "x")
    del error.smtp_error

    assert SmtpReply(550) == SmtpReply.from_exception(error)


REFUSED = {
    "a@b": "550 5.1.1 No such user",
    "c@d": "450-4.2.2 full\n450 4.2.2 really",
}


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused(
            {"a@b": (550, b"5.1.1 No such user"), "c@d": (450, b"4.2.2 full\n4.2.2 really")}
        ),
        aiosmtplib.SMTPRecipientsRefused(
            [
                aiosmtplib.SMTPRecipientRefused(550, "5.1.1 No such user", "a@b"),
                aiosmtplib.SMTPRecipientRefused(450, "4.2.2 full\n4.2.2 really", "c@d"),
            ]
        ),
    ],
    ids=["smtplib", "aiosmtplib"],
)
def test_by_recipient(error: Exception) -> None:
    """Both shapes of a refusal of recipients give the reply to each."""
    replies = SmtpReply.by_recipient(error)

    assert REFUSED == {address: str(reply) for address, reply in replies.items()}


@pytest.mark.parametrize(
    "error",
    [smtplib.SMTPException("x"), aiosmtplib.SMTPRecipientRefused(*RESPONSE, "a@b"), ValueError()],
    ids=lambda error: type(error).__name__,
)
def test_by_recipient_without_recipients(error: Exception) -> None:
    """An exception that speaks of no recipients is refused by name."""
    with pytest.raises(InvalidReply) as caught:
        SmtpReply.by_recipient(error)

    assert f"reply: {type(error).__name__} carries no recipients" == str(caught.value)
    assert error is caught.value.value


@pytest.mark.requirement("3461-9.2-01")
@pytest.mark.requirement("3461-9.2-03")
@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("550 5.1.1 No such user", "550 5.1.1 No such user"),
        ("550-5.1.1 No such 550 5.1.1 here", "550-5.1.1 No such\n550 5.1.1 here"),
        ("550-a 550-b 550 c", "550-a\n550-b\n550 c"),
        ("550-a\t 550 b", "550-a\n550 b"),
        ("550 a 550 b", "550 a 550 b"),
        ("550-a 551 b", "550 a 551 b"),
        ("550-a 5501 b", "550 a 5501 b"),
        ("550", "550 "),
        ("550-", "550 "),
    ],
)
def test_from_diagnostic(text: str, reply: str) -> None:
    """A transcript of several lines is taken apart where the code comes again."""
    assert reply == str(SmtpReply.from_diagnostic(text))


@pytest.mark.requirement("3461-9.2-01")
@pytest.mark.parametrize("text", ["", "x", "no 550", "199 x", " 550 x"])
def test_from_diagnostic_without_a_code(text: str) -> None:
    """A diagnostic that does not begin with a reply code is no reply."""
    with pytest.raises(InvalidReply) as caught:
        SmtpReply.from_diagnostic(text)

    assert f"reply: {text!r} does not begin with a reply code" == str(caught.value)
    assert ("3461-9.2-01", text) == (caught.value.requirement, caught.value.value)


def test_from_diagnostic_is_linear() -> None:
    """A transcript of many lines costs no square of time."""
    reply = SmtpReply.from_diagnostic(" ".join(["550-x"] * 5_000 + ["550 x"]))

    assert 5_001 == len(reply.lines)


def test_defect_names_what_it_saw() -> None:
    """A defect tells the line in words, and has a stable code."""
    (defect,) = SmtpReply.read("550 4.7.1 x").defects

    assert (
        Defect(
            code="reply-class",
            message="reply: status 4.7.1 does not agree with code 550",
            requirement="2034-4-03",
        )
        == defect
    )
