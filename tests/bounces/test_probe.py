"""Probes, and how their bounces are known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.bounces.links.envelope_id import read_envelope_id
from dsnlib.bounces.probe import SentProbe, issue_probe
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import ADDRESS, HOUR, NOON, failure

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = b"sixteen octets at least"


def test_identifier_is_ours() -> None:
    """It fits into an ENVID, is signed, and tells no address."""
    probe = issue_probe(ADDRESS, sent=NOON, key=KEY)

    assert read_envelope_id(probe.envelope_id, keys=[KEY]) is not None
    assert len(probe.envelope_id) <= 38
    assert (ADDRESS, NOON) == (probe.address, probe.sent)


def test_same_probe() -> None:
    """The same address and instant give the same, in any case and zone; others another."""
    zone = dt.timezone(2 * HOUR)
    probe = issue_probe(ADDRESS, sent=NOON, key=KEY)

    assert probe == issue_probe("Bob@Example.org", sent=NOON.astimezone(zone), key=KEY)
    assert probe.envelope_id != issue_probe("eve@example.org", sent=NOON, key=KEY).envelope_id
    assert probe.envelope_id != issue_probe(ADDRESS, sent=NOON + HOUR, key=KEY).envelope_id


@pytest.mark.parametrize(
    ("fields", "is_of"),
    [
        ({}, False),
        ({"envelope_id": "abc"}, True),
        ({"envelope_id": "ABC"}, True),
        ({"envelope_id": "abcd"}, False),
        ({"message_id": "abc@lists.example"}, True),
        ({"message_id": "ABC@lists.example"}, True),
        ({"message_id": "abc"}, False),
        ({"message_id": "xabc@lists.example"}, False),
    ],
)
def test_bounce_is_known(fields: dict[str, Any], is_of: bool) -> None:  # noqa: FBT001  a column of the table
    """By the ENVID or by the Message-ID, in any case."""
    probe = SentProbe(address=ADDRESS, sent=NOON, envelope_id="abc")

    assert is_of == probe.is_of(failure(NOON, **fields))


@pytest.mark.parametrize(
    "make",
    [
        lambda: SentProbe(address="", sent=NOON, envelope_id="abc"),
        lambda: SentProbe(address=ADDRESS, sent=NOON, envelope_id=""),
        lambda: SentProbe(address=ADDRESS, sent=NOON.replace(tzinfo=None), envelope_id="abc"),
        lambda: issue_probe(ADDRESS, sent=NOON.replace(tzinfo=None), key=KEY),
        lambda: issue_probe(ADDRESS, sent=NOON, key=b"short"),
    ],
    ids=["address", "identifier", "zone", "zone-of-issue", "key"],
)
def test_no_probe(make: Callable[[], SentProbe]) -> None:
    """One without address, identifier, zone or secret is refused."""
    with pytest.raises(InvalidValue):
        make()
