"""A mail system as a client: `plan_relay`, the commands, `settle_relay`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from dsnlib import Envelope, MtaName, Recipient, plan_relay, settle_relay
from tests.simulation.door import make_door
from tests.simulation.ledger import Arrival, Case, Strand
from tests.simulation.truth import ask_onward, cannot_go, end_of, is_traced
from tests.simulation.wire import Fate, converse
from tests.simulation.words import as_it_arrives

if TYPE_CHECKING:
    from dsnlib import Transaction
    from tests.simulation.door import Door
    from tests.simulation.item import Item, World
    from tests.simulation.network import Host
    from tests.simulation.wire import Conversation

__all__ = ["Client"]


class Client:
    """What sends the mail of a host.

    Args:
        host: Whose it is.
        world: The rest.
    """

    def __init__(self, host: Host, world: World) -> None:
        self._host = host
        self._world = world
        self._ledger = world.ledger

    def relay(self, item: Item, destination: str, recipients: list[Recipient]) -> list[Case]:
        """Send recipients to a server, and return what became of each."""
        world = self._world
        other = world.find(destination)
        assert other is not None
        door = make_door(
            self._host,
            other,
            attempts=item.history.attempts,
            is_full=item.hops + 1 > world.network.most_hops,
        )
        hop = door.hop
        plan = plan_relay(
            item.envelope,
            hop,
            policy=self._host.habit.relay,
            recipients=recipients,
            is_header_ascii=item.mail.is_header_ascii,
            now=world.now,
        )
        refused = {
            id(each)
            for each in recipients
            if cannot_go(
                item.envelope,
                item.mail,
                each.address,
                item.asked(each).by,
                hop,
                self._host.habit,
                world.now,
            )
        }
        fates = dict.fromkeys(refused, Fate.REFUSED)
        replies = []
        for transaction in plan.transactions:
            talk = converse(transaction, door, world.next_fault(self._host.name, destination))
            replies.append(talk.replies)
            if talk.surprise is not None:
                self._ledger.surprises.append(f"{self._host.name}: {talk.surprise}")
            for each, fate in zip(transaction.recipients, talk.fates, strict=True):
                if id(each.recipient) in refused:
                    surprise = f"relay: <{each.address}> went to {hop.name}, which cannot take it"
                    self._ledger.surprises.append(surprise)
                fates[id(each.recipient)] = fate
            self._pass_on(item, transaction, talk, door)
        cases = []
        for outcome in settle_relay(plan, replies, now=world.now):
            recipient = outcome.recipient
            if id(recipient) not in fates:
                surprise = f"relay: <{recipient.address}> was not sent to {hop.name}: {outcome}"
                self._ledger.surprises.append(surprise)
                continue
            fate = fates[id(recipient)]
            traced = fate is Fate.TAKEN and is_traced(item.asked(recipient).by, hop, world.now)
            cases.append(item.case(outcome, end_of(fate, hop), is_traced=traced))
        return cases

    def _pass_on(
        self, item: Item, transaction: Transaction, talk: Conversation, door: Door
    ) -> None:
        """Note the commands, and let the other system have what it took."""
        hop, now = door.hop, self._world.now
        groups = [item.strands[id(each.recipient)] for each in transaction.recipients]
        asked = [
            [ask_onward(strand, self._host.habit, hop, now) for strand in group] for group in groups
        ]
        self._ledger.arrivals.append(
            Arrival(
                mail=item.mail,
                client=self._host,
                hop=hop,
                at=now,
                sender=transaction.sender,
                mail_words=transaction.options,
                recipients=[
                    (each.address, each.options, [*zip(group, beside, strict=True)])
                    for each, group, beside in zip(
                        transaction.recipients, groups, asked, strict=True
                    )
                ],
                hops=item.hops,
            )
        )
        if talk.mail is None or not talk.taken or hop.is_final:
            return
        strands = []
        for index, _ in talk.taken:
            if not groups[index]:
                # Nobody knows where it comes from; that was noted with the expansion.
                return
            strand, *others = groups[index]
            for each in others:
                # One command for several: from here on they are one.
                each.is_double = True
            address = transaction.recipients[index].address
            strands.append(
                Strand(
                    mail=item.mail,
                    host=door.system.host.name,
                    sender=transaction.sender,
                    accepted=address,
                    address=address,
                    asked=as_it_arrives(asked[index][0], transaction.recipients[index].options),
                    root=strand.origin,
                    is_past=strand.is_past or not hop.dsn,
                    is_split=strand.is_split,
                    is_double=strand.is_double or talk.is_unnoticed,
                )
            )
        envelope = Envelope(
            sender=transaction.sender,
            mail=talk.mail,
            recipients=tuple(
                Recipient(transaction.recipients[index].address, params)
                for index, params in talk.taken
            ),
            smtputf8="SMTPUTF8" in transaction.options,
            arrival=now,
            received_from=MtaName("dns", self._host.name),
        )
        receiver = self._world.find(door.system.host.name)
        if receiver is not None:
            self._world.after(
                self._world.network.latency_seconds,
                functools.partial(
                    receiver.receive, item.mail, envelope, strands, hops=item.hops + 1
                ),
            )
