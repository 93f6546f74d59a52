"""A transport that throws mail away, and says that it was delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.agents.verdict import decide
from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.transport import Attempted, Job

__all__ = ["DiscardTransport"]


class DiscardTransport:
    """Throws mail away.  The next hop is the reason that the log has."""

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Return that each recipient has got it."""
        text = job.destination.nexthop or "thrown away, as the site wants it"
        return [decide(job, each, Disposition.DELIVERED, "2.0.0", text) for each in job.recipients]
