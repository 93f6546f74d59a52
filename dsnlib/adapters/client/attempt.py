"""One attempt at recipients of a message that have the same next hop: a result for each.

    open session of the next hop -> its places in their order -> the fallback relays
        each: plan -> MAIL, RCPT.., the message -> who was taken, who was refused, who is left

Rules.
- Who is left goes on to the next place: those that a server put off, or could not be asked
  for what they need.  A refusal for good is the answer (RFC 5321 s4.2.1); but a greeting
  that refuses speaks for one server of several.
- What may have reached a server to its end goes to no other: without an answer it is put
  off, and with one that was the answer.
- A session that was open already and ends before it has said anything is forgotten: the
  mail goes in a new one, and nobody hears of it.
- A server that takes no more recipients at once gets the others in the next transaction,
  so many as it took (RFC 5321 s4.5.3.1.10).
- It ends in time, whatever servers do: each step has its limit, and after the time of an
  attempt none is begun.
- The domain of a recipient is a domain: what stands behind a stranger's `@` chooses no
  port and no socket here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib.adapters.agents.verdict import one_line
from dsnlib.adapters.client.follow_up import (
    closing_reply,
    is_stale,
    left_out,
    may_be_bettered,
)
from dsnlib.adapters.client.opening import mta_name
from dsnlib.adapters.client.plan import plan_message
from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.tally import RecipientTally
from dsnlib.adapters.client.tls.server_names import bare_nexthop
from dsnlib.adapters.client.trouble import Trouble, make_trouble
from dsnlib.model.address import MtaName
from dsnlib.model.local_part import split_address
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayPlan, RelayPolicy, RelayRecipient, Transaction
from dsnlib.policy.settle import Settled, TransactionReplies, settle_recipients

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.adapters.client.errand import Errand
    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.sessions import HeldSession, Sessions
    from dsnlib.model.envelope import Recipient

__all__ = ["Attempt", "PlaceSource"]

# A null MX says that there is nobody at all (RFC 7505 s3).
_NO_MAIL_AT_ALL = "5.1.10"
_NO_DOMAIN = "5.1.2"


class PlaceSource(Protocol):
    """Who knows where next hops are, as `MxRouter` does."""

    async def places(self, nexthop: str, *, is_configured: bool = False) -> tuple[ServerPlace, ...]:
        """Return the places of a next hop in their order; may raise `Trouble`."""

    async def fallback_places(self, nexthop: str) -> tuple[ServerPlace, ...]:
        """Return where its mail goes after all of them; may raise `Trouble`."""


class Attempt:
    """One attempt.

    Args:
        errand: What is to be sent.
        sessions: Opens sessions.
        router: Knows the places of next hops.
        policy: What RFC 3461 leaves to a relay.
    """

    def __init__(
        self,
        errand: Errand,
        *,
        sessions: Sessions,
        router: PlaceSource,
        policy: RelayPolicy,
    ) -> None:
        self._errand = errand
        self._sessions = sessions
        self._router = router
        self._policy = policy
        self._tally = RecipientTally(errand.recipients)
        self._is_kept = sessions.keeps(errand.nexthop, is_busy=errand.is_busy)
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._deadline = self._begun + sessions.settings.session_seconds
        self._asked: set[tuple[str, int | None]] = set()

    async def run(self) -> tuple[SendResult, ...]:
        """Return what became of each recipient, in their order."""
        errand = self._errand
        is_configured = not _is_domain_of(errand.recipients, errand.nexthop.lower())
        if not is_configured and not _is_domain(errand.nexthop):
            text = one_line(f"{errand.nexthop} is no domain that mail could be for")
            self._keep_trouble(make_trouble(_NO_DOMAIN, text, command="DNS"), self._tally.left)
            return self._tally.results()
        if self._is_kept:
            await self._by_open_session()
        if self._tally:
            await self._by_places(is_configured=is_configured)
            lacking = self._tally.lacks()
        else:
            lacking = ()
        if lacking:
            text = f"no server of {self._errand.nexthop} could be tried in time"
            self._keep_trouble(make_trouble("4.4.2", text, command="connect"), lacking)
        return self._tally.results()

    @property
    def _is_late(self) -> bool:
        return self._loop.time() >= self._deadline

    async def _by_open_session(self) -> None:
        errand = self._errand
        try:
            held = await self._sessions.find(errand.nexthop, errand.envelope.sender)
        except Trouble:
            # Whoever opens one will be told the same.
            return
        if held is not None:
            everybody = self._tally.left
            rest = await self._use(held, everybody)
            # Nobody is left of most messages.
            if rest != everybody and self._tally:
                await self._at(held.session.place, rest)

    async def _by_places(self, *, is_configured: bool) -> None:
        errand = self._errand
        may_fall_back = True
        try:
            async with asyncio.timeout_at(self._deadline):
                places = await self._router.places(errand.nexthop, is_configured=is_configured)
        except TimeoutError:
            return
        except Trouble as trouble:
            self._keep_trouble(trouble, self._tally.left)
            may_fall_back = str(trouble.replies.lost_status) != _NO_MAIL_AT_ALL
        else:
            await self._each_of(places)
        if self._tally and may_fall_back and not self._is_late:
            try:
                async with asyncio.timeout_at(self._deadline):
                    places = await self._router.fallback_places(errand.nexthop)
            except TimeoutError:
                return
            except Trouble as trouble:
                self._keep_trouble(trouble, self._tally.left)
            else:
                await self._each_of(places)

    async def _each_of(self, places: Iterable[ServerPlace]) -> None:
        most = self._sessions.settings.most_sessions
        sessions = 0
        for place in places:
            if not self._tally or self._is_late or sessions == most > 0:
                return
            if (place.address, place.port) not in self._asked:
                sessions += await self._at(place, self._tally.left)

    async def _at(self, place: ServerPlace, recipients: tuple[Recipient, ...]) -> bool:
        """Try recipients at one place, and tell whether there was a session."""
        errand = self._errand
        sender = errand.envelope.sender
        may_reuse = self._is_kept
        has_met = False
        self._asked.add((place.address, place.port))
        while recipients:
            try:
                async with asyncio.timeout_at(self._deadline):
                    held = await self._sessions.open(
                        place, errand.nexthop, sender, may_reuse=may_reuse
                    )
            except TimeoutError:
                text = f"{place} took all the time that there was"
                self._keep_trouble(make_trouble("4.4.2", text, command="connect"), recipients)
                return has_met
            except Trouble as trouble:
                self._meet(trouble, recipients)
                return has_met
            recipients = await self._use(held, recipients)
            # Whoever is left now goes in a new connection.
            may_reuse = False
            has_met = True
        return has_met

    async def _use(
        self, held: HeldSession, recipients: tuple[Recipient, ...]
    ) -> tuple[Recipient, ...]:
        """Send in a session, and return those who have to be asked for in another one."""
        ready = self._loop.time()
        try:
            if held.is_sure or await held.session.probe():
                recipients = await self._converse(held, recipients, ready)
        except BaseException:
            held.close()
            raise
        errand = self._errand
        self._sessions.give_back(
            held, errand.nexthop, errand.envelope.sender, is_kept=self._is_kept
        )
        return recipients

    async def _converse(
        self, held: HeldSession, recipients: tuple[Recipient, ...], ready: float
    ) -> tuple[Recipient, ...]:
        session, errand = held.session, self._errand
        held.uses += 1
        plan = self._plan(held, session.hop, recipients, ready)
        pending = deque(plan.transactions)
        may_be_stale = held.is_reused
        while pending:
            if self._loop.time() >= self._deadline:
                return _recipients_of(pending)
            transaction = pending.popleft()
            replies = await session.transact(transaction, errand.content, body=errand.envelope.body)
            has_sent = session.has_sent
            if may_be_stale and is_stale(replies, has_sent=has_sent):
                return recipients
            may_be_stale = False
            settled = self._settle(plan, transaction, replies)
            again, taken = left_out(settled)
            if again and session.is_reusable:
                # A server chooses how many these are: each is looked for once.
                left = set(map(id, again))
                settled = [each for each in settled if id(each) not in left]
                hop = attrs.evolve(session.hop, most_recipients=taken)
                rest = [each.outcome.recipient for each in again]
                rest += _recipients_of(pending)
                plan = self._plan(held, hop, rest, ready)
                pending = deque(plan.transactions)
            self._note(held, settled, ready, has_sent=has_sent)
            if pending and not session.is_reusable:
                closing = closing_reply(replies)
                if closing is None and all(each.answer is not None for each in settled):
                    return _recipients_of(pending)
                same = TransactionReplies(
                    mail=closing, lost=replies.lost, lost_status=replies.lost_status
                )
                for later in pending:
                    self._note(held, self._settle(plan, later, same), ready, has_sent=False)
                return ()
        return ()

    def _plan(
        self, held: HeldSession, hop: NextHop, recipients: Sequence[Recipient], ready: float
    ) -> RelayPlan:
        """Return how to ask for recipients, and note those that cannot be asked for."""
        errand = self._errand
        plan = plan_message(
            held.session.features,
            hop,
            errand.envelope,
            recipients,
            errand.content,
            policy=self._policy,
            now=errand.now,
            may_chunk=self._sessions.settings.may_chunk,
        )
        if plan.outcomes:
            refused = attrs.evolve(plan, transactions=())
            settled = settle_recipients(refused, (), now=errand.now)
            self._note(held, settled, ready, has_sent=False)
        return plan

    def _settle(
        self, plan: RelayPlan, transaction: Transaction, replies: TransactionReplies
    ) -> Sequence[Settled]:
        if plan.outcomes or len(plan.transactions) != 1 or plan.transactions[0] is not transaction:
            plan = attrs.evolve(plan, outcomes=(), transactions=(transaction,))
        return settle_recipients(plan, (replies,), now=self._errand.now)

    def _note(
        self, held: HeldSession, settled: Sequence[Settled], ready: float, *, has_sent: bool
    ) -> None:
        """Note what became of recipients in a session that was ready at a time."""
        session, uses = held.session, held.uses
        place, has_dsn, tls, is_verified = (
            session.place,
            session.hop.dsn,
            session.tls,
            session.is_verified,
        )
        setup_seconds = ready - self._begun
        held.freed_seconds = now = self._loop.time()
        sending_seconds = now - ready
        final: list[SendResult] = []
        for each in settled:
            result = SendResult(
                outcome=each.outcome,
                # `value` is the same and takes ten times as long.
                command=each.step._value_,
                answer=each.answer,
                place=place,
                has_dsn=has_dsn,
                tls=tls,
                is_verified=is_verified,
                connection_uses=uses,
                setup_seconds=setup_seconds,
                sending_seconds=sending_seconds,
            )
            if may_be_bettered(each, has_sent=has_sent):
                self._tally.keep(result)
            else:
                final.append(result)
        if not self._tally.end_all(final):
            for result in final:
                self._tally.end(result)

    def _meet(self, trouble: Trouble, recipients: tuple[Recipient, ...]) -> None:
        """Note what came in place of a session with one server."""
        if trouble.is_temporary or trouble.command == "greeting":
            self._keep_trouble(trouble, recipients)
        else:
            for each in self._results(trouble, recipients):
                self._tally.end(each)

    def _keep_trouble(self, trouble: Trouble, recipients: Sequence[Recipient]) -> None:
        for each in self._results(trouble, recipients):
            self._tally.keep(each)

    def _results(self, trouble: Trouble, recipients: Sequence[Recipient]) -> list[SendResult]:
        errand, place = self._errand, trouble.place
        transaction = Transaction(
            sender=errand.envelope.sender,
            recipients=tuple([RelayRecipient(each) for each in recipients]),
        )
        plan = RelayPlan(
            hop=NextHop(name=_name_of(place, errand.nexthop)),
            transactions=(transaction,),
            diagnostic_type=self._policy.diagnostic_type,
        )
        seconds = self._loop.time() - self._begun
        return [
            SendResult(
                outcome=each.outcome,
                command=trouble.command,
                answer=trouble.answer if each.answer is None else each.answer,
                place=place,
                setup_seconds=seconds,
            )
            for each in self._settle(plan, transaction, trouble.replies)
        ]


def _recipients_of(transactions: Iterable[Transaction]) -> tuple[Recipient, ...]:
    return tuple([each.recipient for one in transactions for each in one.recipients])


def _is_domain_of(recipients: Iterable[Recipient], name: str) -> bool:
    """Tell whether a name in lower case is the domain of a recipient."""
    for each in recipients:
        address = each.address
        # Nearly always it is nowhere in it.
        if name in address.lower() and split_address(address)[2].lower() == name:
            return True
    return False


def _is_domain(name: str) -> bool:
    """Tell whether a next hop is no more than a domain or an address literal."""
    return ":" not in name or (name[:1] == "[" and name[-1:] == "]")


def _name_of(place: ServerPlace | None, nexthop: str) -> MtaName:
    """Return what a report calls a server, or the next hop where there was none."""
    name = bare_nexthop(nexthop) or "localhost" if place is None else mta_name(place)
    return MtaName("dns", name)
