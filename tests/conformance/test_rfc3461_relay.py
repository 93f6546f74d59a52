"""RFC 3461 s3, s4.2, s6.3, s8; RFC 3463, 3885, 6531: what goes on, and what comes of it."""

import datetime as dt

import attrs
import pytest
from hypothesis import given

import dsnlib
from dsnlib.policy.expand import expand
from dsnlib.policy.expansion import Expansion
from dsnlib.policy.hop import NextHop
from dsnlib.policy.notify import plan_dsns
from dsnlib.policy.relay import RelayPlan, Transaction, plan_relay
from dsnlib.policy.schedule import QueueHistory, RetryPolicy, plan_attempt
from dsnlib.policy.settle import TransactionReplies, settle_relay
from tests.compose.occasions import ARRIVAL, COMPOSER, NOW, ORIGINAL, REPORTER, SENDER, TOKEN, plan
from tests.strategies import mail_options, rcpt_options

PLAIN = NextHop.from_ehlo("old.example.com", ["SIZE"])
DSN = NextHop.from_ehlo("mx.example.com", ["DSN", "SIZE"])
DSN_UTF8 = NextHop.from_ehlo("mx.example.com", ["DSN", "SMTPUTF8", "8BITMIME"])
OK = dsnlib.SmtpReply.parse("250 2.0.0 Ok")
GO_ON = dsnlib.SmtpReply.parse("354 Go on")
OWNER = "owner@list.example"


def envelope(
    *rcpts: str, mail: str = "", sender: str = SENDER, smtputf8: bool = False
) -> dsnlib.Envelope:
    """Return a message to bob1, bob2 and so on, with the parameters of each."""
    return dsnlib.Envelope(
        sender=sender,
        mail=dsnlib.parse_mail_parameters(mail),
        recipients=[
            dsnlib.Recipient(
                f"bob{number}@example.com", dsnlib.parse_rcpt_parameters(rcpt, smtputf8=smtputf8)
            )
            for number, rcpt in enumerate(rcpts, 1)
        ],
        smtputf8=smtputf8,
        arrival=ARRIVAL,
    )


def only(relay: RelayPlan) -> Transaction:
    """Return the only transaction."""
    (transaction,) = relay.transactions
    return transaction


def accepted(count: int) -> TransactionReplies:
    """Return the replies of a server that took everything."""
    return TransactionReplies(mail=OK, recipients=[OK] * count, data=GO_ON, end=[OK])


@pytest.mark.requirement("3461-3-01")
@pytest.mark.parametrize(
    ("keywords", "dsn"),
    [
        (["SIZE 1000", "DSN"], True),
        (["dsn"], True),
        (["DSN what"], True),
        (["SIZE 1000"], False),
        (["DSNX", "X-DSN", "SIZE DSN"], False),
        ([], False),
    ],
    ids=["DSN", "any case", "with a word behind", "without", "only alike", "HELO"],
)
def test_support_is_announced_by_a_keyword(keywords: list[str], dsn: bool) -> None:  # noqa: FBT001  a column of the table
    """A server supports DSN if its reply to EHLO has the keyword, and else it does not."""
    hop = NextHop.from_ehlo("mx.example.com", keywords)
    message = envelope("NOTIFY=FAILURE", mail="RET=HDRS")

    assert dsn == hop.dsn
    assert (("RET=HDRS",) if dsn else ()) == only(plan_relay(message, hop)).options


@pytest.mark.requirement("3461-3-03")
def test_what_was_asked_goes_on_or_is_answered_here() -> None:
    """A server with DSN gets the request; for one without it the relay is reported here."""
    message = envelope("NOTIFY=SUCCESS ORCPT=rfc822;Bob@X", mail="RET=FULL ENVID=x")
    told = {}
    for hop in (DSN, PLAIN):
        relay = plan_relay(message, hop)
        outcomes = settle_relay(relay, [accepted(1)])
        plans = plan_dsns(message, outcomes, reporter=REPORTER).plans
        sent = only(relay)
        told[hop.dsn] = (
            [*sent.options, *sent.recipients[0].options],
            [each.action for note in plans for each in note.report.recipients],
        )

    assert (["RET=FULL", "ENVID=x", "NOTIFY=SUCCESS", "ORCPT=rfc822;Bob@X"], []) == told[True]
    assert ([], [dsnlib.Action.RELAYED]) == told[False]


@pytest.mark.requirement("3461-3-04")
@given(mail_options(), rcpt_options())
def test_what_is_asked_reaches_the_last_hop(mail: list[str], rcpt: list[str]) -> None:
    """Over two relays all four parameters come out as they went in, octet for octet."""
    asked = tuple([each for each in mail if each.upper().startswith(("RET=", "ENVID="))])
    wanted = tuple([each for each in rcpt if each.upper().startswith(("NOTIFY=", "ORCPT="))])
    sent = (asked, wanted)
    for _ in range(2):
        message = envelope(" ".join(sent[1]), mail=" ".join(sent[0]), smtputf8=True)
        only_one = only(plan_relay(message, DSN_UTF8))
        assert "SMTPUTF8" == only_one.options[-1]
        sent = (only_one.options[:-1], only_one.recipients[0].options)

    assert (asked, wanted) == sent


@pytest.mark.requirement("3461-3-05")
@pytest.mark.parametrize("orcpt", ["rfc822;A@B.C", "x400;/C=de/S=a/"])
def test_a_forward_keeps_the_original_recipient(orcpt: str) -> None:
    """RCPT names the new address, ORCPT what the sender wrote, Internet address or not."""
    option = f"ORCPT={orcpt.replace('=', '+3D')}"
    forwards = {"bob1@example.com": Expansion.alias("A@D.E")}

    (mail,) = expand(envelope(option), forwards.get)

    assert mail.envelope is not None
    (sent,) = only(plan_relay(mail.envelope, DSN)).recipients
    assert ("A@D.E", (option,)) == (sent.address, sent.options)
    assert orcpt == str(mail.envelope.recipients[0].params.orcpt)


def post(members: int, rcpt: str) -> tuple[dsnlib.Envelope, dsnlib.Envelope]:
    """Return what a post to a list becomes: settled for the poster, and the copies."""
    names = [f"s{number}@example.net" for number in range(members)]
    lists = {"bob1@example.com": Expansion.list_(*names, owner=OWNER)}
    first, copies = expand(envelope(rcpt, mail="RET=FULL ENVID=post-1"), lists.get)
    assert first.envelope is None
    assert first.settled is not None
    assert copies.envelope is not None
    return first.settled, copies.envelope


@pytest.mark.requirement("3461-4.2-06")
def test_a_list_names_its_members() -> None:
    """ORCPT of a copy is its own RCPT address, and never what the poster wrote to."""
    _, copies = post(2, "ORCPT=rfc822;list@example.com")

    sent = only(plan_relay(copies, DSN)).recipients

    assert [
        (f"s{number}@example.net", (f"ORCPT=rfc822;s{number}@example.net",)) for number in range(2)
    ] == [(each.address, each.options) for each in sent]
    assert OWNER == copies.sender


@pytest.mark.requirement("3461-8-01")
def test_a_list_does_not_multiply_success() -> None:
    """A post to a thousand members who all get it gives its sender one notification."""
    asked = "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;list@example.com"
    lists = {
        "bob1@example.com": Expansion.list_(
            *(f"s{number}@example.net" for number in range(1000)), owner=OWNER
        )
    }
    notes: list[dsnlib.DsnPlan] = []
    for part in expand(envelope(asked), lists.get):
        if part.settled is not None:
            notes += plan_dsns(part.settled, part.outcomes, reporter=REPORTER).plans
        if part.envelope is not None:
            relay = plan_relay(part.envelope, PLAIN)
            outcomes = settle_relay(relay, [accepted(1000)])
            assert {dsnlib.Disposition.RELAYED} == {each.disposition for each in outcomes}
            notes += plan_dsns(part.envelope, outcomes, reporter=REPORTER).plans

    assert [(SENDER, dsnlib.Kind.SUCCESS)] == [
        (each.recipient.address, each.kind) for each in notes
    ]
    assert 1 == len(notes[0].report.recipients)


@pytest.mark.requirement("3885-3.3-01")
def test_a_hop_without_tracking() -> None:
    """MTRK stays behind; ENVID and ORCPT, which were asked beside it, go on."""
    message = envelope("ORCPT=rfc822;bob@example.com", mail="MTRK=dGhpcw ENVID=a@host.example")

    sent = only(plan_relay(message, DSN))

    assert ("ENVID=a@host.example",) == sent.options
    assert ("ORCPT=rfc822;bob@example.com",) == sent.recipients[0].options


@pytest.mark.requirement("3463-3.6-02")
@pytest.mark.parametrize("text", ["452 4.5.3 Too many recipients", "552 Too many recipients"])
def test_too_many_recipients_wait_for_another_attempt(text: str) -> None:
    """Who is one too many for a server is tried again, and nobody is told of it."""
    message = envelope("", "", "")
    answers = TransactionReplies(
        mail=OK, recipients=[OK, OK, dsnlib.SmtpReply.parse(text)], data=GO_ON, end=[OK]
    )

    outcomes = settle_relay(plan_relay(message, PLAIN), [answers])

    *others, last = outcomes
    assert [dsnlib.Disposition.RELAYED] * 2 == [each.disposition for each in others]
    assert (dsnlib.Disposition.DELAYED, "4.5.3") == (last.disposition, str(last.status))
    assert () == plan_dsns(message, outcomes, reporter=REPORTER, is_delay_due=False).plans


@pytest.mark.requirement("3463-3.6-02")
def test_a_message_is_split_where_the_limit_is_known() -> None:
    """A server that takes two recipients at once gets as many transactions as it needs."""
    relay = plan_relay(envelope("", "", "", "", ""), attrs.evolve(PLAIN, most_recipients=2))

    assert [2, 2, 1] == [len(each.recipients) for each in relay.transactions]


@pytest.mark.requirement("3463-3.5-03")
def test_giving_up_tells_the_last_reply() -> None:
    """When the queue's time is over the code is what the server said last, not X.4.7."""
    message = envelope("")
    policy = RetryPolicy()
    busy = dsnlib.SmtpReply.parse("451 4.3.2 Not today")
    outcomes = settle_relay(plan_relay(message, PLAIN), [TransactionReplies(session=busy)])

    history = QueueHistory(arrival=ARRIVAL, attempts=9)
    attempt = plan_attempt(message, history, now=ARRIVAL + policy.lifetime)

    (given_up,) = attempt.settle(outcomes, history)
    assert (dsnlib.Disposition.FAILED, "4.3.2") == (given_up.disposition, str(given_up.status))


@pytest.mark.requirement("3461-6.3-15")
@pytest.mark.requirement("3461-6.3-16")
@pytest.mark.requirement("3461-6.3-17")
@pytest.mark.requirement("3461-6.3-18")
def test_a_refusal_is_reported_with_name_and_words() -> None:
    """Each recipient that a server refused has its name, of type dns, and its reply."""
    message = envelope("", "")
    refusal = dsnlib.SmtpReply.parse("550-5.1.1 No such user\r\n550 5.1.1 here\r\n")
    answers = TransactionReplies(mail=OK, recipients=[refusal, refusal])

    outcomes = settle_relay(plan_relay(message, PLAIN), [answers])

    (note,) = plan_dsns(message, outcomes, reporter=REPORTER).plans
    assert [
        ("dns; old.example.com", "smtp; 550-5.1.1 No such user 550 5.1.1 here", "5.1.1")
    ] * 2 == [
        (str(each.remote_mta), str(each.diagnostic_code), str(each.status))
        for each in note.report.recipients
    ]


# ---- SMTPUTF8


@pytest.mark.requirement("6531-3.2-01")
@pytest.mark.requirement("6531-3.2-02")
@pytest.mark.parametrize("hop", [PLAIN, DSN], ids=["plain", "DSN"])
@pytest.mark.parametrize(
    ("message", "is_header_ascii", "status"),
    [
        pytest.param(envelope("", smtputf8=True), False, "5.6.9", id="header"),
        pytest.param(
            attrs.evolve(envelope("", smtputf8=True), recipients=(dsnlib.Recipient("δ@x"),)),
            True,
            "5.6.7",
            id="recipient",
        ),
        pytest.param(envelope("", smtputf8=True, sender="δ@x"), True, "5.6.7", id="sender"),
    ],
)
def test_utf8_is_not_sent_where_it_was_not_offered(
    hop: NextHop,
    message: dsnlib.Envelope,
    is_header_ascii: bool,  # noqa: FBT001  a column of the table
    status: str,
) -> None:
    """A server without SMTPUTF8 is sent nothing, and the sender is told why."""
    relay = plan_relay(message, hop, is_header_ascii=is_header_ascii)

    outcomes = settle_relay(relay, [])

    assert () == relay.transactions
    assert [(dsnlib.Disposition.FAILED, status)] == [
        (each.disposition, str(each.status)) for each in outcomes
    ]
    (note,) = plan_dsns(message, outcomes, reporter=REPORTER).plans
    composed = COMPOSER.compose(note, ORIGINAL, now=NOW + dt.timedelta(1), token=TOKEN)
    assert status == str(dsnlib.parse_report(composed.as_bytes()).recipients[0].status)


@pytest.mark.requirement("6531-3.2-01")
@pytest.mark.requirement("6533-3-03")
@pytest.mark.requirement("6533-3-15")
def test_orcpt_is_no_reason_to_refuse() -> None:
    r"""An original recipient in UTF-8 goes as `\x{..}`, and nothing beyond US-ASCII."""
    message = envelope("ORCPT=utf-8;δ@x", smtputf8=True)

    sent = only(plan_relay(message, DSN, is_header_ascii=True))

    assert () == sent.options
    assert (r"ORCPT=utf-8;\x{3B4}@x",) == sent.recipients[0].options


@pytest.mark.requirement("6531-3.2-01")
@pytest.mark.requirement("6531-3.4-01")
def test_our_own_report_in_utf8() -> None:
    """A notification that returns a header in UTF-8 goes out only where that is offered."""
    original = ORIGINAL.replace(b"Minutes", "Protokoll für".encode())
    raw = COMPOSER.compose(plan(), original, now=NOW, token=TOKEN)
    encoded = attrs.evolve(COMPOSER, form=dsnlib.HumanForm(is_seven_bit=True)).compose(
        plan(), original, now=NOW, token=TOKEN
    )

    assert () == plan_relay(raw.envelope, DSN).transactions
    assert ("SMTPUTF8",) == only(plan_relay(raw.envelope, DSN_UTF8)).options
    assert () == only(plan_relay(encoded.envelope, DSN)).options
