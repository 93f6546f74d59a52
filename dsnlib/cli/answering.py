"""What the verbs about answering share: look-up tables, stages, replies as JSON.

Rules.
- A table is named as in main.cf, `cidr:/etc/mail/clients`; a path alone is a
  `texthash`, or what the end of its name says.
- A table that cannot be used is told on one line, with the file and the line.
"""

from __future__ import annotations

import re
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable
from dsnlib.replies.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.errors import Defect, TableError
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.tables import TextTable

__all__ = [
    "STAGES",
    "UNKNOWN",
    "complain_of_table",
    "describe_defect",
    "lay_out",
    "open_named_table",
    "reply_record",
    "spec_of",
    "split_client",
]

STAGES = {stage.name.lower().replace("_", "-"): stage for stage in Stage}
"""What a reply may be about, as options spell it."""

UNKNOWN = "unknown"
"""What stands for the name, or the address, of a client that has none."""

_LABEL_COLUMNS = 12
# A word and a colon is a kind, known or not: a path of that form is written `./a:b`.
_SPEC = re.compile(r"[A-Za-z][A-Za-z0-9_-]*:", re.ASCII)
_KIND_BY_SUFFIX = {".cidr": "cidr", ".pcre": "pcre", ".regexp": "regexp"}
# What the system says of a file that is not there, or that is not ours to read.
_NO_INPUT = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


def spec_of(table: str) -> str:
    """Return a table with its kind.  Never raises.

    >>> spec_of("cidr:clients"), spec_of("/etc/mail/access"), spec_of("clients.cidr")
    ('cidr:clients', 'texthash:/etc/mail/access', 'cidr:clients.cidr')
    """
    if _SPEC.match(table):
        return table
    return f"{_KIND_BY_SUFFIX.get(PurePath(table).suffix.lower(), 'texthash')}:{table}"


def open_named_table(table: str, *, check: Callable[[str], object] | None = None) -> TextTable:
    """Return a table that an argument names, and tell what of it was passed over.

    Args:
        table: As for `spec_of`.
        check: Raises `InvalidValue` for a value that cannot be used.

    Raises:
        TableError: It cannot be used: see `complain_of_table`.
    """
    # Files are read only where there are tables.
    from dsnlib.adapters.tables import open_table

    opened = open_table(spec_of(table), check=check)
    for defect in opened.defects:
        output.write(f"dsnlib: {printable(defect.message)}\n", sys.stderr)
    return opened


def complain_of_table(error: TableError) -> Exit:
    """Say on standard error why a table cannot be used; return the exit code for it."""
    output.write(f"dsnlib: {printable(str(error))}\n", sys.stderr)
    if isinstance(error.__cause__, _NO_INPUT):
        return Exit.NO_INPUT
    return Exit.IO_ERROR if isinstance(error.__cause__, OSError) else Exit.BAD_DATA


def split_client(text: str) -> tuple[str | None, str | None]:
    """Return the name and the address that `name[address]`, a name or an address has.

    >>> split_client("mx.example[192.0.2.7]"), split_client("192.0.2.7")
    (('mx.example', '192.0.2.7'), (None, '192.0.2.7'))

    Never raises.
    """
    # Of no use to a verb without tables.
    from dsnlib.replies.cidr_table import read_address

    if text.endswith("]"):
        name, _, address = text[:-1].rpartition("[")
        return (None if name in ("", UNKNOWN) else name), address
    if read_address(text) is not None:
        return None, text
    return text, None


def reply_record(reply: SmtpReply) -> output.Record:
    """Return a reply for JSON."""
    return {
        "code": reply.code,
        "status": None if reply.status is None else str(reply.status),
        "lines": list(reply.lines),
    }


def describe_defect(defect: Defect) -> str:
    """Return what is wrong, and the rule that says so."""
    rule = f" [{defect.requirement}]" if defect.requirement else ""
    return defect.message.removeprefix("reply: ") + rule


def lay_out(rows: Iterable[tuple[str, str]]) -> str:
    """Return labelled lines; they begin with blanks, as no line of a reply does."""
    return "".join(f"  {label:{_LABEL_COLUMNS}}{printable(text)}\n" for label, text in rows)
