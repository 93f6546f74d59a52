"""Signs of life for systemd: ready, still there, stopping (sd_notify(3)).

Nothing of this is done where `NOTIFY_SOCKET` is not set.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ServiceManager"]


class ServiceManager:
    """Whoever started the process and wants to hear of it.

    Args:
        environment: The variables of the process.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        self._place = given.get("NOTIFY_SOCKET", "")
        micros = given.get("WATCHDOG_USEC", "")
        is_ours = given.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watch_seconds = int(micros) / 2e6 if micros.isdecimal() and is_ours else 0.0

    @property
    def watch_seconds(self) -> float:
        """How often it wants to hear that the process is alive; 0.0 for never."""
        return self._watch_seconds if self._place else 0.0

    def tell(self, *states: str) -> None:
        """Send states such as `READY=1`.  Never raises: nobody may be listening any more."""
        if not self._place:
            return
        # "@" is a name that no file system has.
        name = f"\0{self._place[1:]}" if self._place[:1] == "@" else self._place
        # A manager that is gone has no more use for it.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.connect(name)
            sock.sendall("\n".join(states).encode())
