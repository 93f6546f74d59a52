"""What was promised against what is there: the laws of a crash test.

law                  what it says
lost-copy            answered 250: each mailbox named has its copy
lost-notification    answered 250: each notification owed is there
lost-onward          answered 250: the next hop has it
two-copies           no mailbox has two copies of a message
two-notifications    nobody is told the same of a recipient twice
made-up              nothing that nobody sent or asked for
half                 a message whose reply nobody saw is there whole or not at all
torn                 every copy is complete
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from tests.crash.mail import Mail
from tests.load.client import Promise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


__all__ = ["Breach", "Evidence", "Sent", "audit"]


@attrs.frozen
class Sent:
    """A message that was sent.

    Args:
        mail: It.
        promise: What its client was told.
        accepted: The recipients that were not refused.
    """

    mail: Mail
    promise: Promise
    accepted: frozenset[str]


@attrs.define(kw_only=True)
class Evidence:
    """What is there in the end.

    Args:
        copies: How many copies a mailbox has of a token, by both.
        notifications: How many notifications there are, by token, address and action.
        onward: How many copies the next hop has, by token and address.
        torn: What was found that is not complete.
    """

    copies: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    notifications: Counter[tuple[str, str, str]] = attrs.field(factory=Counter)
    onward: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    torn: list[str] = attrs.field(factory=list)


@attrs.frozen(order=True)
class Breach:
    """A law that was broken, and by what."""

    law: str
    what: str

    def __str__(self) -> str:
        return f"{self.law}: {self.what}"


def audit(sent: Sequence[Sent], evidence: Evidence) -> list[Breach]:
    """Return every breach, sorted; none is what is wanted."""
    by_token = {each.mail.token: each for each in sent}
    found = [Breach("torn", what) for what in evidence.torn]
    found += _more_than_once(evidence)
    found += _made_up(by_token, evidence)
    for each in sent:
        if each.promise is Promise.TAKEN:
            found += _missing(each, evidence)
        elif each.promise is Promise.UNKNOWN:
            found += _half(each, evidence)
    return sorted(found)


def _more_than_once(evidence: Evidence) -> Iterator[Breach]:
    for copy, count in evidence.copies.items():
        if count > 1:
            yield Breach("two-copies", f"{count} of {copy}")
    for notification, count in evidence.notifications.items():
        if count > 1:
            yield Breach("two-notifications", f"{count} of {notification}")


def _made_up(by_token: Mapping[str, Sent], evidence: Evidence) -> Iterator[Breach]:
    for token, address in (*evidence.copies, *evidence.onward):
        sent = by_token.get(token)
        if sent is None or not _may_be(sent):
            yield Breach("made-up", f"a copy of {token} for {address}")
        elif address not in sent.mail.kept(sent.accepted) | sent.mail.passed_on(sent.accepted):
            yield Breach("made-up", f"{address} has no part in {token}")
    for token, address, action in evidence.notifications:
        sent = by_token.get(token)
        told = (address, action)
        if sent is None or not _may_be(sent):
            yield Breach("made-up", f"{action} of {token} for {address}")
        elif told not in sent.mail.owed(sent.accepted) | sent.mail.allowed(sent.accepted):
            yield Breach("made-up", f"{action} of {token} for {address} was not asked for")


def _may_be(sent: Sent) -> bool:
    return sent.promise in {Promise.TAKEN, Promise.UNKNOWN}


def _missing(sent: Sent, evidence: Evidence) -> Iterator[Breach]:
    token = sent.mail.token
    for address in sent.mail.kept(sent.accepted):
        if not evidence.copies[token, address]:
            yield Breach("lost-copy", f"{token} for {address}")
    for address, action in sent.mail.owed(sent.accepted):
        if not evidence.notifications[token, address, action]:
            yield Breach("lost-notification", f"{action} of {token} for {address}")
    for address in sent.mail.passed_on(sent.accepted):
        if not evidence.onward[token, address]:
            yield Breach("lost-onward", f"{token} for {address}")


def _half(sent: Sent, evidence: Evidence) -> Iterator[Breach]:
    missing = list(_missing(sent, evidence))
    mail = sent.mail
    wanted = (
        len(mail.kept(sent.accepted))
        + len(mail.owed(sent.accepted))
        + len(mail.passed_on(sent.accepted))
    )
    if missing and len(missing) < wanted:
        yield from (Breach("half", str(each)) for each in missing)
