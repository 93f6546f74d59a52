"""`dsnlib sink`: a mail server that takes everything, and bounces what is asked to bounce.

Rules.
- It listens on the loopback interface unless told otherwise.
- A message is a line, printed when it has been taken; with a directory it is kept
  there first, and if that fails the client is told to come again.
- It ends with SIGTERM, with Ctrl-C, or after so many messages.
"""

from __future__ import annotations

import argparse
import errno
import os
import queue
import re
import signal
import sys
import threading
from typing import TYPE_CHECKING, cast

from dsnlib.cli import output
from dsnlib.cli.commands import envelope_commands
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import json_text, printable
from dsnlib.errors import DsnError
from dsnlib.model.date import format_time

if TYPE_CHECKING:
    import mailbox
    from collections.abc import Callable

    from dsnlib.adapters.sink import SinkMessage
    from dsnlib.compose.message import ComposedMessage
    from dsnlib.model.envelope import Envelope, Recipient

    # Lines to be printed; `None` is the end.
    _Lines = queue.SimpleQueue[str | None]

__all__ = ["add_arguments", "run"]

_HOST = "127.0.0.1"
_LISTEN = f"{_HOST}:2525"
_ADDRESS = re.compile(r"(?:(?:\[([^]\s]+)\]|([^]\[:\s]+)):)?([0-9]{1,5})")
_LARGEST_PORT = 65_535
_GRACE_SECONDS = 2.0
# Chosen by us: so many lines may wait for a terminal that stands still.
_MOST_WAITING = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--listen", metavar="HOST:PORT", default=_LISTEN, help="where to listen (%(default)s)"
    )
    parser.add_argument(
        "--hostname",
        metavar="NAME",
        default="sink.example",
        help="what it calls itself (%(default)s)",
    )
    parser.add_argument("--no-dsn", action="store_true", help="be a server without DSN")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--maildir", metavar="DIR", help="keep the messages in this Maildir")
    kept.add_argument("--mbox", metavar="FILE", help="keep the messages in this mbox")
    parser.add_argument("--reports", metavar="DIR", help="keep the notifications in this Maildir")
    parser.add_argument(
        "--count", type=int, default=0, metavar="N", help="end after so many messages"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _table()


def _table() -> str:
    from dsnlib.adapters.sink.rules import DEEDS

    lines = [f"  {row.example}@".ljust(18) + row.effect for row in DEEDS]
    return "\n".join(["what a recipient is made to do by its local part:", *lines])


def run(args: argparse.Namespace) -> int:
    """Serve until it is to end, return the exit code."""
    host, port = _address(args)
    if args.count < 0:
        args.usage_error(f"argument --count: {args.count} is less than 0")
    lines: _Lines = queue.SimpleQueue()
    try:
        keeper = _Keeper(args, lines)
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror or error}", Exit.IO_ERROR)
    try:
        return _serve(args, host, port, keeper)
    finally:
        keeper.close()


def _address(args: argparse.Namespace) -> tuple[str, int]:
    found = _ADDRESS.fullmatch(args.listen)
    port = -1 if found is None else int(found[3])
    if found is None or port > _LARGEST_PORT:
        args.usage_error(f"argument --listen: {args.listen!r} is not HOST:PORT")
        return _HOST, 0
    return found[1] or found[2] or _HOST, port


def _serve(args: argparse.Namespace, host: str, port: int, keeper: _Keeper) -> int:
    from dsnlib.adapters.sink import Sink

    try:
        sink = Sink(
            host=host,
            port=port,
            hostname=args.hostname,
            announces_dsn=not args.no_dsn,
            most_messages=0,
            on_message=keeper.keep_message,
            on_report=keeper.keep_report,
        )
    except DsnError as error:
        return _refuse(f"--hostname: {error}", Exit.USAGE)
    try:
        sink.start()
    except OSError as error:
        # What Python adds to it repeats the address.
        reason = os.strerror(error.errno) if error.errno else str(error)
        return _refuse(f"cannot listen on {args.listen}: {reason}", Exit.IO_ERROR)
    try:
        _print(keeper.lines, f"{args.hostname} listens on {sink.host} port {sink.port}")
    finally:
        # Whose message was the last one may still have its reply, and say QUIT.
        sink.stop(seconds=_GRACE_SECONDS if args.count else 0)
    while not keeper.lines.empty():
        _write(keeper.lines.get())
    return Exit.FINE


def _print(lines: _Lines, greeting: str) -> None:
    """Write what comes until there is an end to it."""
    is_main = threading.current_thread() is threading.main_thread()
    # A simple queue may be put into at any moment, also in a handler of signals.
    before = signal.signal(signal.SIGTERM, lambda *_: lines.put(None)) if is_main else None
    try:
        output.use_utf8()
        output.write(f"dsnlib: {printable(greeting)}\n", sys.stderr)
        sys.stderr.flush()
        while (line := lines.get()) is not None:
            _write(line)
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)


def _write(line: str | None) -> None:
    if line is not None:
        output.write(f"{line}\n")
        sys.stdout.flush()


class _Keeper:
    """What is done with messages and notifications, in the thread of the server.

    Args:
        args: The command line.
        lines: Where lines to be printed go.

    Raises:
        OSError: A mailbox cannot be opened.
    """

    def __init__(self, args: argparse.Namespace, lines: _Lines) -> None:
        self.lines = lines
        self._line: Callable[[str, Envelope, int, str], str] = _record if args.json else _text
        self._left = args.count
        self._messages = _open(args.maildir, args.mbox)
        self._reports = _open(args.reports, None)

    def keep_message(self, message: SinkMessage) -> None:
        """Keep and tell of a message.

        Raises:
            OSError: It cannot be kept.
        """
        if self.lines.qsize() > _MOST_WAITING:
            raise OSError(errno.EAGAIN, "nobody reads what is printed")
        returned = f"Return-Path: <{message.sender}>\r\n".encode("utf-8", "surrogateescape")
        _add(self._messages, returned + message.content)
        octets = len(message.content)
        self.lines.put(self._line("message", message.envelope, octets, message.peer))
        self._left -= 1
        if not self._left:
            self.lines.put(None)

    def keep_report(self, report: ComposedMessage) -> None:
        """Keep and tell of a notification.

        Raises:
            OSError: It cannot be kept.
        """
        octets = report.as_bytes()
        _add(self._reports, octets)
        self.lines.put(self._line(report.plan.kind.value, report.envelope, len(octets), ""))

    def close(self) -> None:
        """Close the mailboxes."""
        for each in (self._messages, self._reports):
            if each is not None:
                each.close()


def _open(maildir: str | None, mbox: str | None) -> mailbox.Mailbox[mailbox.Message] | None:
    import mailbox

    if maildir:
        return cast("mailbox.Mailbox[mailbox.Message]", mailbox.Maildir(maildir))
    return cast("mailbox.Mailbox[mailbox.Message]", mailbox.mbox(mbox)) if mbox else None


def _add(kept: mailbox.Mailbox[mailbox.Message] | None, octets: bytes) -> None:
    if kept is not None:
        kept.lock()
        try:
            kept.add(octets)
            kept.flush()
        finally:
            kept.unlock()


def _text(kind: str, envelope: Envelope, octets: int, peer: str) -> str:
    said = "  ".join(envelope_commands(envelope))
    return printable(f"{kind}: {octets} octets{f' from {peer}' if peer else ''}: {said}")


def _record(kind: str, envelope: Envelope, octets: int, peer: str) -> str:
    mail = envelope.mail
    return json_text(
        {
            "kind": kind,
            "peer": peer,
            "octets": octets,
            "arrival": None if envelope.arrival is None else format_time(envelope.arrival),
            "sender": envelope.sender,
            "ret": None if mail.ret is None else str(mail.ret),
            "envid": mail.envid,
            "recipients": [_recipient(each) for each in envelope.recipients],
        }
    )


def _recipient(recipient: Recipient) -> dict[str, str | None]:
    params = recipient.params
    return {
        "address": recipient.address,
        "notify": None if params.notify is None else str(params.notify),
        "orcpt": None if params.orcpt is None else str(params.orcpt),
    }


def _refuse(reason: str, code: Exit) -> int:
    output.write(f"dsnlib: {printable(reason)}\n", sys.stderr)
    return code
