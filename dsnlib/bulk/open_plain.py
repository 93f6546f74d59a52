"""Compressed files, opened as what they hold: gzip, bzip2, xz, and zstd from Python 3.14 on.

Rules.
- What a file is, its first octets say, whatever its name is.
- A damaged file ends where the damage begins, and says so: what stands before is read.
"""

from __future__ import annotations

import importlib
import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import gzip

__all__ = ["PlainReader", "is_compressed", "open_plain"]

_BUFFER_OCTETS = 1 << 17


class _Form(NamedTuple):
    module: str
    opener: str
    argument: str
    error: str


# first octets -> what reads it in the standard library, and what that raises of its own
_FORMS = {
    b"\x1f\x8b": _Form("gzip", "GzipFile", "fileobj", "BadGzipFile"),
    b"BZh": _Form("bz2", "BZ2File", "filename", ""),
    b"\xfd7zXZ\x00": _Form("lzma", "LZMAFile", "filename", "LZMAError"),
    b"\x28\xb5\x2f\xfd": _Form("compression.zstd", "ZstdFile", "file", "ZstdError"),
}


def is_compressed(head: bytes) -> bool:
    """Tell whether a file that begins so is compressed.  Never raises."""
    return head.startswith(tuple(_FORMS))


def open_plain(stream: BinaryIO, head: bytes) -> PlainReader:
    """Return what a compressed file holds.

    Args:
        stream: The file, at its start.
        head: Its first octets.

    Raises:
        OSError: This Python cannot read its form.
    """
    form = next(form for magic, form in _FORMS.items() if head.startswith(magic))
    try:
        module = importlib.import_module(form.module)
    except ImportError as error:
        message = f"this Python cannot read it: it has no {form.module}"
        raise OSError(message) from error
    opened = getattr(module, form.opener)(**{form.argument: stream})
    errors = (EOFError, OSError, zlib.error, getattr(module, form.error, EOFError))
    return PlainReader(_UntilFault(opened, errors))


class PlainReader(io.BufferedReader):
    """What a compressed file holds, up to where it is damaged."""

    def __init__(self, raw: _UntilFault) -> None:
        super().__init__(raw, _BUFFER_OCTETS)
        self._until_fault = raw

    @property
    def fault(self) -> str | None:
        """What ended it before its time; to be asked at the end."""
        return self._until_fault.fault


class _UntilFault(io.RawIOBase):
    """A stream that ends where it cannot be read on: what was read before is not lost."""

    def __init__(self, stream: gzip.GzipFile, errors: tuple[type[Exception], ...]) -> None:
        self._stream = stream
        self._errors = errors
        self.fault: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives it
        if self.fault is not None:
            return 0
        try:
            # Not `read`, which drops what it has when it meets a fault.
            data = self._stream.read1(len(buffer))
        except self._errors as error:
            self.fault = f"the compressed file is damaged: {error}"
            return 0
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
