"""Users and groups that a mail server asks for and the system lacks, made up for it alone.

Debian's packages create a user each.  nss_wrapper answers for a file of our own
instead of the system's, to the one process that it is loaded into.
"""

from __future__ import annotations

from pathlib import Path

from tests.interop.peers.peer import needed

__all__ = ["with_accounts"]

_PASSWORD_FILE = Path("/etc/passwd")
_GROUP_FILE = Path("/etc/group")


def with_accounts(directory: Path, names: dict[str, int]) -> dict[str, str]:
    """Return an environment in which accounts are known besides those of the system.

    Args:
        directory: Where the files are written.
        names: What each is called, and its number; one number for user and group.
    """
    users = _PASSWORD_FILE.read_text("utf-8") + "".join(
        f"{name}:x:{number}:{number}::/nonexistent:/bin/false\n" for name, number in names.items()
    )
    groups = _GROUP_FILE.read_text("utf-8") + "".join(
        f"{name}:x:{number}:\n" for name, number in names.items()
    )
    for name, text in (("passwd", users), ("group", groups)):
        (directory / name).write_text(text, "utf-8")
    wrapper = needed("nss-wrapper")
    return {
        "LD_PRELOAD": str(next(wrapper.root.glob("usr/lib/*/libnss_wrapper.so"))),
        "NSS_WRAPPER_PASSWD": str(directory / "passwd"),
        "NSS_WRAPPER_GROUP": str(directory / "group"),
    }
