"""Why a notification is sent, or is not: the rules that were asked.

Every plan and every refusal carries its trail, so that "why did I get this" and
"why did nobody tell me" have an answer that does not need the log.
"""

from __future__ import annotations

import enum

import attrs

__all__ = ["Effect", "TrailEntry"]


class Effect(enum.Enum):
    """What a rule did."""

    PASSED = "passed"
    STOPPED = "stopped"
    SHAPED = "shaped"
    """The notification is sent, and is another than without the rule."""


@attrs.frozen
class TrailEntry:
    """One rule that was asked.

    Args:
        rule: Its name, such as `notify` or `auto-submitted`.
        effect: What it did.
        why: What it saw, in a few words.
        requirement: The requirement it carries out, if it is one of the RFCs'.
    """

    rule: str
    effect: Effect
    why: str
    requirement: str | None = attrs.field(default=None, kw_only=True)

    def __str__(self) -> str:
        return f"{self.rule}: {self.effect.value}, {self.why}"
