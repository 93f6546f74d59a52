"""Each level of TLS with servers that have it, that have it not, and that are others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import trustme

from dsnlib.adapters.client.peer_session import PeerSession
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.adapters.server.listener import Listener, TlsLevel
from dsnlib.adapters.server.server import serving
from dsnlib.replies.discard import Discards
from tests.adapters.client.certified import ca_file, showing
from tests.adapters.server.talk import KeepingIntake

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

HOST, DOMAIN = "mx1.example.net", "example.org"
# What a server shows.
SERVERS: dict[str, ssl.SSLContext | None] = {
    "no TLS": None,
    "its host": showing(HOST),
    "its domain": showing(f"mx.{DOMAIN}"),
    "another": showing("evil.example"),
    "a stranger": showing(HOST, issuer=trustme.CA()),
}
# level and server -> whether there is TLS and the server is known, or the status
OUTCOMES: dict[tuple[str, str], tuple[bool, bool] | str] = {
    ("none", "its host"): (False, False),
    ("may", "no TLS"): (False, False),
    ("may", "its host"): (True, False),
    ("may", "a stranger"): (True, False),
    ("encrypt", "no TLS"): "4.7.4",
    ("encrypt", "another"): (True, False),
    ("encrypt", "a stranger"): (True, False),
    ("verify", "no TLS"): "4.7.4",
    ("verify", "its host"): (True, True),
    ("verify", "its domain"): "4.7.5",
    ("verify", "another"): "4.7.5",
    ("verify", "a stranger"): "4.7.5",
    ("secure", "its host"): "4.7.5",
    ("secure", "its domain"): (True, True),
    ("secure", "another"): "4.7.5",
    ("secure", "a stranger"): "4.7.5",
}


def outcome(server: ssl.SSLContext | None, policy: TlsPolicy) -> tuple[bool, bool] | str:
    """Return whether a session has TLS and its server is known; why there is none."""

    async def session() -> tuple[bool, bool]:
        listener = Listener(
            hostname="mx.example.org",
            intake=KeepingIntake(),
            tls=server,
            tls_level=TlsLevel.NONE if server is None else TlsLevel.MAY,
            is_tls_implicit=policy.is_implicit,
        )
        async with serving(listener) as served:
            held = await PeerSession.open(
                ServerPlace(host=HOST, address="127.0.0.1", port=served.port, domain=DOMAIN),
                ClientSettings(hello="client.example"),
                policy=policy,
                login=None,
                discards=Discards(),
            )
            found = bool(held.tls), held.is_verified
            await held.quit()
            return found

    try:
        return asyncio.run(session())
    except Trouble as trouble:
        return str(trouble.replies.lost_status)


def policy_of(level: str, folder: Path, *, is_implicit: bool = False) -> TlsPolicy:
    """Return the policy of a level, with the names that it has by default."""
    names = ("nexthop", "dot-nexthop") if level == "secure" else ("hostname",)
    return TlsPolicy(
        level=ClientTlsLevel(level),
        names=names,
        ca_file=ca_file(folder),
        is_implicit=is_implicit,
    )


@pytest.mark.parametrize(("level", "server"), list(OUTCOMES))
def test_starttls(tmp_path: Path, level: str, server: str) -> None:
    """What is required is there, or nothing is sent."""
    found = outcome(SERVERS[server], policy_of(level, tmp_path))

    assert OUTCOMES[level, server] == found


@pytest.mark.parametrize(
    ("level", "server"),
    [
        (level, server)
        for level, server in OUTCOMES
        if level in {"encrypt", "verify", "secure"} and server != "no TLS"
    ],
)
def test_implicit(tmp_path: Path, level: str, server: str) -> None:
    """The same where TLS begins with the connection."""
    found = outcome(SERVERS[server], policy_of(level, tmp_path, is_implicit=True))

    assert OUTCOMES[level, server] == found
