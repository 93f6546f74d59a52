"""A bounce that could not be read, for whoever can do something about it.

`read_bounces` hands one to the caller's function when a mail is most likely a
bounce and gives no event.  The function keeps it, counts it, or sends it on,
anonymized, to those who write the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from dsnlib.bounces.event import Evidence
from dsnlib.bounces.kinds.message_kind import MessageKind, find_kind

__all__ = ["OnUnknown", "UnknownBounce"]


@attrs.frozen(kw_only=True)
class UnknownBounce:
    """A mail that looks like a bounce, and that nothing could be read of.

    Args:
        octets: The mail, as it came.
        kind: What it looks like.
        evidence: Why.
    """

    octets: bytes = attrs.field(repr=False)
    kind: MessageKind
    evidence: tuple[Evidence, ...] = ()

    @classmethod
    def of(cls, octets: bytes) -> UnknownBounce:
        """Return the value for a mail.  Never raises."""
        kind, evidence = find_kind(octets)
        return cls(octets=octets, kind=kind, evidence=evidence)

    def anonymized(self, *, key: bytes) -> bytes:
        """Return the mail with the names in it replaced.

        Args:
            key: A secret of 16 octets or more.

        Raises:
            InvalidValue: The key is shorter.
        """
        # Here, because whoever reads bounces rarely needs it: it takes 50 ms to load.
        from dsnlib.bounces.anonymize import anonymize

        return anonymize(self.octets, key=key)


# What a caller gives to be called with each; what it returns is not looked at.
OnUnknown: TypeAlias = Callable[[UnknownBounce], object]
