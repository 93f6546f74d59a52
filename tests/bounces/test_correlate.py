"""Every link from a bounce to the mail is found, in the order of the chain, with its evidence."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.correlate import correlate
from dsnlib.bounces.event import BounceEvent, Confidence, EventKind
from dsnlib.bounces.links.envelope_id import issue_envelope_id
from dsnlib.bounces.links.fingerprint import fingerprint
from dsnlib.bounces.links.link import Correlation, Issuer, LinkKind
from dsnlib.bounces.links.return_path import sign_return_path
from dsnlib.bounces.links.verp import encode_keyed_verp, encode_verp
from tests.growth import BOUND, growth

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = b"a key of sixteen"
SENDER = "list-bounces@lists.example"
DAY = 20_000
ISSUER = Issuer(keys=[KEY], senders=[SENDER], batv_keys=[b"batv"], srs_keys=[b"srs"])

ENVID = issue_envelope_id("4711", key=KEY)
FORGED = issue_envelope_id("4711", key=b"a guess of sixteen")
KEYED = encode_keyed_verp(SENDER, "7", key=KEY)
FORGED_KEYED = encode_keyed_verp(SENDER, "7", key=b"a guess of sixteen")
PLAIN = encode_verp(SENDER, "bob@example.org")
TAGGED = sign_return_path("ann@lists.example", key=b"batv", day=DAY)
SRS = "SRS0=abcd=TT=example.org=ann@forward.example"

RETURNED = (
    b"From: ann@example.org\nDate: Thu, 7 Jul 1994 17:15:49 -0400\nSubject: x\n"
    b"Message-ID: <original@lists.example>\n"
)
LARGEST = 1 << 15


def event(**changes: Any) -> BounceEvent:  # noqa: ANN401  the fields of an event
    """Return an event of a failure."""
    return attrs.evolve(BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE), **changes)


def bounce(*fields: str) -> bytes:
    """Return the header of a bounce."""
    return "".join(f"{field}\n" for field in ("From: MAILER-DAEMON@a", *fields)).encode() + b"\n"


def found(correlation: Correlation) -> list[tuple[str, str]]:
    """Return kind and value of every link."""
    return [(link.kind.value, link.value) for link in correlation.links]


def test_whole_chain() -> None:
    """All links are there, in the order of the chain, whatever that of the fields."""
    header = bounce(
        "X-Failed-Recipients: bob@example.org",
        "References: <first@lists.example> <last@lists.example>",
        "In-Reply-To: <reply@lists.example>",
        f"Delivered-To: {SRS}",
        f"X-Original-To: {TAGGED}",
        f"Envelope-To: {PLAIN}",
        f"To: {KEYED}",
    )
    events = [event(envelope_id="QQ1"), event(envelope_id=ENVID), event(message_id="m@x")]
    correlation = correlate(header, RETURNED, events=events, issuer=ISSUER, day=DAY)

    assert [
        ("envelope-id-signed", ENVID),
        ("envelope-id", "QQ1"),
        ("verp-keyed", KEYED),
        ("verp", "bob@example.org"),
        ("batv", "ann@lists.example"),
        ("message-id", "original@lists.example"),
        ("message-id", "m@x"),
        ("reference", "reply@lists.example"),
        ("reference", "last@lists.example"),
        ("reference", "first@lists.example"),
        ("failed-recipient", "bob@example.org"),
    ] == found(correlation)
    assert [("srs", False)] == [(each.kind.value, each.verified) for each in correlation.rejected]
    assert correlation.best == correlation.links[0]
    assert "4711" == correlation.links[0].token


def test_nothing_is_known_of_the_sender() -> None:
    """Without keys and return paths, what can be read is read, and nothing is verified."""
    header = bounce(f"To: {PLAIN}", f"Delivered-To: {TAGGED}", f"X-Original-To: {SRS}")
    correlation = correlate(header, events=[event(envelope_id=ENVID)])

    assert [
        ("envelope-id", ENVID),
        ("verp", "bob@example.org"),
        ("batv", "ann@lists.example"),
        ("srs", "ann@example.org"),
    ] == found(correlation)
    assert {None} == {link.verified for link in correlation.links}
    assert () == correlation.rejected


def test_order_of_trust() -> None:
    """The address in To counts before those that delivery wrote, and what came back last."""
    names = ["To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Rcpt-To"]
    fields = [f"{name}: {encode_verp(SENDER, f'{name}@example.org')}" for name in reversed(names)]
    returned = f"Return-Path: <{encode_verp(SENDER, 'returned@example.org')}>\n".encode()
    correlation = correlate(bounce(*fields), returned, issuer=ISSUER)

    assert [f"{name}@example.org" for name in (*names, "returned")] == [
        link.value for link in correlation.links
    ]


@pytest.mark.parametrize(
    ("header", "events", "kind"),
    [
        (bounce(), [event(envelope_id=FORGED)], LinkKind.SIGNED_ENVELOPE_ID),
        (bounce(f"To: {FORGED_KEYED}"), [], LinkKind.KEYED_VERP),
        (bounce(f"To: {TAGGED.replace('ann', 'eve')}"), [], LinkKind.BATV),
        (bounce(f"To: {SRS}"), [], LinkKind.SRS),
    ],
    ids=["envid", "verp", "batv", "srs"],
)
def test_forged(header: bytes, events: list[BounceEvent], kind: LinkKind) -> None:
    """What has the form of ours and not our signature is no link."""
    correlation = correlate(header, events=events, issuer=ISSUER)

    assert () == correlation.links
    assert [kind] == [link.kind for link in correlation.rejected]
    assert correlation.rejected[0].token is None


@pytest.mark.parametrize(
    ("header", "issuer", "day", "confidence"),
    [
        (bounce(f"To: {KEYED}"), ISSUER, None, Confidence.CERTAIN),
        (bounce(f"To: {PLAIN}"), ISSUER, None, Confidence.LIKELY),
        (bounce(f"To: {PLAIN}"), Issuer(), None, Confidence.GUESSED),
        (bounce(f"To: {TAGGED}"), ISSUER, DAY, Confidence.CERTAIN),
        (bounce(f"To: {TAGGED}"), ISSUER, None, Confidence.CERTAIN),
        (bounce(f"To: {TAGGED}"), ISSUER, DAY + 8, Confidence.LIKELY),
        (bounce(f"To: {TAGGED}"), Issuer(), DAY, Confidence.GUESSED),
        (bounce("In-Reply-To: <a@b>"), ISSUER, None, Confidence.LIKELY),
    ],
    ids=["keyed", "plain", "guess", "tag", "no day", "late", "no key", "reference"],
)
def test_confidence(header: bytes, issuer: Issuer, day: int | None, confidence: Confidence) -> None:
    """What is signed is certain, what anybody can write is likely, the rest a guess."""
    (link,) = correlate(header, issuer=issuer, day=day).links

    assert confidence == link.evidence.confidence


def test_verp_below_other_layers() -> None:
    """A return path for one recipient that was signed, or forwarded, is found beneath."""
    signed = sign_return_path(PLAIN, key=b"batv", day=DAY)
    correlation = correlate(bounce(f"To: {signed}"), issuer=ISSUER, day=DAY)

    assert [("verp", "bob@example.org"), ("batv", PLAIN)] == found(correlation)


def test_verp_below_a_forged_layer() -> None:
    """A recipient under a signature that does not verify is rejected with it."""
    forged = sign_return_path(PLAIN, key=b"a guess", day=DAY)
    correlation = correlate(bounce(f"To: {forged}"), issuer=ISSUER, day=DAY)

    assert () == correlation.links
    assert [LinkKind.VERP, LinkKind.BATV] == [link.kind for link in correlation.rejected]


def test_evidence() -> None:
    """A link says which rule found it, in which field, and where that stands."""
    header = bounce("Subject: x", f"Delivered-To: {PLAIN}")
    octets = header + b"text\n\n" + RETURNED
    start = octets.index(RETURNED)
    correlation = correlate(header, RETURNED, issuer=ISSUER, returned_start=start)
    verp, message_id = (link.evidence for link in correlation.links)

    assert "correlate/verp/delivered-to" == verp.rule
    assert ("recipient", PLAIN) == (verp.field, verp.text)
    assert f"Delivered-To: {PLAIN}".encode() == octets[verp.start : verp.end]
    assert "correlate/message-id/message-id" == message_id.rule
    assert b"Message-ID: <original@lists.example>" == octets[message_id.start : message_id.end]


def test_evidence_without_a_place() -> None:
    """What was decoded, or follows from an event, has no place in the mail."""
    correlation = correlate(bounce(), RETURNED, events=[event(envelope_id="QQ1")])

    assert {(None, None)} == {
        (link.evidence.start, link.evidence.end) for link in correlation.links
    }


def test_fingerprint_is_the_last() -> None:
    """It is taken where nothing else names the mail; an address does not."""
    anonymous = RETURNED.partition(b"Message-ID")[0]
    digest = fingerprint(anonymous)
    header = bounce("X-Failed-Recipients: bob@example.org")

    assert [("failed-recipient", "bob@example.org"), ("fingerprint", digest)] == found(
        correlate(header, anonymous)
    )
    assert not correlate(bounce("References: <a@b>"), anonymous).of_kind(LinkKind.FINGERPRINT)
    assert not correlate(bounce(), RETURNED).of_kind(LinkKind.FINGERPRINT)
    assert () == correlate(bounce(), b"Subject: x\n").links
    assert () == correlate(bounce()).links


def test_references_are_counted() -> None:
    """Of a long thread the last few are given, the last first."""
    thread = " ".join(f"<{number}@x>" for number in range(100))
    links = correlate(bounce(f"References: {thread}")).links

    assert [f"{number}@x" for number in range(99, 83, -1)] == [link.value for link in links]


def test_arrivals_are_counted() -> None:
    """A bounce that says it came to hundreds of addresses is not believed."""
    many = ", ".join(encode_verp(SENDER, f"{number}@x.example") for number in range(100))

    assert 32 == len(correlate(bounce(f"To: {many}"), issuer=ISSUER).links)


def test_each_value_once() -> None:
    """An address that stands in several fields is one link, with the first as evidence."""
    header = bounce(f"Delivered-To: {PLAIN}", f"To: {PLAIN}, {PLAIN.upper().lower()}")
    (link,) = correlate(header, issuer=ISSUER).links

    assert "correlate/verp/to" == link.evidence.rule


@pytest.mark.parametrize(
    ("bounces", "originals"),
    list(itertools.product([b"\n", b"\r\n"], repeat=2)),
    ids=["LF LF", "LF CRLF", "CRLF LF", "CRLF CRLF"],
)
def test_line_ends(bounces: bytes, originals: bytes) -> None:
    """Links are the same whatever ends the lines."""
    header = bounce(f"To: {PLAIN}", "References: <a@b>\n <c@d>")
    expected = found(correlate(header, RETURNED, issuer=ISSUER))

    assert expected == found(
        correlate(header.replace(b"\n", bounces), RETURNED.replace(b"\n", originals), issuer=ISSUER)
    )


@given(st.binary(max_size=300), st.binary(max_size=300), st.text(), st.text())
def test_anything(header: bytes, returned: bytes, envelope_id: str, message_id: str) -> None:
    """Nothing raises, and nothing that is not signed has a token."""
    events = [event(envelope_id=envelope_id, message_id=message_id)]
    for octets in (header, b"To: " + header, b"References: " + header, b"To: l+" + header + b"@b"):
        correlation = correlate(octets, returned, events=events, issuer=ISSUER, day=DAY)
        assert {None} >= {link.token for link in (*correlation.links, *correlation.rejected)}


def _in_header(unit: bytes, before: bytes = b"To: ") -> Callable[[int], Callable[[], object]]:
    def prepare(count: int) -> Callable[[], object]:
        octets = before + unit * count + b"\n\n"
        return lambda: correlate(octets, octets, issuer=ISSUER, day=DAY)

    return prepare


def _in_event(unit: str) -> Callable[[int], Callable[[], object]]:
    def prepare(count: int) -> Callable[[], object]:
        events = [event(envelope_id=unit * count, message_id=unit * count)]
        return lambda: correlate(b"", events=events, issuer=ISSUER)

    return prepare


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(_in_header(b"a"), id="letters"),
        pytest.param(_in_header(b"@"), id="signs"),
        pytest.param(_in_header(b'"'), id="quotes"),
        pytest.param(_in_header(b'"a\n '), id="lone quotes"),
        pytest.param(_in_header(b"a@["), id="literals"),
        pytest.param(_in_header(b"@[,"), id="empty literals"),
        pytest.param(_in_header(b"a@b,"), id="addresses"),
        pytest.param(_in_header(b"\nTo: "), id="fields"),
        pytest.param(_in_header(b"\n "), id="folds"),
        pytest.param(_in_header(b" ", b"To"), id="spaces before the colon"),
        pytest.param(_in_header(b"prvs=a/"), id="tags"),
        pytest.param(_in_header(b"SRS0=a=TT="), id="forwarders"),
        pytest.param(_in_header(b"=2B", b"To: list-bounces+a=2b"), id="escapes"),
        pytest.param(_in_header(b"=C3", b"To: list-bounces+a=C3"), id="broken escapes"),
        pytest.param(_in_header(b"-return-1", b"To: a"), id="returns"),
        pytest.param(_in_header(b"<", b"References: "), id="open brackets"),
        pytest.param(_in_header(b"<a>", b"In-Reply-To: "), id="identifiers"),
        pytest.param(_in_header(b"a@b ", b"X-Failed-Recipients: "), id="recipients"),
        pytest.param(_in_header(b"=?a?q?b?=", b"From: a@b\nSubject: "), id="encoded words"),
        pytest.param(_in_header(b"1 ", b"From: a@b\nDate: "), id="dates"),
        pytest.param(_in_event("1a"), id="tokens"),
        pytest.param(_in_event("<"), id="brackets of an event"),
    ],
)
def test_twice_as_many_take_less_than_three_times_as_long(
    prepare: Callable[[int], Callable[[], object]],
) -> None:
    """No header makes the search grow faster than it."""
    assert growth(prepare, LARGEST) < BOUND
