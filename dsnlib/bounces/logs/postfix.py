"""The log of Postfix, and of dsnlib's own server -> events.

Lines::

    HEAD postfix/cleanup[1]: QUEUEID: message-id=<ID>
    HEAD postfix/smtp[2]: QUEUEID: to=<R>[, orig_to=<O>], relay=HOST[ADDRESS]:PORT, ...,
        dsn=D.S.N, status=WORD (TEXT)
    HEAD postfix/qmgr[3]: QUEUEID: from=<S>, status=expired, returned to sender
    HEAD postfix/qmgr[3]: QUEUEID: removed

What the words are for us::

    sent            relayed if the next host took it; success if it was delivered here;
                    expanded if an alias sent it on; nothing if it was thrown away
    bounced         failure
    deferred        delay, as is SOFTBOUNCE
    undeliverable   failure, or delay under 4.X.X: the address was tried without a message
    deliverable     nothing: no message was delivered
    expired         failure of each recipient that waits, for what was said last, or because
                    of the time where that tells no reason

Rules.
- A line is read by its form, from the left, and never searched: what a remote server says
  stands at the end and can hold anything, a line of a log too.
- Only programs that deliver are believed, and by the name of Postfix: other programs log
  what strangers say.
- Quoted addresses may hold anything.  Postfix quotes them since 3.5
  (`info_log_addr_form = external`); before, or with `internal`, whoever chooses an address
  chooses what the line seems to say.
- A line that syslog cut off is read as far as it goes, if it goes as far as the word.
- dsnlib's own server writes the same as `dsnlib/delivery`, or as JSON objects with the names
  of the fields; there the relay tells whether `sent` went to another host.
- A relay on the same host, such as a filter, is relayed to as any other is.
- The address that is written stands for `recipient`; the log has no ENVID.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.links.event_id import digest_parts
from dsnlib.bounces.logs.noted import LONGEST_LINE, Noted
from dsnlib.bounces.logs.queue_files import QueueFiles
from dsnlib.bounces.logs.syslog import LogHead, read_head, read_time
from dsnlib.bounces.rules.defaults import default_fault
from dsnlib.bounces.taxonomy import Reason
from dsnlib.errors import DsnError
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["PostfixLog"]

_DIALECT = "postfix-log"
# Multi-instance names, `postfix-out`, and services with a name, `postfix/relay/smtp`.
_PROGRAM = re.compile(r"(postfix|dsnlib)[A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.-]+)*?/([a-z]+)")
# The programs that tell what became of a recipient, and what `sent` means there.
_AGENTS = {
    "smtp": EventKind.RELAYED,
    "lmtp": EventKind.SUCCESS,
    "local": EventKind.SUCCESS,
    "virtual": EventKind.SUCCESS,
    "pipe": EventKind.SUCCESS,
    "error": None,
    "retry": None,
    "discard": None,
    "delivery": None,  # dsnlib's: the relay tells
}
_WORDS = {
    "bounced": EventKind.FAILURE,
    "deferred": EventKind.DELAY,
    "SOFTBOUNCE": EventKind.DELAY,
    "undeliverable": EventKind.FAILURE,
}
_QUEUE_ID = r"(?P<queue>[0-9A-Za-z]{5,40})"
# What is within the brackets: quoted strings, and what is no bracket.
_PATH = r"(?>(?:\"(?>(?:[^\"\\]++|\\.)*)\"|[^<>\"]++)*)"
_DELIVERY = re.compile(
    rf"{_QUEUE_ID}: to=<(?P<to>{_PATH})>(?:, orig_to=<(?P<original>{_PATH})>)?"
    r", relay=(?P<relay>[^,]++)"
    r"(?:, conn_use=[0-9]++)?, delay=[0-9.]++(?:, delays=[0-9./]++)?"
    # Those of other versions: `tls=`.
    r"(?>(?:, (?!dsn=|status=)[a-z_]{1,30}=[^,]*+)*)"
    r"(?:, dsn=(?P<dsn>[245]\.[0-9]{1,3}\.[0-9]{1,3}))?"
    r", status=(?P<word>[A-Za-z]{1,20})(?: \((?P<text>.*))?",
    re.DOTALL,
)
_NAMED = re.compile(rf"{_QUEUE_ID}: (?:resent-)?message-id=<?(?P<id>[^<>\s]++)")
_EXPIRED = re.compile(
    rf"{_QUEUE_ID}: from=<{_PATH}>, status=(?P<word>(?:force-)?expired), returned to sender"
)
_REMOVED = re.compile(rf"{_QUEUE_ID}: removed")
_RELAY = re.compile(r"(?P<host>[^\[\]]+)\[[^\]]*\](?::[0-9]+)?")
# What the server said stands behind who it is.
_SAID = re.compile(
    r"(?:host )?(?P<host>[^\[\] ]{1,255})\[[^\]]{0,100}\](?::[0-9]{1,5})? "
    r"(?:said|refused to talk to me): (?P<said>.*)",
    re.DOTALL,
)
_TRANSIENT = 4
_COMMAND = " (in reply to "
_FORWARDED = "forwarded as "


class PostfixLog:
    """Reads the lines of a log, in their order, and remembers what later ones need.

    Args:
        zone: The zone of times that name none.
        rules: What replies mean; ours if `None`.
        memory: What is remembered; one of the usual size if `None`.
    """

    def __init__(
        self,
        *,
        zone: dt.tzinfo = dt.UTC,
        rules: RuleSet | None = None,
        memory: QueueFiles | None = None,
    ) -> None:
        self._zone = zone
        self._rules = rules
        self._memory = QueueFiles() if memory is None else memory

    def feed(self, line: str, *, now: dt.datetime) -> tuple[BounceEvent, ...]:
        """Return what a line says of whom: nothing for most lines.  Linear; never raises.

        Args:
            line: One line, with its end or without.
            now: When it is read, with a zone; it tells the year where the line does not.
        """
        # Most lines are neither, and are told by a search that costs little.
        if ", status=" not in line:
            if "message-id=" in line or line.endswith((": removed", ": removed\n")):
                self._remember(line[:LONGEST_LINE].rstrip("\r\n"))
            return ()
        if line.startswith("{"):
            return self._of_object(line, now)
        line = line[:LONGEST_LINE].rstrip("\r\n")
        head = read_head(line)
        program = None if head is None else _PROGRAM.fullmatch(head.program)
        if head is None or program is None:
            return ()
        agent = program[2]
        if agent == "qmgr":
            return self._expired(line, head, now)
        found = _DELIVERY.match(line, head.end) if agent in _AGENTS else None
        if found is None:
            return ()
        return self._delivery(found.groupdict(), head, agent, now)

    def _remember(self, line: str) -> None:
        head = read_head(line)
        program = None if head is None else _PROGRAM.fullmatch(head.program)
        if head is None or program is None:
            return
        if program[2] == "qmgr":
            if found := _REMOVED.match(line, head.end):
                self._memory.forget((head.host, found["queue"]))
        elif program[2] == "cleanup" and (found := _NAMED.match(line, head.end)):
            self._memory.name((head.host, found["queue"]), found["id"])

    def _expired(self, line: str, head: LogHead, now: dt.datetime) -> tuple[BounceEvent, ...]:
        found = _EXPIRED.match(line, head.end)
        if found is None:
            return ()
        key = head.host, found["queue"]
        occurred = read_time(head.stamp, now=now, zone=self._zone)
        return tuple(
            [_given_up(event, head, found, occurred) for event in self._memory.waiting(key)]
        )

    def _of_object(self, line: str, now: dt.datetime) -> tuple[BounceEvent, ...]:
        """Return what a line of dsnlib's own log says, where that is of JSON objects."""
        try:
            values = json.loads(line[:LONGEST_LINE])
        except (ValueError, RecursionError):
            return ()
        if not isinstance(values, dict) or values.get("event") != "delivery":
            return ()
        names = ("time", "host", "queue_id", "to", "relay", "dsn", "status", "text")
        if not all(isinstance(values.get(name), str) for name in names):
            return ()
        head = LogHead(values["time"], values["host"], "dsnlib/delivery", 0)
        original = values.get("orig_to")
        parts = {
            "queue": values["queue_id"],
            "to": values["to"],
            "original": original if isinstance(original, str) else None,
            "relay": values["relay"],
            "dsn": values["dsn"],
            "word": values["status"],
            "text": values["text"] + ")",
        }
        return self._delivery(parts, head, "delivery", now)

    def _delivery(
        self, parts: dict[str, Any], head: LogHead, agent: str, now: dt.datetime
    ) -> tuple[BounceEvent, ...]:
        word, text = parts["word"], (parts["text"] or "").removesuffix(")")
        status = _status(parts["dsn"])
        relay = _RELAY.fullmatch(parts["relay"])
        key = head.host, parts["queue"]
        kind = _kind(word, agent, status, text, is_remote=relay is not None)
        if kind is not EventKind.DELAY:
            self._memory.settle(key, parts["to"])
        if kind is None:
            return ()
        refused = _SAID.match(text)
        remote = refused or relay
        said = None if refused is None else _without_command(refused["said"])
        if word == "sent" and relay is not None:
            said = text
        noted = Noted(
            source=_DIALECT,
            word=word,
            kind=kind,
            recipient=parts["to"],
            original=parts["original"],
            stamp=head.stamp,
            host=head.host,
            queue_id=parts["queue"],
            text=text,
            said=said,
            remote_mta=None if remote is None else remote["host"],
            status=status,
            message_id=self._memory.message_id(key),
            occurred=read_time(head.stamp, now=now, zone=self._zone),
        )
        event = noted.event(self._rules)
        if event is None:
            return ()
        if kind is EventKind.DELAY:
            self._memory.wait(key, event)
        return (event,)


def _given_up(
    event: BounceEvent, head: LogHead, found: re.Match[str], occurred: dt.datetime | None
) -> BounceEvent:
    """Return the failure that the last delay of a recipient has become."""
    kind, word = EventKind.FAILURE, found["word"]
    name = ("log 1", head.host, head.stamp, found["queue"], event.recipient, kind.value, word)
    told = Evidence(field="kind", rule=f"{_DIALECT}/{word}", confidence=Confidence.CERTAIN)
    failure = attrs.evolve(
        event,
        kind=kind,
        occurred=occurred,
        event_id=digest_parts(*name),
        evidence=(told, *event.evidence[1:]),
    )
    if event.reason is not Reason.UNDEFINED:
        return failure
    because = attrs.evolve(told, field="reason")
    return attrs.evolve(
        failure,
        reason=Reason.EXPIRED,
        fault=default_fault(Reason.EXPIRED),
        evidence=(*failure.evidence, because),
    )


def _status(text: str | None) -> EnhancedStatusCode | None:
    try:
        return EnhancedStatusCode.parse(text) if text else None
    except DsnError:
        return None


def _kind(
    word: str, agent: str, status: EnhancedStatusCode | None, text: str, *, is_remote: bool
) -> EventKind | None:
    if word == "sent":
        if text.startswith(_FORWARDED):
            return EventKind.EXPANDED
        if agent == "delivery":
            return EventKind.RELAYED if is_remote else EventKind.SUCCESS
        return _AGENTS[agent]
    if word == "undeliverable" and status is not None and status.class_ == _TRANSIENT:
        return EventKind.DELAY
    return _WORDS.get(word)


def _without_command(said: str) -> str:
    """Return a reply without the command that it was given to, which stands at its end."""
    before, mark, command = said.rpartition(_COMMAND)
    return before if mark and " command" in command else said
