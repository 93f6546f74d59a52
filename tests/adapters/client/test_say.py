"""Commands are one line, and a message ends where it ends."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.say import END_OF_DATA, data_octets, path_command, stuffed, whole
from dsnlib.adapters.content import Content
from dsnlib.errors import InvalidValue

# Any octet as one of those that matter.
_FEW = bytes([b"\r\n.ab"[number % 5] for number in range(256)])


@pytest.mark.parametrize("bad", ["\r\n", "\r", "\n", "\0", "\t", "\x7f", "\ud800"])
def test_a_command_is_one_line(bad: str) -> None:
    """No address and no parameter can end the command that it stands in."""
    for path, options in (
        (f"a@b>{bad}RCPT TO:<c@d", []),
        ("a@b", [f"NOTIFY=NEVER{bad}"]),
    ):
        with pytest.raises(InvalidValue, match=r"^command: .* is more than one line, or has"):
            path_command("RCPT TO", path, options)


def test_octets_of_the_wire_come_back() -> None:
    """An address that was no UTF-8 goes on as it came."""
    assert b"RCPT TO:<\xff@b>\r\n" == path_command("RCPT TO", "\udcff@b", [])


@given(st.lists(st.sampled_from([b"a", b".", b"\r", b"\n", b"\r\n", b"\r\n.", b".\r\n"])))
def test_the_end_is_where_it_is(pieces: list[bytes]) -> None:
    """No line of a message is the lone dot that ends it."""
    octets = b"".join(pieces).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    whole_octets = b"".join([*stuffed(Content(body=octets)), END_OF_DATA])
    lines = whole_octets.split(b"\r\n")

    assert [b".", b""] == lines[-2:]
    assert b"." not in lines[:-2]
    # Nor is it for those who end lines as they like.
    assert b"." not in re.split(rb"\r\n|\r|\n", whole_octets)[:-2]
    undone = b"\r\n".join([line.removeprefix(b".") for line in lines[:-2]])
    kept = octets.replace(b"\r.", b"\r..")
    assert undone in (kept, kept.removesuffix(b"\r\n"))


@pytest.mark.parametrize("size", [65_534, 65_535, 65_536, 65_537, 131_072])
def test_dots_at_the_border_of_chunks(tmp_path: Path, size: int) -> None:
    """It does not matter where a chunk ends, nor whether the last line does."""
    path = tmp_path / "message"
    body = b"x" * (size - 2) + b"\r\n" + b".\r\n.end"
    path.write_bytes(body)
    content = Content(path=path, octets=len(body), prefix=b"A: b\r\n")

    expected = b"A: b\r\n" + body.replace(b"\r\n.", b"\r\n..") + b"\r\n"
    assert expected == b"".join(stuffed(content))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", b""),
        (b".", b"..\r\n"),
        (b"a\n.\nb", b"a\n..\nb\r\n"),
        (b"a\r.\r\nb", b"a\r..\r\nb\r\n"),
        (b"a\r.\rb", b"a\r..\rb\r\n"),
        (b"a\r\n", b"a\r\n"),
        (b"a\n", b"a\n\r\n"),
        (b"a\r", b"a\r\r\n"),
    ],
)
def test_line_ends(body: bytes, expected: bytes) -> None:
    """A dot is doubled behind a bare LF or CR too, which some servers take for a line end."""
    assert expected == b"".join(stuffed(Content(body=body)))


@given(st.binary(max_size=30).map(lambda octets: octets.translate(_FEW)), st.integers(0, 30))
def test_a_small_message_in_one_go(octets: bytes, length: int) -> None:
    """The fast path for what is in memory says the same as chunk by chunk."""

    class Cut(Content):
        """One that yields its octets in two chunks."""

        def chunks(self) -> Iterator[bytes]:
            yield octets[:length]
            yield octets[length:]

    slow = Cut(body=octets, path=Path("anywhere"), octets=len(octets))
    expected = b"".join([*stuffed(slow), END_OF_DATA])
    assert expected == data_octets(Content(body=octets))
    assert expected == data_octets(slow)


@pytest.mark.parametrize("octets", [2, 4])
def test_a_file_of_another_length(tmp_path: Path, octets: int) -> None:
    """It is no message: half of a file is not to be delivered."""
    path = tmp_path / "message"
    path.write_bytes(b"abc")

    with pytest.raises(OSError, match="has 3 octets"):
        list(whole(Content(path=path, octets=octets)))
