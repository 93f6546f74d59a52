"""OpenSMTPD in a directory of its own that is all it sees, run until a block ends.

Rules.
- Root only: its paths are compiled in, and its processes change to other users.
- It hears nothing but loopback, and has no server of names to ask.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.interop.peers.jail import furnish, needs_root
from tests.interop.peers.peer import needed
from tests.interop.peers.running import HOST, answers, free_port, running, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["OpenSmtpd", "opensmtpd_running"]

# Compiled into it; the numbers are any that no system uses.
_ACCOUNTS = {"opensmtpd": 64_993, "opensmtpq": 64_994}
_HOME = "/var/lib/opensmtpd/empty"
_PROGRAMS = ("usr/sbin/smtpd", "usr/sbin/smtpctl")
_CONFIG = """\
{pki}
listen on {host} port {port} hostname "{name}" {options}
action "onward" relay host "smtp://{host}:{next_port}" helo "{name}"
{refusals}
match from any for any action "onward"
"""


@attrs.frozen(kw_only=True)
class OpenSmtpd:
    """An OpenSMTPD that runs.

    Args:
        root: What is `/` to it.
        port: Where it listens.
    """

    root: Path
    port: int

    def log(self) -> str:
        """Return what it has said so far: a line for each command and each delivery."""
        return (self.root / "console").read_text("utf-8", "replace")

    def waiting(self) -> list[str]:
        """Return the files in its queue, names only."""
        spool = self.root / "var" / "spool" / "smtpd"
        folders = ("incoming", "queue")
        return [path.name for each in folders for path in (spool / each).rglob("*") if _is_it(path)]

    def wait_empty(self, seconds: float = 20.0) -> None:
        """Return when nothing is left in its queue."""
        wait_for(lambda: not self.waiting(), what="an empty queue of OpenSMTPD", seconds=seconds)


@contextlib.contextmanager
def opensmtpd_running(
    *,
    next_port: int,
    refused: Sequence[str] = (),
    name: str = "open.example",
    has_dsn: bool = True,
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[OpenSmtpd]:
    """Run OpenSMTPD until the block ends; skips the test where that cannot be.

    Args:
        next_port: Where all mail goes, on loopback.
        refused: Addresses that it says no to.
        name: What it calls itself.
        has_dsn: Whether it announces DSN.
        certificate: The files of its certificate and key; without, it has no TLS.
    """
    programs = needed("opensmtpd")
    needs_root(programs)
    # Not pytest's directory: that one is closed to the users that it runs as.
    root = Path(tempfile.mkdtemp(prefix="dsnlib-opensmtpd-"))
    try:
        port = free_port()
        furnish(root, programs, _PROGRAMS, accounts=_ACCOUNTS, home=_HOME)
        (root / "var" / "run").mkdir()
        (root / "var" / "spool" / "smtpd").mkdir(parents=True)
        (root / "var" / "spool" / "smtpd").chmod(0o711)
        options = [] if has_dsn else ["no-dsn"]
        pki = ""
        if certificate is not None:
            pki = _copy_certificate(root, name, certificate)
            options.append(f'tls pki "{name}"')
        config = _CONFIG.format(
            host=HOST, port=port, next_port=next_port, name=name, pki=pki,
            options=" ".join(options),
            refusals="\n".join(
                f'match from any for any rcpt-to "{each}" reject' for each in refused
            ),
        )  # fmt: skip
        (root / "etc" / "smtpd.conf").write_text(config, "utf-8")
        # "-T": a line for each command that comes and each that goes.
        command: list[str | Path] = [
            "chroot",
            root,
            "/usr/sbin/smtpd",
            "-d",
            "-T",
            "smtp",
            "-T",
            "mta",
        ]
        with running(command, is_up=answers(port), log=root / "console"):
            yield OpenSmtpd(root=root, port=port)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _is_it(path: Path) -> bool:
    # What was there may have been sent since.
    try:
        return path.is_file()
    except OSError:
        return False


def _copy_certificate(root: Path, name: str, certificate: tuple[Path, Path]) -> str:
    """Put a certificate where its owner alone may read it, and return the lines that name it."""
    lines = []
    for kind, path in zip(("cert", "key"), certificate, strict=True):
        target = root / "etc" / f"{name}.{kind}"
        shutil.copyfile(path, target)
        target.chmod(0o600)
        lines.append(f'pki "{name}" {kind} "/etc/{name}.{kind}"')
    return "\n".join(lines)
