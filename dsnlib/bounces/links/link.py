"""What links a bounce to a mail, and what a sender must tell to have its own known.

The chain of the links, and how each is found, is in `correlate`.

Rules.
- A link that names a mail stands for one mail, or for what a look-up can turn into
  one; the others name an address.
- Keys do not show in a `repr`.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.event import Evidence
from dsnlib.bounces.links.signed_token import LEAST_KEY_OCTETS, Token
from dsnlib.errors import InvalidValue
from dsnlib.model.texts import secret_keys, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Correlation", "Issuer", "Link", "LinkKind"]


class LinkKind(enum.Enum):
    """What links a bounce to a mail, the surest first."""

    SIGNED_ENVELOPE_ID = "envelope-id-signed"
    ENVELOPE_ID = "envelope-id"
    KEYED_VERP = "verp-keyed"
    VERP = "verp"
    BATV = "batv"
    SRS = "srs"
    MESSAGE_ID = "message-id"
    REFERENCE = "reference"
    FAILED_RECIPIENT = "failed-recipient"
    FINGERPRINT = "fingerprint"


_NAME_A_MAIL = frozenset(
    {
        LinkKind.SIGNED_ENVELOPE_ID, LinkKind.ENVELOPE_ID, LinkKind.KEYED_VERP,
        LinkKind.MESSAGE_ID, LinkKind.REFERENCE, LinkKind.FINGERPRINT,
    }
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Issuer:
    """What a sender puts into its mails, as far as that is needed to know it again.

    Args:
        keys: The secrets of ENVIDs and of keyed VERP, the newest first.
        senders: The return paths that VERP has been made from.
        batv_keys: The secrets of BATV.
        srs_keys: The secrets of SRS.

    Raises:
        InvalidValue: One of `keys` is shorter than 16 octets, or another is empty.
    """

    keys: tuple[bytes, ...] = attrs.field(default=(), converter=secret_keys, repr=False)
    senders: tuple[str, ...] = attrs.field(default=(), converter=texts)
    batv_keys: tuple[bytes, ...] = attrs.field(default=(), converter=secret_keys, repr=False)
    srs_keys: tuple[bytes, ...] = attrs.field(default=(), converter=secret_keys, repr=False)

    def __attrs_post_init__(self) -> None:
        others = (*self.batv_keys, *self.srs_keys)
        if any(len(key) < LEAST_KEY_OCTETS for key in self.keys) or not all(others):
            message = f"issuer: a key is empty, or shorter than {LEAST_KEY_OCTETS} octets"
            raise InvalidValue(message)


@attrs.frozen(kw_only=True)
class Link:
    """One thing that links a bounce to a mail.

    Args:
        kind: Which link of the chain.
        value: What was found: an ENVID, an address, an identifier, a digest.
        token: What was signed, if something was and it verifies.
        verified: Whether a signature of ours verifies; `None` if there is none.
        evidence: Where it was found; its rule names the link and the field.
    """

    kind: LinkKind
    value: str
    token: Token | None = None
    verified: bool | None = None
    evidence: Evidence

    @property
    def names_a_mail(self) -> bool:
        """Whether the value stands for one mail, not for an address alone."""
        return self.kind in _NAME_A_MAIL


def _links(values: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Correlation:
    """All links that were found.

    Args:
        links: In the order of the chain; each value once for each link.
        rejected: Those whose signature does not verify, and what stands under
            it: somebody made them up, or the key is gone.
    """

    links: tuple[Link, ...] = attrs.field(default=(), converter=_links)
    rejected: tuple[Link, ...] = attrs.field(default=(), converter=_links)

    @property
    def best(self) -> Link | None:
        """The surest link that names a mail, or the surest of the others, or `None`."""
        of_mails = (link for link in self.links if link.names_a_mail)
        return next(of_mails, next(iter(self.links), None))

    def of_kind(self, *kinds: LinkKind) -> tuple[Link, ...]:
        """Return the links of some kinds.  Never raises."""
        return tuple([link for link in self.links if link.kind in kinds])
