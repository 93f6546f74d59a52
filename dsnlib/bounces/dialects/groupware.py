"""Groupware: Notes and Domino, GroupWise, an X.400 gateway, and hosts of that time."""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind

__all__ = ["DIALECTS"]

_GROUPWISE = "the message that you sent was undeliverable to the following:"

DIALECTS = (
    # The reason first, then the address.
    Dialect(
        name="notes",
        needles=("------- failure reasons",),
        after=("------- failure reasons",),
        recipients=(r"\s{0,4}{address}\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="domino",
        needles=("was not delivered to:",),
        needs=("because:",),
        after=("was not delivered to:",),
        recipients=(r"\s{0,12}{address}\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="groupwise",
        needles=(_GROUPWISE,),
        after=(_GROUPWISE,),
        recipients=(r"\s{1,12}<?{address}>?(?:\s+\([^\n]*)?\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="smail",
        needles=("failed addresses follow:",),
        after=("failed addresses follow:",),
        recipients=(r"\s{0,4}<?{address}>? \.\.\. ",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="lsmtp",
        needles=("error-for:",),
        needs=("error-code:",),
        recipients=(r"Error-for:\s{0,12}<?{address}",),
        kind=EventKind.FAILURE,
    ),
    # The gateway of the ISODE, from X.400 to the Internet
    Dialect(
        name="x400",
        needles=("start of body part 1",),
        needs=("for the following reason:",),
        after=("was not delivered to",),
        before=("for the following reason:",),
        recipients=(r"\s{0,12}{address}(?: at host \S{1,255}+)?\s*$",),
        kind=EventKind.FAILURE,
    ),
)
