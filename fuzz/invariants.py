"""What holds for every report and every event, whatever it was read from.

Shared by the harnesses.  Each function asserts; none
returns anything.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dsnlib import (
    DiagnosticCode,
    EnhancedStatusCode,
    EventKind,
    MtaName,
    SmtpReply,
    TypedAddress,
    event_record,
    format_date,
    parse_date,
    read_event_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dsnlib import (
        BounceEvent,
        Defect,
        DeliveryReport,
        MalformedReport,
        MessageFields,
        RecipientFields,
        ReturnedContent,
    )

__all__ = ["assert_event", "assert_malformed", "assert_report", "assert_same_reading"]

# All of C0 but TAB, and DEL: whoever writes a value must not write a line end with it.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def assert_event(event: BounceEvent) -> None:
    """Assert that an event is whole, and can be written and read as a record."""
    assert "@" in event.recipient
    assert _EVENT_ID.fullmatch(event.event_id)
    assert event.evidence
    if event.kind in (EventKind.FAILURE, EventKind.DELAY):
        assert event.reason is not None
    record = event_record(event)
    assert event == read_event_record(record)
    json.dumps(record, ensure_ascii=False).encode()


def assert_report(message: bytes, report: DeliveryReport) -> None:
    """Assert that every value of a report can be written and read back."""
    fields = report.message
    _assert_items(fields)
    for name in (fields.reporting_mta, fields.dsn_gateway, fields.received_from_mta):
        _assert_mta_name(name)
    _assert_date(fields.arrival_date)
    _assert_date(fields.deliver_by_date)
    for recipient in report.recipients:
        _assert_items(recipient)
        _assert_recipient(recipient)
    assert report.is_bounce is (report.kind is not None and report.kind.value in _BOUNCES)
    assert len(report.recipients) + 1 == len(report.as_email_message().get_payload())
    _assert_defects(message, report.defects)
    if report.returned is not None:
        _assert_returned(message, report.returned)


_BOUNCES = ("failure", "delay")


def _assert_defects(message: bytes, defects: Iterable[Defect]) -> None:
    """Assert that every defect points into the message and can be shown."""
    for defect in defects:
        assert defect.offset is None or 0 <= defect.offset <= len(message), defect
        assert str(defect).startswith(defect.code)


def assert_malformed(message: bytes, error: MalformedReport) -> None:
    """Assert that a refusal says what is wrong, and where."""
    assert error.defects
    assert str(error)
    _assert_defects(message, error.defects)


def assert_same_reading(
    expected: tuple[DeliveryReport, ...], actual: tuple[DeliveryReport, ...]
) -> None:
    """Assert that two readings say the same; places and quotations may differ."""
    assert [each.message for each in expected] == [each.message for each in actual]
    assert [each.recipients for each in expected] == [each.recipients for each in actual]
    assert [_codes(each) for each in expected] == [_codes(each) for each in actual]
    assert [_returned_text(each) for each in expected] == [_returned_text(each) for each in actual]


def _codes(report: DeliveryReport) -> list[str]:
    return [defect.code for defect in report.defects]


def _returned_text(report: DeliveryReport) -> bytes | None:
    if report.returned is None:
        return None
    octets = report.returned.source[report.returned.start : report.returned.end]
    return octets.replace(b"\r\n", b"\n")


def _assert_items(group: MessageFields | RecipientFields) -> None:
    for name, text in group.items():
        assert name
        assert name.isascii()
        assert _CONTROL.search(text) is None, (name, text)
        # What stands in a value came from octets and becomes octets again.
        assert text == text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _assert_recipient(recipient: RecipientFields) -> None:
    for address in (recipient.original_recipient, recipient.final_recipient):
        if address is not None:
            assert address == TypedAddress.parse(str(address))
            assert isinstance(address.address, str)
    _assert_mta_name(recipient.remote_mta)
    if recipient.status is not None:
        assert recipient.status == EnhancedStatusCode.parse(str(recipient.status))
    diagnostic = recipient.diagnostic_code
    if diagnostic is not None:
        assert diagnostic == DiagnosticCode.parse(str(diagnostic))
        reply = diagnostic.reply
        assert reply is None or reply == SmtpReply.parse(str(reply))
    _assert_date(recipient.last_attempt_date)
    _assert_date(recipient.will_retry_until)
    assert recipient.presumed_action is not None


def _assert_mta_name(name: MtaName | None) -> None:
    assert name is None or name == MtaName.parse(str(name))


def _assert_date(when: datetime | None) -> None:
    # A report field has whole seconds.
    assert when is None or when.replace(microsecond=0) == parse_date(format_date(when))


def _assert_returned(message: bytes, returned: ReturnedContent) -> None:
    assert 0 <= returned.start <= returned.end <= returned.limit <= len(returned.source)
    assert len(message) == len(returned.source)
    octets, header = returned.octets(), returned.header_octets()
    assert len(header) <= len(octets) + 1
    if not len(message) % 16:  # mail-parser takes milliseconds
        assert isinstance(returned.message().text, str)
