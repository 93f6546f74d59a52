"""Fuzz `correlate`, `digest_bounce`, `event_id` and the readers of return paths.

The input is the header of a bounce; what follows its first empty line is the
returned header.  Its first line is tried as an address and as an ENVID too.

Invariant.
- Anything gives links or none, and nothing that was not signed has a token.
- A link's place has its field; the value of each kind of link comes once.
- What has been put into a return path comes out again, or was refused.
- A recipient that is read has no control character that the address had not.
- The name of an event is 32 hexadecimal digits, the same with CRLF for LF.
"""

from __future__ import annotations

import re

import attrs

from dsnlib.bounces.correlate import correlate
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.links.envelope_id import issue_envelope_id
from dsnlib.bounces.links.event_id import digest_bounce, event_id
from dsnlib.bounces.links.fingerprint import fingerprint
from dsnlib.bounces.links.link import Issuer, LinkKind
from dsnlib.bounces.links.return_path import read_return_path, sign_return_path
from dsnlib.bounces.links.verp import decode_verp, encode_keyed_verp, encode_verp, read_keyed_verp
from dsnlib.errors import InvalidAddress
from fuzz.alphabet import expand, text_of

__all__ = ["CORRELATION", "READS", "check"]

READS = (
    "dsnlib.bounces.correlate",
    "dsnlib.bounces.links",
)

_KEY = b"sixteen octets at least"
_SENDER = "list-bounces@lists.example"
_ISSUER = Issuer(keys=[_KEY], senders=[_SENDER], batv_keys=[_KEY], srs_keys=[_KEY])
_DAY = 20_000
_EVENT = BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE)
_HEXADECIMAL = re.compile(r"[0-9a-f]{32}")
# What a signed link may have in it: what the alphabet below has.
_TOKENS = {None, "4711"}

# The fields that are looked at, and the words of return paths.
CORRELATION = (
    b"\n",
    b"\n\n",
    b"\n ",
    b"\r\n",
    b"\r",
    b"To: ",
    b"Delivered-To: ",
    b"X-Original-To: ",
    b"Envelope-To: ",
    b"Return-Path: ",
    b"Message-ID: ",
    b"In-Reply-To: ",
    b"References: ",
    b"X-Failed-Recipients: ",
    b"From: ",
    b"Date: ",
    b"Subject: ",
    b"From ",
    b"list-bounces+",
    b"list-bounces-",
    b"bob=example.org",
    b"@lists.example",
    b"bob@example.org",
    b"prvs=",
    b"0007A1B2C3=",
    b"/0007A1B2C3",
    b"btv1==",
    b"msprvs1=",
    b"SRS0=",
    b"SRS1=",
    b"abcd=",
    b"TT=",
    b"example.org=",
    b"=2B",
    b"=C3=A4",
    b"=FF",
    b"-return-12-",
    b"bounces+12-0f1e-",
    b"+caf_=",
    b"<a@b>",
    b"<",
    b">",
    b'"',
    b"\\",
    b"(",
    b",",
    b"@[",
    b"]",
    b"=",
    b"+",
    b"-",
    b".",
    b"\xc3\xa4",
    b"\xff",
    b"\x00",
    b"=?utf-8?q?=C3=A4?=",
    b"Thu, 7 Jul 1994 17:15:49 -0400",
    issue_envelope_id("4711", key=_KEY).encode(),
    encode_keyed_verp(_SENDER, "4711", key=_KEY).encode(),
    sign_return_path("bob@example.org", key=_KEY, day=_DAY).encode(),
)


def check(data: bytes) -> None:
    """Look one input up in every way and assert the invariant."""
    octets = expand(data, CORRELATION)
    header, _, returned = octets.partition(b"\n\n")
    line = text_of(octets.partition(b"\n")[0])
    event = attrs.evolve(_EVENT, envelope_id=line, message_id=line)
    found = correlate(
        header, returned, events=[event], issuer=_ISSUER, day=_DAY, returned_start=len(header) + 2
    )
    pairs = [(link.kind, link.value) for link in found.links]
    assert len(set(pairs)) == len(pairs)
    assert sorted(pairs, key=_place) == pairs
    for link in (*found.links, *found.rejected):
        assert link.token in _TOKENS
        place = octets[link.evidence.start : link.evidence.end].lower()
        field = link.evidence.rule.rpartition("/")[2].encode()
        assert link.evidence.start is None or place.startswith(field)
    correlate(octets, octets)
    fingerprint(octets)
    _check_address(line)
    digest = digest_bounce(header, returned)
    if b"\r" not in octets:
        crlf = (part.replace(b"\n", b"\r\n") for part in (header, returned))
        assert digest == digest_bounce(*crlf)
    assert _HEXADECIMAL.fullmatch(event_id(event, bounce=digest))


def _place(pair: tuple[LinkKind, str]) -> int:
    return list(LinkKind).index(pair[0])


def _check_address(address: str) -> None:
    assert read_keyed_verp(address, sender=_SENDER, keys=[_KEY]) in _TOKENS
    for sender in (None, _SENDER):
        recipient = decode_verp(address, sender=sender)
        assert recipient is None or "\n" not in recipient
    read_return_path(address, batv_keys=[_KEY], srs_keys=[_KEY], day=_DAY)
    try:
        path = encode_verp(_SENDER, address)
    except InvalidAddress:
        pass
    else:
        assert address == decode_verp(path, sender=_SENDER)
    try:
        signed = sign_return_path(address, key=_KEY, day=_DAY)
    except InvalidAddress:
        return
    layer = read_return_path(signed, batv_keys=[_KEY], day=_DAY)
    assert layer is not None
    assert layer.verified
    assert not layer.is_expired
