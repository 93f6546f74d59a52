"""What reading is worth without a dialect: the estimate for forms nobody has seen.

    python -m tests.accuracy.leave_out LABELS ROOT

LABELS has a JSON object on each line: `file` below ROOT, `is_bounce`, and
`expected`, each with `recipient`, maybe `alias`, and `cls` (2, 4 or 5).  A folder
of fixtures does too, as ROOT without LABELS: `python -m tests.accuracy.leave_out ROOT`.

Each family is left out in turn; the bounces that it had read are read again, by
what is left: another family whose words they have too, or the reader of prose.
The line "(none)" leaves out all of them.

    recognised   at least one event that is a failure or a delay
    recipients   exactly those of the labels
    class        right for each recipient that is labelled, as status, reply code or kind say
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.bounces.dialects.shipped import load_dialects
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.index import DialectIndex
from dsnlib.bounces.read import read_bounces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TROUBLE = (EventKind.FAILURE, EventKind.DELAY)


class Expected(NamedTuple):
    """One recipient of the labels: the names it may have, and its class."""

    names: frozenset[str]
    class_: str


class Case(NamedTuple):
    """A bounce, and what it is about."""

    data: bytes
    expected: tuple[Expected, ...]


@attrs.define
class Score:
    """How many bounces were read, and how well."""

    messages: int = 0
    recognised: int = 0
    recipients: int = 0
    classes: int = 0

    def add(self, case: Case, events: Iterable[BounceEvent]) -> None:
        """Count one bounce."""
        found = [each for each in events if each.kind in _TROUBLE]
        names = {each.recipient.lower() for each in found}
        self.messages += 1
        self.recognised += bool(found)
        self.recipients += all(each.names & names for each in case.expected) and not (
            names - frozenset().union(*(each.names for each in case.expected))
        )
        by_name = {each.recipient.lower(): class_of(each) for each in found}
        if len(found) == len(case.expected) == 1:  # right, though the name may not be
            by_name |= dict.fromkeys(case.expected[0].names, class_of(found[0]))
        self.classes += all(
            each.class_ in {by_name[name] for name in each.names if name in by_name}
            for each in case.expected
        )

    def shown(self) -> str:
        """Return the figures as percentages."""
        total = max(self.messages, 1)
        figures = (self.recognised, self.recipients, self.classes)
        return " ".join(f"{100 * each / total:6.1f}" for each in figures)


class Row(NamedTuple):
    """A family, and what was read of its bounces with it and without it."""

    name: str
    before: Score
    after: Score


def class_of(event: BounceEvent) -> str:
    """Return the class of a status: its own, that of the reply code, or what the kind says."""
    if event.status is not None:
        return str(event.status)[0]
    if event.reply_code is not None:
        return str(event.reply_code)[0]
    return "4" if event.kind is EventKind.DELAY else "5"


def read_labels(labels: Path, root: Path) -> Iterator[Case]:
    """Yield the bounces of a file of labels."""
    # Not splitlines: a label may have U+2028 in it.
    for line in labels.read_bytes().rstrip().split(b"\n"):
        label = json.loads(line)
        if not label["is_bounce"] or (label.get("dup_of") and not label.get("variant")):
            continue
        keys = ("recipient", "alias", "literal_final", "literal_original")
        expected = tuple(
            Expected(
                frozenset(each[key].lower() for key in keys if each.get(key)),
                str(each.get("cls") or "5"),
            )
            for each in label["expected"]
            if each.get("recipient")
        )
        if expected:
            yield Case((root / label["file"]).read_bytes(), expected)


def read_fixtures(root: Path) -> Iterator[Case]:
    """Yield the bounces of a folder of fixtures."""
    for path in sorted(root.glob("*.eml")):
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["events"]
        expected = []
        for each in told:
            class_ = "4" if each["kind"] == "delay" else "5"
            code = each["status"] or str(each["reply_code"] or class_)
            expected.append(Expected(frozenset([each["recipient"].lower()]), code[0]))
        if told and all(each["kind"] in ("failure", "delay") for each in told):
            yield Case(path.read_bytes(), tuple(expected))


def leave_out(cases: Iterable[Case]) -> list[Row]:
    """Return a row for each family that has read a bounce, and one for all of them."""
    everything = load_dialects()
    index = DialectIndex(everything)
    by_family: dict[str, list[tuple[Case, tuple[BounceEvent, ...]]]] = {}
    for case in cases:
        events = read_bounces(case.data, dialects=index)
        family = events[0].dialect if events else "(unread)"
        if family != "rfc3464":
            by_family.setdefault(family, []).append((case, events))
    rows = []
    for name, read in sorted(by_family.items()):
        rest = DialectIndex(each for each in everything if each.name != name)
        rows.append(_row(name, read, rest))
    rows.append(_row("(none)", [each for read in by_family.values() for each in read], None))
    return rows


def _row(
    name: str, read: list[tuple[Case, tuple[BounceEvent, ...]]], rest: DialectIndex | None
) -> Row:
    before, after = Score(), Score()
    index = DialectIndex(()) if rest is None else rest
    for case, events in read:
        before.add(case, events)
        after.add(case, read_bounces(case.data, dialects=index))
    return Row(name, before, after)


def format_table(rows: Iterable[Row]) -> str:
    """Return the rows as a table."""
    lines = [
        f"{'':22}{'':>9} {'with it':>20} {'without':>23}",
        f"{'family':22}{'messages':>9}  recog   rcpt  class    recog   rcpt  class",
    ]
    lines += [
        f"{name:22}{before.messages:9} {before.shown()}   {after.shown()}"
        for name, before, after in rows
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> str:
    """Return what the script prints.

    Raises:
        SystemExit: The arguments are not one or two paths.
    """
    match [Path(each) for each in arguments]:
        case [labels, root]:
            cases = read_labels(labels, root)
        case [root]:
            cases = read_fixtures(root)
        case _:
            raise SystemExit(__doc__)
    return format_table(leave_out(cases))


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
