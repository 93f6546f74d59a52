"""The record of a mail has what its reports say, and what its events add."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.read import read_bounces
from dsnlib.bounces.record import mail_record
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.address import TypedAddress
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.parse.record import message_record
from dsnlib.parse.report import read_reports
from tests.growth import BOUND, growth
from tests.strategies import delivery_reports

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "tests/data/reports").glob("*.eml"))
SCHEMA = json.loads((ROOT / "dsnlib/schema/message-v1.json").read_bytes())
OF_THE_CALLER: dict[str, object] = {"file": "a.eml", "message": None, "error": None}
OF_EVENTS = (
    "kind", "reason", "permanence", "fault", "reply_code", "cls", "event_id", "message_id",
    "evidence",
)  # fmt: skip


def record_of(
    reports: tuple[DeliveryReport, ...] = (), events: tuple[BounceEvent, ...] = ()
) -> dict[str, Any]:
    """Return a record that keeps to the schema."""
    record = mail_record(reports, events)
    Draft202012Validator(SCHEMA).validate({**record, **OF_THE_CALLER})
    return record


def event(recipient: str = "ada@example.org", **values: Any) -> BounceEvent:  # noqa: ANN401  fields of any type
    """Return an event."""
    return BounceEvent(recipient=recipient, **{"kind": EventKind.FAILURE, **values})


def report(*recipients: str | None, action: Action | None = Action.FAILED) -> DeliveryReport:
    """Return a report on these recipients."""
    entries = [
        RecipientFields(
            final_recipient=None if each is None else TypedAddress.from_address(each),
            action=action,
        )
        for each in recipients
    ]
    return DeliveryReport(message=MessageFields(), recipients=tuple(entries))


def test_mail_that_reports_nothing() -> None:
    """Of other mail the record has every key, and says that it is no bounce."""
    record = record_of()

    assert (False, None, None, []) == tuple(
        record[key] for key in ("is_bounce", "kind", "dialect", "reports")
    )
    assert set(SCHEMA["properties"]) - set(OF_THE_CALLER) == set(record)


def test_a_bounce_without_a_report() -> None:
    """An event alone makes an entry with the keys of a report's, and those of the message."""
    record = record_of(
        events=(
            event(
                original_recipient="ada@list.example",
                permanence=Permanence.HARD,
                reason=Reason.UNKNOWN_USER,
                fault=Fault.RECIPIENT,
                status=EnhancedStatusCode.parse("5.1.1"),
                reply_code=550,
                diagnostic="550 5.1.1 no",
                remote_mta="mx.example.org",
                reporting_mta="mail.example.com",
                dialect="exim",
                envelope_id="Q1",
                message_id="m1@example.com",
                event_id="e1",
                evidence=[Evidence(field="recipient", rule="exim/recipient", start=3, end=9)],
            ),
        )
    )

    assert ("exim", "failure", True, "Q1", "mail.example.com") == tuple(
        record[key] for key in ("dialect", "kind", "is_bounce", "envelope_id", "reporting_mta")
    )
    assert [
        {
            "recipient": "ada@example.org",
            "original_recipient": "ada@list.example",
            "action": "failed",
            "status": "5.1.1",
            "status_comment": None,
            "diagnostic": "550 5.1.1 no",
            "diagnostic_type": None,
            "localized_diagnostics": {},
            "remote_mta": "mx.example.org",
            "last_attempt_date": None,
            "will_retry_until": None,
            "final_log_id": None,
            "extensions": [],
            "kind": "failure",
            "reason": "unknown-user",
            "permanence": "hard",
            "fault": "recipient",
            "reply_code": 550,
            "cls": "5",
            "event_id": "e1",
            "message_id": "m1@example.com",
            "evidence": [
                {
                    "field": "recipient",
                    "rule": "exim/recipient",
                    "version": 1,
                    "start": 3,
                    "end": 9,
                    "text": "",
                    "confidence": "likely",
                }
            ],
        }
    ] == record["reports"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_report_keeps_its_keys(path: Path) -> None:
    """What the fields of a report say is in the record as it was before there were events."""
    octets = path.read_bytes()
    found = read_reports(octets)
    record, before = record_of(found, read_bounces(octets)), message_record(found)
    entries = record.pop("reports")
    # Who is named in the text alone has an entry by his event.
    named: list[Any] = before["reports"]  # type: ignore[assignment]  # the record is of objects
    if found:
        assert {key: before[key] for key in before if key != "reports"} == {
            key: value for key, value in record.items() if key != "dialect"
        }
    assert named == [
        {key: value for key, value in entry.items() if key not in OF_EVENTS}
        for entry in entries[: len(named)]
    ]


@given(delivery_reports())
def test_any_report_keeps_its_keys(found: DeliveryReport) -> None:
    """Without events a report's record is that of the report, with keys for what is unknown."""
    record = record_of((found,))
    before: dict[str, Any] = message_record([found])

    assert "rfc3464" == record.pop("dialect")
    assert [[None, "unknown", "unknown", None, None, []]] * len(before["reports"]) == [
        [entry[key] for key in ("reason", "permanence", "fault", "reply_code", "event_id")]
        + [entry["evidence"]]
        for entry in record["reports"]
    ]
    for entry in record["reports"]:
        for key in OF_EVENTS:
            del entry[key]
    assert before == record


def test_events_go_to_their_recipients() -> None:
    """An entry has the event of its address; events of others come after, in order."""
    found = report("ada@example.org", "bob@example.org", "ada@example.org")
    events = [
        event("bob@example.org", reason=Reason.MAILBOX_FULL),
        event("ada@example.org", reason=Reason.UNKNOWN_USER),
        event("ada@example.org", reason=Reason.EXPIRED),
        event("cyd@example.org", reason=Reason.VIRUS),
    ]

    assert [
        ("ada@example.org", "unknown-user"),
        ("bob@example.org", "mailbox-full"),
        ("ada@example.org", "expired"),
        ("cyd@example.org", "virus"),
    ] == [
        (each["recipient"], each["reason"]) for each in record_of((found,), (*events,))["reports"]
    ]


def test_who_is_named_in_the_text_alone() -> None:
    """A report that names nobody has the recipients of the text, if there are as many."""
    found = report(None, None)
    both = record_of((found,), (event("ada@example.org"), event("bob@example.org")))
    more = record_of((found,), (event("ada@example.org"),))

    assert ["ada@example.org", "bob@example.org"] == [each["recipient"] for each in both["reports"]]
    assert [None, None, "ada@example.org"] == [each["recipient"] for each in more["reports"]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"status": EnhancedStatusCode.parse("4.2.2"), "reply_code": 550}, "4"),
        ({"reply_code": 452}, "4"),
        ({"reply_code": 354}, "5"),
        ({"permanence": Permanence.HARD, "kind": EventKind.DELAY}, "4"),
        ({"permanence": Permanence.SOFT}, "5"),
        ({}, "5"),
        ({"kind": EventKind.DELAY}, "4"),
        ({"kind": EventKind.SUCCESS}, "2"),
        ({"kind": EventKind.RELAYED}, "2"),
        ({"kind": EventKind.EXPANDED}, "2"),
        ({"kind": EventKind.COMPLAINT}, None),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else value,
)
def test_the_class_to_count_by(values: dict[str, Any], expected: str | None) -> None:
    """The class is that of the status, the reply code, the kind: the first that there is."""
    assert expected == record_of(events=(event(**values),))["reports"][0]["cls"]


@pytest.mark.parametrize("kind", EventKind, ids=lambda kind: kind.value)
def test_every_kind_has_its_place(kind: EventKind) -> None:
    """A mail is a bounce if somebody failed or is delayed; a complaint has no action."""
    record = record_of(events=(event(kind=kind),))

    assert kind.value == record["kind"] == record["reports"][0]["kind"]
    assert (kind in (EventKind.FAILURE, EventKind.DELAY)) is record["is_bounce"]
    assert (kind is EventKind.COMPLAINT) is (record["reports"][0]["action"] is None)


def test_the_gravest_names_the_kind() -> None:
    """Of several events the gravest says what the mail tells, over the reports too."""
    delayed = report("ada@example.org", action=Action.DELAYED)

    assert "failure" == record_of((delayed,), (event("bob@example.org"),))["kind"]
    assert "delay" == record_of((delayed,), (event(kind=EventKind.COMPLAINT),))["kind"]


def test_an_entry_without_an_action() -> None:
    """What happened is not told of an entry that has neither an action nor an event."""
    (entry,) = record_of((report("ada@example.org", action=None),))["reports"]

    assert (None, None) == (entry["kind"], entry["cls"])


@pytest.mark.parametrize("confidence", Confidence, ids=lambda each: each.name)
def test_confidence_is_a_word(confidence: Confidence) -> None:
    """How sure evidence is stands there by its name."""
    found = event(evidence=[Evidence(field="reason", rule="r", confidence=confidence)])

    assert (
        confidence.name.lower()
        == (record_of(events=(found,))["reports"][0]["evidence"][0]["confidence"])
    )


def _prepare(count: int) -> Callable[[], object]:
    found = report(*["ada@example.org"] * count)
    events = [event()] * (count // 2) + [event(f"x{number}@example.org") for number in range(count)]
    return lambda: mail_record((found,), events)


def test_time_grows_with_the_recipients() -> None:
    """Twice as many recipients, also the same one again and again, take twice the time."""
    assert BOUND > growth(_prepare, 1 << 12)
