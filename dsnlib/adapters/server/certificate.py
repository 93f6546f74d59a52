"""What a TLS connection says of the client.

Rules.
- A fingerprint is SHA-256 over the certificate, in pairs of upper-case digits with
  colons between, as Postfix has them in tables.
- A certificate that no authority vouches for does not get here: OpenSSL ends the
  handshake.  Without one to ask, clients are not asked for certificates.
"""

from __future__ import annotations

import hashlib
import ssl
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import asyncio

__all__ = ["TlsFacts", "read_tls"]


@attrs.frozen(kw_only=True)
class TlsFacts:
    """What is known of an encrypted connection.

    Args:
        version: `TLSv1.3`.
        cipher: The name of the cipher suite.
        is_resumed: Whether the session is one of before, which costs next to nothing.
        fingerprints: Of the client's certificate, if it has shown one.
        is_verified: Whether an authority vouches for it.
        name: The common name in it, or `None`.
    """

    version: str = ""
    cipher: str = ""
    is_resumed: bool = False
    fingerprints: tuple[str, ...] = ()
    is_verified: bool = False
    name: str | None = None


def read_tls(transport: asyncio.BaseTransport) -> TlsFacts | None:
    """Return what is known of an encrypted connection, `None` of another."""
    found = transport.get_extra_info("ssl_object")
    if not isinstance(found, ssl.SSLObject):
        return None
    octets = found.getpeercert(binary_form=True)
    cipher = found.cipher()
    return TlsFacts(
        version=found.version() or "",
        cipher=cipher[0] if cipher else "",
        is_resumed=bool(found.session_reused),
        fingerprints=() if octets is None else (_fingerprint(octets),),
        # A context that verifies nothing reads nothing either.
        is_verified=bool(found.getpeercert()),
        name=_common_name(found),
    )


def _fingerprint(octets: bytes) -> str:
    return hashlib.sha256(octets).digest().hex(":").upper()


def _common_name(found: ssl.SSLObject) -> str | None:
    # Empty where it was shown and not verified.
    certificate = found.getpeercert() or {}
    for group in certificate.get("subject", ()):
        for pair in group:
            key, value = pair[0], str(pair[1])
            if key == "commonName" and value.isprintable():
                return value
    return None
