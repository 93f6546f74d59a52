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
- What has the form of ours and no signature of ours is a forgery: somebody wants an
  address to be suppressed, or the key is gone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import attrs

from dsnlib.bounces.event import Confidence, Evidence
from dsnlib.bounces.links.link import Issuer, Link, LinkKind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from dsnlib.bounces.event import BounceEvent

__all__ = ["Attribution", "Lookup", "attribute"]

# Whose a verified link is; `None` if nobody knows.
Lookup: TypeAlias = Callable[[Link], str | None]

_EPOCH_ORDINAL = 719_163
# As long as a path may be (RFC 5321 s4.5.3.1.3), and then some.
_LONGEST = 320


class Attribution(NamedTuple):
    """Events as the sender of the mail has to see them.

    Args:
        events: They are about subscribers.
        is_forged: Whether a link of ours has a signature that is not ours.
    """

    events: tuple[BounceEvent, ...]
    is_forged: bool = False


def attribute(
    events: Iterable[BounceEvent],
    header: bytes,
    *,
    issuer: Issuer | None = None,
    arrived_at: Sequence[str] = (),
    lookup: Lookup | None = None,
    now: dt.datetime | None = None,
) -> Attribution:
    """Return events about the addresses that the sender had written.

    Args:
        events: What was read of one bounce.
        header: Its header, or the whole mail.
        issuer: What the sender signs; without it no link is looked for.
        arrived_at: The addresses that the bounce was delivered to, as far as they are known.
        lookup: Tells whose a verified link is that names no address itself.
        now: What the time is, for return paths that expire.

    Never raises, but for what the look-up raises.
    """
    events = tuple(events)
    link, subscriber, is_forged = None, None, False
    if issuer is not None:
        link, subscriber, is_forged = _find(events, header, issuer, arrived_at, lookup, now)
    name = functools.partial(_name, link=link, subscriber=subscriber)
    return Attribution(tuple([name(each) for each in events]), is_forged)


def _find(
    events: tuple[BounceEvent, ...],
    header: bytes,
    issuer: Issuer,
    arrived_at: Sequence[str],
    lookup: Lookup | None,
    now: dt.datetime | None,
) -> tuple[Link | None, str | None, bool]:
    # Here, because most who feed a history sign nothing.
    from dsnlib.bounces.correlate import correlate
    from dsnlib.model.text import encode_wire

    # The envelope is surer than what stands in a header.
    known = ", ".join([f"<{each}>" for each in arrived_at if each.isprintable()])
    if known:
        header = b"To: %s\n%s" % (encode_wire(known), header)
    day = None if now is None else now.toordinal() - _EPOCH_ORDINAL
    found = correlate(header, events=events, issuer=issuer, day=day)
    for link in found.of_kind(LinkKind.KEYED_VERP, LinkKind.SIGNED_ENVELOPE_ID):
        subscriber = None if lookup is None else lookup(link)
        if subscriber is None and isinstance(link.token, str) and "@" in link.token:
            subscriber = link.token
        if subscriber:
            return link, subscriber, False
    is_forged = bool(found.rejected) and not any(link.verified for link in found.links)
    for link in found.of_kind(LinkKind.VERP):
        # A form that anybody may use is of a lesser confidence.
        if link.evidence.confidence >= Confidence.LIKELY:
            return link, link.value, is_forged
    return None, None, is_forged


def _name(event: BounceEvent, *, link: Link | None, subscriber: str | None) -> BounceEvent:
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
