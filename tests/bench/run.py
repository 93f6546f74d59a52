"""Measure what dsnlib claims about speed: `make bench`.

Thirteen claims, each a figure, what it is compared with, and a bound:

- a report is read ten times faster than the standard library parses it and a
  loop takes the same fields from it as text, and twelve times faster than
  flufl.bounce reads it;
- a report that returns a megabyte takes at most twice the time of one that
  returns a page;
- a mail that is no report is declined in a quarter of the time that the
  standard library takes to parse it;
- a notification is written twenty times faster than email.mime builds and
  generates it, and in German and English with advice eight times faster;
- one that returns 100 MB needs no memory for it and hardly more time than
  copying the file;
- the notifications about a message with a thousand recipients are planned in
  5 ms, and the time grows with their number and no faster;
- a network is found among 100,000 in 20 us, a key among 1,000,000 in 3 us; that
  table is read in 3 s, and a thousand patterns take twice the time for a key of
  twice the length, not more than three times;
- a bounce in any form is read six times faster than flufl.bounce reads it, and
  three times faster than the standard library parses it (both are goals that are
  not reached: docs/decisions/0012); other mail is declined ten times faster than
  flufl.bounce does, and 3 MB of it in 10 ms;
- with a handler that does nothing, aiosmtpd with DSN and the reference session take
  messages at no less than 0.85 times the rate of aiosmtpd as it is; the rate with the
  durable queue beside Postfix's is shown, where Postfix was fetched;
- the client sends over one connection at twice the rate of aiosmtplib's `sendmail`, and
  to 20 destinations with its cache at three times the rate of a new connection each;
- `dsnlib sendmail` has submitted a letter 80 ms after it was started;
- `import dsnlib` adds at most 60 ms to the start of Python;
- no message of the shared corpus takes more than 50 ms, with any line ends.

Method.  Everything but servers runs in one process.  The things compared take turns within
a round, and the least of all rounds counts: what else the machine does can only
add time.  Only ratios mean anything on another machine.

Messages come from the shared corpus (`DSNLIB_SHARED`, or `../shared`) where it
is present, and from our own fixtures otherwise.  The exit status is 1 when a
bound is missed, unless `--no-fail`.
"""

from __future__ import annotations

import argparse
import base64
import email
import functools
import json
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from dsnlib import DsnError, read_reports  # noqa: E402  found by the line above
from tests.bench.bounces import measure_bounces  # noqa: E402  found by the line above
from tests.bench.composing import measure_composing, measure_streaming  # noqa: E402  the same
from tests.bench.figure import Figure, repeated, take_turns  # noqa: E402  the same
from tests.bench.lookups import measure_lookups  # noqa: E402  the same
from tests.bench.planning import measure_planning  # noqa: E402  the same
from tests.bench.sending import measure_sending  # noqa: E402  the same
from tests.bench.serving import measure_serving  # noqa: E402  the same
from tests.bench.starting import measure_starting  # noqa: E402  the same

if TYPE_CHECKING:
    from email.message import Message

FIXTURES = ROOT / "tests" / "data" / "reports"
BOUNCES = ROOT / "tests" / "data" / "bounces"

Read = Callable[[bytes], object]

# The bounds: what dsnlib claims.
STANDARD_LIBRARY_TIMES = 10.0
FLUFL_BOUNCE_TIMES = 12.0
LARGE_TO_SMALL = 2.0
DECLINE_TO_PARSE = 0.25
IMPORT_SECONDS = 0.060
MESSAGE_SECONDS = 0.050

LARGE_OCTETS = 1_000_000
SMALL_OCTETS = 6_000
_NO_BYTE_CODE = "PYTHONDONTWRITEBYTECODE"


class Corpus(NamedTuple):
    """The messages to measure with; `everything` is empty without the shared corpus."""

    origin: str
    reports: list[bytes]
    bounces: list[bytes]
    ordinary: list[tuple[str, bytes]]
    everything: list[tuple[str, bytes]]


# ---- Messages


def read_corpus() -> Corpus:
    """Return the shared corpus if it is there, and our own fixtures if not."""
    shared = Path(os.environ.get("DSNLIB_SHARED", ROOT.parent / "shared")) / "corpus" / "dev"
    ours = {path.name: path.read_bytes() for path in sorted(FIXTURES.glob("*.eml"))}
    ordinary = [(name, data) for name, data in ours.items() if name.startswith("not-a-report")]
    labels = shared / "labels.jsonl"
    if not labels.is_file():
        reports = [data for name, data in ours.items() if not name.startswith("not-a-report")]
        bounces = [path.read_bytes() for path in sorted(BOUNCES.rglob("*.eml"))]
        return Corpus("our fixtures", reports, bounces, ordinary, [])
    rows = [json.loads(line) for line in labels.read_text("utf-8").split("\n") if line]
    messages = [(row, (shared / row["file"]).read_bytes()) for row in rows]
    return Corpus(
        "the shared corpus",
        [data for row, data in messages if row["rfc_class"].startswith("RFC3464")],
        [data for row, data in messages if row["is_bounce"]],
        ordinary + [(row["file"], data) for row, data in messages if is_ordinary(row)],
        [(row["file"], data) for row, data in messages],
    )


def is_ordinary(row: dict[str, object]) -> bool:
    """Tell whether a label says that a message neither bounces nor reports anything."""
    return row["is_bounce"] is False and row["rfc_class"] == "no status fields"


def report_returning(octets: int, *, encoded: bool, line_end: bytes) -> bytes:
    """Return one of our fixtures with a returned message of about `octets` octets.

    Args:
        octets: The size of the body of the returned message.
        encoded: Whether it is an attachment in base64, or else plain text.
        line_end: LF or CRLF.
    """
    fixture = (FIXTURES / "failed-unknown-user.eml").read_bytes()
    boundary = email.message_from_bytes(fixture).get_boundary()
    before, _, _ = fixture.rpartition(f"\n--{boundary}\n".encode())
    body = base64_lines(octets) if encoded else text_lines(octets)
    encoding = b"Content-Transfer-Encoding: base64\n" if encoded else b""
    returned = (
        b"From: ada@example.org\nTo: bob@example.com\nSubject: Minutes\nMIME-Version: 1.0\n"
        + encoding
        + b"\n"
        + body
    )
    closing = f"\n--{boundary}--\n".encode()
    opening = f"\n--{boundary}\nContent-Type: message/rfc822\n\n".encode()
    return (before + opening + returned + closing).replace(b"\n", line_end)


def large_multipart(octets: int) -> bytes:
    """Return an ordinary mail with an attachment of about `octets` octets."""
    return (
        b"From: ada@example.org\nTo: bob@example.com\nSubject: Minutes\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="parts"\n\n'
        b"--parts\nContent-Type: text/plain; charset=utf-8\n\n"
        + text_lines(4_000)
        + b"\n--parts\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
        + base64_lines(octets)
        + b"\n--parts--\n"
    )


def base64_lines(octets: int) -> bytes:
    """Return lines of base64, 76 characters each, of octets that are always the same."""
    return base64.encodebytes(random.Random(1).randbytes(octets * 3 // 4))


def text_lines(octets: int) -> bytes:
    """Return lines of words, with a paragraph after every sixth."""
    choice = random.Random(2).choice
    words = ("the", "of", "and", "to", "in", "is", "it", "for", "was", "on", "they", "at", "from")
    lines: list[str] = []
    size = 0
    while size < octets:
        line = "" if len(lines) % 7 == 6 else " ".join(choice(words) for _ in range(14))
        lines.append(line)
        size += len(line) + 1
    return "\n".join(lines).encode() + b"\n"


# ---- What we are compared with


_TEXTS = ("reporting-mta", "arrival-date", "original-envelope-id", "received-from-mta")
_RECIPIENT_TEXTS = (
    "original-recipient",
    "final-recipient",
    "action",
    "status",
    "remote-mta",
    "diagnostic-code",
    "last-attempt-date",
    "will-retry-until",
)


def read_with_standard_library(data: bytes) -> list[list[str | None]]:
    """Return the fields of each recipient as text, with no more work than that takes."""
    found: list[list[str | None]] = []
    for part in walk_to_status(email.message_from_bytes(data)):
        groups: Any = part.get_payload()
        if not isinstance(groups, list) or not groups:
            continue
        message = [groups[0].get(name) for name in _TEXTS]
        found += [
            message + [group.get(name) for name in _RECIPIENT_TEXTS]
            for group in groups[1:]
            if "final-recipient" in group or "action" in group
        ]
    return found


def walk_to_status(message: Message) -> list[Message]:
    """Return the status parts, and look into no returned message."""
    if message.get_content_type() == "message/delivery-status":
        return [message]
    parts: Any = message.get_payload()
    if message.get_content_maintype() != "multipart" or not isinstance(parts, list):
        return []
    return [found for part in parts for found in walk_to_status(part)]


def read_with_flufl_bounce(data: bytes) -> object:
    """Return the addresses that flufl.bounce finds."""
    from flufl.bounce import scan_message

    return scan_message(email.message_from_bytes(data))


def tolerated(read: Read) -> Read:
    """Return `read` with its exceptions let pass, as a caller would."""

    def attempt(data: bytes) -> object:
        try:
            return read(data)
        except Exception:  # noqa: BLE001  odd mail makes other libraries raise anything
            return None

    return attempt


# ---- Measuring


def each(read: Read, messages: Sequence[bytes]) -> Callable[[], object]:
    """Return a call that reads every message."""

    def call() -> None:
        for data in messages:
            read(data)

    return call


def measure_reports(corpus: Corpus, rounds: int) -> list[Figure]:
    """Measure the reading of reports against both libraries."""
    others = (read_with_standard_library, tolerated(read_with_flufl_bounce))
    bounds = (STANDARD_LIBRARY_TIMES, FLUFL_BOUNCE_TIMES)
    names = ("the standard library", "flufl.bounce")
    ours, *theirs = take_turns(
        [each(read, corpus.reports) for read in (read_reports, *others)], rounds
    )
    count = len(corpus.reports)
    return [
        Figure(
            name=f"reports read, against {name}",
            ours=f"{count / ours:,.0f}/s",
            theirs=f"{count / seconds:,.0f}/s",
            value=seconds / ours,
            bound=bound,
            at_least=True,
            note=f"{count} messages of {corpus.origin}; {ours / count * 1e6:.1f} us each",
        )
        for name, bound, seconds in zip(names, bounds, theirs, strict=True)
    ]


def measure_returned(rounds: int) -> list[Figure]:
    """Measure what the size of the returned message costs."""
    figures = []
    for encoded in (True, False):
        for ends, line_end in (("LF", b"\n"), ("CRLF", b"\r\n")):
            large, small = (
                report_returning(size, encoded=encoded, line_end=line_end)
                for size in (LARGE_OCTETS, SMALL_OCTETS)
            )
            for data in (large, small):
                (report,) = read_reports(data)
                if report.returned is None or not report.recipients:
                    raise SystemExit("the report built for this figure is read as another")
            seconds = take_turns(
                [repeated(functools.partial(read_reports, data), 20) for data in (large, small)],
                rounds,
            )
            what = "base64" if encoded else "text"
            figures.append(
                Figure(
                    name=f"1 MB returned, {what}, {ends}",
                    ours=f"{seconds[0] / 20 * 1e6:.1f} us",
                    theirs=f"{seconds[1] / 20 * 1e6:.1f} us",
                    value=seconds[0] / seconds[1],
                    bound=LARGE_TO_SMALL,
                    note="against 6 kB returned",
                )
            )
    return figures


def measure_declining(corpus: Corpus, rounds: int) -> list[Figure]:
    """Measure how soon ordinary mail is declined."""
    messages = [*corpus.ordinary, ("a multipart of 1 MB", large_multipart(LARGE_OCTETS))]
    total_ours = total_theirs = 0.0
    worst, worst_name = 0.0, ""
    for name, data in messages:
        times = max(1, 20_000 // len(data))
        ours, theirs = (
            seconds / times
            for seconds in take_turns(
                [
                    repeated(functools.partial(read, data), times)
                    for read in (read_reports, email.message_from_bytes)
                ],
                rounds,
            )
        )
        total_ours += ours
        total_theirs += theirs
        if ours / theirs > worst:
            worst, worst_name = ours / theirs, f"{name}, {len(data)} octets, {ours * 1e6:.0f} us"
    return [
        Figure(
            name="mail declined, against parsing it",
            ours=f"{total_ours * 1e3:.2f} ms",
            theirs=f"{total_theirs * 1e3:.2f} ms",
            value=total_ours / total_theirs,
            bound=DECLINE_TO_PARSE,
            note=f"{len(messages)} messages; worst {worst:.2f} ({worst_name})",
        )
    ]


def measure_import(rounds: int) -> list[Figure]:
    """Measure what `import dsnlib` adds to the start of Python."""

    def start(code: str) -> Callable[[], object]:
        # Whoever installs a package has its byte code.
        env = {name: text for name, text in os.environ.items() if name != _NO_BYTE_CODE}
        command = [sys.executable, "-c", code]
        return lambda: subprocess.run(command, check=True, cwd=ROOT, env=env)

    names = ("import dsnlib", "from dsnlib import read_reports", "pass")
    for name in names:
        start(name)()  # writes the byte code
    facade, reader, bare = take_turns([start(name) for name in names], rounds)
    return [
        Figure(
            name=f"{name}, beyond `pass`",
            ours=f"{ours * 1e3:.1f} ms",
            theirs=f"{bare * 1e3:.1f} ms",
            value=ours - bare,
            bound=bound,
            note="seconds",
        )
        for name, ours, bound in (
            (names[0], facade, IMPORT_SECONDS),
            # What a filter pays for: no bound was set, so it is only shown.
            (names[1], reader, float("inf")),
        )
    ]


def measure_worst(corpus: Corpus, rounds: int) -> list[Figure]:
    """Measure the slowest message, with each kind of line end, and count exceptions."""
    if not corpus.everything:
        return []
    slowest, slowest_name = 0.0, ""
    errors: list[str] = []
    count = 0
    for name, data in corpus.everything:
        plain = data.replace(b"\r\n", b"\n")
        twins = {
            "as it is": data,
            "LF": plain,
            "CRLF": plain.replace(b"\n", b"\r\n"),
            "CR": plain.replace(b"\n", b"\r"),
        }
        for ends, twin in twins.items():
            count += 1
            try:
                read_reports(twin)  # what is imported late is imported now
                (seconds,) = take_turns_once(twin, rounds)
            except DsnError as error:
                errors.append(f"{name} ({ends}): {error}")
                continue
            except Exception as error:  # noqa: BLE001  that there is none is the claim
                errors.append(f"{name} ({ends}): {type(error).__name__}: {error}")
                continue
            if seconds > slowest:
                slowest, slowest_name = seconds, f"{name} ({ends}), {len(twin)} octets"
    return [
        Figure(
            name="the slowest message",
            ours=f"{slowest * 1e3:.2f} ms",
            theirs="",
            value=slowest,
            bound=MESSAGE_SECONDS,
            note=f"{slowest_name}; {count} readings",
        ),
        Figure(
            name="exceptions",
            ours=str(len(errors)),
            theirs="",
            value=float(len(errors)),
            bound=0.0,
            note="; ".join(errors[:3]),
        ),
    ]


def take_turns_once(data: bytes, rounds: int) -> list[float]:
    """Return the least seconds of reading one message, as a list of one."""
    least = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        read_reports(data)
        least = min(least, time.perf_counter() - begin)
    return [least]


# ---- Telling


def show(figures: Sequence[Figure]) -> None:
    """Print the table."""
    print(f"{'':38} {'dsnlib':>12} {'beside it':>12} {'ratio':>8} {'bound':>9}")
    for figure in figures:
        bound = f"{'>=' if figure.at_least else '<='} {figure.bound:g}"
        verdict = "pass" if figure.passed else "MISS"
        print(
            f"{figure.name:38} {figure.ours:>12} {figure.theirs:>12} "
            f"{figure.value:>8.3g} {bound:>9}  {verdict}  {figure.note}"
        )


def main() -> int:
    """Measure, print, and tell by the exit status whether every bound is kept."""
    parser = argparse.ArgumentParser(description="Measure the speed of dsnlib.")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each reader")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--no-fail", action="store_true", help="end with status 0 even so")
    arguments = parser.parse_args()
    logging.disable()  # mail-parser has a line for each part that it does not know
    corpus = read_corpus()
    figures = [
        *measure_reports(corpus, arguments.rounds),
        *measure_returned(arguments.rounds),
        *measure_declining(corpus, arguments.rounds),
        *measure_bounces(
            corpus.bounces,
            [data for _, data in corpus.ordinary],
            tolerated(read_with_flufl_bounce),
            arguments.rounds,
        ),
        *measure_composing(arguments.rounds),
        *measure_streaming(),
        *measure_planning(arguments.rounds),
        *measure_lookups(min(arguments.rounds, 5)),
        *measure_serving(min(arguments.rounds, 3)),
        *measure_sending(),
        *measure_starting(),
        *measure_import(arguments.rounds),
        *measure_worst(corpus, 3),
    ]
    show(figures)
    if arguments.json:
        rows = [{**attrs.asdict(figure), "passed": figure.passed} for figure in figures]
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    missed = not all(figure.passed for figure in figures)
    return int(missed and not arguments.no_fail)


if __name__ == "__main__":
    sys.exit(main())
