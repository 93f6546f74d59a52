"""One attempt: to which servers a message goes, and who of its recipients goes on."""

import asyncio
import time
from typing import Any

import attrs
import pytest

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.client.trouble import Trouble, make_trouble
from dsnlib.adapters.smtp_client import SmtpClient
from tests.adapters.agents.scripted_peer import CLOSE, EHLO, HANG, Peer
from tests.adapters.client.places import Places, nobody, place_of, serving
from tests.adapters.client.sending import (
    MESSAGE,
    SETTINGS,
    asked,
    client_of,
    envelope,
    run,
    send_to,
    shown,
)


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


class Slow(Places):
    """Next hops that take their time to be found."""

    def __init__(self, *, is_found: bool) -> None:
        super().__init__(make_trouble("4.4.3", "it cannot be looked up now", command="DNS"))
        self._is_found = is_found

    async def places(self, nexthop: str, *, is_configured: bool = False) -> tuple[ServerPlace, ...]:
        """Return the places, late."""
        if not self._is_found:
            await asyncio.sleep(60)
        return await super().places(nexthop, is_configured=is_configured)

    async def fallback_places(self, nexthop: str) -> tuple[ServerPlace, ...]:  # noqa: ARG002  of all
        """Return the places that come after them, late."""
        await asyncio.sleep(60)
        return ()


@pytest.mark.parametrize(("is_found", "status"), [(False, "4.4.2"), (True, "4.4.3")])
def test_a_look_up_has_an_end(is_found: bool, status: str) -> None:  # noqa: FBT001  a column
    """As all that is done in an attempt."""
    hurried = attrs.evolve(SETTINGS, session_seconds=0.05)

    assert [("delayed", status)] == shown(run(client_of(Slow(is_found=is_found), settings=hurried)))


def test_no_time_for_another_place() -> None:
    """After the time of an attempt no server is called."""
    hurried = attrs.evolve(SETTINGS, session_seconds=0.1, timeouts=Timeouts(mail=0.1))
    first, second = Peer({"MAIL": HANG}), Peer()

    assert [("delayed", "4.4.2")] == shown(send_to(first, second, settings=hurried))
    assert 0 == second.sessions


def test_a_place_is_asked_once() -> None:
    """One that is there twice, or among the fallback relays too, is no other place."""
    peer = Peer({"RCPT": "451 4.7.1 Greylisted"})

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer):
            return await client_of(Places([place_of(peer)] * 2, [place_of(peer, "relay")]))

    assert [("delayed", "4.7.1")] == shown(run(test()))
    assert 1 == peer.sessions


def test_an_open_session_counts_as_its_place() -> None:
    """Who was put off in it goes on to the others."""
    first, second = Peer(), Peer()

    async def test() -> tuple[SendResult, ...]:
        async with serving(first, second):
            places = Places([place_of(first), place_of(second)])
            async with SmtpClient(SETTINGS, router=places) as client:
                await client.send(envelope(), MESSAGE, nexthop="example.net")
                first.replies["RCPT"] = "451 4.7.1 Greylisted"
                return await client.send(envelope(), MESSAGE, nexthop="example.net")

    assert [("relayed", "2.0.0")] == shown(run(test()))
    assert (2, 1) == (len(asked(first, "RCPT")), len(asked(second, "RCPT")))
