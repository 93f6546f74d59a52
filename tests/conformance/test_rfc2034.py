"""RFC 2034: what announces codes, where they stand, and what only looks like one."""

import pytest

import dsnlib
from dsnlib.replies.capabilities import EXTENSIONS


@pytest.mark.requirement("2034-6-02")
def test_what_looks_like_a_code_is_one() -> None:
    """Whether the server announced codes is not asked: a reply is read by itself."""
    reply = dsnlib.SmtpReply.read("550 5.1.1 no such user")
    like_one = dsnlib.SmtpReply.read("550 5.1 no such user")

    assert "5.1.1" == str(reply.status)
    assert ("no such user",) == reply.lines
    assert like_one.status is None
    assert "5.0.0" == str(like_one.effective_status)


@pytest.mark.requirement("2034-3-01")
@pytest.mark.requirement("2034-3-02")
def test_keyword() -> None:
    """A server that sends codes announces ENHANCEDSTATUSCODES, and nothing behind it."""
    capabilities = dsnlib.Capabilities(enhanced_status_codes=True)

    assert ("ENHANCEDSTATUSCODES",) == dsnlib.Offer(capabilities=capabilities).announcements
    assert () == dsnlib.Offer().announcements


@pytest.mark.requirement("2034-3-05")
@pytest.mark.requirement("2034-5-01")
def test_nothing_is_asked_for() -> None:
    """The extension has no command and no parameter: nobody asks for codes or refuses them."""
    (row,) = [each for each in EXTENSIONS if each.keyword == "ENHANCEDSTATUSCODES"]

    assert (None, {}) == (row.verb, dict(row.parameters))


@pytest.mark.requirement("2034-3-03")
@pytest.mark.parametrize("verb", ["", "EHLO", "HELO", "LHLO"])
def test_no_code(verb: str) -> None:
    """The greeting and replies to EHLO and HELO get no code, whatever their own."""
    for code in (220, 250, 501, 554):
        reply = dsnlib.SmtpReply(code, None, ("text",))
        assert reply == dsnlib.rewrite_reply(reply, verb=verb).reply
    assert dsnlib.Offer().ehlo_reply("host").status is None


@pytest.mark.requirement("2034-7-01")
@pytest.mark.requirement("3463-5-01")
@pytest.mark.requirement("5248-3-01")
@pytest.mark.parametrize("reply", ["535 5.7.8 wrong password for ann", "525 5.7.13 ann is locked"])
def test_codes_that_tell_too_much(reply: str) -> None:
    """A site can give one code for several, so that an attacker learns less."""
    table = dsnlib.parse_table(
        "pcre", r"/^5\.7\.(?:8|13) / 5.7.0 This was not accepted", origin="quiet"
    )
    rules = dsnlib.RewriteRules(status_filters=[table])
    done = dsnlib.rewrite_reply(dsnlib.SmtpReply.parse(reply), rules=rules)

    assert "5.7.0 This was not accepted" == str(done.reply)[4:]
    assert reply == str(done.original)
