"""How far the codes of bounces can be trusted: the figures of *What DSN cannot tell you*.

    python -m tests.accuracy.codes_and_words LABELS ROOT

LABELS has a JSON object on each line, with `file` below ROOT and `is_bounce`.  Messages
that differ in their line ends alone count once.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib import EventKind, Fault, Permanence, read_bounces, read_reports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib import RecipientFields


def read_messages(labels: Path, root: Path) -> Iterator[bytes]:
    """Yield each bounce of a file of labels once."""
    seen: set[bytes] = set()
    for line in labels.read_bytes().rstrip().split(b"\n"):
        label = json.loads(line)
        if label["is_bounce"]:
            octets = (root / label["file"]).read_bytes()
            plain = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if plain not in seen:
                seen.add(plain)
                yield octets


def count(messages: Iterable[bytes]) -> Counter[str]:
    """Return how often each thing was met."""
    found: Counter[str] = Counter()
    for octets in messages:
        recipients = [each for report in read_reports(octets) for each in report.recipients]
        found["bounces"] += 1
        found["bounces without fields"] += not recipients
        for recipient in recipients:
            found.update(_of_status(recipient))
        for event in read_bounces(octets):
            if event.kind is EventKind.FAILURE:
                found["failures"] += 1
                found["failures, the recipient's fault"] += event.fault is Fault.RECIPIENT
                code = str(event.status or event.reply_code or "")
                if code.startswith("5"):
                    found["failures of class 5"] += 1
                    found["failures of class 5 that pass"] += event.permanence is Permanence.SOFT
    return found


def _of_status(recipient: RecipientFields) -> Iterator[str]:
    if recipient.status is None:
        return
    yield "recipients with a Status"
    if str(recipient.status).endswith(".0.0"):
        yield "recipients with X.0.0"
    reply = None if recipient.diagnostic_code is None else recipient.diagnostic_code.reply
    if reply is not None and reply.status is not None:
        yield "recipients whose reply has a code too"
        if reply.status != recipient.status:
            yield "recipients whose reply has another code"


def main(arguments: list[str]) -> int:
    """Print the figures."""
    labels, root = map(Path, arguments)
    for name, number in sorted(count(read_messages(labels, root)).items()):
        sys.stdout.write(f"{number:6} {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
