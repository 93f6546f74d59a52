"""A transaction as the commands of SMTP that it is made of (RFC 5321 s3.3), for people to read.

Nothing is sent: the address of a stranger stays as it was written, and whoever shows
these lines makes them safe to show (see `text`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.policy.relay import RelayRecipient, Transaction

if TYPE_CHECKING:
    from dsnlib.model.envelope import Envelope

__all__ = ["envelope_commands", "transaction_commands"]


def transaction_commands(transaction: Transaction) -> tuple[str, ...]:
    """Return the commands of a transaction up to DATA."""
    return (
        " ".join([f"MAIL FROM:<{transaction.sender}>", *transaction.options]),
        *(
            " ".join([f"RCPT TO:<{each.address}>", *each.options])
            for each in transaction.recipients
        ),
    )


def envelope_commands(envelope: Envelope) -> tuple[str, ...]:
    """Return the commands that an envelope came with, or would have come with."""
    return transaction_commands(
        Transaction(
            sender=envelope.sender,
            options=tuple(envelope.mail.to_options(smtputf8=True)),
            recipients=tuple(
                [
                    RelayRecipient(each, tuple(each.params.to_options(smtputf8=True)))
                    for each in envelope.recipients
                ]
            ),
        )
    )
