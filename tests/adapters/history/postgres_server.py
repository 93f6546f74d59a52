"""A PostgreSQL of its own for a test: made, started, stopped, killed, started again.

It listens on a socket in a directory of its own and on no port, so that any number of test
runs go side by side.

Rules.
- Found on the path, where Debian puts it, or unpacked by `tests.interop.peers.fetch`; where
  there is none, the test is skipped and says so.
- initdb and postgres refuse root: as root they run as `postgres` or `nobody`.
- Only the process that was started here is ever signalled.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs
import pytest

from tests.interop.peers.fetch import DIRECTORY
from tests.interop.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PostgresServer", "emptied", "new_database", "postgres_server", "running_server"]

# The newest first.
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    f"{DIRECTORY}/postgresql*/usr/lib/postgresql/*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
_USERS = ("postgres", "nobody")
_OWNER = "dsnlib"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_PAUSE_SECONDS = 0.02
# Small, and quick to come and go; nothing that changes what a client sees.
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "log_min_messages": "error",
}


def _programs() -> Path:
    """Return the directory in which `initdb` and `postgres` stand together."""
    found = shutil.which("initdb")
    if found is not None and Path(found).resolve().with_name("postgres").exists():
        return Path(found).resolve().parent
    for pattern in _PLACES:
        for place in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (place / "initdb").exists() and (place / "postgres").exists():
                return place
    pytest.skip("there is no PostgreSQL here: no initdb on the path or in /usr/lib/postgresql")


def _account() -> pwd.struct_passwd | None:
    """Return who the server runs as, `None` for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        # Where there is none of that name, the next one is tried.
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip(f"PostgreSQL does not run as root, and there is none of: {', '.join(_USERS)}")


def _runs(place: Path) -> bool:
    """Tell whether a process is there that has not ended."""
    try:
        return (place / "cmdline").read_bytes() != b""
    except OSError:
        return False


@attrs.define(kw_only=True)
class PostgresServer:
    """A server with a cluster of its own.

    Args:
        directory: All that it has; given to its user.
        programs: Where `initdb` and `postgres` are.
        account: Who it runs as, `None` for ourselves.
        settings: What is set on its command line.
    """

    directory: Path
    programs: Path
    account: pwd.struct_passwd | None
    settings: dict[str, str]
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.directory / "data"

    @property
    def log(self) -> str:
        """What the server has said."""
        return (self.directory / "log").read_text("utf-8", "replace")

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.directory / ".s.PGSQL.5432"

    def url(self, database: str = "postgres", *, user: str = _OWNER, host: str = "") -> str:
        """Return the address of a database of it."""
        where = quote(host or str(self.directory), safe="")
        return f"postgresql://{user}@{where}/{database}"

    def make(self) -> None:
        """Make the cluster."""
        words = [
            "-A",
            "trust",
            "-U",
            _OWNER,
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
            "-D",
            str(self.data),
        ]
        made = subprocess.run(
            [str(self.programs / "initdb"), *words],
            capture_output=True,
            check=False,
            **self._person(),
        )
        if made.returncode:
            raise OSError(f"initdb: {made.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        end = time.monotonic() + _START_SECONDS
        # After a kill the children of the last one may still be there for a moment, and as long
        # as they are, a new one ends at once.
        while not self._comes_up(end):
            if time.monotonic() > end:
                raise OSError(f"postgres: did not start:\n{self.log}")
            time.sleep(_PAUSE_SECONDS)

    def _comes_up(self, end: float) -> bool:
        words = [f"-c{name}={value}" for name, value in self.settings.items()]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.directory, *words],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                **self._person(),
            )
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop(signal.SIGQUIT)
                return False
            time.sleep(_PAUSE_SECONDS)
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT as `pg_ctl -m fast` does, SIGQUIT as `immediate`, or SIGKILL."""
        if self._process is None:
            return
        children = self._children()
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(_STOP_SECONDS)
        self._process = None
        # After SIGKILL they find out by themselves, and until then they may still answer.
        end = time.monotonic() + _STOP_SECONDS
        while any(map(_runs, children)) and time.monotonic() < end:
            time.sleep(_PAUSE_SECONDS)

    def cpu_seconds(self) -> float:
        """Return how long its processes have run so far, those that have ended too."""
        ticks = 0
        # Of the first, those of whom it was the parent are counted when they have ended.
        for place, last in [(self._place(), 15), *[(each, 13) for each in self._children()]]:
            # One may end while it is looked at.
            with contextlib.suppress(OSError):
                # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
                fields = (place / "stat").read_text("ascii").rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:last]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _place(self) -> Path:
        return Path("/proc", str(self._process.pid if self._process else "none"))

    def _children(self) -> list[Path]:
        """Return the processes of it, where the system shows them; none elsewhere."""
        place = self._place()
        try:
            found = (place / "task" / place.name / "children").read_text("ascii").split()
        except OSError:
            return []
        return [Path("/proc", each) for each in found]

    def _is_ready(self) -> bool:
        # The last line of the file says "ready" as soon as connections are taken.
        # https://www.postgresql.org/docs/15/storage-file-layout.html (postmaster.pid)
        try:
            lines = (self.data / "postmaster.pid").read_text("ascii").splitlines()
        except OSError:
            return False
        process = self._process
        return (
            process is not None
            and len(lines) > 7
            and lines[0] == str(process.pid)
            and lines[7].strip() == "ready"
        )

    def _person(self) -> dict[str, Any]:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
        if self.programs.is_relative_to(DIRECTORY):
            root = DIRECTORY / self.programs.relative_to(DIRECTORY).parts[0]
            environment["LD_LIBRARY_PATH"] = Peer("postgresql", root).library_path
        settings: dict[str, Any] = {"cwd": self.directory, "env": environment}
        if self.account is not None:
            settings |= {
                "user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": [],
            }  # fmt: skip
        return settings


@contextlib.contextmanager
def postgres_server(*, is_durable: bool = False, **settings: str) -> Iterator[PostgresServer]:
    """Have a server run, or skip the test where there is none.

    Args:
        is_durable: Whether it waits for the disk, as for a crash; else it is fast.
        settings: More of its settings.
    """
    programs, account = _programs(), _account()
    speed = {} if is_durable else {"fsync": "off", "full_page_writes": "off"}
    # Short: a path of a socket has at most 107 octets.
    directory = Path(tempfile.mkdtemp(prefix="dsnlib-pg-"))
    server = PostgresServer(
        directory=directory,
        programs=programs,
        account=account,
        settings={**_SETTINGS, **speed, **settings},
    )
    try:
        if account is not None:
            os.chown(directory, account.pw_uid, account.pw_gid)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)


@contextlib.contextmanager
def running_server() -> Iterator[str]:
    """Have a server run; the address of its first database."""
    with postgres_server() as server:
        yield server.url()


def new_database(url: str, name: str, **options: str) -> str:
    """Make an empty database on a server, and return its address.

    Args:
        url: Any database of the server.
        name: What it is called, and no other.
        options: As `CREATE DATABASE` has them: `encoding="LATIN1"`.
    """
    import psycopg

    words = " ".join(f"{word} = '{value}'" for word, value in options.items())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {words}")
    return url.rpartition("/")[0] + "/" + name


def emptied(url: str) -> str:
    """Take the history out of a database, and return its address: quicker than a new one."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("DROP SCHEMA IF EXISTS dsnlib CASCADE")
    return url
