"""An event has one name, whenever its bounce is read, and no other event has it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.event import BounceEvent, EventKind, Evidence
from dsnlib.bounces.links.event_id import digest_bounce, event_id
from dsnlib.bounces.taxonomy import Permanence, Reason

HEADER = (
    b"Date: Thu, 7 Jul 1994 17:15:49 -0400\nFrom: MAILER-DAEMON@mx.example\n"
    b"Subject: Returned mail:\n see transcript\nTo: list-bounces@lists.example\n"
)
IDENTIFIED = b"Message-ID: <bounce-1@mx.example>\n" + HEADER
TEXT = b"\n  It did not work.\nTwice.\n\n"
TRACE = (
    b"Return-Path: <>\nDelivered-To: list@lists.example\n"
    b"Received: from mx.example by lists.example;\n Thu, 7 Jul 1994 17:15:50 -0400\n"
)
EVENT = BounceEvent(
    recipient="bob@example.org",
    kind=EventKind.FAILURE,
    envelope_id="QQ314159",
    message_id="original@lists.example",
)


@pytest.mark.parametrize("header", [HEADER, IDENTIFIED], ids=["plain", "identified"])
def test_same_bounce(header: bytes) -> None:
    """Line ends, folds and what delivery puts on top make no difference."""
    digest = digest_bounce(header, TEXT)

    for twin, text in (
        (header.replace(b"\n", b"\r\n"), TEXT.replace(b"\n", b"\r\n")),
        (TRACE + header, TEXT),
        (b"From MAILER-DAEMON Thu Jul  7\n" + TRACE + header, TEXT + b"\n\n"),
        (header.replace(b"\n see", b" see"), TEXT),
        (header + b"X-Spam-Status: No\n", TEXT),
        (header + TEXT, TEXT),
    ):
        assert digest == digest_bounce(twin, text)


def test_identifier_is_enough() -> None:
    """With a Message-ID nothing else counts: filters rewrite subjects and texts."""
    changed = IDENTIFIED.replace(b"Returned", b"[SPAM?] Returned")

    assert digest_bounce(IDENTIFIED, TEXT) == digest_bounce(changed, b"another text")


@pytest.mark.parametrize("field", [b"17:15:49", b"MAILER-DAEMON", b"Returned", b"list-bounces"])
def test_another_bounce(field: bytes) -> None:
    """Without an identifier each field that its author wrote counts."""
    assert digest_bounce(HEADER) != digest_bounce(HEADER.replace(field, b"x"))


def test_another_identifier() -> None:
    """Two bounces with two identifiers are two, and one without is a third."""
    digests = {
        digest_bounce(header)
        for header in (
            IDENTIFIED,
            IDENTIFIED.replace(b"bounce-1", b"bounce-2"),
            IDENTIFIED.replace(b"<bounce-1@mx.example>", b""),
        )
    }

    assert 3 == len(digests)


def test_another_text() -> None:
    """Without an identifier the beginning of the text counts, and no more than that."""
    assert digest_bounce(HEADER, TEXT) != digest_bounce(HEADER, b"Something else.")
    assert digest_bounce(HEADER, b"a" * 5000) == digest_bounce(HEADER, b"a" * 6000)


@given(st.lists(st.sampled_from([b"", b" ", b"a" * 63, b"b "]), max_size=400))
def test_line_ends_of_long_texts(lines: list[bytes]) -> None:
    """However long the text, LF and CRLF are the same bounce."""
    lf, crlf = (end.join(lines) for end in (b"\n", b"\r\n"))

    assert digest_bounce(HEADER, lf) == digest_bounce(HEADER, crlf)


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    """Nothing raises, and there is always a digest."""
    assert 32 == len(digest_bounce(octets, octets))


def test_form() -> None:
    """A name is 32 hexadecimal digits, and stays the same from version to version."""
    assert "22d256e01cf17fe2301b70852bb0fc7e" == event_id(EVENT, bounce=digest_bounce(IDENTIFIED))


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "bob@EXAMPLE.org"},
        {"message_id": "<original@lists.example>"},
        {"event_id": "x"},
        {"reason": Reason.UNKNOWN_USER, "permanence": Permanence.HARD},
        {"evidence": (Evidence(field="reason", rule="x"),)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_same_event(changes: dict[str, Any]) -> None:
    """What another version may read better does not make another event of it."""
    assert event_id(EVENT, bounce="x") == event_id(attrs.evolve(EVENT, **changes), bounce="x")


def test_other_events() -> None:
    """Another recipient, kind, original or bounce is another event, and so is what is missing."""
    others = [
        attrs.evolve(EVENT, recipient="Bob@example.org"),
        attrs.evolve(EVENT, recipient="eve@example.org"),
        attrs.evolve(EVENT, kind=EventKind.DELAY),
        attrs.evolve(EVENT, message_id="another@lists.example"),
        attrs.evolve(EVENT, message_id=None),
        attrs.evolve(EVENT, envelope_id="QQ314160"),
        attrs.evolve(EVENT, envelope_id=None),
        attrs.evolve(EVENT, envelope_id=None, message_id=None),
        EVENT,
    ]
    names = {event_id(each, bounce=bounce) for each in others for bounce in ("x", "y")}

    assert 2 * len(others) == len(names)


@given(st.text(min_size=1), st.text(), st.text())
def test_any_event(recipient: str, envelope_id: str, message_id: str) -> None:
    """Nothing raises."""
    event = attrs.evolve(EVENT, recipient=recipient, envelope_id=envelope_id, message_id=message_id)

    assert 32 == len(event_id(event, bounce=""))
