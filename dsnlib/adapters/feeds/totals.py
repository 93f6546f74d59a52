"""What a run of a feed has come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from dsnlib.adapters.feeds.mail_reading import MailReading

__all__ = ["Totals"]


@attrs.define
class Totals:
    """Counts.

    Args:
        mails: Mails that were read.
        events: Events that were stored, or were there before.
        new: Those that were not there before.
        unread: Mails that look like bounces and could not be read.
        forged: Mails that are not signed, or not by us.
    """

    mails: int = 0
    events: int = 0
    new: int = 0
    unread: int = 0
    forged: int = 0

    def count_mail(self, reading: MailReading) -> None:
        """Count a mail."""
        self.mails += 1
        self.unread += reading.unknown is not None
        self.forged += reading.is_forged
