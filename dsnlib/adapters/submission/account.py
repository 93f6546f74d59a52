"""Who runs the command: the name and the person, as the system knows them.

Rules.
- What the environment says of a name to log in by is not asked: anybody can set it.
"""

from __future__ import annotations

import os
import pwd
from typing import NamedTuple

from dsnlib.adapters.submission.fault import SubmissionFault

__all__ = ["Account", "own_account"]


class Account(NamedTuple):
    """A user of the system.

    Args:
        login: The name.
        full_name: That of the person, or `""`.
    """

    login: str
    full_name: str = ""


def own_account() -> Account:
    """Return who runs this process.

    Raises:
        SubmissionFault: The system has no name for the user.
    """
    number = os.getuid()
    try:
        found = pwd.getpwuid(number)
    except KeyError:
        text = f"user {number} has no login name: tell who sends, by -f"
        raise SubmissionFault(os.EX_OSERR, text) from None
    # The first part of the comment is the name; & stands for that of the login.
    name = found.pw_gecos.partition(",")[0].replace("&", found.pw_name.capitalize())
    return Account(found.pw_name, os.environ.get("NAME", "") or name)
