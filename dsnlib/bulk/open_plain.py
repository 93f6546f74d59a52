"""Compressed files, opened as what they hold: gzip, bzip2, xz, and zstd from Python 3.14 on.

Rules.
- What a file is, its first octets say, whatever its name is.
- A damaged file ends where the damage begins, and says so: what stands before is read.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PlainReader", "is_compressed", "open_plain"]

_BUFFER_OCTETS = 1 << 17


class _ReadsOnce(Protocol):
    """What the standard library opens."""

    def read1(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


_Opened: TypeAlias = tuple[_ReadsOnce, type[Exception]]


def _open_gzip(stream: BinaryIO) -> _Opened:
    import gzip

    return gzip.GzipFile(fileobj=stream), zlib.error


def _open_bzip2(stream: BinaryIO) -> _Opened:
    import bz2

    return bz2.BZ2File(stream), EOFError


def _open_xz(stream: BinaryIO) -> _Opened:
    import lzma

    return lzma.LZMAFile(stream), lzma.LZMAError


def _open_zstd(stream: BinaryIO) -> _Opened:
    from compression import zstd  # type: ignore[import-not-found]  # Python 3.14

    return zstd.ZstdFile(stream), zstd.ZstdError


# first octets -> what opens it, and the fault that it has besides EOFError and OSError
_FORMS: dict[bytes, Callable[[BinaryIO], _Opened]] = {
    b"\x1f\x8b": _open_gzip,
    b"BZh": _open_bzip2,
    b"\xfd7zXZ\x00": _open_xz,
    b"\x28\xb5\x2f\xfd": _open_zstd,
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
    open_form = next(form for magic, form in _FORMS.items() if head.startswith(magic))
    try:
        opened, fault = open_form(stream)
    except ImportError as error:
        message = f"this Python cannot read it: {error}"
        raise OSError(message) from error
    return PlainReader(_UntilFault(opened, (EOFError, OSError, fault)))


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

    def __init__(self, stream: _ReadsOnce, errors: tuple[type[Exception], ...]) -> None:
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
