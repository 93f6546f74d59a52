"""Fuzz what strangers have in a notification: the reply, the addresses, the original.

Invariant.
- Whatever they are, the notification is written, in pieces or at once the same.
- The strict reader takes it without a defect, and finds one recipient.
- Its header has the fields that we wrote, each once.
- No line end is anything but CRLF.
"""

from __future__ import annotations

import datetime as dt

from dsnlib import (
    Action,
    BounceComposer,
    DeliveryReport,
    DiagnosticCode,
    DsnPlan,
    EnhancedStatusCode,
    Envelope,
    HumanForm,
    InvalidValue,
    MessageFields,
    MtaName,
    Recipient,
    RecipientFields,
    Reporter,
    TypedAddress,
    parse_report,
)
from dsnlib.model.text import decode_wire
from fuzz.alphabet import MESSAGE, expand

__all__ = ["READS", "check"]

READS = (
    "dsnlib.compose.bounce",
    "dsnlib.compose.fields",
    "dsnlib.compose.human",
    "dsnlib.compose.html",
    "dsnlib.compose.mime",
    "dsnlib.compose.original",
    "dsnlib.compose.returned",
    "dsnlib.compose.values",
    "dsnlib.compose.message",
)

_NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
_REPORTER = Reporter.parse("mail.example.org")
_TOKEN = "0123456789"  # noqa: S105  a fixed one, so that an input does the same each time
_FORMS = (HumanForm(), HumanForm(is_html=True, is_seven_bit=True))
_FIELDS = [b"Date", b"From", b"Subject", b"To", b"Message-ID"]


def check(data: bytes) -> None:
    """Write about one input, its first lines the reply and an address, and assert the invariant."""
    octets = expand(data, MESSAGE)
    reply, _, rest = octets.partition(b"\n")
    address, _, original = rest.partition(b"\n")
    # An ORCPT is repeated as it came, and in a field these make it another one.
    if any(octet in b"<>()" for octet in address):
        return
    try:
        fields = RecipientFields(
            final_recipient=TypedAddress("rfc822", "bob@example.com"),
            original_recipient=TypedAddress.from_address(decode_wire(address)),
            action=Action.FAILED,
            status=EnhancedStatusCode.parse("5.1.1"),
            remote_mta=MtaName("dns", "mx.example.com"),
            diagnostic_code=DiagnosticCode("smtp", decode_wire(reply)),
        )
    except InvalidValue:
        return
    report = DeliveryReport(
        message=MessageFields(reporting_mta=_REPORTER.mta), recipients=(fields,)
    )
    for sender in ("ann@example.org", "änn@example.org"):
        plan = DsnPlan(report=report, envelope=Envelope(sender="", recipients=(Recipient(sender),)))
        # One form for each input: what is tried twice as fast is tried twice as deep.
        composer = BounceComposer(reporter=_REPORTER, form=_FORMS[len(data) % len(_FORMS)])
        _check(composer, plan, original)


def _check(composer: BounceComposer, plan: DsnPlan, original: bytes) -> None:
    whole = composer.compose(plan, original, now=_NOW, token=_TOKEN, language="he")
    octets = whole.as_bytes()
    assert octets == b"".join(whole)
    assert len(parse_report(octets).recipients) == 1
    header = octets.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in header.split(b"\r\n") if line[:1] not in b" \t"]
    assert names[:5] == _FIELDS
    assert len(set(names)) == len(names)
    assert octets.count(b"\r") == octets.count(b"\n") == octets.count(b"\r\n")
    if _TOKEN.encode() in original:
        return  # whoever knows the token before can end a part of a stream
    middle = len(original) // 2
    pieces = iter([original[:middle], original[middle:]])
    parts = composer.compose(
        plan, pieces, now=_NOW, token=_TOKEN, language="he", size_octets=len(original)
    )
    assert len(parse_report(parts.as_bytes()).recipients) == 1
