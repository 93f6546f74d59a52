"""The fixture is a sink of its own for each test, and costs nothing where it is not asked for."""

# ruff: noqa: F811  a fixture is asked for by its name
from __future__ import annotations

import os
import smtplib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.pytest_plugin import dsn_sink  # noqa: F401  the fixture

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.adapters.sink import Sink

MESSAGE = "Subject: Welcome\r\n\r\n"


def send(sink: Sink, local_part: str) -> None:
    """Send a message as a program under test would."""
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
        client.sendmail("ann@example.org", sink.address(local_part), MESSAGE)


@pytest.mark.parametrize("time", ["first", "second"])
def test_fresh_for_each_test(dsn_sink: Sink, time: str) -> None:
    """No test sees what another one has sent."""
    send(dsn_sink, time)

    (message,) = dsn_sink.messages
    assert (dsn_sink.address(time),) == message.recipients


def test_refusal(dsn_sink: Sink) -> None:
    """The local part says what is refused."""
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        send(dsn_sink, "bounce-5.2.2")

    ((code, _),) = caught.value.recipients.values()
    assert 552 == code


PROBE = """
import sys
import pytest
before = set(sys.modules)
import dsnlib.adapters.pytest_plugin
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_light_to_load() -> None:
    """What every run of pytest loads is dsnlib's own, and little."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], check=True, capture_output=True, text=True, timeout=60
    )
    loaded = set(probe.stdout.split())

    assert "dsnlib" in loaded
    assert set() == loaded & {"aiosmtpd", "asyncio", "babel", "email", "ssl"}


TEST = """
import smtplib

def test_it(dsn_sink):
    with smtplib.SMTP(dsn_sink.host, dsn_sink.port) as client:
        client.sendmail("a@x", dsn_sink.address(), "x")
    assert 1 == len(dsn_sink.messages)
"""


def test_in_a_project_of_its_own(tmp_path: Path) -> None:
    """A project needs no line for it but the name of the fixture."""
    (tmp_path / "test_it.py").write_text(TEST)
    command = ["-p", "dsnlib.adapters.pytest_plugin", "-p", "no:cacheprovider", "-q", "-W", "error"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *command],
        cwd=tmp_path,
        # Registered or not, it is loaded once.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr
