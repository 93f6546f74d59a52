"""What a log has told of the messages under way, for the lines that only name them.

Rules.
- A message is known by host and queue id: logs of many hosts may come as one.
- As many messages as are allowed, and as many waiting recipients; what was not touched
  for the longest time goes first.  A message that is forgotten costs a Message-ID.
"""

from __future__ import annotations

from collections import OrderedDict

import attrs

from dsnlib.bounces.event import BounceEvent
from dsnlib.bounces.one_line import one_line

__all__ = ["QueueFiles"]

_LONGEST_ID = 998
# Chosen by us: full of the usual lines some 40 MB, of the longest some 100 MB.
_MOST_MESSAGES = 20_000
_MOST_WAITING = 20_000


@attrs.define
class _QueueFile:
    message_id: str | None = None
    waiting: dict[str, BounceEvent] = attrs.field(factory=dict)


class QueueFiles:
    """The messages that a log has named and not done with.

    Args:
        most_messages: How many are remembered.
        most_waiting: How many recipients that wait, over all messages.
    """

    def __init__(
        self, *, most_messages: int = _MOST_MESSAGES, most_waiting: int = _MOST_WAITING
    ) -> None:
        self._most_messages = most_messages
        self._most_waiting = most_waiting
        self._files: OrderedDict[tuple[str, str], _QueueFile] = OrderedDict()
        self._waiting = 0

    def __len__(self) -> int:
        """How many messages are remembered."""
        return len(self._files)

    def name(self, key: tuple[str, str], message_id: str) -> None:
        """Note the Message-ID of a message: what uses a queue id anew forgets the old one.

        Never raises.
        """
        self.forget(key)
        self._touch(key).message_id = one_line(message_id, _LONGEST_ID) or None

    def message_id(self, key: tuple[str, str]) -> str | None:
        """Return the Message-ID of a message, without brackets, if it is known.  Never raises."""
        file = self._files.get(key)
        if file is None:
            return None
        self._files.move_to_end(key)
        return file.message_id

    def wait(self, key: tuple[str, str], event: BounceEvent) -> None:
        """Note that a recipient waits.  Never raises."""
        file = self._touch(key)
        self._waiting += event.recipient not in file.waiting
        file.waiting[event.recipient] = event
        while self._waiting > self._most_waiting:
            self._drop(next(iter(self._files)))

    def settle(self, key: tuple[str, str], recipient: str) -> None:
        """Note that a recipient waits no more.  Never raises."""
        file = self._files.get(key)
        if file is not None and file.waiting.pop(recipient, None) is not None:
            self._waiting -= 1

    def waiting(self, key: tuple[str, str]) -> tuple[BounceEvent, ...]:
        """Return what was last told of each recipient that waits.  Never raises."""
        file = self._files.get(key)
        return () if file is None else tuple(file.waiting.values())

    def forget(self, key: tuple[str, str]) -> None:
        """Note that a message is done with.  Never raises."""
        if key in self._files:
            self._drop(key)

    def _touch(self, key: tuple[str, str]) -> _QueueFile:
        file = self._files.get(key)
        if file is None:
            file = self._files[key] = _QueueFile()
            if len(self._files) > self._most_messages:
                self._drop(next(iter(self._files)))
        else:
            self._files.move_to_end(key)
        return file

    def _drop(self, key: tuple[str, str]) -> None:
        self._waiting -= len(self._files.pop(key).waiting)
