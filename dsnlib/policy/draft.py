"""Who is to be told what, before it is written: verdicts become drafts (RFC 3461 s5.2, s6).

Rules.
- A draft has one kind of news for one addressee, in the languages it is wanted
  in.
- Whoever is not told is withheld with the reason.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib.model.esmtp import Notify
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.policy.dsn_policy import PostmasterClass
from dsnlib.policy.guard import ask_guards
from dsnlib.policy.plan import Audience
from dsnlib.policy.table import Verdict
from dsnlib.policy.trail import Effect, TrailEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from dsnlib.model.envelope import Envelope
    from dsnlib.policy.dsn_policy import DsnPolicy
    from dsnlib.policy.facts import MessageFacts

__all__ = ["Draft", "Drafts", "Group", "Member", "Withheld", "is_owed"]

# Its place in the input, the outcome, what the table says.
Member: TypeAlias = tuple[int, DeliveryOutcome, Verdict]


@attrs.frozen(kw_only=True)
class Withheld:
    """Outcomes that the sender is not told of.

    Args:
        outcomes: Which; never empty.
        trail: Why.
        is_owed: Whether the sender should have been told, and a rule of this
            system's own stopped it.
    """

    outcomes: tuple[DeliveryOutcome, ...]
    trail: tuple[TrailEntry, ...]
    is_owed: bool = False


class ReturnPath(enum.Enum):
    """What the return path of a message allows."""

    ORDINARY = enum.auto()
    NULL = enum.auto()
    DOUBLE_BOUNCE = enum.auto()


_BOUNCE, _DELAY = PostmasterClass.BOUNCE, PostmasterClass.DELAY
_DOUBLE, _UNREPORTED = PostmasterClass.DOUBLE_BOUNCE, PostmasterClass.UNREPORTED
# The class that must be on for a copy, if the sender is told and if not.
_COPIES = {
    # return path, disposition: sender told, sender not told (as ever, of the null path)
    (ReturnPath.ORDINARY, Disposition.FAILED): (_BOUNCE, _UNREPORTED),
    (ReturnPath.ORDINARY, Disposition.DELAYED): (_DELAY, _DELAY),
    (ReturnPath.NULL, Disposition.FAILED): (_DOUBLE, _DOUBLE),
    (ReturnPath.NULL, Disposition.DELAYED): (_DELAY, _DELAY),
}  # fmt: skip
_EVENTS_OF = {Disposition.FAILED: Notify.FAILURE, Disposition.DELAYED: Notify.DELAY}
_NOBODY = {
    ReturnPath.NULL: TrailEntry(
        "null-path", Effect.STOPPED, "the return path is <>", requirement="3461-5.2-01"
    ),
    ReturnPath.DOUBLE_BOUNCE: TrailEntry(
        "double-bounce", Effect.STOPPED, "it is a notice to the postmaster",
        requirement="5321-4.5.4-01",
    ),
}  # fmt: skip
# The gravest is sent first.
_ORDER = {Notify.FAILURE: 0, Notify.DELAY: 1, Notify.SUCCESS: 2}


class Group:
    """Outcomes with the same verdict, each with its place in the input."""

    __slots__ = ("members", "verdict")

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.members: list[Member] = []

    @property
    def disposition(self) -> Disposition:
        """What became of them all."""
        return self.members[0][1].disposition


class Draft:
    """One notification, or several if it has too many recipients for one."""

    __slots__ = ("address", "audience", "event", "languages", "members", "trail")

    def __init__(
        self, event: Notify, audience: Audience, address: str, languages: Sequence[str]
    ) -> None:
        self.event = event
        self.audience = audience
        self.address = address
        self.languages = languages
        self.members: list[Member] = []
        # Each entry once, in order.
        self.trail: dict[TrailEntry, None] = {}

    def add(self, members: Iterable[Member], entries: Iterable[TrailEntry]) -> None:
        """Tell of these too, for these reasons."""
        self.members += members
        self.trail.update(dict.fromkeys(entries))


class Drafts:
    """The notifications about one message, and who is not told."""

    def __init__(
        self, envelope: Envelope, policy: DsnPolicy, facts: MessageFacts, *, postmaster: str
    ) -> None:
        self.withheld: list[Withheld] = []
        self.drafts: dict[Hashable, Draft] = {}
        self._envelope = envelope
        self._policy = policy
        self._facts = facts
        self._postmaster = postmaster
        own = (postmaster, *policy.postmasters.values())
        self._own = frozenset(address.lower() for address in own)
        self._path = _path_of(envelope, policy)
        self._address = envelope.return_path

    def in_order(self) -> Iterator[Draft]:
        """Yield the drafts: the gravest first, and the sender before the postmaster."""
        yield from sorted(
            self.drafts.values(),
            key=lambda draft: (_ORDER[draft.event], draft.audience is Audience.POSTMASTER),
        )

    def withhold(
        self, outcomes: Iterable[DeliveryOutcome], trail: Iterable[TrailEntry], *, is_owed: bool
    ) -> None:
        """Note who is not told, and why."""
        self.withheld.append(
            Withheld(outcomes=tuple(outcomes), trail=tuple(trail), is_owed=is_owed)
        )

    def tell_sender(
        self,
        group: Group,
        languages: Sequence[str] | Callable[[DeliveryOutcome], Sequence[str]],
        apart: Callable[[DeliveryOutcome], Hashable] | None,
    ) -> bool:
        """Put the group into drafts for the sender; return whether it may be."""
        verdict, event = group.verdict, group.verdict.event
        outcomes = [outcome for _, outcome, _ in group.members]
        if self._path is not ReturnPath.ORDINARY:
            trail = (verdict.entry, _NOBODY[self._path])
            own = [each for each in outcomes if self._is_own(each)]
            if own:
                # Not even the postmaster is told of a notice to the postmaster.
                self.withhold(own, (*trail, _NOBODY[ReturnPath.DOUBLE_BOUNCE]), is_owed=False)
            others = [each for each in outcomes if not self._is_own(each)]
            if others:
                self.withhold(others, trail, is_owed=False)
            return False
        if event is None:
            self.withhold(outcomes, (verdict.entry,), is_owed=False)
            return False
        asked = ask_guards(
            self._policy.guards, self._envelope, self._facts, event,
            is_requested=verdict.is_requested,
        )  # fmt: skip
        entries = (verdict.entry, *asked)
        if entries[-1].effect is Effect.STOPPED:
            self.withhold(outcomes, entries, is_owed=is_owed(event, outcomes))
            return False
        if apart is None and not callable(languages):
            self._draft(event, languages, None).add(group.members, entries)
            return True
        for member in group.members:
            tags = languages(member[1]) if callable(languages) else languages
            key = None if apart is None else apart(member[1])
            self._draft(event, tags, key).add((member,), entries)
        return True

    def tell_postmaster(self, group: Group, *, is_told: bool, is_delay_due: bool) -> None:
        """Put the group into a copy for the postmaster, if its class is on."""
        disposition = group.disposition
        classes = _COPIES.get((self._path, disposition))
        if classes is None:
            return
        class_ = classes[0] if is_told else classes[1]
        if class_ not in self._policy.postmaster_classes:
            return
        members = group.members
        if disposition is Disposition.DELAYED:
            if not is_delay_due:
                return
            members = [each for each in members if not each[1].is_delay_reported]
        members = [each for each in members if not self._is_own(each[1])]
        if members:
            event = _EVENTS_OF[disposition]
            address = self._policy.postmasters.get(class_, self._postmaster)
            key = (Audience.POSTMASTER, event, address)
            draft = self.drafts.get(key)
            if draft is None:
                draft = Draft(event, Audience.POSTMASTER, address, ())
                self.drafts[key] = draft
            entry = TrailEntry(
                "postmaster-class", Effect.PASSED, f"copies of {class_.name} are on",
                requirement="3461-5.2-02" if self._path is ReturnPath.NULL else "3461-5.2.6-03",
            )  # fmt: skip
            draft.add(members, (entry,))

    def _is_own(self, outcome: DeliveryOutcome) -> bool:
        """Tell whether it is of a notice to a postmaster: to tell of it again is a loop.

        Of ours, which an alias may have led anywhere, or of another system's,
        whose postmaster may be reached through ours.
        """
        if self._path is not ReturnPath.NULL:
            return False
        return self._facts.is_notice or outcome.recipient.accepted.lower() in self._own

    def _draft(self, event: Notify, languages: Sequence[str], apart: Hashable) -> Draft:
        key = (event, tuple(languages), apart)
        draft = self.drafts.get(key)
        if draft is None:
            draft = Draft(event, Audience.SENDER, self._address, languages)
            self.drafts[key] = draft
        return draft


def is_owed(event: Notify, outcomes: Iterable[DeliveryOutcome]) -> bool:
    """Tell whether a sender who is not told of these is wronged.

    No delay has to be told (RFC 3461 s5.2.5) but that of a deadline (RFC 2852
    s4.1.3).
    """
    return event is not Notify.DELAY or any(each.is_late for each in outcomes)


def _path_of(envelope: Envelope, policy: DsnPolicy) -> ReturnPath:
    if envelope.has_null_path:
        return ReturnPath.NULL
    if envelope.sender.lower() in policy.double_bounce_senders:
        return ReturnPath.DOUBLE_BOUNCE
    return ReturnPath.ORDINARY
