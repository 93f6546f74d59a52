"""Filters of outcomes: that of relays stands in place of that for all."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.content import Content
from dsnlib.adapters.service.build import build
from dsnlib.adapters.service.filtering import FilteredTransport
from dsnlib.adapters.transport import Attempted, Destination, Job
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.rewrite import rewrite_outcome

if TYPE_CHECKING:
    from dsnlib.replies.rewrite import RewrittenOutcome

BOB = Recipient("bob@example.org")
JOB = Job(
    queue_id="4F",
    envelope=Envelope(sender="", recipients=[BOB]),
    recipients=[BOB],
    destination=Destination("smtp"),
    content=Content(body=b""),
    now=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
)
GENERAL = "default_delivery_status_filter"
OF_RELAYS = "smtp_delivery_status_filter"
BOTH = f"""
{OF_RELAYS} = "inline:{{ {{4.7.5 no TLS=5.7.4 y}} }}"
{GENERAL} = "inline:{{ {{4.7.5 no TLS=4.4.4 y}}, {{5.7.4 y=4.1.1 z}} }}"
"""


@attrs.frozen
class Delaying:
    """A transport for which everything is 4.7.5 for now."""

    async def deliver(self, job: Job) -> tuple[Attempted, ...]:
        """Return that."""
        outcomes = (
            DeliveryOutcome(
                recipient=each,
                disposition=Disposition.DELAYED,
                status=EnhancedStatusCode.parse("4.7.5"),
            )
            for each in job.recipients
        )
        return tuple([Attempted(outcome=each, text="no TLS", relay="mx") for each in outcomes])


def through(text: str, name: str) -> RewrittenOutcome:
    """Return what becomes of a delay on its way from a transport to the queue."""
    server = build(read_settings(f"{text}\n[[listen]]\nsmtpd_peername_lookup = false\n"))
    transport = server.ways.transports[name]
    is_filtered = isinstance(transport, FilteredTransport)
    if isinstance(transport, FilteredTransport):
        transport.transport = Delaying()
    (tried,) = asyncio.run((transport if is_filtered else Delaying()).deliver(JOB))
    assert "mx" == tried.relay
    return rewrite_outcome(tried.outcome, text=tried.text, rules=server.ways.rules)


@pytest.mark.parametrize(
    ("text", "of_relays", "of_others"),
    [
        ("", "4.7.5", "4.7.5"),
        (f"{GENERAL} = 'inline:{{ {{4.7.5 no TLS=5.7.4 y}} }}'", "5.7.4", "5.7.4"),
        (f"{OF_RELAYS} = 'inline:{{ {{4.7.5 no TLS=5.7.4 y}} }}'", "5.7.4", "4.7.5"),
        (
            BOTH,
            "5.7.4",
            "4.4.4",
        ),
        (f"{OF_RELAYS} = []\n{GENERAL} = 'inline:{{ {{4.7.5 no TLS=5.7.4 y}} }}'",
         "4.7.5", "5.7.4"),
    ],
    ids=["none", "general", "of relays", "both", "none for relays"],
)  # fmt: skip
def test_filters(text: str, of_relays: str, of_others: str) -> None:
    """The filter of relays is theirs alone, and then the general one is not."""
    assert of_relays == str(through(text, "smtp").outcome.status)
    assert of_others == str(through(text, "local").outcome.status)


def test_text() -> None:
    """The text is the filter's too, and a delay can become a failure."""
    done = through(f"{OF_RELAYS} = 'inline:{{ {{4.7.5 no TLS=5.7.4 never}} }}'", "relay")

    assert ("never", Disposition.FAILED) == (done.text, done.outcome.disposition)


def test_lmtp_has_its_own() -> None:
    """The filter of SMTP says nothing of LMTP, nor the other way round."""
    text = "lmtp_delivery_status_filter = 'inline:{ {4.7.5 no TLS=5.7.4 y} }'"
    found = [str(through(text, name).outcome.status) for name in ("lmtp", "smtp", "local")]

    assert ["5.7.4", "4.7.5", "4.7.5"] == found


def test_bad_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A table that answers what is no status changes nothing, and the log says so."""
    done = through(f"{OF_RELAYS} = 'inline:{{ {{4.7.5 no TLS=nonsense}} }}'", "relay")

    assert "4.7.5" == str(done.outcome.status)
    assert "4F: inline:" in caplog.text


def test_what_it_was_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The log has status and text as they were and as they are, and which table it was."""
    caplog.set_level("INFO", "dsnlib.delivery")
    table = "inline:{ {4.7.5 no TLS=5.7.4 never} }"
    through(f"{OF_RELAYS} = '{table}'", "relay")

    (record,) = caplog.records
    assert (
        f"4F: outcome rewritten by status-filter:{table}: '4.7.5 no TLS' to '5.7.4 never'"
        == record.getMessage()
    )


def test_what_is_as_it_was_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A table without an answer leaves no line."""
    caplog.set_level("INFO", "dsnlib.delivery")
    through(f"{OF_RELAYS} = 'inline:{{ {{4.7.1 x=5.7.4 never}} }}'", "relay")

    assert [] == caplog.records
