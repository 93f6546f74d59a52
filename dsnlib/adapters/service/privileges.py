"""From root to an ordinary user, once what needs root is done.

Rules.
- All or nothing: groups first, then the group, then the user, and then it is looked
  whether there is a way back.
- Who is not root keeps what there is.
"""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Owner", "drop_privileges", "find_owner", "give_to"]

_KEY = "mail_owner"


@attrs.frozen(kw_only=True)
class Owner:
    """Who a process becomes.

    Args:
        name: The name of the user.
        user: Its number.
        group: The number of its group.
        groups: The numbers of all its groups.
    """

    name: str
    user: int
    group: int
    groups: tuple[int, ...]


def find_owner(name: str, *, may_be_root: bool = False) -> Owner | None:
    """Return who the process is to become, `None` if it stays who it is.

    Args:
        name: The user, or `""`.
        may_be_root: Whether it may stay root.

    Raises:
        ConfigurationError: There is no such user; or nobody is named, and it would
            stay root.
    """
    is_root = os.geteuid() == 0
    if not name:
        if is_root and not may_be_root:
            message = (
                "there is no user to become, and the server would stay root; name a user, "
                "or start it with --allow-root"
            )
            raise ConfigurationError(message, origin=_KEY)
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        message = f"there is no user {name!r}"
        raise ConfigurationError(message, origin=_KEY) from None
    if entry.pw_uid == 0 and not may_be_root:
        message = f"{name!r} is root; name another, or start it with --allow-root"
        raise ConfigurationError(message, origin=_KEY)
    groups = tuple(sorted(os.getgrouplist(name, entry.pw_gid)))
    return Owner(name=name, user=entry.pw_uid, group=entry.pw_gid, groups=groups)


def drop_privileges(owner: Owner) -> None:
    """Become another user for good; does nothing for one who is no root.

    Raises:
        ConfigurationError: It cannot be done, or could be undone.
    """
    if os.geteuid() != 0:
        if os.geteuid() != owner.user:
            message = f"only root can become {owner.name!r}"
            raise ConfigurationError(message, origin=_KEY)
        return
    try:
        os.setgroups(owner.groups)
        os.setresgid(owner.group, owner.group, owner.group)
        os.setresuid(owner.user, owner.user, owner.user)
    except OSError as error:
        message = f"cannot become {owner.name!r}: {error.strerror}"
        raise ConfigurationError(message, origin=_KEY) from error
    if owner.user != 0 and os.getresuid() != (owner.user,) * 3:
        raise ConfigurationError(f"there is a way back from {owner.name!r}", origin=_KEY)


def give_to(owner: Owner | None, directory: Path, *, key: str) -> None:
    """Make a directory if there is none, and let the owner have it, if root makes it.

    Args:
        owner: Who gets it, or `None`.
        directory: Its path.
        key: The setting that names it, for errors.

    Raises:
        ConfigurationError: It cannot be made, or is none.
    """
    try:
        is_new = not directory.exists()
        if not is_new and not directory.is_dir():
            raise ConfigurationError(f"{directory} is no directory", origin=key)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_new and owner is not None and os.geteuid() == 0:
            os.chown(directory, owner.user, owner.group)
    except OSError as error:
        message = f"{directory} cannot be made: {error.strerror}"
        raise ConfigurationError(message, origin=key) from error
