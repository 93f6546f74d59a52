"""Where a server is, and as whom it is spoken to."""

from __future__ import annotations

import attrs

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.errors import LookupFailed
from tests.adapters.agents.scripted_peer import EHLO, Peer
from tests.adapters.client.places import Places, nobody, place_of, serving
from tests.adapters.client.sending import MESSAGE, SETTINGS, asked, envelope, run, shown

NEXTHOP, RELAY = "[mail.example.net]:587", "[relay.example]:26"


class Terms:
    """The login and the TLS of one next hop."""

    is_by_sender = False

    async def find(
        self,
        nexthop: str,
        host: str = "",
        *,
        sender: str | None = None,
        is_lmtp: bool = False,
    ) -> Login | TlsPolicy | None:
        """Return what is for the next hop alone."""
        del host, is_lmtp
        if sender is None:
            return TlsPolicy(level=ClientTlsLevel.NONE)
        return Login(user="ann", password="sesame") if nexthop == NEXTHOP else None


def test_a_fallback_relay_gets_no_password_of_another() -> None:
    """The login at a next hop is for its own servers, and its TLS is asked of them alone."""
    peer = Peer(ehlo=(*EHLO, "AUTH CRAM-MD5"))
    terms = Terms()

    async def test() -> list[tuple[str, str]]:
        async with serving(peer):
            fallback = [attrs.evolve(place_of(peer, "relay.example"), relay=RELAY)]
            client = SmtpClient(
                SETTINGS,
                router=Places([nobody()], fallback),
                tls=terms,  # type: ignore[arg-type]  # it stands for both
                logins=terms,  # type: ignore[arg-type]  # it stands for both
            )
            async with client:
                return shown(await client.send(envelope(), MESSAGE, nexthop=NEXTHOP))

    assert [("relayed", "2.0.0")] == run(test())
    assert [] == asked(peer, "AUTH")


def test_a_session_with_a_fallback_relay_is_none_with_the_next_hop() -> None:
    """Mail goes to the next hop's own server again as soon as that is back."""
    own, relay = Peer(), Peer()

    async def test() -> list[str]:
        async with serving(own, relay):
            place = attrs.evolve(place_of(relay, "relay.example"), relay=RELAY)
            servers = Places([nobody()], [place])
            async with SmtpClient(SETTINGS, router=servers) as client:
                found = await client.send(envelope(), MESSAGE, nexthop=NEXTHOP)
                servers.found = [place_of(own, "mail.example.net")]
                found += await client.send(envelope(), MESSAGE, nexthop=NEXTHOP)
                return ["" if each.place is None else each.place.host for each in found]

    assert ["relay.example", "mail.example.net"] == run(test())


def test_a_table_that_cannot_be_read_is_not_told_to_strangers() -> None:
    """What goes into a report has no path of ours in it."""

    class Broken:
        async def find(self, nexthop: str, host: str = "") -> TlsPolicy:
            raise LookupFailed(
                "/etc/dsnlib/policy: no such file", source="policy", key=host + nexthop
            )

    peer = Peer()

    async def test() -> tuple[str, str]:
        async with serving(peer):
            client = SmtpClient(SETTINGS, router=Places([place_of(peer)]), tls=Broken())
            async with client:
                (result,) = await client.send(envelope(), MESSAGE, nexthop=NEXTHOP)
                return str(result.status), str(result.outcome.diagnostic)

    assert ("4.3.0", "X-DSN; how to speak to the server cannot be looked up now") == run(test())
