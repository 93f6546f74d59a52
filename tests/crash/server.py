"""The server that is killed: `dsnlib serve`, as anybody runs it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING

import attrs

from tests.interop.peers.ours import ROOT, Ours, write_config
from tests.interop.peers.running import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Started", "make_site", "start_server", "tracebacks"]

# Without a budget: one sender hears of thousands of messages in an hour.
_SETTINGS = 'notify_profile = "default"'
_TRACEBACK = re.compile(r"^Traceback .*?(?=^\S+:|\Z)[^\n]*", re.MULTILINE | re.DOTALL)


def make_site(directory: Path, port: int, hops: Mapping[str, int]) -> Ours:
    """Write the configuration of the server.

    Args:
        directory: Where all of it is; made if it is not there.
        port: Where it is to listen, after each start again.
        hops: The ports of next hops by domain.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ways = {domain: f"smtp:[{HOST}]:{port}" for domain, port in hops.items()}
    ways["discard.example"] = "discard:"
    return write_config(directory, port, ways=ways, settings=_SETTINGS)


@attrs.frozen
class Started:
    """A server that was started; it leads a process group of its own."""

    process: subprocess.Popen[bytes]

    def has_ended(self) -> bool:
        """Tell whether it is not there any more."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """Kill it, without a warning."""
        # It may have ended by itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float) -> int:
        """Ask it to end, and return its exit status; kills it if it does not.

        Args:
            seconds: How long it may take.
        """
        # The same; then its exit status tells.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode


def start_server(site: Ours) -> Started:
    """Start the server, and do not wait for it."""
    with (site.root / "console").open("ab") as output:
        return Started(
            subprocess.Popen(
                site.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                start_new_session=True,
            )
        )


def tracebacks(site: Ours) -> list[str]:
    """Return what the server has printed and should not have."""
    return [" ".join(each.split())[-500:] for each in _TRACEBACK.findall(site.log())]
