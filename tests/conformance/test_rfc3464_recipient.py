"""RFC 3464 s2.3, s2.4, s4.2: what the notification says of each recipient, and what it hides."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest

from dsnlib import (
    DeliveryOutcome,
    DiagnosticCode,
    Disposition,
    EnhancedStatusCode,
    InvalidStatusCode,
    InvalidValue,
    MalformedReport,
    MtaName,
    Recipient,
    RecipientFields,
    SmtpReply,
    TypedAddress,
    parse_report,
    read_reports,
)
from tests.compose.occasions import (
    EXPIRY,
    NOW,
    plan,
    recipient,
)
from tests.conformance.composed import PLANS, compose, groups, parts, received, standard

ATTEMPT = NOW - dt.timedelta(minutes=20)


def fields_of(*recipients: RecipientFields) -> dict[str, str]:
    """Return what is written about the first recipient."""
    return dict(groups(compose(plan(*recipients)))[1])


def letter_of(octets: bytes) -> str:
    """Return the text for people in one line."""
    return " ".join(parts(octets)[0].get_content().split())


@pytest.mark.requirement("3464-2.3.1-03")
def test_an_address_of_unknown_type_says_so() -> None:
    """Where nobody can tell the type of the original address it is `unknown`, in and out."""
    untold = TypedAddress("unknown", "Ann at home")
    (read,) = read_reports(received(Original_Recipient="Ann at home"))[0].recipients

    assert untold == read.original_recipient
    assert "unknown; Ann at home" == fields_of(read)["Original-Recipient"]
    assert (untold,) == tuple(
        each.original_recipient for each in parse_report(compose(plan(read))).recipients
    )


@pytest.mark.requirement("3464-2.3.1-04")
@pytest.mark.requirement("3464-3-04")
@pytest.mark.parametrize("name", PLANS)
def test_no_original_recipient_is_made_up(name: str) -> None:
    """Without ORCPT the field is absent; neither RCPT nor the To of the message fills it."""
    (fields,) = PLANS[name].report.recipients
    unasked = attrs.evolve(fields, original_recipient=None)

    octets = compose(plan(unasked))

    assert "Original-Recipient" not in dict(groups(octets)[1])
    assert parse_report(octets).recipients[0].original_recipient is None


@pytest.mark.requirement("3464-2.3.3-04")
@pytest.mark.requirement("3464-2.3.3-05")
@pytest.mark.requirement("3464-2.3.3-06")
@pytest.mark.requirement("3464-2.3.3-07")
@pytest.mark.requirement("3464-2.3.3-09")
@pytest.mark.parametrize(
    ("name", "can_go_on", "status", "sentence"),
    [
        ("failed", False, "5.1.1", "was not delivered."),
        ("delayed", True, "4.4.1", "has not been delivered yet."),
        ("delivered", False, "2.1.5", "The message is in the mailbox."),
        ("relayed", False, "2.0.0", "You may still be told if something goes wrong there."),
        ("expanded", False, "2.1.5", "The message was passed on to them."),
    ],
)
def test_what_an_action_means(
    name: str,
    can_go_on: bool,  # noqa: FBT001  a column of the table
    status: str,
    sentence: str,
) -> None:
    """Only a delay is tried again; a relay may still fail; nothing says that mail was read."""
    disposition, code = Disposition(name), EnhancedStatusCode.parse(status)
    outcome = DeliveryOutcome(
        recipient=Recipient("bob@example.com"), disposition=disposition, status=code
    )
    (fields,) = PLANS[name].report.recipients

    if can_go_on:
        assert EXPIRY == attrs.evolve(outcome, retry_until=EXPIRY).retry_until
    else:
        with pytest.raises(InvalidValue, match="giving up"):
            attrs.evolve(outcome, retry_until=EXPIRY)
        with pytest.raises(InvalidValue, match="Will-Retry-Until"):
            plan(attrs.evolve(fields, will_retry_until=EXPIRY))
    letter = letter_of(compose(PLANS[name]))
    assert sentence in letter
    assert " read" not in letter


@pytest.mark.requirement("3464-2.3.4-03")
@pytest.mark.parametrize("digit", range(10))
def test_the_first_digit(digit: int) -> None:
    """A code begins with 2, 4 or 5; whatever else is a digit has no meaning."""
    text = f"{digit}.0.0"

    (read,) = read_reports(received(Status=text))[0].recipients

    if digit in (2, 4, 5):
        assert digit == EnhancedStatusCode.parse(text).class_
        assert EnhancedStatusCode.parse(text) == read.status
    else:
        with pytest.raises(InvalidStatusCode):
            EnhancedStatusCode.parse(text)
        assert read.status is None


@pytest.mark.requirement("3464-2.3.4-04")
@pytest.mark.parametrize(
    "text", ["5. 1.1", "5 .1.1", "5.1. 1", "5(x).1.1", "5.(x)1.1", "5.1(x).1", "5\t.1.1"]
)
def test_nothing_stands_within_a_code(text: str) -> None:
    """A code with white space or a comment in it is refused, and told of in a report."""
    with pytest.raises(InvalidStatusCode):
        EnhancedStatusCode.parse(text)
    with pytest.raises(MalformedReport) as caught:
        parse_report(received(Status=text))

    assert all(each.code.startswith("status") for each in caught.value.defects)


@pytest.mark.requirement("3464-2.3.4-04")
@pytest.mark.parametrize("name", PLANS)
def test_a_code_is_written_in_one_piece(name: str) -> None:
    """What is written has three numbers and two dots, and a comment only behind them."""
    (fields,) = PLANS[name].report.recipients

    text = fields_of(attrs.evolve(fields, status_comment="as it seems"))["Status"]

    assert f"{fields.status} (as it seems)" == text


@pytest.mark.requirement("3464-2.3.5-02")
@pytest.mark.parametrize("name", PLANS)
def test_no_remote_mta_where_none_took_part(name: str) -> None:
    """A recipient of this system has no Remote-MTA, not even that of the one before."""
    (fields,) = PLANS[name].report.recipients
    local = attrs.evolve(
        fields, remote_mta=None, diagnostic_code=DiagnosticCode("x-unix", "mailbox locked")
    )

    octets = compose(plan(recipient(), local))

    remote, own = (dict(each) for each in groups(octets)[1:])
    assert "Remote-MTA" in remote
    assert "Remote-MTA" not in own
    assert "x-unix; mailbox locked" == own["Diagnostic-Code"]


@pytest.mark.requirement("3464-2.3.6-02")
@pytest.mark.requirement("3464-2.3.6-03")
@pytest.mark.requirement("3464-2.3.6-06")
@pytest.mark.parametrize(
    "octets",
    [
        b"550 5.1.1 No such user here\r\n",
        b"452-4.2.2 The mailbox is full.\r\n452 4.2.2 Try next week (or so)\r\n",
        b"554 go away\r\n",
    ],
    ids=["one line", "two lines", "no enhanced code"],
)
def test_the_reply_is_reported(octets: bytes) -> None:
    """The codes and words of the next hop are there, with its name, and can be had back."""
    reply = SmtpReply.parse(octets)
    fields = recipient(diagnostic_code=DiagnosticCode.from_reply(reply))

    (read,) = parse_report(compose(plan(fields))).recipients

    assert read.diagnostic_code is not None
    assert reply == read.diagnostic_code.reply
    assert MtaName("dns", "mx.example.com") == read.remote_mta
    assert octets.decode().strip().replace("\r\n", " ") == read.diagnostic_code.text


@pytest.mark.requirement("3464-2.3.7-01")
@pytest.mark.parametrize("name", PLANS)
def test_the_last_attempt_has_its_own_time(name: str) -> None:
    """Last-Attempt-Date is when it was tried, well or not, and not when the report is written."""
    (fields,) = PLANS[name].report.recipients

    octets = compose(plan(attrs.evolve(fields, last_attempt_date=ATTEMPT)))

    assert "Sun, 22 Nov 2026 14:10:00 +0100" == dict(groups(octets)[1])["Last-Attempt-Date"]
    assert NOW == standard(octets)["Date"].datetime


@pytest.mark.requirement("3464-2.3.7-02")
@pytest.mark.parametrize("name", PLANS)
def test_no_time_of_an_attempt_is_made_up(name: str) -> None:
    """An attempt of unknown time has no Last-Attempt-Date."""
    (fields,) = PLANS[name].report.recipients

    assert "Last-Attempt-Date" not in fields_of(attrs.evolve(fields, last_attempt_date=None))
