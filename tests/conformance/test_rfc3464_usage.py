"""RFC 3464 s2.4, s4, App. C: fields of one's own, what is kept confidential, what lists do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
import pytest

from dsnlib import (
    Action,
    BounceComposer,
    DiagnosticCode,
    ExtensionField,
    HumanForm,
    Kind,
    LocalizedDiagnostic,
    MtaName,
    Reporter,
    TypedAddress,
    parse_report,
)
from dsnlib.model.fields import FIELDS
from tests.compose.occasions import (
    DELAYED,
    EXPIRY,
    REPORTER,
    plan,
    recipient,
)
from tests.conformance.composed import PLANS, compose, groups, parts, received

GATEWAY = MtaName("dns", "gw.example.org")
MESSAGE = attrs.evolve(
    plan().report.message,
    dsn_gateway=GATEWAY,
    received_from_mta=GATEWAY,
    deliver_by_date=EXPIRY,
)
EVERYTHING = attrs.evolve(
    DELAYED,
    localized_diagnostics=(LocalizedDiagnostic("de", "besetzt"),),
    final_log_id="77",
)

# The names that are registered for delivery reports, with where they stand.
REGISTERED = {
    "Original-Envelope-Id": "RFC 3464 s2.2.1",
    "Reporting-MTA": "RFC 3464 s2.2.2",
    "DSN-Gateway": "RFC 3464 s2.2.3",
    "Received-From-MTA": "RFC 3464 s2.2.4",
    "Arrival-Date": "RFC 3464 s2.2.5",
    "Deliver-By-Date": "RFC 2852 s5",
    "Original-Recipient": "RFC 3464 s2.3.1",
    "Final-Recipient": "RFC 3464 s2.3.2",
    "Action": "RFC 3464 s2.3.3",
    "Status": "RFC 3464 s2.3.4",
    "Remote-MTA": "RFC 3464 s2.3.5",
    "Diagnostic-Code": "RFC 3464 s2.3.6",
    "Localized-Diagnostic": "RFC 6533 s4.1",
    "Last-Attempt-Date": "RFC 3464 s2.3.7",
    "Final-Log-ID": "RFC 3464 s2.3.8",
    "Will-Retry-Until": "RFC 3464 s2.3.9",
}


@pytest.mark.requirement("3464-2.4-02")
def test_what_we_know_is_what_is_registered() -> None:
    """The fields with a meaning of their own are the registered ones, and none begins with X-."""
    names = [rule.name for rule in FIELDS]

    assert sorted(REGISTERED) == sorted(names)
    assert [] == [name for name in names if name.upper().startswith("X-")]


@pytest.mark.requirement("3464-2.4-03")
@pytest.mark.parametrize("name", [*PLANS, "all"])
def test_names_are_registered_or_ours(name: str) -> None:
    """Every field that is written has a registered name, or one that begins with X-."""
    plan_ = PLANS.get(name, plan(EVERYTHING))
    report = attrs.evolve(plan_.report, message=MESSAGE)

    octets = compose(attrs.evolve(plan_, report=report))

    names = {each for group in groups(octets) for each, _ in group}
    assert set() == {each for each in names - REGISTERED.keys() if not each.startswith("X-")}


@pytest.mark.requirement("3464-2.4-03")
@pytest.mark.parametrize("name", ["DSN", "Postfix", "Reporting-MTA", "x", "Final Recipient"])
def test_a_mail_system_cannot_name_a_registered_field(name: str) -> None:
    """Whatever it calls itself, the fields of its own begin with X-."""
    fields = Reporter.parse("mail.example.org", name).extension_fields(queue_id="4F", sender="a@b")

    assert 2 == len(fields)
    assert all(each.name.startswith("X-") for each in fields)


@pytest.mark.requirement("3464-2.4-05")
def test_fields_of_a_transport_are_for_diagnosis() -> None:
    """SMTP-Remote-Recipient is kept as it is, and decides neither who it was nor how it went."""
    plain = parse_report(received())
    told = parse_report(received(SMTP_Remote_Recipient="eve@example.net", SMTP_Status="2.0.0"))

    (read,) = told.recipients
    assert ("SMTP-Remote-Recipient", "eve@example.net") == (
        read.extensions[0].name,
        read.extensions[0].value,
    )
    assert plain.recipients == (attrs.evolve(read, extensions=()),)
    assert ("bob@example.com", Kind.FAILURE) == (read.recipient, told.kind)


@pytest.mark.requirement("3464-4.2-04")
@pytest.mark.requirement("3464-4.2-06")
@pytest.mark.parametrize(
    "hidden",
    ["remote_mta", "diagnostic_code", "last_attempt_date", "final_log_id", "extensions"],
)
def test_what_is_confidential_is_left_out(hidden: str) -> None:
    """Any optional field can be withheld: then its text stands nowhere in the message."""
    fields: dict[str, Any] = {
        "remote_mta": MtaName("dns", "secret.example.net"),
        "diagnostic_code": DiagnosticCode("smtp", "550 5.1.1 <secret@example.net> unknown"),
        "last_attempt_date": dt.datetime(2026, 11, 22, 3, 33, 33, tzinfo=dt.UTC),
        "final_log_id": "secret-77",
        "extensions": (ExtensionField("SMTP-Remote-Recipient", "secret@example.net"),),
    }
    absent: Any = () if hidden == "extensions" else None
    only = recipient(reply=None, **{hidden: fields[hidden]})

    told = compose(plan(only))
    withheld = compose(plan(attrs.evolve(only, **{hidden: absent})))

    assert b"secret" in told or b"03:33:33" in told
    assert b"secret" not in withheld
    assert b"03:33:33" not in withheld
    assert parse_report(withheld).kind is Kind.FAILURE


@pytest.mark.requirement("3464-4.2-01")
@pytest.mark.parametrize("form", [HumanForm(), HumanForm(is_html=True)], ids=["plain", "html"])
@pytest.mark.parametrize("name", PLANS)
def test_people_are_not_told_where_it_went(name: str, form: HumanForm) -> None:
    """The letter names the address the sender wrote to, and never the one behind it."""
    (fields,) = PLANS[name].report.recipients
    moved = attrs.evolve(
        fields,
        original_recipient=TypedAddress("rfc822", "pager@example.org"),
        final_recipient=TypedAddress("rfc822", "secret@example.net"),
        remote_mta=None,
        diagnostic_code=None,
    )
    composer = BounceComposer(reporter=REPORTER, form=form)

    human, *_ = parts(compose(plan(moved), composer=composer))

    assert b"pager@example.org" in human.as_bytes()
    assert b"secret@example.net" not in human.as_bytes()


@pytest.mark.requirement("3464-App-C-02")
def test_both_addresses_are_there_to_look_up() -> None:
    """What the list sent to is told apart from what became of it on the way."""
    (read,) = parse_report(
        received(
            Original_Recipient="rfc822; ann@example.org", Final_Recipient="rfc822; a7@x.example"
        )
    ).recipients

    assert TypedAddress("rfc822", "ann@example.org") == read.original_recipient
    assert TypedAddress("rfc822", "a7@x.example") == read.final_recipient


@pytest.mark.requirement("3464-App-C-03")
@pytest.mark.parametrize("action", Action, ids=lambda action: action.value)
def test_only_a_failure_is_one(action: Action) -> None:
    """A delay, a relay, an expansion or a delivery is never taken for a failure."""
    report = parse_report(
        received(
            Action=action.value,
            Status={"failed": "5.1.1", "delayed": "4.4.1"}.get(action.value, "2.0.0"),
        )
    )

    assert (action is Action.FAILED) == (report.kind is Kind.FAILURE)
