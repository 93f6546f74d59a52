"""Mailman 3 in an environment of its own: `python -m tests.interop.peers.mailman` makes it.

Rules.
- It comes from the package index by pip, into `.peers`, which nobody commits.
- Nothing is configured outside the directory of the test, and no mail leaves the machine:
  its runner for outgoing mail does not run.
- Whoever runs it has a runner for each queue; here only those that are asked for.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.interop.peers.fetch import DIRECTORY
from tests.interop.peers.running import HOST, free_port, listens, running

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DOMAIN", "PROGRAMS", "Mailman", "fetch", "mailman_running"]

DOMAIN = "lists.example"
ENVIRONMENT = DIRECTORY / "mailman-venv"
PROGRAMS = ENVIRONMENT / "bin"
# Mailman 3.3.10 asks SQLAlchemy for what 2.1 has no more.
_PACKAGES = ("mailman", "mailmanclient", "sqlalchemy<2.1")
_ROOT = Path(__file__).resolve().parents[3]
_USER, _PASSWORD = "tester", "secret"
_SECONDS = 30.0
_CONFIG = """\
[mailman]
layout: here
site_owner: owner@lists.example
[paths.here]
var_dir: {directory}/var
[mta]
incoming: mailman.mta.null.NullMTA
[webservice]
port: {port}
admin_user: {user}
admin_pass: {password}
[runner.bounces]
class: {runner}
sleep_time: 1s
"""


def fetch() -> None:
    """Make the environment, if it is not there.

    Raises:
        subprocess.CalledProcessError: It cannot be made.
    """
    if (PROGRAMS / "runner").is_file():
        return
    DIRECTORY.mkdir(exist_ok=True)
    (DIRECTORY / ".gitignore").write_text("*\n", "ascii")
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    subprocess.run([PROGRAMS / "pip", "install", "-q", *_PACKAGES], check=True)


@attrs.frozen(kw_only=True)
class Mailman:
    """A Mailman whose REST interface runs.

    Args:
        directory: Where all that is its own is.
        port: Of its REST interface.
    """

    directory: Path
    port: int

    @property
    def url(self) -> str:
        """Where its REST interface is."""
        return f"http://{HOST}:{self.port}/3.1"

    @property
    def environment(self) -> dict[str, str]:
        """What its programs, and programs of its environment, find dsnlib and it by."""
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "docs" / "examples")]),
            "MAILMAN_CONFIG_FILE": str(self.directory / "mailman.cfg"),
            "MAILMAN_USER": _USER,
            "MAILMAN_PASSWORD": _PASSWORD,
        }

    def ask(self, path: str, **values: str) -> dict[str, Any]:
        """Return what it answers: to GET, or to POST if there are values."""
        token = base64.b64encode(f"{_USER}:{_PASSWORD}".encode()).decode("ascii")
        request = urllib.request.Request(  # noqa: S310  its own address
            f"{self.url}/{path}",
            data=urllib.parse.urlencode(values).encode() if values else None,
            headers={"Authorization": f"Basic {token}"},
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310  as above
            octets = response.read()
        found: dict[str, Any] = json.loads(octets) if octets else {}
        return found

    def make_list(self, name: str, *members: str) -> None:
        """Make a list of its domain with these members."""
        self.ask("lists", fqdn_listname=name)
        for member in members:
            self.ask(
                "members", list_id=name.replace("@", "."), subscriber=member,
                pre_verified="true", pre_confirmed="true", pre_approved="true",
            )  # fmt: skip

    def members(self, name: str) -> dict[str, dict[str, Any]]:
        """Return what is known of each member of a list."""
        found = self.ask(f"lists/{name}/roster/member")
        return {each["email"]: each for each in found.get("entries", ())}

    def bounce(self, list_id: str, mail: str) -> None:
        """Give it a bounce, as its LMTP does."""
        self.ask("queues/bounces", list_id=list_id, text=mail)

    @contextlib.contextmanager
    def runner(self, runner: str) -> Iterator[None]:
        """Run a runner for bounces, by the name of its class, until the block ends."""
        config = _write_config(self.directory, self.port, runner)
        with running(
            [PROGRAMS / "runner", "-C", config, "-r", "bounces"],
            is_up=lambda: True,
            log=self.directory / "runner.log",
            environment=self.environment,
        ):
            yield

    def run(self, program: str | Path, *arguments: str, given: str = "") -> str:
        """Return what a program of Python's in its environment prints.

        Raises:
            RuntimeError: It failed; with what it said.
        """
        done = subprocess.run(
            [PROGRAMS / "python", program, *arguments],
            input=given,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}\n{done.stderr}")
        return done.stdout


def _write_config(directory: Path, port: int, runner: str) -> Path:
    path = directory / "mailman.cfg"
    values = {"user": _USER, "password": _PASSWORD, "runner": runner}
    path.write_text(_CONFIG.format(directory=directory, port=port, **values), "utf-8")
    return path


@contextlib.contextmanager
def mailman_running(directory: Path) -> Iterator[Mailman]:
    """Run Mailman's REST interface until the block ends; skips the test where it is not there."""
    if not (PROGRAMS / "runner").is_file():
        pytest.skip("Mailman was not fetched: python -m tests.interop.peers.mailman")
    found = Mailman(directory=directory, port=free_port())
    config = _write_config(directory, found.port, "mailman.runners.bounce.BounceRunner")
    with running(
        [PROGRAMS / "runner", "-C", config, "-r", "rest"],
        is_up=listens(found.port),
        log=directory / "rest.log",
        environment=found.environment,
    ):
        found.ask("domains", mail_host=DOMAIN)
        yield found


if __name__ == "__main__":
    fetch()
    print(ENVIRONMENT)  # noqa: T201  a command prints
