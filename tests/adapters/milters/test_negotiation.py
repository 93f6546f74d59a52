"""What is offered to a filter, and what it takes."""

import asyncio

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import DefaultAction, MilterVerdict
from dsnlib.adapters.milters.macros import MacroStage
from tests.adapters.milters.chains import (
    MDS_1M,
    MESSAGE,
    NO_ALL,
    NR_ALL,
    SKIP,
    at_end,
    begin,
    chain_of,
    filtered,
    verdicts,
)
from tests.adapters.milters.scripted_filter import CLOSE, ScriptedFilter, negotiation


def test_what_a_filter_does_not_want() -> None:
    """Steps that it does without are not told; the end of the message always is."""
    peer = ScriptedFilter(negotiation=negotiation(flags=NO_ALL))

    async def steps() -> None:
        async with chain_of(peer) as chain:
            await begin(chain)
            await chain.unknown("FOO")
            await chain.content(MESSAGE)

    asyncio.run(steps())
    assert "OE" == peer.letters[:2]


def test_what_a_filter_does_not_answer() -> None:
    """No answer is waited for where there is none, and all is told."""
    peer = ScriptedFilter(negotiation=negotiation(flags=NR_ALL), silent="CHMRTLNBU")

    async def steps() -> MilterVerdict:
        async with chain_of(peer, command_seconds=1, content_seconds=1) as chain:
            await begin(chain)
            await chain.unknown("FOO")
            return await chain.content(MESSAGE)

    assert asyncio.run(steps()).edits is not None
    assert "OCHMRTULLNBE" == peer.letters[:12]


def test_large_messages_to_a_filter_without_answers() -> None:
    """What is not waited for is sent together, and takes no more memory than its chunk."""
    peer = ScriptedFilter(negotiation=negotiation(flags=NR_ALL), silent="CHMRTLNBU")
    header = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 50) for number in range(3000))
    content = Content(body=header + b"\r\n" + b"z" * 300_000)

    assert asyncio.run(filtered(peer, content=content)).edits is not None
    assert 3000 == len(peer.data("L"))
    assert [65535] * 4 + [37860] == [len(each) for each in peer.data("B")]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (2, "\0\0\0\x02 0000003f 0000007f"),
        (3, "\0\0\0\x03 0000003f 0000017f"),
        (4, "\0\0\0\x04 0000003f 0000037f"),
        (5, "\0\0\0\x05 0000003f 0000037f"),
        (6, "\0\0\0\x06 000001ff 001fffff"),
    ],
)
def test_what_is_offered(version: int, expected: str) -> None:
    """An older version has fewer actions and steps."""
    actions = 0x3F if version < 6 else 0x1FF
    peer = ScriptedFilter(negotiation=negotiation(version, actions))

    verdict = asyncio.run(filtered(peer, protocol=version))

    (offer,) = peer.data("O")
    assert expected == f"{offer[:4].decode()} {offer[4:8].hex()} {offer[8:].hex()}"
    assert verdict.edits is not None
    assert ("T" in peer.letters) is (version >= 4)


def test_filter_of_an_older_version() -> None:
    """A filter that answers with an older version is spoken to in that."""
    peer = ScriptedFilter(negotiation=negotiation(2, 0))

    async def steps() -> None:
        async with chain_of(peer) as chain:
            await begin(chain)
            await chain.unknown("FOO")

    asyncio.run(steps())
    assert "OCHMR" == peer.letters[:5]
    assert not {"T", "U"} & set(peer.letters)


def test_larger_packets() -> None:
    """A filter that takes larger packets, and is offered them, gets larger pieces."""
    peer = ScriptedFilter(negotiation=negotiation(flags=MDS_1M))
    content = Content(body=b"A: 1\r\n\r\n" + b"z" * 1_500_000)

    asyncio.run(filtered(peer, content=content, data_octets=1_048_575))

    assert b"\x30\x1f\xff\xff" == peer.data("O")[0][8:]
    assert [1_048_575, 451_425] == [len(each) for each in peer.data("B")]


def test_macros_that_a_filter_asks_for() -> None:
    """Lists of a filter take the place of ours, stage by stage; empty ones too."""
    lists = b"\0\0\0\x02j {auth_type}\0" + b"\0\0\0\x03\0" + b"\0\0\0\x05auth_type\0"
    peer = ScriptedFilter(negotiation=negotiation(macros=lists))

    asyncio.run(filtered(peer))

    assert {"j": "mx.example.org", "{auth_type}": "PLAIN"} == peer.macros["M"]
    assert "R" not in peer.macros
    assert {"{auth_type}": "PLAIN"} == peer.macros["E"]
    assert {"i": "QID"} == peer.macros["T"]


def test_macros_of_the_site() -> None:
    """A site may say what is sent at each stage."""
    peer = ScriptedFilter()

    asyncio.run(filtered(peer, macros={MacroStage.HELO: ["j"]}))

    assert {"H": {"j": "mx.example.org"}} == peer.macros


def test_skip() -> None:
    """A filter that has seen enough of a body is shown no more of it."""
    peer = ScriptedFilter({"B": [[b"s"]]}, negotiation=negotiation(flags=SKIP))
    content = Content(body=b"A: 1\r\n\r\n" + b"z" * 200_000)

    assert asyncio.run(filtered(peer, content=content)).edits is not None
    assert 1 == len(peer.data("B"))


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (negotiation(7), "it speaks version 7; offered are 2 to 6"),
        (negotiation(1), "it speaks version 1"),
        (negotiation(actions=0x200), "it wants actions 0x200"),
        (negotiation(flags=MDS_1M), "it wants protocol steps 0x20000000"),
    ],
)
def test_filter_that_wants_something_else(answer: bytes, match: str) -> None:
    """A filter that wants what is not offered is set up wrongly: 451 4.3.5."""
    peer = ScriptedFilter(negotiation=answer)
    refused = verdicts(peer)["C"]
    hard = verdicts(ScriptedFilter(negotiation=answer), default_action=DefaultAction.REJECT)["C"]
    ignored = verdicts(ScriptedFilter(negotiation=answer), default_action=DefaultAction.ACCEPT)

    assert match in refused.reason
    assert ("451 4.3.5", "451 4.3.5") == (str(refused.reply)[:9], str(hard.reply)[:9])
    assert not any(each.is_refused for each in ignored.values())


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (b"c", "it negotiates with a packet 'c'"),
        (b"O\0\0\0\6", "'O' is malformed"),
        (negotiation(macros=b"\0\0\0\x09i\0"), "'O' is malformed"),
        (negotiation(macros=b"\0\0\0\x01i"), "'O' is malformed"),
        (CLOSE, "the connection is lost"),
    ],
)
def test_negotiations_that_make_no_sense(answer: bytes | None, match: str) -> None:
    """A filter that does not negotiate is left."""
    verdict = verdicts(ScriptedFilter(negotiation=answer))["C"]

    assert "451 4.7.1" == str(verdict.reply)[:9]
    assert match in verdict.reason


@pytest.mark.parametrize(
    "packet",
    [b"hX\x001\0", b"i\0\0\0\1X\x001\0", b"m\0\0\0\1X\x001\0", b"bx", b"+a@b\0", b"2a@b\0",
     b"-a@b\0", b"qx\0", b"ea@b\0"],
)  # fmt: skip
def test_changes_that_were_not_negotiated(packet: bytes) -> None:
    """A filter does only what it has said that it would."""
    verdict = asyncio.run(filtered(at_end(packet, b"c", answer=negotiation(actions=0))))

    assert verdict.reason.startswith("it has not negotiated ")
