"""A mail without an identifier is known by who wrote it, when, and about what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.links.fingerprint import fingerprint

SENT = (
    b"From: Ann <Ann@example.org>\nDate: Thu, 7 Jul 1994 17:15:49 -0400\n"
    b"Subject: The minutes of Thursday\nTo: bob@example.org\n\ntext\n"
)


@pytest.mark.parametrize(
    "returned",
    [
        SENT.replace(b"\n", b"\r\n"),
        SENT.partition(b"\n\n")[0],
        b"Received: x\n" + SENT,
        SENT.replace(b"minutes of", b"minutes\n\tof"),
        SENT.replace(b"17:15:49 -0400", b"21:15:49 +0000 (UTC)"),
        SENT.replace(b"Ann <Ann@", b'"Ann A." <ann@'),
        SENT.replace(b"The minutes", b"=?utf-8?q?the_minutes?="),
        SENT.replace(b"bob@", b"eve@"),
    ],
    ids=["CRLF", "header alone", "trace", "fold", "zone", "name", "encoded", "another recipient"],
)
def test_same_mail(returned: bytes) -> None:
    """What gateways change makes no difference, and neither does the recipient."""
    assert fingerprint(SENT) == fingerprint(returned)


@pytest.mark.parametrize(
    "other",
    [
        SENT.replace(b"Ann@", b"eve@"),
        SENT.replace(b"49", b"50"),
        SENT.replace(b"Thursday", b"Friday"),
        SENT.replace(b"Thu, 7 Jul 1994 17:15:49 -0400", b"some day"),
        SENT.replace(b"Subject", b"X-Subject"),
    ],
    ids=["author", "second", "subject", "odd date", "no subject"],
)
def test_another_mail(other: bytes) -> None:
    """A mail of another author, time or subject has another fingerprint."""
    found = fingerprint(other)

    assert found is not None
    assert 32 == len(found)
    assert fingerprint(SENT) != found


@pytest.mark.parametrize(
    "header",
    [b"", b"From: ann@example.org\n", b"Date: x\nSubject: y\n", b"From: Ann\nSubject: y\n"],
    ids=["nothing", "author", "no author", "no address"],
)
def test_too_little(header: bytes) -> None:
    """Without an author, or with nothing but one, there is none."""
    assert fingerprint(header) is None


@pytest.mark.parametrize("year", [b"0001", b"9999"])
def test_ends_of_the_calendar(year: bytes) -> None:
    """A date that has no time in another zone is a date all the same."""
    header = b"From: a@b\nDate: Mon, 1 Jan " + year + b" 00:00:00 +1400\n"

    found = fingerprint(header)

    assert found is not None
    assert fingerprint(b"From: a@b\nDate: Mon, 1 Jan 2026 00:00:00 +1400\n") != found


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    """Nothing raises."""
    for header in (octets, b"From: a@b\nSubject: " + octets, b"From: a@b\nDate: " + octets):
        fingerprint(header)
