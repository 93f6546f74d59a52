"""Parameters for smtplib and aiosmtplib, and what they got for an answer."""

from __future__ import annotations

import datetime as dt
import smtplib
from typing import TYPE_CHECKING

import aiosmtplib
import pytest
from hypothesis import given

from dsnlib.adapters.smtp_options import DsnOptions, replies_of
from dsnlib.errors import InvalidReply, InvalidValue
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayPolicy, plan_relay
from tests.strategies import envelopes

if TYPE_CHECKING:
    from collections.abc import Mapping

BOB = Recipient("bob@example.org", parse_rcpt_parameters("NOTIFY=SUCCESS ORCPT=rfc822;b+2Bc@x"))
CAROL = Recipient("carol@example.org", parse_rcpt_parameters("NOTIFY=NEVER"))
ENVELOPE = Envelope(
    sender="ann@example.com",
    mail=parse_mail_parameters("RET=HDRS ENVID=id-1"),
    recipients=[BOB, CAROL],
)


@pytest.mark.parametrize(
    "extensions",
    [{"size": "1000", "dsn": ""}, {"DSN": ""}, ["SIZE 1000", "DSN"]],
    ids=["smtplib", "upper-case", "lines"],
)
def test_announced(extensions: Mapping[str, str] | list[str]) -> None:
    """Each recipient has the parameters of its own, octet for octet."""
    options = DsnOptions.of(ENVELOPE, extensions=extensions)

    assert options.is_announced
    assert ("RET=HDRS", "ENVID=id-1") == options.mail_options
    assert ("NOTIFY=SUCCESS", "ORCPT=rfc822;b+2Bc@x") == options.rcpt_options(BOB)
    assert ("NOTIFY=NEVER",) == options.rcpt_options("carol@example.org")


def test_not_announced() -> None:
    """To a server without DSN nothing of it goes, and the caller can see so."""
    options = DsnOptions.of(
        ENVELOPE, extensions={"size": ""}, policy=RelayPolicy(separates_never=True)
    )

    assert not options.is_announced
    assert () == options.mail_options
    assert [(), ()] == [options.rcpt_options(each) for each in ENVELOPE.recipients]
    assert () == options.shared_rcpt_options


def test_one_list_for_all() -> None:
    """`sendmail` of both libraries has one list for all recipients, so there must be one."""
    alone = Envelope(sender="", recipients=[CAROL, Recipient("eve@example.org", CAROL.params)])

    assert ("NOTIFY=NEVER",) == DsnOptions.of(alone, extensions=["DSN"]).shared_rcpt_options
    with pytest.raises(InvalidValue, match="2 different lists"):
        _ = DsnOptions.of(ENVELOPE, extensions=["DSN"]).shared_rcpt_options


def test_recipients_that_cannot_be_sent() -> None:
    """Who needs what the server has not has an outcome, and no options."""
    zoe = Recipient("zoé@example.org")
    options = DsnOptions.of(
        Envelope(sender="ann@example.com", recipients=[zoe, BOB], smtputf8=True),
        extensions=["DSN"],
        is_header_ascii=True,
    )

    assert [(zoe, "5.6.7")] == [(each.recipient, str(each.status)) for each in options.outcomes]
    for unknown in (zoe, "zoé@example.org", "eve@example.org"):
        with pytest.raises(InvalidValue, match="not one recipient"):
            options.rcpt_options(unknown)


def test_an_address_that_is_there_twice() -> None:
    """It is asked for by the recipient, where the parameters differ."""
    other = Recipient(BOB.address, parse_rcpt_parameters("NOTIFY=FAILURE"))
    twice = Envelope(sender="", recipients=[BOB, other, BOB])
    options = DsnOptions.of(twice, extensions=["DSN"])

    assert ("NOTIFY=FAILURE",) == options.rcpt_options(other)
    with pytest.raises(InvalidValue, match="not one recipient"):
        options.rcpt_options(BOB.address)


def test_a_deadline() -> None:
    """DELIVERBY needs the time, and is counted down."""
    arrival = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
    envelope = Envelope(
        sender="ann@example.com",
        mail=parse_mail_parameters("BY=120;R"),
        recipients=[BOB],
        arrival=arrival,
    )
    later = arrival + dt.timedelta(seconds=20)

    assert ("BY=100;R",) == DsnOptions.of(
        envelope, extensions={"deliverby": "10"}, now=later
    ).mail_options
    with pytest.raises(InvalidValue, match="needs its arrival"):
        DsnOptions.of(envelope, extensions={"deliverby": "10"})


@given(envelopes())
def test_as_the_plan_has_it(envelope: Envelope) -> None:
    """They are the options that a relay would send, for any envelope.

    Of recipients that are equal, and written in another case, those of one.
    """
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    try:
        plan = plan_relay(envelope, NextHop.from_ehlo("server", ["DSN", "SMTPUTF8"]), now=now)
    except InvalidValue:  # a deadline without an arrival
        return
    options = DsnOptions.of(envelope, extensions=["DSN", "SMTPUTF8"], now=now)

    for transaction in plan.transactions:
        assert transaction.options == options.mail_options
        for each in transaction.recipients:
            equal = [other for other in transaction.recipients if other.recipient == each.recipient]
            found = options.rcpt_options(each.recipient)
            assert found in [other.options for other in equal]


def test_under_tls() -> None:
    """REQUIRETLS goes where the session is with the right server."""
    envelope = Envelope(
        sender="ann@example.com", mail=parse_mail_parameters("REQUIRETLS"), recipients=[BOB]
    )

    assert ("REQUIRETLS",) == DsnOptions.of(
        envelope, extensions=["REQUIRETLS"], is_tls=True
    ).mail_options
    assert 1 == len(DsnOptions.of(envelope, extensions=["REQUIRETLS"]).outcomes)


@pytest.mark.parametrize(
    "refused",
    [
        {"bob@example.org": (550, b"5.1.1 No such user\n5.1.1 here")},
        {"bob@example.org": aiosmtplib.SMTPResponse(550, "5.1.1 No such user\n5.1.1 here")},
        smtplib.SMTPRecipientsRefused(
            {"bob@example.org": (550, b"5.1.1 No such user\n5.1.1 here")}
        ),
        aiosmtplib.SMTPRecipientsRefused(
            [
                aiosmtplib.SMTPRecipientRefused(
                    550, "5.1.1 No such user\n5.1.1 here", "bob@example.org"
                )
            ]
        ),
        aiosmtplib.SMTPRecipientRefused(
            550, "5.1.1 No such user\n5.1.1 here", "bob@example.org"
        ),
    ],
    ids=["smtplib", "aiosmtplib", "smtplib-error", "aiosmtplib-error", "aiosmtplib-one"],
)  # fmt: skip
def test_replies(refused: Mapping[str, tuple[int, str]] | Exception) -> None:
    """Whatever the library gives, it is a reply for each recipient."""
    replies = replies_of(refused)

    assert ["bob@example.org"] == list(replies)
    assert "5.1.1" == str(replies["bob@example.org"].status)
    assert ("No such user", "here") == replies["bob@example.org"].lines


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPDataError(552, b"5.3.4 Too large"),
        smtplib.SMTPSenderRefused(552, b"5.3.4 Too large", "ann@example.com"),
        aiosmtplib.SMTPDataError(552, "5.3.4 Too large"),
    ],
    ids=["smtplib-data", "smtplib-sender", "aiosmtplib-data"],
)
def test_a_reply_to_all(error: Exception) -> None:
    """A reply to MAIL or DATA is one to each recipient, who are to be named."""
    replies = replies_of(error, recipients=["bob@example.org", "carol@example.org"])

    assert [552, 552] == [each.code for each in replies.values()]
    with pytest.raises(InvalidValue, match="say which"):
        replies_of(error)


@pytest.mark.parametrize(
    "error",
    [smtplib.SMTPServerDisconnected("gone"), aiosmtplib.SMTPServerDisconnected("gone")],
    ids=["smtplib", "aiosmtplib"],
)
def test_no_reply(error: Exception) -> None:
    """A lost connection is no reply, and none is made up."""
    with pytest.raises(InvalidReply):
        replies_of(error, recipients=["bob@example.org"])
