"""An outcome as the fields of a report (RFC 3461 s6.3, RFC 3464 s2.2, s2.3).

Rules.
- Original-Recipient is the ORCPT and nothing else; Final-Recipient is the
  address that was accepted, as it was (RFC 3464 s2.3.1, s2.3.2).
- What the values of the model have checked is not checked again: a message with
  a thousand recipients has a thousand of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.model.address import TypedAddress
from dsnlib.model.deliver_by import DeliverBy
from dsnlib.model.fields import ExtensionField
from dsnlib.model.report import Action, MessageFields, RecipientFields

if TYPE_CHECKING:
    from dsnlib.model.envelope import Envelope
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.dsn_policy import DsnPolicy
    from dsnlib.policy.reporter import Reporter

__all__ = ["message_fields", "recipient_fields"]

# "the address presented to the remote SMTP server": RFC 3461 s6.3 (j).
_REMOTE_RECIPIENT = "SMTP-Remote-Recipient"
# A name in a log may begin and end with it; a field cannot.
_WHITE = " \t"


def message_fields(
    envelope: Envelope, reporter: Reporter, policy: DsnPolicy, *, queue_id: str | None
) -> MessageFields:
    """Return what a report says of the message as a whole.

    Args:
        envelope: The message's.
        reporter: Who reports.
        policy: What is named, and what is hidden.
        queue_id: What the log calls the message.

    Raises:
        InvalidValue: The queue id has controls, or white space at an end.
    """
    by = DeliverBy.read(envelope.mail)
    arrival = envelope.arrival
    source = envelope.received_from
    if not policy.names_source or policy.privacy.is_internal(source):
        source = None
    return MessageFields(
        original_envelope_id=envelope.mail.envid,
        reporting_mta=reporter.mta,
        received_from_mta=source,
        arrival_date=arrival,
        deliver_by_date=None if by is None or arrival is None else by.deadline(arrival),
        extensions=reporter.extension_fields(queue_id=queue_id, sender=envelope.sender),
    )


def recipient_fields(
    outcome: DeliveryOutcome,
    action: Action,
    policy: DsnPolicy,
    secrets: frozenset[str] = frozenset(),
) -> RecipientFields:
    """Return what a report says of one recipient.

    Args:
        outcome: What delivery knows.
        action: What the report calls it.
        policy: What is named, and what is hidden.
        secrets: The hidden addresses; see `Privacy.secrets_of`.
    """
    recipient = outcome.recipient
    privacy = policy.privacy
    is_expanded = recipient.expanded_from is not None
    hides_words = privacy.hides_words_of(outcome, secrets)
    hides_way = hides_words and privacy.hides_expansions and is_expanded
    hides_host = hides_way or (hides_words and privacy.is_internal(outcome.remote_mta))
    diagnostic = outcome.diagnostic
    values: dict[str, Any] = {
        "original_recipient": recipient.params.orcpt,
        "action": action,
        "status": outcome.status,
        "diagnostic_code": privacy.without_words(diagnostic) if hides_words else diagnostic,
    }
    if not hides_host:
        values["remote_mta"] = outcome.remote_mta
        values["final_log_id"] = None if outcome.log_id is None else outcome.log_id.strip(_WHITE)
    if policy.names_expanded and not hides_way:
        final = outcome.final_recipient or TypedAddress.from_address(recipient.address)
    else:
        final = TypedAddress.from_address(recipient.accepted)
        if is_expanded and outcome.remote_mta is not None and not hides_host:
            values["extensions"] = (ExtensionField(_REMOTE_RECIPIENT, recipient.address),)
    values["final_recipient"] = final
    if policy.invents_original and recipient.params.orcpt is None:
        values["original_recipient"] = TypedAddress.from_address(recipient.accepted)
    if policy.names_attempts:
        values["last_attempt_date"] = outcome.attempted
    if action is Action.DELAYED:
        values["will_retry_until"] = outcome.retry_until
    return RecipientFields.from_checked(values)
