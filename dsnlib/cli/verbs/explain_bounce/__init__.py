"""`dsnlib explain-bounce`: tell a person what a bounce says, and what to do about it.

Rules.
- Every statement has its evidence: which rule fired, where in the mail, how sure it is.
- Mail that reports on nobody is told by what it is, and ends with 65; what could
  not be read ends with the code of that, and the rest is explained.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.mailboxes.inputs import Entry, read_inputs
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.kinds.message_kind import MessageKind, tell_kind
from dsnlib.bounces.read import read_bounces
from dsnlib.bounces.record import mail_record
from dsnlib.bounces.taxonomy import Permanence, Reason
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.layout import lay_out, nearest_wording
from dsnlib.cli.reading import attempt, quieten
from dsnlib.cli.text import printable
from dsnlib.cli.verbs.explain_bounce.reasons import (
    FAULTS,
    KINDS,
    MESSAGE_KINDS,
    PERMANENCES,
    REASONS,
    WITHOUT_FAILURE,
)
from dsnlib.parse.record import SCHEMA_VERSION
from dsnlib.parse.report import read_reports

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dsnlib.adapters.mailboxes.inputs import ReadError
    from dsnlib.bounces.event import BounceEvent, Evidence
    from dsnlib.compose.wording import Wording
    from dsnlib.model.report import DeliveryReport

__all__ = ["add_arguments", "run"]

_FAILING = frozenset({EventKind.FAILURE, EventKind.DELAY})


class _Said(NamedTuple):
    """What a mail says."""

    reports: tuple[DeliveryReport, ...] = ()
    events: tuple[BounceEvent, ...] = ()
    kind: MessageKind = MessageKind.ORDINARY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="FILE",
        help="a message, an mbox, a Maildir, a directory of messages, or - for standard input",
    )
    parser.add_argument(
        "--lang", metavar="TAG", help="also say it to a person, with advice, in this language"
    )
    parser.add_argument("--json", action="store_true", help="one JSON array, an object a message")


def run(args: argparse.Namespace) -> int:
    """Explain every message, return the exit code."""
    quieten()
    sink = None
    if args.json:
        output.use_utf8()
        sink = output.JsonArray()
    wording = None if args.lang is None else nearest_wording(args.lang)
    worst = Exit.FINE
    is_first = True
    for entry in read_inputs(args.inputs):
        said, error = attempt(_read, entry, _Said())
        if error is not None:
            output.complain(entry.file, entry.message, error.message, error.code)
        worst = max(worst, _exit(said, error))
        if sink is not None:
            sink.add(_record(entry, said, error, wording))
        elif entry.octets is not None and (error is None or said.events):
            is_alone = entry.message is None and len(args.inputs) == 1
            for block in _blocks(said, wording, "" if is_alone else _place(entry)):
                output.write(("" if is_first else "\n") + block)
                is_first = False
            sys.stdout.flush()
    if sink is not None:
        sink.close()
    return worst


def _read(octets: bytes) -> _Said:
    reports = read_reports(octets)
    return _Said(reports, read_bounces(octets, reports=reports), tell_kind(octets))


def _exit(said: _Said, error: ReadError | None) -> Exit:
    if error is not None:
        return Exit(error.exit)
    return Exit.FINE if said.events else Exit.BAD_DATA


def _place(entry: Entry) -> str:
    return entry.file if entry.message is None else f"{entry.file}#{entry.message}"


def _blocks(said: _Said, wording: Wording | None, place: str) -> Iterator[str]:
    if not said.events:
        where = f"{printable(place)}: " if place else ""
        yield f"{where}It is no bounce that can be read: {MESSAGE_KINDS[said.kind]}.\n"
    for event in said.events:
        yield lay_out(f"{event.recipient}  {KINDS[event.kind]}", _rows(event, wording, place))


def _rows(event: BounceEvent, wording: Wording | None, place: str) -> Iterator[tuple[str, str]]:
    if place:
        yield "File", place
    if event.kind in _FAILING:
        reason = event.reason or Reason.UNDEFINED
        yield "Reason", f"{reason.value}. {REASONS[reason].meaning}"
        yield "For good", PERMANENCES[_permanence(event)]
        yield "Fault", FAULTS[event.fault]
    codes = [str(code) for code in (event.reply_code, event.status) if code is not None]
    if codes:
        yield "Codes", " ".join(codes)
    for label, text in (
        ("Said", event.diagnostic),
        ("By", event.remote_mta),
        ("Reported by", event.reporting_mta),
        ("Written to", event.original_recipient),
        ("ENVID", event.envelope_id),
        ("Message-ID", event.message_id),
    ):
        if text:
            yield label, text
    yield "Advice", _advice(event)
    if wording is not None and event.status is not None:
        title, advice = wording.title(event.status), wording.advice(event.status)
        yield f"({wording.language})", wording.sentences(title, advice)
    yield "Form", event.dialect
    label = "Because"
    for evidence in event.evidence:
        yield label, _because(evidence)
        label = ""


def _permanence(event: BounceEvent) -> Permanence:
    # Whoever reports a delay goes on trying.
    if event.kind is EventKind.DELAY and event.permanence is Permanence.UNKNOWN:
        return Permanence.SOFT
    return event.permanence


def _advice(event: BounceEvent) -> str:
    if event.kind in WITHOUT_FAILURE:
        return WITHOUT_FAILURE[event.kind]
    if event.kind is EventKind.DELAY:
        return "Do nothing yet: the reporting system keeps trying, and tells if it gives up."
    return REASONS[event.reason or Reason.UNDEFINED].advice


def _because(evidence: Evidence) -> str:
    place = ""
    if evidence.start is not None and evidence.end is not None:
        place = f", octets {evidence.start} to {evidence.end}"
    text = f", {evidence.text!r}" if evidence.text else ""
    rule = f"{evidence.rule}, version {evidence.version}"
    return f"{evidence.field}: {rule}{place}, {evidence.confidence.name.lower()}{text}"


def _record(
    entry: Entry, said: _Said, error: ReadError | None, wording: Wording | None
) -> output.Record:
    record = mail_record(said.reports, said.events)
    return {
        "schema_version": SCHEMA_VERSION,
        "file": entry.file,
        "message": entry.message,
        **record,
        "error": None if error is None else {"code": error.code, "message": error.message},
        "message_kind": said.kind.value,
        "language": None if wording is None else wording.language,
        "explanations": [_explanation(event, wording) for event in said.events],
    }


def _explanation(event: BounceEvent, wording: Wording | None) -> output.Record:
    failed = event.kind in _FAILING
    status = event.status
    return {
        "recipient": event.recipient,
        "outcome": KINDS[event.kind],
        "meaning": REASONS[event.reason or Reason.UNDEFINED].meaning if failed else None,
        "for_good": PERMANENCES[_permanence(event)] if failed else None,
        "fault": FAULTS[event.fault] if failed else None,
        "advice": _advice(event),
        "says": None if wording is None or status is None else wording.title(status),
        "says_advice": None if wording is None or status is None else wording.advice(status),
    }
