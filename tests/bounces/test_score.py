"""How an address stands by its events."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.marks import Marks
from dsnlib.bounces.probe import SentProbe
from dsnlib.bounces.score import judge_address, judge_marks
from dsnlib.bounces.score_policy import ScorePolicy
from dsnlib.bounces.standing import COMPLAINT, Judgement, NextStep
from dsnlib.bounces.suppression import SuppressionSource
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import (
    ADDRESS,
    DAY,
    HOUR,
    NOON,
    failure,
    identifiers,
    lives,
    on_days,
    other,
    soft,
)

POLICY = ScorePolicy()
PROBING = ScorePolicy(verp_probes=True)


def probe_at(sent: dt.datetime) -> SentProbe:
    """Return a probe that the events of `lives` may be of."""
    return SentProbe(address=ADDRESS, sent=sent, envelope_id="probe")


def policies() -> st.SearchStrategy[ScorePolicy]:
    """Policies of which no two do the same."""
    return st.builds(
        ScorePolicy,
        bounce_score_threshold=st.sampled_from([0.5, 1.0, 2.5, 5.0]),
        bounce_info_stale_after=st.sampled_from([1, 3, 7]).map(lambda days: days * DAY),
        verp_probes=st.booleans(),
        half_life=st.sampled_from([None, 1.5, 30]).map(lambda days: days and days * DAY),
        delay_weight=st.sampled_from([0.0, 0.1]),
        relayed_grace=st.sampled_from([0, 3]).map(lambda days: days * DAY),
        soft_expires_after=st.sampled_from([None, 1, 20]).map(lambda days: days and days * DAY),
        hard_expires_after=st.sampled_from([None, 5]).map(lambda days: days and days * DAY),
        complaint_suppresses=st.booleans(),
    )


def circumstances() -> st.SearchStrategy[dict[str, Any]]:
    """What else a standing depends on."""
    times = st.integers(-60, 1).map(lambda days: NOON + days * DAY)
    return st.fixed_dictionaries(
        {
            "released": st.none() | times,
            "probe": st.none() | times.map(probe_at),
            "now": st.sampled_from([NOON, NOON + 2 * DAY, NOON + 100 * DAY]),
        }
    )


@given(st.data(), lives(), policies(), circumstances())
def test_neither_order_nor_arriving_twice_matters(
    data: st.DataObject, events: list[BounceEvent], policy: ScorePolicy, given_: dict[str, Any]
) -> None:
    """The same events in another order, some of them again, give an equal standing."""
    others = data.draw(st.permutations([*events, *events[::2]]))

    assert judge_address(events, policy, **given_) == judge_address(others, policy, **given_)


@given(lives(), policies(), circumstances(), st.integers(0, 40))
def test_reading_in_parts_is_reading_at_once(
    events: list[BounceEvent], policy: ScorePolicy, given_: dict[str, Any], part: int
) -> None:
    """A standing in between changes nothing of what is kept."""
    now = given_.pop("now")
    marks = Marks(policy, **given_)
    for event in events[part:]:
        marks.add(event, now=now)
    judge_marks(marks, now=now)
    for event in events[:part]:
        marks.add(event, now=now)

    assert judge_address(events, policy, now=now, **given_) == judge_marks(marks, now=now)


@given(lives(), lives(faults=set(Fault) - {Fault.RECIPIENT}), policies(), circumstances())
def test_what_is_nobodys_fault_here_changes_nothing(
    events: list[BounceEvent],
    faultless: list[BounceEvent],
    policy: ScorePolicy,
    given_: dict[str, Any],
) -> None:
    """Failures and delays of another's fault are as if they had not been."""
    failures = [
        each
        for each in faultless
        if each.kind in {EventKind.FAILURE, EventKind.DELAY} and each.reason is not Reason.NULL_MX
    ]

    assert judge_address(events, policy, **given_) == judge_address(
        [*events, *failures], policy, **given_
    )


@given(lives(), policies(), circumstances())
def test_score_is_at_most_its_days(
    events: list[BounceEvent], policy: ScorePolicy, given_: dict[str, Any]
) -> None:
    """One increment a day, of one at most; and each is one that happened."""
    standing = judge_address(events, policy, **given_)

    assert standing.score <= len({each.day for each in standing.days})
    assert set(standing.evidence) <= set(identifiers(events))


@given(lives(), policies(), circumstances())
def test_nobody_is_suppressed_without_enough(
    events: list[BounceEvent], policy: ScorePolicy, given_: dict[str, Any]
) -> None:
    """But for a complaint, or for the bounce of a probe, the days add up to the threshold."""
    standing = judge_address(events, policy, **given_)

    assert (standing.judgement is Judgement.SUPPRESS) == (standing.source is not None)
    if standing.source is SuppressionSource.BOUNCE and not standing.is_probed:
        assert policy.bounce_score_threshold <= sum(each.weight for each in standing.days)
        assert standing.expires is None or given_["now"] < standing.expires


@given(lives(), policies(), circumstances())
def test_success_at_the_end_undoes_everything(
    events: list[BounceEvent], policy: ScorePolicy, given_: dict[str, Any]
) -> None:
    """After mail has arrived nothing counts but a complaint."""
    now = given_["now"]
    before = [each for each in events if each.occurred is not None and each.occurred < now]
    standing = judge_address([*before, other(EventKind.SUCCESS, now)], policy, **given_)

    assert 0.0 == standing.score
    assert standing.source in {None, SuppressionSource.COMPLAINT}


@given(lives(), policies(), circumstances())
def test_release_is_a_new_beginning(
    events: list[BounceEvent], policy: ScorePolicy, given_: dict[str, Any]
) -> None:
    """What was before a release is as if it had not been, complaints too."""
    released = NOON - 10 * DAY
    given_ = {**given_, "released": released}
    after = [each for each in events if each.occurred is not None and each.occurred >= released]

    assert judge_address(after, policy, **given_) == judge_address(events, policy, **given_)


def test_nothing_is_fine() -> None:
    """Who has never failed has no score and nothing to wait for."""
    standing = judge_address([], POLICY, now=NOON)

    assert Judgement.FINE is standing.judgement
    assert (0.0, 5.0, None, NextStep.NOTHING) == (
        standing.score, standing.threshold, standing.since, standing.next_step,
    )  # fmt: skip


def test_five_hard_days_are_enough() -> None:
    """As in Mailman: five days with a hard bounce, and no more mail."""
    events = on_days(4, 3, 2, 1, 0)

    standing = judge_address(events, POLICY, now=NOON)

    assert (Judgement.SUPPRESS, 5.0) == (standing.judgement, standing.score)
    assert identifiers(events) == standing.evidence
    assert (SuppressionSource.BOUNCE, "unknown-user") == (standing.source, standing.reason)
    assert (NOON, None, NextStep.RELEASE) == (
        standing.since, standing.expires, standing.next_step,
    )  # fmt: skip


def test_four_days_are_not() -> None:
    """What is below the threshold counts, and is forgotten on the eighth day."""
    standing = judge_address(on_days(3, 2, 1, 0), POLICY, now=NOON)

    assert (Judgement.COUNTING, 4.0) == (standing.judgement, standing.score)
    assert (NextStep.FORGET, NOON - 12 * HOUR + 8 * DAY) == (
        standing.next_step, standing.next_time,
    )  # fmt: skip


def test_soft_days_take_twice_as_long_and_expire() -> None:
    """Ten days of half a point stop mail for 90 days."""
    events = [soft(NOON - n * DAY) for n in range(10)]

    standing = judge_address(events, POLICY, now=NOON)

    assert (Judgement.SUPPRESS, Permanence.SOFT) == (standing.judgement, standing.permanence)
    assert (NOON + 90 * DAY, NextStep.EXPIRE) == (standing.expires, standing.next_step)
    assert Judgement.FINE is judge_address(events, POLICY, now=NOON + 90 * DAY).judgement
    assert Judgement.COUNTING is judge_address(events[1:], POLICY, now=NOON).judgement


def test_one_increment_a_day() -> None:
    """A hundred bounces of a day are one; the heaviest counts, whenever it came."""
    heaviest = failure(NOON - 5 * HOUR)
    events = [heaviest, *(soft(NOON - n * dt.timedelta(minutes=1)) for n in range(100))]

    standing = judge_address(events, POLICY, now=NOON)

    assert 1.0 == standing.score
    assert (heaviest.event_id,) == standing.evidence


@pytest.mark.parametrize(("gap", "score"), [(7, 2.0), (8, 1.0)])
def test_a_score_gets_stale(gap: int, score: float) -> None:
    """After more than seven days without a bounce the next one is the first."""
    assert score == judge_address(on_days(gap, 0), POLICY, now=NOON).score


@pytest.mark.parametrize(("days", "score"), [(7, 1.0), (8, 0.0)])
def test_it_gets_stale_by_itself(days: int, score: float) -> None:
    """So it does without another bounce."""
    standing = judge_address([failure(NOON)], POLICY, now=NOON + days * DAY)

    assert score == standing.score
    assert (Judgement.COUNTING if score else Judgement.FINE) is standing.judgement


def test_being_suppressed_does_not_get_stale() -> None:
    """Nobody sends, so nothing bounces: that is no sign of life."""
    standing = judge_address(on_days(4, 3, 2, 1, 0), POLICY, now=NOON + 1000 * DAY)

    assert Judgement.SUPPRESS is standing.judgement


def test_no_patience() -> None:
    """With a threshold of 0 the first failure is enough, and none is not."""
    policy = ScorePolicy(bounce_score_threshold=0)

    assert Judgement.FINE is judge_address([], policy, now=NOON).judgement
    assert Judgement.SUPPRESS is judge_address([soft(NOON)], policy, now=NOON).judgement


def test_decay() -> None:
    """With a half-life of a day each day counts half of the next."""
    policy = ScorePolicy(half_life=DAY)

    standing = judge_address(on_days(2, 1, 0), policy, now=NOON)

    assert 1.75 == standing.score
    assert 0.875 == judge_address(on_days(2, 1, 0), policy, now=NOON + DAY).score


def test_decimal_weights_add_up() -> None:
    """Ten tenths are one, whatever binary fractions make of them."""
    policy = ScorePolicy(hard_weight=0.1, bounce_score_threshold=1.0)

    assert Judgement.SUPPRESS is judge_address(on_days(*range(10)), policy, now=NOON).judgement


@pytest.mark.parametrize("kind", [EventKind.EXPANDED, EventKind.DELAY, EventKind.RELAYED])
def test_what_undoes_nothing(kind: EventKind) -> None:
    """Neither an expansion, nor a delay, nor a next hop that took mail today."""
    events = [*on_days(2, 1), other(kind, NOON)]

    standing = judge_address(events, POLICY, now=NOON)

    assert (2.0, None) == (standing.score, standing.undone)


def test_failure_in_the_instant_of_a_success_counts() -> None:
    """It is taken as the later one: a failure that is overlooked costs more."""
    events = [failure(NOON), other(EventKind.SUCCESS, NOON)]

    assert 1.0 == judge_address(events, POLICY, now=NOON).score


def test_failures_after_a_success_start_anew() -> None:
    """Also on the day of the success itself."""
    success = NOON - 2 * DAY
    events = [*on_days(4, 3, 2.1, 1.9, 1), other(EventKind.SUCCESS, success)]

    standing = judge_address(events, POLICY, now=NOON)

    assert (2.0, success) == (standing.score, standing.undone)
    assert identifiers(events[3:5]) == standing.evidence


@pytest.mark.parametrize(
    ("failed", "score"),
    [
        (None, 0.0),
        (6.4, 3.0),  # the same day, before
        (5.6, 3.0),  # the same day, after
        (3, 3.0),  # the last day of the grace
        (2, 1.0),  # the day after it
    ],
)
def test_relayed_counts_when_nothing_comes_back(failed: float | None, score: float) -> None:
    """Taken by the next hop six days ago; a bounce within three days makes it worth nothing."""
    events = [*on_days(8, 7), other(EventKind.RELAYED, NOON - 6 * DAY)]
    events += on_days() if failed is None else on_days(failed)

    assert score == judge_address(events, POLICY, now=NOON).score


def test_relayed_waits_for_its_grace() -> None:
    """Until the days are over nobody knows."""
    events = [*on_days(5, 4), other(EventKind.RELAYED, NOON - 3 * DAY)]

    assert 2.0 == judge_address(events, POLICY, now=NOON).score
    assert 0.0 == judge_address(events, POLICY, now=NOON + DAY).score


def test_one_complaint_is_enough() -> None:
    """It suppresses at once and for ever, and a success does not undo it."""
    complaint = other(EventKind.COMPLAINT, NOON - DAY)
    events = [complaint, other(EventKind.COMPLAINT, NOON), other(EventKind.SUCCESS, NOON)]

    standing = judge_address(events, POLICY, now=NOON)

    assert (Judgement.SUPPRESS, SuppressionSource.COMPLAINT, COMPLAINT) == (
        standing.judgement, standing.source, standing.reason,
    )  # fmt: skip
    assert (NOON - DAY, (complaint.event_id,), None) == (
        standing.since, standing.evidence, standing.expires,
    )  # fmt: skip


def test_complaints_can_be_let_be() -> None:
    """Where the policy says so."""
    policy = ScorePolicy(complaint_suppresses=False)

    assert (
        Judgement.FINE
        is judge_address([other(EventKind.COMPLAINT, NOON)], policy, now=NOON).judgement
    )


def test_without_bounce_processing_only_complaints_count() -> None:
    """Who does not process bounces has no scores."""
    policy = ScorePolicy(process_bounces=False)
    events = on_days(4, 3, 2, 1, 0)

    assert Judgement.FINE is judge_address(events, policy, now=NOON).judgement
    complained = judge_address([*events, other(EventKind.COMPLAINT, NOON)], policy, now=NOON)
    assert SuppressionSource.COMPLAINT is complained.source


def test_future_and_timeless_events_do_not_count() -> None:
    """Nobody can vouch for them; at the edge of the calendar neither."""
    edge = dt.datetime.min.replace(tzinfo=dt.timezone(14 * HOUR))
    strange = [None, NOON + HOUR, edge]
    events = [attrs.evolve(failure(NOON), occurred=each) for each in strange]

    assert Judgement.FINE is judge_address(events, POLICY, now=NOON).judgement


def test_days_are_those_of_utc() -> None:
    """Two times that are one day there and two days here."""
    zone = dt.timezone(10 * HOUR)
    events = [failure(NOON.astimezone(zone)), failure((NOON + 3 * HOUR).astimezone(zone))]

    assert 1.0 == judge_address(events, POLICY, now=NOON + DAY).score


def test_after_a_suppression_has_expired_it_starts_anew() -> None:
    """What led to it is spent."""
    events = [soft(NOON - n * DAY) for n in range(100, 110)]
    again = [soft(NOON - n * DAY) for n in range(3)]

    standing = judge_address([*events, *again], POLICY, now=NOON)

    assert (Judgement.COUNTING, 1.5) == (standing.judgement, standing.score)


def test_a_hard_day_among_soft_ones_lasts() -> None:
    """One that says there is no such user is believed."""
    events = [failure(NOON - 8 * DAY), *(soft(NOON - n * DAY) for n in range(8))]

    standing = judge_address(events, POLICY, now=NOON)

    assert (Permanence.HARD, None) == (standing.permanence, standing.expires)


def test_probe_is_asked_for() -> None:
    """With probes an address that has enough is tried, and mail goes on meanwhile."""
    standing = judge_address(on_days(5, 4, 3, 2, 1, 0), PROBING, now=NOON)

    assert (Judgement.PROBE, 6.0, NextStep.SEND_PROBE, None) == (
        standing.judgement, standing.score, standing.next_step, standing.next_time,
    )  # fmt: skip


def test_probe_that_is_under_way() -> None:
    """A week is waited for its bounce; the score begins anew with it."""
    events = on_days(5, 4, 3, 2, 1)
    sent = NOON - HOUR

    standing = judge_address(events, PROBING, now=NOON, probe=probe_at(sent))
    later = judge_address(events, PROBING, now=sent + 7 * DAY, probe=probe_at(sent))

    assert (Judgement.PROBE, 0.0, NextStep.AWAIT_PROBE, sent + 7 * DAY) == (
        standing.judgement, standing.score, standing.next_step, standing.next_time,
    )  # fmt: skip
    assert (Judgement.FINE, 0.0) == (later.judgement, later.score)


@pytest.mark.parametrize(
    "fields",
    [{"envelope_id": "Probe"}, {"message_id": "probe@lists.example"}],
    ids=["envid", "message-id"],
)
def test_probe_that_comes_back(fields: dict[str, str]) -> None:
    """Its bounce suppresses, with the days before it and itself as evidence."""
    events = [*on_days(5, 4, 3, 2, 1), failure(NOON, **fields)]

    standing = judge_address(events, PROBING, now=NOON, probe=probe_at(NOON - HOUR))

    assert (Judgement.SUPPRESS, True, NOON) == (
        standing.judgement, standing.is_probed, standing.since,
    )  # fmt: skip
    assert identifiers(events) == standing.evidence
    assert 5.0 == standing.score


def test_probe_that_was_refused_for_our_sake_says_nothing() -> None:
    """A host that is blocked cannot try an address."""
    bounce = failure(NOON, envelope_id="probe", fault=Fault.SENDER, reason=Reason.BLOCKED_HOST)
    events = [*on_days(5, 4, 3, 2, 1), bounce]

    standing = judge_address(events, PROBING, now=NOON, probe=probe_at(NOON - HOUR))

    assert NextStep.AWAIT_PROBE is standing.next_step


def test_success_after_the_bounce_of_a_probe() -> None:
    """It undoes that as well."""
    events = [failure(NOON - HOUR, envelope_id="probe"), other(EventKind.SUCCESS, NOON)]

    standing = judge_address(events, PROBING, now=NOON, probe=probe_at(NOON - DAY))

    assert (Judgement.FINE, NOON) == (standing.judgement, standing.undone)


def test_bounce_of_a_probe_expires_by_its_permanence() -> None:
    """A mailbox that was full is tried again after 90 days, and starts anew."""
    events = [soft(NOON, envelope_id="probe"), soft(NOON + 95 * DAY)]
    probe = probe_at(NOON - HOUR)

    assert NOON + 90 * DAY == judge_address(events, PROBING, now=NOON, probe=probe).expires
    assert 0.5 == judge_address(events, PROBING, now=NOON + 96 * DAY, probe=probe).score


def test_probe_of_the_future_and_of_before_a_release() -> None:
    """Neither is waited for."""
    now = judge_address([], PROBING, now=NOON, probe=probe_at(NOON + HOUR))
    released = judge_address([], PROBING, now=NOON, probe=probe_at(NOON - HOUR), released=NOON)

    assert [Judgement.FINE] * 2 == [now.judgement, released.judgement]


@pytest.mark.parametrize("name", ["now", "released"])
def test_times_have_a_zone(name: str) -> None:
    """A time without one is no time."""
    times: dict[str, Any] = {"now": NOON, "released": NOON, name: NOON.replace(tzinfo=None)}

    with pytest.raises(InvalidValue, match=f"^{name}: "):
        judge_address([], POLICY, **times)


@pytest.mark.parametrize("zone", [dt.timezone.min, dt.UTC, dt.timezone.max], ids=str)
@pytest.mark.parametrize("day", [dt.date.min, dt.date.max], ids=str)
def test_ends_of_the_calendar(day: dt.date, zone: dt.tzinfo) -> None:
    """An event may be of any time; from now on there must be room for the longest span."""
    clock = dt.time.min if day == dt.date.min else dt.time.max
    now = dt.datetime.combine(day, clock, zone)
    events = [failure(now), soft(now), other(EventKind.RELAYED, now), other(EventKind.SUCCESS, now)]

    judge_address(events, ScorePolicy(hard_expires_after=36_525 * DAY), now=NOON)
    with pytest.raises(
        InvalidValue, match=r"^now: .* is (not in 1900\.\.9898|outside the calendar)"
    ):
        judge_address(events, POLICY, now=now)


@pytest.mark.parametrize("year", [1900, 9898])
@pytest.mark.parametrize("threshold", [0.0, 5.0])
def test_first_and_last_year(year: int, threshold: float) -> None:
    """With the longest spans that a policy may have."""
    longest = 36_525 * DAY
    policy = ScorePolicy(
        bounce_score_threshold=threshold, bounce_info_stale_after=longest, relayed_grace=longest,
        soft_expires_after=longest, hard_expires_after=longest, probe_wait=longest,
    )  # fmt: skip
    now = dt.datetime(year, 12, 31, 23, 59, tzinfo=dt.timezone.min)
    events = [failure(now), soft(now), other(EventKind.RELAYED, now)]

    standing = judge_address(events, policy, now=now, probe=probe_at(now))

    assert standing.judgement is not Judgement.FINE
