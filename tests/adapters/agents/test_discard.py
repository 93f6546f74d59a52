"""The transport that throws mail away."""

import asyncio
import datetime as dt

import pytest

from dsnlib.adapters.agents.discard import DiscardTransport
from dsnlib.adapters.content import Content
from dsnlib.adapters.transport import Destination, Job
from dsnlib.model.envelope import Envelope, Recipient


@pytest.mark.parametrize(
    ("nexthop", "text"), [("by order", "by order"), ("", "thrown away, as the site wants it")]
)
def test_all_is_delivered(nexthop: str, text: str) -> None:
    """Each recipient has got it, for a reason that the log has."""
    recipients = [Recipient("a@example.org"), Recipient("b@example.org")]
    job = Job(
        queue_id="4F",
        envelope=Envelope(sender="", recipients=recipients),
        recipients=recipients,
        destination=Destination("discard", nexthop),
        content=Content(),
        now=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
    )
    done = asyncio.run(DiscardTransport().deliver(job))

    assert [("delivered", "2.0.0", text)] * 2 == [
        (each.outcome.disposition.value, str(each.outcome.status), each.text) for each in done
    ]
