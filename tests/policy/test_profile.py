"""Sets of settings are what their names say."""

import datetime as dt

from dsnlib.policy.budget import Budget
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.expansion import ExpandPolicy
from dsnlib.policy.guard import GUARDS, Guards
from dsnlib.policy.privacy import Privacy
from dsnlib.policy.profile import DEFAULT, MX, POSTFIX, PROFILES, SUBMISSION
from dsnlib.policy.relay import RelayPolicy
from dsnlib.policy.reporter import Reporter
from dsnlib.policy.schedule import RetryPolicy

DAY = dt.timedelta(days=1)


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


def test_profiles() -> None:
    """What the three profiles set, and that they set nothing else."""
    assert (
        DsnPolicy(
            privacy=Privacy(hides_expansions=True),
            guards=Guards(enabled=["bounce-like-sender", "hop-count", "report-about-report"]),
            budget=Budget(per_sender=1000, per_source=1000),
        ),
        RelayPolicy(), ExpandPolicy(), RetryPolicy(),
    ) == (SUBMISSION.dsn, SUBMISSION.relay, SUBMISSION.expand, SUBMISSION.retry)  # fmt: skip
    assert (
        DsnPolicy(
            postmaster_classes=PostmasterClass.NONE,
            privacy=Privacy(hides_expansions=True),
            guards=Guards(),
            budget=Budget(per_sender=20, per_domain=200, per_source=200),
        ),
        RelayPolicy(separates_never=True), ExpandPolicy(), RetryPolicy(null_lifetime=2 * DAY),
    ) == (MX.dsn, MX.relay, MX.expand, MX.retry)  # fmt: skip
    assert (
        DsnPolicy(
            postmaster_classes=PostmasterClass.NONE, names_expanded=True, invents_original=True,
            names_source=False, names_attempts=False, marks_never=False,
        ),
        RelayPolicy(adds_orcpt=True, passes_utf8=True),
        ExpandPolicy(tells_of_single=True),
        RetryPolicy(longest_wait=dt.timedelta(seconds=4000), warn_after=None),
    ) == (POSTFIX.dsn, POSTFIX.relay, POSTFIX.expand, POSTFIX.retry)  # fmt: skip
