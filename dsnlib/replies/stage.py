"""What a reply is about, and the address codes that fit it (RFC 3463 s3.2).

A table of the site, or a policy service, gives one status for an address and
may be asked about a sender, a recipient or a client's name.  `5.1.1`, "no such
mailbox", is right of a recipient; of a sender the same fact is `5.1.7`, and of
a client it is no address status at all.

Rules.
- Only X.1.N, the address statuses, are corrected; the class is kept.
- Correcting twice is correcting once.
- A recipient keeps X.1.10, "null MX" (RFC 7505 s4.2), which Postfix's table is
  too old to know: docs/decisions/0011.
"""

from __future__ import annotations

import enum

from dsnlib.model.status import EnhancedStatusCode

__all__ = ["Stage", "fit_status"]


class Stage(enum.Enum):
    """What a reply is about; the value is how a refusal names it."""

    CLIENT = "client"
    HELO = "HELO name"
    LOGIN = "login name"
    CERTIFICATE = "client certificate"
    SENDER = "sender address"
    RECIPIENT = "recipient address"
    DATA = "DATA command"
    END_OF_DATA = "message"
    ETRN = "ETRN command"
    OTHER = "command"

    @classmethod
    def of_verb(cls, verb: str) -> Stage | None:
        """Return what the replies to a command are about, `None` if it is not known.

        A message may be refused for its content, and over LMTP for one of its
        recipients.  Never raises.
        """
        return _OF_VERB.get(verb.upper())


_OF_VERB = {
    "AUTH": Stage.LOGIN,
    "MAIL": Stage.SENDER,
    "RCPT": Stage.RECIPIENT,
    "VRFY": Stage.RECIPIENT,
    "EXPN": Stage.RECIPIENT,
}

_ADDRESSING = 1

# detail of X.1.N -> what it is of a sender, and of a recipient    RFC 3463 s3.2
# What is not here is X.1.0, "other address status", of both.
_FITTING = {
    1: (7, 1),  # bad mailbox
    2: (8, 2),  # bad system
    3: (7, 3),  # bad syntax
    4: (7, 4),  # ambiguous mailbox
    5: (0, 5),  # valid
    6: (7, 6),  # mailbox has moved
    7: (7, 3),  # bad sender's mailbox syntax
    8: (8, 2),  # bad sender's system
    10: (0, 10),  # null MX; of a sender that is 5.7.27               RFC 7505 s4.2
}


def fit_status(status: EnhancedStatusCode, stage: Stage) -> EnhancedStatusCode:
    """Return the status that says the same of what the reply is about.

    >>> str(fit_status(EnhancedStatusCode.parse("5.1.1"), Stage.SENDER))
    '5.1.7'
    >>> str(fit_status(EnhancedStatusCode.parse("5.1.1"), Stage.HELO))
    '5.0.0'

    Never raises.
    """
    if status.subject != _ADDRESSING:
        return status
    if stage not in (Stage.SENDER, Stage.RECIPIENT):
        return EnhancedStatusCode(status.class_, 0, 0)
    of_sender, of_recipient = _FITTING.get(status.detail, (0, 0))
    detail = of_sender if stage is Stage.SENDER else of_recipient
    return EnhancedStatusCode(status.class_, _ADDRESSING, detail)
