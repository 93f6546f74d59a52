"""A dialogue with a server that a test plays, without a socket."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypeVar

from dsnlib.adapters.client.dialogue import Hear, Say
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.client.dialogue import Answer, Dialogue

__all__ = ["Transcript", "challenge", "decoded", "hold", "replies"]

T = TypeVar("T")


class Transcript:
    """What was said, as it went out and as a log has it."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.shown: list[str] = []


def hold(
    dialogue: Dialogue[T], answer: Callable[[bytes], Answer], transcript: Transcript | None = None
) -> T:
    """Return what comes of a dialogue.

    Args:
        dialogue: What is held.
        answer: What the server says to a line.
        transcript: Where it is written down.

    Raises:
        Trouble: As the dialogue does.
    """
    kept = Transcript() if transcript is None else transcript
    heard: Answer | None = None
    while True:
        try:
            step = dialogue.send(heard)
        except StopIteration as end:
            found: T = end.value
            return found
        heard = None
        if isinstance(step, Say):
            assert isinstance(step.octets, bytes)
            assert step.octets.endswith(b"\r\n")
            assert step.octets.count(b"\n") == 1, step.octets
            kept.said.append(step.octets[:-2])
            kept.shown.append(step.octets[:-2].decode() if step.shown is None else step.shown)
        else:
            assert isinstance(step, Hear)
            assert "AUTH" == step.command
            heard = answer(kept.said[-1])


def replies(*lines: str) -> Callable[[bytes], Answer]:
    """Return a server that says these lines, whatever it hears."""
    waiting = iter(lines)

    def answer(_line: bytes) -> Answer:
        line = next(waiting)
        return SmtpReply.read(line) if line[:3].isdigit() else line

    return answer


def challenge(text: str | bytes) -> SmtpReply:
    """Return a challenge of a server."""
    octets = text.encode() if isinstance(text, str) else text
    return SmtpReply(334, None, (base64.b64encode(octets).decode(),))


def decoded(lines: Iterable[bytes]) -> list[bytes]:
    """Return lines without their base64; AUTH with its response, if it has one."""
    found = []
    for line in lines:
        word, _, rest = line.rpartition(b" ") if line.count(b" ") > 1 else (b"", b"", line)
        is_command = line.startswith(b"AUTH") and not word
        found.append(line if is_command or line == b"*" else base64.b64decode(rest))
    return found
