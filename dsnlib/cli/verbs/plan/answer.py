"""What the engine says of a described message: aliases, next hop, notifications.

Rules.
- The steps are those of a mail system: aliases are followed, what the next hop
  cannot be sent is an outcome, and so is what the description tells.
- Each message that an alias or a list makes is decided on apart: it may have
  another return path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.cli.json_object import at_place
from dsnlib.cli.verbs.plan.description import outcome_from
from dsnlib.model.envelope import Recipient
from dsnlib.policy.draft import Withheld
from dsnlib.policy.expand import ExpandedMail, expand
from dsnlib.policy.notify import plan_dsns
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.relay import RelayPlan, plan_relay

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dsnlib.cli.verbs.plan.description import MessageDescription
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.budget import Spending
    from dsnlib.policy.profile import Profile
    from dsnlib.policy.reporter import Reporter

__all__ = ["Answer", "answer"]


@attrs.frozen(kw_only=True)
class Answer:
    """All that is to be done about a message.

    Args:
        mails: What the message becomes.
        is_expanded: Whether aliases were asked.
        relays: How each of them goes to the next hop; none without one.
        plans: The notifications.
        withheld: Outcomes that nobody is told of.
        undecided: Recipients of whom nothing is known.
    """

    mails: tuple[ExpandedMail, ...]
    is_expanded: bool
    relays: tuple[RelayPlan, ...]
    plans: tuple[DsnPlan, ...]
    withheld: tuple[Withheld, ...]
    undecided: tuple[Recipient, ...]


def answer(
    description: MessageDescription, profile: Profile, reporter: Reporter, *, now: dt.datetime
) -> Answer:
    """Return what is to be done about a message.

    Args:
        description: The message, and what became of it.
        profile: The settings of the system.
        reporter: Who decides.
        now: When; with a zone.

    Raises:
        InvalidValue: An outcome cannot be used or is nobody's.
    """
    profile = profile.with_reporter(reporter)
    mails = _mails(description, profile)
    relays = _relays(description, mails, profile, now)
    outcomes = _outcomes(description, mails, relays)
    for index, relay in enumerate(relays):
        told = {id(each.recipient) for each in outcomes[index]}
        outcomes[index] += [each for each in relay.outcomes if id(each.recipient) not in told]
    spending: dict[str, Spending] = {}
    plans: list[DsnPlan] = []
    withheld: list[Withheld] = []
    undecided: list[Recipient] = []
    for mail, told_of in zip(mails, outcomes, strict=True):
        for envelope, known in ((mail.settled, mail.outcomes), (mail.envelope, told_of)):
            if envelope is None:
                continue
            decision = plan_dsns(
                envelope,
                known,
                reporter=reporter,
                policy=profile.dsn,
                facts=description.facts,
                is_delay_due=description.is_delay_due,
                languages=description.languages,
                spending=spending,
                now=now,
            )
            spending.update(decision.spending)
            plans += decision.plans
            withheld += decision.withheld
            undecided += decision.undecided
    return Answer(
        mails=mails,
        is_expanded=description.aliases is not None,
        relays=relays,
        plans=tuple(plans),
        withheld=tuple(withheld),
        undecided=tuple(undecided),
    )


def _mails(description: MessageDescription, profile: Profile) -> tuple[ExpandedMail, ...]:
    envelope, aliases = description.envelope, description.aliases
    if aliases is None:
        return (ExpandedMail(envelope=envelope),)
    return expand(
        envelope,
        lambda address: aliases.get(address.lower()),
        policy=profile.expand,
    )


def _relays(
    description: MessageDescription,
    mails: Sequence[ExpandedMail],
    profile: Profile,
    now: dt.datetime,
) -> tuple[RelayPlan, ...]:
    hop = description.hop
    if hop is None:
        return ()

    def relay(mail: ExpandedMail) -> RelayPlan:
        # A mail of which nobody is left goes nowhere.
        if mail.envelope is None:
            return RelayPlan(hop=hop)
        return plan_relay(
            mail.envelope,
            hop,
            policy=profile.relay,
            is_header_ascii=description.is_header_ascii,
            now=now,
        )

    return at_place("hop", lambda: tuple([relay(mail) for mail in mails]))


def _outcomes(
    description: MessageDescription, mails: Sequence[ExpandedMail], relays: Sequence[RelayPlan]
) -> list[list[DeliveryOutcome]]:
    """Return the outcomes of each mail: a recipient is found by its address."""
    waiting: dict[str, list[tuple[int, Recipient]]] = {}
    for index, mail in enumerate(mails):
        for recipient in () if mail.envelope is None else mail.envelope.recipients:
            waiting.setdefault(recipient.address, []).append((index, recipient))
    outcomes: list[list[DeliveryOutcome]] = [[] for _ in mails]
    for group in description.outcomes:
        address = group.required("recipient")
        if not waiting.get(address):
            problem = "is no recipient"
            if address in waiting:
                problem = "has two outcomes"
            elif address.lower() in (description.aliases or {}):
                problem = "is an alias; tell of the addresses that it leads to"
            raise group.fault("recipient", f"{address!r} {problem}", address)
        index, recipient = waiting[address].pop(0)
        relay = relays[index] if relays else None
        outcomes[index].append(outcome_from(group, recipient, relay))
    return outcomes
