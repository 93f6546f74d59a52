"""Gateways that look for spam, viruses and forbidden content."""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason

__all__ = ["DIALECTS"]

_INTERSCAN = (
    "message from interscan messaging security suite",
    "message from interscan e-mail viruswall",
)
# "-> bob@example.org", or "The message WAS NOT relayed to:" and "  <bob@example.org>:"
_AMAVIS_RECIPIENTS = (r"-> <?{address}>?\s*$", r"\s{1,4}<{address}>:\s*$")

DIALECTS = (
    Dialect(
        name="mimecast",
        needles=("this is a delivery failure notification message indicating",),
        after=("addressed to email address",),
        recipients=(r"-- {address}\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="barracuda",
        needles=("was blocked by our spam firewall",),
        recipients=(r"\s{0,4}Your message to:? {1,4}<?{address}",),
        kind=EventKind.FAILURE,
        reason=Reason.SPAM_CONTENT,
    ),
    Dialect(
        name="amavis",
        needles=("was considered unsolicited bulk e-mail (ube)",),
        recipients=_AMAVIS_RECIPIENTS,
        kind=EventKind.FAILURE,
        reason=Reason.SPAM_CONTENT,
    ),
    Dialect(
        name="amavis",
        needles=("our content checker found",),
        needs=("virus",),
        recipients=_AMAVIS_RECIPIENTS,
        kind=EventKind.FAILURE,
        reason=Reason.VIRUS,
    ),
    Dialect(
        name="amavis",
        needles=("our content checker found", "our internal reference code for your message is"),
        recipients=_AMAVIS_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="interscan",
        needles=_INTERSCAN,
        recipients=(r"[^\n]{0,100}?Unable to deliver message to <{address}>",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="interscan",
        needles=_INTERSCAN,
        recipients=(r"Sent (?:<<<|>>>) RCPT TO:<{address}>",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="mailmarshal",
        needles=("the following recipients were affected:",),
        after=("the following recipients were affected:",),
        recipients=(r"\s{1,12}<?{address}>?\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="mailmarshal",
        needles=("mailmarshal (an automated content monitoring gateway)",),
        recipients=(r"\s{0,12}To:\s{1,12}<?{address}",),
        kind=EventKind.FAILURE,
        reason=Reason.POLICY,
    ),
    Dialect(
        name="mailfoundry",
        needles=("delivery failed for the following reason:",),
        recipients=(r"Unable to deliver message to: <{address}>",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="surfcontrol",
        needles=("a transcript of the attempts to send the message follows",),
        recipients=(r"\s{0,4}Addressed To:\s{0,12}<?{address}",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="m-filter",
        needles=("このメールは「m-filter」が自動的に生成して",),
        recipients=(r"<?{address}>?\s*$",),
        kind=EventKind.FAILURE,
    ),
    # A gateway in front of other hosts: "--- Technical details: ---"
    Dialect(
        name="status-notification",
        needles=(
            "delivery to the following recipients failed permanently:",
            "delevery to the following recipients failed permanently:",
            "delevery to the following recipients was aborted after",
            "delivery to the following recipients was aborted after",
        ),
        recipients=(r"\s{1,12}\* {address}\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="full-details",
        needles=("we had trouble delivering your message. full details follow:",),
        recipients=(
            r"The following recipients returned permanent errors: {address}",
            r"SMTP Server <[^\s<>]{1,255}+> rejected recipient <{address}>",
        ),
        kind=EventKind.FAILURE,
    ),
)
