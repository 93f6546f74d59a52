"""One mail system of a network, written as the library's users would write theirs.

Mail comes in, `expand` follows aliases, `plan_relay` says what to send,
`settle_relay` what became of it, `plan_attempt` when to go on, `plan_dsns` what
is told; a notification is mail again.  Beside each call stands what truly
happened, for the laws.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import attrs

from dsnlib import (
    Audience,
    DeliveryOutcome,
    DiagnosticCode,
    Disposition,
    EnhancedStatusCode,
    Envelope,
    Expansion,
    MessageFacts,
    QueueHistory,
    Recipient,
    Reporter,
    expand,
    plan_attempt,
    plan_dsns,
)
from tests.simulation.client import Client
from tests.simulation.item import Item, World
from tests.simulation.ledger import (
    Asked,
    Case,
    Decision,
    End,
    Mail,
    MailKind,
    Strand,
)
from tests.simulation.network import Host, Mailbox, Store
from tests.simulation.reference import follow_all, key_of_recipient
from tests.simulation.truth import (
    RETRY,
    QueueTruth,
    match,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib import DsnPlan, Spending
    from dsnlib.policy.notify import DsnDecision

__all__ = ["Mta"]


_NO_DOMAIN = EnhancedStatusCode.parse("5.1.2")
_LOCAL = {
    # what a mailbox answers: what an outcome calls it, what it is, its status
    250: (Disposition.DELIVERED, End.STORED, EnhancedStatusCode.parse("2.0.0")),
    450: (Disposition.DELAYED, End.WAITING, EnhancedStatusCode.parse("4.2.0")),
    452: (Disposition.DELAYED, End.WAITING, EnhancedStatusCode.parse("4.2.2")),
    550: (Disposition.FAILED, End.FAILED, EnhancedStatusCode.parse("5.1.1")),
}


class Mta:
    """A mail system.

    Args:
        host: What the network says of it.
        world: The rest.
    """

    def __init__(self, host: Host, world: World) -> None:
        self.host = host
        self.entries = dict(host.entries)
        self.reporter = Reporter.parse(host.name)
        self._world = world
        self._ledger = world.ledger
        self._habit = host.habit
        self._client = Client(host, world)
        self._spending: dict[str, Spending] = {}

    def look_up(self, address: str) -> Expansion | None:
        """Return what an address of this system leads to."""
        local_part, _, domain = address.rpartition("@")
        if domain.lower() != self.host.name:
            return None
        found = self.entries.get(local_part.lower())
        return found if isinstance(found, Expansion) else None

    def mailbox(self, address: str) -> Mailbox:
        """Return the mailbox of an address here; who does not exist has one that refuses."""
        found = self.entries.get(address.rpartition("@")[0].lower())
        return found if isinstance(found, Mailbox) else Mailbox((550,))

    def keywords(self) -> list[str]:
        """Return what EHLO announces."""
        words = ["SIZE 1000000"]
        words += ["DSN"] * self.host.dsn + ["SMTPUTF8"] * self.host.smtputf8
        if self.host.shortest_seconds is not None:
            words.append(f"DELIVERBY {self.host.shortest_seconds}")
        return words

    def receive(
        self,
        mail: Mail,
        envelope: Envelope,
        strands: Sequence[Strand],
        *,
        hops: int,
        is_authenticated: bool = False,
    ) -> None:
        """Take the responsibility for a message; there is a strand for each recipient."""
        self._ledger.strands += strands
        parts = follow_all(mail, strands, self.look_up, self._habit)
        made = expand(envelope, self.look_up, policy=self._habit.expand)
        if len(parts) != len(made):
            surprise = f"expand: {len(made)} messages, not {len(parts)}, of {envelope}"
            self._ledger.surprises.append(surprise)
            return
        for part, expanded in zip(parts, made, strict=True):
            kept = [each for group in part.kept.values() for each in group]
            self._note_part(part.mail, [*kept, *(each for each, _, _ in part.settled)])
            facts = self._facts(part.mail, hops, is_authenticated=is_authenticated)
            cases, surprises = match(part, expanded)
            self._ledger.surprises += surprises
            if expanded.settled is not None:
                self._decide(part.mail, expanded.settled, cases, facts)
            if expanded.envelope is not None:
                recipients = expanded.envelope.recipients
                item = Item(
                    mail=part.mail,
                    envelope=expanded.envelope,
                    strands={
                        id(each): part.kept.get(key_of_recipient(each), []) for each in recipients
                    },
                    pending=[*recipients],
                    history=QueueHistory(arrival=envelope.arrival or self._world.now),
                    facts=facts,
                    hops=hops,
                )
                self._world.after(0, functools.partial(self._attempt, item))

    def _note_part(self, mail: Mail, strands: Iterable[Strand]) -> None:
        if mail.kind is MailKind.COPY and mail not in self._ledger.mails:
            self._ledger.mails.append(mail)
        known = set(map(id, self._ledger.strands))
        self._ledger.strands += [each for each in strands if id(each) not in known]

    @staticmethod
    def _facts(mail: Mail, hops: int, *, is_authenticated: bool) -> MessageFacts:
        kinds = (each.kind for each in mail.lineage())
        told = next(each for each in kinds if each is not MailKind.COPY)
        return MessageFacts(
            is_authenticated=is_authenticated,
            auto_submitted="auto-replied" if mail.is_report else None,
            is_bulk=mail.kind is MailKind.COPY,
            is_report=mail.is_report,
            is_notice=told is MailKind.NOTICE,
            hops=hops,
        )

    def _attempt(self, item: Item) -> None:
        """Try the recipients that are left, and tell what is to be told."""
        now = self._world.now
        truth = QueueTruth.of(item.envelope, item.history, item.asked(item.pending[0]).by)
        cases: list[Case] = []
        for destination, recipients in self._routes(item.pending).items():
            if destination is None:
                cases += [self._no_domain(item, each) for each in recipients]
            elif destination == self.host.name and self.host.store is Store.LOCAL:
                cases += [self._deliver(item, each) for each in recipients]
            else:
                cases += self._client.relay(item, destination, recipients)
        outcomes = [case.outcome for case in cases if case.outcome is not None]
        history = item.history.attempted(outcomes)
        plan = plan_attempt(item.envelope, history, policy=RETRY, now=now)
        settled = plan.settle(outcomes, history)
        cases = [
            attrs.evolve(
                case,
                outcome=outcome,
                end=truth.end(case.end, now),
                is_late=truth.is_late(case.end, now),
            )
            for case, outcome in zip(cases, settled, strict=True)
        ]
        decision = self._decide(
            item.mail, item.envelope, cases, item.facts, is_delay_due=plan.is_delay_due
        )
        item.history = history.notified(plan, decision, now=now)
        item.pending = [
            each.recipient for each in settled if each.disposition is Disposition.DELAYED
        ]
        if item.pending and plan.next_attempt is not None:
            seconds = (plan.next_attempt - now).total_seconds()
            self._world.after(seconds, functools.partial(self._attempt, item))

    def _routes(self, recipients: Iterable[Recipient]) -> dict[str | None, list[Recipient]]:
        routes: dict[str | None, list[Recipient]] = {}
        for each in recipients:
            route: str | None = each.address.rpartition("@")[2].lower()
            if route != self.host.name:
                route = self.host.smarthost or route
                if self._world.find(route or "") is None:
                    route = None
            routes.setdefault(route, []).append(each)
        return routes

    def _no_domain(self, item: Item, recipient: Recipient) -> Case:
        outcome = DeliveryOutcome(
            recipient=recipient,
            disposition=Disposition.FAILED,
            status=_NO_DOMAIN,
            diagnostic=DiagnosticCode(self.reporter.diagnostic_type, "there is no such domain"),
        )
        return item.case(outcome, End.FAILED)

    def _deliver(self, item: Item, recipient: Recipient) -> Case:
        answers = self.mailbox(recipient.address).answers
        code = answers[min(item.history.attempts, len(answers) - 1)]
        disposition, end, status = _LOCAL[code]
        outcome = DeliveryOutcome(
            recipient=recipient,
            disposition=disposition,
            status=status,
            attempted=self._world.now,
        )
        return item.case(outcome, end)

    def _decide(
        self,
        mail: Mail,
        envelope: Envelope,
        cases: Sequence[Case],
        facts: MessageFacts,
        *,
        is_delay_due: bool = False,
    ) -> DsnDecision:
        """Tell what is to be told, and send it."""
        for case in cases:
            for strand in case.strands:
                strand.end, strand.is_traced = case.end, case.is_traced
        decision = plan_dsns(
            envelope,
            [case.outcome for case in cases if case.outcome is not None],
            reporter=self.reporter,
            policy=self._habit.dsn,
            facts=facts,
            is_delay_due=is_delay_due,
            spending=self._spending,
            now=self._world.now,
        )
        self._spending.update(decision.spending)
        self._ledger.decisions.append(
            Decision(host=self.host, mail=mail, envelope=envelope, cases=cases, decision=decision)
        )
        for plan in decision.plans:
            self._send(plan, mail)
        return decision

    def _send(self, plan: DsnPlan, about: Mail) -> None:
        is_notice = plan.audience is Audience.POSTMASTER
        mail = Mail(
            kind=MailKind.NOTICE if is_notice else MailKind.NOTIFICATION,
            about=about,
            sender="",
            smtputf8=plan.envelope.smtputf8,
            is_header_ascii=plan.recipient.address.isascii(),
            plan=plan,
        )
        self._ledger.mails.append(mail)
        self._world.write(mail, self.reporter)
        address = plan.recipient.address
        strand = Strand(
            mail=mail,
            host=self.host.name,
            sender="",
            accepted=address,
            address=address,
            asked=Asked.read([], plan.recipient.params.to_options(smtputf8=True)),
        )
        envelope = attrs.evolve(plan.envelope, arrival=self._world.now)
        self._world.after(0, functools.partial(self.receive, mail, envelope, [strand], hops=0))
