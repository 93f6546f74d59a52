"""Every reason has a permanence and a fault of its own."""

import pytest

from dsnlib.bounces.rules.defaults import default_fault, default_permanence
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_every_reason_has_its_defaults(reason: Reason) -> None:
    """No reason is without an answer; only what nobody told has no fault."""
    assert isinstance(default_permanence(reason), Permanence)
    assert (reason is Reason.UNDEFINED) == (default_fault(reason) is Fault.UNKNOWN)


def test_there_are_thirty_reasons_and_more() -> None:
    """The taxonomy is fine enough to act on."""
    assert len(Reason) >= 30


@pytest.mark.parametrize(
    "reason",
    [Reason.UNKNOWN_USER, Reason.HOST_UNKNOWN, Reason.NULL_MX, Reason.MAILBOX_DISABLED],
    ids=lambda reason: reason.value,
)
def test_who_keeps_a_list_drops_these(reason: Reason) -> None:
    """What is wrong with the address is hard, and the recipient's fault."""
    assert (Permanence.HARD, Fault.RECIPIENT) == (
        default_permanence(reason),
        default_fault(reason),
    )


@pytest.mark.parametrize(
    "reason",
    [Reason.SPAM_CONTENT, Reason.BLOCKED_HOST, Reason.POLICY, Reason.AUTHENTICATION_FAILED],
    ids=lambda reason: reason.value,
)
def test_who_keeps_a_list_keeps_these(reason: Reason) -> None:
    """What is wrong with message or sender is never the recipient's fault."""
    assert default_fault(reason) is not Fault.RECIPIENT
