"""`dsnlib anonymize`: replace the names in a bounce, so that it can be handed out.

Rules.
- The key is random and forgotten, unless a file has one: then several mails can be
  handed out in which the same name has the same substitute.
- An existing file is not written over: a mistake would cost the only copy.
- An mbox of several messages is refused; each has its own end.
- What has no field at its beginning is no message: it is refused, and not handed out
  as if somebody had looked at it.
"""

from __future__ import annotations

import re
import secrets
import sys
from typing import TYPE_CHECKING

from dsnlib.adapters.mailboxes.inputs import STDIN, read_inputs
from dsnlib.bounces.anonymize import anonymize
from dsnlib.bounces.scrub.substitutes import KEY_OCTETS
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable
from dsnlib.parse.labels import skip_mbox_line, top_header

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_RANDOM_OCTETS = 32
# More than anybody keeps as a key; a wrong file may be of any size.
_LARGEST_KEY = 1 << 16
# field-name = 1*ftext; TOLERANT: blanks before the colon       RFC 5322 s3.6.8, s4.5.8
_FIELD = re.compile(rb"^[!-9;-~]++[ \t]*+:", re.MULTILINE)


class _KeyFileError(Exception):
    """A key cannot be had; with the exit code that says so."""

    def __init__(self, message: str, exit_: Exit) -> None:
        super().__init__(message)
        self.exit = exit_


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("file", metavar="FILE", help="a message, or - for standard input")
    parser.add_argument(
        "--output", metavar="FILE", help="a new file to write; standard output if not given"
    )
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help="whose octets are the key; a random key, used once, if not given",
    )


def run(args: argparse.Namespace) -> int:
    """Read the message, write it anonymized, return the exit code."""
    try:
        key = _key(args.key_file)
    except _KeyFileError as error:
        output.write(f"dsnlib: {printable(args.key_file)}: {printable(str(error))}\n", sys.stderr)
        return error.exit
    entries = list(read_inputs([args.file]))
    if len(entries) != 1:
        reason = f"there are {len(entries)} messages in it; give them one by one"
        output.complain(args.file, None, reason, "several-messages")
        return Exit.BAD_DATA
    entry = entries[0]
    if entry.error is not None:
        output.complain(entry.file, entry.message, entry.error.message, entry.error.code)
        return entry.error.exit
    octets = entry.octets or b""
    if _FIELD.search(top_header(octets[skip_mbox_line(octets) :])) is None:
        reason = "there is no message in it: it does not begin with fields"
        output.complain(args.file, None, reason, "no-mail")
        return Exit.BAD_DATA
    return _write(anonymize(octets, key=key), args.output)


def _key(file: str | None) -> bytes:
    """Return the octets of the key file, or a random key.

    Raises:
        _KeyFileError: The file cannot be read, or is too short or too long.
    """
    if file is None:
        return secrets.token_bytes(_RANDOM_OCTETS)
    try:
        with open(file, "rb") as stream:  # noqa: PTH123  pathlib is slow to load
            key = stream.read(_LARGEST_KEY + 1)
    except OSError as error:
        raise _KeyFileError(error.strerror or str(error), Exit.NO_INPUT) from error
    # An editor ends a file with a line end; the key is the same without it.
    key = key.rstrip(b"\r\n")
    if not KEY_OCTETS <= len(key) <= _LARGEST_KEY:
        message = f"a key has {KEY_OCTETS} octets at least and {_LARGEST_KEY} at most"
        raise _KeyFileError(message, Exit.BAD_DATA)
    return key


def _write(octets: bytes, file: str | None) -> Exit:
    if file is None or file == STDIN:
        sys.stdout.flush()
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
        return Exit.FINE
    try:
        with open(file, "xb") as stream:  # noqa: PTH123  pathlib is slow to load
            stream.write(octets)
    except OSError as error:
        reason = error.strerror or str(error)
        output.write(f"dsnlib: {printable(file)}: cannot write: {printable(reason)}\n", sys.stderr)
        return Exit.IO_ERROR
    return Exit.FINE
