"""Whom a bounce is about, in the words of whoever sent the mail: the subscriber.

A bounce names the address that failed last.  Where mail is forwarded that is an address
that the sender has never heard of, and a history of it helps nobody: what the sender can
suppress is the address that it had written.  Asked in this order::

    1   a link that verifies      keyed VERP, a signed ENVID; its token names the address,
                                  or a look-up of the caller's knows whose it is
    2   VERP                      of a return path of ours
    3   Original-Recipient        as the report has it

Rules.
- An event is then about the subscriber: its `recipient` is the subscriber's address.
- What the bounce had said stays: in the evidence, under the rule `bounce/recipient`.
- The `event_id` stays the one of the bounce as it was read, so an event is the same with
  a key and without.
- Where there are keys, only what is signed is believed: anybody can write a bounce, and
  one about an address of ours would suppress it.  A keyed return path counts for whom it
  names: one's own proves nothing about others.
- A signature is looked for in the envelope, in the header, and in what the mail returns:
  a complaint comes to another address, and quotes the return path.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import attrs

from dsnlib.bounces.event import Confidence, Evidence
from dsnlib.bounces.links.link import Issuer, Link, LinkKind
from dsnlib.model.text import decode_wire, encode_wire
from dsnlib.model.texts import texts
from dsnlib.parse.labels import top_header

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.links.link import Correlation

__all__ = ["Attribution", "Lookup", "attribute"]

# Whose a verified link is; `None` if nobody knows.
Lookup: TypeAlias = Callable[[Link], str | None]

_EPOCH_ORDINAL = 719_163
# As long as a path may be (RFC 5321 s4.5.3.1.3), and then some.
_LONGEST = 320
# Of what is returned: its header is in it.
_QUOTED_OCTETS = 1 << 18
_MOST_QUOTED = 16


class Attribution(NamedTuple):
    """Events as the sender of the mail has to see them.

    Args:
        events: They are about subscribers.
        is_forged: Whether nothing shows that it is about a mail of ours, which has keys.
    """

    events: tuple[BounceEvent, ...]
    is_forged: bool = False


def attribute(
    events: Iterable[BounceEvent],
    octets: bytes,
    *,
    issuer: Issuer | None = None,
    arrived_at: Sequence[str] = (),
    lookup: Lookup | None = None,
    now: dt.datetime | None = None,
    believes_unsigned: bool = False,
) -> Attribution:
    """Return events about the addresses that the sender had written.

    Args:
        events: What was read of one bounce.
        octets: The bounce.
        issuer: What the sender signs; without it no link is looked for.
        arrived_at: The addresses that the bounce was delivered to, as far as they are known.
        lookup: Tells whose a verified link is that names no address itself.
        now: What the time is, for return paths that expire.
        believes_unsigned: Whether a bounce counts that has no signature though there are
            keys; while mail from before them is on its way.

    Raises:
        InvalidValue: `arrived_at` is one text.  Besides, what the look-up raises.
    """
    arrived_at = texts(arrived_at, "arrived_at")
    events = tuple(events)
    if issuer is None:
        return Attribution(tuple([_name(each) for each in events]))
    known = [*arrived_at, *_quoted(octets, issuer)]
    found = _correlate(events, top_header(octets), issuer, known, now)
    link, subscriber = _signed(found, lookup)
    is_forged = False
    if subscriber is None:
        is_forged = _is_forged(found, issuer, believes_unsigned=believes_unsigned)
        link = _unsigned(found)
        subscriber = None if link is None else link.value
    name = functools.partial(_name, link=link, subscriber=subscriber)
    return Attribution(tuple([name(each) for each in events]), is_forged)


def _quoted(octets: bytes, issuer: Issuer) -> Iterator[str]:
    """Yield the keyed return paths of ours that stand anywhere in a mail."""
    from dsnlib.bounces.links.verp import read_keyed_verp

    text = octets[:_QUOTED_OCTETS]
    for sender in issuer.senders if issuer.keys else ():
        local_part, _, domain = sender.rpartition("@")
        # A token has letters, digits and few signs; no more of a line is looked at.
        pattern = re.compile(
            rb"%s[-+=][!-;=?A-~]{1,120}?@%s"
            % (re.escape(encode_wire(local_part)), re.escape(encode_wire(domain))),
            re.IGNORECASE,
        )
        for place in itertools.islice(pattern.finditer(text), _MOST_QUOTED):
            address = decode_wire(place[0])
            if read_keyed_verp(address, sender=sender, keys=issuer.keys) is not None:
                yield address


def _correlate(
    events: tuple[BounceEvent, ...],
    header: bytes,
    issuer: Issuer,
    arrived_at: Iterable[str],
    now: dt.datetime | None,
) -> Correlation:
    # Here, because most who feed a history sign nothing.
    from dsnlib.bounces.correlate import correlate

    # The envelope is surer than what stands in a header.
    known = ", ".join([f"<{each}>" for each in arrived_at if each.isprintable()])
    if known:
        header = b"To: %s\n%s" % (encode_wire(known), header)
    day = None if now is None else now.toordinal() - _EPOCH_ORDINAL
    return correlate(header, events=events, issuer=issuer, day=day)


def _signed(found: Correlation, lookup: Lookup | None) -> tuple[Link | None, str | None]:
    """Return the link that names the subscriber and that nobody else can make."""
    for link in found.of_kind(LinkKind.KEYED_VERP, LinkKind.SIGNED_ENVELOPE_ID):
        subscriber = None if lookup is None else lookup(link)
        if subscriber is None and isinstance(link.token, str) and "@" in link.token:
            subscriber = link.token
        if subscriber:
            return link, subscriber
    return None, None


def _is_forged(found: Correlation, issuer: Issuer, *, believes_unsigned: bool) -> bool:
    """Tell whether a bounce that names no subscriber of ours is none of our business."""
    # A subscriber sees his own return path, and may put it into a bounce about another.
    if found.of_kind(LinkKind.KEYED_VERP):
        return True
    if any(link.verified for link in found.links):
        return False
    signs = bool(issuer.keys or issuer.batv_keys or issuer.srs_keys)
    return bool(found.rejected) or (signs and not believes_unsigned)


def _unsigned(found: Correlation) -> Link | None:
    """Return the link of VERP, if its form is one of ours: anybody may use it."""
    links = found.of_kind(LinkKind.VERP)
    return next((link for link in links if link.evidence.confidence >= Confidence.LIKELY), None)


def _name(
    event: BounceEvent, *, link: Link | None = None, subscriber: str | None = None
) -> BounceEvent:
    if subscriber is None:
        subscriber = event.original_recipient
        if subscriber is None or "@" not in subscriber:
            return event
    if not 0 < len(subscriber) <= _LONGEST or subscriber == event.recipient:
        return event
    said = Evidence(
        field="recipient",
        rule="bounce/recipient",
        text=event.recipient,
        confidence=next((each.confidence for each in event.evidence), Confidence.LIKELY),
    )
    shows = () if link is None else (attrs.evolve(link.evidence, field="recipient"),)
    return attrs.evolve(
        event,
        recipient=subscriber,
        original_recipient=None,
        evidence=(*event.evidence, *shows, said),
    )
