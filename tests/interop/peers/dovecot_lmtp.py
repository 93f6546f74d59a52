"""Dovecot's LMTP as a mail store: Maildirs that are its own, on a port of loopback.

Rules.
- Root only: a path of its modules is compiled in.
- Who has an account has a Maildir; mail for others is refused at RCPT.
- Who is over quota is found after the message, so that one of its recipients may be
  refused when others have it (RFC 2033 s4.2).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.interop.peers.dovecot import ACCOUNTS, PARTS
from tests.interop.peers.jail import furnish, needs_root
from tests.interop.peers.peer import needed
from tests.interop.peers.running import HOST, answers, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["DovecotLmtp", "dovecot_lmtp_running"]

_CONFIG = """\
log_path = /log
protocols = lmtp
postmaster_address = postmaster@lmtp.example
hostname = lmtp.example
mail_location = maildir:~/Maildir
mail_plugins = quota
lmtp_rcpt_check_quota = no
plugin {{
  quota = maildir:User quota
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
service lmtp {{
  inet_listener lmtp {{
    address = {host}
    port = {port}
  }}
}}
{tls}
"""
_TLS = """\
ssl = yes
ssl_cert = </certificate
ssl_key = </key
"""
# Behind the name: a password, six fields that are empty, and then those of Dovecot's own.
_OPEN = "{PLAIN}secret::::::"
_FULL = f"{_OPEN}userdb_quota_rule=*:bytes=1"


@attrs.frozen(kw_only=True)
class DovecotLmtp:
    """A mail store that runs.

    Args:
        root: What is `/` to it.
        port: Where it speaks LMTP.
    """

    root: Path
    port: int

    def mailbox(self, address: str) -> list[bytes]:
        """Return the messages that somebody has."""
        folder = self.root / "homes" / address / "Maildir" / "new"
        return [path.read_bytes() for path in sorted(folder.glob("*"))]

    def log(self) -> str:
        """Return what it has noted so far."""
        return (self.root / "log").read_text("utf-8", "replace")


@contextlib.contextmanager
def dovecot_lmtp_running(
    addresses: Sequence[str],
    *,
    full: Sequence[str] = (),
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[DovecotLmtp]:
    """Run Dovecot with LMTP until the block ends; skips the test where that cannot be.

    Args:
        addresses: Who has a mailbox.
        full: Who has one that nothing goes into any more.
        certificate: The files of its certificate and key; without, it has no TLS.
    """
    programs = needed("dovecot")
    needs_root(programs)
    # Not pytest's directory: that one is closed to the users that it runs as.
    root = Path(tempfile.mkdtemp(prefix="dsnlib-lmtp-"))
    try:
        port = free_port()
        furnish(root, programs, PARTS, accounts=ACCOUNTS)
        (root / "etc" / "dovecot").mkdir()
        (root / "var" / "lib" / "dovecot").mkdir(parents=True)
        (root / "homes").mkdir()
        shutil.chown(root / "homes", ACCOUNTS["vmail"], ACCOUNTS["vmail"])
        users = {**dict.fromkeys(addresses, _OPEN), **dict.fromkeys(full, _FULL)}
        lines = [f"{address}:{fields}\n" for address, fields in users.items()]
        (root / "users").write_text("".join(lines), "utf-8")
        for kind, path in zip(("certificate", "key"), certificate or (), strict=False):
            shutil.copyfile(path, root / kind)
        (root / "etc" / "dovecot" / "dovecot.conf").write_text(
            _CONFIG.format(host=HOST, port=port, tls="ssl = no" if certificate is None else _TLS),
            "utf-8",
        )
        command: list[str | Path] = ["chroot", root, "/usr/sbin/dovecot", "-F"]
        with running(command, is_up=answers(port), log=root / "console"):
            yield DovecotLmtp(root=root, port=port)
    finally:
        shutil.rmtree(root, ignore_errors=True)
