"""Bounces out of an IMAP folder into a history.

    python imap_bounces.py imap.example.org bounces@example.org history.db \
        --password-file secret --move-to Done --idle

Each mail that was not seen is read, its events are stored, and only then it is flagged as
seen, or moved.  A crash between the two has it read again, which adds nothing.

No UID is kept from one session to the next: what is still to be done is what is not seen.
So a folder whose UIDVALIDITY has changed (RFC 9051 s2.3.1.1) is no special case.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
from __future__ import annotations

import argparse
import imaplib
import re
import select
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.feeds.aside import Aside
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.store import open_store
from dsnlib.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of a mail: more tells nothing of a bounce.
MOST_OCTETS = 16 << 20
# A server may end a session that is idle for 30 minutes (RFC 2177).
IDLE_SECONDS = 300.0
WAIT_SECONDS = 30.0
# quoted = DQUOTE *QUOTED-CHAR DQUOTE                                     RFC 9051 s9
_SPECIAL = re.compile(r'(["\\])')


class Folder:
    """A folder of an IMAP server, for as long as a session lasts."""

    def __init__(self, connection: imaplib.IMAP4, name: str, *, move_to: str | None) -> None:
        self._connection = connection
        self._move_to = move_to
        # Some servers tell what they can do only behind the log-in.
        lines = self._do(*connection.capability())
        self._can = frozenset(b" ".join(lines).decode("ascii", "replace").upper().split())
        self._do(*connection.select(quoted(name)))

    def unseen(self) -> Iterator[tuple[str, bytes]]:
        """Yield the UIDs and the octets of all mails that were not seen."""
        (line,) = self._do(*self._connection.uid("SEARCH", "UNSEEN"))
        for uid in (line or b"").decode("ascii").split():
            # PEEK: seen is what is stored, not what is fetched.
            what = f"BODY.PEEK[]<0.{MOST_OCTETS}>"
            for part in self._do(*self._connection.uid("FETCH", uid, f"({what})")):
                if isinstance(part, tuple):
                    yield uid, part[1]

    def done(self, uid: str) -> None:
        """Say that a mail is dealt with."""
        uid_do = self._connection.uid
        self._do(*uid_do("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
        if self._move_to is None:
            return
        folder = quoted(self._move_to)
        if "MOVE" in self._can:  # RFC 6851
            self._do(*uid_do("MOVE", uid, folder))
            return
        self._do(*uid_do("COPY", uid, folder))
        self._do(*uid_do("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
        if "UIDPLUS" in self._can:  # RFC 4315; without it the client that expunges next does it
            self._do(*uid_do("EXPUNGE", uid))

    def wait(self) -> None:
        """Wait until something may have come."""
        connection = self._connection
        if "IDLE" not in self._can:  # RFC 2177
            time.sleep(WAIT_SECONDS)
            self._do(*connection.noop())
            return
        connection.send(b"IDLE1 IDLE\r\n")
        while not (line := connection.readline()).startswith(b"+"):
            if not line or line.startswith(b"IDLE1 "):
                raise imaplib.IMAP4.abort("IDLE was refused")
        select.select([connection.socket()], [], [], IDLE_SECONDS)
        connection.send(b"DONE\r\n")
        while not (line := connection.readline()).startswith(b"IDLE1 "):
            if not line:
                raise imaplib.IMAP4.abort("the connection was lost")

    @staticmethod
    def _do(answer: str, data: list[Any]) -> list[Any]:
        if answer != "OK":
            raise imaplib.IMAP4.error(f"{answer}: {data!r}")
        return data


def quoted(name: str) -> str:
    """Return the name of a folder as IMAP has it; beyond ASCII it has to be in UTF-7."""
    return '"' + _SPECIAL.sub(r"\\\1", name) + '"'


def take_all(folder: Folder, intake: BounceIntake) -> None:
    """Store what all unseen mails say, one by one."""
    for uid, octets in folder.unseen():
        taken = intake.take(octets)  # on the disk when it returns
        folder.done(uid)
        print(f"{uid}: {taken.kind.value}, {taken.new} new, {taken.known} known", flush=True)


def run(args: argparse.Namespace) -> None:
    """Log in, and take what is there and what comes."""
    if args.plain:
        connection = imaplib.IMAP4(args.host, args.port or 143)
    else:
        context = ssl.create_default_context()
        port = args.port or 993
        connection = imaplib.IMAP4_SSL(args.host, port, ssl_context=context)
    put_aside = None if args.unread_dir is None else Aside(args.unread_dir).put
    with connection, open_store(args.store) as store:
        connection.login(args.user, Path(args.password_file).read_text("utf-8").strip())
        folder = Folder(connection, args.folder, move_to=args.move_to)
        intake = BounceIntake(store, source="imap", put_aside=put_aside)
        take_all(folder, intake)
        while args.idle:
            folder.wait()
            take_all(folder, intake)


def main() -> int:
    """Run until all is taken, or for ever; what is not stored stays unseen."""
    parser = argparse.ArgumentParser(description="Bounces out of an IMAP folder into a history.")
    parser.add_argument("host")
    parser.add_argument("user")
    parser.add_argument("store", help="a file, or postgresql://...")
    parser.add_argument("--password-file", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--folder", default="INBOX")
    parser.add_argument("--move-to", metavar="FOLDER", help="move what is stored to this folder")
    parser.add_argument("--unread-dir", metavar="DIR", help="keep what cannot be read there too")
    parser.add_argument("--idle", action="store_true", help="go on with what comes")
    parser.add_argument("--plain", action="store_true", help="without TLS: on this machine alone")
    args = parser.parse_args()
    while True:
        try:
            run(args)
        except (imaplib.IMAP4.abort, OSError, StoreError) as error:
            print(f"imap_bounces: {error}", file=sys.stderr, flush=True)
            if not args.idle:
                return 75
            time.sleep(WAIT_SECONDS)
        except imaplib.IMAP4.error as error:  # no such folder, or the wrong password
            print(f"imap_bounces: {error}", file=sys.stderr)
            return 69
        else:
            return 0


if __name__ == "__main__":
    sys.exit(main())
