"""The lines of Dovecot's authentication protocol: nothing gets into one that ends it."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.login.authenticator import LoginPeer
from dsnlib.adapters.login.dovecot_lines import (
    Continued,
    Done,
    Ended,
    Offered,
    ServerLine,
    Version,
    format_auth,
    format_cancel,
    format_continue,
    format_handshake,
    read_line,
)
from dsnlib.errors import InvalidValue, ParseError

PEER = LoginPeer(client_address="192.0.2.1", local_address="2001:db8::2", is_tls=True)


def test_handshake() -> None:
    """Version first, then the number of the client."""
    assert b"VERSION\t1\t2\nCPID\t4711\n" == format_handshake(4711)


def test_auth_has_what_is_known_of_the_peer() -> None:
    """Each in its parameter, the response last."""
    peer = LoginPeer(
        client_address="192.0.2.1",
        client_port=4711,
        local_address="192.0.2.2",
        local_port=587,
        is_tls=True,
        certificate_name="ann\u00e4",
    )
    line = format_auth(7, "PLAIN", service="smtp", peer=peer, response=b"\0ann\0secret")

    assert [
        "AUTH", "7", "PLAIN", "service=smtp", "nologin", "lip=192.0.2.2", "rip=192.0.2.1",
        "lport=587", "rport=4711", "secured", "valid-client-cert", "cert_username=ann\u00e4",
        "resp=AGFubgBzZWNyZXQ=",
    ] == line.decode().removesuffix("\n").split("\t")  # fmt: skip


def test_an_empty_response_is_one() -> None:
    """And none is none."""
    empty = format_auth(1, "LOGIN", service="smtp", peer=PEER, response=b"")
    none = format_auth(1, "LOGIN", service="smtp", peer=PEER, response=None)

    assert empty.endswith(b"\tresp=\n")
    assert b"resp" not in none


def test_without_tls_nothing_is_secured() -> None:
    """The word is a promise."""
    peer = LoginPeer(client_address="192.0.2.1", local_address="192.0.2.2", is_tls=False)

    assert b"secured" not in format_auth(1, "PLAIN", service="smtp", peer=peer, response=None)


def test_the_other_commands() -> None:
    """Another response, and the end."""
    assert b"CONT\t2\tYW5u\n" == format_continue(2, b"ann")
    assert b"CONT\t2\t\n" == format_continue(2, b"")
    assert b"CANCEL\t2\n" == format_cancel(2)


@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=99))
def test_nothing_ends_a_parameter(service: str, name: str, response: bytes) -> None:
    """A line has its TABs and its LF, whatever is in it."""
    try:
        peer = LoginPeer(
            client_address="::1", local_address="::1", is_tls=True, certificate_name=name
        )
        service.encode()
    except (InvalidValue, UnicodeEncodeError):
        return
    line = format_auth(1, "PLAIN", service=service, peer=peer, response=response)
    words = line.removesuffix(b"\n").split(b"\t")

    assert 11 == len(words)
    assert base64.b64encode(response) == words[-1].removeprefix(b"resp=")
    assert not set(line[:-1]) & set(b"\0\r\n")


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=20), max_size=4))
def test_escapes_are_undone(fields: dict[str, str]) -> None:
    """What Dovecot escapes is read as it was."""
    try:
        words = [
            f"{name}={value}".encode()
            .replace(b"\x01", b"\x011")
            .replace(b"\0", b"\x010")
            .replace(b"\t", b"\x01t")
            .replace(b"\r", b"\x01r")
            .replace(b"\n", b"\x01n")
            for name, value in fields.items()
        ]
    except UnicodeEncodeError:
        return
    if any("=" in name or name == "pass" for name in fields):
        return
    line = b"\t".join([b"OK", b"1", *words])

    assert Ended(1, is_success=True, fields=fields) == read_line(line)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b"VERSION\t1\t2", Version(1)),
        (b"VERSION\t2\t0", Version(2)),
        (b"MECH\tPLAIN\tplaintext", Offered("PLAIN", frozenset({"plaintext"}))),
        (b"MECH\tscram-sha-256", Offered("SCRAM-SHA-256")),
        (b"MECH\tA B", None),
        (b"MECH\t" + b"A" * 21, None),
        (b"SPID\t12", None),
        (b"COOKIE\t00", None),
        (b"", None),
        (b"DONE", Done()),
        (b"CONT\t2\tVXNlcm5hbWU6", Continued(2, b"Username:")),
        (b"CONT\t2\t", Continued(2, b"")),
        (b"CONT\t2", Continued(2, b"")),
        (b"OK\t1", Ended(1, is_success=True)),
        (b"OK\t1\tuser=a\tuser=b", Ended(1, is_success=True, fields={"user": "a"})),
        (b"OK\t1\tproxy\tpass=x", Ended(1, is_success=True, fields={"proxy": ""})),
        (b"FAIL\t1\ttemp", Ended(1, is_success=False, fields={"temp": ""})),
    ],
)
def test_what_the_server_says(line: bytes, read: ServerLine | None) -> None:
    """Each line is what the protocol has it mean; others are nothing."""
    assert read == read_line(line)


@pytest.mark.parametrize(
    "line",
    [
        b"VERSION",
        b"VERSION\tone",
        b"MECH",
        b"OK",
        b"OK\t-1",
        b"OK\t4294967296",
        b"OK\t\xd9\xa1",
        b"FAIL\tx\tuser=hunter2",
        b"CONT\t1\t!!",
        b"CONT\t1\tYQ=",
        b"CONT\tx",
    ],
)
def test_a_malformed_line_is_told(line: bytes) -> None:
    """By its command alone."""
    with pytest.raises(ParseError) as caught:
        read_line(line)

    assert line.split(b"\t")[0].decode() in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_another_major_version_is_another_protocol() -> None:
    """The minor one does not count."""
    assert Version(1).is_known
    assert not Version(2).is_known


@given(st.binary(max_size=200))
def test_any_line_is_read_or_refused(line: bytes) -> None:
    """Nothing but `ParseError` comes of a bad one."""
    with contextlib.suppress(ParseError):  # one of the two
        read_line(line)
