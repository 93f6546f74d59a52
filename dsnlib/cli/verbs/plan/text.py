"""What is to be done about a message, for people; and the table it is decided by.

Rules.  One block for each thing to do or not to do, with its trail below: which
rule was asked, what it did, what it saw, and whose rule it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.cli.columns import in_columns
from dsnlib.cli.commands import envelope_commands, transaction_commands
from dsnlib.cli.text import printable
from dsnlib.model.esmtp import Notify
from dsnlib.model.outcome import Disposition
from dsnlib.policy.plan import Audience
from dsnlib.policy.table import Case, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dsnlib.cli.output import Record
    from dsnlib.cli.verbs.plan.answer import Answer
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.model.report import RecipientFields
    from dsnlib.policy.dsn_policy import DsnPolicy
    from dsnlib.policy.expand import ExpandedMail
    from dsnlib.policy.plan import DsnPlan
    from dsnlib.policy.relay import RelayPlan
    from dsnlib.policy.trail import TrailEntry

__all__ = ["answer_text", "table_records", "table_text"]

_INDENT = "  "
_NOT_SAID = "not said"
_NOTHING = "-"
# Every value of NOTIFY, absence first.
_ASKED = (None, *(Notify(value) for value in range(8)))


def answer_text(answer: Answer) -> str:
    """Return what is to be done, in blocks with an empty line between."""
    blocks: list[str] = []
    if answer.is_expanded:
        blocks += [_mail_block(each) for each in answer.mails]
    blocks += [_relay_block(each) for each in answer.relays]
    blocks += [_plan_block(each) for each in answer.plans]
    for each in answer.withheld:
        heading = "withheld, though owed" if each.is_owed else "withheld"
        blocks.append(_block(heading, _outcome_rows(each.outcomes), _trail_rows(each.trail)))
    if answer.undecided:
        rows = [(each.address,) for each in answer.undecided]
        blocks.append(_block("undecided", rows))
    if not answer.plans:
        blocks.append("nobody is notified\n")
    return "\n".join(blocks)


def _mail_block(mail: ExpandedMail) -> str:
    heading, lines = "message", []
    if mail.envelope is None:
        heading = "message that goes to nobody"
    else:
        first, *others = envelope_commands(mail.envelope)
        lines = [(first,)]
        for command, recipient in zip(others, mail.envelope.recipients, strict=True):
            origin = recipient.expanded_from
            lines.append((command if origin is None else f"{command}  (by way of {origin})",))
    return _block(heading, lines, _outcome_rows(mail.outcomes), _trail_rows(mail.trail))


def _relay_block(relay: RelayPlan) -> str:
    lines = [
        (each,) for transaction in relay.transactions for each in transaction_commands(transaction)
    ]
    heading = f"relay to {relay.hop.name.name}"
    if not relay.transactions:
        heading = f"nothing to relay to {relay.hop.name.name}"
    return _block(heading, lines, _outcome_rows(relay.outcomes), _trail_rows(relay.trail))


def _plan_block(plan: DsnPlan) -> str:
    heading = f"{plan.kind.value} to {plan.recipient.address}"
    if plan.audience is Audience.POSTMASTER:
        heading += ", the postmaster's copy"
    ret = _NOT_SAID if plan.ret is None else plan.ret.value
    settings = [("ret", ret), ("languages", ", ".join(plan.languages) or _NOT_SAID)]
    rows = [_report_row(each) for each in plan.report.recipients]
    return _block(heading, rows, settings, _trail_rows(plan.trail))


def _report_row(fields: RecipientFields) -> tuple[str, ...]:
    # A plan that exists has an action and a status for each.
    action = "" if fields.action is None else fields.action.value
    said = "" if fields.diagnostic_code is None else fields.diagnostic_code.text
    return (fields.recipient or "", action, str(fields.status), said)


def _outcome_rows(outcomes: Iterable[DeliveryOutcome]) -> list[tuple[str, ...]]:
    return [
        (
            each.recipient.address,
            each.disposition.value,
            str(each.status),
            "" if each.diagnostic is None else each.diagnostic.text,
        )
        for each in outcomes
    ]


def _trail_rows(trail: Iterable[TrailEntry]) -> list[tuple[str, ...]]:
    return [
        (
            each.rule,
            each.effect.value,
            each.why if each.requirement is None else f"{each.why} [{each.requirement}]",
        )
        for each in trail
    ]


def _block(heading: str, *tables: Sequence[tuple[str, ...]]) -> str:
    """Return a heading and tables below it, each with columns of its own."""
    lines = [printable(heading)]
    for rows in tables:
        lines += [_INDENT + line for line in _columns(rows)]
    return "".join(f"{line}\n" for line in lines)


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    return in_columns([printable(cell) for cell in row] for row in rows)


def table_records(policy: DsnPolicy) -> list[Record]:
    """Return what the engine reports for each NOTIFY and disposition: an object each."""
    records = []
    for notify in _ASKED:
        for disposition in Disposition:
            verdict = judge(Case(disposition, notify), policy)
            records.append(
                {
                    "notify": None if notify is None else str(notify),
                    "disposition": disposition.value,
                    "action": None if verdict.event is None else verdict.action.value,
                    "why": verdict.entry.why,
                    "requirement": verdict.entry.requirement,
                }
            )
    return records


def table_text(policy: DsnPolicy) -> str:
    """Return the same as a table: a row for each NOTIFY, a column for each disposition."""
    rows = [("NOTIFY", *(each.value for each in Disposition))]
    records = iter(table_records(policy))
    for notify in _ASKED:
        cells = [str(next(records)["action"] or _NOTHING) for _ in Disposition]
        rows.append(("absent" if notify is None else str(notify), *cells))
    return "".join(f"{line}\n" for line in _columns(rows))
