"""Budgets refill evenly, refuse without cost, and keep nothing."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.policy.budget import Budget, Spending, budget_keys, spend
from tests.policy.cases import NOON

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize("field", ["per_sender", "per_domain", "per_source", "seconds"])
def test_bounds_are_at_least_one(field: str) -> None:
    """A budget of nothing is an error; one notification is the least."""
    assert 1 == getattr(Budget(**{field: 1}), field)
    with pytest.raises(InvalidValue, match=f"budget: {field}: 0 is not a whole number") as caught:
        Budget(**{field: 0})
    assert 0 == caught.value.value


def test_what_counts() -> None:
    """A notification counts against its return path, the domain, and the client, if bounded."""
    budget = Budget(per_sender=1, per_domain=2, per_source=3)

    assert {"sender:ann@x.org": 1, "domain:x.org": 2, "source:192.0.2.1": 3} == budget_keys(
        budget, "Ann@X.org", "192.0.2.1"
    )
    assert {"sender:ann@x.org": 1} == budget_keys(Budget(per_sender=1), "ann@x.org", "192.0.2.1")
    assert {"domain:x.org": 2} == budget_keys(Budget(per_domain=2), "a@b@x.org", None)
    assert {"domain:x.org": 2} == budget_keys(Budget(per_domain=2, per_source=3), "a@x.org", None)


def test_spending_until_nothing_is_left() -> None:
    """The bound is what goes out at once."""
    spending: dict[str, Spending] = {}
    for used in (1.0, 2.0, 3.0):
        exhausted, changes = spend({"a": 3}, spending, seconds=60, now=NOON)
        assert (None, {"a": Spending(used, NOON)}) == (exhausted, changes)
        spending.update(changes)

    assert ("a", {}) == spend({"a": 3}, spending, seconds=60, now=NOON)


def test_one_exhausted_budget_spends_none_of_the_others() -> None:
    """What is refused costs nothing, and the exhausted one is named."""
    spending = {"b": Spending(1.0, NOON)}

    assert ("b", {}) == spend({"a": 5, "b": 1}, spending, seconds=60, now=NOON)


def test_it_refills_evenly() -> None:
    """Half the time gives back half the budget, all the time all of it."""
    spending = {"a": Spending(4.0, NOON)}

    _, half = spend({"a": 4}, spending, seconds=120, now=NOON + MINUTE)
    _, whole = spend({"a": 4}, spending, seconds=120, now=NOON + 5 * MINUTE)

    assert (3.0, 1.0) == (half["a"].used, whole["a"].used)


def test_a_clock_set_back_refills_nothing() -> None:
    """Time that goes back neither gives nor takes."""
    spending = {"a": Spending(1.0, NOON)}

    assert {"a": Spending(2.0, NOON - MINUTE)} == (
        spend({"a": 4}, spending, seconds=60, now=NOON - MINUTE)[1]
    )


def test_times_have_zones() -> None:
    """A time without a zone is no time."""
    with pytest.raises(InvalidValue, match=r"^now: "):
        spend({}, {}, seconds=60, now=NOON.replace(tzinfo=None))
    with pytest.raises(InvalidValue, match=r"^spending: "):
        Spending(1.0, NOON.replace(tzinfo=None))


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 9))
def test_no_burst_beats_the_budget(waits: list[int], bound: int) -> None:
    """In any time no more goes out than the bound and what was refilled."""
    spending: dict[str, Spending] = {}
    now, sent = NOON, 0
    for wait in waits:
        now += dt.timedelta(seconds=wait)
        exhausted, changes = spend({"a": bound}, spending, seconds=60, now=now)
        spending.update(changes)
        sent += exhausted is None

    assert sent <= bound + bound * (now - NOON).total_seconds() / 60 + 1e-6
