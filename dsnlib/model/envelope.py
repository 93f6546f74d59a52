"""The envelope of a message: who sent it, to whom, under which parameters.

This is what a server knows after DATA and what every later decision is made
from.  Addresses are carried as the client gave them (RFC 3464 s2.3.2).
"""

from __future__ import annotations

import datetime as dt
import enum
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.address import MtaName, check_path
from dsnlib.model.date import require_zone
from dsnlib.model.esmtp import MailParameters, RcptParameters

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Body", "Envelope", "Recipient"]


class Body(enum.Enum):
    """What octets the message may have: the BODY parameter (RFC 6152, RFC 3030)."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT = "8BITMIME"
    BINARY = "BINARYMIME"


# Whoever keeps books of recipients asks for the hash again and again.
@attrs.frozen(cache_hash=True)
class Recipient:
    """One RCPT command that was accepted, or what an alias made of it.

    Args:
        address: The forward-path without brackets, as received; after a local
            alias, the address it leads to.
        params: What came with it.
        expanded_from: The address as received, where `address` is what a local
            alias made of it.

    Raises:
        InvalidAddress: An address cannot stand in a command.
    """

    address: str
    params: RcptParameters = attrs.field(factory=RcptParameters)
    expanded_from: str | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_path(self.address, "recipient")
        if self.expanded_from is not None:
            check_path(self.expanded_from, "recipient")

    @property
    def accepted(self) -> str:
        """The address of the RCPT command, before any alias of this system."""
        return self.address if self.expanded_from is None else self.expanded_from


def _recipients(values: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Envelope:
    """A message's envelope as this system accepted it.

    Args:
        sender: The reverse-path without brackets; `""` is the null path, to
            which no notification is ever sent (RFC 3461 s5.2).
        mail: What came with it.
        recipients: At least one, in the order of the RCPT commands.
        smtputf8: Whether MAIL had SMTPUTF8 (RFC 6531).
        body: What BODY said.
        arrival: When the message was accepted; with a zone of whole minutes.
        received_from: The client, by the name it gave in EHLO or HELO.

    Raises:
        InvalidAddress: The sender cannot stand in a command.
        InvalidValue: No recipient, or an arrival without such a zone.
    """

    sender: str
    mail: MailParameters = attrs.field(factory=MailParameters)
    recipients: tuple[Recipient, ...] = attrs.field(converter=_recipients)
    smtputf8: bool = False
    body: Body = Body.SEVEN_BIT
    arrival: dt.datetime | None = None
    received_from: MtaName | None = None

    def __attrs_post_init__(self) -> None:
        if self.sender:
            check_path(self.sender, "sender")
        if not self.recipients:
            message = "envelope: there is no recipient"
            raise InvalidValue(message, value=self.recipients)
        require_zone(self.arrival, "arrival")

    @cached_property
    def recipient_set(self) -> frozenset[Recipient]:
        """The recipients without their order, to look one up among many."""
        return frozenset(self.recipients)

    @property
    def has_null_path(self) -> bool:
        """Whether the sender is `<>`: a notification, or mail that wants none."""
        return not self.sender

    @property
    def return_path(self) -> str:
        """The mailbox that notifications go to, which is the sender without a source route.

        RFC 5321 s6.1 has `@a,@b:user@d` stripped to `user@d`.
        """
        route, _, mailbox = self.sender.partition(":")
        return mailbox if mailbox and route.startswith("@") else self.sender
