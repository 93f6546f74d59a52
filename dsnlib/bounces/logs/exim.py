"""The main log of Exim -> events.

Lines::

    2026-11-23 04:00:00 1abcde-0004xZ-AB <= ann@example.net H=... P=esmtp S=900 id=ID
    2026-11-23 04:00:01 1abcde-0004xZ-AB => bob@example.org R=dnslookup T=smtp H=... C="250 OK"
    2026-11-23 04:00:01 1abcde-0004xZ-AB ** bob@example.org <team@example.org> R=... T=... \
H=mx.example.org [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<...>: 550 ...
    2026-11-23 04:00:01 1abcde-0004xZ-AB == bob@example.org R=... T=... defer (-44) H=...: ...
    2026-11-23 04:00:02 1abcde-0004xZ-AB Completed

What the flags are for us (Exim's specification, chapter 52: log files)::

    =>  ->  >>  relayed if a host took it, which H= tells; else success
    **          failure
    ==          delay
    *>          nothing: -N was given, and nothing was delivered

Rules.
- A line is read by its form, from the left (`exim_line`): the words of servers and of
  strangers are in quotes or brackets, or stand at the end.
- What `log_selector` adds is passed over: process, milliseconds, zone, ports, times.
- Where the address is a file, a command or the local part alone, the one that it came
  from is the recipient.
- Times without a zone are in the zone that the reader was told.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.logs.exim_line import (
    EximEntry,
    host_name,
    read_address,
    read_entry,
    read_tail,
    written_text,
)
from dsnlib.bounces.logs.noted import LONGEST_LINE, Noted
from dsnlib.bounces.logs.queue_files import QueueFiles
from dsnlib.bounces.logs.syslog import read_head, read_time
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["EximLog"]

_DIALECT = "exim-log"
_PROGRAM = re.compile(r"exim[0-9]?")
# What is there in every line that we read, and in few others.
_MARKS = (" => ", " ** ", " == ", " <= ", " -> ", " >> ", " Completed")
# flag -> what it is for us, and for the rule that says so
_FLAGS = {
    "=>": (EventKind.SUCCESS, "delivered"),
    "->": (EventKind.SUCCESS, "delivered"),
    ">>": (EventKind.SUCCESS, "cutthrough"),
    "**": (EventKind.FAILURE, "failed"),
    "==": (EventKind.DELAY, "deferred"),
}
_PATH = r"<(?>(?:\"(?>(?:[^\"\\]++|\\.)*)\"|[^<>\"]++)*)>"
_SENDER = re.compile(r"(?>(?:\"(?>(?:[^\"\\]++|\\.)*)\"|[^ \"]++)+)")
# Which command it was; the path in it may hold anything in quotes.
_SAID = re.compile(
    r"(?:SMTP|LMTP) error(?: from remote mail server)? after "
    rf"(?:(?>(?:pipelined |sending )*)(?:MAIL FROM|RCPT TO):{_PATH}[^:]{{0,200}}|[^:<]{{1,200}})"
    r": (?P<said>[2-5][0-9]{2}[ -].*)",
    re.DOTALL,
)
# The time that it took stands behind the text of a failure.
_TOOK = re.compile(r" (?:QT|DT)=[0-9.dhms]{1,20}\Z")
_STATUS = re.compile(r"[245][0-9]{2}[ -](?P<status>[245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")


class EximLog:
    """Reads the lines of a main log, in their order, and remembers what later ones need.

    Args:
        host: The name of the host whose log it is: no line tells.
        zone: The zone of times that name none.
        rules: What replies mean; ours if `None`.
        memory: What is remembered; one of the usual size if `None`.
    """

    def __init__(
        self,
        *,
        host: str = "",
        zone: dt.tzinfo = dt.UTC,
        rules: RuleSet | None = None,
        memory: QueueFiles | None = None,
    ) -> None:
        self._host = host
        self._zone = zone
        self._rules = rules
        self._memory = QueueFiles() if memory is None else memory

    def feed(self, line: str, *, now: dt.datetime) -> tuple[BounceEvent, ...]:
        """Return what a line says of whom: nothing for most lines.  Linear; never raises.

        Args:
            line: One line, with its end or without.
            now: When it is read, with a zone; it tells the year where the line does not.
        """
        if not any(mark in line for mark in _MARKS):
            return ()
        line = line[:LONGEST_LINE].rstrip("\r\n")
        host, stamp = self._host, ""
        entry = read_entry(line, 0)
        if entry is None:
            # Through syslog: with a time of its own or without.
            head = read_head(line)
            if head is None or _PROGRAM.fullmatch(head.program) is None:
                return ()
            host, stamp = head.host, head.stamp
            entry = read_entry(line, head.end)
        if entry is None or not (entry.stamp or stamp):
            return ()
        key = host, entry.id
        if entry.flag == "Completed":
            self._memory.forget(key)
        elif entry.flag == "<=":
            self._received(line, entry.end, key)
        else:
            return self._delivery(line, entry, key, entry.stamp or stamp, now)
        return ()

    def _received(self, line: str, start: int, key: tuple[str, str]) -> None:
        sender = _SENDER.match(line, start)
        if sender is not None:
            fields = read_tail(line, sender.end()).fields
            # "*": Exim has made it up.
            message_id = fields.get("id") or fields.get("id*")
            if message_id:
                self._memory.name(key, message_id)

    def _delivery(
        self, line: str, entry: EximEntry, key: tuple[str, str], stamp: str, now: dt.datetime
    ) -> tuple[BounceEvent, ...]:
        address = read_address(line, entry.end)
        if address is None or address.is_thrown_away:
            return ()
        to, original = address.to, address.original
        if "@" not in to:
            to, original = original or "", None
        tail = read_tail(line, address.end)
        kind, word = _FLAGS[entry.flag]
        if kind is EventKind.SUCCESS and "H" in tail.fields:
            kind = EventKind.RELAYED
        text = written_text(_TOOK.sub("", tail.text))
        answer = _SAID.match(text)
        confirmed = written_text(tail.fields.get("C", "").strip('"')) or None
        said = confirmed if answer is None else answer["said"]
        status = None if said is None else _STATUS.match(said)
        noted = Noted(
            source=_DIALECT,
            word=word,
            kind=kind,
            recipient=to,
            original=original,
            stamp=stamp,
            host=key[0],
            queue_id=entry.id,
            text=text,
            said=said,
            remote_mta=host_name(tail.fields.get("H", "")),
            status=None if status is None else EnhancedStatusCode.parse(status["status"]),
            message_id=self._memory.message_id(key),
            occurred=read_time(stamp, now=now, zone=self._zone),
        )
        event = noted.event(self._rules)
        return () if event is None else (event,)
