"""Log-ins that a real Dovecot checks, and its reading of our password file.

Each test starts one, as `tests/interop/peers` has unpacked it, and is skipped where
it was not fetched.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.login.authenticator import Accepted, Challenge, LoginPeer, Refused
from dsnlib.adapters.login.dovecot import DovecotAuthenticator
from dsnlib.adapters.login.hashes import make_hash
from dsnlib.adapters.login.password_file import PasswordFile
from tests.interop.peers.dovecot import dovecot_running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dsnlib.adapters.login.authenticator import Step
    from tests.interop.peers.dovecot import Dovecot

_ADDRESSES = itertools.count(1)
# name -> what stands behind {PLAIN} in Dovecot's file
ACCOUNTS = {
    "ann@example.org": "secret",
    "closed": "secret::::::nologin reason=Moved_away",
    "elsewhere": "secret::::::proxy=y host=192.0.2.9",
    "only-at-home": "secret::::::allow_nets=203.0.113.0/24",
}


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """Return a Dovecot with a few accounts."""
    with dovecot_running(
        ACCOUNTS, mechanisms="plain login cram-md5 scram-sha-256 external anonymous"
    ) as found:
        yield found


def peer() -> LoginPeer:
    """Return a client that was never here: Dovecot makes whoever has failed wait."""
    address = f"192.0.2.{next(_ADDRESSES)}"
    return LoginPeer(client_address=address, local_address="198.51.100.1", is_tls=True)


def log_in(dovecot: Dovecot, mechanism: str, responses: Sequence[bytes | None]) -> list[Step]:
    """Return what each response leads to."""

    async def steps() -> list[Step]:
        authenticator = DovecotAuthenticator(str(dovecot.socket))
        await authenticator.open()
        exchange = authenticator.start(mechanism, peer=peer())
        found = [await exchange.step(each) for each in responses]
        exchange.close()
        await authenticator.close()
        return found

    return asyncio.run(steps())


def test_mechanisms(dovecot: Dovecot) -> None:
    """What shows a password is for TLS; ANONYMOUS and EXTERNAL are for nobody."""

    async def mechanisms() -> list[set[str]]:
        authenticator = DovecotAuthenticator(str(dovecot.socket))
        await authenticator.open()
        found = [set(authenticator.mechanisms(is_tls=is_tls)) for is_tls in (True, False)]
        await authenticator.close()
        return found

    with_tls, without = asyncio.run(mechanisms())

    assert {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"} == with_tls
    assert {"CRAM-MD5", "SCRAM-SHA-256"} == without


def test_plain(dovecot: Dovecot) -> None:
    """With AUTH or after a challenge."""
    message = b"\0ann@example.org\0secret"

    assert [Accepted("ann@example.org")] == log_in(dovecot, "PLAIN", [message])
    assert [Challenge(b""), Accepted("ann@example.org")] == log_in(
        dovecot, "PLAIN", [None, message]
    )


def test_login(dovecot: Dovecot) -> None:
    """The name, then the password."""
    found = log_in(dovecot, "LOGIN", [None, b"ann@example.org", b"secret"])

    assert [Challenge(b"Username:"), Challenge(b"Password:"), Accepted("ann@example.org")] == found


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        (b"\0ann@example.org\0wrong", "535 5.7.8 The name or the password is wrong"),
        (b"\0nobody\0secret", "535 5.7.8 The name or the password is wrong"),
        (b"\0closed\0secret", "525 5.7.13 Moved_away"),
        (b"\0elsewhere\0secret", "535 5.7.8 The name or the password is wrong"),
        (b"\0only-at-home\0secret", "535 5.7.8 The name or the password is wrong"),
        (b"\0ann@example.org\tresp=x\0secret\nOK\t1\tuser=eve", "535 5.7.8"),
        (b"", "535 5.7.8 "),
    ],
)
def test_who_is_refused(dovecot: Dovecot, message: bytes, reply: str) -> None:
    """By what Dovecot says of it; the address of the client is Dovecot's to judge too."""
    (found,) = log_in(dovecot, "PLAIN", [message])

    assert isinstance(found, Refused)
    assert str(found.reply).startswith(reply)


def test_cram_md5(dovecot: Dovecot) -> None:
    """A mechanism with a challenge of the server's own: octets go to and fro."""

    async def steps() -> Step:
        authenticator = DovecotAuthenticator(str(dovecot.socket))
        await authenticator.open()
        exchange = authenticator.start("CRAM-MD5", peer=peer())
        asked = await exchange.step(None)
        assert isinstance(asked, Challenge)
        digest = hmac.new(b"secret", asked.octets, "md5").hexdigest()
        found = await exchange.step(f"ann@example.org {digest}".encode())
        await authenticator.close()
        return found

    assert Accepted("ann@example.org") == asyncio.run(steps())


def test_scram_ends_with_a_challenge(dovecot: Dovecot) -> None:
    """The server's proof comes before success, with an empty response to it (RFC 4954 s4)."""

    async def steps() -> tuple[Step, Step]:
        authenticator = DovecotAuthenticator(str(dovecot.socket))
        await authenticator.open()
        exchange = authenticator.start("SCRAM-SHA-256", peer=peer())
        bare = b"n=ann@example.org,r=abcdefgh"
        asked = await exchange.step(b"n,," + bare)
        assert isinstance(asked, Challenge)
        proof = await exchange.step(_scram_final(bare, asked.octets))
        end = await exchange.step(b"")
        await authenticator.close()
        return proof, end

    proof, end = asyncio.run(steps())

    assert isinstance(proof, Challenge)
    assert proof.octets.startswith(b"v=")
    assert Accepted("ann@example.org") == end


def _scram_final(bare: bytes, challenge: bytes) -> bytes:
    """Return the client's last message (RFC 5802 s3)."""
    words = dict(word.split(b"=", 1) for word in challenge.split(b","))
    salted = hashlib.pbkdf2_hmac(
        "sha256", b"secret", base64.b64decode(words[b"s"]), int(words[b"i"])
    )
    key = hmac.digest(salted, b"Client Key", "sha256")
    without_proof = b"c=biws,r=" + words[b"r"]
    signed = hmac.digest(
        hashlib.sha256(key).digest(), b",".join([bare, challenge, without_proof]), "sha256"
    )
    proof = bytes(a ^ b for a, b in zip(key, signed, strict=True))
    return without_proof + b",p=" + base64.b64encode(proof)


def test_long_responses_leave_the_connection_alone(dovecot: Dovecot) -> None:
    """As long as RFC 4954 s4 asks for, it is answered; longer, it does not get there."""

    async def steps() -> list[Step]:
        authenticator = DovecotAuthenticator(str(dovecot.socket))
        await authenticator.open()
        waiting = authenticator.start("LOGIN", peer=peer())
        await waiting.step(None)
        found = [
            await authenticator.start("PLAIN", peer=peer()).step(b"a" * octets)
            for octets in (9_216, 12_000, 20_000)
        ]
        found += [await waiting.step(b"ann@example.org"), await waiting.step(b"secret")]
        await authenticator.close()
        return found

    *refused, asked, end = asyncio.run(steps())

    assert ["535", "535", "500"] == [
        str(step.reply)[:3] for step in refused if isinstance(step, Refused)
    ]
    assert [Challenge(b"Password:"), Accepted("ann@example.org")] == [asked, end]


def test_two_of_us_at_one_dovecot(dovecot: Dovecot) -> None:
    """Each is a client of its own, though they are one process."""

    async def steps() -> list[Step]:
        both = [DovecotAuthenticator(str(dovecot.socket)) for _ in range(2)]
        asked = [
            each.start("PLAIN", peer=peer()).step(b"\0ann@example.org\0secret") for each in both
        ]
        found = await asyncio.gather(*asked)
        for each in both:
            await each.close()
        return found

    assert [Accepted("ann@example.org")] * 2 == asyncio.run(steps())


def test_many_at_once(dovecot: Dovecot) -> None:
    """All on one connection, some of them wrong."""

    async def steps() -> list[Step]:
        authenticator = DovecotAuthenticator(str(dovecot.socket))

        async def one(number: int) -> Step:
            exchange = authenticator.start("PLAIN", peer=peer())
            word = b"wrong" if number % 10 == 0 else b"secret"
            found = await exchange.step(b"\0ann@example.org\0" + word)
            exchange.close()
            return found

        found = await asyncio.gather(*map(one, range(100)))
        await authenticator.close()
        return found

    found = asyncio.run(steps())

    assert 90 == found.count(Accepted("ann@example.org"))
    assert 10 == sum(isinstance(step, Refused) for step in found)


def test_dovecot_starts_anew() -> None:
    """A log-in after that goes on as if nothing had been."""

    async def one(authenticator: DovecotAuthenticator) -> Step:
        exchange = authenticator.start("PLAIN", peer=peer())
        try:
            return await exchange.step(b"\0ann@example.org\0secret")
        finally:
            exchange.close()

    async def steps() -> None:
        with dovecot_running(ACCOUNTS) as first:
            authenticator = DovecotAuthenticator(str(first.socket))
            assert Accepted("ann@example.org") == await one(authenticator)
        assert isinstance(await one(authenticator), Refused)
        await authenticator.close()

    asyncio.run(steps())


def test_dovecot_reads_our_password_file(tmp_path: Path) -> None:
    """One file of ARGON2ID hashes does for both."""
    path = tmp_path / "passwd"
    path.write_text(f"bob:{make_hash('swordfish')}:8:8::/home/bob::userdb_quota=1\n", "utf-8")
    second = f"passdb {{\n  driver = passwd-file\n  args = {path}\n}}\n"
    with dovecot_running(ACCOUNTS, settings=second) as found:
        (right,) = log_in(found, "PLAIN", [b"\0bob\0swordfish"])
        (wrong,) = log_in(found, "PLAIN", [b"\0bob\0sword"])

    assert Accepted("bob") == right
    assert isinstance(wrong, Refused)
    assert PasswordFile(path).verify("bob", "swordfish")
