"""Exit codes: the one table, also in `docs/reference/commands/dsnlib.md`.

0, 1 and 2 are what scripts expect.  65 and above are those of `sysexits.h`,
which mail systems that pipe a message into a command look at, and the shell's
128 + signal.

Rules.
- `lint` and `explain` end with the greatest code that any of their inputs has.
- `parse` ends with 1 when it could read something and not everything; with the
  greatest code of its inputs when it could read nothing.
"""

from __future__ import annotations

import enum

__all__ = ["Exit"]


class Exit(enum.IntEnum):
    """How a command ended."""

    FINE = 0  # everything was read; for lint: and keeps to the rules
    PROBLEMS = 1  # some input was not read or used; lint: defects; explain: a doubtful code
    USAGE = 2  # the command line makes no sense
    BAD_DATA = 65  # EX_DATAERR: no report to lint, a limit was met, no code to explain
    NO_INPUT = 66  # EX_NOINPUT: a file is missing or may not be read
    UNAVAILABLE = 69  # EX_UNAVAILABLE: a library that the verb needs is not installed
    BUG = 70  # EX_SOFTWARE: a fault of dsnlib
    IO_ERROR = 74  # EX_IOERR: reading or writing failed on the way
    TEMPORARY = 75  # EX_TEMPFAIL: a store is away, busy or full; a mistake where mail may wait
    INTERRUPTED = 130  # 128 + SIGINT: Ctrl-C
    BROKEN_PIPE = 141  # 128 + SIGPIPE: nobody reads the output any more
