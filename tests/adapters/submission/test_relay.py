"""Letters go to a server by a socket that blocks."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.submission import relay as module
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.letter import Letter, read_letter
from dsnlib.adapters.submission.relay import Fate, connect, hand_over, verify
from dsnlib.adapters.submission.request import Request
from tests.adapters.submission.neighbour import CLOSE, neighbour

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANN, BOB, EVE = "ann@example.org", "bob@example.net", "eve@example.net"
PLAIN = "250 mx.example"


def letter(octets: bytes = b"A: 1\n\n.dot\n") -> Letter:
    """Return a letter."""
    with tempfile.TemporaryFile() as file:
        file.write(octets)
        file.seek(0)
        return read_letter(file.fileno(), ends_at_dot=False)


def request(*recipients: str, **fields: Any) -> Request:  # noqa: ANN401  each field has its own type
    """Return a request of ann's."""
    return Request(sender=ANN, recipients=recipients or (BOB, EVE))._replace(**fields)


def codes(fates: list[Fate]) -> dict[str, int]:
    """Return the exit code for each recipient."""
    return {each.recipient: each.code for each in fates}


def send(
    replies: Mapping[str, str] | None = None, asked: Request | None = None
) -> tuple[dict[str, int], list[str], list[bytes], bool, str]:
    """Send a letter, and return what became of it, what was said, what came, DSN, texts."""
    with neighbour(replies) as server:
        fates, has_dsn = hand_over(server.nexthop, asked or request(), letter(), hello="me")
    texts = "; ".join(each.text for each in fates)
    return codes(fates), server.said, server.messages, has_dsn, texts


def test_dialogue() -> None:
    """Parameters go out where they are announced, in one group with PIPELINING (RFC 2920)."""
    fates, said, messages, has_dsn, _ = send(
        asked=request(notify="SUCCESS", envid="a b", ret="HDRS", octets=12)
    )

    assert {BOB: 0, EVE: 0} == fates
    assert has_dsn
    assert [
        "EHLO me",
        "MAIL FROM:<ann@example.org> SIZE=12 RET=HDRS ENVID=a+20b",
        "RCPT TO:<bob@example.net> NOTIFY=SUCCESS ORCPT=rfc822;bob@example.net",
        "RCPT TO:<eve@example.net> NOTIFY=SUCCESS ORCPT=rfc822;eve@example.net",
        "DATA",
        "QUIT",
    ] == said
    assert [b"A: 1\r\n\r\n..dot\r\n"] == messages


def test_server_without_extensions() -> None:
    """After HELO nothing of ESMTP is said, and it is told that DSN is not there."""
    fates, said, _, has_dsn, _ = send({"EHLO": "500 What?"}, request(notify="NEVER", octets=9))

    assert {BOB: 0, EVE: 0} == fates
    assert not has_dsn
    assert ["EHLO me", "HELO me", "MAIL FROM:<ann@example.org>"] == said[:3]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.1.1 Nobody", os.EX_NOUSER),
        ("550 Nobody", os.EX_NOUSER),
        ("553 5.1.3 Odd", os.EX_NOUSER),
        ("550 5.7.1 No relaying", os.EX_UNAVAILABLE),
        ("554 No", os.EX_UNAVAILABLE),
        ("450 4.2.0 Later", os.EX_TEMPFAIL),
        ("421 4.3.2 Bye", os.EX_TEMPFAIL),
        ("354 What", os.EX_UNAVAILABLE),
    ],
)
def test_refused_recipient(reply: str, code: int) -> None:
    """He has the reply, and the others have the letter."""
    fates, _, messages, _, texts = send({f"RCPT TO:<{EVE}>": reply})

    assert {BOB: 0, EVE: code} == fates
    assert reply in texts
    assert 1 == len(messages)


@pytest.mark.parametrize(
    ("step", "reply", "code"),
    [
        ("", "554 5.7.1 Not you", os.EX_UNAVAILABLE),
        ("", "421 4.3.2 Later", os.EX_TEMPFAIL),
        ("MAIL", "550 5.7.1 Not you", os.EX_UNAVAILABLE),
        ("MAIL", "451 4.3.0 Later", os.EX_TEMPFAIL),
        ("DATA", "554 5.5.1 No", os.EX_UNAVAILABLE),
        (".", "552 5.3.4 Too large", os.EX_UNAVAILABLE),
        (".", "451 4.3.0 Later", os.EX_TEMPFAIL),
        *[(step, CLOSE, os.EX_TEMPFAIL) for step in ("", "EHLO", "MAIL", "RCPT", "DATA", ".")],
        *[(step, "garbage", os.EX_TEMPFAIL) for step in ("", "EHLO", "MAIL", "RCPT", "DATA", ".")],
        ("DATA", "250 2.0.0 What", os.EX_TEMPFAIL),
        ("EHLO", "250-a\r\n550 b", os.EX_TEMPFAIL),
    ],
)
def test_refused_for_all(step: str, reply: str, code: int) -> None:
    """What refuses the letter refuses it for everybody, once each."""
    fates, said, _, _, _ = send({step: reply})

    assert {BOB: code, EVE: code} == fates
    assert 1 >= said.count("DATA")


def test_lost_after_the_letter() -> None:
    """It may have been taken, and that is told; nothing is sent again."""
    fates, _, messages, _, texts = send({".": CLOSE})

    assert {BOB: os.EX_TEMPFAIL, EVE: os.EX_TEMPFAIL} == fates
    assert "it may have been taken" in texts
    assert 1 == len(messages)


def test_all_refused() -> None:
    """Then there is no DATA."""
    fates, said, _, _, _ = send({"RCPT": "550 5.1.1 Nobody"})

    assert {BOB: os.EX_NOUSER, EVE: os.EX_NOUSER} == fates
    assert "DATA" not in said


@pytest.mark.parametrize("reply", ["452 4.5.3 Enough", "552 5.5.3 Enough", "452 Enough"])
def test_too_many_recipients(reply: str) -> None:
    """Who is one too many goes in the next transaction (RFC 5321 s4.5.3.1.10)."""
    addresses = tuple(f"r{number}@example.net" for number in range(120))
    with neighbour(too_many=reply, most_recipients=50) as server:
        fates, _ = hand_over(server.nexthop, request(*addresses), letter(), hello="me")

    assert dict.fromkeys(addresses, 0) == codes(fates)
    assert 3 == len(server.messages)


def test_addresses_beyond_ascii() -> None:
    """They need SMTPUTF8; a header in UTF-8 goes without where there is none."""
    odd = "δ@example.org"
    fates, _, _, _, texts = send(asked=request(BOB, odd, smtputf8=True))
    assert {BOB: 0, odd: os.EX_UNAVAILABLE} == fates
    assert "SMTPUTF8" in texts
    fates, said, _, _, _ = send({"EHLO": "250-x\r\n250 SMTPUTF8"}, request(BOB, odd, smtputf8=True))
    assert {BOB: 0, odd: 0} == fates
    assert "MAIL FROM:<ann@example.org> SMTPUTF8" in said


def test_requiretls() -> None:
    """A server that does not keep to it gets nothing (RFC 8689)."""
    fates, said, _, _, _ = send(asked=request(requiretls=True))

    assert {BOB: os.EX_UNAVAILABLE, EVE: os.EX_UNAVAILABLE} == fates
    assert ["EHLO me", "QUIT"] == said


def test_verify() -> None:
    """It is asked for as a recipient, and nothing is sent."""
    with neighbour({f"RCPT TO:<{EVE}>": "550 5.1.1 Nobody"}) as server:
        fates, _ = verify(server.nexthop, request(), hello="me")

    assert {BOB: 0, EVE: os.EX_NOUSER} == codes(fates)
    assert ["RSET", "QUIT"] == server.said[-2:]
    assert not server.messages


def test_nobody_there() -> None:
    """Everybody has to wait: 75."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nexthop = f"127.0.0.1:{gone.getsockname()[1]}"
    fates, _ = hand_over(nexthop, request(), letter(), hello="me")

    assert {BOB: os.EX_TEMPFAIL, EVE: os.EX_TEMPFAIL} == codes(fates)
    assert f"{nexthop} cannot be reached: Connection refused" == fates[0].text


def test_silence_and_floods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing, or does not end, keeps nobody waiting for ever."""
    monkeypatch.setattr(module, "_REPLY_SECONDS", 0.1)
    for octets, reason in (
        (b"", "did not answer in time"),
        (b"2" * 10_000, "line that does not end"),
        (b"220-x\r\n" * 300, "reply that does not end"),
    ):
        ours, theirs = socket.socketpair()
        with ours, theirs, pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "connect", lambda _, ours=ours: ours)
            threading.Thread(target=theirs.sendall, args=(octets,), daemon=True).start()
            fates, _ = hand_over("x", request(), letter(), hello="me")
        assert {BOB: os.EX_TEMPFAIL, EVE: os.EX_TEMPFAIL} == codes(fates)
        assert reason in fates[0].text


def test_next_hops(tmp_path: Path) -> None:
    """A host with a port, or a socket in the file system; everything else is an error."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for text in (f"[127.0.0.1]:{port}", f"127.0.0.1:{port}", f"inet:127.0.0.1:{port}"):
            connect(text).close()
    path = tmp_path / "mail.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        connect(f"unix:{path}").close()
    with pytest.raises(FileNotFoundError):
        connect(f"unix:{path}.not")
    for text in ("", "[x", "x:99999", "x:0", "a b", "x:y"):
        with pytest.raises(SubmissionFault, match="is not such as"):
            connect(text)


def test_shown() -> None:
    """The dialogue can be watched."""
    shown: list[tuple[str, str]] = []
    with neighbour({"EHLO": PLAIN}) as server:
        hand_over(
            server.nexthop,
            request(BOB),
            letter(),
            hello="me",
            show=lambda who, line: shown.append((who, line)),
        )

    assert ("S", "220 mx.example ESMTP") == shown[0]
    assert [
        "EHLO me", "MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.net>", "DATA",
        "(15 octets)", "QUIT",
    ] == [line for who, line in shown if who == "C"]  # fmt: skip
