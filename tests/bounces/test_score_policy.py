"""What counts, how much, and what Mailman calls it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.score_policy import ScorePolicy, parse_days
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import DAY, NOON, failure, other

HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("permanence", "weight"),
    [(Permanence.HARD, 1.0), (Permanence.SOFT, 0.5), (Permanence.UNKNOWN, 0.5)],
)
def test_weights(permanence: Permanence, weight: float) -> None:
    """A hard failure counts one, any other half."""
    assert weight == ScorePolicy().weigh(failure(NOON, permanence=permanence))


@pytest.mark.parametrize("fault", [each for each in Fault if each is not Fault.RECIPIENT])
def test_other_faults_do_not_count(fault: Fault) -> None:
    """What the sender, the message, a rule or a network has to answer for."""
    assert ScorePolicy().weigh(failure(NOON, fault=fault, reason=Reason.UNDEFINED)) == 0
    counting = ScorePolicy(counted_faults=[fault])
    assert counting.weigh(failure(NOON, fault=fault, reason=Reason.UNDEFINED)) == 1


@pytest.mark.parametrize("reason", [Reason.HOST_UNKNOWN, Reason.NULL_MX])
def test_dead_domains_count_whatever_the_fault(reason: Reason) -> None:
    """Where a reader calls it a fault of the network, the addresses are gone all the same."""
    assert 1.0 == ScorePolicy().weigh(failure(NOON, fault=Fault.INFRASTRUCTURE, reason=reason))


@pytest.mark.parametrize(
    "kind", [each for each in EventKind if each not in {EventKind.FAILURE, EventKind.DELAY}]
)
def test_only_failures_and_delays_weigh(kind: EventKind) -> None:
    """Whatever the weights are."""
    assert ScorePolicy(delay_weight=1).weigh(other(kind, NOON)) == 0


@pytest.mark.parametrize("weight", [0.0, 0.25])
def test_delays_weigh_what_the_policy_says(weight: float) -> None:
    """Nothing, if it says nothing."""
    event = other(EventKind.DELAY, NOON)

    assert weight == ScorePolicy(delay_weight=weight).weigh(event)
    assert ScorePolicy().weigh(event) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hard_weight", 1.1),
        ("soft_weight", -0.1),
        ("unknown_weight", float("nan")),
        ("delay_weight", 2),
        ("bounce_score_threshold", -1),
        ("bounce_score_threshold", float("inf")),
        ("bounce_info_stale_after", HOUR),
        ("bounce_you_are_disabled_warnings", -1),
        ("bounce_you_are_disabled_warnings_interval", dt.timedelta()),
        ("half_life", dt.timedelta()),
        ("relayed_grace", -DAY),
        ("probe_wait", dt.timedelta()),
        ("soft_expires_after", HOUR),
        ("hard_expires_after", dt.timedelta.max),
    ],
)
def test_numbers_out_of_range(field: str, value: Any) -> None:  # noqa: ANN401  those of a policy
    """The message names the field."""
    with pytest.raises(InvalidValue, match=f"^{field}: "):
        ScorePolicy(**{field: value})


def test_expiry_by_permanence() -> None:
    """Hard for ever, others 90 days."""
    policy = ScorePolicy()

    assert [None, 90 * DAY, 90 * DAY] == [policy.expires_after(each) for each in Permanence]


def test_mailman_3() -> None:
    """What its REST interface gives of a list, among much else."""
    policy = ScorePolicy.from_mailman(
        {
            "fqdn_listname": "ants@lists.example",
            "process_bounces": True,
            "bounce_score_threshold": 3,
            "bounce_info_stale_after": "14d",
            "bounce_you_are_disabled_warnings": 2,
            "bounce_you_are_disabled_warnings_interval": "1d12h",
            "bounce_notify_owner_on_disable": True,
            "verp_probes": "yes",
        }
    )

    assert (
        ScorePolicy(
            bounce_score_threshold=3.0,
            bounce_info_stale_after=14 * DAY,
            bounce_you_are_disabled_warnings=2,
            bounce_you_are_disabled_warnings_interval=36 * HOUR,
            verp_probes=True,
        )
        == policy
    )


def test_mailman_2() -> None:
    """Its spans are numbers of seconds."""
    policy = ScorePolicy.from_mailman(
        {"bounce_processing": 0, "bounce_info_stale_after": 604800.0, "bounce_score_threshold": 5.0}
    )

    assert ScorePolicy(process_bounces=False) == policy


def test_mailman_defaults_are_ours() -> None:
    """Those of a list that nobody has changed."""
    defaults = {
        "process_bounces": True,
        "bounce_score_threshold": 5,
        "bounce_info_stale_after": dt.timedelta(days=7),
        "bounce_you_are_disabled_warnings": 3,
        "bounce_you_are_disabled_warnings_interval": "7d",
    }

    assert ScorePolicy() == ScorePolicy.from_mailman(defaults) == ScorePolicy.from_mailman({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bounce_info_stale_after", "soon"),
        ("bounce_info_stale_after", float("inf")),
        ("bounce_score_threshold", "many"),
        ("process_bounces", "perhaps"),
        ("bounce_you_are_disabled_warnings", None),
    ],
)
def test_mailman_value_that_is_none(name: str, value: object) -> None:
    """The message has Mailman's name and the value."""
    with pytest.raises(InvalidValue, match=f"^{name}: "):
        ScorePolicy.from_mailman({name: value})


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("7", 7),
        (" 7d ", 7),
        ("7 days", 7),
        ("1 day", 1),
        ("0.5d", 0.5),
        ("1d12h", 1.5),
        ("2w", 14),
        ("7d43200.0s", 7.5),
    ],
)
def test_days(text: str, days: float) -> None:
    """Days as people write them, and as Mailman 3 does."""
    assert days * DAY == parse_days(text)


@pytest.mark.parametrize("text", ["", "d", "-7", "7x", "7d7", "9999999", "nan", "٧"])
def test_no_days(text: str) -> None:
    """Anything else is none, and is shown."""
    with pytest.raises(InvalidValue, match=r"^days: "):
        parse_days(text)
