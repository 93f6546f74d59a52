"""What became of one recipient, with all that is known of how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.dialogue import Answer
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.transport import Attempted
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from dsnlib.model.status import EnhancedStatusCode

__all__ = ["SendResult"]

_UNHAPPY = (Disposition.FAILED, Disposition.DELAYED)


@attrs.frozen(kw_only=True)
class SendResult:
    """What became of a recipient.

    Args:
        outcome: What it means for the engine.
        command: What decided it: `DNS`, `connect`, `greeting`, `EHLO`, `STARTTLS`, `AUTH`,
            `MAIL`, `RCPT`, `DATA`, `end of data`, or `plan` where nothing was said
            because the server could not be asked for it.
        answer: What the server said to that; `None` if nothing came.
        place: The server; `None` if none was reached.
        has_dsn: Whether it announced DSN; `None` if it was never asked.  Where it did
            not, RET, ENVID, NOTIFY and ORCPT were left out, and a success is
            `RELAYED`: the sender's request ends here (RFC 3461 s5.2.2).
        tls: The version of TLS, such as `TLSv1.3`; `""` without.
        is_verified: Whether the certificate was the one that was expected.
        connection_uses: How often the connection was used, this time included.
        setup_seconds: How long the connection took.
        sending_seconds: How long the rest took.
    """

    outcome: DeliveryOutcome
    command: str
    answer: Answer | None = None
    place: ServerPlace | None = None
    has_dsn: bool | None = None
    tls: str = ""
    is_verified: bool = False
    connection_uses: int = 1
    setup_seconds: float = 0.0
    sending_seconds: float = 0.0

    @property
    def recipient(self) -> str:
        """The address of the RCPT command."""
        return self.outcome.recipient.address

    @property
    def is_success(self) -> bool:
        """Whether the server has taken it."""
        return self.outcome.disposition not in _UNHAPPY

    @property
    def reply(self) -> SmtpReply | None:
        """The reply that decided; `None` if there was none, or none that can be read."""
        return self.answer if isinstance(self.answer, SmtpReply) else None

    @property
    def code(self) -> int | None:
        """The code of the reply, 200 to 599."""
        return None if self.reply is None else self.reply.code

    @property
    def status(self) -> EnhancedStatusCode:
        """The server's enhanced code, or what its reply or its silence means."""
        return self.outcome.status

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the reply, without codes."""
        return () if self.reply is None else self.reply.lines

    def attempted(self) -> Attempted:
        """Return the same as transports have it."""
        diagnostic = self.outcome.diagnostic
        text = "" if diagnostic is None else diagnostic.text
        relay = "none" if self.place is None else str(self.place)
        if self.outcome.remote_mta is not None and not self.is_success:
            text = f"{relay} said: {text}"
        return Attempted(
            outcome=self.outcome,
            relay=relay,
            text=text,
            setup_seconds=self.setup_seconds,
            sending_seconds=self.sending_seconds,
            connection_uses=self.connection_uses,
        )
