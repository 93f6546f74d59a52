"""The client as users have it: what is asked for, what comes back, what is refused at once."""

import asyncio
import datetime as dt
import gc
from typing import Any

import pytest

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.sink import Sink
from dsnlib.adapters.smtp_client import SmtpClient, send
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Recipient
from tests.adapters.agents.scripted_peer import EHLO, HANG, Peer
from tests.adapters.client.places import Places, nobody, place_of, serving
from tests.adapters.client.sending import MESSAGE, SETTINGS, asked, envelope, run, send_to, shown

WITH_DSN = (*EHLO, "DSN")


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


def test_a_program_without_a_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The domain of the recipient is the next hop then."""
    peer = Peer()
    places = Places(())

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer):
            places.found = (place_of(peer),)
            return await asyncio.to_thread(send, envelope(), MESSAGE)

    monkeypatch.setattr("dsnlib.adapters.smtp_client.MxRouter", lambda _: places)
    assert [("relayed", "2.0.0")] == shown(run(test()))
    assert [("example.net", False)] == places.asked


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
    [
        ("[mx\r\n]", None, "next hop"),
        ("a b", None, "next hop"),
        ("[127.0.0.1]", "always", "'always' is not of none, may"),
    ],
)
def test_a_client_that_cannot_be(relay: str, tls: str | None, match: str) -> None:
    """What is wrong with it is told when it is made."""
    with pytest.raises(InvalidValue, match=match):
        SmtpClient.to(relay, tls=tls)


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


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, ("delayed", "4.7.4")),
        ({"tls": "may"}, ("delayed", "4.7.11")),
        ({"tls": TlsPolicy(level=ClientTlsLevel.NONE)}, ("delayed", "4.7.11")),
        ({"login": None}, ("relayed", "2.0.0")),
    ],
)
def test_who_has_a_login_is_careful(known: dict[str, Any], expected: tuple[str, str]) -> None:
    """A password is for a server with the right certificate, if nothing else is said."""
    peer = Peer(ehlo=(*EHLO, "AUTH PLAIN"))
    known = {"login": Login(user="ann", password="secret"), **known}

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer), SmtpClient.to(f"[127.0.0.1]:{peer.port}", **known) as client:
            return await client.send(envelope(), MESSAGE)

    assert [expected] == shown(run(test()))
    assert not [each for each in peer.commands if each.startswith("AUTH")]


def test_some_of_the_recipients() -> None:
    """Those that are named get the message, and have results."""
    peer = Peer()
    mail = envelope("ann@example.net", "bob@example.net", "eve@example.net")

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer), SmtpClient.to(f"[127.0.0.1]:{peer.port}") as client:
            return await client.send(mail, MESSAGE, recipients=mail.recipients[1:])

    results = run(test())
    assert ["bob@example.net", "eve@example.net"] == [each.recipient for each in results]
    assert 2 == sum(each.startswith("RCPT") for each in peer.commands)


def test_what_is_said() -> None:
    """Whoever wants to can listen."""
    peer = Peer(ehlo=EHLO[:1])
    heard: list[tuple[str, str]] = []

    async def test() -> None:
        async with (
            serving(peer),
            SmtpClient.to(
                f"[127.0.0.1]:{peer.port}",
                hello="me",
                observe=lambda who, line: heard.append((who, line)),
            ) as client,
        ):
            await client.send(envelope(), MESSAGE)

    run(test())
    assert [("S", "220 mx.example.net"), ("C", "EHLO me")] == heard[:2]
    assert ("C", "RCPT TO:<bob@example.net>") in heard


def test_a_program_with_a_loop() -> None:
    """It is told what it wants instead."""

    async def test() -> None:
        with pytest.raises(RuntimeError, match=r"await SmtpClient\.send"):
            send(envelope(), MESSAGE, relay="[127.0.0.1]")

    run(test())


def test_a_login_for_nobody() -> None:
    """The domains of recipients belong to strangers, who are not to be shown a password."""
    login = Login(user="ann", password="secret")

    with pytest.raises(InvalidValue, match="a login is for a relay"):
        SmtpClient.to(None, login=login)
    with pytest.raises(InvalidValue, match="a login is for a relay"):
        send(envelope(), MESSAGE, login=login)


def test_a_login_for_one() -> None:
    """Another next hop than the relay is not told who we are."""
    relay, other = [Peer({"AUTH": "235 2.7.0 Fine"}, ehlo=(*EHLO, "AUTH CRAM-MD5")) for _ in "ab"]

    async def test() -> None:
        async with (
            serving(relay, other),
            SmtpClient.to(
                f"[127.0.0.1]:{relay.port}", login=Login(user="a", password="b"), tls="may"
            ) as client,
        ):
            await client.send(envelope(), MESSAGE, nexthop=f"[127.0.0.1]:{other.port}")
            await client.send(envelope(), MESSAGE)

    run(test())
    assert [] == asked(other, "AUTH")
    assert 1 == len(asked(relay, "AUTH"))


@pytest.mark.parametrize("relay", ["", " "])
def test_a_relay_that_is_none(relay: str) -> None:
    """No relay is `None`, and not what an empty setting happens to be."""
    with pytest.raises(InvalidValue, match="empty"):
        SmtpClient.to(relay)


@pytest.mark.parametrize("hello", ["", "a b", "a\r\nQUIT"])
def test_a_name_that_is_none(hello: str) -> None:
    """It is refused before a server hears of it."""
    with pytest.raises(InvalidValue, match="EHLO"):
        SmtpClient.to("[127.0.0.1]", hello=hello)


def test_the_server_next_door() -> None:
    """A program that takes no mail may send by a server that has the name of its host."""
    peer = Peer(ehlo=("ME.example.org", *EHLO[1:]))

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer):
            relay = f"[127.0.0.1]:{peer.port}"
            async with SmtpClient.to(relay, hello="me.example.org") as client:
                return await client.send(envelope(), MESSAGE)

    assert [("relayed", "2.0.0")] == shown(run(test()))


def test_secure_is_for_the_name_that_was_written() -> None:
    """A server whose name came from the DNS is another one, if its certificate has only that."""
    assert ("nexthop", "dot-nexthop") == TlsPolicy(level=ClientTlsLevel.SECURE).names
    assert ("hostname",) == TlsPolicy(level=ClientTlsLevel.VERIFY).names


def test_what_a_router_of_the_users_raises() -> None:
    """It comes as it came, for domains that are sent to together too."""

    class Broken(Places):
        async def places(
            self, nexthop: str, *, is_configured: bool = False
        ) -> tuple[ServerPlace, ...]:
            if nexthop == "two.example":
                raise KeyError(nexthop)
            return await super().places(nexthop, is_configured=is_configured)

    async def test() -> None:
        async with SmtpClient(SETTINGS, router=Broken([nobody()])) as client:
            with pytest.raises(KeyError, match="two"):
                await client.send(envelope("a@one.example", "b@two.example"), MESSAGE)

    run(test())


def test_closed_while_it_sends() -> None:
    """What is under way goes on to its result; its session ends then, and is not kept."""

    class Patient(Peer):
        def __init__(self) -> None:
            super().__init__()
            self.may_go_on = asyncio.Event()

        async def _end(self, message: bytes, writer: asyncio.StreamWriter) -> bool:
            self.hanging.set()
            await self.may_go_on.wait()
            return await super()._end(message, writer)

    async def test() -> tuple[SendResult, ...]:
        peer = Patient()
        async with serving(peer):
            async with SmtpClient.to(f"[127.0.0.1]:{peer.port}") as client:
                task = asyncio.ensure_future(client.send(envelope(), MESSAGE))
                await peer.hanging.wait()
            peer.may_go_on.set()
            results = await task
            later = await client.send(envelope(), MESSAGE)
            return (*results, *later)

    assert [("relayed", "2.0.0")] * 2 == shown(run(test()))


# The first loop ends before its connection does: that is the program's mistake here.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_one_client_in_two_loops() -> None:
    """A program that calls `asyncio.run` for each message has a new connection each time."""
    messages = []
    with Sink() as sink:
        client = SmtpClient.to(f"[{sink.host}]:{sink.port}")
        for _ in range(2):
            (result,) = asyncio.run(client.send(envelope(), MESSAGE))
            messages.append((result.is_success, result.connection_uses))
        asyncio.run(client.close())
    # What the loops left behind is found now, and not in the middle of another test.
    gc.collect()

    assert [(True, 1), (True, 1)] == messages
