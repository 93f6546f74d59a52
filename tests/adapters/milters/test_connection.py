"""Filters that are away, slow, or out of step."""

import asyncio
import logging
from pathlib import Path

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import DefaultAction, MilterChain, MilterVerdict
from dsnlib.adapters.milters.connection import FilterConnection
from dsnlib.adapters.milters.packets import MilterFault
from dsnlib.adapters.milters.settings import Milter
from tests.adapters.milters.chains import (
    CLIENT,
    MESSAGE,
    NR_ALL,
    at_end,
    chain_of,
    filtered,
    verdicts,
    walk,
)
from tests.adapters.milters.scripted_filter import ScriptedFilter, negotiation, packet

# It says that it goes on, and then nothing for a while.
PAUSE: tuple[bytes | float, ...] = (b"p", 0.06)
DEFAULTS = [
    (DefaultAction.TEMPFAIL, "451 4.7.1"),
    (DefaultAction.REJECT, "550 5.5.0"),
    (DefaultAction.SHUTDOWN, "421 4.7.1"),
    (DefaultAction.ACCEPT, None),
    (DefaultAction.QUARANTINE, None),
]


@pytest.mark.parametrize(("action", "reply"), DEFAULTS)
def test_filter_that_is_away(
    action: DefaultAction, reply: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The default action holds for the whole session, and is told of once."""
    milter = Milter(where=f"unix:{tmp_path}/none", name="dkim", default_action=action)

    async def run() -> dict[str, MilterVerdict]:
        chain = MilterChain([milter])
        found = await walk(chain)
        await chain.quit()
        return found

    found = asyncio.run(run())
    assert {reply} == {
        None if each.reply is None else str(each.reply)[:9] for each in found.values()
    }
    if reply is None:
        edits = found["E"].edits
        assert edits is not None
        assert (edits.quarantine is not None) is (action is DefaultAction.QUARANTINE)
    assert [logging.WARNING] == [record.levelno for record in caplog.records]
    (line,) = caplog.messages
    assert line.startswith("milter dkim: no connection: ")
    assert line.endswith(f"default action: {action.value}")


def test_refused_connection() -> None:
    """A port that nobody listens on is like a filter that is away."""

    async def run() -> MilterVerdict:
        peer = ScriptedFilter()
        async with peer.running():
            milter = peer.milter()
        chain = MilterChain([milter])
        return await chain.connect(CLIENT)

    verdict = asyncio.run(run())
    assert "451 4.7.1" == str(verdict.reply)[:9]
    assert "no connection" in verdict.reason


def test_name_that_is_none() -> None:
    """A host that no name can have is no filter either."""

    async def run() -> MilterVerdict:
        return await MilterChain([Milter(where=f"inet:{'x' * 80}..y:1")]).connect(CLIENT)

    assert asyncio.run(run()).is_refused


@pytest.mark.parametrize("letter", ["O", "C", "M", "L", "E"])
def test_filter_that_does_not_answer(letter: str) -> None:
    """Each answer is waited for as long as the settings say."""
    is_mute = letter == "O"
    peer = ScriptedFilter(negotiation=(b"",)) if is_mute else ScriptedFilter(silent=letter)
    short = {"O": "connect_seconds", "C": "command_seconds", "M": "command_seconds"}
    found = verdicts(peer, **{short.get(letter, "content_seconds"): 0.05})

    assert "it does not answer within 0.05 s" == found["E"].reason


def test_filter_that_cannot_be_reached_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is not made in time is given up."""

    async def run() -> MilterVerdict:
        loop = asyncio.get_running_loop()

        async def never(*arguments: object, **keywords: object) -> None:
            await asyncio.sleep(60)

        monkeypatch.setattr(loop, "create_connection", never)
        return await MilterChain([Milter(where="inet:[::1]:1", connect_seconds=0.01)]).connect(
            CLIENT
        )

    assert "no connection within 0.01 s" == asyncio.run(run()).reason


def test_progress_gives_more_time() -> None:
    """A filter that says that it goes on is waited for beyond the time of one answer."""
    peer = at_end(*PAUSE * 4, b"hX\x001\0", b"c")

    verdict = asyncio.run(filtered(peer, content_seconds=0.15))

    assert verdict.edits is not None
    assert MESSAGE is not verdict.edits.content


def test_progress_without_end() -> None:
    """Nobody waits longer for a message than all of it may take."""
    peer = at_end(*PAUSE * 10)

    verdict = asyncio.run(filtered(peer, message_seconds=0.2))

    assert verdict.reason in {
        "it takes longer than 0.2 s",
        f"it does not answer within {verdict.reason.split()[-2]} s",
    }


def test_time_for_a_step() -> None:
    """When the time for a step is over nothing more is sent or waited for."""
    found = verdicts(ScriptedFilter(), message_seconds=1e-9)

    assert "it takes longer than 1e-09 s" == found["C"].reason


def test_filter_that_takes_nothing() -> None:
    """A filter that does not read is not waited for longer than one answer."""
    peer = ScriptedFilter(
        {"T": [[b"c", 5.0]]}, negotiation=negotiation(flags=NR_ALL & ~0x10000), silent="CHMRLNB"
    )
    content = Content(body=b"A: 1\r\n\r\n" + b"z" * 30_000_000)

    verdict = asyncio.run(filtered(peer, content=content, content_seconds=0.1))

    assert "it takes nothing within 0.1 s" == verdict.reason


@pytest.mark.parametrize("extra", [b"c", b"r", b"y550 5.1.1 no\0"])
def test_filter_that_answers_twice(extra: bytes) -> None:
    """A second answer would be taken for that to the next command: the filter is left."""
    peer = ScriptedFilter({"M": [[b"c", extra]]})
    found = verdicts(peer)

    assert not found["M"].is_refused
    assert "it says something when it is not its turn" == found["R"].reason
    assert [] == peer.data("R")


def test_late_progress_is_no_answer() -> None:
    """That it goes on may come too late, and means nothing then."""
    found = verdicts(ScriptedFilter({"M": [[b"c", b"p", b"p"]]}))

    assert not any(each.is_refused for each in found.values())


def test_filter_that_answers_what_it_said_it_would_not() -> None:
    """An answer where none was agreed is out of turn."""
    peer = ScriptedFilter(negotiation=negotiation(flags=NR_ALL))

    async def run() -> MilterVerdict:
        async with chain_of(peer) as chain:
            await chain.connect(CLIENT)
            await peer.heard("C")
            await asyncio.sleep(0.01)
            return await chain.helo("a")

    assert "not its turn" in asyncio.run(run()).reason


def test_filter_that_says_more_than_is_read(tmp_path: Path) -> None:
    """What comes faster than it is used is left with the filter, and nothing is lost."""
    packets = [b"hX-%d\0" % number + b"y" * 1000 + b"\0" for number in range(3000)]

    verdict = asyncio.run(filtered(at_end(*packets, b"c"), directory=tmp_path))

    assert verdict.edits is not None
    assert 3000 * 1000 < len(verdict.edits.content.read())


def test_step_that_is_given_up() -> None:
    """A session that is cancelled while a filter is asked leaves it, and nothing hangs."""
    peer = ScriptedFilter(silent="M")

    async def run() -> MilterVerdict:
        async with chain_of(peer) as chain:
            await chain.connect(CLIENT)
            task = asyncio.ensure_future(chain.mail("ann@example.net"))
            await peer.heard("M")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await chain.rcpt("bob@example.org")

    verdict = asyncio.run(run())
    assert "451 4.7.1" == str(verdict.reply)[:9]
    assert "the step was not finished" == verdict.reason


def test_unix_socket(tmp_path: Path) -> None:
    """A filter may be at a path."""
    peer = ScriptedFilter({"C": [[b"r"]]})

    async def run() -> MilterVerdict:
        async with peer.running(path=tmp_path / "s"):
            chain = MilterChain([peer.milter()])
            verdict = await chain.connect(CLIENT)
            await chain.quit()
            return verdict

    assert asyncio.run(run()).is_refused


def test_leaving_a_filter_that_takes_nothing() -> None:
    """A filter that does not read is not waited for at the end either."""
    peer = ScriptedFilter({"C": [[b"c", 5.0]]})

    async def run() -> None:
        async with peer.running():
            connection = await FilterConnection.open(peer.milter())
            with pytest.raises(MilterFault, match="it takes nothing"):
                await connection.send(packet(b"C") + b"\0" * 30_000_000, seconds=0.05)
            connection.close(last=b"bye")
            connection.close()
            with pytest.raises(MilterFault, match="it was closed"):
                await connection.send(b"x", seconds=1)

    asyncio.run(run())


def test_packets_in_pieces() -> None:
    """A packet may come octet by octet, and several at once."""

    async def run() -> list[tuple[int, bytes]]:
        connection = FilterConnection()
        for octet in packet(b"c") + packet(b"hX\x001\0"):
            connection.data_received(bytes((octet,)))
        connection.data_received(packet(b"a") + packet(b"r") + b"\0\0")
        connection.connection_lost(None)
        connection.data_received(b"\0\1d")
        return [await connection.receive(seconds=1) for _ in range(4)]

    assert [b"c", b"hX\x001\0", b"a", b"r"] == [
        bytes((ident,)) + data for ident, data in asyncio.run(run())
    ]


def test_filter_that_takes_its_time() -> None:
    """Who sends waits until there is room again."""

    async def run() -> None:
        peer = ScriptedFilter()
        async with peer.running():
            connection = await FilterConnection.open(peer.milter())
            connection.pause_writing()
            sending = asyncio.ensure_future(connection.send(packet(b"N"), seconds=5))
            await peer.heard("N")
            assert not sending.done()
            connection.resume_writing()
            await sending
            connection.close()

    asyncio.run(run())
