"""What a line of a log notes of one recipient -> an event.

Rules.
- The name of the event follows from the line: host, time as written, queue id, recipient,
  kind and text.  A log that is read twice, or was renamed and read again, counts once.
- Why, and for how long, is asked of the same rules as for a bounce.
- A line that was written is evidence for everything it says; what words mean is evidence
  of its own.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.links.event_id import digest_parts
from dsnlib.bounces.one_line import is_fit_address, one_line
from dsnlib.bounces.reason import classify
from dsnlib.model.report import Action
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["LONGEST_LINE", "LONGEST_TEXT", "Noted", "plain_text"]

# Chosen by us: Postfix cuts the text of a line at 2000 octets, Exim at 8192, and what
# syslog adds is short.
LONGEST_LINE = 16_384
"""The characters of a line that are looked at."""
LONGEST_TEXT = 2000
"""The characters of what was said that are kept."""

_SHOWN = 120
_LONGEST_HOST = 255
_ACTIONS = {EventKind.FAILURE: Action.FAILED, EventKind.DELAY: Action.DELAYED}
# Reply-code                                                     RFC 5321 s4.2
_REPLY_CODE = re.compile(r"[2-5][0-9]{2}(?=[ -]|\Z)")
# What rsyslog makes of controls, and of octets above 0x7F where it is told to.
_CONTROL = re.compile(r"#(?:0[0-3][0-7]|177)")
_EIGHT_BIT = re.compile(r"(?:#[23][0-7]{2})+")


def plain_text(text: str) -> str:
    """Return what a line says, what syslog has escaped in it made readable.

    >>> plain_text("550 5.1.1 unbekannt:#011J#303#274rgen")
    '550 5.1.1 unbekannt: Jürgen'

    Linear; never raises.
    """
    if "#" in text:
        text = _EIGHT_BIT.sub(_octets, _CONTROL.sub(" ", text))
    return one_line(text, LONGEST_TEXT)


def _octets(found: re.Match[str]) -> str:
    # A number behind "#" may be a number: what is no UTF-8 stays.
    try:
        return bytes([int(each, 8) for each in found[0][1:].split("#")]).decode()
    except UnicodeDecodeError:
        return found[0]


@attrs.frozen(kw_only=True)
class Noted:
    """What a line of a log notes of one recipient.

    Args:
        source: Whose log: the dialect of the event.
        word: What the log calls it: the rule that is the evidence.
        kind: What that is.
        recipient: Who it is about.
        original: Who the sender had written.
        stamp: The time as it is written.
        host: Whose log it is, as it is written.
        queue_id: The message.
        text: All that is written besides.
        said: What a server answered; `None` if none did.
        remote_mta: Who answered.
        status: The enhanced code.
        message_id: The Message-ID.
        occurred: The time.
    """

    source: str
    word: str
    kind: EventKind
    recipient: str
    original: str | None
    stamp: str
    host: str
    queue_id: str
    text: str
    said: str | None
    remote_mta: str | None
    status: EnhancedStatusCode | None
    message_id: str | None
    occurred: dt.datetime | None

    def event(self, rules: RuleSet | None = None) -> BounceEvent | None:
        """Return the event that it is, or `None` where no address is named.

        Args:
            rules: What replies mean; ours if `None`.

        Never raises.
        """
        if not is_fit_address(self.recipient):
            return None
        said, original = self.said, self.original
        found = None if said is None else _REPLY_CODE.match(said)
        reply_code = None if found is None else int(found[0])
        diagnostic = plain_text(self.text if said is None else said)
        evidence = Evidence(
            field="kind",
            rule=f"{self.source}/{self.word}",
            text=diagnostic[:_SHOWN],
            confidence=Confidence.CERTAIN,
        )
        return BounceEvent(
            recipient=self.recipient,
            kind=self.kind,
            original_recipient=original if original and is_fit_address(original) else None,
            status=self.status,
            reply_code=reply_code,
            diagnostic=diagnostic or None,
            remote_mta=one_line(self.remote_mta or "", _LONGEST_HOST) or None,
            reporting_mta=one_line(self.host, _LONGEST_HOST) or None,
            dialect=self.source,
            message_id=self.message_id,
            occurred=self.occurred,
            event_id=digest_parts(
                "log 1", self.host, self.stamp, self.queue_id, self.recipient, self.kind.value,
                self.text,
            ),
            **self._why(reply_code, diagnostic, evidence, rules),
        )  # fmt: skip

    def _why(
        self, reply_code: int | None, diagnostic: str, evidence: Evidence, rules: RuleSet | None
    ) -> dict[str, Any]:
        action = _ACTIONS.get(self.kind)
        if action is None:
            return {"evidence": (evidence,)}
        found = classify(
            reply_code=reply_code,
            status=self.status,
            text=diagnostic,
            action=action,
            remote_mta=self.remote_mta,
            rules=rules,
        )
        return {
            "reason": found.reason,
            "permanence": found.permanence,
            "fault": found.fault,
            "evidence": (evidence, *found.evidence),
        }
