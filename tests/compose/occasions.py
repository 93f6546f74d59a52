"""What the tests of composing write about: one message, and plans of every kind."""

import datetime as dt
from typing import Any

import attrs

from dsnlib.compose.bounce import BounceComposer
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.reporter import Reporter

NOW = dt.datetime(2026, 11, 22, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
ARRIVAL = NOW - dt.timedelta(hours=4)
EXPIRY = NOW + dt.timedelta(days=4)
TOKEN = "0123456789abcdef"
REPORTER = Reporter.parse("mail.example.org", "Example")
COMPOSER = BounceComposer(reporter=REPORTER)
SENDER = "ann@example.org"

ORIGINAL = (
    b"Received: from desk.example.org ([192.0.2.7]) by mail.example.org with ESMTP id 4F;\r\n"
    b"\tSun, 22 Nov 2026 10:30:00 +0100\r\n"
    b"From: Ann <ann@example.org>\r\n"
    b"To: Bob <bob@example.com>\r\n"
    b"Subject: Minutes of Tuesday\r\n"
    b"Date: Sun, 22 Nov 2026 10:29:58 +0100\r\n"
    b"Message-ID: <minutes.1@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=us-ascii\r\n"
    b"\r\n"
    b"Dear Bob,\r\n"
    b"\r\n"
    b"here are the minutes.\r\n"
    b"--\r\n"
    b"Ann\r\n"
)


def recipient(
    address: str = "bob@example.com",
    action: Action = Action.FAILED,
    status: str = "5.1.1",
    reply: str | None = "550 5.1.1 No such user here",
    **more: Any,  # noqa: ANN401  whatever the value takes
) -> RecipientFields:
    """Return what is reported of one recipient."""
    fields = RecipientFields(
        original_recipient=TypedAddress.from_address(address),
        final_recipient=TypedAddress.from_address(address),
        action=action,
        status=EnhancedStatusCode.parse(status),
        remote_mta=None if reply is None else MtaName("dns", "mx.example.com"),
        diagnostic_code=None if reply is None else DiagnosticCode("smtp", reply),
    )
    return attrs.evolve(fields, **more)


def plan(*recipients: RecipientFields, sender: str = SENDER, **more: Any) -> DsnPlan:  # noqa: ANN401  the same
    """Return a plan to tell the sender of these recipients."""
    report = DeliveryReport(
        message=MessageFields(
            original_envelope_id="QQ314159",
            reporting_mta=REPORTER.mta,
            arrival_date=ARRIVAL,
            extensions=REPORTER.extension_fields(queue_id="4F", sender=sender),
        ),
        recipients=recipients or (recipient(),),
    )
    envelope = Envelope(sender="", recipients=(Recipient(sender),))
    return attrs.evolve(DsnPlan(report=report, envelope=envelope), **more)


DELAYED = recipient(
    action=Action.DELAYED,
    status="4.4.1",
    reply="421 4.4.1 Try again later",
    will_retry_until=EXPIRY,
    last_attempt_date=NOW,
)
DELIVERED = recipient(action=Action.DELIVERED, status="2.1.5", reply="250 2.1.5 Ok")
RELAYED = recipient("eve@example.net", Action.RELAYED, "2.0.0", "250 Ok")
EXPANDED = recipient("team@example.org", Action.EXPANDED, "2.1.5", None)
FULL = recipient("eve@example.net", status="5.2.2", reply="552 5.2.2 Mailbox full")
