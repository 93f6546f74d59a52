"""Reasons have the names of other systems, or none."""

from __future__ import annotations

import itertools

import pytest

from dsnlib.bounces.rules.names import System, foreign_name
from dsnlib.bounces.taxonomy import Permanence, Reason


@pytest.mark.parametrize(
    ("reason", "permanence", "names"),
    [
        (
            Reason.UNKNOWN_USER,
            Permanence.HARD,
            ("userunknown", "Permanent/NoEmail", "bounced/bounced", "InvalidRecipient"),
        ),
        (
            Reason.UNKNOWN_USER,
            Permanence.SOFT,
            ("userunknown", "Transient/General", "bounced/bounced", "InvalidRecipient"),
        ),
        (
            Reason.MAILBOX_FULL,
            Permanence.SOFT,
            ("mailboxfull", "Transient/MailboxFull", "bounced/bounced", "QuotaIssues"),
        ),
        (
            Reason.SPAM_CONTENT,
            Permanence.HARD,
            ("spamdetected", "Transient/ContentRejected", "bounced/blocked", "SpamContent"),
        ),
        (
            Reason.UNDEFINED,
            Permanence.UNKNOWN,
            ("undefined", "Undetermined/Undetermined", "bounced/other", "Uncategorized"),
        ),
        (Reason.CHALLENGED, Permanence.SOFT, (None, "Transient/General", "bounced/bounced", None)),
    ],
)
def test_names(reason: Reason, permanence: Permanence, names: tuple[str | None, ...]) -> None:
    """Each system has its own form, and `None` where it has no counterpart."""
    assert names == tuple(foreign_name(reason, permanence, system) for system in System)


@pytest.mark.parametrize(
    ("reason", "permanence"),
    [*itertools.product(Reason, Permanence)],
    ids=lambda each: each.value,
)
def test_every_reason_can_be_asked_for(reason: Reason, permanence: Permanence) -> None:
    """The names of SES and anymail have two parts; the others are one word."""
    for system in System:
        name = foreign_name(reason, permanence, system)
        if system in (System.SES, System.ANYMAIL):
            assert name is not None
            assert 2 == len(name.split("/"))
        else:
            assert name is None or name.isalpha()
