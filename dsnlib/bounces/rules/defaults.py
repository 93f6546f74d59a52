"""What each reason means for another attempt, and who has to act, unless told otherwise.

Rules.
- A default of `UNKNOWN` permanence leaves it to the class of the reply: `4yz`
  is soft, `5yz` hard.
- `SOFT` holds under `5yz` too: a mailbox that is full may be emptied, and a
  host that is on a list may come off it.  A rule that knows better says `hard`.
- A domain that is not there is the fault of the address, so of the recipient's
  side, as an unknown user is: who keeps a list has to drop both.
"""

from __future__ import annotations

from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

__all__ = ["default_fault", "default_permanence"]

_HARD, _SOFT, _OPEN = Permanence.HARD, Permanence.SOFT, Permanence.UNKNOWN

_DEFAULTS = {
    Reason.UNKNOWN_USER: (_HARD, Fault.RECIPIENT),
    Reason.MAILBOX_FULL: (_SOFT, Fault.RECIPIENT),
    Reason.MAILBOX_DISABLED: (_HARD, Fault.RECIPIENT),
    Reason.MOVED: (_HARD, Fault.RECIPIENT),
    Reason.REFUSED_BY_RECIPIENT: (_HARD, Fault.RECIPIENT),
    Reason.BAD_RECIPIENT_SYNTAX: (_HARD, Fault.RECIPIENT),
    Reason.AMBIGUOUS_RECIPIENT: (_HARD, Fault.RECIPIENT),
    Reason.BAD_SENDER: (_OPEN, Fault.SENDER),
    Reason.NOT_AUTHENTICATED: (_OPEN, Fault.SENDER),
    Reason.AUTHENTICATION_FAILED: (_OPEN, Fault.SENDER),
    Reason.RELAY_DENIED: (_OPEN, Fault.SENDER),
    Reason.RATE_LIMITED: (_SOFT, Fault.SENDER),
    Reason.BLOCKED_HOST: (_SOFT, Fault.SENDER),
    Reason.BAD_REPUTATION: (_SOFT, Fault.SENDER),
    Reason.NO_REVERSE_NAME: (_OPEN, Fault.SENDER),
    Reason.TOO_MANY_RECIPIENTS: (_SOFT, Fault.SENDER),
    Reason.SUPPRESSED: (_HARD, Fault.SENDER),
    Reason.SPAM_CONTENT: (_OPEN, Fault.CONTENT),
    Reason.VIRUS: (_OPEN, Fault.CONTENT),
    Reason.MESSAGE_TOO_LARGE: (_OPEN, Fault.CONTENT),
    Reason.BAD_CONTENT: (_OPEN, Fault.CONTENT),
    Reason.BAD_FORMAT: (_OPEN, Fault.CONTENT),
    Reason.NEEDS_SMTPUTF8: (_HARD, Fault.INFRASTRUCTURE),
    Reason.POLICY: (_OPEN, Fault.POLICY),
    Reason.GREYLISTED: (_SOFT, Fault.POLICY),
    Reason.NEEDS_TLS: (_OPEN, Fault.POLICY),
    Reason.LIST_RESTRICTED: (_OPEN, Fault.POLICY),
    Reason.CHALLENGED: (_SOFT, Fault.POLICY),
    Reason.HOST_UNKNOWN: (_HARD, Fault.RECIPIENT),
    Reason.NULL_MX: (_HARD, Fault.RECIPIENT),
    Reason.DNS_FAILURE: (_SOFT, Fault.INFRASTRUCTURE),
    Reason.HOST_UNREACHABLE: (_SOFT, Fault.INFRASTRUCTURE),
    Reason.CONNECTION_LOST: (_SOFT, Fault.INFRASTRUCTURE),
    Reason.TLS_FAILURE: (_SOFT, Fault.INFRASTRUCTURE),
    Reason.EXPIRED: (_SOFT, Fault.INFRASTRUCTURE),
    Reason.LOOP: (_HARD, Fault.INFRASTRUCTURE),
    Reason.SYSTEM_FULL: (_SOFT, Fault.INFRASTRUCTURE),
    Reason.SYSTEM_BUSY: (_SOFT, Fault.INFRASTRUCTURE),
    Reason.SYSTEM_ERROR: (_OPEN, Fault.INFRASTRUCTURE),
    Reason.MAILER_ERROR: (_OPEN, Fault.INFRASTRUCTURE),
    Reason.PROTOCOL_ERROR: (_OPEN, Fault.INFRASTRUCTURE),
    Reason.UNDEFINED: (_OPEN, Fault.UNKNOWN),
}


def default_permanence(reason: Reason) -> Permanence:
    """Return whether another attempt may succeed, as far as the reason tells.  Never raises."""
    return _DEFAULTS[reason][0]


def default_fault(reason: Reason) -> Fault:
    """Return who has to do something about a reason.  Never raises."""
    return _DEFAULTS[reason][1]
