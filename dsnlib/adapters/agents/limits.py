"""How much is delivered at a time, and how long things wait for each other."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.number import require_number, require_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attrs import AttrsInstance

__all__ = ["DeliveryLimits", "TransportLimits"]


def _check(limits: AttrsInstance) -> None:
    for field in attrs.fields(type(limits)):
        value, what = getattr(limits, field.name), f"delivery: {field.name}"
        if field.name.endswith("_seconds"):
            require_number(value, what, least=0, above=True)
        elif field.name != "transports":
            require_whole(value, what, least=1)


@attrs.frozen(kw_only=True)
class TransportLimits:
    """How much one transport does at a time.

    Args:
        most_per_destination: Deliveries at a time to one destination.
        recipients_per_job: Addresses in one delivery.

    Raises:
        InvalidValue: A number is not a whole one, 1 or more.
    """

    most_per_destination: int = 20
    recipients_per_job: int = 50

    def __attrs_post_init__(self) -> None:
        _check(self)

    def spans(self, count: int) -> Iterator[tuple[int, int]]:
        """Yield where each job begins and ends among so many addresses."""
        for start in range(0, count, self.recipients_per_job):
            yield start, min(count, start + self.recipients_per_job)


@attrs.frozen(kw_only=True)
class DeliveryLimits:
    """How much is done at a time.

    Args:
        most_messages: Messages in work; those that wait for a busy destination count.
        most_jobs: Deliveries by one transport at a time.
        most_per_destination: Deliveries at a time to one destination.
        recipients_per_job: Addresses in one delivery.
        transports: Both, for transports that have their own, by name.
        pause_seconds: How long a destination is left alone that could not be reached.
        pace_seconds: How long delivery waits, again and again, while much mail comes in:
            what has come is then tried together.
        longest_pace_seconds: How long it waits so at the most.
        poll_seconds: How long nothing is looked for, if the queue says nothing: what
            another program has done to it is seen then.
        again_seconds: The wait between two tries to settle, and before a message that
            met a defect here goes back.

    Raises:
        InvalidValue: A number is not a whole one, 1 or more, or a time not above zero.
    """

    most_messages: int = 5000
    most_jobs: int = 100
    most_per_destination: int = 20
    recipients_per_job: int = 50
    transports: Mapping[str, TransportLimits] = MappingProxyType({})
    pause_seconds: float = 60.0
    pace_seconds: float = 0.05
    longest_pace_seconds: float = 1.0
    poll_seconds: float = 5.0
    again_seconds: float = 5.0

    def __attrs_post_init__(self) -> None:
        _check(self)

    def of(self, transport: str) -> TransportLimits:
        """Return the limits of a transport."""
        return self.transports.get(transport) or TransportLimits(
            most_per_destination=self.most_per_destination,
            recipients_per_job=self.recipients_per_job,
        )
