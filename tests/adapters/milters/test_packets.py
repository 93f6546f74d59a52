"""What goes over the wire to a filter, octet for octet."""

import asyncio

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import MilterVerdict
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.session import Client
from tests.adapters.milters.chains import (
    CLIENT,
    LEADSPC,
    MESSAGE,
    RCPT_REJ,
    at_end,
    chain_of,
    filtered,
    verdicts,
)
from tests.adapters.milters.scripted_filter import CLOSE, ScriptedFilter, negotiation


def test_a_filter_is_told_everything_in_order() -> None:
    """Each packet has its macros in front, and the octets of mfdef.h."""
    peer = ScriptedFilter()

    verdict = asyncio.run(filtered(peer))

    assert verdict.edits is not None
    assert MESSAGE is verdict.edits.content
    assert [
        ("O", b"\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"),
        (
            "D",
            (
                b"Cj\0mx.example.org\0_\0client.example.net [192.0.2.1]\0"
                b"{client_name}\0client.example.net\0{client_addr}\0address\0"
                b"{client_port}\x001234\0{client_ptr}\0unknown\0"
            ),
        ),
        ("C", b"client.example.net\x004\x04\xd2192.0.2.1\0"),
        ("H", b"client.example.net\0"),
        ("D", b"Mi\0QID\0{auth_type}\0PLAIN\0{mail_addr}\0ann@example.net\0"),
        ("M", b"<ann@example.net>\0RET=FULL\0SIZE=1000\0"),
        ("D", b"Ri\0QID\0{rcpt_addr}\0bob@example.org\0"),
        ("R", b"<bob@example.org>\0NOTIFY=FAILURE\0"),
        ("D", b"Ti\0QID\0"),
        ("T", b""),
        ("L", b"Subject\0x\0"),
        ("L", b"X-A\x001\n 2\0"),
        ("D", b"Ni\0QID\0"),
        ("N", b""),
        ("B", b"Hello\r\nWorld\r\n"),
        ("D", b"Ei\0QID\0"),
        ("E", b""),
    ] == [tuple(each) for each in peer.told[:17]]


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (Client(address="192.0.2.1"), b"[192.0.2.1]\x004\0\x19192.0.2.1\0"),
        (Client(address="2001:db8::1", hostname="a"), b"a\x006\0\x192001:db8::1\0"),
        (Client(address="unknown"), b"[unknown]\0U"),
    ],
)
def test_connect_tells_of_the_client(client: Client, expected: bytes) -> None:
    """Name, family, port and address; a client without a name is its address in brackets."""
    peer = ScriptedFilter()

    async def connect() -> None:
        async with chain_of(peer) as chain:
            await chain.connect(client, port=25)

    asyncio.run(connect())
    assert [expected] == peer.data("C")


@pytest.mark.parametrize("name", ["", "a..b", "x" * 300, "\udcff\N{SNOWMAN}", "[192.0.2.1]"])
def test_helo_tells_any_name(name: str) -> None:
    """What a client calls itself need not be the name of a host."""
    peer = ScriptedFilter()

    async def helo() -> None:
        async with chain_of(peer) as chain:
            await chain.connect(CLIENT)
            assert not (await chain.helo(name)).is_refused

    asyncio.run(helo())
    assert [name.encode("utf-8", "surrogateescape") + b"\0"] == peer.data("H")


def test_null_sender_and_unknown_commands() -> None:
    """The null path is `<>`; a command that nobody knows is told as it came."""
    peer = ScriptedFilter()

    async def steps() -> None:
        async with chain_of(peer) as chain:
            await chain.connect(CLIENT)
            await chain.mail("")
            await chain.unknown("FOO bar\0baz")

    asyncio.run(steps())
    assert [b"<>\0"] == peer.data("M")
    assert [b"FOO barbaz\0"] == peer.data("U")


def test_field_longer_than_a_packet() -> None:
    """A field is shown as far as a packet can hold it, and stays whole in the message."""
    peer = at_end(b"hX\x001\0", b"c")
    content = Content(body=b"A: " + b"y" * 80_000 + b"\r\n" + b"n" * 5000 + b": z\r\n\r\n")

    verdict = asyncio.run(filtered(peer, content=content))

    assert [65_535, 998 + 3] == [len(each) for each in peer.data("L")]
    assert verdict.edits is not None
    assert content.body[:-2] + b"X: 1\r\n\r\n" == verdict.edits.content.read()


def test_space_of_fields() -> None:
    """A filter that wants the space of fields gets it, and writes its own."""
    peer = at_end(b"hX\0  1\0", b"hY\x002\0", b"c", answer=negotiation(flags=LEADSPC))

    verdict = asyncio.run(filtered(peer))

    assert [b"Subject\0 x\0", b"X-A\0 1\n 2\0"] == peer.data("L")
    assert verdict.edits is not None
    assert b"X:  1\r\nY:2\r\n\r\n" in verdict.edits.content.read()


def test_rejected_recipients() -> None:
    """A filter that wants to know is told of recipients that the server refuses; only told."""
    rejected = SmtpReply.parse("550 5.1.1 nobody here")
    knows = ScriptedFilter({"R": [[b"r"]]}, negotiation=negotiation(flags=RCPT_REJ))
    does_not = ScriptedFilter()

    async def steps() -> MilterVerdict:
        async with chain_of(knows, does_not) as chain:
            await chain.connect(CLIENT)
            await chain.mail("ann@example.net")
            return await chain.rcpt("x@example.org", rejected=rejected)

    assert not asyncio.run(steps()).is_refused
    assert {
        "i": "QID",
        "{rcpt_mailer}": "error",
        "{rcpt_host}": "5.1.1",
        "{rcpt_addr}": "nobody here",
    } == knows.macros["R"]
    assert [b"<x@example.org>\0"] == knows.data("R")
    assert [] == does_not.data("R")


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (CLOSE, "the connection is lost"),
        (b"", "a packet of 0 octets"),
        ((b"\xff\xff\xff\xff",), "a packet of 4294967295 octets"),
        ((b"\0\x20\0\0c",), "a packet of 2097152 octets"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), "a packet of 1213486160 octets"),
        (b"z", "'z' is none of a filter's"),
        (b"C", "'C' is none of a filter's"),
        (b"c1", "'c' has data"),
        (b"O" + b"\0" * 12, "it answers Negotiate"),
        (b"s", "it answers Skip"),
        (b"y5", "malformed reply"),
        (b"y550 4.7.1 no\0", "malformed reply"),
        (b"y250 fine\0", "malformed reply"),
        (b"hX\x001\0", "it answers AddHeader to mail"),
        (b"+a@b\0", "it answers AddRecipient to mail"),
        (b"qx\0", "it answers Quarantine to mail"),
    ],
)
def test_answers_that_make_no_sense(
    answer: bytes | tuple[bytes] | None, match: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What has no place where it comes is a fault, and the filter is left."""
    peer = ScriptedFilter({"M": [[answer]]})
    found = verdicts(peer)

    assert "451 4.7.1" == str(found["M"].reply)[:9]
    assert found["M"] == found["E"]
    assert "M" == peer.letters[-1]
    assert match in caplog.text
    assert match in found["M"].reason


@pytest.mark.parametrize(
    ("packet", "match"),
    [
        (b"h", "'h' is malformed"),
        (b"hX", "'h' is malformed"),
        (b"hX\x001", "'h' is malformed"),
        (b"hX\x001\0more", "'h' is malformed"),
        (b"h\xc3\xa4\x001\0", "'h' is malformed"),
        (b"hX:\x001\0", "'X:' is no name of a field"),
        (b"h\x001\0", "'' is no name of a field"),
        (b"hX\nY\x001\0", "is no name of a field"),
        (b"m\0\0", "'m' is malformed"),
        (b"i\0\0\0\1X Y\x001\0", "'X Y' is no name"),
        (b"+\0", "cannot stand between"),
        (b"+<>\0", "cannot stand between"),
        (b"+<a@b\r\nRCPT TO:<c@d>>\0", "character 3"),
        (b"+a@b> NOTIFY=NEVER\0", "cannot stand between"),
        (b"+\xff@b\0", "'+' is malformed"),
        (b"-a b\0", "cannot stand between"),
        (b"2a\nb\0NOTIFY=NEVER\0", "character 1"),
        (b"ea\nb\0", "character 1"),
        (b"2a@b\0x", "'2' is malformed"),
        (b"p1", None),
    ],
)
def test_changes_that_make_no_sense(packet: bytes, match: str | None) -> None:
    """A change that cannot be made is a fault, and none of the others is made."""
    verdict = asyncio.run(filtered(at_end(b"hX\x001\0", packet, b"c")))

    if match is None:
        assert verdict.edits is not None
    else:
        assert "451 4.7.1" == str(verdict.reply)[:9]
        assert match in verdict.reason
