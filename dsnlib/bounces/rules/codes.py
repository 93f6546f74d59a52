"""The reasons that codes tell by themselves: enhanced codes, then reply codes.

A code is *telling* or *vague*.  A telling one beats prose; a vague one is asked
when nothing else has an answer.  Vague are the codes that say "other" (X.Y.0),
those about the dialogue (X.5.Z), which servers put where they have no better
one, and X.7.1, "not authorized", which is what nearly every refusal carries.

Sources: the registry of RFC 5248 (RFC 3463, 4865, 4954, 6531, 7293, 7372, 7505,
8616, 8689 ...), and RFC 5321 s4.2.3, RFC 7504, RFC 4954 s6 for reply codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.bounces.taxonomy import Reason

if TYPE_CHECKING:
    from dsnlib.model.status import EnhancedStatusCode

__all__ = ["reason_of_reply_code", "reason_of_status", "tells_of_status"]

# (subject, detail) -> the reason, whatever the class
_TELLING = {
    (1, 1): Reason.UNKNOWN_USER,
    (1, 2): Reason.HOST_UNKNOWN,
    (1, 3): Reason.BAD_RECIPIENT_SYNTAX,
    (1, 4): Reason.AMBIGUOUS_RECIPIENT,
    (1, 6): Reason.MOVED,
    (1, 7): Reason.BAD_SENDER,
    (1, 8): Reason.BAD_SENDER,
    (1, 10): Reason.NULL_MX,  # RFC 7505; Microsoft's 5.1.10 is another, see providers.toml
    (2, 1): Reason.MAILBOX_DISABLED,
    (2, 2): Reason.MAILBOX_FULL,
    (2, 3): Reason.MESSAGE_TOO_LARGE,
    (2, 4): Reason.MAILER_ERROR,  # a list could not be expanded
    (3, 1): Reason.SYSTEM_FULL,
    (3, 2): Reason.SYSTEM_BUSY,
    (3, 3): Reason.PROTOCOL_ERROR,  # a feature that is not there
    (3, 4): Reason.MESSAGE_TOO_LARGE,
    (3, 5): Reason.SYSTEM_ERROR,  # configured wrongly
    (4, 1): Reason.HOST_UNREACHABLE,
    (4, 2): Reason.CONNECTION_LOST,
    (4, 3): Reason.DNS_FAILURE,  # a directory server
    (4, 4): Reason.HOST_UNKNOWN,  # unable to route: Postfix's code for a host not found
    (4, 5): Reason.SYSTEM_BUSY,
    (4, 6): Reason.LOOP,
    (4, 7): Reason.EXPIRED,
    (5, 3): Reason.TOO_MANY_RECIPIENTS,
    (6, 1): Reason.BAD_CONTENT,
    (6, 2): Reason.BAD_FORMAT,  # conversion
    (6, 3): Reason.BAD_FORMAT,
    (6, 5): Reason.BAD_FORMAT,
    (6, 6): Reason.SYSTEM_ERROR,  # the content could not be fetched: RFC 4468
    (6, 7): Reason.NEEDS_SMTPUTF8,
    (6, 8): Reason.NEEDS_SMTPUTF8,
    (6, 9): Reason.NEEDS_SMTPUTF8,
    (7, 2): Reason.LIST_RESTRICTED,
    (7, 3): Reason.POLICY,
    (7, 4): Reason.POLICY,
    (7, 5): Reason.POLICY,
    (7, 6): Reason.POLICY,
    (7, 7): Reason.POLICY,
    (7, 8): Reason.NOT_AUTHENTICATED,  # RFC 4954, as are 9, 11 to 14
    (7, 9): Reason.NOT_AUTHENTICATED,
    (7, 10): Reason.NEEDS_TLS,
    (7, 11): Reason.NEEDS_TLS,
    (7, 12): Reason.NOT_AUTHENTICATED,
    # Meant for who logs in; servers say it of recipients.
    (7, 13): Reason.MAILBOX_DISABLED,
    (7, 14): Reason.NOT_AUTHENTICATED,
    (7, 15): Reason.POLICY,  # the priority is too low: RFC 6710
    (7, 16): Reason.MESSAGE_TOO_LARGE,  # for its priority
    (7, 17): Reason.UNKNOWN_USER,  # the mailbox has another owner: RFC 7293
    (7, 18): Reason.UNKNOWN_USER,  # the domain has
    (7, 19): Reason.POLICY,
    (7, 20): Reason.AUTHENTICATION_FAILED,  # RFC 7372, up to 26
    (7, 21): Reason.AUTHENTICATION_FAILED,
    (7, 22): Reason.AUTHENTICATION_FAILED,
    (7, 23): Reason.AUTHENTICATION_FAILED,
    (7, 24): Reason.AUTHENTICATION_FAILED,
    (7, 25): Reason.NO_REVERSE_NAME,
    (7, 26): Reason.AUTHENTICATION_FAILED,
    (7, 27): Reason.BAD_SENDER,  # its domain takes no mail: RFC 7505
    (7, 28): Reason.RATE_LIMITED,  # a flood
    (7, 29): Reason.AUTHENTICATION_FAILED,  # ARC: RFC 8617
    (7, 30): Reason.NEEDS_TLS,  # REQUIRETLS: RFC 8689
}
# What is told of (subject, detail) that says little
_VAGUE = {
    (3, 0): Reason.SYSTEM_ERROR,
    (4, 0): Reason.HOST_UNREACHABLE,
    (5, 1): Reason.PROTOCOL_ERROR,
    (5, 2): Reason.PROTOCOL_ERROR,
    (5, 4): Reason.PROTOCOL_ERROR,
    (5, 5): Reason.PROTOCOL_ERROR,
    (5, 6): Reason.PROTOCOL_ERROR,
    (6, 0): Reason.BAD_CONTENT,
    (7, 0): Reason.POLICY,
    (7, 1): Reason.POLICY,
}

_DIALOGUE = 5

# reply code -> the reason; 450, 550 and 554 are said of everything
_TELLING_REPLIES = {
    432: Reason.NOT_AUTHENTICATED,  # a password transition is needed: RFC 4954
    452: Reason.SYSTEM_FULL,
    454: Reason.TLS_FAILURE,  # TLS not available due to temporary reason: RFC 3207
    521: Reason.NULL_MX,  # the host takes no mail: RFC 7504
    530: Reason.NOT_AUTHENTICATED,
    534: Reason.NOT_AUTHENTICATED,
    535: Reason.NOT_AUTHENTICATED,
    538: Reason.NOT_AUTHENTICATED,
    551: Reason.MOVED,
    552: Reason.MAILBOX_FULL,
    553: Reason.BAD_RECIPIENT_SYNTAX,
    556: Reason.NULL_MX,  # the domain takes no mail: RFC 7504
}
_VAGUE_REPLIES = {
    421: Reason.SYSTEM_BUSY,
    451: Reason.SYSTEM_ERROR,
    455: Reason.PROTOCOL_ERROR,
    500: Reason.PROTOCOL_ERROR,
    501: Reason.PROTOCOL_ERROR,
    502: Reason.PROTOCOL_ERROR,
    503: Reason.PROTOCOL_ERROR,
    504: Reason.PROTOCOL_ERROR,
    555: Reason.PROTOCOL_ERROR,
}


def reason_of_status(status: EnhancedStatusCode, *, vague: bool = False) -> Reason | None:
    """Return the reason that an enhanced code tells, or `None`.  Never raises.

    Args:
        status: Of any class.
        vague: Whether to ask what is known of the codes that say little.
    """
    return (_VAGUE if vague else _TELLING).get((status.subject, status.detail))


def tells_of_status(status: EnhancedStatusCode) -> bool:
    """Tell whether an enhanced code says more than "other".  Never raises.

    A code that nobody registered, as `5.7.509`, says something to whoever made
    it, so it counts.
    """
    pair = (status.subject, status.detail)
    if pair in _TELLING:
        return True
    return 0 not in pair and status.subject != _DIALOGUE and pair not in _VAGUE


def reason_of_reply_code(code: int, *, vague: bool = False) -> Reason | None:
    """Return the reason that a reply code tells, or `None`.  Never raises.

    Args:
        code: Of three digits.
        vague: Whether to ask what is known of the codes that say little.
    """
    return (_VAGUE_REPLIES if vague else _TELLING_REPLIES).get(code)
