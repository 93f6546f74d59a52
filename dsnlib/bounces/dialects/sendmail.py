"""Sendmail, old and new, and what took its headings.

Version 8 has a list of addresses under a heading of its own; version 5 has only
the transcript, where a refused address is followed by three full stops.
"""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind

__all__ = ["DIALECTS"]

_PERMANENT = "the following addresses had permanent fatal errors"
_TRANSIENT = "the following addresses had transient non-fatal errors"
_PROBLEMS = "the following addresses had delivery problems"
_ADDRESSES = (r"\s{0,4}<?{address}>?(?:\s+\((?!expanded)[^\n]*)?\s*$",)

DIALECTS = (
    Dialect(
        name="activehunter",
        needles=(_PERMANENT,),
        after=(_PERMANENT,),
        recipients=(r">>> \S{1,320}+ <{address}>\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="sendmail",
        needles=(_PERMANENT,),
        after=(_PERMANENT,),
        recipients=_ADDRESSES,
        kind=EventKind.FAILURE,
    ),
    # An alias that is a program: who was meant stands below it.
    Dialect(
        name="sendmail",
        needles=(_PERMANENT,),
        after=(_PERMANENT,),
        recipients=(r"\s+\(expanded from: <?{address}>?\)",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="sendmail",
        needles=(_TRANSIENT,),
        after=(_TRANSIENT,),
        recipients=_ADDRESSES,
        kind=EventKind.DELAY,
    ),
    Dialect(
        name="biglobe",
        needles=(_PROBLEMS,),
        needs=("----- non-delivered information -----",),
        after=(_PROBLEMS,),
        recipients=_ADDRESSES,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="mcafee",
        needles=("--- the following addresses had delivery problems ---",),
        within=1,  # Sendmail has more dashes
        after=(_PROBLEMS,),
        recipients=(r"\s{0,4}<{address}>\s+\(",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="surgemail",
        needles=(_PROBLEMS,),
        needs=("permanent failure:", "delivery last attempted at"),
        recipients=(r"\s{0,4}<{address}>",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="sendmail",
        needles=(_PROBLEMS,),
        after=(_PROBLEMS,),
        recipients=_ADDRESSES,
    ),
    # Version 5, and SMTP gateways of its time: nothing in front of the transcript.
    Dialect(
        name="sendmail-5",
        needles=("----- transcript of session follows -----",),
        within=40,
        recipients=(r">>> RCPT To:<{address}>", r"[45]\d\d <?{address}>?\.\.\."),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="sendmail-5",
        needles=("----- transcript of session follows -----",),
        within=40,
        recipients=(r"55\d ([A-Za-z0-9_.+-]{1,64})\.\.\. User unknown",),
        completes=True,
        kind=EventKind.FAILURE,
    ),
    # A system of Japan whose name it does not tell
    Dialect(
        name="delivery-errors",
        needles=("---the following addresses had delivery errors---",),
        after=("had delivery errors---",),
        recipients=(r"{address} \[",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="phquery",
        needles=("--------message not delivered to the following",),
        after=("--------message not delivered to the following",),
        before=("--------error detail",),
        kind=EventKind.FAILURE,
    ),
)
