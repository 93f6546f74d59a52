r"""The lines of the log, as Postfix has them or as JSON objects, to standard error or a file.

    2026-11-22T10:00:00.123+00:00 mail.example.org dsnlib/smtp[42]: 4F: to=<bob@example.org>, ...
    {"time": "2026-11-22T10:00:00.123+00:00", "level": "info", "part": "smtp", ...}

What a record has in `extra={"event": {...}}` are members of its object; the text is
there for people.

Rules.
- One event is one line: what strangers wrote has no line ends, no controls and no end of
  a line that it could reach beyond.
- The event loop does not wait for the disk or a pipe: a thread writes.  If that falls
  behind, lines are dropped and counted, and mail goes on.
- A file that was renamed is opened anew at `reopen`, for programs that rotate logs.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import queue
import re
import sys
import threading
from typing import TYPE_CHECKING, TextIO

from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.adapters.service.privileges import Owner

__all__ = ["LogWriter", "format_json", "format_text"]

_ROOT = "dsnlib"
# Chosen by us: at 200 octets a line, 2 MB.
_MOST_WAITING = 10_000
# Chosen by us, for the text of a line; Postfix cuts at 2000.
_LONGEST = 4000
# What could end a line, act on a terminal or turn text round; lone surrogates are octets.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_NO_OCTET = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def _printable(text: str) -> str:
    text = _UNSAFE.sub("?", text)
    if not text.isascii():
        # Octets that are no UTF-8 are lone surrogates here; others are nobody's octets.
        octets = _NO_OCTET.sub("?", text).encode("utf-8", "surrogateescape")
        text = octets.decode("utf-8", "replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _when(record: logging.LogRecord) -> str:
    moment = dt.datetime.fromtimestamp(record.created, dt.UTC).astimezone()
    return moment.isoformat(timespec="milliseconds")


def _part(record: logging.LogRecord) -> str:
    return record.name.removeprefix(f"{_ROOT}.")


def _trace(record: logging.LogRecord) -> str:
    """Return what a fault of ours says: its kind, its text, and where it was raised."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119  a name, no file
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} ({place})"


def format_text(record: logging.LogRecord, *, hostname: str = "localhost") -> str:
    """Return the line of a record, without its end.

    Args:
        record: What was logged.
        hostname: The name of this system.
    """
    text = _printable(record.getMessage())
    word = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
    trace = _printable(_trace(record))
    end = f": {trace}" if trace else ""
    return (
        f"{_when(record)} {hostname} {_ROOT}/{_part(record)}[{record.process}]: {word}{text}{end}"
    )


def format_json(record: logging.LogRecord, *, hostname: str = "localhost") -> str:
    """Return the JSON object of a record on one line, without its end.

    Args:
        record: What was logged.
        hostname: The name of this system.
    """
    fields = getattr(record, "event", None) or {}
    whole = {
        "time": _when(record),
        "host": hostname,
        "process": record.process,
        "level": record.levelname.lower(),
        "part": _part(record),
        "message": _printable(record.getMessage()),
        **{str(name): _plain(value) for name, value in fields.items()},
    }
    if trace := _trace(record):
        whole["error"] = _printable(trace)
    return json.dumps(whole, ensure_ascii=False, default=str)


def _plain(value: object) -> object:
    """Return what JSON has for a value, its texts made printable."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return _printable(str(value))


_FORMATS = {"json": format_json, "text": format_text}


class LogWriter(logging.Handler):
    """What writes the log of the whole package, from `start` to `stop`.

    Args:
        path: The file; standard error if `None`.
        format_: `text` or `json`.
        level: The least level that is written: `debug`, `info`, `warning`, `error`.
        hostname: The name of this system.
        owner: Whose the file is if it has to be made.

    Attributes:
        lost: How many lines were dropped.

    Raises:
        ConfigurationError: The file cannot be written.
    """

    def __init__(
        self,
        *,
        path: Path | None = None,
        format_: str = "text",
        level: str = "info",
        hostname: str = "localhost",
        owner: Owner | None = None,
    ) -> None:
        super().__init__(level.upper())
        self._owner = owner
        self._path = path
        self._format = _FORMATS[format_]
        self._hostname = _printable(hostname)
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._must_reopen = False
        self._before: tuple[int, bool] | None = None
        self.lost = 0
        self._stream = self._open()

    def start(self) -> None:
        """Take over what the package logs."""
        logger = logging.getLogger(_ROOT)
        self._before = logger.level, logger.propagate
        logger.setLevel(self.level)
        logger.propagate = False
        logger.addHandler(self)
        self._thread = threading.Thread(target=self._write_all, name="dsnlib-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and let go."""
        logger = logging.getLogger(_ROOT)
        logger.removeHandler(self)
        if self._before is not None:
            logger.setLevel(self._before[0])
            logger.propagate = self._before[1]
        if self._thread is not None:
            self._lines.put(None)
            self._thread.join()
            self._thread = None
        if self._path is not None:
            self._stream.close()
        self.close()

    def reopen(self) -> None:
        """Write to the file that has the name now."""
        self._must_reopen = True

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line over to the thread that writes; never waits and never raises."""
        try:
            self._lines.put_nowait(self._format(record, hostname=self._hostname))
        except queue.Full:
            self.lost += 1
        except Exception:  # noqa: BLE001  a log that fails must not end what it is about
            self.handleError(record)

    def _write_all(self) -> None:
        told = 0
        while (line := self._lines.get()) is not None:
            try:
                if self._must_reopen and self._path is not None:
                    self._must_reopen = False
                    self._stream.close()
                    self._stream = self._open()
                if self.lost > told:
                    self._stream.write(f"{self.lost - told} lines of this log were lost\n")
                    told = self.lost
                self._stream.write(f"{line}\n")
                if self._lines.empty():
                    self._stream.flush()
            except (OSError, ValueError, ConfigurationError):
                # A disk that is full stops the log, and not the mail.
                self.lost += 1

    def _open(self) -> TextIO:
        if self._path is None:
            return sys.stderr
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            file = os.open(self._path, flags, 0o640)
            if self._owner is not None and os.geteuid() == 0:
                os.fchown(file, self._owner.user, self._owner.group)
            return os.fdopen(file, "a", encoding="utf-8")
        except OSError as error:
            message = f"{self._path} cannot be written: {error.strerror}"
            raise ConfigurationError(message, origin="maillog_file") from error
