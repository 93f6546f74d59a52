"""Why mail bounces, whether that lasts, and whose fault it is: three questions.

They are three fields, because they vary by themselves: a full mailbox may be
over in an hour or for ever, and "blocked" may be the sender's doing or a
neighbour's.

Rules.
- A name that has been given out is never given another meaning.  Names are
  added; `TAXONOMY_VERSION` grows with each change.
- `UNDEFINED` is a reason that nobody has told, `None` one that was not asked for.
"""

from __future__ import annotations

import enum

__all__ = ["TAXONOMY_VERSION", "Fault", "Permanence", "Reason"]

TAXONOMY_VERSION = 1
"""The version of the reasons; a reason that goes or changes its meaning makes the next one."""


class Permanence(enum.Enum):
    """Whether another attempt may succeed."""

    HARD = "hard"
    SOFT = "soft"
    UNKNOWN = "unknown"


class Fault(enum.Enum):
    """Who has to do something about it."""

    RECIPIENT = "recipient"
    """The address, or who reads it."""
    SENDER = "sender"
    """Who sent it, that is the address, the authentication, the standing of the host."""
    CONTENT = "content"
    """The message itself."""
    POLICY = "policy"
    """The rules of the receiving system."""
    INFRASTRUCTURE = "infrastructure"
    """Names, networks, hosts, disks."""
    UNKNOWN = "unknown"


class Reason(enum.Enum):
    """Why a message was not delivered, or not yet."""

    # The recipient
    UNKNOWN_USER = "unknown-user"
    MAILBOX_FULL = "mailbox-full"
    MAILBOX_DISABLED = "mailbox-disabled"
    MOVED = "moved"
    REFUSED_BY_RECIPIENT = "refused-by-recipient"
    BAD_RECIPIENT_SYNTAX = "bad-recipient-syntax"
    AMBIGUOUS_RECIPIENT = "ambiguous-recipient"
    # The sender
    BAD_SENDER = "bad-sender"
    NOT_AUTHENTICATED = "not-authenticated"
    AUTHENTICATION_FAILED = "authentication-failed"
    RELAY_DENIED = "relay-denied"
    RATE_LIMITED = "rate-limited"
    BLOCKED_HOST = "blocked-host"
    BAD_REPUTATION = "bad-reputation"
    NO_REVERSE_NAME = "no-reverse-name"
    TOO_MANY_RECIPIENTS = "too-many-recipients"
    SUPPRESSED = "suppressed"
    # The content
    SPAM_CONTENT = "spam-content"
    VIRUS = "virus"
    MESSAGE_TOO_LARGE = "message-too-large"
    BAD_CONTENT = "bad-content"
    BAD_FORMAT = "bad-format"
    NEEDS_SMTPUTF8 = "needs-smtputf8"
    # The rules of the other side
    POLICY = "policy"
    GREYLISTED = "greylisted"
    NEEDS_TLS = "needs-tls"
    LIST_RESTRICTED = "list-restricted"
    CHALLENGED = "challenged"
    # Names, networks, hosts
    HOST_UNKNOWN = "host-unknown"
    NULL_MX = "null-mx"
    DNS_FAILURE = "dns-failure"
    HOST_UNREACHABLE = "host-unreachable"
    CONNECTION_LOST = "connection-lost"
    TLS_FAILURE = "tls-failure"
    EXPIRED = "expired"
    LOOP = "loop"
    SYSTEM_FULL = "system-full"
    SYSTEM_BUSY = "system-busy"
    SYSTEM_ERROR = "system-error"
    MAILER_ERROR = "mailer-error"
    PROTOCOL_ERROR = "protocol-error"
    UNDEFINED = "undefined"
