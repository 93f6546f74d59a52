"""What follows from what an event says: why, whose fault, which mail, its name.

Rules.
- What a dialect says of the reason stands; else the words and codes decide.
- Where they say nothing of the only recipient, what the whole text says is about it.
- The Message-ID is the original's, out of the header that is returned.
- An event is named last, because its name follows from what it says.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.event import Confidence, EventKind
from dsnlib.bounces.links.event_id import digest_bounce, event_id
from dsnlib.bounces.reason import classify
from dsnlib.bounces.rules.defaults import default_fault, default_permanence
from dsnlib.bounces.taxonomy import Permanence, Reason
from dsnlib.model.report import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["complete_events", "find_message_id"]

# msg-id = "<" id-left "@" id-right ">", of which systems make what they like
_MESSAGE_ID = re.compile(rb"\nmessage-id[ \t]*:[ \t\r\n]*<?([^\s<>]{1,900})", re.IGNORECASE)
_HEADER_OCTETS = 1 << 16
_ACTIONS = {EventKind.FAILURE: Action.FAILED, EventKind.DELAY: Action.DELAYED}


def find_message_id(header: bytes) -> str | None:
    """Return the Message-ID that a header has, without brackets.  Linear; never raises."""
    header = b"\n" + header[:_HEADER_OCTETS]
    # The usual spelling is found many times faster than any.
    if b"\nMessage-" not in header and b"\nmessage-id" not in header.lower():
        return None
    found = _MESSAGE_ID.search(header)
    return None if found is None else found[1].decode("utf-8", "replace")


def complete_events(
    events: Iterable[BounceEvent],
    *,
    header: bytes,
    text: bytes = b"",
    returned: bytes | None = None,
    rules: RuleSet | None = None,
) -> tuple[BounceEvent, ...]:
    """Return events with their reasons, the original's Message-ID, and their names.

    Args:
        events: What was read.
        header: The header of the bounce.
        text: What it says for people, if it is no report.
        returned: The header of the original.
        rules: What replies mean; ours if not given.

    Never raises.
    """
    message_id = find_message_id(returned) if returned else None
    bounce = digest_bounce(header, text)
    done = []
    events = tuple(events)
    about_one = text if len(events) == 1 else b""
    for event in events:
        changes: dict[str, object] = {}
        if message_id is not None and event.message_id is None:
            changes["message_id"] = message_id
        action = _ACTIONS.get(event.kind)
        if action is not None:
            changes |= _why(event, action, about_one, rules)
        changes["event_id"] = event_id(event, bounce=bounce, message_id=message_id)
        done.append(attrs.evolve(event, **changes))  # type: ignore[arg-type]  # names of its fields
    return tuple(done)


def _why(
    event: BounceEvent, action: Action, text: bytes, rules: RuleSet | None
) -> dict[str, object]:
    ask = functools.partial(
        classify,
        reply_code=event.reply_code,
        status=event.status,
        action=action,
        remote_mta=event.remote_mta,
        rules=rules,
    )
    found = ask(text=event.diagnostic or "")
    if text and found.reason is Reason.UNDEFINED and event.reason is None:
        of_all = ask(text=text)
        # A word that is used for much, somewhere in a text, is about anything.
        if of_all.confidence is not Confidence.GUESSED:
            # Its places are not those of the diagnostic.
            placeless = [attrs.evolve(each, start=None, end=None) for each in of_all.evidence]
            found = attrs.evolve(of_all, evidence=placeless)
    evidence = (*event.evidence, *found.evidence)
    if event.reason is None:
        return {
            "reason": found.reason,
            "permanence": found.permanence,
            "fault": found.fault,
            "evidence": evidence,
        }
    permanence = found.permanence
    if permanence is Permanence.UNKNOWN or found.reply_code is None:
        permanence = default_permanence(event.reason)
    return {
        "permanence": permanence,
        "fault": default_fault(event.reason),
        "evidence": evidence,
    }
