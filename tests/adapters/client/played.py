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

    from dsnlib.adapters.client.dialogue import Answer, Dialogue, Step

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
    server = _Server(script)
    answer: Answer | None = None
    fault: Exception | None = None
    while True:
        try:
            step = dialogue.send(answer) if fault is None else dialogue.throw(fault)
        except StopIteration as stop:
            server.end_group()
            value: T = stop.value
            return value, server.played
        answer = fault = None
        try:
            answer = server.take(step)
        except (Lost, TlsFailed, OSError) as error:
            fault = error


class _Server:
    def __init__(self, script: Iterable[str | Extra | Exception]) -> None:
        self.played = Played()
        self._left = deque(script)
        self._group = bytearray()

    def end_group(self) -> None:
        """Note what was said since something was heard."""
        if self._group:
            self.played.groups.append(bytes(self._group))
            self._group.clear()

    def take(self, step: Step) -> Answer | None:
        """Return what a step comes to."""
        if isinstance(step, Say):
            for chunk in [step.octets] if isinstance(step.octets, bytes) else step.octets:
                self.played.said += chunk
                self._group += chunk
            return None
        self.end_group()
        if isinstance(step, Unasked):
            return self._unasked()
        if isinstance(step, StartTls):
            self.played.said += b"STARTTLS\r\n"
        self.played.heard.append(step.command if isinstance(step, Hear) else "STARTTLS")
        heard = self._left.popleft() if self._left else Lost("the script is over")
        if isinstance(heard, TlsFailed) and not isinstance(step, StartTls):
            raise Lost(str(heard))
        if isinstance(heard, Exception):
            raise heard
        return _read(heard.text if isinstance(heard, Extra) else heard)

    def _unasked(self) -> Answer | None:
        extra = self._left[0] if self._left else None
        if not isinstance(extra, Extra):
            return None
        self._left.popleft()
        if not extra.later:
            return _read(extra.text)
        self._left.appendleft(Extra(extra.text, extra.later - 1))
        return None


def _read(text: str) -> Answer:
    try:
        return SmtpReply.read(text)
    except InvalidReply:
        return text
