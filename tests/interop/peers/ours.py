"""Our own server, as `dsnlib serve` runs it, in a directory of its own.

Mail for `here.example` ends in Maildirs, and for other domains goes the way that a
test says.  Attempts are a second apart, and senders are warned after one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib import DeliveryReport, read_reports
from tests.interop.peers.running import HOST, answers, free_port, running, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["DOMAIN", "Ours", "ours_running", "write_config"]

ROOT = Path(__file__).resolve().parents[3]
DOMAIN = "here.example"
_NAMES = ("ann", "box-0", "box-1", "box-2", "box-3", "member-1", "member-2", "postmaster")
_ALIASES = "team: member-1, member-2\n"
_CONFIG = """\
myhostname = "{domain}"
mydestination = ["{domain}"]
postmaster = "postmaster@{domain}"
queue_directory = "{root}/queue"
mail_spool_directory = "{root}/mail"
maillog_file = "{root}/maillog"
alias_maps = ["texthash:{root}/aliases"]
local_recipient_maps = ["texthash:{root}/names"]
transport_maps = ["texthash:{root}/ways"]
minimal_backoff_time = "1s"
maximal_backoff_time = "2s"
delay_warning_time = "1s"
smtpd_peername_lookup = false
smtpd_client_connection_count_limit = 0
{settings}
[[listen]]
address = "{host}"
port = {port}
profile = "plain"
"""


@attrs.frozen(kw_only=True)
class Ours:
    """A server of ours that runs.

    Args:
        root: Its directory.
        port: Where it listens.
    """

    root: Path
    port: int

    @property
    def config(self) -> Path:
        """The file of its configuration."""
        return self.root / "dsnlib.toml"

    @property
    def mailboxes(self) -> Path:
        """The directory that has the Maildirs."""
        return self.root / "mail"

    @property
    def command(self) -> list[str]:
        """What starts it in the foreground."""
        # Root is who runs tests in a container: then nobody else may be there to become.
        is_root = ["--allow-root"] if os.geteuid() == 0 else []
        serve = ["-m", "dsnlib", "serve", "--config", str(self.config)]
        return [sys.executable, *serve, *is_root]

    def log(self) -> str:
        """Return its log so far, and what it has printed."""
        paths = (self.root / "maillog", self.root / "console")
        return "".join(path.read_text("utf-8", "replace") for path in paths if path.exists())

    def mailbox(self, name: str) -> list[bytes]:
        """Return the messages of a Maildir."""
        return [
            path.read_bytes()
            for folder in ("new", "cur")
            for path in sorted((self.mailboxes / name / folder).glob("*"))
        ]

    def reports(self, name: str = "ann") -> list[DeliveryReport]:
        """Return the notifications in a Maildir."""
        return [each for data in self.mailbox(name) for each in read_reports(data)]

    def waiting(self) -> int:
        """Return how many messages are in its queue."""
        path = self.root / "queue" / "queue.db"
        try:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                (count,) = database.execute("SELECT count(*) FROM messages").fetchone()
        except sqlite3.OperationalError:
            return 1  # it is being made, or put in order
        return int(count)

    def wait_empty(self, seconds: float = 20.0) -> None:
        """Return when nothing is left in its queue."""
        wait_for(lambda: not self.waiting(), what="an empty queue of ours", seconds=seconds)

    def left_over(self) -> list[str]:
        """Return the files of messages that are left when its queue is empty."""
        folders = (self.root / "queue" / "messages", self.root / "queue" / "incoming")
        files = [path for each in folders for path in each.rglob("*") if path.is_file()]
        files += [path for path in self.mailboxes.glob("*/tmp/*") if path.is_file()]
        return sorted(str(path.relative_to(self.root)) for path in files)


def write_config(
    root: Path, port: int, *, ways: Mapping[str, str], settings: str = "", domain: str = DOMAIN
) -> Ours:
    """Write the configuration of a server, which is not started.

    Args:
        root: Its directory, which is there.
        port: Where it is to listen.
        ways: `transport:nexthop` by domain.
        settings: Lines of the configuration besides ours.
        domain: What it calls itself, and whose mailboxes it has.
    """
    for name, text in (
        ("aliases", _ALIASES),
        ("names", "".join(f"{name} -\n" for name in _NAMES)),
        ("ways", "".join(f"{domain} {way}\n" for domain, way in ways.items())),
        (
            "dsnlib.toml",
            _CONFIG.format(root=root, domain=domain, host=HOST, port=port, settings=settings),
        ),
    ):
        (root / name).write_text(text, "utf-8")
    return Ours(root=root, port=port)


@contextlib.contextmanager
def ours_running(
    *,
    ways: Mapping[str, str],
    settings: str = "",
    domain: str = DOMAIN,
    port: int | None = None,
) -> Iterator[Ours]:
    """Run our server until the block ends.

    Args:
        ways: `transport:nexthop` by domain.
        settings: Lines of the configuration besides ours.
        domain: What it calls itself, and whose mailboxes it has.
        port: Where it listens, where others have to know before; else any that is free.
    """
    root = Path(tempfile.mkdtemp(prefix="dsnlib-ours-"))
    try:
        ours = write_config(
            root, free_port() if port is None else port, ways=ways, settings=settings, domain=domain
        )
        log = root / "console"
        with running(ours.command, is_up=answers(ours.port), log=log, directory=ROOT):
            yield ours
    finally:
        shutil.rmtree(root, ignore_errors=True)
