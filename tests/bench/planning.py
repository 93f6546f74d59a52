"""Measure deciding: a message with many recipients, of whom each wants something else."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.notify import plan_dsns
from dsnlib.policy.profile import MX, POSTFIX, SUBMISSION
from dsnlib.policy.reporter import Reporter
from tests.bench.figure import Figure, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.policy.dsn_policy import DsnPolicy

# The bounds: what dsnlib claims.
PLANNED_SECONDS = 0.005
# A hundred times as many take a hundred times as long, and at most as much again
# for memory that no cache holds and the collector looks through.
MANY_TO_FEW = 100 * 2.0

RECIPIENTS = 1_000
MANY_RECIPIENTS = 100_000
REPORTER = Reporter.parse("mail.example.org", "Example")
NOTIFY = (None, *(Notify(value) for value in range(8)))
OUTCOMES = (
    (Disposition.DELIVERED, "2.1.5", "250 2.1.5 Fine"),
    (Disposition.FAILED, "5.1.1", "550 5.1.1 No such user"),
    (Disposition.DELAYED, "4.4.1", "451 4.4.1 Come back later"),
    (Disposition.RELAYED, "2.0.0", "250 2.0.0 Queued"),
    (Disposition.HANDED_ON, "2.0.0", "250 2.0.0 Queued"),
)

Case = tuple[Envelope, list[DeliveryOutcome]]


def mixed(count: int, *, is_alias: bool = False, is_restarted: bool = False) -> Case:
    """Return a message whose recipients differ in all that matters, and what became of them.

    Args:
        count: How many recipients.
        is_alias: Whether they are what an alias made of as many addresses.
        is_restarted: Whether the outcomes have equal recipients that are other
            objects, as in a process that has read its queue again.
    """
    mail = MailParameters(envid="QQ314159")
    recipients = [
        Recipient(
            f"u{number}@example.com",
            RcptParameters(notify=notify, orcpt=TypedAddress("rfc822", f"U{number}@example.com")),
            expanded_from=f"a{number}@example.org" if is_alias else None,
        )
        for number, notify in zip(range(count), itertools.cycle(NOTIFY))
    ]
    remote = MtaName("dns", "mx.example.com")
    outcomes = [
        DeliveryOutcome(
            recipient=attrs.evolve(recipient) if is_restarted else recipient,
            disposition=disposition,
            status=EnhancedStatusCode.parse(status),
            diagnostic=DiagnosticCode("smtp", words),
            remote_mta=remote,
        )
        for recipient, (disposition, status, words) in zip(recipients, itertools.cycle(OUTCOMES))
    ]
    return Envelope(sender="ann@example.org", mail=mail, recipients=recipients), outcomes


def _planning(case: Case, policy: DsnPolicy) -> Callable[[], object]:
    envelope, outcomes = case
    # The budget is not what is measured, and needs a clock.
    policy = attrs.evolve(policy, budget=None)
    return lambda: plan_dsns(envelope, outcomes, reporter=REPORTER, policy=policy)


def measure_planning(rounds: int) -> list[Figure]:
    """Return the time for a thousand recipients, and the growth to a hundred thousand."""
    cases = {
        "postfix": _planning(mixed(RECIPIENTS), POSTFIX.dsn),
        "mx": _planning(mixed(RECIPIENTS), MX.dsn),
        "aliases": _planning(mixed(RECIPIENTS, is_alias=True), SUBMISSION.dsn),
        "restarted": _planning(mixed(RECIPIENTS, is_restarted=True), POSTFIX.dsn),
    }
    seconds = dict(zip(cases, take_turns([*cases.values()], rounds), strict=True))
    worst = max(seconds, key=seconds.__getitem__)
    few, many = take_turns(
        [cases["postfix"], _planning(mixed(MANY_RECIPIENTS), POSTFIX.dsn)], max(3, rounds // 3)
    )
    told = ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in seconds.items())
    return [
        Figure(
            name=f"plan {RECIPIENTS:,} recipients",
            ours=f"{seconds[worst] * 1000:.1f} ms",
            theirs="",
            value=seconds[worst],
            bound=PLANNED_SECONDS,
            note=told,
        ),
        Figure(
            name=f"plan {MANY_RECIPIENTS:,} recipients",
            ours=f"{many * 1000:.0f} ms",
            theirs=f"{few * 1000:.1f} ms for {RECIPIENTS:,}",
            value=many / few,
            bound=MANY_TO_FEW,
            note="of 100 times as many",
        ),
    ]
