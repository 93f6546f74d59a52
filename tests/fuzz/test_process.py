"""A module in a process of its own ends, whatever it does.

The modules here are small ones of the standard library.
"""

import signal
import threading
import time

from fuzz.process import Reason, run_module


def test_a_process_that_ends_itself() -> None:
    """What it said and its exit status are there, and that it took some time."""
    ended = run_module("json.tool", "no-such-file", seconds=60)

    assert (Reason.ITSELF, 2) == (ended.reason, ended.status)
    assert "no-such-file" in ended.output
    assert 0 < ended.processor_seconds
    assert 0 < ended.seconds < 60


def test_a_process_that_hangs_is_told_to_abort() -> None:
    """It dies by SIGABRT, on which a fuzzer stores what it is at; its output is kept."""
    ended = run_module("http.server", "--bind", "127.0.0.1", "0", seconds=1)

    assert (Reason.TIME, -signal.SIGABRT) == (ended.reason, ended.status)
    assert ended.seconds >= 1


def test_a_process_is_interrupted_when_it_shall_stop() -> None:
    """It gets SIGINT, as if somebody had typed Ctrl-C, long before its time is over."""
    stop = threading.Event()
    threading.Timer(1, stop.set).start()
    started = time.monotonic()

    ended = run_module("http.server", "--bind", "127.0.0.1", "0", seconds=500, stop=stop)

    assert Reason.STOPPED is ended.reason
    assert time.monotonic() - started < 100
