"""Tests of `dsnlib.bulk.read_extent` and `plan_shards`: shards together are the whole."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnlib.adapters.mailboxes.inputs import read_inputs
from dsnlib.bulk.plan_shards import plan_shards
from dsnlib.bulk.shard import Form, Shard
from tests.bulk.bulk_inputs import BOUNCES, REPORT, read_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What a mailbox is made of, and what looks like its separators.
PIECES = [
    b"From ada@example.org Mon Mar  2 05:00:10 2026\n",
    b"From x\n",
    b"From : Ada\n",
    b"From ",
    b">From b Mon Mar  2 05:00:10 2026\n",
    b"From b " + b"y" * 990 + b"\n",
    b"From b Mon Mar  2 05:00:10 2026" + b" z" * 600 + b"\n",
    b">From q " + b"w" * 400 + b"\n",
    b"Subject: Minutes\n",
    b"no field\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"text\n",
    b"x" * 700,
]


@st.composite
def adversarial_mailboxes(draw: st.DrawFn) -> bytes:
    """Mailboxes whose lines look like separators and are none, and the other way round."""
    pieces = draw(st.lists(st.sampled_from(PIECES), max_size=60))
    return PIECES[0] + b"Subject: First\n\n" + b"".join(pieces)


# The directory is shared by all examples, each of which writes the file anew.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(octets=adversarial_mailboxes(), shard_octets=st.integers(min_value=1, max_value=900))
def test_ranges_of_an_mbox_are_the_whole(octets: bytes, shard_octets: int, tmp_path: Path) -> None:
    """Wherever an mbox is cut, its shards have the messages that reading it gives, each once."""
    path = tmp_path / "archive.mbox"
    path.write_bytes(octets)

    whole = [(entry.octets, entry.error) for entry in read_inputs([str(path)])]

    assert whole == [
        (entry.octets, entry.error) for entry in read_all(path, shard_octets=shard_octets)
    ]


def test_a_message_is_known_by_the_octet_it_begins_at(tmp_path: Path) -> None:
    """The place of a message in an mbox is the same, however the mbox is cut."""
    path = tmp_path / "archive.mbox"
    path.write_bytes(BOUNCES.read_bytes())
    places = [entry.message for entry in read_all(path)]

    assert places == [entry.message for entry in read_all(path, shard_octets=500)]
    octets = path.read_bytes()
    assert all(octets[place or 0 :].startswith(b"From ") for place in places)


def make_tar(path: Path, *, format_: int, count: int = 40) -> list[bytes]:
    """Write an archive of messages under names of any length, and return them."""
    messages = [b"Subject: %d\n\n" % number + b"x" * (number * 97) for number in range(count)]
    with tarfile.open(path, "w", format=format_) as archive:
        folder = tarfile.TarInfo("mail")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for number, octets in enumerate(messages):
            long = "/".join(["d" * 20] * (number % 9))
            member = tarfile.TarInfo(f"mail/{long}/{number:03d} \u00e9.eml")
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))
    return messages


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
@pytest.mark.parametrize("shard_octets", [1, 1500, 7000, 1 << 20])
def test_ranges_of_a_tar_archive_are_the_whole(
    tmp_path: Path, format_: int, shard_octets: int
) -> None:
    """Members come out as they went in, by their names, however the archive is cut."""
    path = tmp_path / "archive.tar"
    messages = make_tar(path, format_=format_)
    with tarfile.open(path) as archive:
        names = [f"{path}/{each.name}" for each in archive if each.isfile()]

    entries = read_all(path, shard_octets=shard_octets)

    assert messages == [entry.octets for entry in entries]
    assert names == [entry.file for entry in entries]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """A compressed mailbox or archive is read as what it holds, whatever its name is."""
    tar = tmp_path / "archive.tar"
    messages = make_tar(tar, format_=tarfile.PAX_FORMAT)
    packed_mbox, packed_tar = tmp_path / "a", tmp_path / "b"
    packed_mbox.write_bytes(pack(BOUNCES.read_bytes()))
    packed_tar.write_bytes(pack(tar.read_bytes()))

    whole = [entry.octets for entry in read_inputs([str(BOUNCES)])]

    assert whole == [entry.octets for entry in read_all(packed_mbox)]
    assert messages == [entry.octets for entry in read_all(packed_tar)]


def test_an_mbox_in_an_archive(tmp_path: Path) -> None:
    """A member that is an mbox is taken apart."""
    path = tmp_path / "archive.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(BOUNCES, "mail/inbox.mbox")

    entries = read_all(path)

    assert [(entry.octets) for entry in read_all(BOUNCES)] == [entry.octets for entry in entries]
    assert {f"{path}/mail/inbox.mbox"} == {entry.file for entry in entries}


def test_a_member_that_is_an_archive_is_not_opened(tmp_path: Path) -> None:
    """An archive in an archive is an error that names it, and the rest is read."""
    path = tmp_path / "archive.tar"
    with tarfile.open(path, "w") as archive:
        for name, octets in (("in.gz", gzip.compress(REPORT)), ("after.eml", REPORT)):
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))

    nested, after = read_all(path)

    assert (f"{path}/in.gz", None) == (nested.file, nested.octets)
    assert nested.error is not None
    assert "nested-archive" == nested.error.code
    assert REPORT == after.octets


def test_a_damaged_header_costs_its_member_alone(tmp_path: Path) -> None:
    """What stands behind damage is read, and the damage is told once, with its place."""
    path = tmp_path / "archive.tar"
    messages = make_tar(path, format_=tarfile.USTAR_FORMAT, count=9)
    octets = bytearray(path.read_bytes())
    with tarfile.open(path) as archive:
        broken = archive.getmembers()[4]
    octets[broken.offset : broken.offset + 8] = b"\xff" * 8
    path.write_bytes(octets)

    entries = read_all(path)

    assert [each for each in messages if each != messages[3]] == [
        entry.octets for entry in entries if entry.error is None
    ]
    (error,) = [entry.error for entry in entries if entry.error is not None]
    assert "damaged-archive" == error.code
    assert f"octet {broken.offset} " in error.message


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_archive_that_is_cut_off(tmp_path: Path, kept: float, *, packed: bool) -> None:
    """What is there is read, and an error says that the rest is not."""
    path = tmp_path / "archive.tar"
    messages = make_tar(path, format_=tarfile.PAX_FORMAT)
    octets = path.read_bytes().rstrip(b"\0")
    octets = gzip.compress(octets) if packed else octets
    path.write_bytes(octets[: int(len(octets) * kept)])

    entries = read_all(path)

    assert entries[-1].error is not None
    whole = [entry.octets for entry in entries if entry.error is None]
    # The last member may be cut off itself: the error behind it says so.
    assert messages[: len(whole) - 1] == whole[:-1]
    assert entries[-1].error.code in {"damaged-archive", "unreadable"}


@pytest.mark.parametrize("name", ["gone.eml", "gone.parquet", "nul\0name"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    """A file that is not there is an error of its own."""
    (entry,) = read_all(tmp_path / name)

    assert (str(tmp_path / name), None) == (entry.file, entry.octets)
    assert entry.error is not None


def test_an_empty_directory(tmp_path: Path) -> None:
    """A directory without files is an error, as everywhere else."""
    (entry,) = read_all(tmp_path)

    assert entry.error is not None
    assert "no-mail" == entry.error.code


def test_a_maildir_is_walked_as_always(tmp_path: Path) -> None:
    """The files of a Maildir are read, and those in `tmp` are not."""
    for folder in ("cur", "new", "tmp"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"1.{folder}").write_bytes(REPORT)

    assert [str(tmp_path / "cur/1.cur"), str(tmp_path / "new/1.new")] == [
        entry.file for entry in read_all(tmp_path)
    ]


def test_a_plan_is_the_same_for_the_same_inputs(tmp_path: Path) -> None:
    """Shards are known again: by name, size and time of change of their files."""
    for number in range(50):
        (tmp_path / f"{number}.eml").write_bytes(REPORT)
    first = [each.identity for each in plan_shards([str(tmp_path)], shard_octets=9000)]

    assert len(first) == len(set(first)) > 1
    assert first == [each.identity for each in plan_shards([str(tmp_path)], shard_octets=9000)]
    (tmp_path / "7.eml").write_bytes(REPORT + b"\n")
    assert first != [each.identity for each in plan_shards([str(tmp_path)], shard_octets=9000)]


def test_small_files_share_shards_and_large_ones_have_several(tmp_path: Path) -> None:
    """A shard has about as many octets as it is to have."""
    (tmp_path / "large.mbox").write_bytes(BOUNCES.read_bytes() * 20)
    for number in range(20):
        (tmp_path / f"small-{number:02d}.eml").write_bytes(REPORT)

    shards = list(plan_shards([str(tmp_path)], shard_octets=20_000))

    assert {Form.MBOX, Form.FILE} == {each.form for shard in shards for each in shard.extents}
    assert all(shard.octets >= 20_000 for shard in shards[:-1])
    assert shards == [Shard.parse(shard.format()) for shard in shards]


def test_a_line_that_is_no_shard() -> None:
    """A plan that was damaged is no plan."""
    with pytest.raises(ValueError, match="shard"):
        Shard.parse('{"number": 1}')
