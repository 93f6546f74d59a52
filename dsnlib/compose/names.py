"""What a template may name besides the parameters of Postfix.

The values are those of one notification; whoever composes it knows them.
"""

from __future__ import annotations

__all__ = ["BLOCK_DOCUMENTS", "EXTENSION_NAMES", "MESSAGE_NAMES", "RECIPIENT_NAMES"]

# Of the message.
MESSAGE_NAMES = frozenset(
    {
        "arrival_date",
        "attached",
        "each_details",
        "each_recipient",
        "elapsed",
        "envelope_id",
        "original_date",
        "original_message_id",
        "original_subject",
        "postmaster",
        "queue_id",
        "recipient_count",
        "recipients",
        "reporting_mta",
        "retry_until",
        "sender",
        "summary",
    }
)
# Of one recipient: in their block only.
RECIPIENT_NAMES = frozenset(
    {
        "action",
        "advice",
        "diagnostic",
        "explanation",
        "last_attempt_date",
        "original_recipient",
        "outcome",
        "reason",
        "recipient",
        "recipient_heading",
        "remote_mta",
        "said",
        "status",
        "will_retry_until",
    }
)
EXTENSION_NAMES = MESSAGE_NAMES | RECIPIENT_NAMES

# What stands for a block -> the document that the block is.
BLOCK_DOCUMENTS = {"each_recipient": "recipient_template", "each_details": "details_template"}
