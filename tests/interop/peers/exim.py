"""Exim in a directory of its own, run until a block ends.

Rules.
- It hears nothing but loopback, asks no DNS, and offers DSN to everybody.
- Whoever runs it is its trusted user; the account of Debian's package is made up.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.interop.peers.accounts import with_accounts
from tests.interop.peers.peer import needed
from tests.interop.peers.running import HOST, answers, free_port, running, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Exim", "exim_running"]

# Compiled into Debian's; the number is any that no system uses.
_ACCOUNT = {"Debian-exim": 64_991}

_CONFIG = """\
exim_path = {program}
primary_hostname = {name}
exim_user = {user}
exim_group = {group}
never_users =
local_interfaces = <; {host}
daemon_smtp_ports = {port}
spool_directory = {root}/spool
log_file_path = {root}/log/%slog
log_selector = {selector}
pid_file_path = {root}/pid
keep_environment = LD_PRELOAD : LD_LIBRARY_PATH : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
host_lookup =
helo_accept_junk_hosts = *
dsn_advertise_hosts = *
dns_dnssec_ok = 0
queue_only = false
split_spool_directory = false
check_spool_space = 0
check_spool_inodes = 0
ignore_bounce_errors_after = 0s
delay_warning =
acl_smtp_rcpt = without_refused
acl_smtp_data = everything
tls_advertise_hosts = {tls}
{settings}

begin acl

without_refused:
  deny local_parts = {refused}
       message = nobody of that name
  accept

everything:
  accept

begin routers

{routers}
onward:
  driver = manualroute
  transport = onward
  route_list = * {host}::{next_port} byname
  self = send

begin transports

{transports}
onward:
  driver = smtp
  hosts_try_fastopen =
  allow_localhost
  hosts_avoid_tls = *

begin retry

* * F,1h,1s

begin authenticators

{authenticators}
"""
_CERTIFICATE = """\
tls_certificate = {root}/certificate
tls_privatekey = {root}/key
"""
# Passwords stand in it as they are: they are those of a test.
_AUTHENTICATORS = r"""
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{lookup{{$auth2}}lsearch{{{root}/users}}\
    {{${{if eq{{$value}}{{$auth3}}}}}}fail}}
  server_set_id = $auth2

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{lookup{{$auth1}}lsearch{{{root}/users}}\
    {{${{if eq{{$value}}{{$auth2}}}}}}fail}}
  server_set_id = $auth1

cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{lookup{{$auth1}}lsearch{{{root}/users}}{{$value}}fail}}
  server_set_id = $auth1
"""


@attrs.frozen(kw_only=True)
class Exim:
    """An Exim that runs.

    Args:
        root: Its directory: `log`, `spool`.
        port: Where it listens.
    """

    root: Path
    port: int

    def log(self) -> str:
        """Return what it has noted so far of messages: a line for each step."""
        path = self.root / "log" / "mainlog"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def waiting(self) -> list[str]:
        """Return the messages that it has not done with."""
        return [path.stem for path in (self.root / "spool" / "input").glob("*-H")]

    def wait_empty(self, seconds: float = 20.0) -> None:
        """Return when nothing is left in its queue."""
        wait_for(lambda: not self.waiting(), what="an empty queue of Exim", seconds=seconds)


@contextlib.contextmanager
def exim_running(
    *,
    next_port: int,
    refused: str = "",
    name: str = "exim.example",
    accounts: Mapping[str, str] | None = None,
    certificate: tuple[Path, Path] | None = None,
    settings: str = "",
    selector: str = "+all",
    routers: str = "",
    transports: str = "",
) -> Iterator[Exim]:
    """Run Exim until the block ends; skips the test if it was not fetched.

    Args:
        next_port: Where mail for all other domains goes, on loopback.
        refused: Local parts that it says no to, with colons between.
        name: What it calls itself.
        accounts: Names and passwords of those who may log in, with PLAIN, LOGIN, CRAM-MD5.
        certificate: The files of its certificate and key; without, it has no TLS.
        settings: Lines of the first part of its configuration besides ours.
        selector: What lines of its log hold besides what they must.
        routers: Routers that come before ours.
        transports: What they name.
    """
    peer = needed("exim")
    needed("nss-wrapper")
    # Not pytest's directory: that one is closed to the user that Exim changes to.
    root = Path(tempfile.mkdtemp(prefix="dsnlib-exim-"))
    try:
        root.chmod(0o755)
        for folder in ("log", "spool"):
            (root / folder).mkdir()
        for kind, path in zip(("certificate", "key"), certificate or (), strict=False):
            shutil.copyfile(path, root / kind)
        users = "".join(f"{user}: {word}\n" for user, word in (accounts or {}).items())
        (root / "users").write_text(users, "utf-8")
        user, group = _account(root)
        environment = {**peer.environment, **with_accounts(root, _ACCOUNT)}
        port = free_port()
        config = root / "exim.conf"
        config.write_text(
            _CONFIG.format(
                root=root, host=HOST, port=port, next_port=next_port, user=user, group=group,
                program=peer.program("exim4"), name=name, refused=refused,
                selector=selector, routers=routers, transports=transports,
                tls="" if certificate is None else "*",
                settings=settings + ("" if certificate is None else _CERTIFICATE.format(root=root)),
                authenticators=_AUTHENTICATORS.format(root=root) if accounts else "",
            ),
            "utf-8",
        )  # fmt: skip
        # "-q1s": what waits is tried again each second.
        command: list[str | Path] = [peer.program("exim4"), "-C", config, "-bdf", "-q1s"]
        with running(command, is_up=answers(port), log=root / "console", environment=environment):
            yield Exim(root=root, port=port)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _account(root: Path) -> tuple[str, str]:
    """Return the user and group that Exim is to run as, by number; they own the directories."""
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid())
        return str(own.pw_uid), str(own.pw_gid)
    (number,) = _ACCOUNT.values()
    for name in ("log", "spool"):
        os.chown(root / name, number, number)
    return str(number), str(number)
