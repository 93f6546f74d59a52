"""Lines -> events, by the form that they have: of a mail server's log, or of a service.

postfix-log    `bounces.logs.postfix`, dsnlib's own log too
exim-log       `bounces.logs.exim`
ses            a notice of Amazon SES a line, with the envelope of SNS or without
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
from typing import TYPE_CHECKING, Protocol

from dsnlib.errors import ParseError
from dsnlib.model.text import decode_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.bounces.event import BounceEvent

__all__ = ["LINE_FORMATS", "LineReader", "make_line_reader", "read_lines", "tell_form"]


_LOG = logging.getLogger("dsnlib.ingest")
_MOST_TOLD = 10


class LineReader(Protocol):
    """Reads lines in their order."""

    def feed(self, line: str, *, now: dt.datetime) -> tuple[BounceEvent, ...]:
        """Return what a line says; nothing for most.  Never raises."""


class _SesLines:
    """Each line is a notice."""

    def __init__(self) -> None:
        self._passed = 0

    def feed(self, line: str, *, now: dt.datetime) -> tuple[BounceEvent, ...]:  # noqa: ARG002  as the others
        from dsnlib.bounces.services.ses import read_ses

        if not line.strip():
            return ()
        try:
            return read_ses(line)
        except ParseError as error:
            self._passed += 1
            # A file that is none at all has as many of them as lines.
            if self._passed <= _MOST_TOLD:
                _LOG.warning("a line is passed over: %s", error)
            return ()


def _postfix(host: str) -> LineReader:  # noqa: ARG001  its lines name the host
    from dsnlib.bounces.logs.postfix import PostfixLog

    return PostfixLog(zone=_local_zone())


def _exim(host: str) -> LineReader:
    from dsnlib.bounces.logs.exim import EximLog

    return EximLog(host=host, zone=_local_zone())


def _ses(host: str) -> LineReader:  # noqa: ARG001  it has none
    return _SesLines()


def _local_zone() -> dt.tzinfo:
    """Return the zone of this machine, which is most likely the one of its logs."""
    import zoneinfo

    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        if name:
            return zoneinfo.ZoneInfo(name)
        with open("/etc/localtime", "rb") as file:  # noqa: PTH123  pathlib is slow to load
            return zoneinfo.ZoneInfo.from_file(file)
    except (KeyError, OSError, ValueError):  # no such zone, or none that is described
        return dt.datetime.now().astimezone().tzinfo or dt.UTC


_READERS: dict[str, Callable[[str], LineReader]] = {
    "postfix-log": _postfix,
    "exim-log": _exim,
    "ses": _ses,
}
LINE_FORMATS = tuple(_READERS)
"""What lines may be."""

# Exim's main log: a time, and the name of a message.
_EXIM = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,19}(?: [+-][0-9]{4})? (?:\[[0-9]+\] )?"
    rb"(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} |Start queue|End queue|exim )"
)
# Only Amazon's notices have one of these: its own two names, and that of the envelope.
_SES = (b'"notificationType"', b'"eventType"', b'"TopicArn"')


def make_line_reader(form: str, *, host: str | None = None) -> LineReader:
    """Return what reads lines of a form.

    Args:
        form: One of `LINE_FORMATS`.
        host: Whose log it is, where no line tells; this machine if not given.
    """
    return _READERS[form](os.uname().nodename if host is None else host)


def tell_form(head: bytes) -> str | None:
    """Return the form of the lines that a file begins with, `None` if it is mail.

    >>> tell_form(b"Nov 23 04:00:00 mx postfix/qmgr[3]: 4F0: removed")
    'postfix-log'

    Never raises.
    """
    head = head.lstrip()
    if head.startswith((b"{", b"[")):
        # dsnlib's own log may be objects too.
        return "ses" if any(name in head for name in _SES) else "postfix-log"
    if _EXIM.match(head):
        return "exim-log"
    from dsnlib.bounces.logs.syslog import read_head

    line = head.partition(b"\n")[0]
    return None if read_head(decode_wire(line)) is None else "postfix-log"


def read_lines(
    lines: Iterable[bytes], reader: LineReader, *, now: dt.datetime
) -> tuple[BounceEvent, ...]:
    """Return what some lines say.  Never raises."""
    return tuple([event for line in lines for event in reader.feed(decode_wire(line), now=now)])
