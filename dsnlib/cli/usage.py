"""A mistake in the command line: what is said of it, and how the command ends.

Rules.
- It ends with 2, as of any command.
- With 75 where standard input may be a mail: a mail system that calls us by a pipe then
  keeps it and comes again.  It has no better place: a bounce has no sender that it could
  be returned to, and of a mistake in a configuration nobody would know.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, NoReturn

from dsnlib.cli.exits import Exit

if TYPE_CHECKING:
    import argparse

__all__ = ["refuse_usage"]


def refuse_usage(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    """Say what is wrong on standard error, and end the command.

    Args:
        parser: Whose usage is shown.
        message: What is wrong.

    Raises:
        SystemExit: Always.
    """
    parser.print_usage(sys.stderr)
    code = Exit.TEMPORARY if _may_be_mail() else Exit.USAGE
    parser.exit(code, f"{parser.prog}: error: {message}\n")


def _may_be_mail() -> bool:
    """Tell whether a mail system may have called: by a pipe, a socket, or qmail with a file."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # there is none, or it has no number
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)
