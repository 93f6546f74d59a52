"""By what events are counted, and what spans say of them: words of closed sets.

Rules.
- kind, reason, permanence and fault are those of the taxonomy; `none` for no reason.
- A provider is one that the shipped rules know, else `other`: hosts are names of strangers.
- A status is one that is registered, with its class (`5.1.1`); of any other only the class
  is told (`5.x.x`), and `none` if there is none: a stranger can make a million.
- A source is a word of whoever runs the feed; what is none, or is one too many, is `other`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.bounces.provider import provider_of_event
from dsnlib.model.registry import look_up

if TYPE_CHECKING:
    from dsnlib.adapters.telemetry.tracing import Value
    from dsnlib.bounces.event import BounceEvent
    from dsnlib.model.status import EnhancedStatusCode

__all__ = [
    "OTHER",
    "SourceWords",
    "event_attributes",
    "event_labels",
    "provider_word",
    "status_word",
]

OTHER = "other"
_NONE = "none"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


def event_labels(event: BounceEvent) -> tuple[str, str, str, str, str]:
    """Return kind, reason, permanence, fault and provider of an event.  Never raises."""
    return (
        event.kind.value,
        _NONE if event.reason is None else event.reason.value,
        event.permanence.value,
        event.fault.value,
        provider_word(event),
    )


def provider_word(event: BounceEvent) -> str:
    """Return who runs the mailbox, if the shipped rules know it.  Never raises."""
    return provider_of_event(event) or OTHER


def status_word(status: EnhancedStatusCode | None) -> str:
    """Return a status as a label.  Never raises.

    >>> from dsnlib.model.status import EnhancedStatusCode
    >>> status_word(EnhancedStatusCode.parse("5.1.1"))
    '5.1.1'
    >>> status_word(EnhancedStatusCode.parse("5.911.7"))
    '5.x.x'
    """
    if status is None:
        return _NONE
    return f"{int(status.class_)}.x.x" if look_up(status) is None else str(status)


def event_attributes(event: BounceEvent) -> dict[str, Value]:
    """Return what a span says of an event, as `OpenSpan.note` takes it.  Never raises."""
    return {
        "dsn_kind": event.kind.value,
        "dsn_reason": _NONE if event.reason is None else event.reason.value,
        "dsn_permanence": event.permanence.value,
        "dsn_status": status_word(event.status),
    }


class SourceWords:
    """The words for sources that are labels.

    Args:
        most: How many there may be.
    """

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._words: set[str] = set()

    def word(self, source: str) -> str:
        """Return the label of a source.  Never raises."""
        if source in self._words:
            return source
        if len(self._words) >= self._most or _WORD.fullmatch(source) is None:
            return OTHER if source else _NONE
        self._words.add(source)
        return source
