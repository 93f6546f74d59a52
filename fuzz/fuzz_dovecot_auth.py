"""Fuzz the lines of Dovecot's authentication server, and the responses of SASL clients.

An input is what a server says, line by line; the first line of it is also a
response that a client sends, and a line of the file of accounts.

Invariant.
- Any line is read, or is `ParseError`; what is read can be told and compared.
- Whatever stands in a response, the command that carries it is one line, with the
  parameters that it has for every response.
- PLAIN and LOGIN end with a refusal for whoever does not know the password.
- Any file is accounts, or `PasswordFileError` with a line of the file.
"""

from __future__ import annotations

import asyncio
import binascii

from dsnlib.adapters.login.authenticator import Accepted, Challenge, LoginPeer, Refused
from dsnlib.adapters.login.dovecot_lines import format_auth, format_continue, read_line
from dsnlib.adapters.login.mechanisms import PasswordAuthenticator
from dsnlib.adapters.login.password_file import PasswordFileError, parse_password_file
from dsnlib.errors import ParseError
from fuzz.alphabet import expand

__all__ = ["LOGIN", "READS", "check"]

READS = (
    "dsnlib.adapters.login.dovecot_lines",
    "dsnlib.adapters.login.mechanisms",
    "dsnlib.adapters.login.credentials",
    "dsnlib.adapters.login.password_file",
    "dsnlib.adapters.login.hashes",
)

_PEER = LoginPeer(client_address="192.0.2.1", local_address="192.0.2.2", is_tls=True)
_PARAMETERS = len(
    ("AUTH", "id", "mechanism", "service", "nologin", "lip", "rip", "secured", "resp")
)
_NAME, _PASSWORD = "ann", "nobody guesses this"

# Commands and parameters of the server, responses of clients, lines of accounts.
LOGIN = (
    b"\n", b"\t", b"\r\n", b"\0", b"\x01", b"\x01t", b"\x011", b"=", b":", b"VERSION\t1\t2\n",
    b"MECH\t", b"PLAIN\tplaintext\n", b"LOGIN", b"SCRAM-SHA-256\tmutual-auth\n", b"DONE\n",
    b"SPID\t1\n", b"COOKIE\t00\n", b"OK\t", b"FAIL\t", b"CONT\t", b"1", b"4294967295",
    b"4294967296", b"user=", b"ann", b"reason=", b"code=temp_fail", b"temp", b"nologin", b"proxy",
    b"VXNlcm5hbWU6", b"YQ==", b"YQ=", b"!!", b"\0ann\0", b"nobody guesses", b"{ARGON2ID}",
    b"{SCRYPT}", b"{PLAIN}", b"$argon2id$v=19$m=64,t=1,p=1$", b"$scrypt$ln=1,r=8,p=1$",
    b"c2FsdHNhbHRzYWx0", b"$YWFhYWFhYWFhYWFhYWFhYWFh", b":8:8::/home/ann::", b"userdb_x=1",
    b"allow_nets=192.0.2.0/24", b"#", b"\xc3\xa4", b"\xef\xbc\xa1", b"\xff", b"a" * 300,
)  # fmt: skip


class _Store:
    async def check(self, name: str, password: str) -> bool:
        for text in (name, password):
            assert text
            assert text.encode()
            assert not set(text) & set("\0\r\n\t")
        return (name, password) == (_NAME, _PASSWORD)

    async def close(self) -> None:
        pass


def check(data: bytes) -> None:
    """Read one input in each of its roles and assert the invariant."""
    octets = expand(data, LOGIN)
    lines = octets.split(b"\n")
    for line in lines:
        _read(line)
    _carry(lines[0])
    _carry(octets)
    for mechanism in ("PLAIN", "LOGIN"):
        _drive(_go_through(mechanism, [octets, *lines[:3]]))
    try:
        parse_password_file(octets, origin="fuzz", allow_plain=True)
    except PasswordFileError as error:
        fault = error
        assert 1 <= fault.line <= len(lines)
        assert str(fault).startswith(f"fuzz:{fault.line}: ")


def _read(line: bytes) -> None:
    try:
        found = read_line(line)
    except ParseError:
        return
    assert found == read_line(line)
    assert repr(found)


def _carry(response: bytes) -> None:
    encoded = binascii.b2a_base64(response, newline=False)
    line = format_auth(1, "PLAIN", service="smtp", peer=_PEER, response=response)
    assert line.endswith(b"\tresp=" + encoded + b"\n")
    assert line.count(b"\t") == _PARAMETERS - 1
    assert format_continue(7, response) == b"CONT\t7\t" + encoded + b"\n"
    assert line.count(b"\n") == 1


async def _go_through(mechanism: str, responses: list[bytes]) -> None:
    exchange = PasswordAuthenticator(_Store()).start(mechanism, peer=_PEER)
    for response in responses:
        step = await exchange.step(response)
        if isinstance(step, Challenge):
            assert step.octets in (b"", b"Username:", b"Password:")
            continue
        assert isinstance(step, Refused) or _PASSWORD.encode() in b"".join(responses)
        assert isinstance(step, Refused) or step == Accepted(_NAME)
        assert isinstance(step, Accepted) or step.reply.code in (500, 501, 535)
        break
    exchange.close()


def _drive(coroutine: object) -> None:
    """Run what waits for nothing."""
    assert asyncio.iscoroutine(coroutine)
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")
