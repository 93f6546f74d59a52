"""From root to an ordinary user, and never back."""

from __future__ import annotations

import multiprocessing
import os
import pwd
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.service import privileges
from dsnlib.adapters.service.privileges import Owner, drop_privileges, find_owner, give_to
from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

IS_ROOT = os.geteuid() == 0
# What only root can show; a CI container usually is.
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")


def test_no_owner_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root without a user to become is refused, unless it is told to stay."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(ConfigurationError, match="the server would stay root"):
        find_owner("")
    assert find_owner("", may_be_root=True) is None


def test_no_owner_as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not root stays who it is."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert find_owner("") is None


def test_unknown_owner() -> None:
    """A user that is not there is an error that names the key."""
    with pytest.raises(ConfigurationError, match="mail_owner: there is no user 'no-such-user'"):
        find_owner("no-such-user")


def test_root_as_owner() -> None:
    """Root is no user to become."""
    with pytest.raises(ConfigurationError, match="'root' is root"):
        find_owner("root")


def test_other_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not root cannot become somebody else."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    owner = Owner(name="x", user=1001, group=1001, groups=(1001,))

    with pytest.raises(ConfigurationError, match="only root can become 'x'"):
        drop_privileges(owner)
    drop_privileges(Owner(name="y", user=1000, group=1000, groups=()))


def _drop(sink: Connection) -> None:
    owner = find_owner("nobody")
    assert owner is not None
    drop_privileges(owner)
    try:
        os.setuid(0)
    except PermissionError:
        sink.send((os.getresuid(), os.getresgid(), tuple(os.getgroups())))
    sink.close()


@needs_root
def test_drop() -> None:
    """User, group and groups are another's, in all three senses, and there is no way back."""
    entry = pwd.getpwnam("nobody")
    context = multiprocessing.get_context("spawn")
    source, sink = context.Pipe(duplex=False)
    process = context.Process(target=_drop, args=(sink,))
    process.start()
    sink.close()
    users, groups, others = source.recv()
    process.join()
    source.close()

    assert (entry.pw_uid,) * 3 == users
    assert (entry.pw_gid,) * 3 == groups
    assert tuple(sorted(os.getgrouplist("nobody", entry.pw_gid))) == tuple(sorted(others))


def test_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that is made is for the owner alone; one that is there stays as it is."""
    given = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *each: given.append(each))
    owner = Owner(name="x", user=7, group=8, groups=())
    place = tmp_path / "a" / "b"

    give_to(owner, place, key="queue_directory")
    give_to(owner, place, key="queue_directory")

    assert 0o700 == place.stat().st_mode & 0o777
    assert [(place, 7, 8)] == given


def test_give_fails(tmp_path: Path) -> None:
    """What cannot be made, or is no directory, is an error that names it and its key."""
    file = tmp_path / "a"
    file.write_text("x", "utf-8")

    for place, why in ((file / "b", "cannot be made"), (file, "is no directory")):
        with pytest.raises(ConfigurationError, match=why) as caught:
            privileges.give_to(None, place, key="queue_directory")
        assert "queue_directory" == caught.value.origin
