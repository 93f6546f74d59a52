"""The laws of the crash test notice what they are there for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.crash.ledger import Evidence, Sent, audit
from tests.crash.mail import DOMAIN, SENDER, TARGETS, Mail, make_mail
from tests.load.client import Addressee, Promise, Submission

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "t1"
BOX = f"box-0@{DOMAIN}"
ALL = frozenset(each.address for each in TARGETS)
MAIL = Mail(
    token=TOKEN,
    notify=dict.fromkeys(ALL, "SUCCESS,FAILURE,DELAY"),
    submission=Submission(
        sender=SENDER, recipients=[Addressee(each) for each in sorted(ALL)], content=b""
    ),
)


def complete() -> Evidence:
    """Return what a server leaves that has lost nothing."""
    evidence = Evidence()
    evidence.copies.update((TOKEN, each) for each in MAIL.kept(ALL))
    evidence.notifications.update((TOKEN, *each) for each in MAIL.owed(ALL))
    evidence.onward.update((TOKEN, each) for each in MAIL.passed_on(ALL))
    return evidence


def laws(evidence: Evidence, promise: Promise = Promise.TAKEN) -> set[str]:
    """Return the laws that are broken if this is what is there."""
    return {each.law for each in audit([Sent(MAIL, promise, ALL)], evidence)}


def test_nothing_lost() -> None:
    """A server that has done all that it owes breaks no law."""
    assert set() == laws(complete())
    assert set() == laws(complete(), Promise.UNKNOWN)
    assert set() == laws(Evidence(), Promise.UNKNOWN)
    assert set() == laws(Evidence(), Promise.LOST)


def _lose_copy(evidence: Evidence) -> None:
    del evidence.copies[TOKEN, BOX]


def _lose_notification(evidence: Evidence) -> None:
    del evidence.notifications[TOKEN, "gone@refused.example", "failed"]


def _lose_onward(evidence: Evidence) -> None:
    del evidence.onward[TOKEN, "far@dsn.example"]


def _deliver_twice(evidence: Evidence) -> None:
    evidence.copies[TOKEN, BOX] += 1


def _tell_twice(evidence: Evidence) -> None:
    evidence.notifications[TOKEN, "old@plain.example", "relayed"] += 1


def _warn_twice(evidence: Evidence) -> None:
    evidence.notifications[TOKEN, "late@later.example", "delayed"] += 2


def _make_up(evidence: Evidence) -> None:
    evidence.notifications[TOKEN, BOX, "failed"] += 1


def _deliver_what_nobody_sent(evidence: Evidence) -> None:
    evidence.copies["t2", BOX] += 1


def _tear(evidence: Evidence) -> None:
    evidence.torn.append("a file")


@pytest.mark.parametrize(
    ("harm", "law"),
    [
        (_lose_copy, "lost-copy"),
        (_lose_notification, "lost-notification"),
        (_lose_onward, "lost-onward"),
        (_deliver_twice, "two-copies"),
        (_tell_twice, "two-notifications"),
        (_warn_twice, "two-notifications"),
        (_make_up, "made-up"),
        (_deliver_what_nobody_sent, "made-up"),
        (_tear, "torn"),
    ],
)
def test_harm_is_noticed(harm: Callable[[Evidence], None], law: str) -> None:
    """Each law names the harm it is there for, and no other does."""
    evidence = complete()
    harm(evidence)

    assert {law} == laws(evidence)


def test_one_warning_is_allowed() -> None:
    """A delay may be told of once, and need not be."""
    evidence = complete()
    evidence.notifications[TOKEN, "late@later.example", "delayed"] += 1

    assert set() == laws(evidence)


def test_half_of_an_unknown_message() -> None:
    """A message whose reply nobody saw is there whole or not at all."""
    evidence = complete()
    _lose_copy(evidence)

    assert {"half"} == laws(evidence, Promise.UNKNOWN)


def test_nothing_promised_and_yet_there() -> None:
    """What was refused, or never sent whole, is not delivered."""
    assert {"made-up"} == laws(complete(), Promise.LOST)
    assert {"made-up"} == laws(complete(), Promise.REFUSED)


def test_a_seed_says_it_all() -> None:
    """The same seed gives the same mail, and another seed other mail."""
    one, again, other = (make_mail(random.Random(seed), TOKEN) for seed in (7, 7, 8))

    assert one == again
    assert one != other
