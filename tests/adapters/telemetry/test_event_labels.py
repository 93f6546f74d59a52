"""Labels are words of closed sets, whatever strangers write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.telemetry.event_labels import (
    OTHER,
    SourceWords,
    event_attributes,
    event_labels,
    provider_word,
    status_word,
)
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.registry import entries
from tests.strategies import bounce_events, status_codes

if TYPE_CHECKING:
    from dsnlib.model.status import EnhancedStatusCode

PROVIDERS = frozenset(each.name for each in shipped_rules().providers) | {OTHER}
REASONS = frozenset(each.value for each in Reason) | {"none"}
STATUSES = (
    frozenset(f"{class_}.{str(entry)[2:]}" for entry in entries() for class_ in (2, 4, 5))
    | {f"{class_}.x.x" for class_ in (2, 4, 5)}
    | {"none"}
)
CLOSED = (
    frozenset(each.value for each in EventKind),
    REASONS,
    frozenset(each.value for each in Permanence),
    frozenset(each.value for each in Fault),
    PROVIDERS,
)


@given(bounce_events())
def test_closed_sets(event: BounceEvent) -> None:
    """Every label of every event is one of those that are known before."""
    labels = event_labels(event)
    attributes = event_attributes(event)

    assert len(CLOSED) == len(labels)
    assert all(label in known for label, known in zip(labels, CLOSED, strict=True))
    assert status_word(event.status) in STATUSES
    assert attributes["dsn_status"] in STATUSES
    assert {"dsn_kind", "dsn_reason", "dsn_permanence", "dsn_status"} == set(attributes)


@given(status_codes())
def test_statuses(status: EnhancedStatusCode) -> None:
    """A code that is not registered is told by its class alone."""
    assert status_word(status) in STATUSES


@given(st.text(min_size=1), st.none() | st.text())
def test_hosts(recipient: str, host: str | None) -> None:
    """Names of hosts make no new words."""
    event = BounceEvent(recipient=recipient, kind=EventKind.FAILURE, remote_mta=host)

    assert provider_word(event) in PROVIDERS


@pytest.mark.parametrize(
    ("recipient", "host", "provider"),
    [
        ("bob@googlemail.com", None, "google"),
        ("bob@example.org", "aspmx.l.google.com", "google"),
        ("bob@GOOGLEMAIL.com", "mx.example.org", "google"),
        ("bob", None, OTHER),
        ("bob@" + "x." * 10_000, None, OTHER),
    ],
    ids=["domain", "host", "gateway", "no-domain", "long"],
)
def test_providers(recipient: str, host: str | None, provider: str) -> None:
    """The host that answered tells the provider, else the domain of the recipient."""
    event = BounceEvent(recipient=recipient, kind=EventKind.FAILURE, remote_mta=host)

    assert provider == provider_word(event)


def test_sources() -> None:
    """Sources are words, and not more of them than are allowed."""
    words = SourceWords(most=2)

    assert ["list", "ses", OTHER, "list"] == [words.word(n) for n in ("list", "ses", "x", "list")]
    assert ["none", OTHER, OTHER, OTHER] == [
        SourceWords().word(n) for n in ("", "bob@example.org", "a b", "x" * 33)
    ]
