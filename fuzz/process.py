"""A module of ours in a process of its own, which ends whatever it does.

Rules.
- What it says is kept in a file, and is there whatever becomes of it.
- A fuzzer that is still at it when its time is over is told to abort: libFuzzer then
  stores the input that it is at.  If that does not help it is killed.
- When whoever runs it wants to stop, it is interrupted: libFuzzer then says what it did.
"""

from __future__ import annotations

import enum
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["Ended", "Reason", "run_module"]

ROOT = Path(__file__).resolve().parent.parent
# For a fuzzer to write down what it is at.
_FAREWELL_SECONDS = 10
_POLL_SECONDS = 0.1


class Reason(enum.Enum):
    """Why a process ended."""

    ITSELF = "itself"
    TIME = "time"
    STOPPED = "stopped"


_SIGNALS = {
    Reason.TIME: (signal.SIGABRT, signal.SIGKILL),
    Reason.STOPPED: (signal.SIGINT, signal.SIGKILL),
}


class Ended(NamedTuple):
    """What came of a process.

    Args:
        status: With what it ended; below zero the number of a signal.
        reason: Why.
        output: All that it said.
        seconds: How long it was there.
        processor_seconds: How long it had a processor, and what it started.
    """

    status: int
    reason: Reason
    output: str
    seconds: float
    processor_seconds: float


def run_module(
    module: str, *arguments: str, seconds: float, stop: threading.Event | None = None
) -> Ended:
    """Run a module until it ends, or is ended.

    Args:
        module: Its name.
        arguments: Those of the command line.
        seconds: How long it may take.
        stop: Set when it shall end.
    """
    stop = stop or threading.Event()
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for whoever runs us.
            start_new_session=True,
        )
        reason, status, processor_seconds = _wait(process, started + seconds, stop)
        taken = time.monotonic() - started
        said.seek(0)
        output = said.read().decode(errors="replace")
    return Ended(status, reason, output, taken, processor_seconds)


def _wait(
    process: subprocess.Popen[bytes], deadline: float, stop: threading.Event
) -> tuple[Reason, int, float]:
    reason = Reason.ITSELF
    signals: list[signal.Signals] = []
    while True:
        # Popen's own way does not say how long a process had a processor.
        pid, state, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(state)
            return reason, process.returncode, usage.ru_utime + usage.ru_stime
        is_over = time.monotonic() >= deadline
        if reason is Reason.ITSELF and (is_over or stop.is_set()):
            reason = Reason.TIME if is_over else Reason.STOPPED
            signals = [*_SIGNALS[reason]]
            is_over = True
        if is_over:
            process.send_signal(signals.pop(0) if signals else signal.SIGKILL)
            deadline = time.monotonic() + _FAREWELL_SECONDS
        time.sleep(_POLL_SECONDS)
