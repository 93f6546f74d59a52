"""What others call a reason: Sisimai, Amazon SES, django-anymail, KumoMTA.

For whoever has dashboards or code in those names.  The mapping goes one way,
because theirs are coarser or cut differently, and a reason that they have no
name for is `None`: nothing is forced into a name that means something else.

Rules.
- Sisimai: its `reason`, lower case.  Checked against the values that its test
  data has; reasons that never occur there are `None`, as are the names that
  versions 5.x have renamed since.
- Amazon SES: `bounceType/bounceSubType`, the names of its notifications as we
  know them.  Its types are about the address: what is
  wrong with one message is `Transient`, though the same one will fail again.
- django-anymail: `event_type/reject_reason`, the constants of
  `anymail/signals.py` 15.2, used as its webhooks for several services use them.
- KumoMTA: only the names of its bounce classes that are also cited elsewhere;
  the rest of its list was not at hand.
"""

from __future__ import annotations

import enum

from dsnlib.bounces.taxonomy import Permanence, Reason

__all__ = ["System", "foreign_name"]


class System(enum.Enum):
    """Whose names."""

    SISIMAI = "sisimai"
    SES = "ses"
    ANYMAIL = "anymail"
    KUMOMTA = "kumomta"


_SISIMAI = {
    Reason.UNKNOWN_USER: "userunknown",
    Reason.MAILBOX_FULL: "mailboxfull",
    Reason.MAILBOX_DISABLED: "suspend",
    Reason.MOVED: "hasmoved",
    Reason.REFUSED_BY_RECIPIENT: "filtered",
    Reason.BAD_SENDER: "rejected",
    Reason.AUTHENTICATION_FAILED: "authfailure",
    Reason.NOT_AUTHENTICATED: "securityerror",
    Reason.RELAY_DENIED: "norelaying",
    Reason.BLOCKED_HOST: "blocked",
    Reason.BAD_REPUTATION: "badreputation",
    Reason.NO_REVERSE_NAME: "requireptr",
    Reason.SPAM_CONTENT: "spamdetected",
    Reason.VIRUS: "virusdetected",
    Reason.BAD_CONTENT: "contenterror",
    Reason.BAD_FORMAT: "notcompliantrfc",
    Reason.POLICY: "policyviolation",
    Reason.LIST_RESTRICTED: "rejected",
    Reason.HOST_UNKNOWN: "hostunknown",
    Reason.NULL_MX: "notaccept",
    Reason.DNS_FAILURE: "networkerror",
    Reason.HOST_UNREACHABLE: "networkerror",
    Reason.CONNECTION_LOST: "networkerror",
    Reason.EXPIRED: "expired",
    Reason.LOOP: "networkerror",
    Reason.SYSTEM_FULL: "systemfull",
    Reason.SYSTEM_ERROR: "systemerror",
    Reason.MAILER_ERROR: "mailererror",
    Reason.PROTOCOL_ERROR: "syntaxerror",
    Reason.UNDEFINED: "undefined",
}

# What else there is, is General, or Undetermined
_SES = {
    (Reason.UNKNOWN_USER, Permanence.HARD): "Permanent/NoEmail",
    (Reason.SUPPRESSED, Permanence.HARD): "Permanent/Suppressed",
    (Reason.MAILBOX_FULL, Permanence.SOFT): "Transient/MailboxFull",
}
# SES calls these Transient however they end: another message may pass.
_SES_MESSAGE = {
    Reason.MESSAGE_TOO_LARGE: "Transient/MessageTooLarge",
    Reason.SPAM_CONTENT: "Transient/ContentRejected",
    Reason.BAD_CONTENT: "Transient/ContentRejected",
}
_SES_GENERAL = {
    Permanence.HARD: "Permanent/General",
    Permanence.SOFT: "Transient/General",
    Permanence.UNKNOWN: "Undetermined/Undetermined",
}

_ANYMAIL = {
    Reason.BAD_RECIPIENT_SYNTAX: "bounced/invalid",
    Reason.BLOCKED_HOST: "bounced/blocked",
    Reason.BAD_REPUTATION: "bounced/blocked",
    Reason.POLICY: "bounced/blocked",
    # Its `spam` is a complaint of the recipient's, made before.
    Reason.SPAM_CONTENT: "bounced/blocked",
    Reason.VIRUS: "bounced/other",
    Reason.EXPIRED: "bounced/timed_out",
    Reason.SUPPRESSED: "rejected/blocked",
    Reason.UNDEFINED: "bounced/other",
}

_KUMOMTA = {
    Reason.UNKNOWN_USER: "InvalidRecipient",
    Reason.MAILBOX_DISABLED: "InactiveMailbox",
    Reason.MAILBOX_FULL: "QuotaIssues",
    Reason.BLOCKED_HOST: "SpamBlock",
    Reason.SPAM_CONTENT: "SpamContent",
    Reason.UNDEFINED: "Uncategorized",
}


def foreign_name(reason: Reason, permanence: Permanence, system: System) -> str | None:
    """Return what a system calls a reason, or `None` if it has no name for it.  Never raises.

    >>> foreign_name(Reason.MAILBOX_FULL, Permanence.SOFT, System.SES)
    'Transient/MailboxFull'

    Args:
        reason: Ours.
        permanence: What was told of that; SES has it in its names.
        system: Whose name is asked for.
    """
    return _NAMERS[system](reason, permanence)


def _ses(reason: Reason, permanence: Permanence) -> str | None:
    special = _SES_MESSAGE.get(reason) or _SES.get((reason, permanence))
    return special or _SES_GENERAL[permanence]


def _anymail(reason: Reason, _: Permanence) -> str | None:
    return _ANYMAIL.get(reason, "bounced/bounced")


def _sisimai(reason: Reason, _: Permanence) -> str | None:
    return _SISIMAI.get(reason)


def _kumomta(reason: Reason, _: Permanence) -> str | None:
    return _KUMOMTA.get(reason)


_NAMERS = {
    System.SISIMAI: _sisimai,
    System.SES: _ses,
    System.ANYMAIL: _anymail,
    System.KUMOMTA: _kumomta,
}
