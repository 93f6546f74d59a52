"""`dsnlib explain`: tell what a status code or an SMTP reply means.

Rules.
- A code that nobody registered is explained as far as its numbers tell, and
  ends with exit code 1, as does a reply whose codes contradict each other.
- What is no code at all ends with 65, and the others are explained.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.cli import output
from dsnlib.cli.asked import read_asked
from dsnlib.cli.exits import Exit
from dsnlib.cli.layout import lay_out, nearest_wording
from dsnlib.cli.text import printable
from dsnlib.cli.verbs.explain.reply_codes import SEVERITIES, look_up_reply
from dsnlib.errors import Defect, InvalidReply, InvalidStatusCode
from dsnlib.model.registry import class_title, entries_for_reply, look_up, subject_title
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from dsnlib.compose.wording import Wording
    from dsnlib.model.registry import RegistryEntry

__all__ = ["Explanation", "add_arguments", "explain", "run"]

# A reply, perhaps as Diagnostic-Code has it, with its type.
_REPLY = re.compile(r"(?:smtp[ \t]*;[ \t]*)?([2-5][0-9]{2}(?:[ -].*)?)", re.IGNORECASE | re.DOTALL)
# A status, perhaps with a text or comment after it.
_STATUS = re.compile(r"([0-9]+\.[0-9]+\.[0-9]+)(?:[ \t].*)?", re.DOTALL)


class Explanation(NamedTuple):
    """What was asked, and what it means.

    Args:
        asked: As it was given.
        reply: The reply, if it is one.
        status: The enhanced status code, or that of the reply.
        entry: The registered code, if there is one.
        problem: Why it is no code; then the others are `None`.
    """

    asked: str
    reply: SmtpReply | None = None
    status: EnhancedStatusCode | None = None
    entry: RegistryEntry | None = None
    problem: str | None = None

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is wrong with the reply."""
        return () if self.reply is None else self.reply.defects

    @property
    def exit(self) -> Exit:
        """The exit code for this one."""
        if self.problem is not None:
            return Exit.BAD_DATA
        # 571 and its like break RFC 5321 s4.2, but everybody knows what they mean.
        disagrees = any(defect.code != "reply-code" for defect in self.defects)
        doubtful = (self.status is not None and self.entry is None) or disagrees
        return Exit.PROBLEMS if doubtful else Exit.FINE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "codes",
        nargs="+",
        metavar="CODE",
        help="5.1.1, or 550, or a whole reply in quotes; - for lines of standard input",
    )
    parser.add_argument(
        "--lang", metavar="TAG", help="also say it to a person, with advice, in this language"
    )
    parser.add_argument("--json", action="store_true", help="one JSON array, an object a code")


def run(args: argparse.Namespace) -> int:
    """Explain every code, return the exit code."""
    sink = None
    if args.json:
        output.use_utf8()
        sink = output.JsonArray()
    wording = None if args.lang is None else nearest_wording(args.lang)
    worst = Exit.FINE
    is_first = True
    for asked in read_asked(args.codes):
        explanation = explain(asked)
        worst = max(worst, explanation.exit)
        if sink is not None:
            sink.add(_record(explanation, wording))
        if explanation.problem is not None:
            output.write(f"dsnlib: {printable(explanation.problem)}\n", sys.stderr)
        elif sink is None:
            output.write(("" if is_first else "\n") + _text(explanation, wording))
            sys.stdout.flush()
            is_first = False
    if sink is not None:
        sink.close()
    return worst


def explain(asked: str) -> Explanation:
    """Return what a code or a reply means.  Never raises.

    Args:
        asked: `5.1.1`, `550`, `550 5.1.1 text`, or several lines of a reply.
    """
    text = asked.strip()
    try:
        if found := _STATUS.fullmatch(text):
            status = EnhancedStatusCode.parse(found[1])
            return Explanation(asked, None, status, look_up(status))
        if found := _REPLY.fullmatch(text):
            reply = SmtpReply.read(text) if "\n" in text else SmtpReply.from_diagnostic(found[1])
            entry = None if reply.status is None else look_up(reply.status)
            return Explanation(asked, reply, reply.status, entry)
    except (InvalidStatusCode, InvalidReply) as error:
        return Explanation(asked, problem=str(error))
    problem = (
        f"{asked!r} is neither a status code, such as 5.1.1,"
        " nor an SMTP reply, such as '550 5.1.1 No such user'"
    )
    return Explanation(asked, problem=problem)


def _text(explanation: Explanation, wording: Wording | None) -> str:
    _, reply, status, entry, _ = explanation
    codes = [str(code) for code in (reply and reply.code, status) if code is not None]
    titles = [] if entry is None or entry.deprecated else [entry.title]
    rows: list[tuple[str, str]] = []
    if wording is not None and status is not None:
        rows += [("Says", wording.title(status)), ("Advice", wording.advice(status))]
    if reply is not None:
        rows += _reply_rows(reply)
    if status is not None:
        rows += _status_rows(status, entry)
    return lay_out("  ".join([" ".join(codes), *titles]), rows)


def _reply_rows(reply: SmtpReply) -> Iterator[tuple[str, str]]:
    meaning = look_up_reply(reply.code)
    source = f"({meaning.reference})" if meaning.known else f"No RFC that we know has {reply.code}."
    yield "Reply", " ".join(filter(None, (*_sentences(reply.code), source)))
    for line in filter(None, reply.lines):
        yield "Text", line
    for defect in reply.defects:
        rule = f" [{defect.requirement}]" if defect.requirement else ""
        yield "But", defect.message.removeprefix("reply: ") + rule
        if defect.code == "reply-class":
            yield "", f"The reply code decides, so the status is read as {reply.status}."
    if reply.status is None:
        often = ", ".join(_codes(entries_for_reply(reply.code), reply.code // 100))
        if often:
            yield "Often with", often


def _sentences(code: int) -> tuple[str, str]:
    return SEVERITIES[code // 100], look_up_reply(code).meaning


def _codes(entries: Sequence[RegistryEntry], class_: int) -> list[str]:
    return [
        f"{class_}.{entry.subject}.{entry.detail}"
        for entry in entries
        if class_ in entry.classes and not entry.deprecated
    ]


def _status_rows(
    status: EnhancedStatusCode, entry: RegistryEntry | None
) -> Iterator[tuple[str, str]]:
    yield (
        "Class",
        f"{status.class_.value}, {class_title(status.class_)}. " + SEVERITIES[status.class_],
    )
    subject = subject_title(status.subject) or "which is not registered"
    yield "Subject", f"{status.subject}, {subject}."
    if entry is None:
        yield "Detail", f"{status.detail}, which is not registered for this subject."
        return
    yield "Meaning", entry.meaning
    if entry.classes_stated and status.class_ not in entry.classes:
        usual = " or ".join(str(class_.value) for class_ in entry.classes)
        yield "But", f"its RFC has it with class {usual}, not {status.class_.value}."
    if entry.deprecated:
        yield "But", "it is deprecated: take it from others, do not send it."
    unknown = entry.deprecated or entry.reply_text == "Not given"
    replies = ", ".join(map(str, entry.replies)) or entry.reply_text
    yield "Replies", "none is registered" if unknown else replies
    yield "Defined in", entry.reference


def _record(explanation: Explanation, wording: Wording | None) -> output.Record:
    reply, status, entry = explanation.reply, explanation.status, explanation.entry
    said = {}
    if wording is not None:
        said = {
            "language": wording.language,
            "says": None if status is None else wording.title(status),
            "advice": None if status is None else wording.advice(status),
        }
    return {
        "asked": explanation.asked,
        "reply": None if reply is None else _reply_record(reply),
        "status": None if status is None else _status_record(status, entry),
        "defects": [attrs.asdict(defect) for defect in explanation.defects],
        "error": explanation.problem,
        **said,
    }


def _reply_record(reply: SmtpReply) -> output.Record:
    meaning = look_up_reply(reply.code)
    return {
        "code": reply.code,
        "known": meaning.known,
        "meaning": " ".join(filter(None, _sentences(reply.code))),
        "reference": meaning.reference if meaning.known else None,
        "statuses": _codes(entries_for_reply(reply.code), reply.code // 100),
        "lines": list(reply.lines),
    }


def _status_record(status: EnhancedStatusCode, entry: RegistryEntry | None) -> output.Record:
    return {
        "code": str(status),
        "class": status.class_.value,
        "class_title": class_title(status.class_),
        "subject": status.subject,
        "subject_title": subject_title(status.subject),
        "detail": status.detail,
        "registered": entry is not None,
        "title": None if entry is None or entry.deprecated else entry.title,
        "meaning": None if entry is None else entry.meaning,
        "classes": None if entry is None else [each.value for each in entry.classes],
        "replies": None if entry is None else list(entry.replies),
        "reply_text": None if entry is None else entry.reply_text,
        "reference": None if entry is None else entry.reference,
        "deprecated": entry is not None and entry.deprecated,
    }
