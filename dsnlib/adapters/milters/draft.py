"""A message on its way through filters: as it came, and as each of them leaves it.

Rules.
- The prefix of the content is no filter's: it stays in front.
- What nobody changes is the content that was given, the same object.
- A changed message is in a new file if the old one was in a file, or if it is large.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.milters.edits import ChangedSender, MilterEdits
from dsnlib.adapters.milters.header import MOST_FIELDS, HeaderBlock
from dsnlib.model.envelope import Recipient

if TYPE_CHECKING:
    from collections.abc import Generator

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.milters.body import ReplacedBody
    from dsnlib.adapters.milters.revision import Revision

__all__ = ["Draft"]

# Chosen by us: the headers of honest mail have some thousand octets.
_LARGEST_HEADER_OCTETS = 1_048_576
_IN_MEMORY_OCTETS = 1_048_576
_CHUNK_OCTETS = 65_536
_EMPTY_LINE = re.compile(rb"\r?\n")


class Draft:
    """A message that filters look at.

    Attributes:
        header: Its fields as they are now.
        has_whole_header: Whether all of its header is there; one of more than a
            megabyte, or of too many fields, is not.

    Args:
        content: As it came.
        directory: Where large files go; the system's directory for such if not given.

    Raises:
        OSError: It cannot be read.
    """

    def __init__(self, content: Content, *, directory: Path | None = None) -> None:
        self._content = content
        self.directory = directory
        head = _head(content)
        self.header, end = HeaderBlock.read(head)
        self.has_whole_header = len(self.header) < MOST_FIELDS and (
            end < len(head) or len(head) >= content.octets
        )
        # An empty line, or nothing: a message may lack it.
        found = _EMPTY_LINE.match(head, end)
        self._separator = b"" if found is None else found[0]
        self._body_start = end + len(self._separator)
        self._new_body: ReplacedBody | None = None
        self._is_changed = False
        self._sender: ChangedSender | None = None
        self._added: dict[str, Recipient] = {}
        self._deleted: dict[str, str] = {}
        self._quarantine: str | None = None

    def body(self, octets: int) -> Generator[bytes, None, None]:
        """Yield the body as it is now, so many octets at a time.

        Raises:
            OSError: It cannot be read.
        """
        if self._new_body is not None:
            yield from self._new_body.chunks(octets)
        elif self._content.path is None:
            whole = self._content.body
            for start in range(self._body_start, len(whole), octets):
                yield whole[start : start + octets]
        else:
            with self._content.path.open("rb") as file:
                file.seek(self._body_start)
                while chunk := file.read(octets):
                    yield chunk

    def commit(self, revision: Revision) -> None:
        """Make the changes that a filter wants.

        Raises:
            OSError: The end of a new body cannot be written.
        """
        if revision.body is not None:
            revision.body.finish()
            self._drop_body()
            self._new_body, revision.body = revision.body, None
            self._is_changed = True
        if revision.apply(self.header):
            self._is_changed = True
        if revision.sender is not None:
            self._sender = revision.sender
        if revision.quarantine is not None:
            self._quarantine = revision.quarantine
        for each in revision.recipients:
            if isinstance(each, Recipient):
                self._added.setdefault(each.address.casefold(), each)
            else:
                self._added.pop(each.casefold(), None)
                self._deleted[each.casefold()] = each

    async def edits(self, *, quarantine: str | None = None) -> MilterEdits:
        """Return what has become of the message.

        Args:
            quarantine: Why it is to wait for a person, if no filter says why.

        Raises:
            OSError: It cannot be read or written.
        """
        content = self._content
        if self._is_changed:
            content = await self._rewritten()
        return MilterEdits(
            content=content,
            sender=self._sender,
            deleted=self._deleted.values(),
            added=self._added.values(),
            quarantine=quarantine if self._quarantine is None else self._quarantine,
        )

    def close(self) -> None:
        """Throw away what is not in the edits.  Never raises."""
        self._drop_body()

    def _drop_body(self) -> None:
        if self._new_body is not None:
            self._new_body.close()
            self._new_body = None

    async def _rewritten(self) -> Content:
        """Return the message as it is now, in memory or in a new file."""
        new = self._new_body
        separator = self._separator
        octets = self._content.octets - self._body_start
        if new is not None:
            octets = new.octets
            separator = separator or b"\r\n"
            self.header.end_line()
        head = self.header.octets() + separator
        octets += len(head)
        if self._content.path is None and octets <= _IN_MEMORY_OCTETS:
            body = head + b"".join(self.body(_CHUNK_OCTETS))
            return attrs.evolve(self._content, body=body, octets=octets)
        writing = asyncio.ensure_future(asyncio.to_thread(self._write_file, head))
        try:
            path = await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The thread goes on; what it has written is then nobody's.
            writing.add_done_callback(_remove)
            raise
        return attrs.evolve(self._content, body=b"", path=path, octets=octets)

    def _write_file(self, head: bytes) -> Path:
        directory = self.directory
        if directory is None and self._content.path is not None:
            directory = self._content.path.parent
        with tempfile.NamedTemporaryFile(dir=directory, prefix="filtered-", delete=False) as file:
            path = Path(file.name)
            try:
                file.write(head)
                for chunk in self.body(_CHUNK_OCTETS):
                    file.write(chunk)
                file.flush()
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        return path


def _head(content: Content) -> bytes:
    """Return the beginning of a content, without its prefix, that has to hold the header."""
    if content.path is None:
        return content.body[:_LARGEST_HEADER_OCTETS]
    with content.path.open("rb") as file:
        return file.read(_LARGEST_HEADER_OCTETS)


def _remove(writing: asyncio.Future[Path]) -> None:
    if not writing.cancelled() and writing.exception() is None:
        writing.result().unlink(missing_ok=True)
