"""Postfix before its reports, its delays, and what took its form.

An address in angle brackets at the beginning of a line; behind it a colon, or the
alias that it was expanded from.
"""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind

__all__ = ["DIALECTS"]

_RECIPIENTS = (r"<{address}>(?::|\s+\(expanded from)", r"<{address}>\s*$")

DIALECTS = (
    Dialect(
        name="postfix",
        needles=("i'm sorry to have to inform you that", "below could not be delivered to one or"),
        needs=("problem report",),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="postfix",
        needles=("it will be retried until it is",),
        needs=("you do not need to resend your message",),
        recipients=_RECIPIENTS,
        kind=EventKind.DELAY,
    ),
    # What the server tells its postmaster of a session that went wrong
    Dialect(
        name="postfix-session",
        needles=("postfix smtp server: errors from",),
        recipients=(r" In:\s{1,3}RCPT TO:<{address}>",),
    ),
    Dialect(
        name="yandex",
        needles=(
            "письмо отправлено почтовым сервером yandex",
            "this is the mail system at host yandex",
        ),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
)
