"""Letters are left in the queue's directory."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.submission.drop import (
    HEAD_OCTETS,
    MAILDROP,
    MOST_RECIPIENTS,
    can_leave,
    leave,
)
from dsnlib.adapters.submission.fault import SubmissionFault

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ["MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.net>"]


def test_letter(tmp_path: Path) -> None:
    """A file has the commands and the letter, and no other name is left."""
    (tmp_path / MAILDROP).mkdir()
    name = leave(str(tmp_path), COMMANDS, [b"A: 1\r\n\r\n", b".x\r\n"])
    found = tmp_path / MAILDROP / name

    assert [found] == list((tmp_path / MAILDROP).iterdir())
    assert b"\r\n".join([*map(str.encode, COMMANDS), b"DATA", b"A: 1\r\n\r\n.x\r\n"]) == (
        found.read_bytes()
    )
    assert 0o640 & ~_umask() == stat.S_IMODE(found.stat().st_mode)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_whether_it_may(tmp_path: Path) -> None:
    """Without a directory, or without rights, letters go another way."""
    assert not can_leave("")
    assert not can_leave(str(tmp_path))
    (tmp_path / MAILDROP).mkdir()
    assert can_leave(str(tmp_path))


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    """What cannot be written whole is not there."""

    def breaking() -> list[bytes]:
        raise OSError(28, "No space left on device")

    (tmp_path / MAILDROP).mkdir()
    with pytest.raises(SubmissionFault, match="No space left") as caught:
        leave(str(tmp_path), COMMANDS, (each for _ in [0] for each in breaking()))
    assert os.EX_TEMPFAIL == caught.value.code
    assert [] == list((tmp_path / MAILDROP).iterdir())
    with pytest.raises(SubmissionFault, match="cannot be kept in"):
        leave(str(tmp_path / "none"), COMMANDS, [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
@pytest.mark.parametrize(("group", "is_left"), [(0, True), (54_321, False)])
def test_whether_the_server_can_read_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    group: int,
    is_left: bool,  # noqa: FBT001  a column
) -> None:
    """Whatever the mask of a program says; and who cannot be read is told, not left."""
    directory = tmp_path / MAILDROP
    directory.mkdir()
    os.chown(directory, 12_345, group)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    mask = os.umask(0o077)
    try:
        if is_left:
            name = leave(str(tmp_path), COMMANDS, [])
            assert 0o640 == stat.S_IMODE((directory / name).stat().st_mode)
            return
        with pytest.raises(SubmissionFault, match="3730"):
            leave(str(tmp_path), COMMANDS, [])
    finally:
        os.umask(mask)
    assert [] == list(directory.iterdir())


def test_more_recipients_than_are_taken(tmp_path: Path) -> None:
    """The server would not take them, and there would be nobody left to be told."""
    (tmp_path / MAILDROP).mkdir()
    long = f"RCPT TO:<{'x' * 900}@example.net>"
    for recipients in ([COMMANDS[1]] * (MOST_RECIPIENTS + 1), [long] * (HEAD_OCTETS // 900)):
        with pytest.raises(SubmissionFault, match="more than the 50000 recipients") as caught:
            leave(str(tmp_path), [COMMANDS[0], *recipients], [])
        assert os.EX_DATAERR == caught.value.code
    assert [] == list((tmp_path / MAILDROP).iterdir())
