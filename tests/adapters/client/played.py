"""A dialogue against a list of replies: what is said, and what comes of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

import attrs

from dsnlib.adapters.client.dialogue import Hear, Lost, Say, StartTls, TlsFailed, Unasked
from dsnlib.errors import InvalidReply
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.client.dialogue import Answer, Dialogue

__all__ = ["Extra", "Played", "play"]

T = TypeVar("T")


@attrs.frozen
class Extra:
    """A reply that nobody has asked for.

    Args:
        text: The reply.
        later: How often nothing is there yet when it is looked for.
    """

    text: str
    later: int = 0


@attrs.define
class Played:
    """What was said: octets, and the commands that replies were awaited for."""

    said: bytearray = attrs.field(factory=bytearray)
    groups: list[bytes] = attrs.field(factory=list)
    heard: list[str] = attrs.field(factory=list)

    @property
    def lines(self) -> list[str]:
        """The lines that were said."""
        return self.said.decode("utf-8", "surrogateescape").split("\r\n")[:-1]


def play(dialogue: Dialogue[T], script: Iterable[str | Extra | Exception]) -> tuple[T, Played]:
    """Hold a dialogue and return its value, and what was said.

    Args:
        dialogue: The client's.
        script: What is heard: a reply, the text in its place, an `Extra`, or what is thrown.
            At its end the connection is lost.
    """
    left = deque(script)
    played = Played()
    group = bytearray()
    answer: Answer | None = None
    fault: Exception | None = None
    while True:
        try:
            step = dialogue.send(answer) if fault is None else dialogue.throw(fault)
        except StopIteration as stop:
            if group:
                played.groups.append(bytes(group))
            value: T = stop.value
            return value, played
        answer = fault = None
        if isinstance(step, Say):
            try:
                for chunk in [step.octets] if isinstance(step.octets, bytes) else step.octets:
                    played.said += chunk
                    group += chunk
            except OSError as error:
                fault = error
            continue
        if group:
            played.groups.append(bytes(group))
            group.clear()
        if isinstance(step, Unasked):
            if left and isinstance(left[0], Extra):
                extra = left.popleft()
                assert isinstance(extra, Extra)
                if extra.later:
                    left.appendleft(Extra(extra.text, extra.later - 1))
                else:
                    answer = _read(extra.text)
            continue
        played.heard.append(step.command if isinstance(step, Hear) else "STARTTLS")
        if isinstance(step, StartTls):
            played.said += b"STARTTLS\r\n"
        heard = left.popleft() if left else Lost("the script is over")
        if isinstance(heard, Exception):
            is_fitting = isinstance(step, StartTls) or not isinstance(heard, TlsFailed)
            fault = heard if is_fitting else Lost(str(heard))
        else:
            answer = _read(heard.text if isinstance(heard, Extra) else heard)


def _read(text: str) -> Answer:
    try:
        return SmtpReply.read(text)
    except InvalidReply:
        return text
