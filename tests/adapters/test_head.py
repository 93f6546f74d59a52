"""The header of a message, read up to a bound."""

from pathlib import Path

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.head import read_head


@pytest.mark.parametrize(
    ("body", "head", "is_whole"),
    [
        (b"A: b\r\n\r\nc\r\n", b"A: b", True),
        (b"A: b\n\nc\n", b"A: b", True),
        (b"A: b\r\n", b"A: b\r\n", True),
        (b"", b"", True),
        (b"A: " + b"b" * 200 + b"\r\n\r\n", b"A: " + b"b" * 97, False),
    ],
)
def test_read_head(body: bytes, head: bytes, is_whole: bool) -> None:  # noqa: FBT001  a column of the table
    """Up to the empty line, or to the bound, or to the end."""
    assert (head, is_whole) == read_head(Content(body=body), most_octets=100)


def test_a_file_with_a_prefix(tmp_path: Path) -> None:
    """Prefix and file are one header, wherever the border is."""
    path = tmp_path / "message"
    path.write_bytes(b"\r\nbody")

    content = Content(path=path, octets=6, prefix=b"Received: x\r\n")
    assert (b"Received: x", True) == read_head(content)
