"""What `dsnlib ingest` reads: each input by its form, once, or again and again.

Rules.
- `auto` looks at how an input begins: a log and a notice of a service are told from mail.
- What is compressed is read as what it holds: logs are rotated so.
- An input is opened once: a pipe by a name has no second time.
- An input that cannot be read is told, and the others are read.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, cast

from dsnlib.adapters.feeds.feed_item import FeedItem
from dsnlib.adapters.feeds.line_reader import LINE_FORMATS, make_line_reader, tell_form
from dsnlib.adapters.feeds.maildir_feed import MaildirFeed
from dsnlib.adapters.feeds.stream_feed import stream_offers
from dsnlib.adapters.mailboxes.inputs import (
    MESSAGE_OCTETS,
    STDIN,
    Entry,
    list_files,
    read_inputs,
    read_stream,
)
from dsnlib.bulk.open_plain import is_compressed, open_plain
from dsnlib.cli import output
from dsnlib.errors import ParseError

if TYPE_CHECKING:
    import argparse
    import io
    from collections.abc import Callable, Iterable, Iterator
    from typing import NoReturn

    from dsnlib.adapters.feeds.stop import Stop
    from dsnlib.adapters.feeds.watching import Polled
    from dsnlib.adapters.store import Store

__all__ = ["Faults", "offers_of", "watched"]

MAIL = "mail"
_HEAD_OCTETS = 4096
_NEW = "new"


class Faults:
    """Inputs that could not be read, told one by one.

    Attributes:
        worst: The exit code of the worst of them; 0 if there are none.
    """

    def __init__(self) -> None:
        self.worst = 0

    def add(self, file: str, message: int | None, reason: str, code: str, exit_: int) -> None:
        """Tell of one."""
        output.complain(file, message, reason, code)
        self.worst = max(self.worst, exit_)

    def add_error(self, file: str, error: OSError) -> None:
        """Tell of a file that cannot be read."""
        is_missing = isinstance(error, FileNotFoundError)
        reason = error.strerror or str(error)
        self.add(file, None, reason, "missing" if is_missing else "unreadable", os.EX_NOINPUT)


def watched(args: argparse.Namespace, store: Store) -> list[Polled]:
    """Return what is to be looked at again and again; a mistake ends the command."""
    return [_watched(args, name, store) for name in args.inputs]


def _watched(args: argparse.Namespace, name: str, store: Store) -> Polled:
    if _is_directory(name):
        return MaildirFeed(name, deletes=args.delete)
    form: str | None = args.format
    if form == "auto":
        form = _form_of_file(name)
    if form is None or form not in LINE_FORMATS or name == STDIN:
        usage_error: Callable[[str], NoReturn] = args.usage_error
        usage_error(
            f"argument --watch: {name!r} is neither a Maildir nor a log; "
            "name the --format of a log that is not there yet"
        )
    from dsnlib.adapters.feeds.log_feed import LogFeed

    return LogFeed(name, make_line_reader(form, host=args.host), store)


def _is_directory(name: str) -> bool:
    return name != STDIN and os.path.isdir(name)  # noqa: PTH112  pathlib is slow to load


def _form_of_file(name: str) -> str | None:
    try:
        with open(name, "rb") as file:  # noqa: PTH123  pathlib is slow to load
            return tell_form(file.read(_HEAD_OCTETS))
    except OSError:
        return None


def offers_of(args: argparse.Namespace, faults: Faults, stop: Stop) -> Iterator[FeedItem | None]:
    """Yield all that the inputs have, each read once.

    Args:
        args: The command line.
        faults: Is told of what cannot be read.
        stop: The wish for the end.
    """
    for name in args.inputs:
        if _is_directory(name):
            if args.move or args.delete:
                if not os.path.isdir(os.path.join(name, _NEW)):  # noqa: PTH112, PTH118  the same
                    faults.add(name, None, "it is no Maildir", "no-maildir", os.EX_DATAERR)
                    continue
                yield from MaildirFeed(name, deletes=args.delete).poll()
            else:
                for file in list_files(name):
                    yield from _of_file(args, file, faults, stop)
        else:
            yield from _of_file(args, name, faults, stop)


def _of_file(
    args: argparse.Namespace, name: str, faults: Faults, stop: Stop
) -> Iterator[FeedItem | None]:
    if _is_directory(name):
        # One without a file, or that cannot be read: this tells why.
        yield from _mails(read_inputs([name]), faults)
        return
    try:
        with contextlib.ExitStack() as opened:
            stream = _open(name)
            if name != STDIN:
                opened.enter_context(stream)
            head = stream.peek(_HEAD_OCTETS)
            if not is_compressed(head):
                yield from _of_stream(args, name, stream, faults, stop)
                return
            plain = opened.enter_context(open_plain(stream, head))
            yield from _of_stream(args, name, plain, faults, stop)
            if plain.fault is not None:
                faults.add(name, None, plain.fault, "compression", os.EX_DATAERR)
    except OSError as error:
        faults.add_error(name, error)


def _of_stream(
    args: argparse.Namespace, name: str, stream: io.BufferedReader, faults: Faults, stop: Stop
) -> Iterator[FeedItem | None]:
    form = args.format
    if form == "auto":
        form = tell_form(stream.peek(_HEAD_OCTETS)) or MAIL
    if form == MAIL:
        yield from _mails(read_stream(name, stream), faults)
    elif form == "ses" and name != STDIN:
        yield from _notices(name, stream, faults, stop)
    else:
        reader = make_line_reader(form, host=args.host)
        yield from stream_offers(name, stream, reader, stop)


def _open(name: str) -> io.BufferedReader:
    if name != STDIN:
        return open(name, "rb")  # noqa: PTH123  pathlib is slow to load
    if sys.stdin is None:
        message = "standard input is closed"
        raise OSError(message)
    # What Python opens for us is buffered.
    return cast("io.BufferedReader", sys.stdin.buffer)


def _mails(entries: Iterable[Entry], faults: Faults) -> Iterator[FeedItem]:
    for entry in entries:
        error = entry.error
        if error is not None:
            faults.add(entry.file, entry.message, error.message, error.code, error.exit)
        if entry.octets is not None:
            yield FeedItem(entry.file, entry.octets, number=entry.message, size=len(entry.octets))


def _notices(
    name: str, stream: io.BufferedReader, faults: Faults, stop: Stop
) -> Iterator[FeedItem | None]:
    """Yield the notices of a file: one over many lines, a list, or one a line."""
    from dsnlib.bounces.services.ses import read_ses

    whole = stream.read(MESSAGE_OCTETS)
    try:
        events = read_ses(whole)
    except ParseError as error:
        if b"\n" not in whole.strip():
            faults.add(name, None, str(error), "no-notice", os.EX_DATAERR)
            return
        yield from stream_offers(name, stream, make_line_reader("ses"), stop, begun=whole)
    else:
        yield FeedItem(name, events=events, size=len(whole))
