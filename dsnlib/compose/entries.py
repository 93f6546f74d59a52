"""The list of recipients behind the text of a Postfix template (bounce(5)).

    <bob@example.com> (expanded from <list@example.org>): host mx.example.com
        said: 550 5.1.1 No such user here

One entry a recipient, an empty line before each, 79 columns, what goes on
indented by four.  Copies for a postmaster have the entries and no letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.compose.fill import wrap
from dsnlib.compose.neutral import neutral_text, unclickable
from dsnlib.model.registry import look_up

if TYPE_CHECKING:
    from dsnlib.model.report import DeliveryReport, RecipientFields

__all__ = ["format_entries"]

_COLUMNS = 79
_INDENT = "    "


def format_entries(report: DeliveryReport, *, is_unclickable: bool = False) -> str:
    """Return the entries, each behind an empty line, with LF line ends.  Never raises."""
    lines = []
    for recipient in report.recipients:
        entry = neutral_text(_entry(recipient))
        lines.append("")
        lines.extend(wrap(unclickable(entry) if is_unclickable else entry, _COLUMNS, _INDENT))
    return "\n".join([*lines, ""]) if lines else ""


def _entry(recipient: RecipientFields) -> str:
    final, original = recipient.final_recipient, recipient.original_recipient
    address = "" if final is None else final.address
    origin = "" if original is None else original.address
    # Case alone makes no other address.
    expanded = f" (expanded from <{origin}>)" if origin.lower() not in ("", address.lower()) else ""
    return f"<{address}>{expanded}: {_reason(recipient)}"


def _reason(recipient: RecipientFields) -> str:
    diagnostic = recipient.diagnostic_code
    if diagnostic is None:
        entry = None if recipient.status is None else look_up(recipient.status)
        return str(recipient.status) if entry is None else f"{recipient.status} {entry.title}"
    if recipient.remote_mta is None:
        return diagnostic.text
    return f"host {recipient.remote_mta.name} said: {diagnostic.text}"
