"""What a letter is written about, the same for every language.

Rules.
- What a stranger said (an address, a subject, a diagnostic) is made harmless
  before it is used (`neutral`).
- The sender sees the address that they wrote to, not the one it leads to
  (RFC 3464 s4.2).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.neutral import neutral_text, unclickable
from dsnlib.compose.original import original_date
from dsnlib.model.date import require_zone
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.reporter import Reporter

if TYPE_CHECKING:
    from dsnlib.model.report import RecipientFields

__all__ = ["Occasion"]

_ADDRESS_TYPES = frozenset({"rfc822", "utf-8"})


@attrs.frozen(kw_only=True)
class Occasion:
    """What a letter is written about, the same for every language.

    Args:
        plan: The notification.
        reporter: Who notifies.
        fields: The original's fields, from `Original.fields`.
        now: When; with a zone.
        attached: The phrase that says what is attached, or `""`.
        size_octets: The size of the original, if it is told.
        is_unclickable: Whether links in what strangers said are broken.
        parameters: The settings that a template may name, `$myhostname` and
            the like.

    Raises:
        InvalidValue: `now` has no zone.
    """

    plan: DsnPlan
    reporter: Reporter
    fields: Mapping[str, str]
    now: dt.datetime
    attached: str = ""
    size_octets: int | None = None
    is_unclickable: bool = False
    parameters: Mapping[str, str] | None = None

    def __attrs_post_init__(self) -> None:
        require_zone(self.now, "now")

    @functools.cached_property
    def date(self) -> dt.datetime | None:
        """When the original says that it was written."""
        return original_date(self.fields)

    @functools.cached_property
    def zone(self) -> dt.tzinfo:
        """The sender's own zone, as far as the original tells it; else UTC."""
        date = self.date
        zone = None if date is None else date.tzinfo
        return dt.UTC if zone is None else zone

    def neutral(self, text: str) -> str:
        """Return what a stranger said as it may be shown.  Never raises."""
        text = neutral_text(text)
        return unclickable(text) if self.is_unclickable else text

    def address(self, recipient: RecipientFields) -> str:
        """Return the address that the sender knows the recipient by.  Never raises."""
        original, final = recipient.original_recipient, recipient.final_recipient
        if original is not None and original.type.lower() in _ADDRESS_TYPES and original.value:
            return neutral_text(original.address)
        return "" if final is None else neutral_text(final.address)
