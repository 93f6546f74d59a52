"""Our client logs in at our server, and a real Dovecot checks it.

Each test starts one, as `tests/interop/peers` has unpacked it, and is skipped where
it was not fetched.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.peer_session import PeerSession
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.adapters.login.dovecot import DovecotAuthenticator
from dsnlib.adapters.server.listener import Listener, TlsLevel
from dsnlib.adapters.server.server import serving
from dsnlib.replies.discard import Discards
from tests.adapters.server.talk import KeepingIntake, server_context
from tests.interop.peers.dovecot import dovecot_running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interop.peers.dovecot import Dovecot

ACCOUNTS = {"ann@example.org": "secret", "bob_1": "p,=w%"}


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """Return a Dovecot with a few accounts."""
    with dovecot_running(ACCOUNTS) as found:
        yield found


def log_in(dovecot: Dovecot, login: Login, *, level: ClientTlsLevel, names: tuple[str, ...]) -> str:
    """Return the AUTH command of our client, as its transcript has it."""
    said: list[str] = []

    async def session() -> None:
        authenticator = DovecotAuthenticator(str(dovecot.socket))
        await authenticator.open()
        listener = Listener(
            hostname="mx.example.org",
            intake=KeepingIntake(),
            tls=server_context(),
            tls_level=TlsLevel.MAY,
            authenticator=authenticator,
        )
        async with serving(listener) as server:
            held = await PeerSession.open(
                ServerPlace(host="localhost", address="127.0.0.1", port=server.port),
                ClientSettings(hello="client.example", sasl=SaslPolicy(mechanisms=names)),
                policy=TlsPolicy(level=level),
                login=login,
                discards=Discards(),
                observe=lambda _, line: said.append(line),
            )
            await held.quit()
        await authenticator.close()

    asyncio.run(session())
    (found,) = [line for line in said if line.startswith("AUTH ")]
    return found


@pytest.mark.parametrize("user", list(ACCOUNTS))
@pytest.mark.parametrize("name", ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"])
def test_mechanisms(dovecot: Dovecot, name: str, user: str) -> None:
    """Each that both have."""
    login = Login(user=user, password=ACCOUNTS[user])
    found = log_in(dovecot, login, level=ClientTlsLevel.ENCRYPT, names=(name,))

    assert name == found.split()[1]


@pytest.mark.parametrize("level", [ClientTlsLevel.NONE, ClientTlsLevel.ENCRYPT])
def test_the_strongest_is_chosen(dovecot: Dovecot, level: ClientTlsLevel) -> None:
    """Without TLS too: nobody sees the password."""
    login = Login(user="ann@example.org", password="secret")

    assert "AUTH SCRAM-SHA-256 (hidden)" == log_in(dovecot, login, level=level, names=())


def test_a_wrong_password(dovecot: Dovecot) -> None:
    """Mail waits for a better one.  The last test: Dovecot makes whoever has failed wait."""
    login = Login(user="ann@example.org", password="guess")
    with pytest.raises(Trouble, match=r"refuses the log-in: 535 5\.7\.8") as caught:
        log_in(dovecot, login, level=ClientTlsLevel.NONE, names=())

    assert caught.value.is_temporary
