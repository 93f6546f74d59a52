"""OpenDKIM, a real mail filter, run until a block ends: it signs what it is given."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.interop.peers.peer import needed
from tests.interop.peers.running import HOST, free_port, listens, running

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OpenDkim", "opendkim_running"]

_CONFIG = """\
Socket inet:{port}@{host}
Domain {domain}
Selector test
KeyFile {root}/key
RequireSafeKeys no
Mode s
InternalHosts {host}
ExternalIgnoreList {host}
Background no
Syslog no
AutoRestart no
{settings}
"""
_KEY_BITS = 1024


@attrs.frozen(kw_only=True)
class OpenDkim:
    """An OpenDKIM that runs.

    Args:
        port: Where it listens, on loopback.
        root: Its directory.
    """

    port: int
    root: Path


@contextlib.contextmanager
def opendkim_running(*, domain: str = "example.org", settings: str = "") -> Iterator[OpenDkim]:
    """Run OpenDKIM until the block ends; skips the test if it was not fetched.

    Args:
        domain: Mail from there is signed.
        settings: Lines of its configuration besides ours.
    """
    peer = needed("opendkim")
    root = Path(tempfile.mkdtemp(prefix="dsnlib-opendkim-"))
    try:
        port = free_port()
        key = rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)
        (root / "key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        config = root / "opendkim.conf"
        config.write_text(
            _CONFIG.format(root=root, host=HOST, port=port, domain=domain, settings=settings),
            "utf-8",
        )
        command: list[str | Path] = [peer.program("opendkim"), "-f", "-x", config]
        with running(command, is_up=listens(port), log=root / "log", environment=peer.environment):
            yield OpenDkim(port=port, root=root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
