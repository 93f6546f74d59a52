"""A message that waits, as a row, as lines for a person, and as a record for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueuedMessage
from dsnlib.cli import output
from dsnlib.cli.columns import in_columns
from dsnlib.cli.layout import lay_out
from dsnlib.cli.text import printable
from dsnlib.model.date import format_time

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from dsnlib.adapters.spool.control import Damaged
    from dsnlib.model.envelope import Recipient
    from dsnlib.policy.schedule import QueueHistory

__all__ = ["describe_entry", "draw_entries", "entry_record"]

_HEADINGS = ("ID", "STATE", "SIZE", "ARRIVED", "NEXT", "SENDER", "RECIPIENTS", "REASON")
_WIDEST = 40


def draw_entries(entries: Iterable[QueuedMessage | Damaged]) -> None:
    """Write a table, a row for each message, and how many there were."""
    count = 0
    lines = in_columns(map(_row, entries), headings=_HEADINGS, widest=_WIDEST)
    for count, line in enumerate(lines):  # noqa: B007  the first line is that of the headings
        output.write(f"{line}\n")
    output.write(f"{count} {'message' if count == 1 else 'messages'}\n")


def _row(entry: QueuedMessage | Damaged) -> tuple[str, ...]:
    if not isinstance(entry, QueuedMessage):
        return (entry.queue_id, "damaged", "-", "-", "-", "-", "-", printable(entry.reason))
    first, *others = entry.envelope.recipients
    more = f" and {len(others)} more" if others else ""
    cells = (
        entry.queue_id,
        _state(entry),
        str(entry.octets),
        _minute(entry.history.arrival),
        "-" if entry.is_held else _minute(entry.due),
        entry.envelope.sender or "<>",
        f"{first.address}{more}",
        entry.reason or "-",
    )
    return tuple([printable(cell) for cell in cells])


def _state(entry: QueuedMessage) -> str:
    if entry.is_held:
        return "held"
    return "deferred" if entry.history.attempts else "new"


def _minute(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M")


def describe_entry(entry: QueuedMessage | Damaged) -> str:
    """Return all that is known of a message, as lines for a person."""
    if not isinstance(entry, QueuedMessage):
        return lay_out(entry.queue_id, [("State", "damaged"), ("Reason", entry.reason)])
    envelope, history = entry.envelope, entry.history
    rows = [
        ("State", _state(entry)),
        ("Reason", entry.reason),
        ("Sender", envelope.sender or "<>"),
        ("Parameters", str(envelope.mail)),
        ("Size", f"{entry.octets} octets"),
        ("Arrived", history.arrival.isoformat(" ", "seconds")),
        ("From", "" if envelope.received_from is None else str(envelope.received_from)),
        ("Attempts", str(history.attempts)),
        ("Next", "" if entry.is_held else entry.due.isoformat(" ", "seconds")),
        ("Told of delay", "" if history.warned is None else history.warned.isoformat(" ")),
        ("About", entry.about or ""),
        ("Way", entry.destination),
        ("Aliases", "to be followed anew" if entry.is_requeued else ""),
    ]
    noted = _noted(entry)
    for each in envelope.recipients:
        rows.append(("To", _named(each)))
        if str(each.params):
            rows.append(("", str(each.params)))
        if each in noted:
            rows.append(("", f"{noted[each]}, to be settled with the others"))
        elif said := _said(each, history):
            rows.append(("", said))
    return lay_out(entry.queue_id, [(label, text) for label, text in rows if text])


def _noted(entry: QueuedMessage) -> dict[Recipient, str]:
    """Return what is known of recipients who are not tried any more."""
    return {
        outcome.recipient: f"{outcome.disposition.value} {outcome.status}"
        for outcome in entry.noted
    }


def _named(recipient: Recipient) -> str:
    if recipient.expanded_from is None:
        return recipient.address
    return f"{recipient.address} (from {recipient.expanded_from})"


def _said(recipient: Recipient, history: QueueHistory) -> str:
    """Return what a server last said of a recipient."""
    outcome = history.replies.get(recipient)
    if outcome is None:
        return ""
    by = "" if outcome.remote_mta is None else f"{outcome.remote_mta.name}: "
    return by + (str(outcome.status) if outcome.diagnostic is None else outcome.diagnostic.text)


def entry_record(entry: QueuedMessage | Damaged) -> output.Record:
    """Return a message as values that JSON has."""
    if not isinstance(entry, QueuedMessage):
        return {"queue_id": entry.queue_id, "state": "damaged", "reason": entry.reason}
    envelope, history = entry.envelope, entry.history
    received_from = envelope.received_from
    noted = _noted(entry)
    return {
        "queue_id": entry.queue_id,
        "state": _state(entry),
        "reason": entry.reason or None,
        "sender": envelope.sender,
        "parameters": envelope.mail.to_options(smtputf8=True),
        "smtputf8": envelope.smtputf8,
        "body": envelope.body.value,
        "octets": entry.octets,
        "arrived": format_time(history.arrival),
        "received_from": None if received_from is None else str(received_from),
        "attempts": history.attempts,
        "next": None if entry.is_held else format_time(entry.due),
        "warned": None if history.warned is None else format_time(history.warned),
        "about": entry.about,
        "destination": entry.destination or None,
        "requeued": entry.is_requeued,
        "recipients": [
            {
                "address": each.address,
                "expanded_from": each.expanded_from,
                "parameters": each.params.to_options(smtputf8=True),
                "said": _said(each, history) or None,
                "noted": noted.get(each),
            }
            for each in envelope.recipients
        ],
    }
