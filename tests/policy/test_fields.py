"""What a report says of a message and of a recipient, and what it leaves out."""

import datetime as dt
from typing import Any

import pytest

from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import Disposition
from dsnlib.model.report import Action, RecipientFields
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.fields import message_fields, recipient_fields
from dsnlib.policy.privacy import Privacy
from tests.policy.cases import NOON, REMOTE, REPORTER, envelope, outcome, rcpt, typed

CLIENT = MtaName("dns", "client.example.net")
POLICY = DsnPolicy()
HIDING = DsnPolicy(privacy=Privacy(hides_expansions=True))
CHILD = rcpt("bob2@host.example", "ORCPT=rfc822;bob@else.example", expanded_from="bob@example.org")


def fields(policy: DsnPolicy = POLICY, **more: Any) -> RecipientFields:  # noqa: ANN401  whatever the value takes
    """Return what is reported of a failed recipient."""
    recipient = more.pop("recipient", rcpt())
    return recipient_fields(outcome(recipient, **more), Action.FAILED, policy)


@pytest.mark.requirement("3461-6.3-01")
@pytest.mark.requirement("3461-6.3-04")
def test_the_message() -> None:
    """The report has the ENVID, our name, the client's, the arrival and what the log says."""
    mail = envelope(mail="ENVID=QQ+2B1", arrival=NOON, received_from=CLIENT)

    found = message_fields(mail, REPORTER, POLICY, queue_id="4F")

    assert [
        ("Original-Envelope-Id", "QQ+1"),
        ("Reporting-MTA", "dns; mail.example.org"),
        ("Received-From-MTA", "dns; client.example.net"),
        ("Arrival-Date", "Sun, 22 Nov 2026 12:00:00 +0000"),
        ("X-Example-Queue-ID", "4F"),
        ("X-Example-Sender", "rfc822; ann@example.org"),
    ] == list(found.items())


@pytest.mark.requirement("3461-6.3-02")
def test_nothing_is_made_up() -> None:
    """Without ENVID, client, arrival and queue id none is reported."""
    found = message_fields(envelope(), REPORTER, POLICY, queue_id=None)

    assert ["Reporting-MTA", "X-Example-Sender"] == [name for name, _ in found.items()]


@pytest.mark.parametrize(
    ("policy", "is_named"),
    [
        (POLICY, True),
        (DsnPolicy(names_source=False), False),
        (DsnPolicy(privacy=Privacy(internal_domains=["Example.NET."])), False),
        (DsnPolicy(privacy=Privacy(internal_domains=["other.example"])), True),
    ],
    ids=["named", "switched off", "internal", "another domain"],
)
def test_the_client_is_named_or_not(policy: DsnPolicy, is_named: bool) -> None:  # noqa: FBT001  parametrized
    """Received-From-MTA is left out on request and for internal hosts."""
    found = message_fields(envelope(received_from=CLIENT), REPORTER, policy, queue_id=None)

    assert (CLIENT if is_named else None) == found.received_from_mta


@pytest.mark.requirement("3464-2.2.1-01")
@pytest.mark.parametrize(
    ("mail", "expected"), [("ENVID=+20Q+20Q+20", "Q Q"), ("ENVID=+20", ""), ("", None)]
)
def test_a_field_has_no_white_space_round_it(mail: str, expected: str | None) -> None:
    """An ENVID may begin and end with spaces, as may a name in a log; a field cannot."""
    found = message_fields(envelope(mail=mail), REPORTER, POLICY, queue_id=None)

    assert expected == found.original_envelope_id
    assert "T 1" == fields(log_id=" T 1 ").final_log_id


def test_a_deadline_needs_an_arrival() -> None:
    """BY is relative: without the arrival there is no date to report."""
    found = message_fields(envelope(mail="BY=60;N"), REPORTER, POLICY, queue_id=None)

    assert found.deliver_by_date is None


@pytest.mark.requirement("3461-6.3-10")
@pytest.mark.requirement("3461-6.3-15")
@pytest.mark.requirement("3461-6.3-16")
@pytest.mark.requirement("3461-6.3-17")
def test_a_recipient() -> None:
    """A relay that failed is reported with the server's name and words."""
    found = fields(attempted=NOON, log_id="T1")

    assert [
        ("Final-Recipient", "rfc822; bob@example.com"),
        ("Action", "failed"),
        ("Status", "5.1.1"),
        ("Remote-MTA", "dns; mx.example.com"),
        ("Diagnostic-Code", "smtp; 550 5.1.1 No such user"),
        ("Last-Attempt-Date", "Sun, 22 Nov 2026 12:00:00 +0000"),
        ("Final-Log-ID", "T1"),
    ] == list(found.items())


@pytest.mark.requirement("3461-6.3-08")
@pytest.mark.requirement("3461-6.3-09")
@pytest.mark.parametrize(
    ("policy", "options", "original"),
    [
        (POLICY, "ORCPT=rfc822;Bob+40X@y.org", "rfc822;Bob@X@y.org"),
        (POLICY, "", None),
        (DsnPolicy(invents_original=True), "", "rfc822;bob@example.com"),
        (DsnPolicy(invents_original=True), "ORCPT=x400;c", "x400;c"),
    ],
    ids=["as given", "none given", "invented", "given, not invented"],
)
def test_original_recipient(policy: DsnPolicy, options: str, original: str | None) -> None:
    """Original-Recipient is ORCPT, decoded; without one there is none, but in Postfix's way."""
    found = fields(policy, recipient=rcpt(options=options)).original_recipient

    assert original == (None if found is None else str(found))


def test_attempts_can_be_left_out() -> None:
    """Last-Attempt-Date is optional."""
    assert fields(DsnPolicy(names_attempts=False), attempted=NOON).last_attempt_date is None


def test_retry_until_is_for_delays() -> None:
    """Will-Retry-Until stands with delayed and with nothing else."""
    until = NOON + dt.timedelta(days=1)
    late = outcome(rcpt(), Disposition.DELAYED, retry_until=until)

    assert until == recipient_fields(late, Action.DELAYED, POLICY).will_retry_until
    assert recipient_fields(late, Action.FAILED, POLICY).will_retry_until is None


@pytest.mark.requirement("3461-6.3-19")
@pytest.mark.requirement("3461-6.3-20")
@pytest.mark.requirement("3464-2.3.2-03")
def test_an_alias() -> None:
    """The accepted address is final; what the other server was asked for is told apart."""
    found = fields(recipient=CHILD)

    assert typed("bob@example.org") == found.final_recipient
    assert ["SMTP-Remote-Recipient: bob2@host.example"] == [
        f"{each.name}: {each.value}" for each in found.extensions
    ]


def test_an_alias_that_was_delivered_here() -> None:
    """Without a remote server there is no remote recipient."""
    assert () == fields(recipient=CHILD, remote_mta=None).extensions


def test_an_alias_by_its_own_name() -> None:
    """In Postfix's way the expanded address is final, or what delivery made of it."""
    policy = DsnPolicy(names_expanded=True)

    assert typed("bob2@host.example") == fields(policy, recipient=CHILD).final_recipient
    assert typed("box@host.example") == (
        fields(policy, recipient=CHILD, final_recipient=typed("box@host.example")).final_recipient
    )


@pytest.mark.requirement("3464-4.2-01")
@pytest.mark.requirement("3464-4.2-04")
@pytest.mark.parametrize("names_expanded", [True, False])
def test_where_an_alias_leads_is_hidden(names_expanded: bool) -> None:  # noqa: FBT001  parametrized
    """With privacy the address that an alias leads to is nowhere, nor is its host."""
    policy = DsnPolicy(names_expanded=names_expanded, privacy=Privacy(hides_expansions=True))
    said = DiagnosticCode("smtp", "550 5.1.1 bob2@host.example is unknown")

    found = fields(policy, recipient=CHILD, diagnostic=said, log_id="X")

    assert [
        ("Original-Recipient", "rfc822; bob@else.example"),
        ("Final-Recipient", "rfc822; bob@example.org"),
        ("Action", "failed"),
        ("Status", "5.1.1"),
        ("Diagnostic-Code", "smtp; 550 5.1.1"),
    ] == list(found.items())


def test_privacy_of_aliases_is_for_aliases() -> None:
    """A recipient that is no alias is reported in full."""
    assert fields() == fields(HIDING)


@pytest.mark.requirement("3464-4.2-06")
def test_an_internal_host_is_not_named() -> None:
    """What an internal server said is left out with its name."""
    policy = DsnPolicy(privacy=Privacy(internal_domains=["lan"]))

    found = fields(policy, remote_mta=MtaName("dns", "store.LAN"), log_id="X")

    assert (None, None, "smtp; 550 5.1.1") == (
        found.remote_mta, found.final_log_id, str(found.diagnostic_code),
    )  # fmt: skip
    assert typed("bob@example.com") == found.final_recipient


def test_transcripts_can_be_hidden() -> None:
    """Only the codes of what others said are left; who said it stays."""
    found = fields(DsnPolicy(privacy=Privacy(hides_transcripts=True)), log_id="X")

    assert (REMOTE, "X", "smtp; 550 5.1.1") == (
        found.remote_mta, found.final_log_id, str(found.diagnostic_code),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mail", "arrival", "expected"),
    [
        ("BY=60;N", NOON, NOON + dt.timedelta(seconds=60)),
        ("BY=soon", NOON, None),
        ("", NOON, None),
    ],
)
def test_the_deadline(mail: str, arrival: dt.datetime, expected: dt.datetime | None) -> None:
    """Deliver-By-Date is there if MAIL had a BY that can be read."""
    found = message_fields(envelope(mail=mail, arrival=arrival), REPORTER, POLICY, queue_id=None)

    assert expected == found.deliver_by_date


@pytest.mark.parametrize(
    ("policy", "recipient", "is_named"),
    [
        pytest.param(
            DsnPolicy(privacy=Privacy(hides_expansions=True, hides_transcripts=True)), rcpt(), True,
            id="no alias",
        ),
        pytest.param(
            DsnPolicy(privacy=Privacy(hides_transcripts=True)), CHILD, True, id="open alias"
        ),
        pytest.param(HIDING, CHILD, False, id="hidden alias"),
    ],
)  # fmt: skip
def test_hosts_are_hidden_with_aliases_alone(
    policy: DsnPolicy,
    recipient: Recipient,
    is_named: bool,  # noqa: FBT001  parametrized
) -> None:
    """Who said it is left out where the alias is hidden, not where only words are."""
    assert (REMOTE if is_named else None) == fields(policy, recipient=recipient).remote_mta


def test_an_internal_host_hides_no_address() -> None:
    """A hidden host changes nothing of the recipient's address."""
    policy = DsnPolicy(names_expanded=True, privacy=Privacy(internal_domains=["example.com"]))

    assert typed("bob2@host.example") == fields(policy, recipient=CHILD).final_recipient
