"""Telephone companies and access providers."""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason

__all__ = ["DIALECTS"]

# Openwave's Email Mx, once InterMail, which KDDI's EZweb and many providers run
_OPENWAVE_RECIPIENTS = (r"\s{0,12}Recipient:\s{0,12}<{address}>", r"\s{0,12}<{address}>\s*$")
_KDDI_RECIPIENTS = (r"\s{0,12}Could not be delivered to: ?<{address}>",)

DIALECTS = (
    Dialect(
        name="openwave",
        needles=("each of the following recipients was rejected by a remote mail server.",),
        recipients=_OPENWAVE_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="openwave",
        needles=("the user(s) account is temporarily over quota.",),
        recipients=_OPENWAVE_RECIPIENTS,
        kind=EventKind.FAILURE,
        reason=Reason.MAILBOX_FULL,
    ),
    Dialect(
        name="openwave",
        needles=(
            "the user(s) account is disabled.",
            "the user(s) account is temporarily limited.",
        ),
        recipients=_OPENWAVE_RECIPIENTS,
        kind=EventKind.FAILURE,
        reason=Reason.MAILBOX_DISABLED,
    ),
    Dialect(
        name="openwave",
        needles=("this message was undeliverable due to the following reason:",),
        recipients=_OPENWAVE_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="kddi",
        needles=("as their mailbox is full",),
        needs=("your mail sent on",),
        recipients=_KDDI_RECIPIENTS,
        kind=EventKind.FAILURE,
        reason=Reason.MAILBOX_FULL,
    ),
    Dialect(
        name="kddi",
        needles=("your mail sent on", "your mail attempted to be delivered on"),
        needs=("could not be delivered to:",),
        recipients=_KDDI_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    # Verizon and other centres of multimedia messages: a quoted header has the number.
    Dialect(
        name="mms",
        needles=("could not be delivered to mobile",),
        recipients=(r"To: {address}\s*$",),
        keeps_original=True,
        kind=EventKind.FAILURE,
        reason=Reason.UNKNOWN_USER,
    ),
    Dialect(
        name="aol",
        needles=("are not accepting mail from",),
        needs=("your mail to the following recipients could not be delivered",),
        after=("are not accepting mail from",),
        recipients=(r"\s+([A-Za-z0-9_.]{1,64})\s*$",),
        domain="aol.com",
        kind=EventKind.FAILURE,
        reason=Reason.REFUSED_BY_RECIPIENT,
    ),
    # The directory of a laboratory, which answers for its mail host
    Dialect(
        name="llnl",
        needles=("did not exactly match an",),
        recipients=(r"[^\n]{0,100}?your message was addressed, {address},",),
        kind=EventKind.FAILURE,
        reason=Reason.UNKNOWN_USER,
    ),
)
