"""The record of a message says what its reports say, and keeps to its schema."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from dsnlib.errors import Defect
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.fields import ExtensionField, LocalizedDiagnostic
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.returned import ReturnedContent
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import replace_controls
from dsnlib.parse.record import SCHEMA_VERSION, message_record
from dsnlib.parse.report import read_reports
from tests.strategies import aware_datetimes

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "tests/data/reports").glob("*.eml"))
SCHEMA = json.loads((ROOT / "dsnlib/schema/message-v1.json").read_bytes())
OF_THE_CALLER: dict[str, object] = {"file": "a.eml", "message": None, "error": None}
# What events add: see dsnlib.bounces.record.
OF_EVENTS: dict[str, object] = {"dialect": None}
OF_AN_EVENT: dict[str, object] = {
    "kind": None,
    "reason": None,
    "permanence": "unknown",
    "fault": "unknown",
    "reply_code": None,
    "cls": None,
    "event_id": None,
    "message_id": None,
    "evidence": [],
}

ZONE = dt.timezone(dt.timedelta(hours=2))


def check(record: dict[str, Any]) -> None:
    """Raise unless the record, with what events and its caller add, keeps to the schema."""
    reports = [{**each, **OF_AN_EVENT} for each in record["reports"]]
    Draft202012Validator(SCHEMA).validate(
        {**record, "reports": reports, **OF_EVENTS, **OF_THE_CALLER}
    )


def report(
    *actions: Action,
    arrival_date: dt.datetime | None = None,
    envelope_id: str | None = None,
    reporting_mta: MtaName | None = None,
) -> DeliveryReport:
    """Return a report on one recipient for each action."""
    fields = MessageFields(
        arrival_date=arrival_date, original_envelope_id=envelope_id, reporting_mta=reporting_mta
    )
    recipients = tuple(RecipientFields(action=action) for action in actions)
    return DeliveryReport(message=fields, recipients=recipients)


def test_schema_is_a_schema() -> None:
    """The schema itself keeps to JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA_VERSION == SCHEMA["properties"]["schema_version"]["const"]


def test_every_key_of_the_schema_is_required() -> None:
    """A reader finds every key, with null where there is nothing."""
    assert list(SCHEMA["properties"]) == SCHEMA["required"]
    for name in ("recipient", "evidence", "defect"):
        assert list(SCHEMA["$defs"][name]["properties"]) == SCHEMA["$defs"][name]["required"]


def test_mail_without_a_report() -> None:
    """Mail that reports nothing has every key but those of caller and events, and no report."""
    record = message_record([])

    assert set(SCHEMA["properties"]) - {*OF_THE_CALLER, *OF_EVENTS} == set(record)
    assert [False, None, [], None, []] == [
        record[key] for key in ("is_bounce", "kind", "reports", "returned", "defects")
    ]
    check(record)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture(path: Path) -> None:
    """The record of each message in tests/data says what is written beside it."""
    expected = json.loads(path.with_suffix(".json").read_bytes())
    record: dict[str, Any] = message_record(read_reports(path.read_bytes()))

    for key in ("is_bounce", "kind", "envelope_id", "reporting_mta"):
        assert expected[key] == record[key]
    for wanted, found in zip(expected["reports"], record["reports"], strict=True):
        for key, text in wanted.items():
            assert (text and replace_controls(text)) == found[key]
    check(record)


def test_a_recipient_with_everything() -> None:
    """Each field of a recipient has its key; types and comments are left out."""
    when = dt.datetime(2026, 3, 2, 6, 0, 9, tzinfo=ZONE)
    recipient = RecipientFields(
        original_recipient=TypedAddress("rfc822", "Ada@example.org"),
        final_recipient=TypedAddress("utf-8", r"\x{3B4}@example.org"),
        action=Action.DELAYED,
        status=EnhancedStatusCode.parse("4.4.1"),
        status_comment="no answer",
        remote_mta=MtaName("dns", "mx.example.org", comment="[192.0.2.1]"),
        diagnostic_code=DiagnosticCode("smtp", "421 4.4.1 (later)"),
        localized_diagnostics=(LocalizedDiagnostic("de", "später"),),
        last_attempt_date=when,
        final_log_id="Q1",
        will_retry_until=when + dt.timedelta(days=5),
        extensions=(ExtensionField("X-A", "1"), ExtensionField("X-A", "2")),
    )
    fields = MessageFields(
        original_envelope_id="QQ1",
        reporting_mta=MtaName("dns", "relay.example.org"),
        received_from_mta=MtaName("dns", "home.example.org", comment="[192.0.2.2]"),
        arrival_date=when,
        extensions=(ExtensionField("X-Queue", "7"),),
    )
    place = ReturnedContent(media_type="message/rfc822", source=b"", start=17, limit=20)
    defect = Defect(code="field-space", message="white space", offset=3, requirement="3464-2.1")
    record = message_record(
        [DeliveryReport(message=fields, recipients=(recipient,), returned=place, defects=(defect,))]
    )

    assert record == {
        "schema_version": 1,
        "is_bounce": True,
        "kind": "delay",
        "envelope_id": "QQ1",
        "reporting_mta": "relay.example.org",
        "received_from_mta": "home.example.org",
        "arrival_date": "2026-03-02T04:00:09Z",
        "extensions": [["X-Queue", "7"]],
        "reports": [
            {
                "recipient": "δ@example.org",
                "original_recipient": "Ada@example.org",
                "action": "delayed",
                "status": "4.4.1",
                "status_comment": "no answer",
                "diagnostic": "421 4.4.1 (later)",
                "diagnostic_type": "smtp",
                "localized_diagnostics": {"de": "später"},
                "remote_mta": "mx.example.org",
                "last_attempt_date": "2026-03-02T04:00:09Z",
                "will_retry_until": "2026-03-07T04:00:09Z",
                "final_log_id": "Q1",
                "extensions": [["X-A", "1"], ["X-A", "2"]],
            }
        ],
        "returned": {"media_type": "message/rfc822", "start": 17},
        "defects": [
            {
                "code": "field-space",
                "message": "white space",
                "offset": 3,
                "requirement": "3464-2.1",
            }
        ],
    }
    check(record)


@pytest.mark.parametrize(
    ("actions", "kind", "is_bounce"),
    [
        ([[Action.DELIVERED], [Action.DELAYED]], "delay", True),
        ([[Action.DELAYED, Action.RELAYED], [Action.FAILED]], "failure", True),
        ([[Action.EXPANDED], [Action.RELAYED]], "expanded", False),
        ([[], [Action.DELIVERED]], "success", False),
        ([[], []], None, False),
    ],
)
def test_the_gravest_report_names_the_kind(
    actions: list[list[Action]],
    kind: str | None,
    is_bounce: bool,  # noqa: FBT001  a column of the table
) -> None:
    """Of several reports in a message the gravest says what it tells."""
    record = message_record([report(*each) for each in actions])

    assert (kind, is_bounce) == (record["kind"], record["is_bounce"])


def test_the_first_report_speaks_for_the_message() -> None:
    """What is said once for a message comes from its first report, even if absent there."""
    record = message_record(
        [
            report(Action.FAILED, envelope_id="one"),
            report(
                Action.FAILED,
                envelope_id="two",
                reporting_mta=MtaName("dns", "b.example.org"),
            ),
        ]
    )

    assert ("one", None) == (record["envelope_id"], record["reporting_mta"])


@given(aware_datetimes())
def test_every_time_is_utc(when: dt.datetime) -> None:
    """A time is the same instant in UTC; it keeps its zone where UTC has no such year."""
    record = message_record([report(arrival_date=when)])
    written = record["arrival_date"]

    check(record)
    assert isinstance(written, str)
    if written.endswith("Z"):
        assert when.astimezone(dt.UTC) == dt.datetime.fromisoformat(written)
    else:
        assert when.year in {1, 9999}
        assert when.isoformat() == written
