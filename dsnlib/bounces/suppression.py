"""Who is not to be sent to, since when, why, and until when.

A suppression is one sentence about one address.  It has the evidence for it, so that
whoever asks "why do I get no mail?" can be told, and it can be released by a person.

Rules.
- One address has at most one that counts: the newest.
- What was released is kept, with the time: bounces from before count no more.
- An entry that has expired stops nothing.
- After erasure the address is gone; what is left is its digest, which still stops mail.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib

import attrs

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.instant import check_instant
from dsnlib.errors import InvalidValue
from dsnlib.model.texts import texts

__all__ = ["Suppression", "SuppressionSource", "digest_address"]


class SuppressionSource(enum.Enum):
    """Who says so."""

    BOUNCE = "bounce"
    """The score of its bounces."""
    COMPLAINT = "complaint"
    """The recipient called a message spam (RFC 5965)."""
    UNSUBSCRIBE = "unsubscribe"
    """The recipient asked for it."""
    MANUAL = "manual"
    """A person who runs the list."""
    IMPORT = "import"
    """A file, or another system."""


def digest_address(address: str) -> str:
    """Return what stands for an address that is erased: `sha256:` and 64 digits.

    >>> digest_address("Bob@example.org") == digest_address("bob@example.org")
    True

    A digest of an address can be guessed by whoever has the address; it hides it from
    whoever has not.  Never raises.
    """
    octets = address_key(address).encode("utf-8", "surrogatepass")
    return "sha256:" + hashlib.sha256(octets).hexdigest()


@attrs.frozen(kw_only=True)
class Suppression:
    """Why an address is not sent to.

    Args:
        address: The key of the address (`address_key`), or its digest.
        source: Who says so.
        created: Since when; with a zone.
        reason: Why, for machines: a `Reason` of its bounces, or a word of the caller's.
        evidence: The events that led to it, by `event_id`.
        expires: Until when; `None` for ever.
        released: When a person let it go; it stops nothing from then on.
        note: A sentence for people.

    Raises:
        InvalidValue: There is no address, a time has no zone or is none in UTC, or it expires
            before it begins.
    """

    address: str = attrs.field(converter=address_key)
    source: SuppressionSource
    created: dt.datetime
    reason: str | None = None
    evidence: tuple[str, ...] = attrs.field(default=(), converter=texts)
    expires: dt.datetime | None = None
    released: dt.datetime | None = None
    note: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.address:
            message = "suppression: there is no address"
            raise InvalidValue(message, value=self.address)
        for name in ("created", "expires", "released"):
            check_instant(getattr(self, name), name)
        if self.expires is not None and self.expires <= self.created:
            message = f"expires: {self.expires.isoformat()} is not after {self.created.isoformat()}"
            raise InvalidValue(message, value=self.expires)

    def is_active(self, now: dt.datetime) -> bool:
        """Tell whether it stops mail at `now`, which has a zone.

        One that was released stops none, whatever `now` is.  Never raises.
        """
        return self.released is None and (self.expires is None or now < self.expires)
