r"""What a client says: commands of one line, and the octets of a message.

Rules.
- A command is one line: no control character can be in it, whoever made its parts.
- After DATA a dot that begins a line of the message is doubled, after a bare LF or CR too:
  a server that takes one for a line end would see the end of the message, and commands of
  a stranger behind it (RFC 5321 s4.5.2).
- A message that is not as long as it was said to be is not ended: half of a file is no
  message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.errors import InvalidValue
from dsnlib.model.text import encode_wire, has_octets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dsnlib.adapters.content import Content

__all__ = ["END_OF_DATA", "command_line", "data_octets", "path_command", "stuffed", "whole"]

END_OF_DATA = b".\r\n"

# Chosen by us: what a server has to take within the time for one piece.
_PIECE_OCTETS = 65_536

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def command_line(text: str) -> bytes:
    r"""Return the octets of a command.

    >>> command_line("EHLO mail.example.org")
    b'EHLO mail.example.org\r\n'

    Raises:
        InvalidValue: It has a control character, or a character without octets.
    """
    if text.isascii() and text.isprintable():
        # The usual case, without a search.
        return text.encode() + b"\r\n"
    if _CONTROL.search(text) or not has_octets(text):
        message = f"command: {text!r} is more than one line, or has a character it cannot have"
        raise InvalidValue(message, value=text)
    return encode_wire(text) + b"\r\n"


def path_command(verb: str, path: str, options: Sequence[str]) -> bytes:
    r"""Return the octets of MAIL or RCPT.

    >>> path_command("RCPT TO", "bob@example.net", ["NOTIFY=NEVER"])
    b'RCPT TO:<bob@example.net> NOTIFY=NEVER\r\n'

    Args:
        verb: `MAIL FROM` or `RCPT TO`.
        path: The address without brackets.
        options: The parameters.

    Raises:
        InvalidValue: As `command_line`.
    """
    command = f"{verb}:<{path}>"
    return command_line(" ".join([command, *options]) if options else command)


def whole(content: Content) -> Iterator[bytes]:
    """Yield a message in pieces that each go out in bounded time; none is empty.

    Raises:
        OSError: It cannot be read, or is not as long as it was.
    """
    octets = 0
    for chunk in content.chunks():
        octets += len(chunk)
        for start in range(0, len(chunk), _PIECE_OCTETS):
            yield chunk[start : start + _PIECE_OCTETS]
    if octets != len(content):
        message = f"the message has {octets} octets, not {len(content)}"
        raise OSError(message)


def data_octets(content: Content) -> bytes:
    r"""Return all of a small message as it goes out after DATA, with the lone dot.

    >>> from dsnlib.adapters.content import Content
    >>> data_octets(Content(body=b"A: b\r\n\r\n.dot"))
    b'A: b\r\n\r\n..dot\r\n.\r\n'

    Raises:
        OSError: As `whole`.
    """
    if content.path is not None:
        return b"".join([*stuffed(content), END_OF_DATA])
    octets = content.head
    start = b"." if octets[:1] == b"." else b""
    end = END_OF_DATA if octets[-2:] == b"\r\n" or not octets else b"\r\n" + END_OF_DATA
    return b"".join((start, _doubled(octets), end))


def stuffed(content: Content) -> Iterator[bytes]:
    r"""Yield a message as it goes out after DATA, all but the lone dot at its end.

    >>> from dsnlib.adapters.content import Content
    >>> b"".join(stuffed(Content(body=b"A: b\r\n\r\n.dot")))
    b'A: b\r\n\r\n..dot\r\n'

    Raises:
        OSError: As `whole`.
    """
    last = b"\r\n"
    for chunk in whole(content):
        doubled = _doubled(chunk)
        yield b"." + doubled if last[-1:] in b"\r\n" and chunk[:1] == b"." else doubled
        last = (last + chunk[-2:])[-2:]
    if last != b"\r\n":
        yield b"\r\n"


def _doubled(octets: bytes) -> bytes:
    return octets.replace(b"\n.", b"\n..").replace(b"\r.", b"\r..")
