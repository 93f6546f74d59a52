"""What list software answers: refusals that name the list, and notices.

A refusal says which list did not take the message.  Where it does not, nobody can
be told from it: the address that it has is the owner's, who is to be asked.
"""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason

__all__ = ["DIALECTS"]

# What stands at the beginning: a bounce of a notice quotes it further down.
_BEGINNING = 60

DIALECTS = (
    Dialect(
        name="fml",
        needles=("you are not a member of this mailing list", "duplicated message-id in"),
        recipients=(
            r"\s{0,4}You are not a member of this mailing list <{address}>",
            r"\s{0,4}Duplicated Message-ID in <{address}>",
        ),
        kind=EventKind.FAILURE,
        reason=Reason.LIST_RESTRICTED,
    ),
    Dialect(
        name="mailman",
        needles=(
            "you are not allowed to post to this mailing list",
            "your message has been rejected, probably because you are not",
        ),
        within=_BEGINNING,
        is_about=False,
    ),
    Dialect(
        name="mailman",
        needles=("your mail to '", "your request to the", "your message to the list"),
        needs=("moderator",),
        within=_BEGINNING,
        is_about=False,
    ),
    # Notices to the list's owner or members, with a bounce in them that is not ours
    Dialect(
        name="mailman",
        needles=(
            "this is a mailman mailing list bounce action notice:",
            "the attached message was received as a bounce, but either the",
        ),
        within=_BEGINNING,
        is_about=False,
    ),
    Dialect(
        name="ezmlm",
        needles=(
            "mailing list seem to have been bouncing",
            "hi! this is the ezmlm program.",
        ),
        within=_BEGINNING,
        is_about=False,
    ),
    Dialect(
        name="majordomo",
        needles=("non-member submission from", "admin request of type"),
        is_about=False,
    ),
    Dialect(
        name="listserv",
        needles=("you are not authorized to send mail to the",),
        within=_BEGINNING,
        is_about=False,
    ),
    Dialect(
        name="sympa",
        needles=("(attached below) was rejected",),
        within=2 * _BEGINNING,
        is_about=False,
    ),
)
