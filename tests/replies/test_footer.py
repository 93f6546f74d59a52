"""Footers of refusals: whom to ask, once, on lines that no stranger can end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import ConfigurationError
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.footer import NAMES, ReplyFooter, add_footer, footer_values
from dsnlib.replies.refusal import LINE_OCTETS
from tests.replies.fake_site import session_with
from tests.strategies import smtp_replies

VALUES = footer_values(session_with(helo=None), "mail.site.example")


@pytest.mark.parametrize(
    ("text", "reply", "expected"),
    [
        ("ask us", "550 5.1.1 no", "550-5.1.1 no\n550 5.1.1 ask us"),
        (r"ask\nus", "450 4.1.1 no", "450-4.1.1 no\n450-4.1.1 ask\n450 4.1.1 us"),
        (r"\c, ask us", "550 5.1.1 no", "550 5.1.1 no, ask us"),
        (r"\c, ask\nus", "550-5.1.1 a\n550 5.1.1 b", "550-5.1.1 a\n550-5.1.1 b, ask\n550 5.1.1 us"),
        ("$sender to ${recipient}", "550 no", "550-no\n550 ann@good.example to bob@site.example"),
        ("$client_name[$client_address]", "550 no", "550-no\n550 mail.good.example[192.0.2.7]"),
        ("at $server_name $$5 <$helo_name>", "550 no", "550-no\n550 at mail.site.example $5 <>"),
        (" ask us", "550 5.1.1 no", "550-5.1.1 no\n550 5.1.1 ask us"),
        ("ask us", "250 2.1.0 fine", "250 2.1.0 fine"),
        ("ask us", "354 go on", "354 go on"),
        ("5.1.1 x", "550 no", "550 no"),
    ],
)
def test_footer(text: str, reply: str, expected: str) -> None:
    """A refusal gets the footer, on its last line or behind it; other replies do not."""
    done = add_footer(SmtpReply.parse(reply), ReplyFooter(text), VALUES)

    assert expected == str(done)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$queue_id", "'queue_id' is none of client_address"),
        ("costs $5", "has no name"),
        ("$", "$"),
    ],
)
def test_bad_footer(text: str, words: str) -> None:
    """What a footer cannot name is told when it is made."""
    with pytest.raises(ConfigurationError, match=words if words != "$" else r"\$"):
        ReplyFooter(text)


def test_values_have_every_name() -> None:
    """Each name that a footer may use has a value in a session."""
    assert NAMES == set(VALUES)


def test_value_cannot_end_a_line() -> None:
    """What a stranger said stays on its line, and names nothing itself."""
    values = {**VALUES, "sender": "a\r\n250 2.0.0 $recipient \\n ok"}
    done = add_footer(SmtpReply.parse("550 5.1.1 no"), ReplyFooter("$sender"), values)

    assert 2 == len(done.lines)
    assert "a\ufffd\ufffd250 2.0.0 $recipient \\n ok" == done.lines[1]


@given(
    smtp_replies(),
    st.sampled_from(
        ["ask", r"\cask", r"a\nb", r"\ca\nb", "$sender", r"\c $sender \n x", "5.1.1 x"]
    ),
    st.text(max_size=600),
)
def test_laws(reply: SmtpReply, text: str, sender: str) -> None:
    """A footer is put on once, changes no code, and leaves a reply whose lines fit."""
    footer = ReplyFooter(text)
    done = add_footer(reply, footer, {"sender": sender})

    assert done == add_footer(done, footer, {"sender": sender})
    assert (reply.code, reply.status) == (done.code, done.status)
    assert done == SmtpReply.parse(str(done))
    if done != reply:
        assert all(len(line) <= LINE_OCTETS + 2 for line in done.format().splitlines(keepends=True))
