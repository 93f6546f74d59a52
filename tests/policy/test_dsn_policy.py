"""Settings that contradict the RFCs are refused; profiles are what their names say."""

from typing import Any

import pytest

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.esmtp import Notify
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.guard import GUARDS
from dsnlib.policy.profile import DEFAULT, MX, POSTFIX, PROFILES, SUBMISSION
from dsnlib.policy.reporter import Reporter


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
    with pytest.raises(InvalidValue, match="0 recipients in a report") as caught:
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


def test_a_profile_speaks_under_a_name() -> None:
    """Diagnostics of our own have the reporter's type, in relays and in expansions."""
    found = MX.with_reporter(Reporter.parse("mail.example.org", "My Mail"))

    assert ("X-My-Mail", "X-My-Mail") == (
        found.relay.diagnostic_type, found.expand.diagnostic_type,
    )  # fmt: skip
    assert (MX.dsn, MX.retry, True) == (found.dsn, found.retry, found.relay.separates_never)


def test_profiles_have_names() -> None:
    """Each profile is found by its name."""
    assert ["default", "submission", "mx", "postfix"] == [*PROFILES]
    assert DsnPolicy() == DEFAULT.dsn
    assert all(name == profile.name for name, profile in PROFILES.items())


def test_submission_keeps_to_what_is_sure() -> None:
    """For known users only rules that cannot be wrong are asked, and aliases are private."""
    dsn = SUBMISSION.dsn

    assert {"bounce-like-sender", "hop-count", "report-about-report"} == dsn.guards.enabled
    assert dsn.privacy.hides_expansions
    assert dsn.budget is not None


def test_mx_asks_every_rule() -> None:
    """For strangers every rule is asked, and a budget ends what none has seen."""
    dsn = MX.dsn

    assert {rule.name for rule in GUARDS} == dsn.guards.enabled
    assert dsn.budget is not None
    assert (20, 200, 200) == (
        dsn.budget.per_sender, dsn.budget.per_domain, dsn.budget.per_source,
    )  # fmt: skip
    assert MX.relay.separates_never


def test_postfix_has_its_ways() -> None:
    """The profile differs from the defaults where Postfix does."""
    dsn = POSTFIX.dsn

    assert (True, True, False) == (dsn.names_expanded, dsn.invents_original, dsn.marks_never)
    assert frozenset() == dsn.guards.enabled
    assert POSTFIX.relay.adds_orcpt
    assert POSTFIX.expand.tells_of_single
    assert POSTFIX.retry.warn_after is None
    assert 4000 == POSTFIX.retry.wait_after(99).total_seconds()
