"""Receipts: what became of a mail after it was delivered (RFC 8098).

A message disposition notification says that the recipient has seen the mail,
deleted it unseen, or that a program did.  It is no bounce, with one exception:
a Sieve script that refuses a mail may say so with a receipt (RFC 5429 s2.1.2).

Rules.
- What cannot be read is `None`; a receipt without a readable Disposition is one.
- A receipt of RFC 6533 is read in the same way.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.kinds.feedback import parse_address
from dsnlib.bounces.kinds.machine_part import read_machine_part
from dsnlib.model.text import split_comment
from dsnlib.model.texts import texts
from dsnlib.parse.report import read_octets

if TYPE_CHECKING:
    from dsnlib.bounces.kinds.machine_part import MachinePart

__all__ = ["Receipt", "ReceiptMode", "read_receipt"]

_TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})


class ReceiptMode(enum.Enum):
    """Who acted, and who sent the receipt (RFC 8098 s3.2.6.1, s3.2.6.2)."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


# action-mode = "manual-action" / "automatic-action"            RFC 8098 s3.2.6.1
_ACTION_MODES = {
    "manual-action": ReceiptMode.MANUAL,
    "automatic-action": ReceiptMode.AUTOMATIC,
}
# sending-mode = "MDN-sent-manually" / "MDN-sent-automatically" RFC 8098 s3.2.6.1
_SENDING_MODES = {
    "mdn-sent-manually": ReceiptMode.MANUAL,
    "mdn-sent-automatically": ReceiptMode.AUTOMATIC,
}


@attrs.frozen(kw_only=True)
class Receipt:
    """What a message disposition notification says.

    Args:
        final_recipient: Who got the mail.
        original_recipient: Whom the sender had written.
        disposition: Lower case: `displayed`, `deleted`, `dispatched`,
            `processed`, or what else was written.
        modifiers: Lower case, such as `error`.
        action_mode: Whether a person or a program acted.
        sending_mode: Whether a person agreed to the receipt.
        reporting_ua: The program that wrote it.
        original_message_id: Of the mail, without brackets.
        errors: What went wrong, in words.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    final_recipient: str | None = None
    original_recipient: str | None = None
    disposition: str | None = None
    modifiers: tuple[str, ...] = attrs.field(default=(), converter=texts)
    action_mode: ReceiptMode | None = None
    sending_mode: ReceiptMode | None = None
    reporting_ua: str | None = None
    original_message_id: str | None = None
    errors: tuple[str, ...] = attrs.field(default=(), converter=texts)

    @property
    def is_refusal(self) -> bool:
        """Whether a program deleted the mail and says so (RFC 5429 s2.1.2)."""
        modes = (self.action_mode, self.sending_mode)
        return self.disposition == "deleted" and set(modes) == {ReceiptMode.AUTOMATIC}


def read_receipt(data: bytes) -> Receipt | None:
    """Return what a receipt says; `None` for other mail.  Never raises.

    Args:
        data: The message.
    """
    part = read_machine_part(read_octets(data), _TYPES)
    if part is None or not part.media_type:
        return None
    modes, _, what = _first(part, "disposition").partition(";")
    action, _, sending = modes.lower().partition("/")
    type_, _, modifiers = split_comment(what.strip().lower())[0].partition("/")
    return Receipt(
        final_recipient=_recipient(part, "final-recipient"),
        original_recipient=_recipient(part, "original-recipient"),
        disposition=type_.strip() or None,
        modifiers=[word for each in modifiers.split(",") if (word := each.strip())],
        action_mode=_ACTION_MODES.get(action.strip()),
        sending_mode=_SENDING_MODES.get(sending.strip()),
        reporting_ua=_first(part, "reporting-ua") or None,
        original_message_id=_first(part, "original-message-id").strip("<> \t") or None,
        errors=[value for name in ("error", "failure") for value in part.values(name)],
    )


def _first(part: MachinePart, name: str) -> str:
    return next(iter(part.values(name)), "")


def _recipient(part: MachinePart, name: str) -> str | None:
    # *-recipient = address-type ";" generic-address             RFC 8098 s3.2.3, s3.2.4
    value = _first(part, name)
    address = value.partition(";")[2] or value
    return parse_address(address) or address.strip("<> \t") or None
