"""Which notifications an outcome calls for (RFC 3461 s5.2, RFC 5321 s4.5.4, s6.1).

`table` says what is to be reported of a recipient, `guard` what speaks against
it; this module asks them and makes the reports.

Rules.
- Nobody is told of a message with the null return path, and nobody of a notice
  to the postmaster that fails (RFC 3461 s5.2, RFC 5321 s6.1).
- One notification tells of all recipients with the same kind of news; none
  tells of a recipient of whom the sender is not to hear (RFC 3461 s5.2.8).
- Nothing is dropped: what is not sent is handed back with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import EsmtpParameter, MailParameters, Notify, RcptParameters, Ret
from dsnlib.model.parameter import find_parameter
from dsnlib.model.report import DeliveryReport
from dsnlib.policy.budget import Spending, budget_keys, spend
from dsnlib.policy.draft import Drafts, Group, Withheld, is_owed
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.fields import message_fields, recipient_fields
from dsnlib.policy.plan import Audience, DsnPlan
from dsnlib.policy.privacy import Privacy
from dsnlib.policy.table import Case, judge
from dsnlib.policy.trail import Effect, TrailEntry

if TYPE_CHECKING:
    import datetime as dt

    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.model.report import MessageFields
    from dsnlib.policy.draft import Draft, Member
    from dsnlib.policy.reporter import Reporter

__all__ = ["DsnDecision", "plan_dsns"]

_REQUIRETLS = "REQUIRETLS"


@attrs.frozen(kw_only=True)
class DsnDecision:
    """What is to be sent about a message, and what is not.

    Args:
        plans: The notifications to write, gravest first.
        withheld: What the sender is not told, with the reasons.
        undecided: Recipients of whom no outcome was given: still owed.
        delays_told: Recipients of whose delay the sender is told; see
            `QueueHistory.notified`.
        spending: What has changed in the budgets, for the next decision.
    """

    plans: tuple[DsnPlan, ...]
    withheld: tuple[Withheld, ...] = ()
    undecided: tuple[Recipient, ...] = ()
    delays_told: tuple[Recipient, ...] = ()
    spending: Mapping[str, Spending] = attrs.field(factory=dict)


def plan_dsns(  # noqa: PLR0913  all that is known bears on one decision; eight have defaults
    envelope: Envelope,
    outcomes: Iterable[DeliveryOutcome],
    *,
    reporter: Reporter,
    policy: DsnPolicy | None = None,
    facts: MessageFacts | None = None,
    is_delay_due: bool = True,
    languages: str | Sequence[str] | Callable[[DeliveryOutcome], Sequence[str]] = (),
    apart: Callable[[DeliveryOutcome], Hashable] | None = None,
    spending: Mapping[str, Spending] | None = None,
    now: dt.datetime | None = None,
) -> DsnDecision:
    """Return the notifications that these outcomes call for.

    Args:
        envelope: The message's, as this system accepted it or an alias of it
            made it.
        outcomes: What became of recipients; one each, and not of all if some
            have not been tried.
        reporter: Who reports.
        policy: What RFC 3461 leaves open; its defaults if not given.
        facts: What is known of the message besides.
        is_delay_due: Whether this is the time to tell of delays; see
            `plan_attempt`.
        languages: The language tags to write in, or what tells them for a
            recipient; recipients with different ones are told of apart.
        apart: Recipients for whom this gives different values are never told
            of in one notification: those that must not know of each other,
            should it be passed on.
        spending: What the budgets have spent, from earlier decisions.
        now: When; with a zone.  Only a budget asks for it.

    Raises:
        InvalidValue: An outcome is of no recipient of the envelope, or one
            recipient has two; or there is a budget and no `now`.
    """
    policy = DsnPolicy() if policy is None else policy
    languages = (languages,) if isinstance(languages, str) else languages
    facts = MessageFacts() if facts is None else facts
    if policy.budget is not None and now is None:
        problem = "plan_dsns: a budget needs to know the time, `now`"
        raise InvalidValue(problem)
    groups, undecided = _sort(envelope, outcomes, policy, is_delay_due=is_delay_due)
    drafts = Drafts(envelope, policy, facts, postmaster=policy.postmaster or reporter.postmaster)
    for group in groups:
        is_told = drafts.tell_sender(group, languages, apart)
        drafts.tell_postmaster(group, is_told=is_told, is_delay_due=is_delay_due)
    if not drafts.drafts:
        return DsnDecision(plans=(), withheld=tuple(drafts.withheld), undecided=undecided)
    message = message_fields(envelope, reporter, policy, queue_id=facts.queue_id)
    writer = _Writer(envelope, policy, message, drafts)
    plans, changes = writer.write(facts.source, spending or {}, now)
    return DsnDecision(
        plans=tuple(plans),
        withheld=tuple(drafts.withheld),
        undecided=undecided,
        delays_told=tuple(writer.delays_told),
        spending=changes,
    )


def _sort(
    envelope: Envelope,
    outcomes: Iterable[DeliveryOutcome],
    policy: DsnPolicy,
    *,
    is_delay_due: bool,
) -> tuple[list[Group], tuple[Recipient, ...]]:
    """Put outcomes with the same verdict together, and check whose they are."""
    waiting = {id(recipient): recipient for recipient in envelope.recipients}
    if len(waiting) < len(envelope.recipients):  # one object is there twice
        waiting = dict(enumerate(envelope.recipients))
    equals: dict[Recipient, list[int]] | None = None
    groups: dict[tuple[object, ...], Group] = {}
    for index, outcome in enumerate(outcomes):
        recipient = outcome.recipient
        if waiting.pop(id(recipient), None) is None:
            # Equal to one of the envelope's perhaps, as after a queue file was read.
            equals = _by_value(waiting) if equals is None else equals
            _claim(recipient, waiting, equals, envelope)
        case = (
            outcome.disposition,
            recipient.params.notify,
            outcome.is_traced,
            outcome.is_delay_reported,
            outcome.is_late,
        )
        group = groups.get(case)
        if group is None:
            group = groups[case] = Group(judge(Case(*case), policy, is_delay_due=is_delay_due))
        group.members.append((index, outcome, group.verdict))
    return [*groups.values()], tuple(waiting.values())


def _by_value(waiting: Mapping[int, Recipient]) -> dict[Recipient, list[int]]:
    equals: dict[Recipient, list[int]] = {}
    for key, recipient in waiting.items():
        equals.setdefault(recipient, []).append(key)
    return equals


def _claim(
    recipient: Recipient,
    waiting: dict[int, Recipient],
    equals: Mapping[Recipient, list[int]],
    envelope: Envelope,
) -> None:
    keys = equals.get(recipient, [])
    while keys:
        if waiting.pop(keys.pop(), None) is not None:
            return
    problem = "has two outcomes" if recipient in envelope.recipients else "is not in the envelope"
    message = f"outcomes: {recipient.address!r} {problem}"
    raise InvalidValue(message, value=recipient)


class _Writer:
    """Makes plans of drafts."""

    def __init__(
        self, envelope: Envelope, policy: DsnPolicy, message: MessageFields, drafts: Drafts
    ) -> None:
        self.delays_told: list[Recipient] = []
        self._policy = policy
        self._message = message
        self._drafts = drafts
        self._secrets = policy.privacy.secrets_of(envelope)
        self._needs_tls = find_parameter(envelope.mail.other, _REQUIRETLS) is not None
        self._ret = Ret.HDRS if self._needs_tls else envelope.mail.ret

    def write(
        self, source: str | None, spending: Mapping[str, Spending], now: dt.datetime | None
    ) -> tuple[list[DsnPlan], dict[str, Spending]]:
        """Return the plans that the budget allows, and what they cost."""
        changes: dict[str, Spending] = {}
        plans = []
        for draft in self._drafts.in_order():
            for members in self._portions(draft):
                refusal = None
                if draft.audience is Audience.SENDER:
                    refusal = self._spend(draft, source, spending, changes, now)
                if refusal is None:
                    plans.append(self._plan(draft, members))
                    if draft.event is Notify.DELAY and draft.audience is Audience.SENDER:
                        self.delays_told += [outcome.recipient for _, outcome, _ in members]
                else:
                    outcomes = [outcome for _, outcome, _ in members]
                    owed = is_owed(draft.event, outcomes)
                    self._drafts.withhold(outcomes, (*draft.trail, refusal), is_owed=owed)
        return plans, changes

    def _portions(self, draft: Draft) -> list[list[Member]]:
        members = sorted(draft.members, key=_place)
        most = self._policy.recipients_per_report
        if most is None:
            return [members]
        return [members[start : start + most] for start in range(0, len(members), most)]

    def _spend(
        self,
        draft: Draft,
        source: str | None,
        spending: Mapping[str, Spending],
        changes: dict[str, Spending],
        now: dt.datetime | None,
    ) -> TrailEntry | None:
        budget = self._policy.budget
        if budget is None or now is None:
            return None
        bounds = budget_keys(budget, draft.address, source)
        # Only these are looked at: what all senders have spent may be long.
        spent = {**{key: spending[key] for key in bounds if key in spending}, **changes}
        exhausted, change = spend(bounds, spent, seconds=budget.seconds, now=now)
        changes.update(change)
        if exhausted is None:
            draft.trail.setdefault(TrailEntry("budget", Effect.PASSED, "enough is left"))
            return None
        return TrailEntry("budget", Effect.STOPPED, f"that of {exhausted} is spent")

    def _plan(self, draft: Draft, members: list[Member]) -> DsnPlan:
        policy = self._policy
        trail = dict(draft.trail)
        if self._needs_tls:
            trail[_TLS_ENTRY] = None
        if policy.privacy != _OPEN:
            hidden = [
                outcome
                for _, outcome, _ in members
                if policy.privacy.hides_words_of(outcome, self._secrets)
            ]
            if hidden:
                why = f"details of {len(hidden)} recipients are left out"
                trail[TrailEntry("privacy", Effect.SHAPED, why, requirement="3464-4.2-04")] = None
        reported = members if policy.names_expanded else _merged(members)
        if len(reported) < len(members):
            why = f"{len(members)} outcomes of aliases are told of as {len(reported)}"
            trail[TrailEntry("expansion", Effect.SHAPED, why, requirement="3464-3-05")] = None
        fields = [
            recipient_fields(outcome, verdict.action, policy, self._secrets)
            for _, outcome, verdict in reported
        ]
        notify = Notify.NEVER if policy.marks_never else None
        other = (EsmtpParameter(_REQUIRETLS),) if self._needs_tls else ()
        return DsnPlan(
            report=DeliveryReport(message=self._message, recipients=tuple(fields)),
            ret=self._ret,
            envelope=Envelope(
                sender="",
                mail=MailParameters(other=other),
                recipients=(Recipient(draft.address, RcptParameters(notify=notify)),),
                smtputf8=not draft.address.isascii(),
            ),
            audience=draft.audience,
            languages=draft.languages,
            trail=trail,
        )


_OPEN = Privacy()
_TLS_ENTRY = TrailEntry(
    "requiretls", Effect.SHAPED, "only the header goes back, and only under TLS",
    requirement="8689-5-02",
)  # fmt: skip


def _place(member: Member) -> int:
    return member[0]


def _merged(members: list[Member]) -> list[Member]:
    """Return one outcome, the worst, for each recipient that the sender wrote to."""
    if all(outcome.recipient.expanded_from is None for _, outcome, _ in members):
        return members
    kept: dict[Hashable, Member] = {}
    for index, outcome, verdict in members:
        recipient = outcome.recipient
        key: Hashable = index
        if recipient.expanded_from is not None:
            key = (recipient.expanded_from, recipient.params.orcpt, verdict.action)
        before = kept.get(key)
        if before is None or outcome.status.class_ > before[1].status.class_:
            kept[key] = (index, outcome, verdict)
    return [*kept.values()]
