"""Messages sent to servers by script, and how what came of them is looked at."""

import asyncio
import datetime as dt
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.content import Content
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from tests.adapters.agents.scripted_peer import Peer
from tests.adapters.client.places import Places, place_of, serving

T = TypeVar("T")
MESSAGE = b"Subject: x\r\n\r\nHello.\r\n"
SETTINGS = ClientSettings(hello="mail.example.org")
NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)


def run(test: Coroutine[object, object, T]) -> T:
    """Run what a test awaits."""
    return asyncio.run(test)


def envelope(*recipients: str, mail: str = "", **known: Any) -> Envelope:  # noqa: ANN401  fields
    """Return an envelope; a recipient may have its parameters behind a space."""
    rcpts = []
    for each in recipients or ("bob@example.net",):
        address, _, options = each.partition(" ")
        rcpts.append(Recipient(address, parse_rcpt_parameters(options)))
    return Envelope(
        sender=known.pop("sender", "ann@example.org"),
        mail=parse_mail_parameters(mail),
        recipients=rcpts,
        **known,
    )


def shown(results: Iterable[SendResult]) -> list[tuple[str, str]]:
    """Return the disposition and the status of each."""
    return [(each.outcome.disposition.value, str(each.status)) for each in results]


def asked(peer: Peer, verb: str) -> list[str]:
    """Return the commands that begin so."""
    return [each for each in peer.commands if each.startswith(verb)]


async def client_of(places: Places, **known: Any) -> tuple[SendResult, ...]:  # noqa: ANN401  of each its own type
    """Send to recipients of one domain, whose places are known."""
    mail = known.pop("envelope", None) or envelope()
    content = known.pop("content", Content(body=MESSAGE))
    known.setdefault("settings", SETTINGS)
    async with SmtpClient(router=places, **known) as client:
        return await client.send(mail, content, nexthop="example.net", now=NOW)


def send_to(*peers: Peer, **known: Any) -> tuple[SendResult, ...]:  # noqa: ANN401  see above
    """Send to recipients whose servers are those, in that order."""

    async def test() -> tuple[SendResult, ...]:
        async with serving(*peers):
            return await client_of(Places([place_of(peer) for peer in peers]), **known)

    return run(test())
