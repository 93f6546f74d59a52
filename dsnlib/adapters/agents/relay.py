"""The transport to other systems: SMTP and LMTP, by the reference client.

Rules.
- What a server is asked for is what it announced in this very session (RFC 3461 s3).
- A message that no server of the next hop can be sent fails: nothing is converted.
- A session has an end in time, whatever the server does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.smtp_client import SmtpClient
    from dsnlib.adapters.transport import Attempted, Job

__all__ = ["SmtpTransport"]


class SmtpTransport:
    """Sends mail to other systems.

    Args:
        client: Speaks to them; several transports may have the same.
    """

    def __init__(self, client: SmtpClient) -> None:
        self._client = client

    async def close(self) -> None:
        """End the sessions that the client keeps itself."""
        await self._client.close()

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Send the message to the next hop, and return what became of each recipient."""
        results = await self._client.send(
            job.envelope,
            job.content,
            nexthop=job.destination.nexthop,
            recipients=job.recipients,
            now=job.now,
            is_busy=job.is_busy,
        )
        return [each.attempted() for each in results]
