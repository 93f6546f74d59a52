"""Dovecot's IMAP over Maildirs that are its own, on a port of loopback.

Rules.
- Root only: a path of its modules is compiled in.
- Mail is put into `new` of a Maildir, as a mail server does.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.interop.peers.dovecot import ACCOUNTS, PARTS
from tests.interop.peers.jail import furnish, needs_root
from tests.interop.peers.peer import needed
from tests.interop.peers.running import HOST, free_port, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DovecotImap", "dovecot_imap_running"]

_CONFIG = """\
log_path = /log
protocols = imap
mail_location = maildir:~/Maildir
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
imap_idle_notify_interval = 5 secs
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u /users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u /users
  default_fields = uid=vmail gid=vmail home=/homes/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = {host}
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
_NUMBERS = itertools.count(1)


@attrs.frozen(kw_only=True)
class DovecotImap:
    """An IMAP server that runs.

    Args:
        root: What is `/` to it.
        port: Where it speaks IMAP.
        user: Who has a mailbox.
        password: His password.
    """

    root: Path
    port: int
    user: str = "bounces@imap.example"
    password: str = "secret"

    @property
    def maildir(self) -> Path:
        """The mailbox."""
        return self.root / "homes" / self.user / "Maildir"

    def deliver(self, octets: bytes) -> None:
        """Put a mail into the mailbox."""
        name = f"{next(_NUMBERS)}.M1P1.imap.example"
        draft = self.maildir / "tmp" / name
        draft.write_bytes(octets)
        shutil.chown(draft, ACCOUNTS["vmail"], ACCOUNTS["vmail"])
        draft.rename(self.maildir / "new" / name)

    def log(self) -> str:
        """Return what it has noted so far."""
        return (self.root / "log").read_text("utf-8", "replace")


@contextlib.contextmanager
def dovecot_imap_running() -> Iterator[DovecotImap]:
    """Run Dovecot with IMAP until the block ends; skips the test where that cannot be."""
    programs = needed("dovecot-imap")
    needs_root(programs)
    # Not pytest's directory: that one is closed to the users that it runs as.
    root = Path(tempfile.mkdtemp(prefix="dsnlib-imap-"))
    try:
        found = DovecotImap(root=root, port=free_port())
        furnish(root, programs, PARTS, accounts=ACCOUNTS)
        (root / "etc" / "dovecot").mkdir()
        (root / "var" / "lib" / "dovecot").mkdir(parents=True)
        for name in ("cur", "new", "tmp"):
            (found.maildir / name).mkdir(parents=True)
        for path in ((root / "homes"), *(root / "homes").rglob("*")):
            os.chown(path, ACCOUNTS["vmail"], ACCOUNTS["vmail"])
        (root / "users").write_text(f"{found.user}:{{PLAIN}}{found.password}::::::\n", "utf-8")
        config = _CONFIG.format(host=HOST, port=found.port)
        (root / "etc" / "dovecot" / "dovecot.conf").write_text(config, "utf-8")
        command: list[str | Path] = ["chroot", root, "/usr/sbin/dovecot", "-F"]
        with running(command, is_up=_greets(found.port), log=root / "console"):
            yield found
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _greets(port: int) -> Callable[[], bool]:
    def check() -> bool:
        try:
            with socket.create_connection((HOST, port), timeout=1.0) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False

    return check
