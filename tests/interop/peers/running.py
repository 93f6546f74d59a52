"""A program that runs while a test talks to it: started, waited for, stopped by its pid.

Rules.
- It has a process group of its own, and only that group is ever signalled.
- What it prints is kept; it is in the error when the program does not come up.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["answers", "free_port", "listens", "running", "stop", "wait_for"]

HOST = "127.0.0.1"
START_SECONDS = 15.0
_STOP_SECONDS = 5.0
_PAUSE_SECONDS = 0.02
_TRIES = 100
# Below Linux's net.ipv4.ip_local_port_range.
_LOWEST_PORT, _PORTS = 20_000, 12_000


def free_port() -> int:
    """Return a port of loopback that nobody listens on, and that nobody is given by chance.

    Raises:
        OSError: None was found.
    """
    for _ in range(_TRIES):
        # Whoever binds to any port, or connects, is given one above these, and may have it
        # before the program that it is meant for.
        port = _LOWEST_PORT + secrets.randbelow(_PORTS)
        # Where somebody has it, the next one is tried.
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind((HOST, port))
            return port
    raise OSError(f"{_TRIES} ports of {HOST} are in use")


def answers(port: int) -> Callable[[], bool]:
    """Return a check that a mail server on a port greets whoever connects."""

    def check() -> bool:
        try:
            with socket.create_connection((HOST, port), timeout=1.0) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    return check


def listens(port: int) -> Callable[[], bool]:
    """Return a check that somebody takes connections on a port."""

    def check() -> bool:
        try:
            with socket.create_connection((HOST, port), timeout=1.0):
                return True
        except OSError:
            return False

    return check


def wait_for(check: Callable[[], object], *, what: str, seconds: float = START_SECONDS) -> None:
    """Return as soon as a check is true.

    Args:
        check: What is asked again and again.
        what: What is waited for, for the error.
        seconds: For how long.

    Raises:
        TimeoutError: It has not become true.
    """
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *,
    is_up: Callable[[], bool],
    log: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in the foreground until the block ends.

    Args:
        command: The program and its arguments.
        is_up: Whether it can be talked to.
        log: Where what it prints is added.
        environment: Its environment; ours if not given.
        directory: Where it runs.

    Yields:
        The process.

    Raises:
        RuntimeError: It ended, or did not come up; with what it printed.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=None if environment is None else dict(environment),
            cwd=directory,
            start_new_session=True,
        )
    try:
        try:
            wait_for(lambda: process.poll() is not None or is_up(), what=str(command[0]))
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{log.read_text('utf-8', 'replace')}") from error
        if process.poll() is not None:
            raise RuntimeError(
                f"{command[0]} ended with {process.returncode}\n{log.read_text('utf-8', 'replace')}"
            )
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started as the leader of a group, and its children."""
    _signal(process.pid, signal.SIGTERM)
    # Who does not end in time is killed below.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    # All of the group may have ended.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
