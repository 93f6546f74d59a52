"""Tests of dsnlib.adapters.client.sasl.scram, with scramp's server as the peer."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramMechanism

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.sasl.mechanisms import Unanswerable
from dsnlib.adapters.client.sasl.scram import MOST_ITERATIONS, ScramSha256

ANN = Login(user="ann@example.org", password="secret")


def serve(password: str) -> Any:  # noqa: ANN401  the library has no types
    """Return a server that knows a password for whoever comes."""
    mechanism = ScramMechanism("SCRAM-SHA-256")
    return mechanism.make_server(lambda _user: mechanism.make_auth_info(password))


def base64_of(text: str) -> bytes:
    """Return a text as it goes over the wire."""
    return base64.b64encode(text.encode())


def text_of(octets: bytes) -> str:
    """Return what was on the wire."""
    return base64.b64decode(octets).decode()


@pytest.mark.parametrize(
    ("user", "password"),
    [("ann@example.org", "secret"), ("a=b,c", "p,=s"), ("\u00fc", "\u00df\u00bd"), ("x", "")],
)
def test_both_sides_know(user: str, password: str) -> None:
    """Ours is proved first, then the server's; only then is it over."""
    server, client = serve(password), ScramSha256(Login(user=user, password=password))
    server.set_client_first(text_of(client.first()))
    final = client.next(base64_of(server.get_server_first()))
    assert not client.is_over
    server.set_client_final(text_of(final))

    assert password not in text_of(final) or not password
    assert b"" == client.next(base64_of(server.get_server_final()))
    assert client.is_over


def test_a_server_that_knows_another_password() -> None:
    """It may say that all is well: it is not believed."""
    server, client = serve("guess"), ScramSha256(ANN)
    server.set_client_first(text_of(client.first()))
    client.next(base64_of(server.get_server_first()))

    with pytest.raises(Unanswerable, match="the server is not believed"):
        client.next(base64_of(f"v={base64.b64encode(b'x' * 32).decode()}"))
    assert not client.is_over


def first_of_server(client: ScramSha256, **changes: str) -> bytes:
    """Return the first message of a server, some of it changed."""
    nonce = text_of(client.first()).rpartition("r=")[2]
    words = {"r": f"{nonce}server", "s": base64.b64encode(b"s" * 16).decode(), "i": "4096"}
    return base64_of(",".join(f"{name}={value}" for name, value in (words | changes).items()))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"r": "other"}, "nonce"),
        ({"s": "eA=="}, "salt"),
        ({"s": "no base64"}, "base 64"),
        ({"i": "1"}, "4096"),
        ({"i": "-5"}, "digits"),
        ({"i": str(MOST_ITERATIONS + 1)}, f"asks for {MOST_ITERATIONS + 1} iterations"),
        ({"i": "9" * 4_000}, "not believed"),
        ({"e": "unknown-user"}, "server"),
        ({"m": "x"}, "'m' attribute"),
    ],
)
def test_first_messages_that_are_wrong(changes: dict[str, str], why: str) -> None:
    """The exchange is broken off before the password is used."""
    client = ScramSha256(ANN)

    with pytest.raises(Unanswerable, match=why):
        client.next(first_of_server(client, **changes))


@pytest.mark.parametrize(
    "challenge", [b"", b"no base64!", b"\xff", b"/w==", base64_of("x"), base64_of(",,,")]
)
def test_challenges_that_are_none(challenge: bytes) -> None:
    """Octets, text and messages of other kinds."""
    client = ScramSha256(ANN)
    client.first()

    with pytest.raises(Unanswerable):
        client.next(challenge)


def test_no_exchange_is_without_end() -> None:
    """After both proofs there is nothing to say."""
    server, client = serve("secret"), ScramSha256(ANN)
    server.set_client_first(text_of(client.first()))
    server.set_client_final(text_of(client.next(base64_of(server.get_server_first()))))
    client.next(base64_of(server.get_server_final()))

    with pytest.raises(Unanswerable, match="more than the mechanism has"):
        client.next(b"")


@pytest.mark.parametrize(
    ("user", "password"),
    [("", "secret"), ("a\0b", "secret"), ("ann", "a\x07b"), ("ann", "\ud800"), ("ann", "\u0627x")],
)
def test_what_saslprep_forbids(user: str, password: str) -> None:
    """RFC 4013 s2.3; the error shows neither part."""
    with pytest.raises(Unanswerable, match="a character that SCRAM forbids") as caught:
        ScramSha256(Login(user=user, password=password)).first()

    assert "secret" not in str(caught.value)


@given(st.binary(max_size=300))
def test_whatever_a_server_says(octets: bytes) -> None:
    """There is an answer or an error that is expected."""
    client = ScramSha256(ANN)
    client.first()
    with pytest.raises(Unanswerable):
        client.next(base64.b64encode(octets))


def test_no_server_stops_the_process() -> None:
    """The work that it may ask for is done while nothing else is: so it is little."""
    client = ScramSha256(ANN)
    challenge = first_of_server(client, i=str(MOST_ITERATIONS))
    begun = time.process_time()
    client.next(challenge)

    assert 0.1 > time.process_time() - begun
