"""Bounces by LMTP (RFC 2033): the reference server, with a store for its mailbox.

    async with lmtp_serving(thread, sock) as server: ...

Rules.
- 250 says that the events are on the disk of the store; 451 4.3.0 that the store is away
  or full, and the client keeps the mail.
- A mail that says nothing of a bounce is taken too: there is nobody to return it to.
- Every recipient is taken: whoever delivers here has decided that already.  So it is for
  the loopback interface and for UNIX sockets.
- A message for several recipients is one bounce; each of them has its reply.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dsnlib.adapters.mailboxes.inputs import MESSAGE_OCTETS
from dsnlib.adapters.server.data import BareNewlines
from dsnlib.adapters.server.listener import Listener, ServerLimits
from dsnlib.adapters.server.server import serve
from dsnlib.errors import StoreError
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.capabilities import Capabilities

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from dsnlib.adapters.feeds.mail_reading import MailReading
    from dsnlib.adapters.feeds.store_thread import StoreThread
    from dsnlib.adapters.intake import ReceivedMessage
    from dsnlib.adapters.server.server import Server

__all__ = ["LmtpIntake", "lmtp_serving"]

_STORED = SmtpReply.parse("250 2.0.0 Stored")
_NO_BOUNCE = SmtpReply.parse("250 2.0.0 Taken; it says nothing of a bounce")
_STORE_AWAY = SmtpReply.parse("451 4.3.0 The history cannot be written to now; come again")

_CAPABILITIES = Capabilities(
    pipelining=True,
    size=MESSAGE_OCTETS,
    enhanced_status_codes=True,
    eight_bit_mime=True,
    smtputf8=True,
    chunking=True,
)
_GRACE_SECONDS = 5.0
# A mail system has a handful of connections; so there are few mails in memory at once.
_LIMITS = ServerLimits(sessions=100)


class LmtpIntake:
    """Takes mails from the server.

    Args:
        thread: Has the store.
        on_taken: Called with each mail that was stored.
    """

    def __init__(
        self, thread: StoreThread, *, on_taken: Callable[[str, MailReading], object] | None = None
    ) -> None:
        self._thread = thread
        self._on_taken = on_taken

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Return 250 when the store has it; see `adapters.intake.Intake`."""
        try:
            addresses = tuple([each.address for each in message.envelope.recipients])
            reading = await self._thread.take(message.content.read, arrived_at=addresses)
        except (StoreError, OSError):
            return _STORE_AWAY  # whose thread has told why
        if message.content.path is not None:
            with contextlib.suppress(OSError):  # the folder goes at the end
                message.content.path.unlink()
        if self._on_taken is not None:
            self._on_taken(message.queue_id, reading)
        return _STORED if reading.events else _NO_BOUNCE


@contextlib.asynccontextmanager
async def lmtp_serving(
    intake: LmtpIntake, sock: socket.socket, *, folder: Path, hostname: str
) -> AsyncIterator[Server]:
    """Serve on a socket as long as the block runs.

    Args:
        intake: Where mails go.
        sock: Is bound, and is closed at the end.
        folder: Where large messages are while they come.
        hostname: What the server calls itself.

    Raises:
        OSError: The socket cannot listen.
    """
    listener = Listener(
        hostname=hostname,
        intake=intake,
        greeting="LMTP",
        is_lmtp=True,
        capabilities=_CAPABILITIES,
        limits=_LIMITS,
        folder=folder,
        # A program that hands over what it has in a file means no harm by its line ends.
        bare_newlines=BareNewlines.NORMALIZE,
        log_name="ingest/lmtp",
    )
    server = await serve(listener, sock)
    try:
        yield server
    finally:
        await server.stop(grace_seconds=_GRACE_SECONDS)
