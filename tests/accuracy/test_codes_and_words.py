"""The counts behind what is said of codes and words."""

import json
from pathlib import Path

import pytest

from tests.accuracy.codes_and_words import count, main, read_messages

HEADER = (
    b"From: MAILER-DAEMON@mx.example.com\nSubject: failure notice\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    b"--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
    b"Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; bob@example.org\n"
    b"Action: failed\n"
)
EMPTY = HEADER + b"Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 No such user here\n--b--\n"
FULL = HEADER + b"Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full\n--b--\n"
PROSE = (
    b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\n"
    b"This is the qmail-send program at mx.\n\n<bob@example.org>:\nmessage looks like spam\n"
)


def test_counts() -> None:
    """Of each thing it is told how often it was met, and out of how many."""
    assert {
        "bounces": 3,
        "bounces without fields": 1,
        "recipients with a Status": 2,
        "recipients with X.0.0": 1,
        "recipients whose reply has a code too": 2,
        "recipients whose reply has another code": 1,
        "failures": 3,
        "failures, the recipient's fault": 2,
        "failures of class 5": 2,
        "failures of class 5 that pass": 1,
    } == count([EMPTY, FULL, PROSE])


def test_twins_count_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Messages that differ in their line ends alone are one; what is no bounce is none."""
    mails = {"a": EMPTY, "b": EMPTY.replace(b"\n", b"\r\n"), "c": EMPTY.replace(b"\n", b"\r")}
    labels = [{"file": name, "is_bounce": True} for name in mails]
    for name, octets in {**mails, "d": PROSE}.items():
        (tmp_path / name).write_bytes(octets)
    path = tmp_path / "labels"
    told = [*labels, {"file": "d", "is_bounce": False}]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in told), encoding="utf-8")

    assert [EMPTY] == list(read_messages(path, tmp_path))
    assert 0 == main([str(path), str(tmp_path)])
    assert "     1 bounces\n" in capsys.readouterr().out
