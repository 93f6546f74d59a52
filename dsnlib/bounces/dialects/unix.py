"""Mail transfer agents of Unix beside the four large ones."""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind

__all__ = ["DIALECTS"]

_OPENSMTPD = "this is the mailer-daemon, please do not reply to this"
_COURIER = "running the courier mail server"
_COURIER_RECIPIENTS = (r"<{address}>:\s*$",)
_PMDF = "this report relates to a message you sent with the following header fields:"

DIALECTS = (
    Dialect(
        name="dragonfly",
        needles=("this is the dragonfly mail agent",),
        recipients=(r"There was an error delivering your mail to <{address}>",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="opensmtpd",
        needles=(_OPENSMTPD,),
        needs=("an error has occurred while attempting to deliver a message for",),
        recipients=(r"\s{0,4}{address}: ",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="opensmtpd",
        needles=(_OPENSMTPD,),
        needs=("a message is delayed for more than",),
        recipients=(r"\s{0,4}{address}: ",),
        kind=EventKind.DELAY,
    ),
    Dialect(
        name="opensmtpd",
        needles=(_OPENSMTPD,),
        needs=("your message was successfully delivered to these recipients",),
        recipients=(r"\s{0,4}{address}(?:: |\s*$)",),
        kind=EventKind.SUCCESS,
    ),
    Dialect(
        name="opensmtpd",
        needles=(_OPENSMTPD,),
        needs=("your message was relayed to these recipients",),
        recipients=(r"\s{0,4}{address}(?:: |\s*$)",),
        kind=EventKind.RELAYED,
    ),
    Dialect(
        name="courier",
        needles=(_COURIER,),
        needs=("undeliverable mail",),
        recipients=_COURIER_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="courier",
        needles=(_COURIER,),
        needs=("delayed mail",),
        recipients=_COURIER_RECIPIENTS,
        kind=EventKind.DELAY,
    ),
    # Oracle Communications Messaging Server, once PMDF, iMS, Sun ONE: it quotes the
    # header of the original in front of what it says.
    Dialect(
        name="messaging-server",
        needles=(_PMDF,),
        recipients=(r"\s{0,12}Recipient address:\s{0,12}{address}",),
        keeps_original=True,
    ),
    Dialect(
        name="communigate",
        needles=("failed to deliver to", "message delivery to"),
        needs=("reports:",),
        recipients=(r"\s{0,4}(?:Failed to deliver to|Message delivery to) '<?{address}>?'",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="xmail",
        needles=("xmail bounce: rcpt=",),
        recipients=(r"[^\n]{0,40}?XMail bounce: Rcpt=\[{address}\]",),
        kind=EventKind.FAILURE,
    ),
)
