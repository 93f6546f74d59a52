"""What may follow a transaction, by what came of it."""

import pytest

from dsnlib.adapters.client.follow_up import closing_reply, is_stale, left_out, may_be_bettered
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.settle import Settled, SmtpStep, TransactionReplies

TAKEN = SmtpReply.parse("250 2.0.0 Fine")
LATER = SmtpReply.parse("451 4.7.1 Later")
CLOSING = SmtpReply.parse("421 4.3.2 Bye")


def settled(
    step: SmtpStep, disposition: str = "delayed", answer: SmtpReply | None = LATER
) -> Settled:
    """Return what became of a recipient."""
    status = {"delayed": "4.0.0", "failed": "5.0.0", "relayed": "2.0.0"}[disposition]
    return Settled(
        outcome=DeliveryOutcome(
            recipient=Recipient("bob@example.org"),
            disposition=Disposition(disposition),
            status=EnhancedStatusCode.parse(status),
        ),
        step=step,
        answer=answer,
    )


@pytest.mark.parametrize(
    ("each", "has_sent", "expected"),
    [
        (settled(SmtpStep.PLAN, "failed", None), False, True),
        (settled(SmtpStep.MAIL), False, True),
        (settled(SmtpStep.RCPT), True, True),
        (settled(SmtpStep.RCPT, "failed"), False, False),
        (settled(SmtpStep.DATA), False, True),
        (settled(SmtpStep.END), True, False),
        (settled(SmtpStep.END, "relayed", TAKEN), True, False),
        (settled(SmtpStep.END, answer=None), True, False),
        (settled(SmtpStep.END, answer=None), False, True),
        # The message went out with its envelope.
        (settled(SmtpStep.MAIL, answer=None), True, False),
    ],
)
def test_who_goes_on(each: Settled, has_sent: bool, expected: bool) -> None:  # noqa: FBT001  columns
    """Who was put off before the end of the message, which nobody else gets then."""
    assert expected == may_be_bettered(each, has_sent=has_sent)


@pytest.mark.parametrize(
    ("replies", "has_sent", "expected"),
    [
        (TransactionReplies(), False, True),
        # Whoever says nothing may have the message; whoever says farewell has not taken it.
        (TransactionReplies(), True, False),
        (TransactionReplies(mail=CLOSING), False, True),
        (TransactionReplies(mail=CLOSING), True, True),
        (TransactionReplies(mail=LATER), False, False),
        (TransactionReplies(mail="what?"), False, False),
        (TransactionReplies(mail=TAKEN), False, False),
    ],
)
def test_what_was_over_before(
    replies: TransactionReplies,
    has_sent: bool,  # noqa: FBT001  a column
    expected: bool,  # noqa: FBT001  a column
) -> None:
    """Nothing, or a farewell, as the first word."""
    assert expected == is_stale(replies, has_sent=has_sent)


@pytest.mark.parametrize(
    ("line", "is_left"),
    [
        ("452 4.5.3 Too many", True),
        ("552 5.5.3 Too many", True),
        ("452 Too many", True),
        ("552 Too many", True),
        ("452 4.2.2 Full", False),
        ("552 5.2.2 Full", False),
        ("550 5.5.3 Too many", False),
        ("451 4.5.3 Too many", False),
    ],
)
def test_who_was_too_many(line: str, is_left: bool) -> None:  # noqa: FBT001  a column
    """452 or 552, if its status says no other thing (RFC 5321 s4.5.3.1.10)."""
    refused = settled(SmtpStep.RCPT, answer=SmtpReply.parse(line))
    taken = settled(SmtpStep.END, "relayed", TAKEN)

    assert (([refused], 1) if is_left else ([], 0)) == left_out([taken, refused])
    # Nobody was taken: it is not about their number.
    assert ([], 0) == left_out([refused])


def test_a_text_is_no_limit() -> None:
    """What cannot be read says nothing of numbers."""
    one = Settled(outcome=settled(SmtpStep.RCPT).outcome, step=SmtpStep.RCPT, answer="452?")

    assert ([], 0) == left_out([settled(SmtpStep.END, "relayed", TAKEN), one])


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        (TransactionReplies(mail=TAKEN, recipients=[TAKEN, CLOSING]), CLOSING),
        (TransactionReplies(mail=TAKEN, recipients=[TAKEN], data=CLOSING), CLOSING),
        (TransactionReplies(mail=TAKEN, recipients=[TAKEN], end=[CLOSING]), CLOSING),
        (TransactionReplies(mail=TAKEN, recipients=[None, "what?"], end=[LATER]), None),
    ],
)
def test_a_farewell(replies: TransactionReplies, expected: SmtpReply | None) -> None:
    """421 is one wherever it stands."""
    assert expected == closing_reply(replies)
