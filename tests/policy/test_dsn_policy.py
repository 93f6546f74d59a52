"""Settings that contradict the RFCs are refused."""

from typing import Any

import pytest

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.esmtp import Notify
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass


@pytest.mark.requirement("3461-4.1-12")
@pytest.mark.parametrize(
    "unasked",
    [Notify(value) for value in range(8) if value not in (2, 6)],
    ids=str,
)
def test_what_no_notify_can_mean(unasked: Notify) -> None:
    """Without NOTIFY failures are told and successes are not."""
    with pytest.raises(InvalidValue, match="unasked") as caught:
        DsnPolicy(unasked=unasked)

    assert ("3461-4.1-12", unasked) == (caught.value.requirement, caught.value.value)


@pytest.mark.requirement("3461-4.1-12")
def test_delays_need_not_be_told_unasked() -> None:
    """Without NOTIFY a system may tell of failures alone."""
    assert Notify.FAILURE is DsnPolicy(unasked=Notify.FAILURE).unasked


def test_a_report_has_a_recipient() -> None:
    """A report of nobody is an error."""
    assert 1 == DsnPolicy(recipients_per_report=1).recipients_per_report
    with pytest.raises(InvalidValue, match="_per_report: 0 is not a whole number") as caught:
        DsnPolicy(recipients_per_report=0)

    assert 0 == caught.value.value


@pytest.mark.parametrize(
    "given",
    [{"postmaster": "a b"}, {"postmasters": {PostmasterClass.BOUNCE: "a b"}}],
    ids=["of all", "of a class"],
)
def test_the_postmaster_has_an_address(given: dict[str, Any]) -> None:
    """An address that would break a command is refused."""
    with pytest.raises(InvalidAddress, match=r"^policy: postmaster: 'a b' cannot"):
        DsnPolicy(**given)


def test_double_bounce_senders_in_any_case() -> None:
    """Return paths of notices are held in lower case, as they are looked up."""
    policy = DsnPolicy(double_bounce_senders=["Double-Bounce@Example.org"])

    assert frozenset({"double-bounce@example.org"}) == policy.double_bounce_senders


def test_defaults_are_the_rfcs() -> None:
    """Without settings nothing is suppressed, invented or renamed."""
    policy = DsnPolicy()

    assert frozenset() == policy.guards.enabled
    assert Notify.FAILURE | Notify.DELAY == policy.unasked
    assert (False, False, False) == (
        policy.names_expanded, policy.invents_original, policy.confirms_cleared_delays,
    )  # fmt: skip
    assert policy.marks_never
    assert policy.budget is None
    # RFC 3461 s5.2: the postmaster should be told of what nobody else can be.
    assert PostmasterClass.DOUBLE_BOUNCE == policy.postmaster_classes
