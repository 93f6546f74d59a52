"""The table of RFC 3461 s5.2, cell by cell."""

import pytest

from dsnlib.model.esmtp import Notify
from dsnlib.model.outcome import Disposition
from dsnlib.model.report import Action
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.table import DISPOSITIONS, Case, judge
from dsnlib.policy.trail import Effect
from tests.policy.cases import ALL_NOTIFY

POLICY = DsnPolicy()
# What is reported, by disposition: its action, the word that asks for it, and
# whether it is reported to who did not say.
EXPECTED = {
    Disposition.DELIVERED: (Action.DELIVERED, Notify.SUCCESS, False),
    Disposition.RELAYED: (Action.RELAYED, Notify.SUCCESS, False),
    Disposition.EXPANDED: (Action.EXPANDED, Notify.SUCCESS, False),
    Disposition.HANDED_ON: (Action.RELAYED, None, False),
    Disposition.DELAYED: (Action.DELAYED, Notify.DELAY, True),
    Disposition.FAILED: (Action.FAILED, Notify.FAILURE, True),
}
CELLS = [
    pytest.param(
        disposition, notify, id=f"{disposition.value}-{'absent' if notify is None else notify}"
    )
    for disposition in Disposition
    for notify in ALL_NOTIFY
]


@pytest.mark.requirement("3461-3-02")
@pytest.mark.requirement("3461-4.1-08")
@pytest.mark.requirement("3461-4.1-09")
@pytest.mark.requirement("3461-4.1-10")
@pytest.mark.requirement("3461-4.1-11")
@pytest.mark.parametrize(("disposition", "notify"), CELLS)
def test_cell(disposition: Disposition, notify: Notify | None) -> None:
    """A disposition is reported to whoever asked for its word, and by default if it went wrong."""
    action, word, is_default = EXPECTED[disposition]
    if notify is None:
        expected = word if is_default else None
    else:
        expected = word if word is not None and word in notify else None

    verdict = judge(Case(disposition, notify), POLICY)

    assert expected == verdict.event
    assert action == verdict.action
    assert (Effect.STOPPED if expected is None else Effect.PASSED) is verdict.entry.effect


def test_every_disposition_has_a_row() -> None:
    """The table leaves out no disposition."""
    assert set(Disposition) == set(DISPOSITIONS)


@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
def test_what_is_requested(notify: Notify | None) -> None:
    """A default is no request: rules that yield to NOTIFY need to know."""
    verdict = judge(Case(Disposition.FAILED, notify), POLICY)

    assert (notify is not None and Notify.FAILURE in notify) == verdict.is_requested


@pytest.mark.requirement("3461-4.1-12")
@pytest.mark.parametrize(
    ("unasked", "event"),
    [(Notify.FAILURE, None), (Notify.FAILURE | Notify.DELAY, Notify.DELAY)],
    ids=str,
)
def test_absent_notify_may_mean_delay_or_not(unasked: Notify, event: Notify | None) -> None:
    """What a recipient without NOTIFY means for delays is the system's choice."""
    verdict = judge(Case(Disposition.DELAYED, None), DsnPolicy(unasked=unasked))

    assert event == verdict.event


@pytest.mark.requirement("3461-5.2.5-04")
def test_no_system_has_to_tell_of_delays() -> None:
    """With delay reports off not even NOTIFY=DELAY has one."""
    policy = DsnPolicy(reports_delays=False)

    verdict = judge(Case(Disposition.DELAYED, Notify.DELAY), policy)

    assert verdict.event is None
    assert "3461-5.2.5-04" == verdict.entry.requirement


@pytest.mark.parametrize(
    "case",
    [
        pytest.param({"is_delay_due": False}, id="too early"),
        pytest.param({"is_delay_reported": True}, id="told before"),
    ],
)
def test_a_delay_is_told_once_and_when_it_is_due(case: dict[str, bool]) -> None:
    """A delay is not told before its time, and not twice."""
    is_reported = case.get("is_delay_reported", False)

    verdict = judge(
        Case(Disposition.DELAYED, Notify.DELAY, is_delay_reported=is_reported),
        POLICY,
        is_delay_due=case.get("is_delay_due", True),
    )

    assert verdict.event is None
    assert Effect.STOPPED is verdict.entry.effect


@pytest.mark.requirement("2852-4.1.4-02")
@pytest.mark.requirement("2852-4.1.4.2-01")
@pytest.mark.parametrize("disposition", [Disposition.RELAYED, Disposition.HANDED_ON])
@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
def test_a_trace_is_for_all_but_never(disposition: Disposition, notify: Notify | None) -> None:
    """What DELIVERBY traces is reported as relayed, whether or not SUCCESS was asked for."""
    verdict = judge(Case(disposition, notify, is_traced=True), POLICY)

    assert (None if notify == Notify.NEVER else Notify.SUCCESS) == verdict.event
    assert Action.RELAYED is verdict.action


@pytest.mark.requirement("2852-4.1.3-02")
@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
def test_a_deadline_is_told_though_delays_are_not(notify: Notify | None) -> None:
    """A passed deadline of mode N is told to whoever said DELAY or nothing, in any case."""
    policy = DsnPolicy(reports_delays=False, unasked=Notify.FAILURE)

    verdict = judge(Case(Disposition.DELAYED, notify, is_late=True), policy, is_delay_due=False)

    expected = notify is None or Notify.DELAY in notify
    assert (Notify.DELAY if expected else None) == verdict.event


@pytest.mark.parametrize("disposition", [Disposition.DELIVERED, Disposition.RELAYED])
@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
@pytest.mark.parametrize("confirms", [True, False], ids=["confirms", "does not"])
@pytest.mark.parametrize("was_told", [True, False], ids=["told", "not told"])
def test_the_end_of_a_delay(
    disposition: Disposition,
    notify: Notify | None,
    confirms: bool,  # noqa: FBT001  parametrized
    was_told: bool,  # noqa: FBT001  parametrized
) -> None:
    """After a delay that was told its end is told, where that is switched on."""
    policy = DsnPolicy(confirms_cleared_delays=confirms)
    wants_delay = notify is None or Notify.DELAY in notify
    wants_success = notify is not None and Notify.SUCCESS in notify

    verdict = judge(Case(disposition, notify, is_delay_reported=was_told), policy)

    expected = wants_success or (confirms and was_told and wants_delay)
    assert (Notify.SUCCESS if expected else None) == verdict.event


@pytest.mark.parametrize(
    ("case", "why", "requirement"),
    [
        (Case(Disposition.DELIVERED, Notify.SUCCESS), "NOTIFY has SUCCESS", "3461-5.2.3-03"),
        (Case(Disposition.RELAYED, Notify.SUCCESS), "NOTIFY has SUCCESS", "3461-5.2.2-02"),
        (
            Case(Disposition.RELAYED, Notify.DELAY),
            "NOTIFY is DELAY, without SUCCESS", "3461-5.2.2-07",
        ),
        (Case(Disposition.EXPANDED, Notify.SUCCESS), "NOTIFY has SUCCESS", "3461-5.2.7.3-03"),
        (
            Case(Disposition.EXPANDED, None),
            "there is no NOTIFY, without SUCCESS", "3461-5.2.7.2-01",
        ),
        (Case(Disposition.DELAYED, Notify.DELAY), "NOTIFY has DELAY", "3461-5.2.5-01"),
        (
            Case(Disposition.DELAYED, Notify.FAILURE),
            "NOTIFY is FAILURE, without DELAY", "3461-5.2.5-03",
        ),
        (
            Case(Disposition.DELAYED, None),
            "there is no NOTIFY, which means FAILURE,DELAY", "3461-5.2.5-02",
        ),
        (
            Case(Disposition.DELAYED, None, is_delay_reported=True),
            "the sender was told of the delay before", None,
        ),
        (
            Case(Disposition.RELAYED, None, is_traced=True),
            "DELIVERBY asks for a trace of the relay", "2852-4.1.4-02",
        ),
        (Case(Disposition.FAILED, Notify.NEVER), "NOTIFY is NEVER", "3461-4.1-08"),
        (
            Case(Disposition.FAILED, None),
            "there is no NOTIFY, which means FAILURE,DELAY", "3461-5.2.6-04",
        ),
        (Case(Disposition.FAILED, Notify.FAILURE), "NOTIFY has FAILURE", "3461-5.2.6-01"),
        (
            Case(Disposition.FAILED, Notify.SUCCESS),
            "NOTIFY is SUCCESS, without FAILURE", "3461-5.2.6-02",
        ),
        (
            Case(Disposition.DELIVERED, None),
            "there is no NOTIFY, without SUCCESS", "3461-5.2.3-04",
        ),
        (
            Case(Disposition.HANDED_ON, Notify.SUCCESS),
            "the next hop answers for it", "3461-5.2.2-02",
        ),
        (
            Case(Disposition.DELAYED, None, is_late=True),
            "there is no NOTIFY, which means FAILURE,DELAY", "2852-4.1.3-02",
        ),
    ],
    ids=lambda value: value.disposition.value if isinstance(value, Case) else None,
)  # fmt: skip
def test_the_trail_tells_why(case: Case, why: str, requirement: str) -> None:
    """Each verdict names what it saw and the requirement that it follows."""
    entry = judge(case, POLICY).entry

    assert ("notify", why, requirement) == (entry.rule, entry.why, entry.requirement)


def test_why_a_delay_is_not_told() -> None:
    """That it is too early, and that nobody is told of delays, are different reasons."""
    case = Case(Disposition.DELAYED, None)

    early = judge(case, POLICY, is_delay_due=False).entry
    never = judge(case, DsnPolicy(reports_delays=False)).entry

    assert "it is too early to tell of a delay" == early.why
    assert "this system tells nobody of delays" == never.why


def test_why_the_end_of_a_delay_is_told() -> None:
    """Nobody asked for it with NOTIFY, and the trail says what it is."""
    case = Case(Disposition.DELIVERED, None, is_delay_reported=True)

    verdict = judge(case, DsnPolicy(confirms_cleared_delays=True))

    assert "the sender was told of a delay, which is over" == verdict.entry.why
    assert not verdict.is_requested


def test_a_failure_after_a_delay_is_no_good_news() -> None:
    """Only a delivery ends a delay: who wants to hear of delays alone hears of no failure."""
    case = Case(Disposition.FAILED, Notify.DELAY, is_delay_reported=True)

    assert judge(case, DsnPolicy(confirms_cleared_delays=True)).event is None


def test_a_trace_is_no_request() -> None:
    """What DELIVERBY wants traced was not asked for with NOTIFY."""
    verdict = judge(Case(Disposition.RELAYED, Notify.FAILURE, is_traced=True), POLICY)

    assert not verdict.is_requested


def test_trail_of_a_refusal_reads_as_a_sentence() -> None:
    """An entry prints its rule, what it did and why."""
    entry = judge(Case(Disposition.FAILED, Notify.NEVER), POLICY).entry

    assert "notify: stopped, NOTIFY is NEVER" == str(entry)
