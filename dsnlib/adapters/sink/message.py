"""What a sink took, and what it was told to answer.

Rules.
- A message is kept as it came, octet for octet, with the parameters of its envelope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.model.envelope import Envelope
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from email.message import EmailMessage


__all__ = ["Scripted", "SinkMessage"]


@attrs.frozen(kw_only=True)
class SinkMessage:
    """A message that was taken.

    Args:
        envelope: With the parameters of MAIL and of each RCPT.
        content: Its octets.
        peer: The address of the client.
    """

    envelope: Envelope
    content: bytes = attrs.field(repr=False)
    peer: str = ""

    @property
    def sender(self) -> str:
        """The return path; `""` is the null path."""
        return self.envelope.sender

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses of the recipients."""
        return tuple(each.address for each in self.envelope.recipients)

    @property
    def message(self) -> EmailMessage:
        """The message, as the standard library reads it."""
        from email import message_from_bytes
        from email.policy import SMTP

        return message_from_bytes(self.content, policy=SMTP)


@attrs.define
class Scripted:
    """A reply that was asked for, in place of what would be answered.

    Args:
        verb: To which command.
        address: For whom; `None` is everybody.
        reply: What; `None` is none, and the connection is closed.
        left: How often; `None` is always.
    """

    verb: str
    address: str | None
    reply: SmtpReply | None
    left: int | None
