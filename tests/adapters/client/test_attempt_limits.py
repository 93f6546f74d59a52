"""One attempt where servers, addresses and files are not as they should be."""

import asyncio
import time
from pathlib import Path
from typing import Any

import attrs
import pytest

from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.content import Content
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.model.envelope import Body
from tests.adapters.agents.scripted_peer import EHLO, Peer
from tests.adapters.client.places import Places, place_of, serving
from tests.adapters.client.sending import (
    MESSAGE,
    NOW,
    SETTINGS,
    asked,
    client_of,
    envelope,
    run,
    send_to,
    shown,
)

TOO_MANY = "452 4.5.3 Too many"


class SomeAtATime(Peer):
    """A server that takes so many recipients in a transaction, and its time for it."""

    def __init__(self, seconds: float = 0.0, *, most: int = 1, **known: Any) -> None:  # noqa: ANN401  as Peer
        super().__init__(**known)
        self._seconds = seconds
        self._most = most
        self._taken = 0
        self.file: Path | None = None

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if line.startswith("MAIL"):
            self._taken = 0
            await asyncio.sleep(self._seconds)
        elif line.startswith("RCPT"):
            if self._taken == self._most:
                return await self._say(writer, TOO_MANY)
            self._taken += 1
        return await super()._answer(line, reader, writer)

    async def _end(self, message: bytes, writer: asyncio.StreamWriter) -> bool:
        if self.file is not None:
            self.file.unlink(missing_ok=True)
        return await super()._end(message, writer)


@pytest.mark.parametrize(
    "address", ["bob@unix:{}", "bob@[127.0.0.1]:{}", "bob@127.0.0.1:{}", "bob@inet:127.0.0.1:{}"]
)
def test_an_address_chooses_no_port(address: str) -> None:
    """What a stranger writes behind the @ is a domain, or nobody is called for it."""
    peer = Peer()

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer), SmtpClient(SETTINGS) as client:
            return await client.send(envelope(address.format(peer.port)), MESSAGE)

    results = run(test())
    assert [("failed", "5.1.2")] == shown(results)
    assert 0 == peer.sessions


def test_many_who_go_one_by_one() -> None:
    """However many there are: each has a transaction and a result, in one session."""
    peer = SomeAtATime()
    addresses = [f"u{number}@example.net" for number in range(1000)]
    results = send_to(peer, envelope=envelope(*addresses))

    assert [("relayed", "2.0.0")] * 1000 == shown(results)
    assert (1000, 1) == (len(peer.messages), peer.sessions)
    assert 1000 + 999 == len(asked(peer, "RCPT"))


def test_those_who_are_too_many_take_linear_time() -> None:
    """A server decides how many are left over; twice as many take less than three times as long."""

    def seconds(count: int) -> float:
        mail = envelope(*[f"u{number}@example.net" for number in range(count)])
        begun = time.process_time()
        assert count == len(send_to(SomeAtATime(most=500), envelope=mail))
        return time.process_time() - begun

    few, many = (min(seconds(count) for _ in range(2)) for count in (4000, 8000))
    assert many < 3 * few


def test_many_transactions_have_an_end() -> None:
    """After the time of an attempt no transaction is begun; who was not asked for waits."""
    peer = SomeAtATime(0.06)
    hurried = attrs.evolve(SETTINGS, session_seconds=0.15)
    results = send_to(
        peer, envelope=envelope(*[f"u{number}@b" for number in range(50)]), settings=hurried
    )

    taken = shown(results).count(("relayed", "2.0.0"))
    assert 0 < taken < 10
    assert [("delayed", "4.4.2")] * (50 - taken) == shown(results)[taken:]


def test_a_file_that_vanishes_between_transactions(tmp_path: Path) -> None:
    """Who was not asked for yet hears what has happened."""
    peer = SomeAtATime(ehlo=(*EHLO, "SMTPUTF8"))
    peer.file = tmp_path / "letter"
    peer.file.write_bytes(MESSAGE)
    content = Content(path=peer.file, octets=len(MESSAGE))
    results = send_to(peer, envelope=envelope("a@b", "c@d", "e@f", smtputf8=True), content=content)

    assert [("relayed", "2.0.0"), ("delayed", "4.3.0"), ("delayed", "4.3.0")] == shown(results)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_file_of_another_length(tmp_path: Path, change: int) -> None:
    """What is not as long as it was is no message: it is not ended, and goes nowhere else."""
    file = tmp_path / "letter"
    file.write_bytes(MESSAGE * 5000)
    content = Content(path=file, octets=len(MESSAGE) * 5000 + change)
    for ehlo in (EHLO, EHLO[:1], (*EHLO, "CHUNKING")):
        first, second = Peer(ehlo=ehlo), Peer(ehlo=ehlo)
        results = send_to(first, second, content=content)

        assert [("delayed", "4.3.0")] == shown(results)
        assert [] == first.messages + second.messages


def test_a_binary_message_without_chunks() -> None:
    """Where CHUNKING is not used it cannot be sent, whatever the server announces."""
    peer = Peer(ehlo=(*EHLO, "CHUNKING", "BINARYMIME"))
    quiet = attrs.evolve(SETTINGS, may_chunk=False)
    binary = envelope(body=Body.BINARY)

    assert [("failed", "5.6.3")] == shown(send_to(peer, envelope=binary, settings=quiet))
    assert [("relayed", "2.0.0")] == shown(send_to(peer, envelope=binary))


def test_uses_are_messages() -> None:
    """`conn_use=` counts messages; one that takes several transactions is one."""
    peer = SomeAtATime()

    async def test() -> list[SendResult]:
        async with serving(peer), SmtpClient(SETTINGS, router=Places([place_of(peer)])) as client:
            found: list[SendResult] = []
            for _ in range(2):
                found += await client.send(
                    envelope("a@example.net", "b@example.net"), MESSAGE, nexthop="example.net"
                )
            return found

    assert [1, 1, 2, 2] == [each.connection_uses for each in run(test())]
    assert (4, 1) == (len(peer.messages), peer.sessions)


class Weary(Peer):
    """A server that says 421 to the second MAIL of its first session."""

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if line.startswith("MAIL") and self.messages and self.sessions == 1:
            await self._say(writer, "421 4.4.2 Idle for too long")
            return False
        return await super()._answer(line, reader, writer)


def test_a_farewell_before_the_message_was_heard() -> None:
    """421 to MAIL has taken nothing, even if the message went out behind it."""
    peer = Weary(ehlo=(*EHLO, "CHUNKING"))

    async def test() -> list[SendResult]:
        async with serving(peer), SmtpClient(SETTINGS, router=Places([place_of(peer)])) as client:
            return [
                *await client.send(envelope(), MESSAGE, nexthop="example.net"),
                *await client.send(envelope(), MESSAGE, nexthop="example.net"),
            ]

    assert [("relayed", "2.0.0")] * 2 == shown(run(test()))
    assert (2, 2) == (len(peer.messages), peer.sessions)


@pytest.mark.parametrize("poison", ["250 2.0.0 Taken", "421 4.3.2 Bye", "what", "x" * 100_000])
def test_a_session_that_spoke_while_it_waited(poison: str) -> None:
    """Whatever it said: it is not used again, and what it said is nobody's reply."""

    class Talkative(Peer):
        async def _end(self, message: bytes, writer: asyncio.StreamWriter) -> bool:
            goes_on = await super()._end(message, writer)
            asyncio.get_running_loop().call_later(0.01, self._speak, writer)
            return goes_on

        def _speak(self, writer: asyncio.StreamWriter) -> None:
            writer.write(poison.encode() + b"\r\n")
            has_spoken.set()

    has_spoken = asyncio.Event()
    peer = Talkative()

    async def test() -> list[SendResult]:
        async with serving(peer), SmtpClient(SETTINGS, router=Places([place_of(peer)])) as client:
            found = [*await client.send(envelope(), MESSAGE, nexthop="example.net")]
            await has_spoken.wait()
            await asyncio.sleep(0.01)  # so that it is heard
            return [*found, *await client.send(envelope(), MESSAGE, nexthop="example.net")]

    assert [("relayed", "2.0.0")] * 2 == shown(run(test()))
    assert (2, 2) == (peer.sessions, len(peer.messages))


def test_who_was_behind_a_farewell() -> None:
    """Whose transaction has not begun hears it as the answer to MAIL, which it would have been."""
    peer = Peer({"RCPT TO:<u1@": "421 4.3.2 Bye"})
    few = attrs.evolve(SETTINGS, most_recipients=1)
    results = send_to(peer, envelope=envelope("u0@b", "u1@b", "u2@b"), settings=few)

    assert ["end of data", "RCPT", "MAIL"] == [each.command for each in results]
    assert [250, 421, 421] == [each.code for each in results]


def test_five_thousand_recipients() -> None:
    """Each has its own result, in one transaction, and none is looked for among all."""
    peer = Peer({"RCPT TO:<u1": "550 5.1.1 Nobody"}, ehlo=(*EHLO, "DSN"))
    addresses = [f"u{number}@example.net" for number in range(5000)]
    begun = time.process_time()
    results = send_to(peer, envelope=envelope(*addresses))

    assert addresses == [each.recipient for each in results]
    refused = sum(address.startswith("u1") for address in addresses)
    assert refused == sum(not each.is_success for each in results)
    assert time.process_time() - begun < 10


def test_a_job_of_lmtp_is_delivered() -> None:
    """A mail store that answers for each: what it takes is in the mailbox."""
    peer = Peer({"end": "250 2.1.5 In\r\n452 4.2.2 Full"}, ehlo=EHLO)
    store = attrs.evolve(SETTINGS, is_lmtp=True, is_final=True)

    async def test() -> tuple[SendResult, ...]:
        async with serving(peer):
            return await client_of(
                Places([place_of(peer)]),
                envelope=envelope("a@example.net", "b@example.net"),
                settings=store,
            )

    results = run(test())
    assert [("delivered", "2.1.5"), ("delayed", "4.2.2")] == shown(results)
    assert [NOW, NOW] == [each.outcome.attempted for each in results]
