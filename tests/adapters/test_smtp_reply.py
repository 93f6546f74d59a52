r"""Whatever a handler answers goes out as a reply of RFC 5321, with its status."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.smtp_reply import ReplyWriter
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.rewrite import RewriteRules, rewrite_reply

FAULT = b"451 4.3.0 Something went wrong here; send it again later\r\n"
VERBS = ["", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "AUTH", "STARTTLS", "*"]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1, logger="dsnlib.smtp")


@pytest.mark.parametrize(
    ("verb", "status", "expected"),
    [
        # A bare reply gets the status of its code and command
        ("MAIL", "250 OK", b"250 2.1.0 OK\r\n"),
        ("RCPT", "250 OK", b"250 2.1.5 OK\r\n"),
        ("RCPT", "550 no", b"550 5.0.0 no\r\n"),
        ("*", "500 Error", b"500 5.5.2 Error\r\n"),
        ("QUIT", "221 Bye", b"221 2.0.0 Bye\r\n"),
        # where there is to be one
        ("", "220 mx.example", b"220 mx.example\r\n"),
        ("HELO", "250 mx.example", b"250 mx.example\r\n"),
        ("DATA", "354 go on", b"354 go on\r\n"),
        ("AUTH", b"334 ", b"334 \r\n"),
        ("AUTH", b"334 VXNlciBOYW1lAA==", b"334 VXNlciBOYW1lAA==\r\n"),
        # and keeps the one it has
        ("RCPT", "550 5.7.1 no", b"550 5.7.1 no\r\n"),
        ("RCPT", b"550 5.1.1 no", b"550 5.1.1 no\r\n"),
        ("RCPT", SmtpReply.parse("550 5.1.1 no"), b"550 5.1.1 no\r\n"),
        ("MAIL", "550 5.1.1 no", b"550 5.1.7 no\r\n"),
        # of the class of the code
        ("RCPT", "450 5.1.1 no", b"450 4.1.1 no\r\n"),
        ("RCPT", "250 5.1.1 no", b"250 2.1.1 no\r\n"),
        # Several lines, however they are written
        ("RCPT", "550-5.7.1 a\r\n550 5.7.1 b", b"550-5.7.1 a\r\n550 5.7.1 b\r\n"),
        ("RCPT", "550-a\n550 b\n", b"550-5.0.0 a\r\n550 5.0.0 b\r\n"),
        ("RCPT", "550 5.7.1 a\nb", b"550-5.7.1 a\r\n550 5.7.1 b\r\n"),
        ("RCPT", "550", b"550 5.0.0 \r\n"),
        # Nobody gets a second reply into the first, or another code
        ("RCPT", "550 no <a\r\n250 OK>", b"550-5.0.0 no <a\r\n550 5.0.0 250 OK>\r\n"),
        ("RCPT", "550 5.1.1 a\r250 b", b"550-5.1.1 a\r\n550 5.1.1 250 b\r\n"),
        ("RCPT", "250 a\x00\x1b\x7fb", b"250 2.1.5 a???b\r\n"),
        ("RCPT", "550 n\N{LATIN SMALL LETTER O WITH ACUTE}", b"550 5.0.0 n?\r\n"),
        # What is no reply at all
        ("RCPT", "OK", FAULT),
        ("RCPT", "", FAULT),
        ("RCPT", "700 x", FAULT),
        ("RCPT", "150 x", FAULT),
        ("RCPT", "\N{ARABIC-INDIC DIGIT TWO}50 x", FAULT),
        ("RCPT", None, FAULT),
        ("RCPT", 250, FAULT),
        ("RCPT", ["250 OK"], FAULT),
    ],
)
def test_reply(verb: str, status: object, expected: bytes) -> None:
    """What goes out, by what was answered to which command."""
    assert expected == ReplyWriter().write(status, verb)


def test_utf8() -> None:
    """Who can read UTF-8 gets it."""
    status = "550 5.7.1 n\N{LATIN SMALL LETTER O WITH ACUTE}"

    assert f"{status}\r\n".encode() == ReplyWriter().write(status, "RCPT", is_utf8=True)


def test_line_is_cut() -> None:
    """A line has 512 octets with its end, but for what has to arrive whole."""
    (line,) = ReplyWriter().write(f"550 5.7.1 {'x' * 1000}", "RCPT").splitlines(keepends=True)
    challenge = ReplyWriter().write(b"334 " + b"A" * 1000, "AUTH")

    assert 512 == len(line)
    assert 1006 == len(challenge)


def test_rules() -> None:
    """The rules of the site have the last word, on what was not rewritten yet."""
    writer = ReplyWriter(RewriteRules(soft_bounce=True))
    done = rewrite_reply(SmtpReply.parse("550 5.7.1 no"))

    assert b"450 4.7.1 no\r\n" == writer.write("550 5.7.1 no", "RCPT")
    assert b"550 5.7.1 no\r\n" == writer.write(done, "RCPT")


def test_tables_are_asked_each_time() -> None:
    """A table may change, so what it says is not remembered."""
    asked: list[str] = []

    class Counting:
        name = "counting"
        has_fixed_keys = False

        def lookup(self, key: str) -> str | None:
            asked.append(key)
            return "450 4.7.1 later" if len(asked) == 1 else None

    writer = ReplyWriter(RewriteRules(reply_filters=(Counting(),)))

    assert b"450 4.7.1 later\r\n" == writer.write("550 5.7.1 no", "RCPT")
    assert b"550 5.7.1 no\r\n" == writer.write("550 5.7.1 no", "RCPT")


def test_what_is_no_reply_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever wrote the handler can find out."""
    caplog.set_level(logging.ERROR, logger="dsnlib.smtp")
    ReplyWriter().write(None, "RCPT")
    ReplyWriter().write("fine", "RCPT")

    assert ["None", "'fine'"] == [each.message.split()[4].strip(",") for each in caplog.records]


@given(st.one_of(st.text(), st.binary()), st.sampled_from(VERBS), st.booleans())
def test_any_status(status: str | bytes, verb: str, is_utf8: bool) -> None:  # noqa: FBT001  drawn
    """Any text is one well-formed reply; what is remembered equals what is made anew."""
    writer = ReplyWriter()
    octets = writer.write(status, verb, is_utf8=is_utf8)

    assert octets == SmtpReply.read(octets).format() or not SmtpReply.read(octets).status
    assert octets == writer.write(status, verb, is_utf8=is_utf8)
    assert octets == ReplyWriter()._write(status, verb, is_utf8)
    lines = octets.split(b"\r\n")
    assert b"" == lines.pop()
    assert {octets[:3]} == {line[:3] for line in lines}
    assert not any(control in octets.replace(b"\r\n", b"") for control in (b"\r", b"\n", b"\0"))


@given(st.sampled_from(["250", "450", "550", "354"]), st.text(), st.sampled_from(VERBS))
def test_code_stays(code: str, text: str, verb: str) -> None:
    """Whatever stands behind a code, the code is what goes out."""
    assert code.encode() == ReplyWriter().write(f"{code} {text}", verb)[:3]
