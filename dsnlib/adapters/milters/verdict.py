"""What filters have said of a stage, and what the client hears.

    accept, continue      nothing: the session goes on
    reject                550 5.7.1, or the filter's own reply
    tempfail              451 4.7.1, or the filter's own reply
    shutdown              421 4.7.0
    discard               as if all were well, and the message goes nowhere
    quarantine            as if all were well, and the message waits for a person

Rules.
- A filter's reply is about whatever it says it is about: its status is never
  fitted to the stage.  Soft bounce and the site's own filters apply.
- Texts are ours; codes are Postfix's.
"""

from __future__ import annotations

import enum

import attrs

from dsnlib.adapters.milters.edits import MilterEdits
from dsnlib.adapters.milters.settings import DefaultAction
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.rewrite import RewriteRules, RewrittenReply, rewrite_reply

__all__ = ["MilterAction", "MilterVerdict", "away_verdict", "refusal"]


class MilterAction(enum.Enum):
    """What one filter, or all of them together, want done."""

    CONTINUE = "continue"
    ACCEPT = "accept"
    REJECT = "reject"
    TEMPFAIL = "tempfail"
    DISCARD = "discard"
    QUARANTINE = "quarantine"
    SHUTDOWN = "shutdown"


@attrs.frozen(kw_only=True)
class MilterVerdict:
    """What filters say of a command or message.

    Args:
        action: What is to be done.
        reply: What the client is to hear, or `None` if the stage may go on.
        milter: The name of the filter that decided, or `""`.
        reason: Why, for the log: what a filter was at fault with, or the reason of a
            quarantine.
        edits: At the end of a message that goes on: what filters changed.
    """

    action: MilterAction = MilterAction.CONTINUE
    reply: SmtpReply | None = None
    milter: str = ""
    reason: str = ""
    edits: MilterEdits | None = None

    @property
    def is_refused(self) -> bool:
        """Whether there is a reply that refuses the command, or the message."""
        return self.reply is not None

    @property
    def is_discarded(self) -> bool:
        """Whether the message is to be taken, answered 250, and thrown away."""
        return self.action is MilterAction.DISCARD

    def rewrite(self, *, verb: str, rules: RewriteRules) -> RewrittenReply | None:
        """Return the reply as it goes out, or `None` if there is none.

        Its status stays what the filter said: only the other rules apply.  What this
        gives comes through `rewrite_reply` unchanged.  Never raises.

        Args:
            verb: The command, for the status of a reply that has none.
            rules: Those of the server.
        """
        if self.reply is None:
            return None
        return rewrite_reply(self.reply, verb=verb, rules=attrs.evolve(rules, fits_stage=False))


# What a filter wants without a reply of its own.
_REFUSALS = {
    MilterAction.REJECT: "550 5.7.1 A mail filter refuses this",
    MilterAction.TEMPFAIL: "451 4.7.1 A mail filter refuses this for now; try it later",
    MilterAction.SHUTDOWN: "421 4.7.0 A mail filter ends this session",
}
# What becomes of mail when a filter cannot be asked.
_AWAY = {
    DefaultAction.ACCEPT: (MilterAction.CONTINUE, None),
    DefaultAction.QUARANTINE: (MilterAction.QUARANTINE, None),
    DefaultAction.TEMPFAIL: (
        MilterAction.TEMPFAIL,
        "451 4.7.1 A mail filter cannot be asked now; try it later",
    ),
    DefaultAction.REJECT: (
        MilterAction.REJECT,
        "550 5.5.0 A mail filter that has to be asked does not answer",
    ),
    DefaultAction.SHUTDOWN: (
        MilterAction.SHUTDOWN,
        "421 4.7.1 A mail filter cannot be asked now; come back later",
    ),
}
_NOT_SET_UP = "451 4.3.5 A mail filter is not set up correctly; try it later"


def refusal(action: MilterAction, *, milter: str, reply: SmtpReply | None = None) -> MilterVerdict:
    """Return the verdict of a filter that refuses, with its reply or the usual one."""
    if reply is None:
        reply = SmtpReply.parse(_REFUSALS[action])
    return MilterVerdict(action=action, reply=reply, milter=milter)


def away_verdict(
    action: DefaultAction, *, milter: str, reason: str, is_misfit: bool = False
) -> MilterVerdict:
    """Return the verdict on mail whose filter cannot be asked.

    Args:
        action: What the site wants then.
        milter: The filter.
        reason: What happened.
        is_misfit: Whether the filter wants what this server cannot do; no time will
            mend that, so what is refused is refused as a mistake of the site's.
    """
    what, text = _AWAY[action]
    if is_misfit and text is not None:
        what, text = MilterAction.TEMPFAIL, _NOT_SET_UP
    reply = None if text is None else SmtpReply.parse(text)
    return MilterVerdict(action=what, reply=reply, milter=milter, reason=reason)
