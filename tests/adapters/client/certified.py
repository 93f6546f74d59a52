"""Certificates of a test's own authority, and handshakes without a network."""

from __future__ import annotations

import functools
import ssl
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["authority", "ca_file", "shake_hands", "showing"]

_MOST_ROUNDS = 10


@functools.cache
def authority() -> trustme.CA:
    """Return the authority."""
    return trustme.CA()


def ca_file(folder: Path) -> Path:
    """Return a file with the certificate of the authority."""
    path = folder / "ca.pem"
    authority().cert_pem.write_to_path(path)
    return path


@functools.cache
def showing(*names: str, issuer: trustme.CA | None = None) -> ssl.SSLContext:
    """Return the context of a server whose certificate has these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (issuer or authority()).issue_cert(*names).configure_cert(context)
    return context


def shake_hands(
    client: ssl.SSLContext, server: ssl.SSLContext, name: str | None
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Return both ends of a connection, the client's first.

    Raises:
        ssl.SSLError: One of them does not want to.
    """
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(back, there, server_hostname=name)
    far = server.wrap_bio(there, back, server_side=True)
    waiting = [near, far]
    for _ in range(_MOST_ROUNDS):
        for each in tuple(waiting):
            try:
                each.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(each)
        if not waiting:
            break
    # A session of TLS 1.3 comes with the first octets.
    far.write(b"220 hello")
    near.read(9)
    return near, far
