"""`dsnlib report`: what became of mail over a time, on a terminal or as a page.

Rules.
- The source is a history (a file, or `postgresql://...`) or the directory that `dsnlib
  bulk` has written.
- A page takes the place of an old one when it is complete, and not before.
- 0 if there is a report, also one on nothing; 65 if the source is damaged, 66 if it is not
  there, 69 if a library is not, 74 if the page cannot be written, 75 if the source cannot
  be reached now.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.columns import colour_console
from dsnlib.cli.exits import Exit
from dsnlib.cli.store_trouble import complain_of_store
from dsnlib.cli.text import json_text, printable
from dsnlib.errors import DsnError, StoreError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from rich.console import Console

    from dsnlib.bounces.summary import Summary
    from dsnlib.report.terminal import Line
    from dsnlib.report.words import Words

__all__ = ["add_arguments", "run"]

_STDOUT = "-"
_MOST_WORST = 1000
# What stops the reading -> how the command ends; the first that fits.
_EXITS: tuple[tuple[type[Exception], int], ...] = (
    (DsnError, Exit.BAD_DATA),
    (ValueError, Exit.BAD_DATA),
    (FileNotFoundError, Exit.NO_INPUT),
    (PermissionError, Exit.NO_INPUT),
    (OSError, Exit.IO_ERROR),
)
_STYLES = {
    "title": "bold",
    "heading": "bold",
    "text": "",
    "number": "",
    "muted": "dim",
    "hard": "blue",
    "soft": "yellow",
    "unknown": "dim",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a history: its file or postgresql://...; or the output directory of dsnlib bulk",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", metavar="FILE", help="write a page; - is standard output")
    form.add_argument("--json", action="store_true", help="print the numbers as one JSON object")
    parser.add_argument(
        "--language", metavar="TAG", default="en", help="of page and terminal (%(default)s)"
    )
    parser.add_argument("--since", metavar="DAY", type=_day, help="the first day: 2026-01-31")
    parser.add_argument("--until", metavar="DAY", type=_day, help="the last day")
    parser.add_argument(
        "--worst",
        metavar="N",
        type=_worst,
        default=20,
        help="so many of the worst addresses and domains (%(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Report on a source, return the exit code."""
    if args.since is not None and args.until is not None and args.since > args.until:
        args.usage_error(f"argument --until: {args.until} is before {args.since}")
    words = _words(args)
    try:
        summary = _summarize(args)
    except (DsnError, ValueError, OSError) as error:
        return _refuse(args.source, error)
    if args.html is not None:
        return _write_page(summary, words, args.html)
    if args.json:
        from dsnlib.report.record import report_record

        output.use_utf8()
        output.write(json_text(report_record(summary)) + "\n")
    else:
        _draw(summary, words)
    return Exit.FINE


def _words(args: argparse.Namespace) -> Words:
    from dsnlib.report.words import words_of

    words = words_of(args.language)
    if words is None:
        language = printable(repr(args.language))
        args.usage_error(f"argument --language: {language} is none of 'dsnlib languages'")
        raise AssertionError  # a usage error ends the command
    return words


def _refuse(source: str, error: Exception) -> int:
    """Say why a source cannot be used, return the exit code."""
    if isinstance(error, StoreError):
        return complain_of_store(error)
    exit_ = next(exit_ for kind, exit_ in _EXITS if isinstance(error, kind))
    problem = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return _complain(source, problem.removeprefix(f"{source}: "), "source", exit_)


def _summarize(args: argparse.Namespace) -> Summary:
    """Return the numbers of the source.

    Raises:
        DsnError: It cannot be used.
        ValueError: It is damaged.
        OSError: It is not there, or may not be read.
        ImportError: What reads it is not there.
    """
    source: str = args.source
    if "://" not in source:
        # To tell what is not there from what is damaged: a store says both in one way.
        Path(source).stat()
        if Path(source).is_dir():
            return _summarize_parts(args)
    from dsnlib.adapters.store import open_store

    with open_store(source, creates=False) as store:
        return store.summarize(since=args.since, until=args.until, worst=args.worst)


def _summarize_parts(args: argparse.Namespace) -> Summary:
    from dsnlib.bulk.summarize import is_bulk_result, summarize_parts

    directory = Path(args.source)
    if not is_bulk_result(directory):
        message = "it is a directory, and no result of dsnlib bulk"
        raise ValueError(message)
    if args.since is not None or args.until is not None:
        args.usage_error("--since and --until: only for a history, not for a result of dsnlib bulk")
    return summarize_parts(directory, worst=args.worst)


def _write_page(summary: Summary, words: Words, file: str) -> int:
    from dsnlib.report.page import render_page

    page = render_page(summary, language=words.wording.language, now=dt.datetime.now(dt.UTC))
    if file == _STDOUT:
        output.use_utf8()
        sys.stdout.write(page)
        return Exit.FINE
    try:
        _replace(Path(file), page.encode())
    except OSError as error:
        problem = f"cannot be written: {error.strerror or error}"
        return _complain(file, problem, "output", Exit.IO_ERROR)
    return Exit.FINE


def _replace(path: Path, octets: bytes) -> None:
    """Write a file that is complete or as it was.

    Raises:
        OSError: It cannot be written; nothing is left of it.
    """
    path = path.resolve()  # what a link leads to is replaced, not the link
    if path.exists() and not path.is_file():
        path.write_bytes(octets)  # a device or a pipe has no other place to be prepared in
        return
    draft = path.with_name(f".dsnlib-report.{os.getpid()}.new")
    try:
        with draft.open("xb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o777)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # it may not have been made
            draft.unlink()
        raise


def _draw(summary: Summary, words: Words) -> None:
    from dsnlib.report.terminal import report_lines

    encoding = sys.stdout.encoding or "utf-8"
    try:
        "█▒░".encode(encoding)
        is_ascii = False
    except UnicodeEncodeError:
        is_ascii = True
    lines = report_lines(summary, words, is_ascii=is_ascii)
    console = colour_console()
    if console is None:
        for line in lines:
            output.write("".join(span.text for span in line).rstrip() + "\n")
    else:
        _draw_in_colour(console, lines)


def _draw_in_colour(console: Console, lines: Iterable[Line]) -> None:
    from rich.text import Text

    for line in lines:
        text = Text.assemble(*((span.text, _STYLES[span.purpose]) for span in line))
        console.print(text, no_wrap=True, overflow="ignore", crop=False)


def _complain(place: str, problem: str, code: str, exit_: int) -> int:
    output.complain(place, None, problem, code)
    return exit_


def _day(text: str) -> dt.date:
    import argparse

    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        message = f"{printable(repr(text))} is no day such as 2026-01-31"
        raise argparse.ArgumentTypeError(message) from None


def _worst(text: str) -> int:
    import argparse

    # Nobody writes a thousand with more digits than it has.
    if text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_WORST)):
        number = int(text)
        if number <= _MOST_WORST:
            return number
    message = f"{printable(repr(text))} is no number from 0 to {_MOST_WORST}"
    raise argparse.ArgumentTypeError(message)
