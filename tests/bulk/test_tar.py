"""Tar archives: what a header or a note says, however odd its names are."""

import io
import tarfile

import pytest

from dsnlib.bulk.tar import Damage, Member, read_members


def _archive(name: str, *, format_: int = tarfile.PAX_FORMAT) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        member = tarfile.TarInfo(name)
        member.size = 5
        archive.addfile(member, io.BytesIO(b"x: y\n"))
    buffer.seek(0)
    return buffer


def _note(text: bytes) -> io.BytesIO:
    """An archive with a file behind a note of pax that has this text."""
    note, member = tarfile.TarInfo("note"), tarfile.TarInfo("plain.eml")
    note.type, note.size, member.size = tarfile.XHDTYPE, len(text), 5
    blocks = [
        note.tobuf(tarfile.USTAR_FORMAT), text.ljust(-len(text) % 512 + len(text), b"\0"),
        member.tobuf(tarfile.USTAR_FORMAT), b"x: y\n".ljust(512, b"\0"),
    ]  # fmt: skip
    return io.BytesIO(b"".join(blocks))


def _names(stream: io.BytesIO) -> list[str]:
    found = list(read_members(stream))
    assert not any(isinstance(each, Damage) for each in found)
    return [each.name for each in found if isinstance(each, Member)]


@pytest.mark.parametrize(
    "name",
    [
        "m/a\nb.eml",
        "m/a\n14 path=c.eml\n.eml",
        "m/a=b.eml",
        "m/\udcff\n.eml",
        "m/" + "\u00e4" * 200,
    ],
)
def test_name_in_a_note(name: str) -> None:
    """A record is as long as it says: a line end in a name neither ends it nor begins another."""
    assert [name] == _names(_archive(name))


def test_directory_whose_name_has_a_line_end() -> None:
    """What ends with a slash is none of the files, whatever stands before."""
    assert [] == _names(_archive("m/a\nb/"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"14 path=e.eml\n", "e.eml"),
        (b"14 path=e.eml\n14 path=f.eml\n", "f.eml"),
        (b"9 size=x\n14 path=e.eml\n", "e.eml"),
        (b"13 path=e.eml\n", "plain.eml"),
        (b"99 path=e.eml\n", "plain.eml"),
        (b"0 path=e.eml\n", "plain.eml"),
        (b"14 path=e.eml ", "plain.eml"),
        (b"path=e.eml\n", "plain.eml"),
    ],
)
def test_records_of_a_note(text: bytes, name: str) -> None:
    """The last of two records counts; one that is none ends them, and the header's name stays."""
    assert [name] == _names(_note(text))
