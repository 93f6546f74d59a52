"""A file of accounts with hashed passwords, read again when it changes.

    # a comment
    ann:{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$...
    bob@example.org:{SCRYPT}$scrypt$...:uid:gid:gecos:home:shell:userdb_mail=...

The form is that of Dovecot's passwd-file, so one file can do for both: what only
concerns mailboxes is passed over.  `dsnlib password` writes the lines.

Rules.
- An extra field that is not passed over is refused: it could say who must not log in.
- When a file has become bad, or is gone, the accounts of before stay in force: it is
  logged, and told in `PasswordFile.error`.
- Passwords are looked at in threads, a few at once: each takes memory.
- An account that there is not takes as long as most that there are.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import os
import stat
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.followed import Followed, Mark, mark_of
from dsnlib.adapters.login.credentials import read_name
from dsnlib.adapters.login.hashes import PasswordHash, make_hash, parse_hash
from dsnlib.errors import ConfigurationError, Defect, InvalidValue, LookupFailed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PasswordFile", "PasswordFileError", "parse_password_file"]

_LOG = logging.getLogger("dsnlib.login")
_INTERVAL_SECONDS = 5.0
# Of 19 MiB each; with more, log-ins would take the processors from the mail.
_MOST_AT_ONCE = 4
_MOST_WAITING = 1_000
# user:password:uid:gid:gecos:home:shell:extra fields          Dovecot's passwd-file
_EXTRA_FIELD = 7
_CLOSED = "no password is checked any more"
_PASSED_OVER = "userdb_"


class PasswordFileError(ConfigurationError):
    """A file of accounts that cannot be used; no message shows a password or a hash."""


@attrs.frozen(kw_only=True)
class _Accounts:
    hashes: Mapping[str, PasswordHash] = attrs.field(repr=False)
    # What a password is held against for a name that is not there.
    decoy: PasswordHash = attrs.field(repr=False)
    defects: tuple[Defect, ...] = ()


def parse_password_file(
    octets: bytes, *, origin: str = "", allow_plain: bool = False
) -> dict[str, PasswordHash]:
    """Return the accounts of a file.

    Args:
        octets: The whole file.
        origin: How messages name it.
        allow_plain: Whether `{PLAIN}` passwords will do.

    Raises:
        PasswordFileError: A line is no account, or an account is there twice.
    """
    hashes: dict[str, PasswordHash] = {}
    for number, line in enumerate(octets.split(b"\n"), start=1):
        if not line.strip() or line.startswith(b"#"):
            continue
        try:
            name, hash_ = _read_line(line.removesuffix(b"\r"), allow_plain=allow_plain)
        except InvalidValue as error:
            raise PasswordFileError(str(error), origin=origin, line=number) from None
        if name in hashes:
            message = f"{name!r} is there for the second time"
            raise PasswordFileError(message, origin=origin, line=number)
        hashes[name] = hash_
    return hashes


def _read_line(line: bytes, *, allow_plain: bool) -> tuple[str, PasswordHash]:
    written, colon, rest = line.partition(b":")
    if not colon:
        raise InvalidValue("an account is a name, a colon and the hash of a password")
    try:
        name = read_name(written)
        secret, *fields = rest.decode().split(":", _EXTRA_FIELD - 1)
    except UnicodeDecodeError:
        raise InvalidValue("the line is not UTF-8") from None
    try:
        hash_ = parse_hash(secret, allow_plain=allow_plain)
    except InvalidValue as error:
        message = f"{name!r}: {error}"
        raise InvalidValue(message) from None
    extra = fields[_EXTRA_FIELD - 2].split() if len(fields) == _EXTRA_FIELD - 1 else []
    for field in extra:
        if not field.startswith(_PASSED_OVER):
            key = field.partition("=")[0]
            message = f"{name!r}: the extra field {key[:40]!r} is not known here"
            raise InvalidValue(message)
    return name, hash_


class PasswordFile:
    """Accounts that follow their file; a `PasswordStore`.

    It belongs to one event loop.

    Args:
        path: The file.
        allow_plain: Whether passwords that are not hashed will do.
        interval_seconds: How long the file is relied on to be the same, or `None` if
            only `refresh` looks.
        most_at_once: How many passwords are looked at side by side; as many as there
            are processors, up to 4, if not given.
        most_waiting: How many may wait for that.
        clock: Seconds that never go back.

    Raises:
        PasswordFileError: The file cannot be read even once.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        allow_plain: bool = False,
        interval_seconds: float | None = _INTERVAL_SECONDS,
        most_at_once: int | None = None,
        most_waiting: int = _MOST_WAITING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = Path(path)
        self._allow_plain = allow_plain
        self._followed = Followed(
            self._load,
            lambda _: self._look(),
            log=_LOG,
            kept="the accounts of before stay in force",
            interval_seconds=interval_seconds,
            clock=clock,
        )
        self._most_waiting = most_waiting
        self._waiting = 0
        self._is_closed = False
        workers = most_at_once or min(os.cpu_count() or 1, _MOST_AT_ONCE)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="dsnlib-login")

    @property
    def error(self) -> ConfigurationError | None:
        """Why the file that is there now is not in force, or `None`."""
        return self._followed.error

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What is odd about the file that is in force."""
        return self._followed.value.defects

    def __len__(self) -> int:
        return len(self._followed.value.hashes)

    async def check(self, name: str, password: str) -> bool:
        """Tell whether this is the password of the account.

        Args:
            name: From `read_name`.
            password: From `read_password`.

        Raises:
            LookupFailed: Too many are waiting, there is no memory, or it is closed.
        """
        if self._is_closed:
            raise self._failed(_CLOSED)
        if self._waiting >= self._most_waiting:
            raise self._failed("too many log-ins are waiting")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self.verify, name, password)
        except MemoryError as error:
            raise self._failed("there is not enough memory to check a password") from error
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Check no more passwords.  Never raises."""
        # What waits is let through, to find that out: were it cancelled, those who
        # wait for it would take that for their own cancellation.
        self._is_closed = True
        self._threads.shutdown(wait=False)

    def refresh(self) -> bool:
        """Look at the file now, and tell whether other accounts are in force.

        Never raises: see `error`.
        """
        return self._followed.refresh(str(self._path))

    def verify(self, name: str, password: str) -> bool:
        """Do what `check` does, here and now: for threads and programs without an event loop.

        Raises:
            LookupFailed: It is closed.
            MemoryError: There is not enough for the hash of this account.
        """
        if self._is_closed:
            raise self._failed(_CLOSED)
        accounts = self._followed.now(str(self._path))
        hash_ = accounts.hashes.get(name)
        is_right = (hash_ or accounts.decoy).verify(password)
        return is_right and hash_ is not None

    def _failed(self, why: str) -> LookupFailed:
        return LookupFailed(f"{self._path}: {why}", source=str(self._path))

    def _look(self) -> Mark:
        try:
            return mark_of(self._path.stat())
        except (OSError, ValueError) as error:  # a NUL in the path is a ValueError
            raise self._unreadable(error) from error

    def _load(self) -> tuple[_Accounts, Mark]:
        try:
            with self._path.open("rb") as file:
                # What is written from here on makes another mark.
                status = os.fstat(file.fileno())
                octets = file.read()
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        origin = str(self._path)
        hashes = parse_password_file(octets, origin=origin, allow_plain=self._allow_plain)
        defects = tuple(_defects(origin, status.st_mode))
        for defect in defects:
            _LOG.warning("%s", defect.message)
        accounts = _Accounts(hashes=hashes, decoy=_decoy(hashes), defects=defects)
        return accounts, mark_of(status)

    def _unreadable(self, error: OSError | ValueError) -> PasswordFileError:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return PasswordFileError(f"cannot be read: {why}", origin=str(self._path))


def _decoy(hashes: Mapping[str, PasswordHash]) -> PasswordHash:
    """Return a hash as costly as most of them."""
    if not hashes:
        return parse_hash(make_hash("nobody has this")).decoy()
    of_cost = {hash_.cost: hash_ for hash_ in hashes.values()}
    counted = collections.Counter(hash_.cost for hash_ in hashes.values())
    return of_cost[counted.most_common(1)[0][0]].decoy()


def _defects(origin: str, mode: int) -> list[Defect]:
    # odd permissions -> what follows from them
    rows = (
        (stat.S_IROTH, "file-readable", "everybody can read the hashes"),
        (stat.S_IWOTH | stat.S_IWGRP, "file-writable", "others than its owner can write accounts"),
    )
    return [
        Defect(code=code, message=f"{origin}: {what}; make its mode 0640 or 0600")
        for bits, code, what in rows
        if mode & bits
    ]
