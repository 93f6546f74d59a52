r"""The octets of a message on their way in: after DATA, and in the chunks of BDAT.

Only `<CRLF>.<CRLF>` ends what DATA began, and every line ends with CRLF (RFC 5321
s2.3.8, s4.1.1.4).  A server that takes `<LF>.<CRLF>` for the end, behind one that does
not, lets a stranger put commands into a message: SMTP smuggling.  So a lone CR or LF
refuses the message, or is made something harmless.

Rules.
- Octets are looked at in chunks as they come, not in lines; no octet is looked at
  more often than a fixed number of times.
- In memory is the beginning, up to a bound; a larger message is in a file.
- What is too large, or at fault, is read to its end and not kept; the first
  fault is the reply.
- Dots are undone behind CRLF only (RFC 5321 s4.5.2); BDAT has none (RFC 3030 s2).
"""

from __future__ import annotations

import contextlib
import enum
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dsnlib.adapters.content import Content
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HEAD_OCTETS", "BareNewlines", "MessageReader"]

HEAD_OCTETS = 65_536
"""How much of a message in a file is in memory too, which is enough for its header."""

_END = b"\r\n.\r\n"
_DOT = b"\r\n."
_LONE_LF = re.compile(rb"(?<!\r)\n")
_LONE_CR = re.compile(rb"\r(?!\n)")
_BARE = SmtpReply.parse("550 5.5.2 A line of the message does not end with CR and LF")
_LONG = SmtpReply.parse("500 5.5.2 A line of the message is too long")


class BareNewlines(enum.Enum):
    """What becomes of a message with a CR or LF that stands alone."""

    REFUSE = "refuse"
    """It is refused, 550 5.5.2."""
    NORMALIZE = "normalize"
    """LF becomes CRLF and CR a space; the end of the message is still CRLF.CRLF."""
    KEEP = "keep"
    """It stays, which is right only for a message that is binary, or goes nowhere."""


class MessageReader:
    r"""Reads one message; use it once, and `close` it if its content is not wanted.

    >>> reader = MessageReader()
    >>> reader.feed(b"Subject: x\r\n\r\n..\r\n.\r\nQUIT\r\n")
    b'QUIT\r\n'
    >>> reader.content().read()
    b'Subject: x\r\n\r\n.\r\n'

    Args:
        size_octets: The largest message, or `None`; a larger one is answered 552 5.3.4.
        line_octets: The longest line without its line end, or `None`; 500 5.5.2.
        memory_octets: How much is kept in memory before there is a file.
        folder: Where files are made; without one all is in memory.
        bare_newlines: What a CR or LF means that stands alone.
        has_room: Tells whether the folder takes so many octets more; `None` is yes.

    Attributes:
        refusal: Why the message cannot be taken, or `None`.
        is_whole: Whether the end has come.
    """

    def __init__(
        self,
        *,
        size_octets: int | None = None,
        line_octets: int | None = None,
        memory_octets: int = 262_144,
        folder: Path | None = None,
        bare_newlines: BareNewlines = BareNewlines.REFUSE,
        has_room: Callable[[int], bool] | None = None,
    ) -> None:
        self.refusal: SmtpReply | None = None
        self.is_whole = False
        self._size_octets = size_octets
        self._line_octets = line_octets
        self._memory_octets = memory_octets
        self._folder = folder
        self._bare_newlines = bare_newlines
        self._has_room = has_room
        # What may be the beginning of the end; it stands behind a line end at first.
        self._carry = b"\r\n"
        self._is_start = True
        self._column = 0
        self._octets = 0
        self._pieces: list[bytes] = []
        self._kept_octets = 0
        self._head = b""
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def feed(self, chunk: bytes) -> bytes | None:
        """Take octets behind DATA.

        Args:
            chunk: What has come.

        Returns:
            What stands behind the end of the message, `None` if the end has not come.
        """
        data = self._carry + chunk
        end = data.find(_END)
        if end >= 0:
            rest: bytes | None = data[end + len(_END) :]
            self.is_whole = True
            data = data[: end + 2]
        else:
            rest = None
            keep = _beginning_at_end(data)
            cut = len(data) - keep
            self._carry = data[cut:]
            data = data[:cut]
        if data:
            if _DOT in data:
                data = data.replace(_DOT, b"\r\n")
            if self._is_start:
                # The line end that stands for the one behind DATA itself.
                self._is_start = False
                data = data[2:]
            self._take(data)
        return rest

    def feed_chunk(self, chunk: bytes) -> None:
        """Take octets of BDAT, as they are (RFC 3030 s2)."""
        data = chunk if self._is_start else self._carry + chunk
        self._is_start = False
        # A CR at the end may have its LF in the next chunk.
        cut = len(data) - 1 if data.endswith(b"\r") else len(data)
        self._carry = data[cut:]
        self._take(data[:cut])

    def end_chunks(self) -> None:
        """Take note that the last octet of BDAT has come."""
        self.is_whole = True
        if not self._is_start and self._carry:
            self._take(self._carry)
        self._carry = b""

    def refuse(self, reply: SmtpReply) -> None:
        """Keep nothing more; the first reason is the reply."""
        if self.refusal is None:
            self.refusal = reply
            self._drop()

    def content(self) -> Content:
        """Return the message; its file is the caller's from now on.

        Only when the whole of it has come, and it is not refused.
        """
        if self._file is None:
            return Content(body=b"".join(self._pieces))
        self._file.close()
        self._file = None
        path, self._path = self._path, None
        return Content(body=self._head, path=path, octets=self._octets)

    def close(self) -> None:
        """Forget what has come; what `content` has given away stays."""
        self._drop()

    def _take(self, data: bytes) -> None:
        """Count, check and keep octets; none of them is half a line end."""
        if not data or self.refusal is not None:
            return
        lines = data.count(b"\r\n")
        if lines != data.count(b"\n") or lines != data.count(b"\r"):
            if self._bare_newlines is BareNewlines.REFUSE:
                self.refuse(_BARE)
                return
            if self._bare_newlines is BareNewlines.NORMALIZE:
                data = _LONE_CR.sub(b" ", _LONE_LF.sub(b"\r\n", data))
        self._octets += len(data)
        if self._size_octets is not None and self._octets > self._size_octets:
            self.refuse(StandardReply.MESSAGE_TOO_LARGE.reply)
        elif self._line_octets is not None and self._has_long_line(data, self._line_octets):
            self.refuse(_LONG)
        else:
            self._keep(data)

    def _has_long_line(self, data: bytes, most: int) -> bool:
        """Tell whether a line is longer than it may be.

        It goes from one line end to the last that is within reach of it.
        """
        start = -self._column
        while (end := data.rfind(b"\r\n", max(start, 0), start + most + 2)) >= 0:
            start = end + 2
        self._column = len(data) - start
        return self._column > most

    def _keep(self, data: bytes) -> None:
        try:
            if self._file is not None:
                self._write(data)
                return
            self._pieces.append(data)
            self._kept_octets += len(data)
            if self._kept_octets > self._memory_octets and self._folder is not None:
                whole = b"".join(self._pieces)
                self._pieces.clear()
                self._head = whole[:HEAD_OCTETS]
                self._open(self._folder)
                self._write(whole)
        except OSError:
            self.refuse(StandardReply.NO_STORAGE.reply)

    def _open(self, folder: Path) -> None:
        number, name = tempfile.mkstemp(prefix="incoming-", dir=folder)
        self._path = Path(name)
        self._file = os.fdopen(number, "wb", buffering=0)

    def _write(self, data: bytes) -> None:
        if self._has_room is not None and not self._has_room(len(data)):
            self.refuse(StandardReply.NO_STORAGE.reply)
            return
        file = self._file
        view = memoryview(data)
        while file is not None and view:
            view = view[file.write(view) :]

    def _drop(self) -> None:
        self._pieces.clear()
        self._head = b""
        if self._file is not None:
            # A full disk may be told of again here, and it is known.
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        if self._path is not None:
            with contextlib.suppress(OSError):  # what cannot be removed is left to the site
                self._path.unlink(missing_ok=True)
            self._path = None


def _beginning_at_end(data: bytes) -> int:
    """Return how many octets at the end may be the beginning of the end of a message."""
    for length in (4, 3, 2, 1):
        if data.endswith(_END[:length]):
            return length
    return 0
