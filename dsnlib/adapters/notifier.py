"""From what became of a message to the messages that follow from it.

    follow   a message    -> what aliases and lists make of it
    notify   outcomes     -> the notifications that are due, each followed like other mail

The engine decides, this module asks it and makes messages for the queue; whoever calls
adds them in the same transition that they follow from.

Rules.
- A notification of something that aliases settle is followed too, until none is left:
  nobody is told of a notification that fails but the postmaster, and nobody of that.
- What goes to a mailbox that takes US-ASCII is written so that any server takes its
  header: with UTF-8 only where the address itself needs it (RFC 6531 s3.2).
- A budget is spent once, however many decisions are under way.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib.adapters.content import Content
from dsnlib.adapters.head import read_head
from dsnlib.adapters.own_files import with_own_files
from dsnlib.adapters.queue import NewMessage, new_queue_id
from dsnlib.compose.language.choose import choose_language
from dsnlib.compose.original import open_original
from dsnlib.errors import LookupFailed
from dsnlib.model.local_part import domain_of
from dsnlib.policy.budget import Spending, budget_keys
from dsnlib.policy.draft import Withheld
from dsnlib.policy.expand import ExpandedMail, expand
from dsnlib.policy.expansion import Expansion
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.notify import DsnDecision, plan_dsns
from dsnlib.policy.profile import DEFAULT, Profile

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dsnlib.compose.bounce import BounceComposer
    from dsnlib.compose.message import ComposedMessage
    from dsnlib.model.envelope import Envelope
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.plan import DsnPlan
    from dsnlib.policy.reporter import Reporter

__all__ = ["Following", "Notifier"]

LookUp: TypeAlias = Callable[[str], Expansion | None]
# What budgets have spent, by key: `Queue.spending`.
AskSpending: TypeAlias = Callable[[Iterable[str]], Awaitable[Mapping[str, Spending]]]
# A message, what became of it, and the identifier that the first of its copies has.
_Expanded: TypeAlias = tuple[NewMessage, Iterable[ExpandedMail], str | None]

_TOKEN_OCTETS = 18
_MOST_AT_ONCE_OCTETS = 1 << 20
# Keys whose spending is remembered here; the queue has the others.
_MOST_REMEMBERED = 10_000


def _messages(values: Iterable[NewMessage]) -> tuple[NewMessage, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Following:
    """What follows from a message or an attempt, to be added in one transition.

    Args:
        messages: The messages for the queue.
        spending: What has changed in the budgets.
        decision: What was decided of the outcomes that were given; `None` where
            there were none.
        withheld: Of `follow` and `make`: what nobody is told of what aliases and lists
            have settled, each with the identifier of its message.
    """

    messages: tuple[NewMessage, ...] = attrs.field(default=(), converter=_messages)
    spending: Mapping[str, Spending] = attrs.field(factory=dict)
    decision: DsnDecision | None = None
    withheld: tuple[tuple[str, Withheld], ...] = ()


def _nothing(_address: str) -> None:
    return None


class Notifier:
    """Makes messages of decisions.

    Args:
        composer: Writes notifications.
        profile: What the site does where the RFCs leave it open.
        look_up: What an address leads to; nothing if not given.
        spending: Asks what budgets have spent: `Queue.spending`.  Without it only
            what was spent since the start counts.
        language: The language of notifications, where nobody asks for another.
        domain_languages: Languages by the domain that is written to; see
            `choose_language`.
        new_token: Returns a token that was never used before and cannot be guessed.
    """

    def __init__(
        self,
        composer: BounceComposer,
        *,
        profile: Profile = DEFAULT,
        look_up: LookUp = _nothing,
        spending: AskSpending | None = None,
        language: str = "en",
        domain_languages: Mapping[str, str] | None = None,
        new_token: Callable[[], str] | None = None,
    ) -> None:
        self.profile = profile.with_reporter(composer.reporter)
        self._composer = composer
        form = attrs.evolve(composer.form, is_seven_bit=True)
        self._ascii_composer = attrs.evolve(composer, form=form)
        self._look_up = look_up
        self._ask_spending = spending
        self._language = language
        self._domain_languages = dict(domain_languages or {})
        self._new_token = new_token or _new_token
        self._spent: OrderedDict[str, Spending] = OrderedDict()

    @property
    def reporter(self) -> Reporter:
        """Who notifies."""
        return self._composer.reporter

    async def follow(
        self, message: NewMessage, *, copies: Iterable[str] = (), now: dt.datetime
    ) -> Following:
        """Return what a message becomes where its recipients are aliases and lists.

        The first of its copies has its queue identifier and its file.

        Args:
            message: The message, as it was received.
            copies: Addresses that get a blind copy.
            now: When; with a zone.

        Raises:
            LookupFailed: A table of aliases cannot answer.
            InvalidAddress: The address of a blind copy cannot stand in a command.
            OSError: There is no room for the file of a copy.
        """
        mails = self.expand(message.envelope, copies=copies)
        followed = await self._make([(message, mails, message.queue_id)], now)
        return attrs.evolve(followed, messages=await with_own_files(followed.messages))

    def expand(self, envelope: Envelope, *, copies: Iterable[str] = ()) -> tuple[ExpandedMail, ...]:
        """Return what aliases and lists make of an envelope.

        Args:
            envelope: It.
            copies: Addresses that get a blind copy.

        Raises:
            LookupFailed: A table of aliases cannot answer.
            InvalidAddress: The address of a blind copy cannot stand in a command.
        """
        return expand(envelope, self._look_up, policy=self.profile.expand, copies=copies)

    async def make(
        self, message: NewMessage, mails: Iterable[ExpandedMail], *, now: dt.datetime
    ) -> Following:
        """Return the messages that aliases and lists have made of one that is in the queue.

        Each has an identifier of its own, and all have the octets of the message.

        Args:
            message: The message, as it is in the queue.
            mails: What was made of it.
            now: When; with a zone.

        Raises:
            LookupFailed: A table of aliases cannot answer.
        """
        return await self._make([(message, mails, None)], now)

    async def notify(
        self,
        envelope: Envelope,
        outcomes: Iterable[DeliveryOutcome],
        *,
        facts: MessageFacts,
        content: Content | None,
        is_delay_due: bool,
        about: str,
        now: dt.datetime,
    ) -> Following:
        """Return the notifications that outcomes call for.

        Args:
            envelope: The message's.
            outcomes: What became of recipients, settled by `AttemptPlan.settle`.
            facts: What is known of the message besides.
            content: The message; `None` if it cannot be read.
            is_delay_due: Whether this is the time to tell of delays.
            about: The identifier of the message.
            now: When; with a zone.

        Raises:
            LookupFailed: A table of aliases cannot answer.
        """
        decision, notices, changes = await self._write(
            envelope, outcomes, facts=facts, content=content,
            is_delay_due=is_delay_due, about=about, now=now,
        )  # fmt: skip
        if not notices:
            return Following(spending=changes, decision=decision)
        try:
            followed = await self._make(self._followed(notices), now)
        except LookupFailed:
            # Nothing was sent, and all is decided again.
            self._take_back(changes)
            raise
        return Following(
            messages=followed.messages,
            spending={**changes, **followed.spending},
            decision=decision,
        )

    def _followed(self, notices: Iterable[NewMessage]) -> Iterator[_Expanded]:
        return ((each, self.expand(each.envelope), each.queue_id) for each in notices)

    async def _make(self, expanded: Iterable[_Expanded], now: dt.datetime) -> Following:
        made: list[NewMessage] = []
        spending: dict[str, Spending] = {}
        withheld: list[tuple[str, Withheld]] = []
        pending = deque(expanded)
        while pending:
            message, mails, identifier = pending.popleft()
            for mail in mails:
                if mail.envelope is not None:
                    queue_id = identifier or new_queue_id(now)
                    copy = attrs.evolve(message, queue_id=queue_id, envelope=mail.envelope)
                    made.append(copy)
                    identifier = None
                if mail.settled is None:
                    continue
                decision, notices, changes = await self._write(
                    mail.settled, mail.outcomes, facts=message.facts, content=message.content,
                    is_delay_due=False, about=message.queue_id, now=now,
                )  # fmt: skip
                spending.update(changes)
                withheld += [(message.queue_id, each) for each in decision.withheld]
                pending += self._followed(notices)
        return Following(messages=made, spending=spending, withheld=tuple(withheld))

    async def _write(
        self,
        envelope: Envelope,
        outcomes: Iterable[DeliveryOutcome],
        *,
        facts: MessageFacts,
        content: Content | None,
        is_delay_due: bool,
        about: str,
        now: dt.datetime,
    ) -> tuple[DsnDecision, list[NewMessage], Mapping[str, Spending]]:
        content = Content() if content is None else content
        spent = await self._spending(envelope, facts)
        languages = _Languages(self, envelope, content)
        decision = plan_dsns(
            envelope,
            outcomes,
            reporter=self.reporter,
            policy=self.profile.dsn,
            facts=facts if facts.queue_id else attrs.evolve(facts, queue_id=about),
            is_delay_due=is_delay_due,
            languages=languages,
            spending=spent,
            now=now,
        )
        self._remember(decision.spending)
        notices = []
        for plan in decision.plans:
            octets, composed = await asyncio.to_thread(self._compose, plan, content, now)
            queue_id = new_queue_id(now)
            notices.append(
                NewMessage(
                    queue_id=queue_id,
                    envelope=attrs.evolve(composed.envelope, arrival=now),
                    content=Content(body=octets),
                    facts=MessageFacts.from_header(octets, queue_id=queue_id),
                    about=about,
                )
            )
        return decision, notices, decision.spending

    def _compose(
        self, plan: DsnPlan, content: Content, now: dt.datetime
    ) -> tuple[bytes, ComposedMessage]:
        composer = self._composer
        composed = self._composed(composer, plan, content, now)
        if composed.needs_smtputf8 and plan.recipient.address.isascii():
            composed = self._composed(self._ascii_composer, plan, content, now)
        try:
            return composed.as_bytes(), composed
        except OSError:
            # The message can be read no longer: what became of it is to be told all the same.
            composed = self._composed(self._ascii_composer, plan, Content(), now)
            return composed.as_bytes(), composed

    def _composed(
        self, composer: BounceComposer, plan: DsnPlan, content: Content, now: dt.datetime
    ) -> ComposedMessage:
        token = self._new_token()
        size = len(content)
        try:
            # What is all there is labelled by what it has, and not by what it may have.
            original = content.read() if size <= _MOST_AT_ONCE_OCTETS else content.chunks()
            return composer.compose(plan, original, now=now, token=token, size_octets=size)
        except OSError:
            return composer.compose(plan, b"", now=now, token=token)

    async def _spending(self, envelope: Envelope, facts: MessageFacts) -> Mapping[str, Spending]:
        budget = self.profile.dsn.budget
        if budget is None:
            return {}
        keys = tuple(budget_keys(budget, envelope.return_path, facts.source))
        missing = [key for key in keys if key not in self._spent]
        if self._ask_spending is not None and missing:
            for key, value in (await self._ask_spending(missing)).items():
                # Decided meanwhile: what is remembered is newer.
                self._spent.setdefault(key, value)
        return {key: self._spent[key] for key in keys if key in self._spent}

    def _remember(self, changes: Mapping[str, Spending]) -> None:
        for key, value in changes.items():
            self._spent[key] = value
            self._spent.move_to_end(key)
        while len(self._spent) > _MOST_REMEMBERED:
            self._spent.popitem(last=False)

    def _take_back(self, changes: Mapping[str, Spending]) -> None:
        for key, value in changes.items():
            if self._spent.get(key) == value:
                # What was spent before is asked of the queue again.
                del self._spent[key]

    def language_for(self, envelope: Envelope, content: Content) -> str:
        """Return the language to write to a message's sender in.  Never raises."""
        try:
            head, _ = read_head(content)
        except OSError:
            head = b""
        fields = open_original(head).fields()
        return choose_language(
            self._composer.library.languages,
            accept_language=fields.get("accept-language"),
            content_language=fields.get("content-language"),
            domain=domain_of(envelope.return_path),
            domain_languages=self._domain_languages,
            default=self._language,
        ).language


class _Languages:
    """Asked for a recipient's language only where somebody is told of it."""

    def __init__(self, notifier: Notifier, envelope: Envelope, content: Content) -> None:
        self._notifier = notifier
        self._envelope = envelope
        self._content = content

    @cached_property
    def _tags(self) -> Sequence[str]:
        return (self._notifier.language_for(self._envelope, self._content),)

    def __call__(self, _outcome: DeliveryOutcome) -> Sequence[str]:
        return self._tags


def _new_token() -> str:
    return secrets.token_hex(_TOKEN_OCTETS)
