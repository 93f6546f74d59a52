"""What is to be done about a message, as plain values ready for JSON.

Rules.
- A notification has the keys of `dsnlib parse --json`, so `dsnlib compose`
  writes it; whom it goes to, and why, come besides.
- An envelope is given as the commands that would carry it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.cli.commands import envelope_commands, transaction_commands
from dsnlib.parse.record import message_record, time_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.cli.output import Record
    from dsnlib.cli.verbs.plan.answer import Answer
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.expand import ExpandedMail
    from dsnlib.policy.plan import DsnPlan
    from dsnlib.policy.relay import RelayPlan
    from dsnlib.policy.trail import TrailEntry

__all__ = ["answer_record"]


def answer_record(answer: Answer) -> Record:
    """Return all that is to be done about a message."""
    return {
        "notifications": [_notification(plan) for plan in answer.plans],
        "withheld": [
            {
                "outcomes": _outcomes(each.outcomes),
                "is_owed": each.is_owed,
                "trail": _trail(each.trail),
            }
            for each in answer.withheld
        ],
        "undecided": [each.address for each in answer.undecided],
        "mails": [_mail(each) for each in answer.mails] if answer.is_expanded else None,
        "relays": [_relay(each) for each in answer.relays] if answer.relays else None,
    }


def _notification(plan: DsnPlan) -> Record:
    return {
        **message_record([plan.report]),
        "deliver_by_date": time_record(plan.report.message.deliver_by_date),
        "sender": plan.recipient.address,
        "audience": plan.audience.value,
        "ret": None if plan.ret is None else plan.ret.value,
        "languages": list(plan.languages),
        "mail": str(plan.envelope.mail),
        "rcpt": str(plan.recipient.params),
        "trail": _trail(plan.trail),
    }


def _mail(mail: ExpandedMail) -> Record:
    return {
        "commands": [] if mail.envelope is None else list(envelope_commands(mail.envelope)),
        "outcomes": _outcomes(mail.outcomes),
        "trail": _trail(mail.trail),
    }


def _relay(relay: RelayPlan) -> Record:
    return {
        "remote_mta": relay.hop.name.name,
        "transactions": [list(transaction_commands(each)) for each in relay.transactions],
        "outcomes": _outcomes(relay.outcomes),
        "is_traced": relay.is_traced,
        "trail": _trail(relay.trail),
    }


def _outcomes(outcomes: Iterable[DeliveryOutcome]) -> list[Record]:
    return [
        {
            "recipient": each.recipient.address,
            "disposition": each.disposition.value,
            "status": str(each.status),
            "diagnostic": None if each.diagnostic is None else each.diagnostic.text,
        }
        for each in outcomes
    ]


def _trail(entries: Sequence[TrailEntry]) -> list[Record]:
    return [
        {
            "rule": each.rule,
            "effect": each.effect.value,
            "why": each.why,
            "requirement": each.requirement,
        }
        for each in entries
    ]
