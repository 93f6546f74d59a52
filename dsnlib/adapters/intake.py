"""What a server hands over when a message has been received, and the promise it gets for it.

The server has read, asked and filtered; whoever is behind `Intake` follows
aliases, queues what comes of them, and answers.  A 250 from there is the
promise of RFC 5321 s6.1: deliver it or say why not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import attrs

from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Envelope
from dsnlib.model.texts import texts
from dsnlib.policy.facts import SpfResult
from dsnlib.replies.session import Client

if TYPE_CHECKING:
    from dsnlib.model.reply import SmtpReply

__all__ = ["Intake", "ReceivedMessage", "RecipientIntake"]


@attrs.frozen(kw_only=True)
class ReceivedMessage:
    """A message as the server has it, with all that is known of it.

    Args:
        queue_id: From `new_queue_id`; the trace field in the content names it.
        envelope: Sender and recipients with their parameters, arrival, client.
        content: The octets; the server's trace field is its prefix.
        client: Who sent it.
        login: The account of the client, or `None`.
        is_spam: What a filter said, or `None`.
        spf: What SPF says of the return path, or `None`.
        is_held: Whether it is to wait for a person: HOLD, or a filter's quarantine.
        copies: Addresses that get a blind copy.
        destination: Where all of it is to go instead, as FILTER has it; or `None`.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    queue_id: str
    envelope: Envelope
    content: Content
    client: Client
    login: str | None = None
    is_spam: bool | None = None
    spf: SpfResult | None = None
    is_held: bool = False
    copies: tuple[str, ...] = attrs.field(default=(), converter=texts)
    destination: str | None = None


class Intake(Protocol):
    """Who takes responsibility for messages."""

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Return 250 when the message is safe, or why it cannot be taken.

        Never raises for a full disk or a queue that cannot be written to: the
        reply is 452 4.3.1 or 451 4.3.0 then, and nothing has been kept.
        """


@runtime_checkable
class RecipientIntake(Protocol):
    """Who takes responsibility for each recipient by itself, as LMTP has it (RFC 2033 s4.2)."""

    async def accept_each(self, message: ReceivedMessage) -> tuple[SmtpReply, ...]:
        """Return a reply for each recipient of the envelope, in their order; see `Intake`."""
