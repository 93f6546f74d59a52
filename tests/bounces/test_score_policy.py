"""What counts, how much, and what Mailman calls it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
import pytest

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.score_policy import ScorePolicy, parse_days
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import DAY, NOON, failure, other

HOUR = dt.timedelta(hours=1)
CENTURY = 36_525 * DAY


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


@pytest.mark.parametrize(
    ("field", "least", "most", "step"),
    [
        ("bounce_you_are_disabled_warnings", 0, 1000, 1),
        ("bounce_info_stale_after", DAY, CENTURY, DAY / 2),
        ("bounce_you_are_disabled_warnings_interval", HOUR, CENTURY, HOUR / 100),
        ("half_life", HOUR, CENTURY, HOUR / 100),
        ("relayed_grace", 0 * DAY, CENTURY, DAY / 2),
        ("probe_wait", HOUR, CENTURY, HOUR / 100),
        ("soft_expires_after", DAY, CENTURY, DAY / 2),
        ("hard_expires_after", DAY, CENTURY, DAY / 2),
    ],
)
def test_ends_of_a_range(field: str, least: Any, most: Any, step: Any) -> None:  # noqa: ANN401  the same
    """The ends are in it, and the next value is not; the error has the value in days."""
    for value in (least, most):
        assert value == getattr(ScorePolicy(**{field: value}), field)
    unit = " days" if isinstance(step, dt.timedelta) else ""
    for value in (least - step, most + step):
        with pytest.raises(InvalidValue, match=rf"^{field}: .*\d{unit}$") as caught:
            ScorePolicy(**{field: value})
        assert (value / DAY if unit else value) == caught.value.value


def test_threshold() -> None:
    """At 0 the first failure is enough; the error of what is less has the value."""
    assert 0 == ScorePolicy(bounce_score_threshold=0).bounce_score_threshold
    with pytest.raises(InvalidValue, match=r"is not a finite number from 0$") as caught:
        ScorePolicy(bounce_score_threshold=-0.5)
    assert -0.5 == caught.value.value


def test_defaults() -> None:
    """Those that the manual names, beside those of Mailman."""
    policy = ScorePolicy()

    assert (True, 3 * DAY, 7 * DAY) == (
        policy.complaint_suppresses,
        policy.relayed_grace,
        policy.probe_wait,
    )
    assert (3, False, None) == (
        policy.bounce_you_are_disabled_warnings,
        policy.verp_probes,
        policy.half_life,
    )


def test_sets_are_values() -> None:
    """Whatever they are made of, equal policies are equal, and can be keys."""
    policy = ScorePolicy(counted_faults=[Fault.SENDER], counted_reasons=iter([Reason.NULL_MX]))

    assert frozenset({Fault.SENDER}) == policy.counted_faults
    assert frozenset({Reason.NULL_MX}) == policy.counted_reasons
    assert 1 == len({policy, attrs.evolve(policy)})


def test_nothing_weighs_where_bounces_do_not_count() -> None:
    """Neither a failure nor a delay."""
    policy = ScorePolicy(process_bounces=False, delay_weight=1)

    assert 0 == policy.weigh(failure(NOON)) == policy.weigh(other(EventKind.DELAY, NOON))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(each, True) for each in ("1", "true", "yes", "on", " On\n")],
        *[(each, False) for each in ("0", "false", "no", "off", "\tOFF ")],
    ],
)
def test_switches(text: str, expected: bool) -> None:  # noqa: FBT001  a column
    """Each word that Mailman knows, in any case."""
    assert expected is ScorePolicy.from_mailman({"process_bounces": text}).process_bounces
    assert expected is ScorePolicy.from_mailman({"verp_probes": text}).verp_probes


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
    with pytest.raises(InvalidValue, match=f"^{name}: ") as caught:
        ScorePolicy.from_mailman({name: value})
    assert value is caught.value.value


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
        ("720m", 0.5),
        ("1w1d1h1380m0.0s", 9),
        ("999999.5s", 999999.5 / 86400),
        ("0.123456", 0.123456),
        ("999999", 999999),
    ],
)
def test_days(text: str, days: float) -> None:
    """Days as people write them, and as Mailman 3 does."""
    assert days * DAY == parse_days(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d",
        "-7",
        "7x",
        "7d7",
        "9999999",
        "nan",
        "٧",
        "7.",
        ".5",
        "7,5",
        "1..5",
        "0.1234567",
        "1.1234567h",
        "1234567s",
        "1d1d1d1d1d1d",
        "1h2",
        "7  d",
        "٧h",
    ],
)
def test_no_days(text: str) -> None:
    """Anything else is none, and is shown."""
    with pytest.raises(InvalidValue, match=r"^days: ") as caught:
        parse_days(text)
    assert text == caught.value.value


HUGE = 10**5000


@pytest.mark.parametrize(
    "field",
    [
        "bounce_score_threshold", "bounce_you_are_disabled_warnings", "hard_weight",
        "soft_weight", "unknown_weight", "delay_weight",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", [10**400, HUGE, -HUGE, float("nan"), float("inf"), True, "1", None],
    ids=["large", "huge", "minus", "nan", "inf", "bool", "text", "none"],
)  # fmt: skip
def test_what_is_no_number_of_a_policy(field: str, value: Any) -> None:  # noqa: ANN401  what is refused
    """Whatever is given, the error is ours, and names the field."""
    with pytest.raises(InvalidValue, match=rf"^{field}: .* is not a (finite|whole) number from 0"):
        ScorePolicy(**{field: value})


def test_warnings_are_counted() -> None:
    """Nobody can be told one and a half times."""
    with pytest.raises(InvalidValue, match=r"_disabled_warnings: 1\.5 is not a whole"):
        ScorePolicy(bounce_you_are_disabled_warnings=1.5)  # type: ignore[arg-type]  # the fault


@pytest.mark.parametrize(
    "name",
    [
        "bounce_score_threshold", "bounce_you_are_disabled_warnings", "bounce_info_stale_after",
        "bounce_you_are_disabled_warnings_interval", "process_bounces", "verp_probes",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [10**400, HUGE, -HUGE], ids=["large", "huge", "minus"])
def test_huge_values_of_mailman(name: str, value: int) -> None:
    """A number that no float and no text can have is none of its values."""
    with pytest.raises(InvalidValue, match=rf"^{name}: an integer of \d+ bits is "):
        ScorePolicy.from_mailman({name: value})
