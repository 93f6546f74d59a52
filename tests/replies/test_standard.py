"""Each standard reply is one that a strict client reads, with the code that fits."""

import pytest

from dsnlib.model.registry import look_up
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.refusal import ends_session
from dsnlib.replies.rewrite import RewriteRules, rewrite_reply
from dsnlib.replies.standard import StandardReply

# What Postfix answers for the same reason: code and status.
CODES = {
    StandardReply.MAIL_ACCEPTED: (250, "2.1.0"),
    StandardReply.RCPT_ACCEPTED: (250, "2.1.5"),
    StandardReply.SEND_DATA: (354, None),
    StandardReply.MESSAGE_ACCEPTED: (250, "2.0.0"),
    StandardReply.CHUNK_ACCEPTED: (250, "2.0.0"),
    StandardReply.RESET: (250, "2.0.0"),
    StandardReply.NOTHING_DONE: (250, "2.0.0"),
    StandardReply.NOT_VERIFIED: (252, "2.0.0"),
    StandardReply.GOODBYE: (221, "2.0.0"),
    StandardReply.START_TLS: (220, "2.0.0"),
    StandardReply.COMMAND_UNKNOWN: (500, "5.5.2"),
    StandardReply.COMMAND_NOT_IMPLEMENTED: (502, "5.5.1"),
    StandardReply.COMMAND_TOO_LONG: (500, "5.5.2"),
    StandardReply.NOT_UTF8: (500, "5.5.2"),
    StandardReply.BAD_ARGUMENT: (501, "5.5.4"),
    StandardReply.BAD_HELLO: (501, None),
    StandardReply.BAD_SENDER_SYNTAX: (501, "5.1.7"),
    StandardReply.BAD_RECIPIENT_SYNTAX: (501, "5.1.3"),
    StandardReply.BAD_CHUNK: (521, "5.5.4"),
    StandardReply.CHUNKS_NOT_OFFERED: (521, "5.5.1"),
    StandardReply.DSN_DISABLED: (501, "5.7.1"),
    StandardReply.HELLO_NEEDED: (503, "5.5.1"),
    StandardReply.NESTED_MAIL: (503, "5.5.1"),
    StandardReply.MAIL_NEEDED: (503, "5.5.1"),
    StandardReply.RCPT_NEEDED: (503, "5.5.1"),
    StandardReply.NO_RECIPIENTS: (554, "5.5.1"),
    StandardReply.AUTH_NOT_OFFERED: (503, "5.5.1"),
    StandardReply.TLS_ACTIVE: (554, "5.5.1"),
    StandardReply.AUTH_NEEDED: (530, "5.7.0"),
    StandardReply.TLS_NEEDED: (530, "5.7.0"),
    StandardReply.TOO_MANY_RECIPIENTS: (452, "4.5.3"),
    StandardReply.MESSAGE_TOO_LARGE: (552, "5.3.4"),
    StandardReply.NO_STORAGE: (452, "4.3.1"),
    StandardReply.TOO_MANY_HOPS: (554, "5.4.6"),
    StandardReply.SETTINGS_UNKNOWN: (421, "4.3.0"),
    StandardReply.NESTED_TOO_DEEPLY: (550, "5.6.0"),
    StandardReply.LOCAL_ERROR: (451, "4.3.0"),
    StandardReply.NOT_SET_UP: (451, "4.3.5"),
    StandardReply.SHUTTING_DOWN: (421, "4.3.2"),
    StandardReply.TIMED_OUT: (421, "4.4.2"),
    StandardReply.TOO_MANY_ERRORS: (421, "4.7.0"),
    StandardReply.TOO_MANY_CONNECTIONS: (421, "4.7.0"),
}
# The command that each answers, where its status depends on that.
VERBS = {
    StandardReply.MAIL_ACCEPTED: "MAIL",
    StandardReply.BAD_SENDER_SYNTAX: "MAIL",
    StandardReply.RCPT_ACCEPTED: "RCPT",
    StandardReply.BAD_RECIPIENT_SYNTAX: "RCPT",
    StandardReply.SEND_DATA: "DATA",
    StandardReply.BAD_HELLO: "EHLO",
}
CLOSING = {
    StandardReply.BAD_CHUNK,
    StandardReply.CHUNKS_NOT_OFFERED,
    StandardReply.SETTINGS_UNKNOWN,
    StandardReply.SHUTTING_DOWN,
    StandardReply.TIMED_OUT,
    StandardReply.TOO_MANY_ERRORS,
    StandardReply.TOO_MANY_CONNECTIONS,
}
# Names of servers in which someone could take a reply for another's.
OTHERS = ("postfix", "sendmail", "exim", "qmail", "exchange", "dsnlib")


def test_table_is_whole() -> None:
    """Each reply is in the table above, and no two are the same text."""
    assert set(StandardReply) == set(CODES)
    assert len(StandardReply) == len(StandardReply.__members__)


@pytest.mark.parametrize("each", StandardReply, ids=lambda each: each.name)
def test_reply_has_its_codes(each: StandardReply) -> None:
    """Reply code and status are those of the table, and the text writes as it reads."""
    code, status = CODES[each]
    reply = each.reply

    assert code == reply.code
    assert status == (None if reply.status is None else str(reply.status))
    assert each.value == str(reply)
    assert reply == SmtpReply.parse(reply.format())
    assert () == reply.defects


@pytest.mark.parametrize("each", StandardReply, ids=lambda each: each.name)
def test_status_is_registered(each: StandardReply) -> None:
    """No server makes up statuses of its own."""
    status = each.reply.status

    assert status is None or look_up(status) is not None


@pytest.mark.parametrize("each", StandardReply, ids=lambda each: each.name)
def test_reply_is_one_line_of_plain_text(each: StandardReply) -> None:
    """A line of at most 512 octets with its end, for people who read US-ASCII."""
    (line,) = each.reply.lines

    assert line == line.strip() != ""
    assert line.isascii()
    assert line.isprintable()
    assert len(each.reply.format()) <= 512


@pytest.mark.parametrize("each", StandardReply, ids=lambda each: each.name)
def test_reply_names_no_server(each: StandardReply) -> None:
    """The texts are our own and tell nobody what is running here."""
    assert [] == [name for name in OTHERS if name in each.value.lower()]


@pytest.mark.parametrize("each", StandardReply, ids=lambda each: each.name)
def test_last_hand_leaves_it_alone(each: StandardReply) -> None:
    """A standard reply needs no correction: it is what the rules would make of it."""
    done = rewrite_reply(each.reply, verb=VERBS.get(each, "*"))

    assert each.reply == done.reply
    assert () == done.fired


@pytest.mark.parametrize("each", StandardReply, ids=lambda each: each.name)
def test_which_end_the_session(each: StandardReply) -> None:
    """421 and 521 do, under soft bounce too; nothing else does."""
    soft = rewrite_reply(each.reply, verb="*", rules=RewriteRules(soft_bounce=True))

    assert (each in CLOSING) == ends_session(each.reply)
    assert (each in CLOSING) == ends_session(soft.reply)
