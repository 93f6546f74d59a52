"""AUTH: lines, order, what is offered when."""

import asyncio
import base64
from typing import Any

import pytest

from dsnlib.adapters.login.authenticator import (
    Accepted,
    Challenge,
    LoginPeer,
    LoginReply,
    Refused,
    Step,
)
from dsnlib.adapters.server.listener import ServerLimits, TlsLevel
from dsnlib.adapters.server.rates import ClientRates, RateLimits
from dsnlib.errors import InvalidValue
from tests.adapters.server.talk import (
    MAIL,
    RCPT,
    KeepingIntake,
    client_context,
    codes,
    dialogue,
    server_context,
    until,
)


class _Exchange:
    """Two names, the second behind a challenge; the name that is `ann` is let in."""

    def __init__(self, owner: "_Accounts", mechanism: str) -> None:
        self.owner = owner
        self.mechanism = mechanism

    async def step(self, response: bytes | None) -> Step:
        self.owner.responses.append(response)
        if response is None:
            return Challenge(b"name?")
        if self.mechanism == "LONG" and len(self.owner.responses) < 3:
            return Challenge(b"")
        return Accepted("ann") if response == b"ann" else LoginReply.CREDENTIALS.refused()

    def close(self) -> None:
        self.owner.closed += 1


class _Accounts:
    """An authenticator with one mechanism for all, and one for encrypted sessions."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.is_open = is_open
        self.peers: list[LoginPeer] = []
        self.responses: list[bytes | None] = []
        self.closed = 0

    def mechanisms(self, *, is_tls: bool) -> tuple[str, ...]:
        return ("LONG", "PLAIN") if is_tls or self.is_open else ("LONG",)

    def start(self, mechanism: str, *, peer: LoginPeer) -> _Exchange:
        if mechanism not in self.mechanisms(is_tls=peer.is_tls):
            raise InvalidValue(mechanism)
        self.peers.append(peer)
        return _Exchange(self, mechanism)

    async def close(self) -> None:
        pass


ANN = base64.b64encode(b"ann").decode()
DIALOGUES: dict[str, tuple[list[bytes | str], str]] = {
    "nothing": (["AUTH"], "501 5.5.4"),
    "three": ([f"AUTH PLAIN {ANN} x"], "501 5.5.4"),
    "unknown": (["AUTH FOO"], "504 5.5.4"),
    "initial": ([f"AUTH PLAIN {ANN}"], "235 2.7.0"),
    "lower": ([f"auth plain {ANN}"], "235 2.7.0"),
    "empty": (["AUTH PLAIN ="], "535 5.7.8"),
    "wrong": (["AUTH PLAIN eHh4"], "535 5.7.8"),
    "no-base64": (["AUTH PLAIN !!"], "501 5.5.2"),
    "not-ascii": (["AUTH PLAIN é"], "501 5.5.2"),
    "challenge": (["AUTH PLAIN"], "334"),
    "response": (["AUTH PLAIN", ANN], "235 2.7.0"),
    "response-bad": (["AUTH PLAIN", "!"], "501 5.5.2"),
    "cancelled": (["AUTH PLAIN", "*"], "501 5.7.0"),
    "empty-response": (["AUTH PLAIN", ""], "535 5.7.8"),
    "longest": (["AUTH PLAIN " + "eHh4" * 3000], "535 5.7.8"),
    "too-long": (["AUTH PLAIN " + "eHh4" * 4000], "500 5.5.2"),
    "response-too-long": (["AUTH PLAIN", "eHh4" * 4000], "500 5.5.6"),
    "twice": ([f"AUTH PLAIN {ANN}", f"AUTH PLAIN {ANN}"], "503 5.5.1"),
    "in-mail": ([MAIL, f"AUTH PLAIN {ANN}"], "503 5.5.1"),
    "helo": (["HELO x", f"AUTH PLAIN {ANN}"], "503 5.5.1"),
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogue(name: str) -> None:
    """Each way a log-in can go has its reply (RFC 4954 s4, s6), and every exchange ends."""
    commands, expected = DIALOGUES[name]
    accounts = _Accounts()

    async def talk() -> str:
        async with dialogue(authenticator=accounts) as (client, _):
            return await client.say(*commands)

    assert expected == asyncio.run(talk())
    assert len(accounts.peers) == accounts.closed


def test_challenge_is_base64() -> None:
    """A challenge is base64, and there is a blank even if it is empty."""

    async def talk() -> tuple[str, str]:
        async with dialogue(authenticator=_Accounts()) as (client, _):
            return await client.full("AUTH LONG"), await client.full(ANN)

    assert ("334 bmFtZT8=", "334 ") == asyncio.run(talk())


def test_only_encrypted() -> None:
    """What needs encryption is announced behind the handshake, and 538 before."""
    intake = KeepingIntake()
    accounts = _Accounts(is_open=False)

    async def talk() -> list[str]:
        settings: dict[str, Any] = {
            "tls": server_context(),
            "tls_level": TlsLevel.MAY,
            "needs_login": True,
        }
        async with dialogue(intake, authenticator=accounts, **settings) as (client, _):
            assert "AUTH LONG\n" in await client.full("EHLO x")
            replies = [await client.say(f"AUTH PLAIN {ANN}"), await client.say(MAIL)]
            await client.say("STARTTLS")
            await client.encrypt(client_context())
            assert "AUTH LONG PLAIN\n" in await client.full("EHLO x")
            replies.append(await client.say(f"AUTH PLAIN {ANN}"))
            await client.deliver()
            return replies

    assert ["538 5.7.11", "530 5.7.0", "235 2.7.0"] == asyncio.run(talk())
    assert "ann" == intake.messages[0].login
    assert b" with ESMTPSA id " in intake.octets[0]
    assert accounts.peers[0].is_tls
    assert "127.0.0.1" == accounts.peers[0].client_address


def test_too_many_attempts() -> None:
    """Log-ins beyond the rate end the session; failures count as errors."""
    rates = ClientRates(RateLimits(logins=2))

    async def talk() -> list[str]:
        settings: dict[str, Any] = {
            "authenticator": _Accounts(),
            "rates": rates,
        }
        async with dialogue(**settings, limits=ServerLimits(tarpit_seconds=0)) as (client, _):
            replies = [await client.say("AUTH PLAIN eHh4") for _ in range(3)]
            return [*replies, codes(await client.read())]

    assert ["535 5.7.8", "535 5.7.8", "421 4.7.0", "closed"] == asyncio.run(talk())


def test_client_goes_away() -> None:
    """An exchange that the client leaves is closed."""
    accounts = _Accounts()

    async def talk() -> None:
        async with dialogue(authenticator=accounts) as (client, server):
            await client.say("AUTH LONG")
            client.reset()
            await until(lambda: not server.connections)

    asyncio.run(talk())
    assert 1 == accounts.closed


def test_no_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """What stands behind AUTH is not logged, not even when it is refused."""
    caplog.set_level("DEBUG", "dsnlib.server")

    async def talk() -> None:
        async with dialogue(authenticator=_Accounts()) as (client, _):
            await client.say("AUTH PLAIN c2VjcmV0", "AUTH PLAIN", "c2VjcmV0")

    asyncio.run(talk())
    events = [str(each.__dict__.get("event")) for each in caplog.records]
    assert "refused: AUTH" in caplog.text
    assert "c2VjcmV0" not in caplog.text + " ".join(events)


def test_refusal_is_the_mechanisms() -> None:
    """What the authenticator refuses with is what the client hears."""

    class _Away(_Exchange):
        async def step(self, response: bytes | None) -> Step:  # noqa: ARG002  the protocol has it
            return Refused(LoginReply.TEMPORARY.reply)

    class _NoAccounts(_Accounts):
        def start(
            self,
            mechanism: str,
            *,
            peer: LoginPeer,  # noqa: ARG002  the protocol has it
        ) -> _Exchange:
            return _Away(self, mechanism)

    async def talk() -> str:
        async with dialogue(authenticator=_NoAccounts()) as (client, _):
            await client.say(MAIL, RCPT, "RSET")
            return await client.say("AUTH PLAIN")

    assert "454 4.7.0" == asyncio.run(talk())


def test_mechanisms_may_come_later() -> None:
    """What can be used is asked for at each EHLO: another server may have to say it."""

    class _Later(_Accounts):
        is_there = False

        def mechanisms(self, *, is_tls: bool) -> tuple[str, ...]:
            return super().mechanisms(is_tls=is_tls) if self.is_there else ()

    accounts = _Later()

    async def talk() -> list[bool]:
        async with dialogue(authenticator=accounts) as (client, _):
            before = "AUTH" in await client.full("EHLO x")
            accounts.is_there = True
            return [before, "AUTH LONG" in await client.full("EHLO x")]

    assert [False, True] == asyncio.run(talk())
