"""The servers that a client of a network meets: another system, or a mailbox store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib import NextHop
from tests.simulation.network import Host, Mailbox, Store

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Door", "System", "make_door"]


class System(Protocol):
    """What a server must know of the system that it belongs to."""

    host: Host

    def mailbox(self, address: str) -> Mailbox:
        """Return the mailbox of an address of the system."""

    def keywords(self) -> list[str]:
        """Return what EHLO announces."""


@attrs.frozen(eq=False, kw_only=True)
class Door:
    """A server of another system, for one message.

    Args:
        system: Whose it is.
        hop: How the client sees it.
        is_full: Whether it finds that the message has passed too many systems.
    """

    system: System
    hop: NextHop
    is_full: bool = False

    def answer_rcpt(self, address: str) -> int:
        """Return the reply code to RCPT: who does not exist may be refused here."""
        local_part, _, domain = address.rpartition("@")
        host = self.system.host
        is_here = domain.lower() == host.name and host.checks_users
        exists = any(local_part.lower() == each for each, _ in host.entries)
        return 550 if is_here and not exists else 250

    def answer_end(self, addresses: Sequence[str]) -> Sequence[int]:
        """Return the reply code after the data; with LMTP one for each that was taken."""
        return [554 if self.is_full else 250] * (len(addresses) if self.hop.is_lmtp else 1)


@attrs.frozen(eq=False, kw_only=True)
class _StoreDoor(Door):
    """The store behind a system, for one attempt.

    Args:
        attempts: How many were made before.
    """

    attempts: int

    def answer_rcpt(self, address: str) -> int:
        """Return the reply code to RCPT: what the mailbox says, if it says it now."""
        mailbox = self.system.mailbox(address)
        return 250 if mailbox.is_asked_late else self._code(mailbox)

    def answer_end(self, addresses: Sequence[str]) -> Sequence[int]:
        """Return what the mailboxes say that have not said it yet."""
        codes = [self._late(self.system.mailbox(each)) for each in addresses]
        # With SMTP there is one reply for all: the gravest.
        return codes if self.hop.is_lmtp else [max(codes)]

    def _late(self, mailbox: Mailbox) -> int:
        return self._code(mailbox) if mailbox.is_asked_late else 250

    def _code(self, mailbox: Mailbox) -> int:
        return mailbox.answers[min(self.attempts, len(mailbox.answers) - 1)]


def make_door(client: Host, system: System, *, attempts: int, is_full: bool) -> Door:
    """Return the server that a client meets at a system: at its own, the store.

    Args:
        client: Who calls.
        system: Who is called.
        attempts: How many were made before.
        is_full: Whether the message has passed too many systems.
    """
    host = system.host
    if client is not host:
        hop = NextHop.from_ehlo(
            host.name, system.keywords(), most_recipients=client.most_recipients
        )
        announced = (host.dsn, host.smtputf8, host.shortest_seconds)
        assert announced == (hop.dsn, hop.smtputf8, hop.shortest_seconds)
        return Door(system=system, hop=hop, is_full=is_full)
    keywords = ["SMTPUTF8"] if host.smtputf8 else []
    hop = NextHop.from_ehlo(
        f"store.{host.name}",
        keywords,
        is_lmtp=host.store is Store.LMTP,
        is_final=True,
        most_recipients=client.most_recipients,
    )
    return _StoreDoor(system=system, hop=hop, attempts=attempts)
