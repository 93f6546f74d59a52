"""Transcripts of sessions are read line by line, octets and all."""

from pathlib import Path

import pytest

from tests.interop.smtpd_transcript import Exchange, read_transcript


def test_transcript(tmp_path: Path) -> None:
    """Replies follow what was said; a message goes on over lines; notes are passed over."""
    path = tmp_path / "case.txt"
    path.write_text(
        "# port 2525 (a listener)\nS: 220 host\nC: EHLO x\nS: 250-host\nS: 250 DSN\n"
        "C: RCPT TO:<\\xfc\\x{FC}>\nS: 250 ok\nC: Subject: x\n\ntext\n.\nS: 250 taken\n"
        "C: QUIT\n-- connection closed by server\n",
        "utf-8",
    )

    found = read_transcript(path)

    assert ("case", 2525) == (found.name, found.port)
    assert (
        Exchange(command=b"", reply=("220 host",)),
        Exchange(command=b"EHLO x", reply=("250-host", "250 DSN")),
        Exchange(command=b"RCPT TO:<\xfc\\x{FC}>", reply=("250 ok",)),
        Exchange(command=b"Subject: x\n\ntext\n.", reply=("250 taken",)),
        Exchange(command=b"QUIT", reply=()),
    ) == found.exchanges


def test_empty_command(tmp_path: Path) -> None:
    """A client may send an empty line."""
    path = tmp_path / "case.txt"
    path.write_text("# port 25\nS: 220 host\nC:\nS: 500 what\n", "utf-8")

    assert [b"", b""] == [each.command for each in read_transcript(path).exchanges]


def test_without_port(tmp_path: Path) -> None:
    """The first line says which listener it was."""
    path = tmp_path / "case.txt"
    path.write_text("S: 220 host\n", "utf-8")

    with pytest.raises(ValueError, match="names no port"):
        read_transcript(path)
