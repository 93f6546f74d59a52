"""Messages that have one file among them, each with a file of its own."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsnlib.adapters.queue import NewMessage

__all__ = ["with_own_files"]


async def with_own_files(messages: Sequence[NewMessage]) -> list[NewMessage]:
    """Return the messages, each with a file of its own: a queue takes over what it gets.

    Args:
        messages: They; the first that has a file keeps it.

    Raises:
        OSError: There is no room for a copy; none is left.
    """
    taken: set[Path] = set()
    own: list[NewMessage] = []
    try:
        for message in messages:
            path = message.content.path
            if path is None or path not in taken:
                own.append(message)
            else:
                path = path.with_name(f"{path.name}.{message.queue_id}")
                content = attrs.evolve(message.content, path=path)
                own.append(attrs.evolve(message, content=content))
                await asyncio.to_thread(shutil.copyfile, message.content.path or path, path)
            if path is not None:
                taken.add(path)
    except OSError:
        originals = {message.content.path for message in messages}
        for message in own:
            path = message.content.path
            if path is not None and path not in originals:
                path.unlink(missing_ok=True)
        raise
    return own
