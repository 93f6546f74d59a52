"""A message in the queue of a system, and what the system knows of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib import DeliveryOutcome, Envelope, MessageFacts, QueueHistory, Recipient
from tests.simulation.ledger import Asked, Case, End, Ledger, Mail, Strand

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from dsnlib import Reporter
    from tests.simulation.mta import Mta
    from tests.simulation.network import Fault, Network

__all__ = ["Item", "World"]


class World(Protocol):
    """What a mail system knows of the rest."""

    network: Network
    ledger: Ledger
    now: dt.datetime

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something when so many seconds are over."""

    def find(self, domain: str) -> Mta | None:
        """Return the system of a domain."""

    def next_fault(self, source: str, destination: str) -> Fault | None:
        """Return what goes wrong in the next transaction."""

    def write(self, mail: Mail, reporter: Reporter) -> None:
        """Write a notification, where the run writes them."""


@attrs.define(eq=False, kw_only=True)
class Item:
    """A message in the queue of a system.

    Args:
        mail: The message.
        envelope: What is to be delivered.
        strands: What is known beside each recipient, by its identity.
        pending: The recipients that are still to be tried.
        history: What the queue remembers.
        facts: What is known of the message besides.
        hops: How many systems it has passed.
    """

    mail: Mail
    envelope: Envelope
    strands: dict[int, list[Strand]]
    pending: list[Recipient]
    history: QueueHistory
    facts: MessageFacts
    hops: int

    def asked(self, recipient: Recipient) -> Asked:
        """Return what is known to have been asked for a recipient."""
        strands = self.strands[id(recipient)]
        return strands[0].asked if strands else Asked()

    def case(self, outcome: DeliveryOutcome, end: End, *, is_traced: bool = False) -> Case:
        """Return an outcome with what truly happened."""
        recipient = outcome.recipient
        return Case(
            outcome=outcome,
            strands=self.strands[id(recipient)],
            end=end,
            address=recipient.address,
            is_traced=is_traced,
        )
