"""PLAIN (RFC 4616) and LOGIN, as a server steps through them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.login.authenticator import (
    Accepted,
    Challenge,
    LoginPeer,
    LoginReply,
    Refused,
)
from dsnlib.adapters.login.mechanisms import PasswordAuthenticator
from dsnlib.errors import InvalidValue, LookupFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.login.authenticator import Step

PEER = LoginPeer(client_address="192.0.2.1", local_address="192.0.2.2", is_tls=True)
WRONG = LoginReply.CREDENTIALS.refused()
MALFORMED = LoginReply.MALFORMED.refused()
TOO_LONG = LoginReply.TOO_LONG.refused()


class Store:
    """Knows the password of ann, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.is_closed = False

    async def check(self, name: str, password: str) -> bool:
        """Tell whether it is hers."""
        self.asked.append((name, password))
        if password == "away":
            raise LookupFailed("accounts: away")
        return (name, password) == ("ann", "secret")

    async def close(self) -> None:
        """Be closed."""
        self.is_closed = True


def go_through(mechanism: str, responses: Sequence[bytes | None]) -> list[Step]:
    """Return what each response leads to."""

    async def steps() -> list[Step]:
        exchange = PasswordAuthenticator(Store()).start(mechanism, peer=PEER)
        found = [await exchange.step(each) for each in responses]
        exchange.close()
        return found

    return asyncio.run(steps())


@pytest.mark.parametrize(
    ("message", "end"),
    [
        (b"\0ann\0secret", Accepted("ann")),
        (b"\0ANN\0secret", Accepted("ann")),
        (b"Ann\0ann\0secret", Accepted("ann")),
        (b"bob\0ann\0secret", WRONG),  # may act for nobody else
        (b"\0ann\0Secret", WRONG),
        (b"\0bob\0secret", WRONG),
        (b"\0a\nb\0secret", WRONG),  # no name there can be
        (b"\0ann\0s\x01", WRONG),
        (b"a\nb\0ann\0secret", WRONG),
        (b"\0" + b"a" * 256 + b"\0secret", WRONG),
        (b"\0ann\0away", LoginReply.TEMPORARY.refused()),
        (b"", MALFORMED),
        (b"ann\0secret", MALFORMED),
        (b"\0ann\0secret\0", MALFORMED),
        (b"\0\0secret", MALFORMED),
        (b"\0ann\0", MALFORMED),
        (b"\0ann\0\xff", MALFORMED),
        (b"\0\xff\0secret", MALFORMED),
        (b"\xff\0ann\0secret", MALFORMED),
        (b"\0ann\0" + b"a" * 1025, WRONG),
        (b"\0ann\0" + b"a" * 2000, TOO_LONG),
    ],
)
def test_plain(message: bytes, end: Step) -> None:
    """One message ends the exchange, with AUTH or after an empty challenge."""
    assert [end] == go_through("PLAIN", [message])
    assert [Challenge(b""), end] == go_through("PLAIN", [None, message])


@pytest.mark.parametrize(
    ("name", "password", "end"),
    [
        (b"ann", b"secret", Accepted("ann")),
        (b"ann", b"wrong", WRONG),
        (b"bob", b"secret", WRONG),
        (b"", b"secret", MALFORMED),
        (b"ann", b"", MALFORMED),
        (b"ann", b"a" * 1025, TOO_LONG),
        (b"ann", b"away", LoginReply.TEMPORARY.refused()),
    ],
)
def test_login(name: bytes, password: bytes, end: Step) -> None:
    """The name may come with AUTH, or after the first challenge."""
    asked = Challenge(b"Password:")

    assert [asked, end] == go_through("LOGIN", [name, password])
    assert [Challenge(b"Username:"), asked, end] == go_through("LOGIN", [None, name, password])


def test_login_does_not_keep_a_long_name() -> None:
    """A name beyond the bound ends the exchange at once."""
    assert [TOO_LONG] == go_through("LOGIN", [b"a" * 256])


@given(
    st.sampled_from(["PLAIN", "LOGIN"]), st.lists(st.none() | st.binary(max_size=40), max_size=4)
)
def test_a_stranger_is_never_let_in(mechanism: str, responses: list[bytes | None]) -> None:
    """Whatever is sent, in whatever order: nothing raises, and nobody gets in by chance."""
    found = go_through(mechanism, responses)

    assert all(isinstance(step, Challenge | Refused) for step in found)


def test_passwords_are_for_tls() -> None:
    """Without TLS there is no mechanism, unless that is allowed."""
    strict = PasswordAuthenticator(Store())
    open_to_all = PasswordAuthenticator(Store(), allow_plaintext=True)

    assert ("PLAIN", "LOGIN") == strict.mechanisms(is_tls=True)
    assert () == strict.mechanisms(is_tls=False)
    assert ("PLAIN", "LOGIN") == open_to_all.mechanisms(is_tls=False)


@pytest.mark.parametrize(("mechanism", "is_tls"), [("PLAIN", False), ("CRAM-MD5", True)])
def test_what_is_not_offered_is_not_started(mechanism: str, *, is_tls: bool) -> None:
    """A mechanism that was not in the EHLO reply is a mistake of the caller."""
    peer = LoginPeer(client_address="192.0.2.1", local_address="192.0.2.2", is_tls=is_tls)
    with pytest.raises(InvalidValue, match="not offered to 192"):
        PasswordAuthenticator(Store()).start(mechanism, peer=peer)


def test_closing_closes_the_store() -> None:
    """The store belongs to its authenticator."""
    store = Store()
    asyncio.run(PasswordAuthenticator(store).close())

    assert store.is_closed


def test_a_foreign_identity_costs_as_much_as_a_wrong_password() -> None:
    """The password is looked at even if the answer is known."""
    store = Store()
    exchange = PasswordAuthenticator(store).start("PLAIN", peer=PEER)
    asyncio.run(exchange.step(b"bob\0ann\0secret"))

    assert [("ann", "secret")] == store.asked
