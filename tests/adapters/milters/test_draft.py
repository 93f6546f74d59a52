"""What filters make of a message: header and body."""

import asyncio
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kilter.protocol import messages

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import DefaultAction, MilterVerdict
from dsnlib.adapters.milters.draft import Draft
from dsnlib.adapters.milters.negotiation import Agreement
from dsnlib.adapters.milters.revision import Revision
from tests.adapters.milters.chains import BODY, MESSAGE, at_end, begin, chain_of, edited, filtered
from tests.adapters.milters.scripted_filter import CLOSE, ScriptedFilter


def test_header_beyond_all_bounds() -> None:
    """A header of more than a megabyte is shown to no filter, and its message refused."""
    content = Content(body=b"A: 1\r\n" * 200_000 + b"\r\n")
    peer = ScriptedFilter()

    verdict = asyncio.run(filtered(peer, content=content))

    assert "552 5.3.4" == str(verdict.reply)[:9]
    assert "OCHMRT" == peer.letters[:6]
    assert "L" not in peer.letters
    # Without filters it is nobody's business here.
    edits = asyncio.run(filtered(content=content)).edits
    assert edits is not None
    assert content is edits.content


AGREEMENT = Agreement(
    version=6,
    actions=messages.ActionFlags.ALL,
    flags=messages.ProtocolFlags.NONE,
    macros={},
    data_octets=65_535,
)


@pytest.mark.parametrize(
    ("packets", "expected"),
    [
        ([b"hY\x001\0"], b"Subject: x\r\nX-A: 1\r\n 2\r\nY: 1\r\n"),
        ([b"hY\x001\n2\0"], b"Subject: x\r\nX-A: 1\r\n 2\r\nY: 1\r\n\t2\r\n"),
        ([b"hY\x001\r\n\r\nBody\0"], b"Subject: x\r\nX-A: 1\r\n 2\r\nY: 1\r\n\tBody\r\n"),
        ([b"i\0\0\0\0Y\x001\0"], b"Y: 1\r\nSubject: x\r\nX-A: 1\r\n 2\r\n"),
        ([b"i\0\0\0\x02Y\x001\0"], b"Subject: x\r\nY: 1\r\nX-A: 1\r\n 2\r\n"),
        ([b"i\xff\xff\xff\xffY\x001\0"], b"Subject: x\r\nX-A: 1\r\n 2\r\nY: 1\r\n"),
        ([b"m\0\0\0\x01x-a\x003\0"], b"Subject: x\r\nx-a: 3\r\n"),
        ([b"m\0\0\0\x01X-A\0\0"], b"Subject: x\r\n"),
        ([b"m\0\0\0\x02X-A\x003\0"], b"Subject: x\r\nX-A: 1\r\n 2\r\nX-A: 3\r\n"),
        ([b"m\0\0\0\x01subject\0\xff\0", b"m\0\0\0\x01X-A\0\0"], b"subject: \xff\r\n"),
        ([b"p", b"hY\x001\0", b"p"], b"Subject: x\r\nX-A: 1\r\n 2\r\nY: 1\r\n"),
    ],
)
def test_header_changes(packets: list[bytes], expected: bytes) -> None:
    """Fields are added, inserted, changed and deleted; prefix and body stay as they are."""
    content = edited(*packets)

    assert MESSAGE.prefix + expected + b"\r\nHello\r\nWorld\r\n" == content.read()
    assert len(content.read()) == len(content)


@pytest.mark.parametrize(
    ("packets", "expected"),
    [
        ([b"bnew"], b"new\r\n"),
        ([b"bone\n", b"btwo\r", b"b\nthree\r", b"bfour\r"], b"one\r\ntwo\r\nthree\r\nfour\r\n"),
        ([b"b\n.\nMAIL FROM:<x>\r.\r\n"], b"\r\n.\r\nMAIL FROM:<x>\r\n.\r\n"),
        ([b"b"], b""),
        ([b"ba\0b\xff\r\n"], b"a\0b\xff\r\n"),
    ],
)
def test_new_body(packets: list[bytes], expected: bytes) -> None:
    """A body comes in pieces; every line of it ends with CRLF."""
    content = edited(*packets)

    assert MESSAGE.prefix + BODY.partition(b"Hello")[0] + expected == content.read()


@pytest.mark.parametrize(
    ("body", "packets", "expected"),
    [
        (b"", [b"hX\x001\0"], b"X: 1\r\n"),
        (b"A: 1\r\n", [b"hX\x001\0"], b"A: 1\r\nX: 1\r\n"),
        (b"A: 1", [b"hX\x001\0"], b"A: 1\r\nX: 1\r\n"),
        (b"A: 1", [b"bb"], b"A: 1\r\n\r\nb\r\n"),
        (b"A: 1\r\n", [b"bb"], b"A: 1\r\n\r\nb\r\n"),
        (b"A: 1\r\ntext\r\n", [b"hX\x001\0"], b"A: 1\r\nX: 1\r\ntext\r\n"),
        (b"A: 1\r\ntext\r\n", [b"bb"], b"A: 1\r\n\r\nb\r\n"),
        (b"\r\ntext", [b"i\0\0\0\x01X\x001\0"], b"X: 1\r\n\r\ntext"),
        (b"A: 1\n\ntext\n", [b"hX\x001\0"], b"A: 1\nX: 1\r\n\ntext\n"),
    ],
)
def test_odd_messages(body: bytes, packets: list[bytes], expected: bytes) -> None:
    """A message without header, body or the line between keeps what it has."""
    assert expected == edited(*packets, content=Content(body=body)).read()


def test_large_message_in_a_file(tmp_path: Path) -> None:
    """A message in a file becomes another file beside it; the first is still there."""
    path = tmp_path / "message"
    data = b"A: 1\r\n\r\n" + b"y" * 3_000_000 + b"\r\n"
    path.write_bytes(data)
    content = Content(path=path, octets=len(data), prefix=b"P: 0\r\n")

    unchanged = edited(content=content)
    changed = edited(b"i\0\0\0\1B\x002\0", content=content)

    assert content is unchanged
    assert changed.path is not None
    assert (tmp_path, data) == (changed.path.parent, path.read_bytes())
    assert b"P: 0\r\nB: 2\r\n" + data == changed.read()
    assert len(changed.read()) == len(changed)
    assert 2 == len(list(tmp_path.iterdir()))


def test_large_new_body(tmp_path: Path) -> None:
    """A body that has grown large goes into a file, in the directory that was given."""
    peer = at_end(*[b"b" + b"y" * 60_000] * 20, b"c")

    async def run() -> MilterVerdict:
        async with chain_of(peer, directory=tmp_path) as chain:
            await begin(chain)
            return await chain.content(MESSAGE)

    edits = asyncio.run(run()).edits
    assert edits is not None
    assert [edits.content.path] == list(tmp_path.iterdir())
    assert edits.content.read().endswith(b"\r\n\r\n" + b"y" * 1_200_000 + b"\r\n")


@pytest.mark.parametrize("last", [b"r", b"t", b"d", b"y550 5.7.1 no\0", b"4", b"z"])
def test_changes_of_a_message_that_does_not_go_on(last: bytes, tmp_path: Path) -> None:
    """Where the last word is no, no change is made and no file is left."""
    peer = at_end(b"hX\x001\0", b"b" + b"y" * 1_048_000, b"b" + b"y" * 500_000, last)

    async def run() -> MilterVerdict:
        async with chain_of(peer, directory=tmp_path) as chain:
            await begin(chain)
            return await chain.content(MESSAGE)

    assert asyncio.run(run()).edits is None
    assert [] == list(tmp_path.iterdir())


def test_changes_count_only_with_the_last_word() -> None:
    """A filter that fails in the middle of its changes has changed nothing."""
    peer = at_end(b"hX\x001\0", b"bnew", CLOSE)

    verdict = asyncio.run(filtered(peer, default_action=DefaultAction.ACCEPT))

    assert verdict.edits is not None
    assert MESSAGE is verdict.edits.content


def test_ten_thousand_changes() -> None:
    """A filter may change a header ten thousand times."""
    packets = [b"hX-%d\x001\0" % number for number in range(10_000)]

    assert 10_002 == edited(*packets).read().count(b"\r\n") - 5


def test_message_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is gone is the server's trouble, and is told to it."""

    async def run() -> None:
        async with chain_of(ScriptedFilter()) as chain:
            await begin(chain)
            with pytest.raises(FileNotFoundError):
                await chain.content(Content(path=tmp_path / "none", octets=5))
            assert not (await chain.mail("eve@example.net")).is_refused

    asyncio.run(run())


def test_changed_message_that_cannot_be_written(tmp_path: Path) -> None:
    """A directory that is gone is told too, and no piece of a file stays."""
    peer = at_end(b"b" + b"y" * 1_048_000, b"b" + b"y" * 100_000, b"c")

    async def run() -> None:
        async with chain_of(peer, directory=tmp_path / "none") as chain:
            await begin(chain)
            with pytest.raises(FileNotFoundError):
                await chain.content(MESSAGE)

    asyncio.run(run())


@pytest.mark.parametrize("breaks", [False, True])
def test_writing_that_is_given_up(tmp_path: Path, *, breaks: bool) -> None:
    """A step that is cancelled while a file is written leaves no file, however it ends."""
    path = tmp_path / "message"
    data = b"A: 1\r\n\r\n" + b"y" * 3_000_000
    path.write_bytes(data)
    draft = Draft(Content(path=path, octets=len(data)))
    go_on = threading.Event()

    def body(octets: int) -> Iterator[bytes]:
        yield b"y" * octets
        go_on.wait(5)
        if breaks:
            raise OSError(errno.ENOSPC, "full")
        yield b"y"

    async def run() -> None:
        revision = Revision(AGREEMENT, body_octets=10)
        revision.take(messages.AddHeader("X", b"1"), 5)
        draft.commit(revision)
        draft.body = body  # type: ignore[assignment]  # one that takes its time
        task = asyncio.ensure_future(draft.edits())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        while len(os.listdir(tmp_path)) > 1:  # noqa: ASYNC110, PTH208  a thread removes it
            await asyncio.sleep(0.001)

    asyncio.run(run())
    assert [path] == list(tmp_path.iterdir())
