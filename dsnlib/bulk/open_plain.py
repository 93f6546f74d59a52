"""Compressed files, opened as what they hold: gzip, bzip2, xz, and zstd from Python 3.14 on.

Rules.
- What a file is, its first octets say, whatever its name is.
- What is wrong with a compressed file is an `OSError`, as with any other file.
"""

from __future__ import annotations

import importlib
import io
import zlib
from typing import BinaryIO, NamedTuple, cast

__all__ = ["is_compressed", "open_plain"]

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


def open_plain(stream: BinaryIO, head: bytes) -> BinaryIO:
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
    opened: BinaryIO = getattr(module, form.opener)(**{form.argument: stream})
    errors = (EOFError, zlib.error, getattr(module, form.error, EOFError))
    return cast("BinaryIO", io.BufferedReader(_Told(opened, errors), _BUFFER_OCTETS))


class _Told(io.RawIOBase):
    """A stream whose every fault is an `OSError`."""

    def __init__(self, stream: BinaryIO, errors: tuple[type[Exception], ...]) -> None:
        self._stream = stream
        self._errors = errors

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives it
        try:
            data = self._stream.read(len(buffer))
        except self._errors as error:
            message = f"the compressed file is damaged: {error}"
            raise OSError(message) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
