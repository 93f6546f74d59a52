"""Dovecot's authentication in a directory of its own, run until a block ends.

Rules.
- There is no IMAP and no port: nothing of it is heard but its socket.
- Its accounts are those of a test; their passwords are kept as they are.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.interop.peers.peer import needed
from tests.interop.peers.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ACCOUNTS", "PARTS", "Dovecot", "dovecot_running"]

# What one in a place of its own needs there.  The first two accounts are compiled into it;
# the numbers are any that no system uses.
ACCOUNTS = {"dovecot": 64_995, "dovenull": 64_996, "vmail": 64_997}
PARTS = ("usr/sbin/dovecot", "usr/bin/doveconf", "usr/lib/dovecot")

_CONFIG = """\
base_dir = {root}/run
state_dir = {root}/state
libexec_dir = {programs}
mail_plugin_dir = {programs}/modules
log_path = {root}/log
protocols =
ssl = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_verbose = yes
auth_debug = yes
auth_failure_delay = 0 secs
import_environment = TZ LD_LIBRARY_PATH
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service auth {{
  user = {user}
  unix_listener {root}/auth {{
    mode = 0666
  }}
}}
service auth-worker {{
  user = {user}
}}
{settings}
"""


@attrs.frozen(kw_only=True)
class Dovecot:
    """A Dovecot that runs.

    Args:
        root: Its directory.
        socket: Where mail servers ask it about clients.
    """

    root: Path
    socket: Path


@contextlib.contextmanager
def dovecot_running(
    accounts: Mapping[str, str],
    *,
    mechanisms: str = "plain login cram-md5 scram-sha-256",
    settings: str = "",
) -> Iterator[Dovecot]:
    """Run Dovecot until the block ends; skips the test if it was not fetched.

    Args:
        accounts: Names and passwords.
        mechanisms: What it offers.
        settings: Lines of its configuration besides ours.
    """
    peer = needed("dovecot")
    # A path of a socket has at most 107 octets; pytest's directories may be longer.
    root = Path(tempfile.mkdtemp(prefix="dsnlib-dovecot-"))
    try:
        root.chmod(0o755)
        users = "".join(f"{name}:{{PLAIN}}{word}\n" for name, word in accounts.items())
        (root / "users").write_text(users, "utf-8")
        config = root / "dovecot.conf"
        config.write_text(
            _CONFIG.format(
                root=root,
                programs=peer.program("auth").parent,
                user=getpass.getuser(),
                group=grp.getgrgid(os.getegid()).gr_name,
                mechanisms=mechanisms,
                settings=settings,
            ),
            "utf-8",
        )
        # The path of doveconf is compiled into it; what doveconf hands on is not asked for again.
        command: list[str | Path] = [
            peer.program("doveconf"), "-f", "service=master", "-c", config, "-m", "master",
            "-e", peer.program("dovecot"), "-F", "-c", config,
        ]  # fmt: skip
        found = Dovecot(root=root, socket=root / "auth")
        with running(
            command,
            is_up=found.socket.is_socket,
            log=root / "console",
            environment=peer.environment,
        ):
            yield found
    finally:
        shutil.rmtree(root, ignore_errors=True)
