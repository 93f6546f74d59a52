"""Who runs the mailbox that an event is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.provider import provider_of, provider_of_event
from dsnlib.bounces.rules.shipped import shipped_rules

PROVIDERS = frozenset(each.name for each in shipped_rules().providers) | {""}


@pytest.mark.parametrize(
    ("recipient", "host", "expected"),
    [
        ("bob@example.org", "aspmx.l.google.com", "google"),
        ("bob@googlemail.com", None, "google"),
        ("Bob@GOOGLEMAIL.com.", "", "google"),
        ("bob@googlemail.com", "filter.example.org", "google"),
        ("bob@googlemail.com", "mx-eu.mail.am0.yahoodns.net", "yahoo"),
        ("bob@example.org", "mx.example.org", ""),
        ("bob", None, ""),
        ("bob@" + "x." * 10_000 + "gmail.com", None, "google"),
    ],
    ids=["host", "domain", "spelling", "gateway", "both", "nobody", "no-domain", "long"],
)
def test_provider(recipient: str, host: str | None, expected: str) -> None:
    """The host tells, and else the domain; an event and its row say the same."""
    event = BounceEvent(recipient=recipient, kind=EventKind.FAILURE, remote_mta=host)

    assert expected == provider_of_event(event) == provider_of(host, recipient)


@given(st.none() | st.text(), st.text())
def test_any_text(host: str | None, recipient: str) -> None:
    """Strangers make no new words."""
    assert provider_of(host, recipient) in PROVIDERS
