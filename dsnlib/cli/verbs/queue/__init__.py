"""`dsnlib queue`: look at the mail that waits, and decide on it.

Rules.
- A server may run the queue meanwhile; it heeds what is asked within a second.
- Messages are named, or chosen by what they are; all of them only by `--all`.
- What is requeued follows aliases anew: a message goes where the addresses lead now
  that it was accepted for, as far as somebody still waits there.  Nobody gets it twice,
  and of an expansion that was told of nobody hears again.  The copies of a list stay
  with its members of that time; where each of them leads is looked up.
- An identifier that is not there goes to standard error, and the exit code is 1.
- Addresses and reasons are strangers' texts: what would act on a terminal becomes
  U+FFFD.  A message itself is written as it is, octet for octet.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import json_text
from dsnlib.cli.verbs.queue.entry import describe_entry, draw_entries, entry_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.adapters.queue import QueuedMessage
    from dsnlib.adapters.spool.control import Damaged, QueueControl

__all__ = ["add_arguments", "run"]

_DIRECTORY = Path("/var/spool/dsnlib")
_NULL_SENDER = "<>"
# time = 1*DIGIT [ "s" / "m" / "h" / "d" / "w" ], as Postfix's parameters have it
_TIME = re.compile(r"([0-9]{1,6})([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_HEADER_END = re.compile(rb"\r?\n\r?\n")

# verb -> what it does, what it did
_CHANGES = {
    "flush": ("let messages be tried at once", "to be tried at once"),
    "hold": ("let messages wait until they are released", "held"),
    "release": ("let messages that are held be tried", "released"),
    "requeue": (
        "release messages, follow aliases anew, and let the waits begin anew",
        "requeued",
    ),
    "delete": ("remove messages; nobody is told", "deleted"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    list_ = verbs.add_parser("list", help="list the messages that wait, and why they do")
    list_.set_defaults(task=_list)
    show = verbs.add_parser("show", help="tell all that is known of messages")
    show.set_defaults(task=_show)
    part = show.add_mutually_exclusive_group()
    part.add_argument("--header", action="store_true", help="write the header, and nothing else")
    part.add_argument("--body", action="store_true", help="write the body, and nothing else")
    part.add_argument("--message", action="store_true", help="write header and body")
    for verb, (purpose, _) in _CHANGES.items():
        of_verb = verbs.add_parser(verb, help=purpose)
        of_verb.set_defaults(task=_change, change=verb)
        _add_choice(of_verb)
    for each in (list_, show):
        _add_choice(each)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID", help="the identifiers of messages")
    chosen = parser.add_argument_group("choosing", "messages that are all of this")
    chosen.add_argument("--all", action="store_true", help="every message")
    chosen.add_argument("--sender", metavar="ADDRESS", help="the return path, or <> or @domain")
    chosen.add_argument("--recipient", metavar="ADDRESS", help="one of those who wait, or @domain")
    chosen.add_argument(
        "--older-than", type=_time, metavar="TIME", help="came so long ago: 90, 30m, 12h, 5d, 1w"
    )
    chosen.add_argument("--held", action="store_true", help="wait for a person")
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--queue-directory", type=Path, metavar="DIR", help=f"where the queue is ({_DIRECTORY})"
    )
    place.add_argument("--config", metavar="FILE", help="a configuration that says where it is")
    parser.add_argument("--json", action="store_true", help="one JSON array, an object a message")


def _time(text: str) -> dt.timedelta:
    found = _TIME.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90, 30m, 12h, 5d or 1w")
    return dt.timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def run(args: argparse.Namespace) -> int:
    """Do what is asked, return the exit code."""
    # Who wants another verb's help is not to wait for a database.
    from dsnlib.adapters.spool.control import QueueControl

    directory = _directory(args)
    if isinstance(directory, Exit):
        return directory
    try:
        queue = QueueControl.open(directory)
    except QueueUnavailable as error:
        return _complain_of(error, Exit.NO_INPUT)
    if args.json:
        output.use_utf8()
    try:
        with queue:
            return int(args.task(queue, args))
    except QueueUnavailable as error:
        return _complain_of(error, Exit.IO_ERROR)


def _directory(args: argparse.Namespace) -> Path | Exit:
    if args.config is None:
        return _DIRECTORY if args.queue_directory is None else Path(args.queue_directory)
    from dsnlib.cli.verbs.config import load

    settings = load(args.config)
    if isinstance(settings, Exit):
        return settings
    directory = settings.system.queue_directory
    if directory is None:
        output.complain(args.config, None, "queue_directory is not set", "queue")
        return Exit.NO_INPUT
    return Path(directory)


def _complain_of(error: QueueUnavailable, code: Exit) -> Exit:
    place, _, reason = str(error).partition(": ")
    output.complain(place, None, reason, "queue")
    return code


def _list(queue: QueueControl, args: argparse.Namespace) -> Exit:
    if not _has_choice(args):
        args.all = True
    missing: list[str] = []
    chosen = _chosen(queue, args, missing)
    if args.json:
        sink = output.JsonArray()
        for each in chosen:
            sink.add(entry_record(each))
        sink.close()
    else:
        draw_entries(chosen)
    return _tell_missing(missing)


def _show(queue: QueueControl, args: argparse.Namespace) -> Exit:
    _need_choice(args)
    missing: list[str] = []
    chosen = _chosen(queue, args, missing)
    if args.header or args.body or args.message:
        for each in chosen:
            _write_octets(queue, each.queue_id, args)
    elif args.json:
        sink = output.JsonArray()
        for each in chosen:
            sink.add(entry_record(each))
        sink.close()
    else:
        for each in chosen:
            output.write(describe_entry(each))
    return _tell_missing(missing)


def _write_octets(queue: QueueControl, queue_id: str, args: argparse.Namespace) -> None:
    stream = sys.stdout.buffer
    sys.stdout.flush()
    content = queue.content(queue_id)
    if args.message:
        for chunk in content.chunks():
            stream.write(chunk)
    else:
        octets = content.read()
        end = _HEADER_END.search(octets)
        header_end = len(octets) if end is None else end.end()
        stream.write(octets[:header_end] if args.header else octets[header_end:])
    stream.flush()


def _change(queue: QueueControl, args: argparse.Namespace) -> Exit:
    _need_choice(args)
    missing: list[str] = []
    # Of many messages none is read for nothing.
    wanted = (
        queue.identifiers()
        if args.all
        else [each.queue_id for each in _chosen(queue, args, missing)]
    )
    now = dt.datetime.now(dt.UTC)
    if args.change in ("hold", "delete"):
        changed = getattr(queue, args.change)(wanted)
    else:
        changed = getattr(queue, args.change)(wanted, now=now)
    if args.json:
        sys.stdout.write(json_text(changed) + "\n")
    else:
        count = len(changed)
        done = _CHANGES[args.change][1]
        output.write(f"{count} {'message' if count == 1 else 'messages'} {done}\n")
    return _tell_missing(missing)


def _has_choice(args: argparse.Namespace) -> bool:
    return bool(args.ids or args.all or _has_filter(args))


def _has_filter(args: argparse.Namespace) -> bool:
    filters = (args.sender, args.recipient, args.older_than)
    return args.held or any(each is not None for each in filters)


def _need_choice(args: argparse.Namespace) -> None:
    if not _has_choice(args):
        args.usage_error("which messages? give IDs, --all, or what they are")
    if args.all and (args.ids or _has_filter(args)):
        args.usage_error("argument --all: not together with IDs or what messages are")


def _chosen(
    queue: QueueControl, args: argparse.Namespace, missing: list[str]
) -> Iterator[QueuedMessage | Damaged]:
    """Yield the messages that are meant; note the identifiers that are not there."""
    if args.ids:
        for queue_id in dict.fromkeys(args.ids):
            message = queue.message(queue_id)
            if message is None:
                missing.append(queue_id)
            elif _is_meant(message, args):
                yield message
        return
    for message in queue.messages():
        if _is_meant(message, args):
            yield message


def _is_meant(message: QueuedMessage | Damaged, args: argparse.Namespace) -> bool:
    from dsnlib.adapters.spool.control import Damaged

    if isinstance(message, Damaged):
        # Nothing is known of it by which it could be chosen.
        return not _has_filter(args)
    envelope = message.envelope
    came = message.history.arrival
    return (
        (not args.held or message.is_held)
        and (args.older_than is None or came <= dt.datetime.now(dt.UTC) - args.older_than)
        and (args.sender is None or _is_address(envelope.sender, args.sender))
        and (
            args.recipient is None
            or any(_is_address(each.address, args.recipient) for each in envelope.recipients)
        )
    )


def _is_address(address: str, wanted: str) -> bool:
    if wanted == _NULL_SENDER:
        return not address
    address, wanted = address.lower(), wanted.lower()
    return address.endswith(wanted) if wanted.startswith("@") else address == wanted


def _tell_missing(missing: list[str]) -> Exit:
    for queue_id in missing:
        output.complain(queue_id, None, "there is no such message", "unknown")
    return Exit.PROBLEMS if missing else Exit.FINE
