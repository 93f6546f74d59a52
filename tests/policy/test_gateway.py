"""What a foreign system is asked for, and who answers then."""

import pytest

from dsnlib.model.esmtp import Notify, Ret
from dsnlib.model.outcome import Disposition
from dsnlib.policy.gateway import ForeignSystem, plan_gateway
from tests.policy.cases import ALL_NOTIFY, asking, decide, envelope, outcome, reported

ABLE = ForeignSystem(reports_success=True, reports_failure=True, omits_content=True)
MUTE = ForeignSystem()
FAILURES = ForeignSystem(reports_failure=True)


def told(notify: Notify | None, foreign: ForeignSystem) -> list[str]:
    """Return what is reported here when the foreign system has accepted."""
    recipient = asking(notify)
    disposition = plan_gateway(recipient, None, foreign).disposition
    plans = decide(envelope(recipient), [outcome(recipient, disposition)]).plans
    return [action for _, action in reported(plans)]


@pytest.mark.requirement("3461-5.2.4-01")
@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
def test_a_system_that_can_do_it_all(notify: Notify | None) -> None:
    """What is asked there is what was asked here, and nothing is reported."""
    request = plan_gateway(asking(notify), None, ABLE)

    wanted = Notify.FAILURE if notify is None else notify
    assert (Notify.SUCCESS in wanted, Notify.FAILURE in wanted) == (
        request.success, request.failure,
    )  # fmt: skip
    assert [] == told(notify, ABLE)


@pytest.mark.requirement("3461-5.2.4-02")
@pytest.mark.requirement("3461-5.2.4-05")
@pytest.mark.parametrize("foreign", [MUTE, FAILURES], ids=["mute", "failures alone"])
@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
def test_a_system_that_confirms_nothing(notify: Notify | None, foreign: ForeignSystem) -> None:
    """Who asked for SUCCESS hears that it was relayed, and nobody else does."""
    wants_success = notify is not None and Notify.SUCCESS in notify

    assert (["relayed"] if wants_success else []) == told(notify, foreign)
    assert not plan_gateway(asking(notify), None, foreign).success


@pytest.mark.requirement("3461-5.2.4-03")
@pytest.mark.requirement("3461-5.2.4-04")
@pytest.mark.parametrize("foreign", [ABLE, MUTE, FAILURES])
def test_never(foreign: ForeignSystem) -> None:
    """NEVER asks the other side for silence, and nothing is reported here."""
    request = plan_gateway(asking(Notify.NEVER), None, foreign)

    assert (False, False) == (request.success, request.failure)
    assert [] == told(Notify.NEVER, foreign)


@pytest.mark.requirement("3461-5.2.4-06")
def test_without_notify() -> None:
    """The other side is asked for failures and not for successes."""
    request = plan_gateway(asking(None), None, ABLE)

    assert (False, True) == (request.success, request.failure)


def test_half_a_promise_is_none() -> None:
    """A system that reports successes and no failures does not answer for both."""
    foreign = ForeignSystem(reports_success=True)
    request = plan_gateway(asking(Notify.SUCCESS | Notify.FAILURE), None, foreign)

    assert (True, False, Disposition.RELAYED) == (
        request.success, request.failure, request.disposition,
    )  # fmt: skip


@pytest.mark.requirement("3461-5.2.4-07")
@pytest.mark.parametrize(
    ("ret", "foreign", "expected"),
    [
        (Ret.HDRS, ABLE, False),
        (Ret.FULL, ABLE, True),
        (None, ABLE, None),
        (Ret.HDRS, MUTE, None),
    ],
)
def test_ret_as_far_as_it_goes(
    ret: Ret | None,
    foreign: ForeignSystem,
    expected: bool | None,  # noqa: FBT001  parametrized
) -> None:
    """RET is asked for where the system has such a choice."""
    assert expected is plan_gateway(asking(None), ret, foreign).returns_content


@pytest.mark.parametrize(
    ("notify", "foreign", "expected"),
    [
        (Notify.SUCCESS, ForeignSystem(reports_success=True), Disposition.HANDED_ON),
        (Notify.FAILURE, ForeignSystem(reports_failure=True), Disposition.HANDED_ON),
        (Notify.SUCCESS, ForeignSystem(reports_failure=True), Disposition.RELAYED),
        (Notify.FAILURE, ForeignSystem(reports_success=True), Disposition.RELAYED),
        (Notify.DELAY, MUTE, Disposition.HANDED_ON),
    ],
)
def test_who_answers(notify: Notify, foreign: ForeignSystem, expected: Disposition) -> None:
    """The other side answers if it can do all that was asked, and no more is needed."""
    assert expected is plan_gateway(asking(notify), None, foreign).disposition
