"""HAProxy in front of a port, run until a block ends: it says where its clients are."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.interop.peers.peer import needed
from tests.interop.peers.running import HOST, free_port, listens, running

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["haproxy_running"]

_CONFIG = """\
global
  maxconn 100
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen smtp
  bind {host}:{port}
  server behind {host}:{behind} {header} {settings}
"""


@contextlib.contextmanager
def haproxy_running(behind: int, header: str, *, settings: str = "") -> Iterator[int]:
    """Run HAProxy until the block ends, and yield its port; skips if it was not fetched.

    Args:
        behind: The port that it is in front of.
        header: `send-proxy` or `send-proxy-v2`.
        settings: Words of its `server` line besides ours.
    """
    peer = needed("haproxy")
    root = Path(tempfile.mkdtemp(prefix="dsnlib-haproxy-"))
    try:
        port = free_port()
        config = root / "haproxy.cfg"
        config.write_text(
            _CONFIG.format(host=HOST, port=port, behind=behind, header=header, settings=settings),
            "utf-8",
        )
        command: list[str | Path] = [peer.program("haproxy"), "-db", "-f", config]
        with running(command, is_up=listens(port), log=root / "log", environment=peer.environment):
            yield port
    finally:
        shutil.rmtree(root, ignore_errors=True)
