"""What the tests of scenarios ask of a run: who said what to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.laws import check_laws
from tests.simulation.ledger import Ledger, MailKind
from tests.simulation.network import Mailbox, Network
from tests.simulation.world import run_network

if TYPE_CHECKING:
    from dsnlib import DsnPlan

__all__ = ["commands", "plans", "run", "told", "users"]


def run(network: Network) -> Ledger:
    """Return what happened in a network, after the laws were asked."""
    ledger = run_network(network, writes=True)
    check_laws(network, ledger)
    return ledger


def plans(ledger: Ledger, kind: MailKind = MailKind.NOTIFICATION) -> list[DsnPlan]:
    """Return the notifications."""
    return [mail.plan for mail in ledger.mails if mail.plan is not None and mail.kind is kind]


def told(ledger: Ledger, kind: MailKind = MailKind.NOTIFICATION) -> list[str]:
    """Return who told whom what of whom."""
    return [
        f"{plan.report.message.reporting_mta} to {plan.recipient.address}: "
        f"{each.action and each.action.value} {each.final_recipient} {each.status}"
        for plan in plans(ledger, kind)
        for each in plan.report.recipients
    ]


def commands(ledger: Ledger, client: str, server: str) -> list[str]:
    """Return the commands of the posts that went from one host to another."""
    return [
        line
        for arrival in ledger.arrivals
        if (arrival.client.name, arrival.hop.name.name) == (client, server)
        and arrival.mail.kind is MailKind.POST
        for line in (
            " ".join([f"MAIL FROM:<{arrival.sender}>", *arrival.mail_words]),
            *(" ".join([f"RCPT TO:<{name}>", *words]) for name, words, _ in arrival.recipients),
        )
    ]


def users(*names: str, mailbox: Mailbox | None = None) -> tuple[tuple[str, Mailbox], ...]:
    """Return people with a mailbox."""
    return tuple((name.lower(), mailbox or Mailbox()) for name in names)
