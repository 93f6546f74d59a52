"""One recipient becomes others: aliases, forwards, lists, copies (RFC 3461 s5.2.7).

    kind                 return path  ENVID RET  NOTIFY          ORCPT        reported here
    alias to one         kept         kept       kept            kept         nothing
    alias to several (a) kept         dropped    dropped         dropped      relayed
    alias to several (b) kept         kept       to the first    to the first nothing
    alias to several (c) kept         kept       minus SUCCESS   kept         expanded
    confidential         the owner's  the owner's                none         delivered
    list                 the owner's  the list's                 subscribers' delivered
    blind copy           kept         kept       NEVER           none         nothing

Who is answerable: for an alias, every system on the way to the sender; for a
list and a confidential forward, this system to the sender, with the delivery,
and from there on whoever gets the copies to the owner.

Rules.
- NOTIFY that asked for SUCCESS alone becomes NEVER without it; no NOTIFY would
  ask for failures (RFC 3461 s5.2.7.3 leaves it open).  NEVER is never dropped.
- An alias that leads back to itself is an error of this system, told to the
  sender as a failure; targets outside the loop are delivered to.  An address
  that is among its own targets is no loop: it keeps a copy.
- The copies of what has the null return path have it too: an owner to whom the
  list leads back would be told of notifications for ever (RFC 5321 s3.6.3).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import attrs

from dsnlib.model.address import DiagnosticCode
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.texts import texts
from dsnlib.policy.expansion import ExpandPolicy, Expansion, ExpansionKind, SeveralOption
from dsnlib.policy.original import orcpt_of
from dsnlib.policy.trail import Effect, TrailEntry

__all__ = ["ExpandedMail", "expand"]

LookUp: TypeAlias = Callable[[str], Expansion | None]
# The addresses that led to one, in lower case.
Chain: TypeAlias = tuple[str, ...]

_DONE = EnhancedStatusCode.parse("2.0.0")
_LOOP = EnhancedStatusCode.parse("5.4.6")
_TOO_MANY = EnhancedStatusCode.parse("5.2.4")


@attrs.frozen(kw_only=True)
class ExpandedMail:
    """What a message becomes, for one return path.

    Args:
        envelope: What is to be delivered; `None` if nobody is left.
        settled: The recipients whose fate is decided here and now; `None` if
            there are none.
        outcomes: What became of each of those: expanded, delivered to a list,
            relayed, or failed in a loop.
        trail: What was done, and why.
    """

    envelope: Envelope | None
    settled: Envelope | None = None
    outcomes: tuple[DeliveryOutcome, ...] = ()
    trail: tuple[TrailEntry, ...] = ()


def expand(
    envelope: Envelope,
    look_up: LookUp,
    *,
    policy: ExpandPolicy | None = None,
    copies: Iterable[str] = (),
) -> tuple[ExpandedMail, ...]:
    """Return what becomes of a message where its recipients are aliases and lists.

    Args:
        envelope: The message's.
        look_up: What an address leads to; `None` for a plain one.
        policy: What RFC 3461 leaves open; its defaults if not given.
        copies: Addresses that get a blind copy; nobody is told of those.

    Returns:
        First the message as its sender sent it, then a copy for each list and
        each confidential forward, with a return path of its own.

    Raises:
        InvalidAddress: A blind copy's address cannot stand in a command.
        InvalidValue: `copies` is one text.
    """
    policy = ExpandPolicy() if policy is None else policy
    never = RcptParameters(notify=Notify.NEVER)
    pending: deque[tuple[Envelope, Chain]] = deque([(envelope, ())])
    blind = [Recipient(address, never) for address in texts(copies, "copies")]
    seen: set[tuple[Expansion, Envelope | None]] = set()
    mails = []
    room = policy.most_recipients
    while pending:
        current, chain = pending.popleft()
        part = _Part(current, look_up, policy, room=room)
        for recipient in current.recipients:
            part.take(recipient, chain)
        room -= len(part.kept)
        mails.append(part.finish(blind))
        blind = []
        for expansion, copy, reached_by in part.copies:
            # Two ways to one list are one post.  Of two aliases with the same
            # targets each has recipients of its own, who may be told of.
            if (expansion, copy) not in seen:
                seen.add((expansion, copy))
                made = part.copy_of(expansion) if copy is None else copy
                pending.append((made, reached_by))
    return tuple(mails)


class _Part:
    """The message under one return path, while its recipients are followed."""

    def __init__(
        self,
        envelope: Envelope,
        look_up: LookUp,
        policy: ExpandPolicy,
        *,
        room: int,
    ) -> None:
        # By value: an address that an alias leads to twice is there once.  What
        # two recipients of the sender lead to is there for each: a failure is
        # told of both (RFC 3461 s5.2.6).
        self.kept: dict[tuple[str, str, RcptParameters], Recipient] = {}
        # A list's copy is not made before it is known to be the first.
        self.copies: list[tuple[Expansion, Envelope | None, Chain]] = []
        self._envelope = envelope
        self._look_up = look_up
        self._policy = policy
        self._room = room
        self._outcomes: list[DeliveryOutcome] = []
        self._taken: dict[Recipient, list[DeliveryOutcome]] = {}
        self._trail: dict[TrailEntry, None] = {}

    def finish(self, blind: Sequence[Recipient]) -> ExpandedMail:
        """Return what the part has become, with blind copies added."""
        if blind:
            self._note("blind-copy", Effect.SHAPED, f"{len(blind)} copies go out with NEVER")
        kept = [*self.kept.values(), *blind]
        settled = [outcome.recipient for outcome in self._outcomes]
        return ExpandedMail(
            envelope=attrs.evolve(self._envelope, recipients=kept) if kept else None,
            settled=attrs.evolve(self._envelope, recipients=settled) if settled else None,
            outcomes=tuple(self._outcomes),
            trail=tuple(self._trail),
        )

    def copy_of(self, found: Expansion) -> Envelope:
        """Return the envelope of the copies that a list or a confidential forward makes."""
        members = []
        for target in found.targets:
            orcpt = orcpt_of(target) if found.names_members else None
            members.append(Recipient(target, RcptParameters(notify=found.notify, orcpt=orcpt)))
        # "When such a message is transmitted, the reverse-path MUST be set to
        # null": of notifications, RFC 5321 s3.6.3.
        sender = "" if self._envelope.has_null_path else found.owner or ""
        return attrs.evolve(self._envelope, sender=sender, mail=found.mail, recipients=members)

    def take(self, recipient: Recipient, chain: Chain) -> None:
        """Follow one recipient to the addresses at the ends.

        One that was there before, word for word, leads to nothing new; of it the
        sender is told as often as it was given.
        """
        before = self._taken.get(recipient)
        if before is None:
            first = len(self._outcomes)
            self._walk(recipient, chain)
            self._taken[recipient] = self._outcomes[first:]
            return
        for outcome in before:
            is_asked = outcome.recipient == recipient
            again = recipient if is_asked else attrs.evolve(outcome.recipient)
            self._outcomes.append(attrs.evolve(outcome, recipient=again))

    def _walk(self, recipient: Recipient, chain: Chain) -> None:
        is_reported = False
        # Aliases that share targets would else be followed on every way there is.
        followed: set[tuple[str, RcptParameters]] = set()
        # Depth first and in order: the last is taken next.
        pending = [(recipient, chain)]
        while pending:
            current, led_by = pending.pop()
            found = self._look_up(current.address)
            if found is None or _is_own_copy(current, found, led_by):
                self._keep(current)
                continue
            name = current.address.lower()
            if name in led_by:
                self._fail(current, _LOOP, f"aliases lead from {current.address} back to it")
                continue
            if len(led_by) >= self._policy.most_steps:
                self._fail(current, _LOOP, f"{len(led_by)} aliases lead to {current.address}")
                continue
            if (current.address, current.params) in followed:
                continue
            followed.add((current.address, current.params))
            follow = (*led_by, name)
            if found.kind is ExpansionKind.ALIAS:
                disposition, targets = self._follow(current, found, follow)
                pending += [(target, follow) for target in reversed(targets)]
            else:
                disposition = Disposition.DELIVERED
                self.copies.append((found, None, follow))
                why = f"{current.address} goes on under a return path of its own"
                self._note(found.kind.value, Effect.SHAPED, why, "3461-5.2.7.1-04")
            if disposition is not None and not is_reported:
                is_reported = True
                # Where option (b) has kept the request for another address, the
                # delivery to a list is nobody's answer.
                is_asked = current.params is recipient.params
                asked = recipient if is_asked else attrs.evolve(recipient, params=current.params)
                self._settle(asked, disposition)

    def _follow(
        self, recipient: Recipient, found: Expansion, follow: Chain
    ) -> tuple[Disposition | None, list[Recipient]]:
        """Return what an alias is reported as, and its targets with what they keep."""
        params = recipient.params
        first, *others = found.targets
        if not others and not self._policy.tells_of_single:
            return None, [self._target(recipient, first, params)]
        option = self._policy.several
        why = f"{recipient.address} leads to {len(found.targets)} addresses"
        self._note("several", Effect.SHAPED, why, f"3461-5.2.7.3-0{_OPTIONS.index(option) + 1}")
        if option is SeveralOption.DROP:
            bare = attrs.evolve(self._envelope, mail=_without_dsn(self._envelope.mail))
            targets = [self._target(recipient, each, _bare(params)) for each in found.targets]
            self.copies.append((found, attrs.evolve(bare, recipients=targets), follow))
            return Disposition.RELAYED, []
        if option is SeveralOption.ONE:
            bare_targets = [self._target(recipient, each, _bare(params)) for each in others]
            return None, [self._target(recipient, first, params), *bare_targets]
        stripped = _without_success(params)
        targets = [self._target(recipient, each, stripped) for each in found.targets]
        return Disposition.EXPANDED, targets

    @staticmethod
    def _target(recipient: Recipient, address: str, params: RcptParameters) -> Recipient:
        return Recipient(address, params, expanded_from=recipient.accepted)

    def _keep(self, recipient: Recipient) -> None:
        key = (recipient.accepted, recipient.address, recipient.params)
        if key not in self.kept and len(self.kept) >= self._room:
            most = self._policy.most_recipients
            self._fail(recipient, _TOO_MANY, f"the message would go to more than {most} addresses")
            return
        self.kept.setdefault(key, recipient)

    def _fail(self, recipient: Recipient, status: EnhancedStatusCode, why: str) -> None:
        self._note("expansion", Effect.STOPPED, why, "5321-6.3-01")
        self._outcomes.append(
            DeliveryOutcome(
                recipient=recipient,
                disposition=Disposition.FAILED,
                status=status,
                diagnostic=DiagnosticCode(self._policy.diagnostic_type, why),
            )
        )

    def _settle(self, recipient: Recipient, disposition: Disposition) -> None:
        self._outcomes.append(
            DeliveryOutcome(recipient=recipient, disposition=disposition, status=_DONE)
        )

    def _note(self, rule: str, effect: Effect, why: str, requirement: str | None = None) -> None:
        self._trail[TrailEntry(rule, effect, why, requirement=requirement)] = None


def _is_own_copy(recipient: Recipient, found: Expansion, led_by: Chain) -> bool:
    """Tell whether an alias keeps a copy for the address itself; a list cannot."""
    is_alias = found.kind is ExpansionKind.ALIAS
    return is_alias and bool(led_by) and led_by[-1] == recipient.address.lower()


_OPTIONS = (SeveralOption.DROP, SeveralOption.ONE, SeveralOption.SPLIT)


def _without_success(params: RcptParameters) -> RcptParameters:
    """Return the parameters with NOTIFY less SUCCESS; alone it becomes NEVER."""
    if params.notify is None or Notify.SUCCESS not in params.notify:
        return params
    return attrs.evolve(params, notify=params.notify & ~Notify.SUCCESS)


def _bare(params: RcptParameters) -> RcptParameters:
    """Return no parameters; but who said NEVER must hear of nobody (RFC 3461 s4.1)."""
    return RcptParameters(notify=Notify.NEVER if params.notify == Notify.NEVER else None)


def _without_dsn(mail: MailParameters) -> MailParameters:
    return attrs.evolve(mail, ret=None, envid=None)
