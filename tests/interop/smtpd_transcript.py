r"""A transcript of an SMTP session: who said what, in order.

    # port 2530 ...
    S: 220 mail.oracle.test ESMTP
    C: EHLO client.example
    S: 250-mail.oracle.test
    S: 250 DSN
    -- connection closed by server

A line without such a beginning goes on what the client said: the text of a message,
which its dot ends.  `\xfc` in what the client said is that octet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Exchange", "Transcript", "read_transcript"]

_PORT = re.compile(r"#.*?\bport (\d+)")
_OCTET = re.compile(rb"\\x([89a-f][0-9a-f])")


@attrs.frozen(kw_only=True)
class Exchange:
    """What the client sent, and what it was answered.

    Args:
        command: The octets of a command, or of a message; empty for the greeting.
        reply: The lines of the reply, none if the connection was closed.
    """

    command: bytes
    reply: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Transcript:
    """A session.

    Args:
        name: The name of the file.
        port: The listener that was called.
        exchanges: In order.
    """

    name: str
    port: int
    exchanges: tuple[Exchange, ...]


def read_transcript(path: Path) -> Transcript:
    """Return the session that a file has.

    Raises:
        ValueError: The first line does not name the listener.
    """
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    port = _PORT.match(lines[0])
    if port is None:
        message = f"{path}: the first line names no port"
        raise ValueError(message)
    commands: list[list[str]] = [[]]
    replies: list[list[str]] = [[]]
    for line in lines[1:]:
        if line.startswith("S: "):
            replies[-1].append(line[3:])
        elif line.startswith("C: "):
            commands.append([line[3:]])
            replies.append([])
        elif line == "C:":
            commands.append([""])
            replies.append([])
        elif not line.startswith("-- "):
            commands[-1].append(line)
    return Transcript(
        name=path.stem,
        port=int(port[1]),
        exchanges=tuple(
            Exchange(command=_octets(sent), reply=tuple(reply))
            for sent, reply in zip(commands, replies, strict=True)
        ),
    )


def _octets(lines: list[str]) -> bytes:
    octets = encode_wire("\n".join(lines)).rstrip(b"\n")
    return _OCTET.sub(lambda found: bytes.fromhex(found[1].decode()), octets)
