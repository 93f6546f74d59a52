"""A span for each attempt at recipients of a message: `dsnlib.deliver`.

Rules.
- One span for a job, whatever number of recipients it has.  Of outcomes that differ the worst
  is told: a failure, then a delay.
- The transport has the name that whoever runs the server gave it; no host, no domain and no
  address is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.telemetry.event_labels import status_word
from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.telemetry.tracing import Tracing, Value
    from dsnlib.adapters.transport import Attempted, Job, Transport

__all__ = ["TracedTransport"]

_WORST_FIRST = (Disposition.FAILED, Disposition.DELAYED)


class TracedTransport:
    """A transport, and who is told of what it does.

    Args:
        transport: The transport.
        tracing: Who is told.
    """

    def __init__(self, transport: Transport, tracing: Tracing) -> None:
        self.transport = transport
        self._tracing = tracing

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Try, and return what became of each recipient."""
        name = job.destination.transport
        with self._tracing.span(
            "dsnlib.deliver", transport=name, recipients=len(job.recipients)
        ) as span:
            tried = await self.transport.deliver(job)
            if tried:
                worst = min(tried, key=_rank)
                span.note(**_attributes(worst))
                if worst.outcome.disposition is Disposition.FAILED:
                    span.fail(Disposition.FAILED.value)
        return tried


def _rank(attempted: Attempted) -> int:
    disposition = attempted.outcome.disposition
    return _WORST_FIRST.index(disposition) if disposition in _WORST_FIRST else len(_WORST_FIRST)


def _attributes(attempted: Attempted) -> dict[str, Value]:
    outcome = attempted.outcome
    attributes: dict[str, Value] = {
        "dsn_action": outcome.disposition.value,
        "dsn_status": status_word(outcome.status),
        "connection_reused": attempted.connection_uses > 1,
    }
    said = outcome.diagnostic
    if said is not None and said.type.lower() == "smtp":
        code = said.text[:3]
        if code.isascii() and code.isdigit():
            attributes["smtp_reply__code"] = int(code)
    return attributes
