"""Mail servers of Windows beside Exchange."""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason

__all__ = ["DIALECTS"]

_MDAEMON = "the following addresses did not receive a copy of your message:"
_MDAEMON_DELAY = "the attached message had temporary non-fatal delivery errors"

DIALECTS = (
    # IMail, X-Mailer: <SMTP32 v8.15>.  What it says begins the line; the address ends it.
    Dialect(
        name="imail",
        needles=("rcpt to generated following response:", "unknown user:", "unknown host:"),
        within=200,
        recipients=(r"(?:Unknown user|Unknown host|undeliverable to):? {1,2}{address}",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="imail",
        needles=("invalid final delivery userid:",),
        recipients=(r"Invalid final delivery userid: {address}",),
        kind=EventKind.FAILURE,
        reason=Reason.UNKNOWN_USER,
    ),
    Dialect(
        name="imail",
        needles=("user mailbox exceeds allowed size:",),
        recipients=(r"User mailbox exceeds allowed size: {address}",),
        kind=EventKind.FAILURE,
        reason=Reason.MAILBOX_FULL,
    ),
    Dialect(
        name="imail",
        needles=("undeliverable to", "undeliverable  to"),
        within=4,
        recipients=(r"undeliverable {1,2}to {address}",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="imail",
        needles=("delivery failed",),
        needs=("attempts:",),
        within=4,
        recipients=(r"Delivery failed \d{1,4} attempts: {address}",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="mdaemon",
        needles=(_MDAEMON, "the attached message had permanent fatal delivery errors!"),
        after=(_MDAEMON,),
        recipients=(r"\s{0,4}> {address}\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="mdaemon",
        needles=("there is no user by that name at this server.",),
        recipients=(r"{address} - no such user here",),
        kind=EventKind.FAILURE,
        reason=Reason.UNKNOWN_USER,
    ),
    Dialect(
        name="mdaemon",
        needles=(_MDAEMON_DELAY,),
        recipients=(r"\s{0,4}> {address}\s*$",),
        kind=EventKind.DELAY,
    ),
    # "Your message has encountered delivery problems": the local name, then the address
    Dialect(
        name="local-user",
        needles=("your message has encountered delivery problems",),
        recipients=(r"\(Originally addressed to {address}\)",),
        kind=EventKind.FAILURE,
    ),
)
