"""qmail, and what grew from it or took its form.

A line of the address in angle brackets and a colon, then what was said of it, up
to an empty line.  The words above are the postmaster's to change, and many did;
the form they all left as it is.  https://cr.yp.to/proto/qsbmf.txt
"""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind

__all__ = ["DIALECTS"]

_RECIPIENTS = (r"<{address}>:",)

DIALECTS = (
    # qmail, netqmail, notqmail, s/qmail, qmail-ldap
    Dialect(
        name="qmail",
        needles=(
            "i'm afraid i wasn't able to deliver your message to the following addresses.",
            "this is the qmail-send program at",
            "this is the sqmail-send program at",
        ),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    # A letter of the postmaster's own: what is left is what the programs say.  Short
    # needles, so that whoever has a letter that we know is asked first.
    Dialect(
        name="qmail",
        needles=(
            "sorry, no mailbox here by that name",
            "able to establish an smtp connection",
            "sorry, i couldn't find any host",
            "i'm not going to try again;",
            "but the bounce bounced!",
        ),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    # A patch of qmail-send that tells of delays
    Dialect(
        name="qmail",
        needles=("i'm still trying to deliver your message",),
        needs=("qmail",),
        recipients=_RECIPIENTS,
        kind=EventKind.DELAY,
    ),
    Dialect(
        name="outblaze",
        needles=("was unable to deliver your message to the following addresses.",),
        needs=("hi. the mta program at",),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="messagelabs",
        needles=("this is the mail delivery agent at messagelabs.com",),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="secureserver",
        needles=(
            "your mail message to the following address(es) could not be delivered.",
            "there's a problem with the e-mail address(es) you're trying",
        ),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="united-online",
        needles=("unfortunately, your mail was not delivered to the following address",),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="yahoo",
        needles=(
            "unable to deliver message to the following address(es).",
            "sorry, we were unable to deliver your message to the following address.",
        ),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="newmail-ru",
        needles=("this is the machine generated message from mail service.",),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="prima",
        needles=("su mensaje no pudo ser entregado - sua mensagem",),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="xinnet",
        needles=("hi. this is the deliver program at",),
        recipients=(r"\s+{address}\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="sina",
        needles=("邮件无法发送到您指定的地址",),
        recipients=_RECIPIENTS,
        kind=EventKind.FAILURE,
    ),
    # Apache James kept qmail's greeting and wrote a form of its own.
    Dialect(
        name="james",
        needles=("this is the james mail server at",),
        after=("failed recipient(s):",),
        recipients=(r"\s*<?{address}>?\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="james",
        needles=("error message below:",),
        needs=("message details:",),
        recipients=(r"\s+RCPT TO: {address}",),
        keeps_original=True,
    ),
)
