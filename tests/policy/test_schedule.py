"""When to try again, when to warn, when to give up."""

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.schedule import (
    AttemptPlan,
    QueueHistory,
    RetryPolicy,
    RetryVerdict,
    plan_attempt,
)
from tests.policy.cases import NOON, REMOTE, code, decide, envelope, outcome, rcpt, reported

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
BOB = rcpt()
DELAYED = outcome(BOB, Disposition.DELAYED, "4.2.2")
FIRST = QueueHistory(arrival=NOON)


def plan(
    age: dt.timedelta,
    *,
    sender: str = "ann@example.org",
    mail: str = "",
    policy: RetryPolicy | None = None,
    **history: Any,  # noqa: ANN401  whatever the value takes
) -> AttemptPlan:
    """Return what to do with a message of that age."""
    history.setdefault("attempts", 1)
    return plan_attempt(
        envelope(BOB, sender=sender, mail=mail),
        QueueHistory(arrival=NOON, **history),
        policy=policy,
        now=NOON + age,
    )


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 120), (99, 120)]
)
def test_waits_grow_up_to_a_bound(attempts: int, minutes: int) -> None:
    """Each wait is twice the one before, until the longest."""
    assert minutes * MINUTE == RetryPolicy().wait_after(attempts)
    assert NOON + HOUR + minutes * MINUTE == plan(HOUR, attempts=attempts).next_attempt


def test_a_message_that_was_not_counted_waits_like_a_new_one() -> None:
    """Without a counted attempt the first wait holds."""
    assert NOON + 5 * MINUTE == plan(0 * HOUR, attempts=0).next_attempt


def test_many_attempts_cost_no_time() -> None:
    """A wait is known at once, however often it was tried."""
    assert 2 * HOUR == RetryPolicy().wait_after(10**9)


@pytest.mark.requirement("5321-4.5.4.1-01")
@pytest.mark.parametrize(
    ("age", "verdict"),
    [(5 * DAY - SECOND, RetryVerdict.RETRY), (5 * DAY, RetryVerdict.EXPIRED)],
    ids=["not yet", "over"],
)
def test_giving_up(age: dt.timedelta, verdict: RetryVerdict) -> None:
    """A message is given up when it is as old as the policy says, five days by default."""
    found = plan(age)

    assert (verdict, NOON + 5 * DAY) == (found.verdict, found.expires)


def test_the_last_attempt_is_made_at_the_end() -> None:
    """No wait goes beyond the end."""
    assert NOON + 5 * DAY == plan(5 * DAY - MINUTE, attempts=9).next_attempt
    assert plan(5 * DAY).next_attempt is None


def test_notifications_may_be_kept_a_shorter_time() -> None:
    """The null return path has a lifetime of its own."""
    policy = RetryPolicy(null_lifetime=DAY)

    assert RetryVerdict.EXPIRED is plan(DAY, sender="", policy=policy).verdict
    assert RetryVerdict.RETRY is plan(DAY, policy=policy).verdict


@pytest.mark.parametrize(
    ("age", "change", "is_due"),
    [
        pytest.param(4 * HOUR, {}, True, id="on time"),
        pytest.param(4 * HOUR - SECOND, {}, False, id="too early"),
        pytest.param(5 * HOUR, {"warned": NOON + 4 * HOUR}, False, id="warned before"),
        pytest.param(5 * HOUR, {"sender": ""}, False, id="null path"),
        pytest.param(5 * HOUR, {"policy": RetryPolicy(warn_after=None)}, False, id="never"),
        pytest.param(6 * DAY, {}, False, id="given up"),
    ],
)
def test_the_warning(age: dt.timedelta, change: dict[str, Any], is_due: bool) -> None:  # noqa: FBT001  parametrized
    """The sender is warned once, when it is time, of what is still tried."""
    found = plan(age, **change)

    assert is_due is found.is_delay_due


@pytest.mark.requirement("2852-4.1.3-01")
@pytest.mark.parametrize(
    ("age", "verdict"), [(59 * SECOND, RetryVerdict.RETRY), (MINUTE, RetryVerdict.DEADLINE)]
)
def test_a_deadline_of_mode_r(age: dt.timedelta, verdict: RetryVerdict) -> None:
    """Mode R ends the attempts, and no attempt comes later."""
    found = plan(age, mail="BY=60;R")

    assert (verdict, NOON + MINUTE) == (found.verdict, found.expires)
    assert (NOON + MINUTE if verdict is RetryVerdict.RETRY else None) == found.next_attempt
    assert not found.is_late


def test_a_long_deadline_extends_nothing() -> None:
    """RFC 2852 s4.1: by-time does not make the queue keep a message longer."""
    found = plan(5 * DAY, mail="BY=999999999;R")

    assert (RetryVerdict.EXPIRED, NOON + 5 * DAY) == (found.verdict, found.expires)


@pytest.mark.requirement("2852-4.1.3-02")
@pytest.mark.parametrize(
    ("age", "change", "is_late"),
    [
        pytest.param(59 * SECOND, {}, False, id="in time"),
        pytest.param(MINUTE, {}, True, id="late"),
        pytest.param(HOUR, {"noted_late": NOON + MINUTE}, False, id="told before"),
        pytest.param(5 * DAY, {}, False, id="given up"),
    ],
)
def test_a_deadline_of_mode_n(age: dt.timedelta, change: dict[str, Any], is_late: bool) -> None:  # noqa: FBT001  parametrized
    """Mode N is told once, and the attempts go on."""
    found = plan(age, mail="BY=60;N", **change)

    assert is_late is found.is_late
    assert NOON + 5 * DAY == found.expires


def test_a_wrong_deadline_is_passed_over() -> None:
    """A BY that cannot be read changes nothing."""
    assert plan(HOUR) == plan(HOUR, mail="BY=soon")


def settled(age: dt.timedelta, *outcomes: DeliveryOutcome, **more: Any) -> DeliveryOutcome:  # noqa: ANN401  the same
    """Return the first outcome as it is to be reported."""
    known = {name: more.pop(name) for name in ("told", "replies") if name in more}
    history = QueueHistory(arrival=NOON, **known)
    return plan(age, **more).settle(outcomes or (DELAYED,), history)[0]


def test_a_delay_knows_its_end() -> None:
    """What is still tried says until when, and whether the sender was told."""
    found = settled(HOUR, told=frozenset({BOB}))

    assert (Disposition.DELAYED, NOON + 5 * DAY, True) == (
        found.disposition, found.retry_until, found.is_delay_reported,
    )  # fmt: skip


@pytest.mark.requirement("3463-3.5-03")
def test_expiry_reports_the_last_reply() -> None:
    """A message that is given up fails with what the server said, of class 4."""
    found = settled(5 * DAY)

    assert (Disposition.FAILED, "4.2.2", DELAYED.diagnostic, REMOTE, None) == (
        found.disposition, str(found.status), found.diagnostic, found.remote_mta,
        found.retry_until,
    )  # fmt: skip


LOST = DeliveryOutcome(
    recipient=BOB,
    disposition=Disposition.DELAYED,
    status=code("4.4.1"),
    diagnostic=DiagnosticCode("X-DSN", "no route"),
    attempted=NOON + DAY,
)


@pytest.mark.requirement("3463-3.5-03")
def test_a_reply_says_more_than_a_lost_connection() -> None:
    """Where the last attempt reached nobody, what a server said before is reported."""
    replies = FIRST.attempted([DELAYED]).replies

    found = settled(5 * DAY, LOST, replies=replies)

    assert ("4.2.2", DELAYED.diagnostic, REMOTE) == (
        str(found.status), found.diagnostic, found.remote_mta,
    )  # fmt: skip
    assert LOST.attempted == found.attempted
    alone = settled(5 * DAY, LOST)
    assert ("4.4.1", None) == (str(alone.status), alone.remote_mta)


def test_what_is_remembered() -> None:
    """Replies to recipients that were delayed are kept, the last for each."""
    other = rcpt("eve@example.com")
    first = FIRST.attempted([DELAYED, outcome(other)])
    newer = outcome(BOB, Disposition.DELAYED, "4.7.1")

    assert {BOB: DELAYED} == first.replies
    assert {BOB: newer} == first.attempted([newer, LOST]).replies
    assert {BOB: DELAYED} == first.attempted([LOST]).replies
    assert [1, 2] == [first.attempts, first.attempted([]).attempts]
    assert QueueHistory(arrival=NOON) == FIRST


def test_a_passed_deadline_says_so() -> None:
    """Mode R fails with 5.4.7 whatever the server said; its words stay."""
    found = settled(MINUTE, mail="BY=60;R")

    assert (Disposition.FAILED, "5.4.7", DELAYED.diagnostic) == (
        found.disposition, str(found.status), found.diagnostic,
    )  # fmt: skip


def test_a_late_message_says_so_once() -> None:
    """Mode N is delayed with 4.4.7 the first time, though a delay was told before."""
    told = frozenset({BOB})
    first = settled(MINUTE, mail="BY=60;N", warned=NOON, told=told)
    again = settled(HOUR, mail="BY=60;N", warned=NOON, noted_late=NOON + MINUTE, told=told)

    assert ("4.4.7", True, False) == (str(first.status), first.is_late, first.is_delay_reported)
    assert ("4.2.2", False, True) == (str(again.status), again.is_late, again.is_delay_reported)
    assert NOON + 5 * DAY == first.retry_until


@pytest.mark.requirement("5321-4.2.5-03")
@pytest.mark.parametrize(
    "kind", [each for each in Disposition if each is not Disposition.DELAYED], ids=str
)
@pytest.mark.parametrize("age", [HOUR, 9 * DAY])
def test_what_is_decided_stays(kind: Disposition, age: dt.timedelta) -> None:
    """Only delays are decided here; the others learn whether the sender was warned."""
    before = outcome(BOB, kind)

    assert before == settled(age, before)
    told = settled(age, before, told=frozenset({BOB}))
    assert (kind, True) == (told.disposition, told.is_delay_reported)
    assert before == settled(age, before, told=frozenset({rcpt("eve@example.com")}))


def test_the_way_of_a_message_that_never_arrives() -> None:
    """A message is tried, warned of once and returned once, each at its time."""
    mail, told, history = envelope(BOB), [], FIRST
    now: dt.datetime | None = NOON
    while now is not None:
        history = history.attempted([DELAYED])
        step = plan_attempt(mail, history, now=now)
        settled = step.settle([DELAYED], history)
        decision = decide(mail, settled, is_delay_due=step.is_delay_due)
        told += [(now - NOON, action) for _, action in reported(decision.plans)]
        history = history.notified(step, decision, now=now)
        now = step.next_attempt

    # 5 + 10 + 20 + 40 + 80 minutes, then every two hours.
    assert [(275 * MINUTE, "delayed"), (5 * DAY, "failed")] == told
    assert (NOON + 275 * MINUTE, None) == (history.warned, history.noted_late)


@pytest.mark.parametrize("notify", ["NOTIFY=DELAY", "NOTIFY=FAILURE"])
def test_only_a_delay_that_was_told_can_be_over(notify: str) -> None:
    """Who was not told of the delay is not told of its end."""
    policy = DsnPolicy(confirms_cleared_delays=True)
    asked = rcpt(options=notify)
    mail, late = envelope(asked), outcome(asked, Disposition.DELAYED)
    step = plan_attempt(mail, FIRST, now=NOON + 5 * HOUR)
    decision = decide(mail, step.settle([late], FIRST), policy, is_delay_due=step.is_delay_due)
    history = FIRST.notified(step, decision, now=NOON + 5 * HOUR)

    done = plan_attempt(mail, history, now=NOON + 6 * HOUR)
    outcomes = done.settle([outcome(asked, Disposition.DELIVERED)], history)
    plans = decide(mail, outcomes, policy).plans

    assert (["delivered"] if notify == "NOTIFY=DELAY" else []) == [
        action for _, action in reported(plans)
    ]
    assert NOON + 5 * HOUR == history.warned


def test_a_deadline_is_told_once() -> None:
    """The notice of a passed deadline is remembered, whatever is thought of delays."""
    policy = DsnPolicy(reports_delays=False)
    mail, history, told = envelope(BOB, mail="BY=60;N"), FIRST, []
    for hours in range(1, 4):
        now = NOON + hours * HOUR
        step = plan_attempt(mail, history, now=now)
        decision = decide(
            mail, step.settle([DELAYED], history), policy, is_delay_due=step.is_delay_due
        )
        told += [(hours, status) for _, status in reported(decision.plans)]
        history = history.notified(step, decision, now=now)

    assert [(1, "delayed")] == told
    assert NOON + HOUR == history.noted_late


def test_a_letter_names_the_times() -> None:
    """The settings of a delay notice are those of the policy."""
    policy = RetryPolicy(warn_after=2 * HOUR, lifetime=3 * DAY, null_lifetime=DAY)

    assert {
        "delay_warning_time": "7200s",
        "maximal_queue_lifetime": "259200s",
        "bounce_queue_lifetime": "86400s",
    } == policy.template_parameters()
    assert "0s" == RetryPolicy(warn_after=None).template_parameters()["delay_warning_time"]


@pytest.mark.parametrize("field", ["first_wait", "longest_wait", "warn_after"])
def test_waits_are_above_zero(field: str) -> None:
    """A wait of nothing is an error, one of a second is none."""
    good: dict[str, Any] = {field: SECOND}
    bad: dict[str, Any] = {field: 0 * SECOND}

    assert SECOND == getattr(RetryPolicy(**good), field)
    with pytest.raises(InvalidValue, match=f"retry: {field} is 0:00:00, not above zero") as caught:
        RetryPolicy(**bad)
    assert 0 * SECOND == caught.value.value


@pytest.mark.parametrize("field", ["lifetime", "null_lifetime"])
def test_lifetimes_are_not_below_zero(field: str) -> None:
    """A queue may keep nothing, so that each message is tried once."""
    good: dict[str, Any] = {field: 0 * SECOND}
    bad: dict[str, Any] = {field: -SECOND}

    assert 0 * SECOND == getattr(RetryPolicy(**good), field)
    with pytest.raises(InvalidValue, match=f"{field} is -1 day, 23:59:59, below zero") as caught:
        RetryPolicy(**bad)
    assert -SECOND == caught.value.value


def test_one_attempt() -> None:
    """With no lifetime the first attempt is the last."""
    found = plan(0 * HOUR, policy=RetryPolicy(lifetime=0 * HOUR))

    assert (RetryVerdict.EXPIRED, None) == (found.verdict, found.next_attempt)


def test_waits_do_not_shrink() -> None:
    """Growth is 1 or more."""
    assert 5 * MINUTE == RetryPolicy(growth=1).wait_after(50)
    with pytest.raises(InvalidValue, match=r"growth: 0\.5 is not a finite number") as caught:
        RetryPolicy(growth=0.5)
    assert 0.5 == caught.value.value


@pytest.mark.parametrize("field", ["arrival", "warned", "noted_late"])
def test_times_have_zones(field: str) -> None:
    """A time without a zone is no time."""
    values: dict[str, Any] = {"arrival": NOON} | {field: NOON.replace(tzinfo=None)}
    with pytest.raises(InvalidValue, match=field):
        QueueHistory(**values)


def test_now_has_a_zone() -> None:
    """The time that comes in has one too; attempts are counted from nothing."""
    with pytest.raises(InvalidValue, match=r"^now: "):
        plan_attempt(envelope(), QueueHistory(arrival=NOON), now=NOON.replace(tzinfo=None))
    with pytest.raises(InvalidValue, match="attempts: -1 is not a whole") as caught:
        QueueHistory(arrival=NOON, attempts=-1)
    assert -1 == caught.value.value


@given(st.integers(0, 10**6), st.integers(1, 60))
def test_something_is_always_next(seconds: int, attempts: int) -> None:
    """At any time a message has a later attempt or is given up, and not both."""
    found = plan(dt.timedelta(seconds=seconds), attempts=attempts)

    assert (found.next_attempt is None) is (found.verdict is not RetryVerdict.RETRY)
    if found.next_attempt is not None:
        assert NOON + dt.timedelta(seconds=seconds) < found.next_attempt <= found.expires


def test_recipients_are_keys() -> None:
    """What is remembered is found for an equal recipient."""
    kept = FIRST.attempted([DELAYED]).replies

    assert DELAYED is kept[Recipient("bob@example.com")]


def test_the_end_of_the_calendar() -> None:
    """A message that came in the last hours of the calendar has an end all the same."""
    last = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)
    mail = envelope(BOB, mail="BY=99999;R", arrival=last)

    found = plan_attempt(mail, QueueHistory(arrival=last), now=last - DAY)

    assert last == found.expires
    assert 1 == len(decide(mail).plans)


@pytest.mark.parametrize(("attempts", "minutes"), [(0, 5), (1, 5), (2, 10)])
def test_how_attempts_count(attempts: int, minutes: int) -> None:
    """The first attempt and none at all are followed by the first wait."""
    found = plan_attempt(envelope(BOB), QueueHistory(arrival=NOON, attempts=attempts), now=NOON)

    assert NOON + minutes * MINUTE == found.next_attempt


def test_what_was_told_stays_with_the_end() -> None:
    """A message that is given up after a warning says that there was one, and no later time."""
    late = outcome(BOB, Disposition.DELAYED, retry_until=NOON)

    found = settled(5 * DAY, late, told=frozenset({BOB}))

    assert (True, None) == (found.is_delay_reported, found.retry_until)


def test_what_was_not_told_stays_untold() -> None:
    """Nobody is said to know of a delay who was not told of it."""
    assert not settled(5 * DAY).is_delay_reported
    assert not settled(HOUR).is_delay_reported
    assert not settled(HOUR, outcome(BOB, Disposition.DELIVERED)).is_delay_reported


def test_a_reply_is_not_replaced_by_an_older_one() -> None:
    """What a server said last is reported, though another was remembered."""
    older = outcome(BOB, Disposition.DELAYED, "4.7.1")

    found = settled(5 * DAY, DELAYED, replies={BOB: older})

    assert "4.2.2" == str(found.status)


@pytest.mark.parametrize("field", ["next_attempt", "expires"])
def test_the_times_of_a_plan_have_zones(field: str) -> None:
    """A queue that slept until a time without a zone would sleep by its machine's."""
    naive = NOON.replace(tzinfo=None)
    change: dict[str, Any] = {field: naive}
    with pytest.raises(InvalidValue, match=f"^{field}: .* has no zone$") as caught:
        attrs.evolve(plan(HOUR), **change)

    assert naive is caught.value.value


CENTURIES = dt.timedelta.max
GROWTHS = st.floats(1, allow_infinity=False, allow_nan=False) | st.integers(1, 9)


@pytest.mark.parametrize(
    "growth", [float("inf"), float("nan"), float("-inf"), 10**400, True, "2"],
    ids=["inf", "nan", "minus inf", "huge", "bool", "text"],
)  # fmt: skip
def test_growth_is_a_finite_number(growth: Any) -> None:  # noqa: ANN401  what is refused
    """By any other no wait could be told."""
    with pytest.raises(InvalidValue, match=r"^retry: growth: .* is not a finite number from 1$"):
        RetryPolicy(growth=growth)


@pytest.mark.parametrize(
    ("growth", "attempts", "wait"),
    [
        pytest.param(1e300, 1, 5 * MINUTE, id="vast, first"),
        pytest.param(1e300, 2, CENTURIES, id="vast, second"),
        pytest.param(1e300, 3, CENTURIES, id="vast, third"),
        pytest.param(2.0, 60, CENTURIES, id="many attempts"),
        pytest.param(2, 10**400, CENTURIES, id="huge"),
        pytest.param(1, 10**400, 5 * MINUTE, id="none"),
        pytest.param(1.0 + 2**-52, 10**400, CENTURIES, id="least"),
        pytest.param(1.0 + 2**-52, 10**6, 5 * MINUTE, id="least, not yet"),
    ],
)
def test_no_wait_overflows(growth: float, attempts: int, wait: dt.timedelta) -> None:
    """What is longer than Python can tell is the longest wait, and known at once."""
    assert wait == RetryPolicy(growth=growth, longest_wait=CENTURIES).wait_after(attempts)


@given(
    GROWTHS,
    st.integers(-1, 10**30),
    st.timedeltas(dt.timedelta(microseconds=1)),
    st.timedeltas(dt.timedelta(microseconds=1)),
)
def test_waits_ascend_between_their_bounds(
    growth: float, attempts: int, first: dt.timedelta, longest: dt.timedelta
) -> None:
    """Whatever a policy can be, each wait is at least the one before, and has its bounds."""
    policy = RetryPolicy(growth=growth, first_wait=first, longest_wait=longest)
    wait = policy.wait_after(attempts)

    assert min(first, longest) <= wait <= longest
    assert wait <= policy.wait_after(attempts + 1)


@given(
    st.sampled_from([1, 1.25, 1.5, 2, 3, 10]),
    st.integers(1, 60),
    st.timedeltas(dt.timedelta(seconds=1), 10 * DAY),
)
def test_each_wait_is_so_much_longer(growth: float, attempts: int, longest: dt.timedelta) -> None:
    """The wait is that of multiplying step by step, to a millisecond."""
    wait = 5 * MINUTE
    for _ in range(attempts - 1):
        wait = min(wait * growth, longest)
    found = RetryPolicy(growth=growth, longest_wait=longest).wait_after(attempts)

    assert abs(min(wait, longest) - found) <= dt.timedelta(milliseconds=1)


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_the_longest_wait_at_the_end_of_the_calendar(hours: int) -> None:
    """The next attempt is in the calendar, whatever the policy and the zone."""
    zone = dt.timezone(hours * HOUR)
    arrival = dt.datetime(9999, 12, 31, tzinfo=zone)
    policy = RetryPolicy(growth=1e300, longest_wait=CENTURIES, lifetime=CENTURIES)
    history = QueueHistory(arrival=arrival, attempts=60)

    found = plan_attempt(envelope(BOB, arrival=arrival), history, policy=policy, now=arrival)

    assert dt.datetime.max.replace(tzinfo=zone) == found.next_attempt == found.expires
