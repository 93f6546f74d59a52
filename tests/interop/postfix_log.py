"""A log of Postfix -> queue files, the attempts to deliver them, and what came of them.

    QUEUEID: from=<S>, size=N, nrcpt=N (queue active)
    QUEUEID: to=<R>[, orig_to=<O>], relay=R, ..., delay=N, ..., dsn=D.S.N, status=WORD (TEXT)

Rules.  A queue file is tried as often as it becomes active; what a local alias
forwards is a queue file of its own.  Other lines are passed over.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Attempt", "Log", "QueueFile", "canonical", "read_log"]

_LINE = re.compile(
    r"(?P<stamp>\w{3} [ \d]\d \d\d:\d\d:\d\d) \S+ \S*?(?P<agent>[\w-]+)\[\d+\]: "
    r"(?P<queue>[0-9A-Za-z]{6,}): (?P<rest>.*)"
)
# By pickup(8), of what sendmail(1) left.
_PICKED_UP = re.compile(r"uid=\d+ from=<(?P<sender>.*)>")
_ACTIVE = re.compile(r"from=<(?P<sender>.*)>, size=(?P<size>\d+), nrcpt=\d+ \(queue active\)")
_DELIVERY = re.compile(
    r"to=<(?P<to>.*?)>(?:, orig_to=<(?P<original>.*?)>)?"
    r", relay=(?P<relay>[^,]+)(?:, [a-z_]+=[^,]+)*?"
    r", delay=[^,]+(?:, [a-z]+=[^,]+)*?, dsn=(?P<dsn>\d\.\d{1,3}\.\d{1,3})"
    r", status=(?P<word>\w+) \((?P<text>.*)\)"
)
_RELAY = re.compile(r"(?P<host>[^\[\]]+)\[[^\]]*\](?::(?P<port>\d+))?")
_FORWARDED = re.compile(r"forwarded as ([0-9A-Za-z]{6,})")
# The lines of a queue file that is new: from the network, from this host, from
# an alias.
_ARRIVAL = re.compile(r"client=|uid=\d+ |message-id=")
_TROUBLE = re.compile(r"status=deferred \((?:bounce|trace|defer) failed\)")

# A log has no year; one with a 29th of February serves.
_YEAR = "2024"


@attrs.frozen(kw_only=True)
class Attempt:
    """One recipient's line of a log.

    Args:
        to: The address as the queue has it.
        original: What it was before this system rewrote it, where that is said.
        agent: Who tried: `smtp`, `local`, `pipe`.
        host: The server, if one was reached.
        port: Its port.
        service: What `relay=` says where it is no server; `None` for `none`.
        dsn: The status.
        word: `sent`, `deferred`, `bounced`, `SOFTBOUNCE` and so on.
        text: What stands in parentheses.
    """

    to: str
    original: str | None = None
    agent: str
    host: str | None = None
    port: str | None = None
    service: str | None = None
    dsn: str
    word: str
    text: str

    @property
    def forwarded_as(self) -> str | None:
        """The queue file that an alias made of it."""
        found = _FORWARDED.fullmatch(self.text)
        return None if found is None else found[1]


@attrs.define(kw_only=True)
class QueueFile:
    """One message in the queue.

    Args:
        name: The queue id.
        arrival: When it came.
        sender: Its return path.
        size_octets: What Postfix counts.
        runs: The attempts of each time that it was active, and when that ended.
        is_stuck: Whether its notification could not be written.
    """

    name: str
    arrival: dt.datetime
    sender: str = ""
    size_octets: int | None = None
    runs: list[tuple[list[Attempt], dt.datetime]] = attrs.field(factory=list)
    is_stuck: bool = False

    @property
    def attempts(self) -> list[Attempt]:
        """Those of all runs, in order."""
        return [attempt for attempts, _ in self.runs for attempt in attempts]


@attrs.frozen
class Log:
    """The queue files of a log by name, in the order in which they came."""

    queue_files: dict[str, QueueFile]

    def tree(self, name: str) -> list[QueueFile]:
        """Return a queue file and those that aliases made of it, itself first."""
        found: dict[str, QueueFile] = {}
        waiting = [name]
        while waiting:
            current = waiting.pop(0)
            if current in found or current not in self.queue_files:
                continue
            found[current] = self.queue_files[current]
            attempts = found[current].attempts
            waiting += [made for each in attempts if (made := each.forwarded_as) is not None]
        return [*found.values()]


def canonical(address: str) -> str:
    """Return an address for comparisons: no quotes, lower case.

    Postfix keeps local parts without quotes and writes those that need them.
    """
    local_part, at, domain = address.rpartition("@")
    if not at:
        local_part, domain = domain, ""
    if local_part[:1] == '"' == local_part[-1:] and len(local_part) > 1:
        local_part = re.sub(r"\\(.)", r"\1", local_part[1:-1])
    return f"{local_part}{at}{domain}".lower()


def read_log(text: str) -> Log:
    """Return what a log tells; lines that say something else are passed over."""
    return Log(_read(text.splitlines()))


def _read(lines: Iterable[str]) -> dict[str, QueueFile]:
    files: dict[str, QueueFile] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        rest = found["rest"]
        stamp = dt.datetime.strptime(f"{_YEAR} {found['stamp']} +0000", "%Y %b %d %H:%M:%S %z")
        queue = files.get(found["queue"])
        if queue is None:
            if _ARRIVAL.match(rest) is None and _ACTIVE.match(rest) is None:
                continue
            queue = files[found["queue"]] = QueueFile(name=found["queue"], arrival=stamp)
        active = _ACTIVE.match(rest)
        if active is not None:
            queue.sender, queue.size_octets = active["sender"], int(active["size"])
            queue.runs.append(([], stamp))
            continue
        picked_up = _PICKED_UP.match(rest)
        if picked_up is not None:
            queue.sender = picked_up["sender"]
        queue.is_stuck = queue.is_stuck or _TROUBLE.search(rest) is not None
        attempt = _attempt(rest, found["agent"])
        if attempt is not None:
            # What cleanup(8) refuses never becomes active.
            queue.runs = queue.runs or [([], stamp)]
            queue.runs[-1] = ([*queue.runs[-1][0], attempt], stamp)
    return files


def _attempt(rest: str, agent: str) -> Attempt | None:
    found = _DELIVERY.match(rest)
    if found is None:
        return None
    relay = _RELAY.fullmatch(found["relay"])
    service = None if relay is not None or found["relay"] == "none" else found["relay"]
    return Attempt(
        to=found["to"],
        original=found["original"],
        agent=agent,
        host=None if relay is None else relay["host"],
        port=None if relay is None else relay["port"],
        service=service,
        dsn=found["dsn"],
        word=found["word"],
        text=found["text"],
    )
