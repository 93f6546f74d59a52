"""Postfix in a directory of its own, run until a block ends.

Rules.
- Root only: its daemons change to other users, which the system must have.
- It hears nothing but loopback, asks no DNS, and rewrites no address.
- No script of it is run: the directories it checks for are made here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from tests.interop.peers.peer import Peer, needed, peer
from tests.interop.peers.running import HOST, answers, free_port, running, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Postfix", "can_run", "postfix_running"]

# Users and groups that every Debian has.
_OWNER, _OWNER_GROUP, _DROP_GROUP = "mail", "mail", "uucp"
_QUEUES = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
    "saved", "trace",
)  # fmt: skip
_SETTINGS = {
    "compatibility_level": "3.6",
    "mail_owner": _OWNER,
    "setgid_group": _DROP_GROUP,
    "default_privs": "nobody",
    "inet_interfaces": HOST,
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "mydestination": "",
    "local_recipient_maps": "",
    "alias_maps": "",
    "alias_database": "",
    "append_dot_mydomain": "no",
    "smtp_dns_support_level": "disabled",
    "smtp_host_lookup": "native",
    "smtputf8_enable": "no",
    "biff": "no",
    "smtpd_peername_lookup": "no",
    # Its master passes on only what is named here, and its libraries are not the system's.
    "import_environment": "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG LD_LIBRARY_PATH",
    "export_environment": "TZ MAIL_CONFIG LANG LD_LIBRARY_PATH",
}
_SERVICES = """\
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@attrs.frozen(kw_only=True)
class Postfix:
    """A Postfix that runs.

    Args:
        peer: Its programs.
        root: Its directory: `etc`, `spool`, `data`, `log`.
        port: Where its smtpd listens.
    """

    peer: Peer
    root: Path
    port: int

    @property
    def config(self) -> Path:
        """The directory of main.cf and master.cf."""
        return self.root / "etc"

    @property
    def environment(self) -> dict[str, str]:
        """The environment for its commands."""
        return {**self.peer.environment, "MAIL_CONFIG": str(self.config)}

    def run(self, program: str, *arguments: str, given: bytes = b"") -> str:
        """Return what one of its commands prints.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        done = subprocess.run(
            [self.peer.program(program), *arguments],
            input=given,
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=30,
        )
        return done.stdout.decode("utf-8", "replace")

    def send(self, message: bytes, *arguments: str) -> None:
        """Give a message to its sendmail, such as `-N success -f ann@example.org bob@...`."""
        self.run("sendmail", "-i", "-oi", *arguments, given=message)

    def waiting(self) -> list[str]:
        """Return the queue files of it, names only."""
        found = []
        for name in ("maildrop", "incoming", "active", "deferred", "hold"):
            found += [
                path.name for path in (self.root / "spool" / name).rglob("*") if path.is_file()
            ]
        return found

    def wait_empty(self, seconds: float = 20.0) -> None:
        """Return when nothing is left in its queue."""
        wait_for(lambda: not self.waiting(), what="an empty queue of Postfix", seconds=seconds)


def can_run() -> bool:
    """Tell whether Postfix was fetched, and may be started."""
    return peer("postfix") is not None and os.geteuid() == 0


@contextlib.contextmanager
def postfix_running(
    settings: Mapping[str, str] | None = None, *, services: str = ""
) -> Iterator[Postfix]:
    """Run Postfix until the block ends; skips the test where that cannot be.

    Args:
        settings: Parameters of main.cf besides ours or instead.
        services: Lines of master.cf besides ours.
    """
    programs = needed("postfix")
    if os.geteuid() != 0:
        pytest.skip("postfix changes to other users, so it has to be started by root")
    # Not pytest's directory: that one is closed to the users that Postfix runs as.
    root = Path(tempfile.mkdtemp(prefix="dsnlib-postfix-"))
    try:
        root.chmod(0o755)
        port = free_port()
        _write(programs, root, port, settings or {}, services)
        found = Postfix(peer=programs, root=root, port=port)
        command: list[str | Path] = [programs.program("master"), "-c", found.config, "-d"]
        greets, pickup = answers(port), root / "spool" / "public" / "pickup"

        def is_up() -> bool:
            # Whoever greets may be somebody else who has just let go of the port.
            return pickup.exists() and greets()

        with running(command, is_up=is_up, log=root / "console", environment=found.environment):
            yield found
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _write(
    programs: Peer, root: Path, port: int, settings: Mapping[str, str], services: str
) -> None:
    for name in ("etc", "spool", "data"):
        (root / name).mkdir()
    spool = root / "spool"
    for name in (*_QUEUES, "maildrop", "public", "pid"):
        (spool / name).mkdir(mode=0o700)
    for name in _QUEUES:
        shutil.chown(spool / name, _OWNER)
    shutil.chown(root / "data", _OWNER, _OWNER_GROUP)
    for name, mode in (("maildrop", 0o730), ("public", 0o710)):
        shutil.chown(spool / name, _OWNER, _DROP_GROUP)
        (spool / name).chmod(mode)
    (spool / "pid").chmod(0o755)
    all_settings = {
        **_SETTINGS,
        "queue_directory": str(spool),
        "data_directory": str(root / "data"),
        "daemon_directory": str(programs.root / "usr/lib/postfix/sbin"),
        "command_directory": str(programs.root / "usr/sbin"),
        "meta_directory": str(root / "etc"),
        "shlib_directory": str(programs.root / "usr/lib/postfix"),
        "maillog_file": str(root / "log"),
        "maillog_file_prefixes": str(root),
        "myhostname": "postfix.example",
        **settings,
    }
    text = "".join(f"{name} = {value}\n" for name, value in all_settings.items())
    main = root / "etc" / "main.cf"
    main.write_text(text, "utf-8")
    # Each of its programs waits for a file that was written within the last second.
    os.utime(main, (0, 0))
    (root / "etc" / "dynamicmaps.cf").write_text("", "ascii")
    (root / "etc" / "master.cf").write_text(
        f"{HOST}:{port} inet n - n - - smtpd\n{_SERVICES}{services}", "utf-8"
    )
