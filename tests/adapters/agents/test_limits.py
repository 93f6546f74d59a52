"""How much is done at a time, by transport where one has limits of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.agents.limits import DeliveryLimits, TransportLimits
from dsnlib.errors import InvalidValue


def test_of_a_transport() -> None:
    """What a transport has of its own goes before what holds for all."""
    own = TransportLimits(most_per_destination=3, recipients_per_job=7)
    limits = DeliveryLimits(recipients_per_job=9, transports={"lmtp": own})

    assert own == limits.of("lmtp")
    assert TransportLimits(most_per_destination=20, recipients_per_job=9) == limits.of("smtp")


@pytest.mark.parametrize("name", ["most_per_destination", "recipients_per_job"])
def test_nothing_is_no_limit(name: str) -> None:
    """None at a time is no delivery at all."""
    with pytest.raises(InvalidValue, match=f"{name}: 0 is not"):
        TransportLimits(**{name: 0})


@given(st.integers(0, 500), st.integers(1, 60))
def test_spans(count: int, most: int) -> None:
    """Each address is in one job, in order, and no job has too many."""
    spans = list(TransportLimits(recipients_per_job=most).spans(count))

    assert list(range(count)) == [each for start, end in spans for each in range(start, end)]
    assert all(0 < end - start <= most for start, end in spans)
