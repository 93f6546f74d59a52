"""A span for each attempt at a delivery."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.telemetry.traced_transport import TracedTransport
from dsnlib.adapters.telemetry.tracing import OpenTelemetryTracing
from dsnlib.adapters.transport import Attempted, Destination, Job
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from tests.adapters.telemetry.spans import kept_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


class Scripted:
    """A transport with outcomes that are set."""

    def __init__(self, *outcomes: tuple[Disposition, str, str]) -> None:
        self._outcomes = outcomes

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Return them."""
        return [
            Attempted(
                outcome=DeliveryOutcome(
                    recipient=recipient,
                    disposition=disposition,
                    status=EnhancedStatusCode.parse(status),
                    diagnostic=DiagnosticCode("smtp", text) if text else None,
                ),
                relay="mx.secret.example[192.0.2.1]:25",
                connection_uses=2,
            )
            for recipient, (disposition, status, text) in zip(
                job.recipients, self._outcomes, strict=False
            )
        ]


@pytest.mark.parametrize(
    ("outcomes", "attributes"),
    [
        (
            [
                (Disposition.RELAYED, "2.1.5", "250 2.1.5 secret"),
                (Disposition.FAILED, "5.1.1", "550 secret"),
            ],
            {"dsn.action": "failed", "dsn.status": "5.1.1", "smtp.reply_code": 550},
        ),
        (
            [(Disposition.RELAYED, "2.0.0", "250 ok"), (Disposition.DELAYED, "4.999.1", "")],
            {"dsn.action": "delayed", "dsn.status": "4.x.x"},
        ),
        (
            [(Disposition.DELIVERED, "2.0.0", "ok"), (Disposition.DELIVERED, "2.0.0", "")],
            {"dsn.action": "delivered", "dsn.status": "2.0.0"},
        ),
        ([], None),
    ],
)
def test_attempt(
    outcomes: list[tuple[Disposition, str, str]], attributes: dict[str, object] | None
) -> None:
    """One span for a job, with the worst that came of it, and nothing of strangers."""
    exporter, provider = kept_spans()
    recipients = tuple(Recipient(f"secret{n}@secret.example") for n in range(2))
    envelope = Envelope(sender="ann@secret.example", recipients=recipients)
    job = Job(
        queue_id="q",
        envelope=envelope,
        recipients=recipients,
        destination=Destination("smtp", "secret.example"),
        content=Content(),
        now=NOW,
    )
    transport = TracedTransport(Scripted(*outcomes), OpenTelemetryTracing(provider))
    tried = asyncio.run(transport.deliver(job))
    (span,) = exporter.get_finished_spans()
    more = {} if attributes is None else {**attributes, "connection.reused": True}
    failed = {"error.type": "failed"} if more.get("dsn.action") == "failed" else {}

    assert len(outcomes) == len(tried)
    assert {"transport": "smtp", "recipients": 2, **more, **failed} == dict(span.attributes)
    assert "secret" not in repr(span.attributes)
