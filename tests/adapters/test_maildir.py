"""Delivery into a Maildir."""

import datetime as dt
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.maildir import Maildir, in_lines, maildir_name

ARRIVAL = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
NAME = "1.Q4F_0.mail"
MESSAGE = [b"Subject: x\r", b"\n\r\nHello.\r\n"]


def files(box: Path) -> dict[str, list[str]]:
    """Return what is in a mailbox."""
    return {
        part: sorted(path.name for path in (box / part).iterdir()) for part in ("tmp", "new", "cur")
    }


def test_a_message_is_delivered(tmp_path: Path) -> None:
    """Directories are made for the owner alone; line ends are LF; the prefix is in front."""
    box = tmp_path / "example.org" / "ann"
    is_new = Maildir(box).deliver(NAME, "Return-Path: <>\n", MESSAGE, since=ARRIVAL)

    assert is_new
    assert {"tmp": [], "new": [NAME], "cur": []} == files(box)
    assert b"Return-Path: <>\nSubject: x\n\nHello.\n" == (box / "new" / NAME).read_bytes()
    assert 0o600 == stat.S_IMODE((box / "new" / NAME).stat().st_mode)
    for each in (box, box / "tmp", box / "new", box / "cur"):
        assert 0o700 == stat.S_IMODE(each.stat().st_mode)


def test_it_is_there_once(tmp_path: Path) -> None:
    """What is delivered again is found in new, or where it was moved to in cur."""
    box = Maildir(tmp_path / "ann")
    now = dt.datetime.now(dt.UTC)
    assert box.deliver(NAME, "", MESSAGE, since=now)
    assert not box.deliver(NAME, "", MESSAGE, since=now)
    (box.path / "new" / NAME).rename(box.path / "cur" / f"{NAME}:2,S")

    assert not box.deliver(NAME, "", MESSAGE, since=now)
    assert {"tmp": [], "new": [], "cur": [f"{NAME}:2,S"]} == files(box.path)


def test_an_old_mailbox_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has not changed since the message came cannot have it."""
    box = Maildir(tmp_path / "ann")
    box.deliver("other", "", MESSAGE, since=ARRIVAL)
    os.utime(box.path / "cur", (0, 0))
    scandir = os.scandir
    searched = []

    def note(path: Path) -> object:
        searched.append(path.name)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", note)

    assert box.deliver(NAME, "", MESSAGE, since=ARRIVAL)
    assert "cur" not in searched


def test_what_a_crash_has_left(tmp_path: Path) -> None:
    """A draft of before is written anew."""
    box = Maildir(tmp_path / "ann")
    box.deliver("other", "", MESSAGE, since=ARRIVAL)
    (box.path / "tmp" / f"{NAME}.0a-0").write_bytes(b"half")
    (box.path / "tmp" / "1.Q4G_0.mail.0a-0").write_bytes(b"another's")

    assert box.deliver(NAME, "", MESSAGE, since=ARRIVAL)
    assert b"Subject: x\n\nHello.\n" == (box.path / "new" / NAME).read_bytes()
    assert ["1.Q4G_0.mail.0a-0"] == files(box.path)["tmp"]


def test_a_crash_between_the_link_and_the_end(tmp_path: Path) -> None:
    """The message is there already; its draft goes, and the disk has its name."""
    box = Maildir(tmp_path / "ann")
    box.deliver(NAME, "", MESSAGE, since=ARRIVAL)
    os.link(box.path / "new" / NAME, box.path / "tmp" / f"{NAME}.0a-0")

    assert not box.deliver(NAME, "", MESSAGE, since=ARRIVAL)
    assert {"tmp": [], "new": [NAME], "cur": []} == files(box.path)


def test_two_who_deliver_the_same(tmp_path: Path) -> None:
    """Whoever is second finds it there, and no half of anything is in sight."""
    box = Maildir(tmp_path / "ann")

    def chunks() -> Iterator[bytes]:
        yield MESSAGE[0]
        assert box.deliver(NAME, "", MESSAGE, since=ARRIVAL)
        yield MESSAGE[1]

    assert not box.deliver(NAME, "", chunks(), since=ARRIVAL)
    assert {"tmp": [], "new": [NAME], "cur": []} == files(box.path)
    assert b"Subject: x\n\nHello.\n" == (box.path / "new" / NAME).read_bytes()


def _ends_badly() -> Iterator[bytes]:
    yield b"Subject: x\r\n"
    raise OSError(errno.EIO, "cannot be read")


def test_half_a_message_is_nowhere(tmp_path: Path) -> None:
    """What cannot be written to its end is not in sight, and leaves nothing."""
    box = Maildir(tmp_path / "ann")
    with pytest.raises(OSError, match="cannot be read"):
        box.deliver(NAME, "", _ends_badly(), since=ARRIVAL)

    assert {"tmp": [], "new": [], "cur": []} == files(box.path)


@pytest.mark.requirement("3461-5.2.3-01")
def test_the_disk_has_it_before_it_is_in_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write, sync, link, sync the directory, in this order."""
    box = Maildir(tmp_path / "ann")
    box.deliver("other", "", MESSAGE, since=ARRIVAL)
    steps = []
    sync, link = os.fsync, os.link

    def note_sync(number: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(number).st_mode) else "file"
        steps.append(f"sync {kind}")
        sync(number)

    def note_link(*names: Path) -> None:
        steps.append("link")
        link(*names)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "link", note_link)
    box.deliver(NAME, "", MESSAGE, since=ARRIVAL)

    assert ["sync file", "link", "sync directory"] == steps


@given(st.binary(max_size=60), st.integers(min_value=1, max_value=5))
def test_line_ends(octets: bytes, size: int) -> None:
    """However it is cut, CRLF is LF, the rest is as it was, and the last line ends."""
    chunks = [octets[start : start + size] for start in range(0, len(octets), size)]
    expected = octets.replace(b"\r\n", b"\n")
    if expected and not expected.endswith(b"\n"):
        expected += b"\n"

    assert expected == b"".join(in_lines(chunks))


def test_names() -> None:
    """One for each message and mailbox, the same each time, and one path component."""
    one = maildir_name("4F", Path("/a"), arrival=ARRIVAL, host="mail/x:y")

    assert one == maildir_name("4F", Path("/a"), arrival=ARRIVAL, host="mail/x:y")
    assert one != maildir_name("4F", Path("/b"), arrival=ARRIVAL, host="mail/x:y")
    assert one != maildir_name("4G", Path("/a"), arrival=ARRIVAL, host="mail/x:y")
    assert one.startswith("1795341600.Q4F_")
    assert "/" not in one
    assert ":" not in one
