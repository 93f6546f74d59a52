"""`dsnlib lint`: tell which rules of the RFCs a delivery report breaks.

One line for each defect, `FILE:LINE: code: message [requirement]`, as compilers
write them, so editors can jump to the place.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.mailboxes.inputs import Entry, ReadError, read_inputs
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.reading import add_verbosity, attempt, quieten
from dsnlib.cli.text import printable
from dsnlib.errors import Defect, MalformedReport, NotADeliveryReport
from dsnlib.parse.report import parse_report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

__all__ = ["Finding", "add_arguments", "line_numbers", "run"]

_NO_REPORT = ReadError("no-report", "no delivery status notification", Exit.BAD_DATA)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a message, an mbox, a Maildir, a directory of messages, or - for standard input",
    )
    parser.add_argument("--json", action="store_true", help="one JSON array, an object a message")
    add_verbosity(parser)


class Finding(NamedTuple):
    """What is wrong with a message.

    Args:
        entry: The message.
        defects: The rules that its report breaks.
        lines: The line of the file for each defect, `None` without a place.
        error: Why there is no report to check.
    """

    entry: Entry
    defects: tuple[Defect, ...]
    lines: tuple[int | None, ...]
    error: ReadError | None

    @property
    def exit(self) -> Exit:
        """The exit code for this message."""
        if self.error is not None:
            return Exit(self.error.exit)
        return Exit.PROBLEMS if self.defects else Exit.FINE


def run(args: argparse.Namespace) -> int:
    """Check every message, write what is wrong, return the exit code."""
    if not args.verbose:
        quieten()
    sink = None
    if args.json:
        output.use_utf8()
        sink = output.JsonArray()
    worst = Exit.FINE
    for entry in read_inputs(args.files, count_lines=True):
        finding = _find(entry)
        worst = max(worst, finding.exit)
        if sink is not None:
            sink.add(_record(finding))
        elif not args.quiet:
            _show(finding)
        if finding.error is not None and finding.error is not _NO_REPORT:
            output.complain(entry.file, entry.message, finding.error.message, finding.error.code)
    if sink is not None:
        sink.close()
    return worst


def _find(entry: Entry) -> Finding:
    defects, error = attempt(_check, entry, None)
    if defects is None:
        return Finding(entry, (), (), error or _NO_REPORT)
    lines = line_numbers(entry, (defect.offset for defect in defects))
    return Finding(entry, defects, tuple(lines), error)


def _check(octets: bytes) -> tuple[Defect, ...] | None:
    """Return every breach of the message, or `None` if it holds no report."""
    try:
        parse_report(octets)
    except NotADeliveryReport:
        return None
    except MalformedReport as error:
        return error.defects
    return ()


def line_numbers(entry: Entry, offsets: Iterable[int | None]) -> list[int | None]:
    """Return the line of the file that each offset into the message lies on.

    Linear in the message and the offsets.  Never raises.

    Args:
        entry: The message; its `line` counts too.
        offsets: In octets; `None` for a breach without a place.
    """
    wanted = list(offsets)
    octets = entry.octets or b""
    line_end = b"\n" if b"\n" in octets else b"\r"
    lines: dict[int | None, int | None] = {None: None}
    line, position = entry.line, 0
    for offset in sorted({each for each in wanted if each is not None}):
        line += octets.count(line_end, position, offset)
        position = offset
        lines[offset] = line
    return [lines[offset] for offset in wanted]


def _show(finding: Finding) -> None:
    entry, _, _, error = finding
    written = [
        # A breach without a place is one of the whole message.
        f"{entry.file}:{line or entry.line}: {defect.code}: {defect.message}"
        + (f" [{defect.requirement}]" if defect.requirement else "")
        for defect, line in zip(finding.defects, finding.lines, strict=True)
    ]
    if error is _NO_REPORT:
        written.append(f"{entry.file}:{entry.line}: {error.code}: {error.message}")
    output.write("".join(printable(text) + "\n" for text in written))
    sys.stdout.flush()


def _record(finding: Finding) -> output.Record:
    entry, _, _, error = finding
    return {
        "file": entry.file,
        "message": entry.message,
        "defects": [
            {
                "code": defect.code,
                "message": defect.message,
                "line": line,
                "offset": defect.offset,
                "requirement": defect.requirement,
            }
            for defect, line in zip(finding.defects, finding.lines, strict=True)
        ],
        "error": None if error is None else {"code": error.code, "message": error.message},
    }
