"""`Content`: the octets of a message in memory or in a file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.content import Content


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_memory_yields_prefix_and_body(body: bytes, prefix: bytes) -> None:
    """What is in memory is read back behind its prefix, and counted with it."""
    content = Content(body=body, prefix=prefix)

    assert prefix + body == content.read()
    assert len(prefix) + len(body) == len(content)
    assert prefix + body == content.head


def test_file_is_read_in_chunks(tmp_path: Path) -> None:
    """A file is not whole in memory, and the prefix stands in front of it."""
    path = tmp_path / "body"
    path.write_bytes(b"x" * 200_000)
    content = Content(body=b"x" * 10, path=path, octets=200_000, prefix=b"P: 1\r\n")

    chunks = list(content.chunks())

    assert b"P: 1\r\n" == chunks[0]
    assert max(map(len, chunks)) <= 65_536
    assert b"P: 1\r\n" + b"x" * 200_000 == b"".join(chunks)
    assert 200_006 == len(content)
    assert b"P: 1\r\nxxxxxxxxxx" == content.head


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that is gone is told when it is read."""
    with pytest.raises(FileNotFoundError):
        Content(path=tmp_path / "gone", octets=1).read()
