"""How a message goes to a server that has announced itself, by its octets too.

Rules.
- A message that the server cannot be sent fails: nothing is converted (RFC 6152 s3).
- A recipient whose command would be more than one line is the only one that fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.say import path_command
from dsnlib.adapters.head import read_head
from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.envelope import Body
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.policy.relay import RelayPlan, RelayPolicy, RelayRecipient, Transaction, plan_relay

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from dsnlib.adapters.client.features import PeerFeatures
    from dsnlib.adapters.content import Content
    from dsnlib.model.envelope import Envelope, Recipient
    from dsnlib.policy.hop import NextHop

__all__ = ["plan_message"]

_NEEDS_EIGHT_BIT = ("5.6.3", "the message has octets beyond US-ASCII, which {} does not take")
_NEEDS_BINARY = ("5.6.3", "the message is binary, which {} does not take")
_TOO_LARGE = ("5.3.4", "the message is larger than {} takes")
_UNREADABLE = ("4.3.0", "the message cannot be read now")
_BAD_RECIPIENT = ("5.1.3", "the address cannot stand in a command")
_BAD_SENDER = ("5.1.7", "the sender's address cannot stand in a command")


def plan_message(
    features: PeerFeatures,
    hop: NextHop,
    envelope: Envelope,
    recipients: Iterable[Recipient],
    content: Content,
    policy: RelayPolicy | None = None,
    now: dt.datetime | None = None,
    *,
    may_chunk: bool = True,
) -> RelayPlan:
    """Return the transactions that take a message to a server, and who cannot be sent.

    Args:
        features: What the server announced.
        hop: The same as the engine has it.
        envelope: The message's.
        recipients: Those of the envelope that go there.
        content: The octets.
        policy: What RFC 3461 leaves to a relay.
        now: When; with a zone.
        may_chunk: Whether CHUNKING is used where it is announced.

    Raises:
        InvalidValue: As `plan_relay`.
    """
    policy = RelayPolicy() if policy is None else policy
    is_header_ascii = False
    try:
        if envelope.smtputf8:
            header, is_whole = read_head(content)
            is_header_ascii = is_whole and header.isascii()
        refusal = _refusal(features, envelope, content, may_chunk=may_chunk)
    except OSError:
        # Nobody is to be told of a header that could not be read.
        is_header_ascii = True
        refusal = _UNREADABLE
    plan = plan_relay(
        envelope, hop, policy=policy, recipients=recipients,
        is_header_ascii=is_header_ascii, now=now,
    )  # fmt: skip
    if refusal is not None:
        status, text = refusal
        refusal = status, text.format(hop.name.name)
    kept = []
    refused = []
    for transaction in plan.transactions:
        sendable, unsendable = _divide(transaction, refusal, policy.diagnostic_type)
        refused += unsendable
        if sendable is not None:
            kept.append(sendable)
    if not refused:
        return plan
    return attrs.evolve(plan, transactions=tuple(kept), outcomes=(*plan.outcomes, *refused))


def _refusal(
    features: PeerFeatures, envelope: Envelope, content: Content, *, may_chunk: bool
) -> tuple[str, str] | None:
    """Return why the server cannot be sent the message, as its octets are."""
    size = features.size
    if size is not None and size < len(content):
        return _TOO_LARGE
    if envelope.body is Body.BINARY:
        is_taken = may_chunk and features.has("BINARYMIME") and features.has("CHUNKING")
        return None if is_taken else _NEEDS_BINARY
    is_eight_bit = envelope.body is Body.EIGHT_BIT and not features.has("8BITMIME")
    if is_eight_bit and not all(chunk.isascii() for chunk in content.chunks()):
        return _NEEDS_EIGHT_BIT
    return None


def _divide(
    transaction: Transaction, refusal: tuple[str, str] | None, diagnostic_type: str
) -> tuple[Transaction | None, list[DeliveryOutcome]]:
    """Return what of a transaction can be sent, and the outcomes of the others."""
    if refusal is None and not _can_be_said(transaction.sender, transaction.options):
        refusal = _BAD_SENDER
    sendable: list[RelayRecipient] = []
    refused = []
    for each in transaction.recipients:
        why = refusal
        if why is None and not _can_be_said(each.address, each.options):
            why = _BAD_RECIPIENT
        if why is None:
            sendable.append(each)
        else:
            refused.append(_outcome(each.recipient, *why, diagnostic_type))
    if not refused:
        return transaction, refused
    return (attrs.evolve(transaction, recipients=tuple(sendable)) if sendable else None), refused


def _can_be_said(path: str, options: tuple[str, ...]) -> bool:
    # A printable text, the usual case, has no control character.
    if path.isprintable() and (not options or "".join(options).isprintable()):
        return True
    try:
        path_command("", path, options)
    except InvalidValue:
        return False
    return True


def _outcome(recipient: Recipient, status: str, text: str, diagnostic_type: str) -> DeliveryOutcome:
    code = EnhancedStatusCode.parse(status)
    is_permanent = code.class_ is StatusClass.PERMANENT
    return DeliveryOutcome(
        recipient=recipient,
        disposition=Disposition.FAILED if is_permanent else Disposition.DELAYED,
        status=code,
        diagnostic=DiagnosticCode(diagnostic_type, text),
    )
