"""A transport that delivers nothing: each attempt ends with the status of its next hop.

error:5.1.6 has moved away       fails
retry:4.3.2 closed this week     waits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.verdict import decide, split_status
from dsnlib.model.outcome import Disposition
from dsnlib.policy.own_words import check_diagnostic_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.transport import Attempted, Job

__all__ = ["ErrorTransport"]


@attrs.frozen(kw_only=True)
class ErrorTransport:
    """Refuses mail, for good or for now.

    Args:
        is_temporary: Whether it is for now, as `retry` has it.
        diagnostic_type: The type of diagnostics in our own words; see
            `Reporter.diagnostic_type`.

    Raises:
        InvalidValue: The type is no atom.
    """

    is_temporary: bool = False
    diagnostic_type: str = attrs.field(default="X-DSN", validator=check_diagnostic_type)

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Return that no recipient gets it, with what the next hop says as the reason."""
        default = "4.0.0" if self.is_temporary else "5.0.0"
        status, text = split_status(job.destination.nexthop, default)
        disposition = Disposition.DELAYED if self.is_temporary else Disposition.FAILED
        words = text or "mail for this address is not delivered"
        return [
            decide(job, each, disposition, status, words, diagnostic_type=self.diagnostic_type)
            for each in job.recipients
        ]
