"""Which of my mails was it: every link from a bounce to the mail, the surest first.

A chain of links is tried, always in this order; each one found is named, with
where it stands:

    1   envelope-id-signed   an ENVID of ours, in Original-Envelope-Id
    2   envelope-id          any other ENVID
    3   verp-keyed           a token of ours in the address the bounce came to
    4   verp                 a recipient in that address
    5   batv                 the tag in that address: whose mail it was
    6   srs                  whose mail that address was made for
    7   message-id           the Message-ID that was returned
    8   reference            In-Reply-To and References of the bounce, the last first
    9   failed-recipient     X-Failed-Recipients of the bounce
    10  fingerprint          From, Date and Subject that were returned

The caller has the table of what was sent, so all links are given, not the first
alone: a look-up that fails goes on with the next.

Rules.
- The addresses a bounce came to are those of To, Delivered-To, X-Original-To,
  Envelope-To and their kin, in this order, then the Return-Path that was returned:
  a stranger may have written that one.
- What has the form of ours and no signature of ours is no link: it is in
  `rejected`, and so is a recipient that stands under such a signature.
- BATV and SRS are undone before VERP is looked for.
- A fingerprint is taken only where no other link names the mail: where there is
  no ENVID, no token and no identifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.event import Confidence, Evidence
from dsnlib.bounces.links.clues import (
    Clue,
    field_pattern,
    find_addresses,
    find_message_ids,
    read_clues,
)
from dsnlib.bounces.links.envelope_id import read_envelope_id
from dsnlib.bounces.links.fingerprint import fingerprint
from dsnlib.bounces.links.link import Correlation, Issuer, Link, LinkKind
from dsnlib.bounces.links.return_path import PathScheme, SignedPath, undo_return_path
from dsnlib.bounces.links.signed_token import Token, has_token_form
from dsnlib.bounces.links.verp import decode_verp, has_keyed_form, read_keyed_verp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dsnlib.bounces.event import BounceEvent

__all__ = ["correlate"]

# In the order in which they are trusted.
_ARRIVAL_FIELDS = (
    "to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to",
)  # fmt: skip
_OF_BOUNCE = field_pattern(*_ARRIVAL_FIELDS, "in-reply-to", "references", "x-failed-recipients")
_OF_RETURNED = field_pattern("message-id", "return-path")

# A bounce comes to one address; more than these are not its own.
_MOST_ARRIVALS = 32
_MOST_REFERENCES = 16
_SHOWN = 80

# What the value of a link is, as the evidence names it.
_FIELDS = {
    LinkKind.SIGNED_ENVELOPE_ID: "envelope_id",
    LinkKind.ENVELOPE_ID: "envelope_id",
    LinkKind.KEYED_VERP: "token",
    LinkKind.VERP: "recipient",
    LinkKind.BATV: "return_path",
    LinkKind.SRS: "return_path",
    LinkKind.MESSAGE_ID: "message_id",
    LinkKind.REFERENCE: "message_id",
    LinkKind.FAILED_RECIPIENT: "recipient",
    LinkKind.FINGERPRINT: "fingerprint",
}


class _Arrival(NamedTuple):
    """An address the bounce came to, what it was before, and where it stands."""

    clue: Clue
    layers: tuple[SignedPath, ...]
    addresses: tuple[str, ...]
    """As it stands, and below each layer."""


class _Search(NamedTuple):
    issuer: Issuer
    envelope_ids: tuple[Clue, ...]
    arrivals: tuple[_Arrival, ...]
    bounce: Mapping[str, list[Clue]]
    message_ids: tuple[Clue, ...]
    returned_header: bytes | None


def correlate(
    bounce_header: bytes,
    returned_header: bytes | None = None,
    *,
    events: Iterable[BounceEvent] = (),
    issuer: Issuer | None = None,
    day: int | None = None,
    returned_start: int | None = None,
) -> Correlation:
    """Return what links a bounce to the mail that it is about.

    Args:
        bounce_header: The header of the bounce, or the whole mail.
        returned_header: The header of the original, as it came back.
        events: What was read of the bounce: their ENVID and Message-ID count.
        issuer: What the sender signs; without it nothing can be verified.
        day: Today, in days since 1970-01-01, for what expires.
        returned_start: Where the returned header begins in the mail, if it is
            there octet for octet; else the evidence has no place.

    Never raises.
    """
    issuer = Issuer() if issuer is None else issuer
    events = tuple(events)
    bounce = read_clues(bounce_header, _OF_BOUNCE)
    returned: Mapping[str, list[Clue]] = {}
    if returned_header is not None:
        returned = read_clues(returned_header, _OF_RETURNED, offset=returned_start or 0)
        if returned_start is None:
            returned = {
                name: [clue._replace(start=-1, end=-1) for clue in clues]
                for name, clues in returned.items()
            }
    search = _Search(
        issuer=issuer,
        envelope_ids=_of_events("original-envelope-id", (each.envelope_id for each in events)),
        arrivals=tuple(_arrivals(bounce, returned, issuer, day)),
        bounce=bounce,
        message_ids=(
            *returned.get("message-id", ())[:1],
            *_of_events("event", (each.message_id for each in events)),
        ),
        returned_header=returned_header,
    )
    links: dict[tuple[LinkKind, str], Link] = {}
    rejected: dict[tuple[LinkKind, str], Link] = {}
    for step in _CHAIN:
        for link in step(search):
            found = rejected if link.verified is False else links
            found.setdefault((link.kind, link.value), link)
    if not any(link.names_a_mail for link in links.values()):
        links |= {(link.kind, link.value): link for link in _fingerprint(search)}
    return Correlation(links=links.values(), rejected=rejected.values())


def _of_events(name: str, values: Iterable[str | None]) -> tuple[Clue, ...]:
    return tuple([Clue(name, value, -1, -1) for value in dict.fromkeys(values) if value])


def _arrivals(
    bounce: Mapping[str, list[Clue]],
    returned: Mapping[str, list[Clue]],
    issuer: Issuer,
    day: int | None,
) -> Iterator[_Arrival]:
    clues = [clue for name in _ARRIVAL_FIELDS for clue in bounce.get(name, ())]
    seen: set[str] = set()
    for clue in (*clues, *returned.get("return-path", ())):
        for address in find_addresses(clue.text):
            if address in seen:
                continue
            seen.add(address)
            layers = undo_return_path(
                address, batv_keys=issuer.batv_keys, srs_keys=issuer.srs_keys, day=day
            )
            yield _Arrival(clue, layers, (address, *[layer.address for layer in layers]))
            if len(seen) == _MOST_ARRIVALS:
                return


def _envelope_ids(search: _Search, *, is_signed: bool) -> Iterator[Link]:
    keys = search.issuer.keys
    for clue in search.envelope_ids:
        token = read_envelope_id(clue.text, keys=keys)
        # With our form and without our signature it is one that somebody made up.
        has_form = bool(keys) and has_token_form(clue.text)
        if is_signed and has_form:
            yield _link(
                LinkKind.SIGNED_ENVELOPE_ID, clue.text, clue, Confidence.CERTAIN,
                token=token, verified=token is not None,
            )  # fmt: skip
        elif not (is_signed or has_form):
            yield _link(LinkKind.ENVELOPE_ID, clue.text, clue, Confidence.LIKELY)


def _signed_envelope_id(search: _Search) -> Iterator[Link]:
    return _envelope_ids(search, is_signed=True)


def _envelope_id(search: _Search) -> Iterator[Link]:
    return _envelope_ids(search, is_signed=False)


def _keyed_verp(search: _Search) -> Iterator[Link]:
    keys = search.issuer.keys
    for arrival, address in _addresses(search):
        for sender in search.issuer.senders if keys else ():
            if has_keyed_form(address, sender=sender):
                token = read_keyed_verp(address, sender=sender, keys=keys)
                yield _link(
                    LinkKind.KEYED_VERP, address, arrival.clue, Confidence.CERTAIN,
                    token=token, verified=token is not None,
                )  # fmt: skip


def _verp(search: _Search) -> Iterator[Link]:
    for arrival, address in _addresses(search):
        of_senders = (decode_verp(address, sender=each) for each in search.issuer.senders)
        recipient = next(filter(None, of_senders), None)
        confidence = Confidence.LIKELY
        if recipient is None:
            recipient, confidence = decode_verp(address), Confidence.GUESSED
        if recipient is not None:
            # Under a signature that somebody made up stands what he made up.
            forged = bool(arrival.layers) and arrival.layers[0].verified is False
            yield _link(
                LinkKind.VERP, recipient, arrival.clue, confidence,
                verified=False if forged else None, shown=address,
            )  # fmt: skip


def _addresses(search: _Search) -> Iterator[tuple[_Arrival, str]]:
    for arrival in search.arrivals:
        for address in arrival.addresses:
            yield arrival, address


def _batv(search: _Search) -> Iterator[Link]:
    return _signed_paths(search, LinkKind.BATV, frozenset({PathScheme.BATV}))


def _srs(search: _Search) -> Iterator[Link]:
    return _signed_paths(search, LinkKind.SRS, frozenset({PathScheme.SRS0, PathScheme.SRS1}))


def _signed_paths(
    search: _Search, kind: LinkKind, schemes: frozenset[PathScheme]
) -> Iterator[Link]:
    for arrival in search.arrivals:
        layers = [layer for layer in arrival.layers if layer.scheme in schemes]
        if layers:
            # The innermost has the address, the outermost is the one made here.
            yield _link(
                kind, layers[-1].address, arrival.clue, _confidence(layers[0]),
                verified=layers[0].verified, shown=arrival.addresses[0],
            )  # fmt: skip


def _confidence(layer: SignedPath) -> Confidence:
    if not layer.verified:
        return Confidence.GUESSED
    return Confidence.LIKELY if layer.is_expired else Confidence.CERTAIN


def _message_id(search: _Search) -> Iterator[Link]:
    for clue in search.message_ids:
        for identifier in find_message_ids(clue.text)[:1]:
            yield _link(LinkKind.MESSAGE_ID, identifier, clue, Confidence.LIKELY)


def _reference(search: _Search) -> Iterator[Link]:
    for name in ("in-reply-to", "references"):
        for clue in search.bounce.get(name, ())[:1]:
            for identifier in find_message_ids(clue.text)[: -_MOST_REFERENCES - 1 : -1]:
                yield _link(LinkKind.REFERENCE, identifier, clue, Confidence.LIKELY)


def _failed_recipient(search: _Search) -> Iterator[Link]:
    for clue in search.bounce.get("x-failed-recipients", ()):
        for address in find_addresses(clue.text):
            yield _link(LinkKind.FAILED_RECIPIENT, address, clue, Confidence.LIKELY)


def _fingerprint(search: _Search) -> Iterator[Link]:
    digest = None if search.returned_header is None else fingerprint(search.returned_header)
    if digest is not None:
        clue = Clue("from-date-subject", digest, -1, -1)
        yield _link(LinkKind.FINGERPRINT, digest, clue, Confidence.GUESSED)


def _link(
    kind: LinkKind,
    value: str,
    clue: Clue,
    confidence: Confidence,
    *,
    token: Token | None = None,
    verified: bool | None = None,
    shown: str | None = None,
) -> Link:
    evidence = Evidence(
        field=_FIELDS[kind],
        rule=f"correlate/{kind.value}/{clue.name}",
        start=None if clue.start < 0 else clue.start,
        end=None if clue.start < 0 else clue.end,
        text=(value if shown is None else shown)[:_SHOWN],
        confidence=confidence,
    )
    return Link(kind=kind, value=value, token=token, verified=verified, evidence=evidence)


# The order is the promise of the module.  The last link, the fingerprint, is tried
# where none of these names a mail.
_CHAIN: tuple[Callable[[_Search], Iterator[Link]], ...] = (
    _signed_envelope_id,
    _envelope_id,
    _keyed_verp,
    _verp,
    _batv,
    _srs,
    _message_id,
    _reference,
    _failed_recipient,
)
