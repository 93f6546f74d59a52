"""Tests of dsnlib.adapters.client.tls.context."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
import trustme

from dsnlib.adapters.client.tls.context import context_of, keep_session
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.errors import ConfigurationError
from tests.adapters.client.certified import authority, ca_file, shake_hands, showing

if TYPE_CHECKING:
    from pathlib import Path

HOST = "mx.example.org"


@pytest.mark.parametrize("level", ["may", "encrypt"])
def test_nobody_looks_below_verify(level: str) -> None:
    """Whoever is there will do, whatever the certificate says."""
    context = context_of(TlsPolicy(level=ClientTlsLevel(level)))
    stranger = showing("evil.example", issuer=trustme.CA())

    assert shake_hands(context, stranger, HOST)[0].cipher()


def test_the_right_server_at_verify(tmp_path: Path) -> None:
    """A certificate of the authority with the name."""
    policy = TlsPolicy(level=ClientTlsLevel.VERIFY, ca_file=ca_file(tmp_path))

    assert shake_hands(context_of(policy), showing(HOST), HOST)[0].getpeercert()


@pytest.mark.parametrize("level", ["verify", "secure"])
@pytest.mark.parametrize("fault", ["authority", "name"])
def test_the_wrong_server_at_verify(tmp_path: Path, level: str, fault: str) -> None:
    """Nobody vouches for it, or it is another one: the handshake fails."""
    policy = TlsPolicy(level=ClientTlsLevel(level), names=["hostname"], ca_file=ca_file(tmp_path))
    issuer = trustme.CA() if fault == "authority" else None
    name = HOST if fault == "authority" else "other.example.org"

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(context_of(policy), showing(name, issuer=issuer), HOST)


def test_several_names_are_left_to_us(tmp_path: Path) -> None:
    """OpenSSL compares with one; it still wants an authority."""
    policy = TlsPolicy(
        level=ClientTlsLevel.SECURE, names=("nexthop", "dot-nexthop"), ca_file=ca_file(tmp_path)
    )

    assert shake_hands(context_of(policy), showing("else.example"), HOST)[0].getpeercert()
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(context_of(policy), showing(HOST, issuer=trustme.CA()), HOST)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_versions(version: str) -> None:
    """Those of the policy, and no others."""
    context = context_of(TlsPolicy(versions=(version,)))

    assert version == shake_hands(context, showing(HOST), HOST)[0].version()


def test_ciphers() -> None:
    """Up to TLS 1.2 a grade says which; what is excluded is not used."""
    both = context_of(TlsPolicy(versions=("TLSv1.2",)))
    high = context_of(TlsPolicy(versions=("TLSv1.2",), ciphers="high", excluded_ciphers=("AES",)))

    assert any("AES" in str(each["name"]) for each in both.get_ciphers())
    assert not any(
        "AES" in str(each["name"]) for each in high.get_ciphers() if each["protocol"] != "TLSv1.3"
    )
    assert not any("NULL" in str(each["name"]) for each in both.get_ciphers())


def test_ciphers_that_are_not_there() -> None:
    """A policy that leaves none is told as one line."""
    policy = TlsPolicy(excluded_ciphers=("ALL",), ciphers="high")

    with pytest.raises(ConfigurationError, match="no cipher of grade high without ALL"):
        context_of(policy)


def test_our_own_certificate(tmp_path: Path) -> None:
    """It is shown to a server that asks for one."""
    both = tmp_path / "both.pem"
    authority().issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(both)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(HOST).configure_cert(server)
    authority().configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED

    _, far = shake_hands(context_of(TlsPolicy(cert_file=both)), server, HOST)

    assert ("DNS", "client.example") in (far.getpeercert() or {})["subjectAltName"]


@pytest.mark.parametrize(
    ("field", "content", "why"),
    [
        ("ca_file", None, "No such file or directory"),
        ("ca_file", b"", "no certificate in PEM form"),
        ("ca_file", b"nonsense", "no certificate in PEM form"),
        ("ca_file", b"directory", "Is a directory"),
        ("cert_file", b"directory", "Is a directory"),
        ("cert_file", None, "No such file or directory"),
        ("cert_file", b"nonsense", "no certificate in PEM form with its key"),
    ],
)
def test_files_that_are_no_good(
    tmp_path: Path, field: str, content: bytes | None, why: str
) -> None:
    """One line with the name of the file."""
    path = tmp_path / "file.pem"
    if content == b"directory":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    policy = TlsPolicy(**{"level": ClientTlsLevel.VERIFY, field: path})  # type: ignore[arg-type]  # the field has the type

    with pytest.raises(ConfigurationError, match=why) as caught:
        context_of(policy)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_with_a_password(tmp_path: Path) -> None:
    """Nobody is asked at a terminal."""
    from cryptography.hazmat.primitives import serialization

    leaf = authority().issue_cert("client.example")
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    path = tmp_path / "both.pem"
    path.write_bytes(locked + leaf.cert_chain_pems[0].bytes())

    with pytest.raises(ConfigurationError, match="the key has a password"):
        context_of(TlsPolicy(cert_file=path))


def test_a_file_that_has_changed(tmp_path: Path) -> None:
    """The next connection has what is in it then."""
    policy = TlsPolicy(level=ClientTlsLevel.VERIFY, ca_file=ca_file(tmp_path))
    other = trustme.CA()
    before = context_of(policy)
    other.cert_pem.write_to_path(tmp_path / "ca.pem")
    after = context_of(policy)

    assert before is not after
    assert shake_hands(after, showing(HOST, issuer=other), HOST)[0].cipher()


def test_a_thousand_names_have_one_context(tmp_path: Path) -> None:
    """Names that OpenSSL does not compare with make no lists of authorities of their own."""
    ca = ca_file(tmp_path)
    contexts = {
        context_of(
            TlsPolicy(level=ClientTlsLevel.SECURE, names=(f".d{number}.example",), ca_file=ca)
        )
        for number in range(1_000)
    }

    assert 1 == len(contexts)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_session_is_resumed_once(version: str) -> None:
    """The second connection to a server costs next to nothing; a ticket is used once."""
    context = context_of(TlsPolicy(versions=(version,), excluded_ciphers=("CAMELLIA",)))
    server = showing(HOST)
    first, _ = shake_hands(context, server, HOST)
    keep_session(first)
    reused = [shake_hands(context, server, HOST)[0].session_reused for _ in range(2)]

    assert not first.session_reused
    assert [True, False] == reused


def test_a_resumed_session_has_its_certificate(tmp_path: Path) -> None:
    """Names are compared again, so the certificate has to be there."""
    policy = TlsPolicy(
        level=ClientTlsLevel.SECURE, names=("nexthop", ".x.example"), ca_file=ca_file(tmp_path)
    )
    server = showing(HOST)
    first, _ = shake_hands(context_of(policy), server, HOST)
    keep_session(first)
    second, _ = shake_hands(context_of(policy), server, HOST)

    assert second.session_reused
    assert first.getpeercert() == second.getpeercert()


def test_a_session_is_for_its_name(tmp_path: Path) -> None:
    """Another server is not sent the ticket of this one, and another policy neither."""
    policy = TlsPolicy(excluded_ciphers=("ARIA",))
    first, _ = shake_hands(context_of(policy), showing(HOST), HOST)
    keep_session(first)
    strict = TlsPolicy(level=ClientTlsLevel.VERIFY, ca_file=ca_file(tmp_path))

    assert not shake_hands(context_of(policy), showing(HOST), "b.example")[0].session_reused
    assert not shake_hands(context_of(strict), showing(HOST), HOST)[0].session_reused


def test_sessions_are_bounded() -> None:
    """A name of a server more makes the oldest go."""
    context = context_of(TlsPolicy(excluded_ciphers=("SEED",)))
    connection, _ = shake_hands(context, showing(HOST), HOST)
    for number in range(300):
        context.sessions[f"h{number}.example"] = connection.session  # type: ignore[assignment]  # there is one
        keep_session(connection)

    assert len(context.sessions) <= 257


def test_what_is_not_kept() -> None:
    """A connection without a name, or under a context of others."""
    context = context_of(TlsPolicy(excluded_ciphers=("DES",)))
    keep_session(shake_hands(context, showing(HOST), None)[0])
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(plain)
    keep_session(shake_hands(plain, showing(HOST), HOST)[0])

    assert not context.sessions


def test_a_server_that_keeps_no_sessions() -> None:
    """There is nothing to resume."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(HOST).configure_cert(server)
    server.num_tickets = 0
    context = context_of(TlsPolicy(excluded_ciphers=("DSS",), versions=("TLSv1.3",)))
    keep_session(shake_hands(context, server, HOST)[0])

    assert not shake_hands(context, server, HOST)[0].session_reused


def test_the_authorities_of_the_system() -> None:
    """Without files they are asked; nobody there knows ours."""
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(context_of(TlsPolicy(level=ClientTlsLevel.VERIFY)), showing(HOST), HOST)


def test_a_directory_of_authorities(tmp_path: Path) -> None:
    """Their names are their hashes, as `openssl rehash` makes them."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not there to name the file")
    path = ca_file(tmp_path)
    found = subprocess.run(
        [openssl, "x509", "-hash", "-noout", "-in", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    path.rename(tmp_path / f"{found.stdout.strip()}.0")
    policy = TlsPolicy(level=ClientTlsLevel.VERIFY, ca_path=tmp_path)

    assert shake_hands(context_of(policy), showing(HOST), HOST)[0].getpeercert()


def test_asyncio_resumes() -> None:
    """It asks the context for each connection, and knows of no sessions."""

    async def connect(port: int, context: ssl.SSLContext) -> bool:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=HOST
        )
        assert b"220 hello\r\n" == await reader.readline()
        found = writer.get_extra_info("ssl_object")
        keep_session(found)
        writer.close()
        await writer.wait_closed()
        return bool(found.session_reused)

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await writer.drain()
        writer.close()

    async def both() -> list[bool]:
        server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=showing(HOST))
        async with server:
            port = server.sockets[0].getsockname()[1]
            context = context_of(TlsPolicy(excluded_ciphers=("IDEA",)))
            return [await connect(port, context) for _ in range(2)]

    assert [False, True] == asyncio.run(both())
