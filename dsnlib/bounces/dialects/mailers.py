"""Mail transfer systems that are told by their words."""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.taxonomy import Reason

__all__ = ["DIALECTS"]

DIALECTS = (
    Dialect(
        name="exim",
        needles=("created automatically by mail delivery software",),
        after=("address(es) failed:",),
        recipients=(
            r"\s{2,}.*\(generated from ([^\s()]+@[^\s()]+)\)",
            r"\s{2}([^\s<>@:]+@[^\s<>@:]+):?\s*$",
        ),
    ),
    Dialect(
        name="exim",
        needles=("one or more recipient addresses that were",),
        needs=("malformed address",),
        recipients=(r"\s{2}.*<([^\s<>@]+@[^\s<>@]+)>: malformed address",),
        reason=Reason.BAD_RECIPIENT_SYNTAX,
    ),
    Dialect(
        name="exchange",
        needles=("did not reach the following recipient(s):",),
        after=("did not reach the following recipient(s):",),
        recipients=(
            r".*;dda:smtp=([^\s;@]+@[^\s;@]+)",
            r"\s*<?([^\s<>@;]+@[^\s<>@;]+?)>? on ",
            r"\s*<?([^\s<>@;]+@[^\s<>@;]+?)>?\s*$",
        ),
    ),
    Dialect(
        name="aol",
        needles=("are not accepting mail from",),
        after=("are not accepting mail from",),
        recipients=(r"\s+([^\s@]+)\s*$",),
        completes=True,
        reason=Reason.REFUSED_BY_RECIPIENT,
    ),
    Dialect(
        name="llnl",
        needles=("did not exactly match an",),
        recipients=(r".*your message was addressed, ([^\s,]+@[^\s,]+),",),
        reason=Reason.UNKNOWN_USER,
    ),
    Dialect(
        name="fml",
        needles=("you are not a member of this mailing list", "duplicated message-id in"),
        recipients=(
            r"(?:you are not a member of this mailing list|duplicated message-id in) <([^\s<>]+@[^\s<>]+)>",
        ),
        reason=Reason.LIST_RESTRICTED,
    ),
    Dialect(
        name="mms",
        needles=("could not be delivered to mobile",),
        recipients=(r"to: ([^\s@]+@[^\s@]+)\s*$",),
        keeps_original=True,
        reason=Reason.UNKNOWN_USER,
    ),
)
