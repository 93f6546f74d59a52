"""Senders of much mail: relays and their services."""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind

__all__ = ["DIALECTS"]

_SES = "an error occurred while trying to deliver the mail to the following recipients:"

DIALECTS = (
    Dialect(
        name="ses",
        needles=(_SES,),
        after=(_SES,),
        recipients=(r"\s{0,4}<?{address}>?\s*$",),
        kind=EventKind.FAILURE,
    ),
    # AsyncOS, Cisco's once IronPort's
    Dialect(
        name="ironport",
        needles=("the reason for the problem:",),
        needs=("was undeliverable",),
        recipients=(r"\s{0,4}The following message to <{address}> was undeliverable",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="sendgrid",
        needles=("this is an automatically generated message from sendgrid",),
        recipients=(r"\s{0,4}<?{address}>?(?: \(|:|\s*$)",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="powermta",
        needles=("hello, this is the mail server on",),
        needs=("i am sending you this message to inform you on the delivery status",),
        recipients=(r"\s{1,4}<{address}>\s+delivery failed",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="powermta",
        needles=("hello, this is the mail server on",),
        needs=("i am sending you this message to inform you on the delivery status",),
        recipients=(r"\s{1,4}<{address}>",),
    ),
)
