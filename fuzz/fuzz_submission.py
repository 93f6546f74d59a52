r"""Fuzz what programs hand over: options of the sendmail command, a letter, addresses.

The first line of an input has the options, with spaces between them; the rest is the
letter, and its first line a list of addresses too.

Invariant.
- Any words are options, or `SubmissionFault` with an exit code.
- Any text is a list of addresses or `InvalidAddresses`; each of them can stand in a
  command, and is read as itself.
- A letter goes out with CRLF at the end of every line and no other CR, as long as it says;
  in however small pieces it came it is the same.
- No command that follows has a control in it.
- A file with commands and a letter is read, or is `DsnError`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from pathlib import Path

from dsnlib.adapters.submission import letter as letters
from dsnlib.adapters.submission.addresses import InvalidAddresses, check_path, read_addresses
from dsnlib.adapters.submission.dropped import read_dropped
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.letter import read_letter
from dsnlib.adapters.submission.request import Request
from dsnlib.cli.sendmail.options import read_options
from dsnlib.errors import DsnError
from fuzz.alphabet import expand, text_of
from fuzz.scratch import scratch_folder

__all__ = ["READS", "SUBMISSION", "check"]

READS = (
    "dsnlib.adapters.submission.addresses",
    "dsnlib.adapters.submission.dropped",
    "dsnlib.adapters.submission.letter",
    "dsnlib.adapters.submission.request",
    "dsnlib.cli.sendmail.options",
)

_NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
_FOLDER = scratch_folder()
_FILE = Path(_FOLDER.name, "letter")
_PIECES = 20

SUBMISSION = (
    b"\n", b"\r\n", b"\r", b"\n.\n", b"\r\n.\r\n", b".", b" ", b"\t", b"-f", b"-fann@example.org",
    b" -oi", b" -t", b" -ti", b" -N ", b"success,delay", b"never", b" -V ", b"QQ+1", b" -R ",
    b"hdrs", b" -bs", b" -bm", b" -bv", b" -B 8BITMIME", b" -q15m", b" -O RequireTLS=yes", b" --",
    b" -C /x", b" -F ", b" -v", b" -G", b"bob@example.org", b"Ann <ann@example.org>", b", ", b"; ",
    b"friends: ", b'"c d"@example.net', b"(a (b) c)", b"(", b")", b"<", b">", b'"', b"\\", b"@",
    b"@r.example:", b"[192.0.2.1]", b"To: ", b"Bcc: ", b"Subject: x", b"From ann Sun Nov 22\n",
    b">From x\n", b": ", b"\n ", b"\0", b"\xff", b"\xc3\xa4", b"x" * 300, b"\x7f",
    b"MAIL FROM:<ann@example.org> RET=FULL\r\n", b"RCPT TO:<bob@example.org> NOTIFY=NEVER\r\n",
    b"DATA\r\n", b"\r\nDATA\r\n", b"MAIL ", b"RCPT ",
)  # fmt: skip


def check(data: bytes) -> None:
    """Take one input as what a program hands over and assert the invariant."""
    octets = expand(data, SUBMISSION)
    head, _, rest = octets.partition(b"\n")
    _check_options(text_of(head).split(" "))
    addresses = _check_addresses(text_of(rest.partition(b"\n")[0]))
    _check_commands(addresses)
    _FILE.write_bytes(rest)
    for ends_at_dot in (False, True):
        _check_letter(rest, ends_at_dot=ends_at_dot)
    _FILE.write_bytes(octets)
    with contextlib.suppress(DsnError, SubmissionFault):  # as its docstring says
        dropped = read_dropped(_FILE, now=_NOW)
        assert dropped.recipients
        dropped.letter.close()


def _check_options(words: list[str]) -> None:
    try:
        options = read_options(words)
    except SubmissionFault as fault:
        assert fault.code
        assert str(fault)
        return
    assert words[len(words) - len(options.recipients) :] == [*options.recipients]


def _check_addresses(text: str) -> list[str]:
    try:
        addresses = read_addresses(text)
    except InvalidAddresses as error:
        assert str(error)
        return []
    for address in addresses:
        assert address == check_path(address)
        assert [address] == read_addresses(f"<{address}>")
    return addresses


def _check_commands(addresses: list[str]) -> None:
    request = Request(sender="", recipients=tuple(addresses), notify="NEVER", octets=1)
    for command in request.commands():
        assert not any(octet < 0x20 or octet == 0x7F for octet in command.encode())


def _check_letter(octets: bytes, *, ends_at_dot: bool) -> None:
    whole = _read(ends_at_dot=ends_at_dot)
    piece = max(len(octets) // _PIECES, 1)
    most, letters._CHUNK_OCTETS = letters._CHUNK_OCTETS, piece  # noqa: SLF001  so small are no real ones
    try:
        assert whole == _read(ends_at_dot=ends_at_dot)
    finally:
        letters._CHUNK_OCTETS = most  # noqa: SLF001  the same


def _read(*, ends_at_dot: bool) -> tuple[object, bytes, bytes]:
    file = os.open(_FILE, os.O_RDONLY)
    try:
        letter = read_letter(file, ends_at_dot=ends_at_dot)
    finally:
        os.close(file)
    plain, stuffed = (b"".join(letter.chunks(stuffs_dots=stuffs)) for stuffs in (False, True))
    assert len(letter) == len(plain)
    for each in (plain, stuffed):
        assert each.endswith(b"\r\n")
        assert each.count(b"\r") == each.count(b"\n") == each.count(b"\r\n")
    assert plain.split(b"\r\n") == [line.removeprefix(b".") if line.startswith(b"..") else line
                                    for line in stuffed.split(b"\r\n")]  # fmt: skip
    assert letter.is_8bit or plain.isascii()
    letter.close()
    return letter.fields, plain, stuffed
