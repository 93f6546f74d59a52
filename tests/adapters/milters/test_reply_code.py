"""The reply that a filter gives: checked as Postfix checks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.milters.packets import MilterFault
from dsnlib.adapters.milters.reply_code import read_reply_code
from dsnlib.model.reply import SmtpReply


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"550 5.1.1 no such user\0", "550 5.1.1 no such user"),
        (b"550 5.1.1 no such user", "550 5.1.1 no such user"),
        (b"450 4.7.1 later", "450 4.7.1 later"),
        (b"550 go away", "550 go away"),
        (b"550 ", "550 "),
        (b"421 4.7.0 bye", "421 4.7.0 bye"),
        (b"571 5.7.1 x", "571 5.7.1 x"),
        (b"550 5.7.1 100%% spam %d %%%", "550 5.7.1 100% spam %d %%"),
        (b"550-5.7.1 a\r\n550 5.7.1 b", "550-5.7.1 a\n550 5.7.1 b"),
        (b"550-a\r\n550-\r\n550 b", "550-a\n550-\n550 b"),
        # Only the class is checked: the rest of it is text.
        (b"550 5 is the number", "550 5 is the number"),
        (b"550 5.7.1000 x", "550 5.7.1000 x"),
        (b"550 5.7.1\tx", "550 5.7.1 x"),
        (b"550 \xff\x01", "550 \udcff\ufffd"),
    ],
)
def test_replies(data: bytes, expected: str) -> None:
    """A reply keeps code, status and text; two percent signs are one."""
    assert expected == str(read_reply_code(data))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "no code and text"),
        (b"\0", "no code and text"),
        (b"550", "no code and text"),
        (b"250 2.1.0 fine", "no code and text"),
        (b"354 go on", "no code and text"),
        (b"5501 x", "no code and text"),
        (b"55 x", "no code and text"),
        (b"x50 x", "no code and text"),
        (b"550 4.7.1 x", "another class"),
        (b"450 5.7.1 x", "another class"),
        (b"550 2.1.1 x", "another class"),
        (b"550 1st", "another class"),
        (b"550-a\r\n551 b", "another code"),
        (b"550-5.1.1 a\r\n550 4.1.1 b", "another class"),
        (b"550 a\r\n550 b", "separator out of place"),
        (b"550-a", "separator out of place"),
        (b"550-a\r\n", "separator|no code"),
        (b"550 a\r\n", "separator|no code"),
        (b"550-a\n550 b", "no code and text"),
        (b"550 a\rb", "no code and text"),
        (b"550 a\0b", "no code and text"),
        (b"550 a\0\0", "no code and text"),
        (b"550-x\r\n" * 40 + b"550 x", "more than 32 lines"),
    ],
)
def test_malformed_replies(data: bytes, match: str) -> None:
    """Every line has to be right: a bad one would end up at the client."""
    with pytest.raises(MilterFault, match=match):
        read_reply_code(data)


@pytest.mark.parametrize("status", [b"", b"5.7.1 "])
def test_lines_are_cut(status: bytes) -> None:
    """A line takes 510 octets at most, status included (RFC 5321 s4.5.3.1.5)."""
    reply = read_reply_code(b"550-" + status + b"a\r\n550 " + b"\xc3\xa4" * 1000)

    assert {True} == {len(line) <= 512 for line in reply.format().splitlines(keepends=True)}
    assert reply == SmtpReply.parse(reply.format())


@given(st.binary(max_size=80) | st.from_regex(rb"[45][0-9]{2}[ -][ -~\r\n]{0,40}", fullmatch=True))
def test_any_octets(data: bytes) -> None:
    """Whatever a filter says is a reply of class 4 or 5, or its fault."""
    try:
        reply = read_reply_code(data)
    except MilterFault:
        return
    assert reply.code // 100 in (4, 5)
    assert reply == SmtpReply.parse(reply.format())
