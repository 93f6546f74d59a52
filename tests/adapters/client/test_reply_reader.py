"""Octets of a server become replies, whatever it sends and however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.dialogue import Answer, Lost
from dsnlib.adapters.client.reply_reader import ReplyReader
from dsnlib.model.reply import SmtpReply
from tests.strategies import smtp_replies


def read(*pieces: bytes) -> list[Answer]:
    """Return the replies in octets that come in pieces."""
    reader = ReplyReader()
    found = []
    for piece in pieces:
        reader.feed(piece)
        while (answer := reader.take()) is not None:
            found.append(answer)
    return found


def test_replies_of_a_group() -> None:
    """Those that came in one packet are taken one by one."""
    found = read(b"250 2.1.0 Fine\r\n550-5.1.1 No\r\n550 5.1.1 such user\r\n354 Go on\r\n25")

    assert [
        SmtpReply.parse("250 2.1.0 Fine"),
        SmtpReply.parse("550-5.1.1 No\r\n550 5.1.1 such user"),
        SmtpReply.parse("354 Go on"),
    ] == found


@given(st.lists(smtp_replies(), max_size=4), st.integers(1, 40))
def test_it_does_not_matter_how_they_are_cut(replies: list[SmtpReply], size: int) -> None:
    """What was written is read, one octet at a time or all at once."""
    octets = b"".join([each.format() for each in replies])
    pieces = [octets[start : start + size] for start in range(0, len(octets), size)]

    assert read(octets) == read(*pieces)
    assert [each.code for each in replies] == [
        each.code for each in read(octets) if isinstance(each, SmtpReply)
    ]


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"250\r\n", 250),
        (b"250 \r\n", 250),
        (b"250 OK\n", 250),
        (b"250-One\n250 Two\n", 250),
        (b"250-One\r\n251 Two\r\n", 251),
        (b"250\tOK\r\n", 250),
        (b"571 5.7.1 No\r\n", 571),
    ],
)
def test_what_is_tolerated(octets: bytes, code: int) -> None:
    """A line that ends with LF, a missing text, a second digit that no RFC has."""
    (answer,) = read(octets)

    assert isinstance(answer, SmtpReply)
    assert code == answer.code


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"hello there\r\n", "hello there"),
        (b"\r\n", ""),
        (b"25\r\n", "25"),
        (b"2500 x\r\n", "2500 x"),
        (b"150 wait\r\n", "150 wait"),
        (b"999 x\r\n", "999 x"),
        (b"250-a\r\n550 b\r\n", "250-a 550 b"),
        (b"\x00\xff\r\n", "\ufffd\udcff"),
        (b"x" * 9000 + b"\r\n", None),
    ],
)
def test_what_is_no_reply(octets: bytes, text: str | None) -> None:
    """It is handed on as text, without controls; a line without end is a loss."""
    if text is None:
        with pytest.raises(Lost, match="a line without end"):
            read(octets)
    else:
        assert [text] == read(octets)


def test_a_reply_that_is_large() -> None:
    """What is kept of it has a bound: it stands in the queue for each recipient."""
    (answer,) = read(
        b"".join([b"450-4.2.1 " + b"x" * 8000 + b"\r\n"] * 150 + [b"450 4.2.1 end\r\n"])
    )

    assert isinstance(answer, SmtpReply)
    assert 450 == answer.code
    assert 8000 <= sum(map(len, answer.lines)) <= 8192


@pytest.mark.parametrize(
    "octets",
    [
        b"250-x\r\n" * 201,
        b"x" * 8192,
        b"250-x\r\n" + b"x" * 8193,
        # So much is not read on by who waits for its end.
        (b"250-" + b"x" * 8000 + b"\r\n") * 40,
    ],
    ids=["lines", "line", "second line", "octets"],
)
def test_what_has_no_end(octets: bytes) -> None:
    """A reply has a bound in lines, and a line one in octets, whether it has come or not."""
    with pytest.raises(Lost, match="without end"):
        read(octets)


def test_what_is_left() -> None:
    """The beginning of a reply is there, and can be looked at as text."""
    reader = ReplyReader()
    reader.feed(b"421 clo\x07")

    assert reader.take() is None
    assert (False, 8) == (reader.is_empty, len(reader))
    assert "421 clo\ufffd" == reader.rest()
    assert (True, None) == (reader.is_empty, reader.take())


@given(st.binary(max_size=400))
def test_any_octets(octets: bytes) -> None:
    """Whatever comes is replies and texts, and a text is one line."""
    texts = [each for each in read(octets) if isinstance(each, str)]

    assert not set("".join(texts)) & set("\r\n\0\x1b")
