"""The client against servers by script: where it goes, and what becomes of whom."""

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import Coroutine
from email.message import EmailMessage
from typing import Any, TypeVar

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.sasl_policy import SaslPolicy
from dsnlib.adapters.client.sessions import HeldSession
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.client.trouble import Trouble, make_trouble
from dsnlib.adapters.content import Content
from dsnlib.adapters.smtp_client import SmtpClient, send
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from tests.adapters.agents.scripted_peer import CLOSE, EHLO, HANG, Peer
from tests.adapters.client.places import Places, nobody, place_of, serving

T = TypeVar("T")
MESSAGE = b"Subject: x\r\n\r\nHello.\r\n"
WITH_DSN = (*EHLO, "DSN")
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


def shown(results: tuple[SendResult, ...]) -> list[tuple[str, str]]:
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


# One message


def test_one_message() -> None:
    """What was asked of each arrives, and the result says all that is known."""
    peer = Peer(ehlo=WITH_DSN)
    mail = envelope(
        "bob@example.net NOTIFY=SUCCESS ORCPT=rfc822;Bob@example.net",
        "eve@example.net NOTIFY=NEVER",
        mail="RET=HDRS ENVID=QQ1",
    )

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer), SmtpClient.to(f"[127.0.0.1]:{peer.port}", hello="me") as client:
            return await client.send(mail, b"Subject: x\n\nHello.\n")

    bob, eve = run(test())
    assert [
        "EHLO me",
        "MAIL FROM:<ann@example.org> RET=HDRS ENVID=QQ1",
        "RCPT TO:<bob@example.net> NOTIFY=SUCCESS ORCPT=rfc822;Bob@example.net",
        "RCPT TO:<eve@example.net> NOTIFY=NEVER",
        "DATA",
        "QUIT",
    ] == peer.commands
    assert [MESSAGE + b".\r\n"] == peer.messages
    assert ("bob@example.net", "eve@example.net") == (bob.recipient, eve.recipient)
    assert ("end of data", 250, ("Taken",)) == (bob.command, bob.code, bob.lines)
    assert (True, True, "", False) == (bob.is_success, bob.has_dsn, bob.tls, bob.is_verified)
    assert f"127.0.0.1[127.0.0.1]:{peer.port}" == str(bob.place)
    assert bob.setup_seconds > 0 < bob.sending_seconds


def test_a_program_without_a_loop() -> None:
    """One call sends one message."""
    peer = Peer()

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer):
            return await asyncio.to_thread(
                send, envelope(), MESSAGE, relay=f"[127.0.0.1]:{peer.port}"
            )

    assert [("relayed", "2.0.0")] == shown(run(test()))


def test_each_recipient_has_its_reply() -> None:
    """Some are taken, some fail, some wait: the results are in the order of the envelope."""
    peer = Peer(
        {"RCPT TO:<no@": "550 5.1.1 No such user", "RCPT TO:<full@": "452 4.2.2 Mailbox full"}
    )
    results = send_to(
        peer, envelope=envelope("full@example.net", "bob@example.net", "no@example.net")
    )

    assert [("delayed", "4.2.2"), ("relayed", "2.0.0"), ("failed", "5.1.1")] == shown(results)
    assert ["RCPT", "end of data", "RCPT"] == [each.command for each in results]


def test_who_is_there_twice() -> None:
    """Each mention has a result."""
    results = send_to(Peer(), envelope=envelope("bob@example.net", "bob@example.net"))

    assert [("relayed", "2.0.0")] * 2 == shown(results)


def test_to_the_domains_of_recipients() -> None:
    """Without a next hop each domain is one, and the results keep their order."""
    peer = Peer()

    async def test() -> tuple[tuple[SendResult, ...], list[tuple[str, bool]]]:
        async with serving(peer):
            places = Places([place_of(peer)])
            async with SmtpClient(SETTINGS, router=places) as client:
                mail = envelope("a@one.example", "b@two.example", "c@ONE.example")
                return await client.send(mail, MESSAGE), places.asked

    results, next_hops = run(test())
    assert ["a@one.example", "b@two.example", "c@ONE.example"] == [
        each.recipient for each in results
    ]
    assert [("one.example", False), ("two.example", False)] == sorted(next_hops)
    assert 2 == len(peer.messages)


# What is wrong before anything is sent


@pytest.mark.parametrize(
    ("known", "match"),
    [
        ({"recipients": ()}, "no recipient"),
        ({"recipients": [Recipient("eve@example.net")]}, "not in the envelope"),
        ({"nexthop": "mx\r\nQUIT"}, "next hop"),
        ({"now": dt.datetime(2026, 11, 22)}, "now"),  # noqa: DTZ001  that is the point
    ],
)
def test_bad_input(known: dict[str, Any], match: str) -> None:
    """It is refused before a server hears of it."""

    async def test() -> None:
        async with SmtpClient(SETTINGS, router=Places(())) as client:
            with pytest.raises(InvalidValue, match=match):
                await client.send(envelope(), MESSAGE, **known)

    run(test())


def test_a_message_that_is_none() -> None:
    """Text has no octets, and no line ends that mail could have."""

    async def test() -> None:
        async with SmtpClient(SETTINGS, router=Places(())) as client:
            with pytest.raises(TypeError, match="not str"):
                await client.send(envelope(), "Subject: x")  # type: ignore[arg-type]  # the point

    run(test())


@pytest.mark.parametrize(
    ("relay", "tls", "match"),
    [("[mx\r\n]", None, "relay"), ("[127.0.0.1]", "always", "'always' is not of none, may")],
)
def test_a_client_that_cannot_be(relay: str, tls: str | None, match: str) -> None:
    """What is wrong with it is told when it is made."""
    with pytest.raises(InvalidValue, match=match):
        SmtpClient.to(relay, tls=tls)


# What users hand in


def test_line_ends() -> None:
    """Whatever ended lines before, CRLF does on the wire (RFC 5321 s2.3.8)."""
    peer = Peer()
    send_to(peer, content=b"A: b\n\nx\ry\r\nz\n")

    assert [b"A: b\r\n\r\nx\r\ny\r\nz\r\n.\r\n"] == peer.messages


def test_a_message_of_the_email_package() -> None:
    """It goes as it is, without Bcc, which stays in the user's own."""
    peer = Peer()
    message = EmailMessage()
    message["To"] = "bob@example.net"
    message["Bcc"] = "eve@example.net"
    message.set_content("Hello.\n")
    send_to(peer, content=message)

    (sent,) = peer.messages
    assert b"To: bob@example.net\r\n" in sent
    assert b"eve@" not in sent
    assert "eve@example.net" == message["Bcc"]


@pytest.mark.parametrize(
    ("address", "content", "ehlo", "expected"),
    [
        ("jürgen@example.net", b"A: b\n\nx\n", EHLO, ("failed", "5.6.7")),
        ("jürgen@example.net", b"A: b\n\nx\n", (*EHLO, "SMTPUTF8"), ("relayed", "2.0.0")),
        ("bob@example.net", "A: ü\n\nx\n".encode(), EHLO, ("failed", "5.6.9")),
        ("bob@example.net", "A: ü\n\nx\n".encode(), (*EHLO, "SMTPUTF8"), ("relayed", "2.0.0")),
        ("bob@example.net", "A: ü\n\nx\n".encode("latin-1"), EHLO, ("relayed", "2.0.0")),
        ("bob@example.net", "A: b\n\nü\n".encode(), EHLO, ("relayed", "2.0.0")),
        ("bob@example.net", "A: b\n\nü\n".encode(), EHLO[:2], ("failed", "5.6.3")),
    ],
)
def test_what_a_message_needs(
    address: str, content: bytes, ehlo: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """It is seen in its octets and addresses; nobody has to say SMTPUTF8 or 8BITMIME."""
    peer = Peer(ehlo=ehlo)

    assert [expected] == shown(send_to(peer, envelope=envelope(address), content=content))


def test_an_international_message_of_the_email_package() -> None:
    """An address beyond US-ASCII is in its header as it is."""
    peer = Peer(ehlo=(*EHLO, "SMTPUTF8"))
    message = EmailMessage()
    message["To"] = "jürgen@example.net"
    message.set_content("Hello.\n")
    send_to(peer, content=message)

    (sent,) = peer.messages
    assert "To: jürgen@example.net\r\n".encode() in sent
    assert asked(peer, "MAIL")[0].endswith(" SMTPUTF8")


def test_a_binary_message() -> None:
    """No octet of it changes."""
    peer = Peer(ehlo=(*EHLO, "CHUNKING", "BINARYMIME"))
    results = send_to(peer, envelope=envelope(body=Body.BINARY), content=b"A: b\r\n\r\n\n\0")

    assert "end of data" == results[0].command
    assert [b"A: b\r\n\r\n\n\0"] == peer.messages


# Places


@pytest.mark.parametrize(
    ("first", "expected", "commands"),
    [
        ({"greeting": "554 5.3.2 No mail here"}, ("relayed", "2.0.0"), "end of data"),
        ({"greeting": "421 4.3.2 Later"}, ("relayed", "2.0.0"), "end of data"),
        ({"greeting": CLOSE}, ("relayed", "2.0.0"), "end of data"),
        ({"EHLO": "421 4.3.2 Later"}, ("relayed", "2.0.0"), "end of data"),
        ({"EHLO": "550 5.7.1 No", "HELO": "550 5.7.1 No"}, ("failed", "5.7.1"), "HELO"),
        ({"EHLO": "250 mail.example.org"}, ("failed", "5.4.6"), "EHLO"),
        ({"MAIL": "451 4.7.1 Greylisted"}, ("relayed", "2.0.0"), "end of data"),
        ({"MAIL": "550 5.7.1 Not you"}, ("failed", "5.7.1"), "MAIL"),
        ({"MAIL": CLOSE}, ("relayed", "2.0.0"), "end of data"),
        ({"RCPT": "451 4.7.1 Greylisted"}, ("relayed", "2.0.0"), "end of data"),
        ({"RCPT": "550 5.1.1 Nobody"}, ("failed", "5.1.1"), "RCPT"),
        ({"DATA": "451 4.3.0 Later"}, ("relayed", "2.0.0"), "end of data"),
        ({"end": "451 4.3.0 Later"}, ("delayed", "4.3.0"), "end of data"),
        ({"end": CLOSE}, ("delayed", "4.4.2"), "end of data"),
        ({"end": "554 5.6.0 No"}, ("failed", "5.6.0"), "end of data"),
    ],
    ids=str,
)
def test_the_next_place(first: dict[str, str], expected: tuple[str, str], commands: str) -> None:
    """Who is put off before the end of the data goes on; what may have arrived does not."""
    one, two = Peer(first), Peer()
    results = send_to(one, two)

    assert [expected] == shown(results)
    assert [commands] == [each.command for each in results]
    assert (expected == ("relayed", "2.0.0")) == bool(two.messages)


def test_nobody_is_there_and_then_somebody() -> None:
    """A connection that is refused says nothing of the others."""
    peer = Peer()

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer):
            return await client_of(Places([nobody(), nobody(), nobody(), place_of(peer)]))

    assert [("relayed", "2.0.0")] == shown(run(test()))


@pytest.mark.parametrize(("most", "expected"), [(2, "delayed"), (3, "relayed"), (0, "relayed")])
def test_so_many_sessions(most: int, expected: str) -> None:
    """There are no more sessions in one attempt, however many places."""
    late = Peer({"MAIL": "451 4.7.1 Later"})
    results = send_to(
        late,
        Peer({"MAIL": "451 4.7.1 Later"}),
        Peer(),
        settings=ClientSettings(hello="mail.example.org", most_sessions=most),
    )

    assert [expected] == [disposition for disposition, _ in shown(results)]


def test_only_those_who_are_left_go_on() -> None:
    """Who was taken or refused for good is not asked for again."""
    first = Peer({"RCPT TO:<full@": "452 4.2.2 Full", "RCPT TO:<no@": "550 5.1.1 No"})
    second = Peer()
    results = send_to(
        first, second, envelope=envelope("bob@example.net", "full@example.net", "no@example.net")
    )

    assert [("relayed", "2.0.0"), ("relayed", "2.0.0"), ("failed", "5.1.1")] == shown(results)
    assert ["RCPT TO:<full@example.net>"] == asked(second, "RCPT")
    assert [first.port, second.port, first.port] == [
        each.place.port for each in results if each.place is not None
    ]


def test_a_server_that_cannot_be_asked() -> None:
    """One that has no SMTPUTF8 is no reason to fail where another has it."""
    results = send_to(
        Peer(),
        Peer(ehlo=(*EHLO, "SMTPUTF8")),
        envelope=envelope("jürgen@example.net"),
        content=MESSAGE,
    )

    assert [("relayed", "2.0.0")] == shown(results)


def test_a_refusal_that_another_might_not_give() -> None:
    """It does not stand where another server may only be away."""
    for first, second in [
        ({"greeting": "554 5.3.2 No"}, {"greeting": "421 4.3.2 Later"}),
        ({"greeting": "421 4.3.2 Later"}, {"greeting": "554 5.3.2 No"}),
    ]:
        assert [("delayed", "4.3.2")] == shown(send_to(Peer(first), Peer(second)))
    both = {"greeting": "554 5.3.2 No"}
    assert [("failed", "5.3.2")] == shown(send_to(Peer(both), Peer(both)))


NO_DOMAIN = ("5.1.2", "there is no such domain")
NO_ANSWER = ("4.4.3", "it cannot be looked up now")
NULL_MX = ("5.1.10", "it takes no mail")


@pytest.mark.parametrize(
    ("trouble", "fallback", "expected"),
    [
        (None, True, ("relayed", "2.0.0")),
        (NO_DOMAIN, True, ("relayed", "2.0.0")),
        (NO_ANSWER, True, ("relayed", "2.0.0")),
        (NULL_MX, True, ("failed", "5.1.10")),
        (NO_DOMAIN, False, ("failed", "5.1.2")),
        (NO_ANSWER, False, ("delayed", "4.4.3")),
        (NO_DOMAIN, NO_ANSWER, ("delayed", "4.4.3")),
    ],
    ids=str,
)
def test_fallback_relays(
    trouble: tuple[str, str] | None,
    fallback: bool | tuple[str, str],  # noqa: FBT001  a column
    expected: tuple[str, str],
) -> None:
    """They come after all others, where these cannot be found too; a null MX is an answer."""
    peer = Peer()

    def of(known: tuple[str, str]) -> Trouble:
        return make_trouble(*known, command="DNS")

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer):
            after = of(fallback) if isinstance(fallback, tuple) else [place_of(peer)] * fallback
            return await client_of(Places([nobody()] if trouble is None else of(trouble), after))

    results = run(test())
    assert [expected] == shown(results)
    assert ["end of data" if expected[0] == "relayed" else "DNS"] == [
        each.command for each in results
    ]


def test_whose_mistake_a_next_hop_is() -> None:
    """The router is told whether it is the recipient's own domain."""

    async def test() -> list[tuple[str, bool]]:
        places = Places(make_trouble("5.1.2", "there is no such domain", command="DNS"))
        async with SmtpClient(SETTINGS, router=places) as client:
            for nexthop in ("example.net", "[relay.example.org]:587"):
                await client.send(envelope(), MESSAGE, nexthop=nexthop)
        return places.asked

    assert [("example.net", False), ("[relay.example.org]:587", True)] == run(test())


# Too many recipients


class Few(Peer):
    """A server that takes few recipients in one transaction."""

    def __init__(self, most: int, refusal: str, **known: Any) -> None:  # noqa: ANN401  as Peer
        super().__init__(**known)
        self._most = most
        self._refusal = refusal
        self._taken = 0

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if line.startswith("MAIL"):
            self._taken = 0
        elif line.startswith("RCPT"):
            self._taken += 1
            if self._taken > self._most:
                return await self._say(writer, self._refusal)
        return await super()._answer(line, reader, writer)


@pytest.mark.parametrize(
    "refusal", ["452 4.5.3 Too many", "552 5.5.3 Too many", "452 Too many", "552 Too many"]
)
def test_more_than_a_server_takes_at_once(refusal: str) -> None:
    """The others go in further transactions of the session (RFC 5321 s4.5.3.1.10)."""
    peer = Few(3, refusal)
    addresses = [f"u{number}@example.net" for number in range(10)]
    results = send_to(peer, envelope=envelope(*addresses))

    assert [("relayed", "2.0.0")] * 10 == shown(results)
    assert addresses == [each.recipient for each in results]
    assert (4, 1) == (len(peer.messages), peer.sessions)
    # It is not asked twice for more than it took.
    assert 10 + 7 == len(asked(peer, "RCPT"))


def test_a_server_that_takes_nobody() -> None:
    """Nobody was too many then: they wait."""
    results = send_to(Few(0, "452 4.5.3 Too many"), envelope=envelope("a@b", "c@d"))

    assert [("delayed", "4.5.3")] * 2 == shown(results)


def test_a_full_mailbox_is_no_crowd() -> None:
    """452 with another status is said to this recipient."""
    peer = Few(1, "452 4.2.2 Mailbox full")
    results = send_to(peer, envelope=envelope("a@b", "c@d"))

    assert [("relayed", "2.0.0"), ("delayed", "4.2.2")] == shown(results)
    assert 1 == len(peer.messages)


def test_a_session_that_ends_between_transactions() -> None:
    """Those who were not asked for go on to the next place."""
    first, second = Peer(closes_after=1), Peer()
    few = ClientSettings(hello="mail.example.org", most_recipients=2)
    addresses = [f"u{number}@example.net" for number in range(5)]
    results = send_to(first, second, envelope=envelope(*addresses), settings=few)

    assert [("relayed", "2.0.0")] * 5 == shown(results)
    assert (1, 2) == (len(first.messages), len(second.messages))


def test_a_session_that_is_ended_between_transactions() -> None:
    """Without another place they hear what the server said last."""
    peer = Few(9, "", replies={"RCPT TO:<u1@": "421 4.3.2 Bye"})
    few = ClientSettings(hello="mail.example.org", most_recipients=1)
    addresses = [f"u{number}@example.net" for number in range(3)]
    results = send_to(peer, envelope=envelope(*addresses), settings=few)

    assert [("relayed", "2.0.0"), ("delayed", "4.3.2"), ("delayed", "4.3.2")] == shown(results)


def test_a_session_that_is_not_fit_for_more() -> None:
    """After a misunderstanding those who were not asked for go in a new one."""
    peer = Peer({"RCPT TO:<u0@": "500 5.5.1 What?"})
    few = ClientSettings(hello="mail.example.org", most_recipients=1)
    results = send_to(peer, envelope=envelope("u0@b", "u1@b", "u2@b"), settings=few)

    assert [("failed", "5.5.1"), ("relayed", "2.0.0"), ("relayed", "2.0.0")] == shown(results)
    assert 2 == peer.sessions


# The cache


def cached(**known: Any) -> ConnectionCache[HeldSession]:  # noqa: ANN401  of each its own type
    """Return a cache that keeps all."""
    return ConnectionCache(**{"destinations": None, **known})


async def twice(
    peer: Peer,
    client: SmtpClient,
    *,
    first: Envelope | None = None,
    second: Envelope | None = None,
    is_busy: bool = False,
    nexthops: tuple[str, str] = ("example.net", "example.net"),
) -> list[SendResult]:
    """Send two messages, and return a result of each."""
    found: list[SendResult] = []
    for mail, nexthop in ((first, nexthops[0]), (second, nexthops[1])):
        found += await client.send(mail or envelope(), MESSAGE, nexthop=nexthop, is_busy=is_busy)
    return found


def send_twice(peer: Peer, **known: Any) -> list[SendResult]:  # noqa: ANN401  of `twice` and of clients
    """Send two messages to a server."""
    of_twice = {
        name: known.pop(name)
        for name in ("first", "second", "is_busy", "nexthops")
        if name in known
    }

    async def test() -> list[SendResult]:
        async with serving(peer):
            settings = known.pop("settings", SETTINGS)
            router = Places([place_of(peer)])
            cache = known.pop("cache", None) or cached()
            async with cache, SmtpClient(settings, router=router, cache=cache, **known) as client:
                return await twice(peer, client, **of_twice)

    return run(test())


def test_a_session_is_used_again() -> None:
    """The second message finds it by the next hop, at once."""
    peer = Peer()
    first, second = send_twice(peer)

    assert (1, 2) == (peer.sessions, len(peer.messages))
    assert (1, 2) == (first.connection_uses, second.connection_uses)
    assert second.setup_seconds < first.setup_seconds
    assert 1 == len(asked(peer, "QUIT"))


def test_a_session_is_found_by_its_address() -> None:
    """Two domains with the same host share it."""
    peer = Peer()
    cache = cached()
    _, second = send_twice(peer, nexthops=("one.example", "two.example"), cache=cache)

    assert (1, 2) == (peer.sessions, second.connection_uses)
    counted = cache.statistics
    assert (0, 2) == (counted.destination_hits, counted.destination_misses)
    assert (1, 1) == (counted.place_hits, counted.place_misses)


@pytest.mark.parametrize(("is_busy", "sessions"), [(True, 1), (False, 2)])
def test_on_demand(is_busy: bool, sessions: int) -> None:  # noqa: FBT001  a column
    """Where no other mail waits for a destination, its session ends with the message."""
    peer = Peer()
    send_twice(peer, is_busy=is_busy, cache=cached(destinations=()))

    assert sessions == peer.sessions


@pytest.mark.parametrize("replies", [{}, {"greeting": "220-mx\r\n220 mx"}])
def test_a_session_that_died_meanwhile(replies: dict[str, str]) -> None:
    """Nobody hears of it: the message goes in a new one."""
    peer = Peer(replies, closes_after=1)
    results = send_twice(peer)

    assert [("relayed", "2.0.0")] * 2 == shown(tuple(results))
    assert 2 == peer.sessions
    assert 1 == results[1].connection_uses


class Weary(Peer):
    """A server that says 421 to the second MAIL of a session, as if it had been idle."""

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if line.startswith("MAIL") and len(self.messages) == 1 and self.sessions == 1:
            await self._say(writer, "421 4.4.2 Idle for too long")
            return False
        return await super()._answer(line, reader, writer)


@pytest.mark.parametrize("ehlo", [EHLO, EHLO[:1]], ids=["pipelining", "steps"])
def test_a_session_that_is_over(ehlo: tuple[str, ...]) -> None:
    """421 to the first command is what a server says that was left alone for too long."""
    peer = Weary(ehlo=ehlo)
    results = send_twice(peer)

    assert [("relayed", "2.0.0")] * 2 == shown(tuple(results))
    assert (2, 2) == (peer.sessions, len(peer.messages))


def test_a_lost_end_is_not_sent_again() -> None:
    """In a session that was used before too: the server may have the message."""

    class Silent(Peer):
        async def _answer(
            self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> bool:
            if len(self.messages) == 1:
                self.replies["end"] = CLOSE
            return await super()._answer(line, reader, writer)

    peer = Silent()
    results = send_twice(peer)

    assert [("relayed", "2.0.0"), ("delayed", "4.4.2")] == shown(tuple(results))
    assert (1, 2) == (peer.sessions, len(peer.messages))


def test_an_error_ends_a_session() -> None:
    """One in which the two did not understand each other is not used again."""
    peer = Peer({"RCPT": "500 5.5.1 What?"})
    send_twice(peer)

    assert 2 == peer.sessions


def test_a_refusal_does_not_end_a_session() -> None:
    """A recipient that is not there says nothing against it."""
    peer = Peer({"RCPT": "550 5.1.1 Nobody"})
    send_twice(peer)

    assert 1 == peer.sessions


class BySender:
    """A login for each sender, `None` for those not named."""

    is_by_sender = True

    def __init__(self, logins: dict[str, Login]) -> None:
        self._logins = logins

    async def find(
        self,
        *,
        sender: str,
        host: str,  # noqa: ARG002  the sender alone counts
        nexthop: str,  # noqa: ARG002  see above
        is_lmtp: bool,  # noqa: ARG002  see above
    ) -> Login | None:
        """Return the login of a sender."""
        if sender == "broken@example.org":
            message = "logins: no answer"
            raise LookupFailed(message, source="logins", key=sender)
        return self._logins.get(sender)


ANN = Login(user="ann", password="a")
BOB = Login(user="bob", password="b")


@pytest.mark.parametrize(
    ("logins", "sessions"),
    [
        ({"ann@example.org": ANN, "bob@example.org": BOB}, 2),
        ({"ann@example.org": ANN, "bob@example.org": ANN}, 1),
        ({"ann@example.org": ANN}, 2),
        ({}, 1),
    ],
)
def test_identities_are_not_mixed(logins: dict[str, Login], sessions: int) -> None:
    """A message goes in a session of its own login, or of nobody's if it has none."""
    peer = Peer({"AUTH": "235 2.7.0 Fine"}, ehlo=(*EHLO, "AUTH PLAIN"))
    results = send_twice(
        peer,
        first=envelope(sender="ann@example.org"),
        second=envelope(sender="bob@example.org"),
        logins=BySender(logins),
        settings=attrs.evolve(SETTINGS, sasl=SaslPolicy(options=())),
    )

    assert [("relayed", "2.0.0")] * 2 == shown(tuple(results))
    assert sessions == peer.sessions


def test_a_login_that_cannot_be_looked_up() -> None:
    """The mail waits, and nobody is called."""
    peer = Peer()
    results = send_to(peer, envelope=envelope(sender="broken@example.org"), logins=BySender({}))

    assert [("delayed", "4.3.0")] == shown(results)
    assert 0 == peer.sessions


def test_protocols_are_not_mixed() -> None:
    """A cache that clients share keeps LMTP and SMTP apart, and names too."""
    peer = Peer()

    async def test() -> int:
        async with serving(peer), cached() as cache:
            router = Places([place_of(peer)])
            for known in (
                ClientSettings(hello="one.example"),
                ClientSettings(hello="two.example"),
                ClientSettings(hello="one.example", is_lmtp=True),
                ClientSettings(hello="one.example"),
            ):
                async with SmtpClient(known, router=router, cache=cache) as client:
                    await client.send(envelope(), MESSAGE, nexthop="example.net")
        return peer.sessions

    assert 3 == run(test())


# Time


def test_an_attempt_has_an_end() -> None:
    """Whatever servers do, in time there is a result, and nobody else is called then."""
    hurried = ClientSettings(hello="mail.example.org", session_seconds=0.15)
    for replies in ({"RCPT": HANG}, {"greeting": HANG}, {"end": HANG}):
        first, second = Peer(replies), Peer()
        begun = time.monotonic()
        results = send_to(first, second, settings=hurried)

        assert [("delayed", "4.4.2")] == shown(results)
        assert time.monotonic() - begun < 5
        assert [] == second.messages


def test_a_step_has_an_end() -> None:
    """A server that does not greet leaves time for the next."""
    timeouts = Timeouts(greeting=0.1)
    results = send_to(
        Peer({"greeting": HANG}),
        Peer(),
        settings=ClientSettings(hello="mail.example.org", timeouts=timeouts),
    )

    assert [("relayed", "2.0.0")] == shown(results)


def test_what_is_cancelled_is_not_sent() -> None:
    """The session ends with the task that wanted it."""
    peer = Peer({"DATA": HANG})

    async def test() -> list[bytes]:
        async with serving(peer), SmtpClient(SETTINGS, router=Places([place_of(peer)])) as client:
            task = asyncio.ensure_future(client.send(envelope(), MESSAGE, nexthop="example.net"))
            await peer.hanging.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return peer.messages

    assert [] == run(test())


# The law

STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "RCPT TO:<u1@", "DATA", "end")
SAYINGS = (
    CLOSE, "250 2.0.0 Fine", "354 Go on", "421 4.3.2 Bye", "452 4.5.3 Too many", "451 4.7.1 Later",
    "500 5.5.1 What", "550 5.1.1 No", "garbage", "250 2.0.0 One\r\n250 2.0.0 Two",
    "250-\r\n", "",
)  # fmt: skip


class Ledger(Peer):
    """A server that knows whose mail it has taken: `sender recipient` as often as it has."""

    def __init__(self, *args: Any, **known: Any) -> None:  # noqa: ANN401  as Peer
        super().__init__(*args, **known)
        self.taken: Counter[str] = Counter()
        self._sender = ""
        self._open: list[str] = []

    def __repr__(self) -> str:
        return f"Ledger({self.replies!r}, ehlo={self.ehlo!r}, closes_after={self.closes_after!r})"

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        count = len(self.messages)
        found = [key for key in self.replies if line.startswith(key)]
        is_taken = not found or self.replies[max(found, key=len)].startswith("250 ")
        if line.startswith("MAIL"):
            self._sender, self._open = line if is_taken else "", []
        elif line.startswith("RCPT") and is_taken and self._sender:
            self._open.append(line)
        goes_on = await super()._answer(line, reader, writer)
        has_come = len(self.messages) > count and b"Hello" in self.messages[-1]
        if has_come and self.replies["end"].startswith("2"):
            self.taken.update(f"{self._sender} {each}" for each in self._open)
        return goes_on


@st.composite
def ledgers(draw: st.DrawFn) -> list[Ledger]:
    """Return some servers with scripts of their own."""
    scripts = draw(
        st.lists(
            st.tuples(
                st.dictionaries(st.sampled_from(STEPS), st.sampled_from(SAYINGS), max_size=3),
                st.sets(st.sampled_from(["PIPELINING", "8BITMIME", "CHUNKING", "DSN"])),
                st.sampled_from([None, 1, 2]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return [
        Ledger(replies, ehlo=("mx", *sorted(keywords)), closes_after=closes_after)
        for replies, keywords, closes_after in scripts
    ]


STEP_TIMES = ("greeting", "helo", "mail", "rcpt", "data_init", "data_done", "rset", "quit")


@settings(max_examples=60, deadline=None)
@given(
    peers=ledgers(),
    count=st.integers(1, 4),
    is_lmtp=st.booleans(),
    most=st.sampled_from([None, 1, 2]),
)
def test_one_result_each(
    peers: list[Ledger],
    count: int,
    is_lmtp: bool,  # noqa: FBT001  drawn
    most: int | None,
) -> None:
    """Whatever servers say: each recipient has one result, and no message is taken twice."""
    addresses = [f"u{number}@example.net" for number in range(count)]
    known = ClientSettings(
        hello="mail.example.org",
        is_lmtp=is_lmtp,
        most_recipients=most,
        timeouts=Timeouts(**dict.fromkeys(STEP_TIMES, 0.1)),
    )

    async def test() -> list[tuple[SendResult, ...]]:
        async with serving(*peers):
            router = Places([place_of(peer) for peer in peers])
            async with SmtpClient(known, router=router) as client:
                return [
                    await client.send(
                        envelope(*addresses, sender=f"m{number}@example.org"),
                        MESSAGE,
                        nexthop="example.net",
                    )
                    for number in range(2)
                ]

    for results in run(test()):
        assert addresses == [each.recipient for each in results]
    taken = sum((peer.taken for peer in peers), Counter[str]())
    assert set(taken.values()) <= {1}
