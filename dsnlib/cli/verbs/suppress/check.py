"""`dsnlib suppress check`: may these be sent to, and if not, why?

    bob@example.org     yes
    eve@example.org     no   bounce   unknown-user   since   until   evidence

Columns have a TAB between them; what there is none of is `-`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.standing import NextStep
from dsnlib.bounces.suppression_record import suppression_record
from dsnlib.cli import output
from dsnlib.cli.address_lines import read_addresses
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import json_text, printable
from dsnlib.cli.verbs.suppress.show import state_of
from dsnlib.model.date import format_time

if TYPE_CHECKING:
    import argparse
    import datetime as dt
    from collections.abc import Iterator

    from dsnlib.adapters.store import Store
    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.standing import Standing
    from dsnlib.bounces.suppression import Suppression

__all__ = ["run_check"]

_NEXT = {
    NextStep.NOTHING: "nothing",
    NextStep.FORGET: "the score begins anew on {}, if it does not fail again",
    NextStep.SEND_PROBE: "a probe is to be sent",
    NextStep.AWAIT_PROBE: "a bounce of the probe is waited for until {}",
    NextStep.EXPIRE: "its bounces stop mail until {}",
    NextStep.RELEASE: "only a person, or mail that arrives, ends it",
}
# Who complained is not let go by mail that arrives.
_NEXT_OF_COMPLAINT = "only a person ends it"


def run_check(store: Store, args: argparse.Namespace) -> Exit:
    """Tell whether addresses may be sent to, return the exit code."""
    if args.json:
        output.use_utf8()
    if args.explain:
        return _explain_all(store, args)
    end = Exit.FINE
    for lines in read_addresses(args.addresses):
        addresses = [each.address for each in lines]
        stopped = store.stopped(addresses, now=args.now)
        if stopped:
            end = Exit.PROBLEMS
        if args.print is not None:
            kept = [each for each in addresses if (each in stopped) == (args.print == "stopped")]
            output.write("".join([f"{printable(each)}\n" for each in kept]))
        elif args.json:
            found = (_record(store, each, each in stopped, args.now) for each in addresses)
            output.write("".join([json_text(each) + "\n" for each in found]))
        else:
            output.write(
                "".join(
                    [
                        _line(store, each) if each in stopped else f"{printable(each)}\tyes\n"
                        for each in addresses
                    ]
                )
            )
    return end


def _line(store: Store, address: str) -> str:
    entry = store.suppression(address)
    if entry is None:  # it was let go a moment ago
        return f"{printable(address)}\tno\n"
    cells = (
        address, "no", entry.source.value, entry.reason or "-", format_time(entry.created),
        "-" if entry.expires is None else format_time(entry.expires),
        " ".join(entry.evidence) or "-",
    )  # fmt: skip
    return "\t".join(map(printable, cells)) + "\n"


def _record(
    store: Store,
    address: str,
    is_stopped: bool,  # noqa: FBT001  one column of an answer
    now: dt.datetime,
) -> output.Record:
    entry = store.suppression(address)
    return {
        "address": address,
        "may_send": not is_stopped,
        "suppression": None
        if entry is None
        else {**suppression_record(entry), "state": state_of(entry, now)},
    }


def _explain_all(store: Store, args: argparse.Namespace) -> Exit:
    from dsnlib.adapters.suppressing import Suppressor
    from dsnlib.cli.layout import lay_out
    from dsnlib.cli.score_options import read_policy

    suppressor = Suppressor(store, read_policy(args))
    end = Exit.FINE
    for lines in read_addresses(args.addresses):
        for address, _ in lines:
            standing = suppressor.standing(address, now=args.now)
            may_send = store.may_send(address, now=args.now)
            if not may_send:
                end = Exit.PROBLEMS
            entry = store.suppression(address)
            if args.json:
                record = _record(store, address, not may_send, args.now)
                output.write(json_text({**record, **_standing_record(standing)}) + "\n")
                continue
            rows = [
                ("May send", "yes" if may_send else "no"),
                *_of_entry(entry, args.now),
                *_of_standing(standing),
                *_of_events(store, address, standing),
            ]
            output.write(lay_out(address, rows))
    return end


def _standing_record(standing: Standing) -> output.Record:
    return {
        "judgement": standing.judgement.value,
        "score": standing.score,
        "threshold": standing.threshold,
        "days": [
            {
                "day": each.day.isoformat(),
                "weight": each.weight,
                "score": each.score,
                "permanence": each.permanence.value,
                "reason": None if each.reason is None else each.reason.value,
                "event_id": each.event_id,
            }
            for each in standing.days
        ],
        "undone": None if standing.undone is None else format_time(standing.undone),
        "next_step": standing.next_step.value,
        "next_time": None if standing.next_time is None else format_time(standing.next_time),
    }


def _of_entry(entry: Suppression | None, now: dt.datetime) -> Iterator[tuple[str, str]]:
    if entry is None:
        return
    state = state_of(entry, now)
    yield "Entry", f"{state}, since {_minute(entry.created)}"
    yield "Source", entry.source.value + ("" if entry.reason is None else f": {entry.reason}")
    if entry.released is not None:
        yield "Released", _minute(entry.released)
    elif entry.expires is not None:
        yield "Until", _minute(entry.expires)
    if entry.note:
        yield "Note", entry.note


def _of_standing(standing: Standing) -> Iterator[tuple[str, str]]:
    yield "Score", f"{standing.score:g} of {standing.threshold:g}: {standing.judgement.value}"
    if standing.undone is not None:
        yield "Arrived", f"mail did, on {_minute(standing.undone)}"
    for label, day in zip(_first("Counted"), standing.days, strict=False):
        reason = "no reason" if day.reason is None else day.reason.value
        what = f"{day.permanence.value}, {reason}"
        yield label, f"{day.day}  {day.weight:g}  {what}, score {day.score:g}"
    when = "" if standing.next_time is None else _minute(standing.next_time)
    step = _NEXT[standing.next_step]
    if standing.next_step is NextStep.RELEASE and not standing.days:
        step = _NEXT_OF_COMPLAINT
    yield "Next", step.format(when)


def _of_events(store: Store, address: str, standing: Standing) -> Iterator[tuple[str, str]]:
    """Yield what mail systems said of those events that count."""
    wanted = set(standing.evidence)
    found: dict[str, BounceEvent] = {}
    if wanted:
        for _, event, _ in store.events(address=address_key(address)):
            if event.event_id in wanted:
                found[event.event_id] = event
    said = [found[each] for each in standing.evidence if each in found]
    for label, event in zip(_first("Said"), said, strict=False):
        by = event.remote_mta or event.reporting_mta or event.dialect
        text = event.diagnostic or (str(event.status) if event.status else event.kind.value)
        yield label, f"{by}: {text}"


def _first(label: str) -> Iterator[str]:
    """Yield a label for the first row of many, and none for the others."""
    yield label
    while True:
        yield ""


def _minute(when: dt.datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M %Z}"
