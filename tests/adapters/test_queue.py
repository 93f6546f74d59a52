"""The values that a queue takes and gives."""

import datetime as dt
from typing import Any

import attrs
import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import NewMessage, QueuedMessage, Settlement, new_queue_id
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.schedule import QueueHistory

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
ENVELOPE = Envelope(sender="ann@example.org", recipients=[Recipient("bob@example.com")])


def test_identifiers_differ_within_a_microsecond() -> None:
    """However many are made in one moment, none is there twice."""
    made = {new_queue_id(NOW) for _ in range(5000)}

    assert 5000 == len(made)
    assert {13} == set(map(len, made))


def test_identifiers_ascend_with_time() -> None:
    """A later message sorts behind an earlier one, as in a list of the queue."""
    times = [NOW + dt.timedelta(seconds=10**power) for power in range(9)]
    made = [new_queue_id(time)[:11] for time in times]

    assert sorted(made) == made
    assert not set("".join(made)) & set("AEIOU")


def test_queued_mail_has_an_arrival() -> None:
    """Without it nobody would know when to give a message up."""
    with pytest.raises(InvalidValue, match="BX has no arrival"):
        NewMessage(queue_id="BX", envelope=ENVELOPE, content=Content())


@pytest.mark.parametrize(
    "given",
    [
        {"left": ENVELOPE},
        {"history": QueueHistory(arrival=NOW)},
        {"due": NOW},
        {"left": ENVELOPE, "due": NOW},
    ],
    ids="-".join,
)
def test_settlement_is_an_end_or_a_wait(given: dict[str, Any]) -> None:
    """A message waits with all that is needed to try again, or it is gone."""
    with pytest.raises(InvalidValue, match="neither done with nor waiting"):
        Settlement(queue_id="BX", **given)


def test_what_is_due_has_a_zone() -> None:
    """Without one a queue would wake by the time of its machine."""
    envelope = attrs.evolve(ENVELOPE, arrival=NOW)
    history = QueueHistory(arrival=NOW)
    values: list[NewMessage | QueuedMessage | Settlement] = [
        NewMessage(queue_id="BX", envelope=envelope, content=Content(), due=NOW),
        QueuedMessage(
            queue_id="BX", envelope=envelope, facts=MessageFacts(), history=history, octets=1,
            due=NOW,
        ),
        Settlement(queue_id="BX", left=envelope, history=history, due=NOW),
    ]  # fmt: skip
    for value in values:
        with pytest.raises(InvalidValue, match=r"^due: .* has no zone$"):
            attrs.evolve(value, due=NOW.replace(tzinfo=None))
