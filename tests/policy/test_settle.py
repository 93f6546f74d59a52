"""Replies become outcomes: the first that refuses decides, and silence is told as ours."""

from typing import Any

import attrs
import pytest

from dsnlib.errors import InvalidValue
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayPlan, plan_relay
from dsnlib.policy.settle import (
    SmtpStep,
    TransactionReplies,
    settle_recipients,
    settle_relay,
)
from tests.policy.cases import NOON, REMOTE, code, envelope, rcpt

MAIL = SmtpReply.parse("250 2.1.0 Sender fine")
RCPT = SmtpReply.parse("250 2.1.5 Recipient fine")
DATA = SmtpReply.parse("354 Go on")
END = SmtpReply.parse("250 2.0.0 Queued as T1")
GONE = SmtpReply.parse("550 5.1.1 No such user")
BUSY = SmtpReply.parse("451 4.3.0 Busy")
BARE = SmtpReply.parse("550 No")


def plan(count: int = 1, *keywords: str, **hop: Any) -> RelayPlan:  # noqa: ANN401  whatever the value takes
    """Return a plan for that many recipients."""
    mail = envelope(*(rcpt(f"u{number}@example.com") for number in range(count)))
    return plan_relay(mail, NextHop.from_ehlo("mx.example.com", keywords, **hop))


def answers(**changes: Any) -> TransactionReplies:  # noqa: ANN401  the same
    """Return the replies of a transaction that went well, with changes."""
    good: dict[str, Any] = {"mail": MAIL, "recipients": [RCPT], "data": DATA, "end": [END]}
    return TransactionReplies(**(good | changes))


def settle(replies: TransactionReplies, relay: RelayPlan | None = None) -> DeliveryOutcome:
    """Return what became of the one recipient."""
    (outcome,) = settle_relay(relay or plan(), [replies], now=NOON)
    return outcome


D, F = Disposition.DELAYED, Disposition.FAILED


@pytest.mark.requirement("3461-5.2.2-02")
@pytest.mark.parametrize(
    ("keywords", "hop", "disposition"),
    [
        ((), {}, Disposition.RELAYED),
        (("DSN",), {}, Disposition.HANDED_ON),
        ((), {"is_lmtp": True}, Disposition.RELAYED),
        ((), {"is_lmtp": True, "is_final": True}, Disposition.DELIVERED),
        (("DSN",), {"is_final": True}, Disposition.HANDED_ON),
    ],
    ids=["without DSN", "with DSN", "LMTP", "mail store", "mail store with DSN"],
)
def test_accepted(
    keywords: tuple[str, ...], hop: dict[str, bool], disposition: Disposition
) -> None:
    """What a server accepted is handed on, relayed or delivered, by what the server is."""
    outcome = settle(answers(), plan(1, *keywords, **hop))

    assert disposition is outcome.disposition
    assert (code("2.0.0"), "smtp; 250 2.0.0 Queued as T1") == (
        outcome.status, str(outcome.diagnostic),
    )  # fmt: skip
    assert (REMOTE, NOON) == (outcome.remote_mta, outcome.attempted)


@pytest.mark.requirement("3461-6.3-15")
@pytest.mark.requirement("3461-6.3-17")
@pytest.mark.parametrize(
    ("changes", "disposition", "status", "words"),
    [
        pytest.param({"session": GONE}, F, "5.1.1", "550 5.1.1 No such user", id="session"),
        pytest.param({"session": BUSY}, D, "4.3.0", "451 4.3.0 Busy", id="session, later"),
        pytest.param({"mail": BUSY}, D, "4.3.0", "451 4.3.0 Busy", id="MAIL"),
        pytest.param({"recipients": [GONE]}, F, "5.1.1", "550 5.1.1 No such user", id="RCPT"),
        pytest.param({"recipients": [BUSY]}, D, "4.3.0", "451 4.3.0 Busy", id="RCPT, later"),
        pytest.param({"recipients": [BARE]}, F, "5.0.0", "550 No", id="no enhanced code"),
        pytest.param({"data": GONE}, F, "5.1.1", "550 5.1.1 No such user", id="DATA"),
        pytest.param({"end": [BUSY]}, D, "4.3.0", "451 4.3.0 Busy", id="end"),
        pytest.param({"mail": BUSY, "recipients": [GONE]}, D, "4.3.0", "451 4.3.0 Busy",
                     id="the first decides"),
        pytest.param({"recipients": [DATA]}, F, "5.5.0", "354 Go on", id="354 to RCPT"),
        pytest.param({"data": END}, F, "5.5.0", "250 2.0.0 Queued as T1", id="250 to DATA"),
        pytest.param({"end": [DATA]}, F, "5.5.0", "354 Go on", id="354 at the end"),
        pytest.param({"recipients": ["650  6.1.1\twhat"]}, F, "5.5.0", "650 6.1.1 what",
                     id="no reply at all"),
        pytest.param({"mail": "\x00?"}, F, "5.5.0", "\ufffd?", id="control characters"),
    ],
)  # fmt: skip
def test_refused(
    changes: dict[str, Any], disposition: Disposition, status: str, words: str
) -> None:
    """The first reply that is not the one hoped for decides, and is transcribed."""
    outcome = settle(answers(**changes))

    assert (disposition, code(status)) == (outcome.disposition, outcome.status)
    assert f"smtp; {words}" == str(outcome.diagnostic)
    assert REMOTE == outcome.remote_mta


def test_a_multiline_reply_is_transcribed_line_by_line() -> None:
    """Each line of a reply is there with its codes (RFC 3461 s9.2)."""
    reply = SmtpReply.parse("550-5.1.1 No such\r\n550 5.1.1 user")

    assert "smtp; 550-5.1.1 No such 550 5.1.1 user" == str(
        settle(answers(recipients=[reply])).diagnostic
    )


@pytest.mark.requirement("3464-2.3.5-02")
@pytest.mark.parametrize(
    "changes",
    [
        {"mail": None, "recipients": [], "data": None, "end": []},
        {"recipients": [], "data": None, "end": []},
        {"recipients": [None], "data": None, "end": []},
        {"data": None, "end": []},
        {"end": []},
        {"end": [None]},
    ],
    ids=["MAIL", "RCPT, too few", "RCPT, none", "DATA", "end, too few", "end, none"],
)
def test_lost(changes: dict[str, Any]) -> None:
    """A reply that never came is a delay in our own words, and no remote system is named."""
    outcome = settle(answers(**changes))

    assert (D, code("4.4.2")) == (outcome.disposition, outcome.status)
    assert "X-DSN; the connection was lost" == str(outcome.diagnostic)
    assert outcome.remote_mta is None
    assert NOON == outcome.attempted


def test_what_was_seen_is_said() -> None:
    """Whoever lost the connection says how, with which code and under which type."""
    replies = TransactionReplies(lost="no route to host", lost_status=code("5.4.4"))

    relay = attrs.evolve(plan(), diagnostic_type="X-Example")

    (outcome,) = settle_relay(relay, [replies])

    assert (F, "5.4.4", "X-Example; no route to host") == (
        outcome.disposition, str(outcome.status), str(outcome.diagnostic),
    )  # fmt: skip


def test_bdat_has_no_reply_between() -> None:
    """Without a reply to DATA the one at the end decides."""
    assert Disposition.RELAYED is settle(answers(data=None)).disposition


def test_each_recipient_has_its_own_fate() -> None:
    """Some are accepted and some are not; the order is that of the commands."""
    replies = answers(recipients=[RCPT, GONE, BUSY, RCPT])

    outcomes = settle_relay(plan(4), [replies])

    assert [Disposition.RELAYED, F, D, Disposition.RELAYED] == [o.disposition for o in outcomes]
    assert [f"u{number}@example.com" for number in range(4)] == [
        each.recipient.address for each in outcomes
    ]


def test_lmtp_answers_for_each() -> None:
    """After the data LMTP has a reply for each recipient that was accepted, in order."""
    replies = answers(recipients=[RCPT, GONE, RCPT, RCPT], end=[BUSY, END])

    outcomes = settle_relay(plan(4, is_lmtp=True), [replies])

    assert [D, F, Disposition.RELAYED, D] == [each.disposition for each in outcomes]
    assert ["4.3.0", "5.1.1", "2.0.0", "4.4.2"] == [str(each.status) for each in outcomes]


@pytest.mark.requirement("5321-4.5.3.1.10-02")
@pytest.mark.parametrize(
    ("replies", "disposition", "status"),
    [
        pytest.param([RCPT, "552 Too many recipients"], D, "4.5.3", id="bare"),
        pytest.param([RCPT, "552 5.5.3 Too many recipients"], D, "4.5.3", id="5.5.3"),
        pytest.param([RCPT, "552 5.2.2 Mailbox full"], F, "5.2.2", id="full"),
        pytest.param([RCPT, "550 5.5.3 Too many recipients"], F, "5.5.3", id="550"),
        pytest.param([GONE, "552 Too many recipients"], F, "5.0.0", id="none was taken"),
    ],
)
def test_too_many_recipients(replies: list[Any], disposition: Disposition, status: str) -> None:
    """552 to a later RCPT means too many at once, and is tried again."""
    last = SmtpReply.parse(replies[1])

    outcome = settle_relay(plan(2), [answers(recipients=[replies[0], last])])[1]

    assert (disposition, status) == (outcome.disposition, str(outcome.status))
    assert f"smtp; {last}" == str(outcome.diagnostic)


@pytest.mark.parametrize("end", [END, BUSY], ids=["accepted", "not"])
@pytest.mark.parametrize("text", ["120;N", "120;R"])
def test_a_traced_relay(end: SmtpReply, text: str) -> None:
    """What DELIVERBY wants traced is marked, if it was relayed."""
    mail = envelope(mail=f"BY={text}T", arrival=NOON)
    relay = plan_relay(mail, NextHop.from_ehlo("x", ["DSN", "DELIVERBY"]), now=NOON)

    (outcome,) = settle_relay(relay, [answers(end=[end])])

    assert (end is END) is outcome.is_traced


def test_a_mail_store_has_nothing_to_trace() -> None:
    """A delivery is no relay."""
    mail = envelope(mail="BY=120;NT", arrival=NOON)
    hop = NextHop.from_ehlo("x", ["DELIVERBY"], is_lmtp=True, is_final=True)
    relay = plan_relay(mail, hop, now=NOON)
    assert relay.is_traced

    (outcome,) = settle_relay(relay, [answers()])

    assert (Disposition.DELIVERED, False) == (outcome.disposition, outcome.is_traced)


def test_what_could_not_be_sent_comes_first() -> None:
    """Outcomes of the plan are handed on with the time."""
    mail = envelope(rcpt("δ@x.org"), rcpt("bob@x.org"), smtputf8=True)
    relay = plan_relay(mail, NextHop.from_ehlo("x", []), is_header_ascii=True)

    first, second = settle_relay(relay, [answers()], now=NOON)

    assert ("δ@x.org", NOON) == (first.recipient.address, first.attempted)
    assert "bob@x.org" == second.recipient.address


def test_several_transactions() -> None:
    """Each transaction has replies of its own."""
    relay = plan(3, most_recipients=2)

    outcomes = settle_relay(relay, [answers(recipients=[RCPT, RCPT]), answers(recipients=[GONE])])

    assert [Disposition.RELAYED, Disposition.RELAYED, F] == [o.disposition for o in outcomes]


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        pytest.param([], "1 transactions have 0 replies", id="too few transactions"),
        pytest.param([answers()] * 2, "1 transactions have 2 replies", id="too many"),
        pytest.param([answers(recipients=[RCPT] * 2)], "1 recipients have 2 replies", id="RCPT"),
        pytest.param(
            [answers(end=[END] * 2)], "2 replies after the data, for 1 recipients", id="end"
        ),
    ],
)
def test_replies_that_do_not_fit(replies: list[TransactionReplies], words: str) -> None:
    """More replies than commands are an error, not a guess."""
    with pytest.raises(InvalidValue, match=words) as caught:
        settle_relay(plan(), replies)

    assert isinstance(caught.value.value, int)


def test_lmtp_with_too_many_replies() -> None:
    """LMTP has a reply for each accepted recipient and no more."""
    replies = answers(recipients=[RCPT, GONE], end=[END, END])

    with pytest.raises(InvalidValue, match="2 replies after the data, for 1 recipients"):
        settle_relay(plan(2, is_lmtp=True), [replies])


def test_a_lost_connection_is_no_success() -> None:
    """The status of silence is of class 4 or 5."""
    with pytest.raises(InvalidValue, match=r"lost_status 2\.0\.0 is a success") as caught:
        TransactionReplies(lost_status=code("2.0.0"))

    assert code("2.0.0") == caught.value.value


@pytest.mark.parametrize("lost", ["a\r\nb", "a\0", "\ud800", " a", "a\t", True, None, 5], ids=ascii)
def test_what_was_seen_is_a_line(lost: Any) -> None:  # noqa: ANN401  what is refused
    """What no diagnostic could be made of is refused before it is needed."""
    with pytest.raises(InvalidValue, match=r"^replies: lost") as caught:
        TransactionReplies(lost=lost)

    assert lost is caught.value.value


@pytest.mark.parametrize("answer", [True, 250, b"250 Ok", (250, "Ok")], ids=repr)
@pytest.mark.parametrize("field", ["session", "mail", "recipients", "data", "end"])
def test_an_answer_is_a_reply_or_a_text(field: str, answer: object) -> None:
    """What smtplib returns as a pair has to be made a reply first."""
    given: Any = [None, answer] if field in ("recipients", "end") else answer

    with pytest.raises(
        InvalidValue, match=r"^replies: .* is neither a reply nor a text$"
    ) as caught:
        TransactionReplies(**{field: given})

    assert answer is caught.value.value


def test_times_have_zones() -> None:
    """A time without a zone is no time."""
    with pytest.raises(InvalidValue, match=r"^now: "):
        settle_relay(plan(), [answers()], now=NOON.replace(tzinfo=None))


def test_replies_are_kept_as_tuples() -> None:
    """Lists come in as they are at hand, and cannot change afterwards."""
    replies = answers()

    assert ((RCPT,), (END,)) == (replies.recipients, replies.end)


def test_an_untraced_relay() -> None:
    """Without DELIVERBY nothing is traced, whatever the server is."""
    assert not settle(answers()).is_traced
    assert not settle(answers(), plan(1, "DSN")).is_traced


def test_a_second_refusal_is_no_limit() -> None:
    """After a recipient was taken, a text that is no reply is a failure like any other."""
    outcome = settle_relay(plan(2), [answers(recipients=[RCPT, "552 no reply, a text"])])[1]

    assert (F, "5.5.0") == (outcome.disposition, str(outcome.status))


@pytest.mark.parametrize(
    ("number", "disposition"),
    [
        (200, Disposition.RELAYED),
        (299, Disposition.RELAYED),
        (300, F),
        (399, F),
        (400, D),
        (499, D),
        (500, F),
        (599, F),
    ],
)
def test_the_first_digit_decides(number: int, disposition: Disposition) -> None:
    """A reply to RCPT counts by its first digit, whatever stands behind."""
    assert disposition is settle(answers(recipients=[SmtpReply(number)])).disposition


@pytest.mark.parametrize(
    ("changes", "step", "answer"),
    [
        ({"session": BUSY}, SmtpStep.SESSION, BUSY),
        ({"mail": GONE}, SmtpStep.MAIL, GONE),
        ({"mail": None, "recipients": ()}, SmtpStep.MAIL, None),
        ({"recipients": [GONE], "data": None, "end": ()}, SmtpStep.RCPT, GONE),
        ({"recipients": (), "data": None, "end": ()}, SmtpStep.RCPT, None),
        ({"recipients": ["what"], "data": None, "end": ()}, SmtpStep.RCPT, "what"),
        ({"data": BUSY, "end": ()}, SmtpStep.DATA, BUSY),
        ({"end": ()}, SmtpStep.END, None),
        ({"end": [BUSY]}, SmtpStep.END, BUSY),
        ({}, SmtpStep.END, END),
    ],
)
def test_what_decided(
    changes: dict[str, Any], step: SmtpStep, answer: SmtpReply | str | None
) -> None:
    """Beside the outcome stands which command decided it, and what the server said to that."""
    (settled,) = settle_recipients(plan(), [answers(**changes)], now=NOON)

    assert (step, answer) == (settled.step, settled.answer)
    assert settle_relay(plan(), [answers(**changes)], now=NOON) == (settled.outcome,)


def test_decided_before() -> None:
    """Of what a server cannot be sent, the plan itself decides."""
    relay = plan_relay(envelope(rcpt("ü@example.com")), NextHop.from_ehlo("mx.example.com", ()))
    (settled,) = settle_recipients(relay, [], now=NOON)

    assert (SmtpStep.PLAN, None, code("5.6.7")) == (
        settled.step, settled.answer, settled.outcome.status,
    )  # fmt: skip


def test_too_many_at_rcpt() -> None:
    """Who was one too many is put off by the reply to RCPT."""
    many = SmtpReply.parse("552 5.5.3 Too many")
    settled = settle_recipients(plan(2), [answers(recipients=[RCPT, many])], now=NOON)

    assert [SmtpStep.END, SmtpStep.RCPT] == [each.step for each in settled]
    assert [Disposition.RELAYED, D] == [each.outcome.disposition for each in settled]
