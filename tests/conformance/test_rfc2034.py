"""RFC 2034 section 6: what a client makes of text that only looks like a code."""

import pytest

import dsnlib


@pytest.mark.requirement("2034-6-02")
def test_what_looks_like_a_code_is_one() -> None:
    """Whether the server announced codes is not asked: a reply is read by itself."""
    reply = dsnlib.SmtpReply.read("550 5.1.1 no such user")
    like_one = dsnlib.SmtpReply.read("550 5.1 no such user")

    assert "5.1.1" == str(reply.status)
    assert ("no such user",) == reply.lines
    assert like_one.status is None
    assert "5.0.0" == str(like_one.effective_status)
