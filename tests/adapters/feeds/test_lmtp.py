"""Bounces by LMTP: 250 behind the commit, 451 without it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.listening_place import bind_place
from dsnlib.adapters.feeds.lmtp import LmtpIntake, lmtp_serving
from dsnlib.adapters.feeds.mail_reading import MailReader
from dsnlib.adapters.feeds.store_thread import StoreThread
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.bounces.links.link import Issuer
from dsnlib.bounces.links.verp import encode_verp
from dsnlib.errors import InvalidValue, StoreUnavailable
from dsnlib.model.envelope import Envelope, Recipient
from tests.adapters.feeds.bounce_mails import ORDINARY, UNREAD, bounce
from tests.adapters.feeds.memory_store import MemoryStore, as_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

SENDER = "list-bounces@lists.example"


@contextlib.asynccontextmanager
async def listening(
    store: MemoryStore, place: str, folder: Path, *, opened: list[bool] | None = None
) -> AsyncIterator[str]:
    """Serve a store on a place; give the next hop to it."""

    @contextlib.contextmanager
    def open_intake() -> Iterator[BounceIntake]:
        if opened is not None:
            opened.append(True)
        reader = MailReader(issuer=Issuer(senders=(SENDER,)))
        yield BounceIntake(as_store(store), reader=reader)
        store.close()

    thread = StoreThread(open_intake)
    thread.start()
    try:
        sock = bind_place(place)
        serving = lmtp_serving(LmtpIntake(thread), sock, folder=folder, hostname="feed.example.org")
        async with serving as server:
            yield place if sock.family is socket.AF_UNIX else f"[127.0.0.1]:{server.port}"
    finally:
        thread.stop()


async def send(nexthop: str, mail: bytes, *recipients: str) -> list[str]:
    """Send a mail by LMTP and return what was answered to each recipient."""
    chosen = recipients or (SENDER,)
    envelope = Envelope(sender="", recipients=tuple([Recipient(each) for each in chosen]))
    async with SmtpClient.to(nexthop, is_lmtp=True) as client:
        results = await client.send(envelope, mail)
    return ["" if each.answer is None else str(each.answer) for each in results]


def exchange(
    store: MemoryStore, folder: Path, *mails: bytes, place: str = "127.0.0.1:0"
) -> list[str]:
    """Send mails, one behind the other; return the answers."""

    async def run() -> list[str]:
        async with listening(store, place, folder) as nexthop:
            return [answer for mail in mails for answer in await send(nexthop, mail)]

    return asyncio.run(run())


def test_stored(tmp_path: Path) -> None:
    """A bounce is stored, other mail and unread bounces are taken; twice is once."""
    store = MemoryStore()
    answers = exchange(store, tmp_path, bounce(), bounce(), ORDINARY, UNREAD)
    assert [
        "250 2.0.0 Stored",
        "250 2.0.0 Stored",
        "250 2.0.0 Taken; it says nothing of a bounce",
        "250 2.0.0 Taken; it says nothing of a bounce",
    ] == answers
    assert ["bob@example.org"] == store.recipients
    assert store.is_closed


def test_store_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without the store 451, said once; when it is back mail is taken again."""
    store = MemoryStore()
    store.failures = 2
    with caplog.at_level(logging.WARNING, "dsnlib.ingest"):
        answers = exchange(store, tmp_path, bounce(), bounce(), bounce())
    assert ["451 4.3.0", "451 4.3.0", "250 2.0.0"] == [each[:9] for each in answers]
    assert 2 == len([each for each in caplog.records if each.name == "dsnlib.ingest"])
    assert 1 == len(store.added)


def test_store_cannot_be_opened(tmp_path: Path) -> None:
    """A store that cannot be opened is as one that is away."""

    def fail() -> contextlib.AbstractContextManager[BounceIntake]:
        message = "history.db: it is busy"
        raise StoreUnavailable(message)

    async def run() -> None:
        thread = StoreThread(fail)
        thread.start()
        try:
            await thread.take(bounce)
        finally:
            thread.stop()

    with pytest.raises(StoreUnavailable):
        asyncio.run(run())
    assert [] == list(tmp_path.iterdir())


def test_large(tmp_path: Path) -> None:
    """A large bounce goes through a file, which is gone then."""
    store = MemoryStore()
    mail = bounce() + b"x" * 70 + b"\n" * 400_000
    assert ["250 2.0.0 Stored"] == exchange(store, tmp_path, mail)
    assert [] == list(tmp_path.iterdir())


def test_recipient_names_the_subscriber(tmp_path: Path) -> None:
    """VERP in the envelope counts, whatever the header says; each recipient is answered."""
    store = MemoryStore()

    async def run() -> list[str]:
        async with listening(store, "127.0.0.1:0", tmp_path) as nexthop:
            path = encode_verp(SENDER, "ann@example.com")
            return await send(nexthop, bounce("bob@forwarded.example"), path, SENDER)

    assert ["250 2.0.0 Stored"] * 2 == asyncio.run(run())
    assert ["ann@example.com"] == store.recipients


def test_crowd(tmp_path: Path) -> None:
    """Mails that come at the same time share a commit."""
    store = MemoryStore()
    slow = store.add

    def add(*args: object, **kwargs: object) -> object:
        time.sleep(0.02)
        return slow(*args, **kwargs)  # type: ignore[arg-type]  # as they came

    store.add = add  # type: ignore[method-assign, assignment]  # slower

    async def run() -> None:
        async with listening(store, "127.0.0.1:0", tmp_path) as nexthop:
            mails = [bounce(f"r{number}@example.org", number=number) for number in range(30)]
            await asyncio.gather(*[send(nexthop, mail) for mail in mails])

    asyncio.run(run())
    assert 30 == len(store.added)
    assert len(store.commits) < 20


def test_unix_socket(tmp_path: Path) -> None:
    """A socket file is as good; the one of a process that is gone is replaced."""
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    folder = tmp_path / "folder"
    folder.mkdir()
    store = MemoryStore()
    assert ["250 2.0.0 Stored"] == exchange(store, folder, bounce(), place=f"unix:{path}")


def test_socket_in_use(tmp_path: Path) -> None:
    """A socket file that somebody listens on, and a file that is none, stay."""
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(OSError, match="cannot be listened on: Address already in use"):
            bind_place(f"unix:{path}")
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(OSError, match="already in use"):
        bind_place(f"unix:{file}")
    assert "mine" == file.read_text()


def test_port_in_use() -> None:
    """The error of a port names the place, once."""
    with bind_place("127.0.0.1:0") as first:
        first.listen()
        place = f"127.0.0.1:{first.getsockname()[1]}"
        with pytest.raises(OSError, match="Address already in use") as caught:
            bind_place(place)
    assert place == caught.value.filename


@pytest.mark.parametrize(
    "place", ["", "24", "host", "127.0.0.1:99999", "127.0.0.1:25", "[::1]:25", "unix:", "a b:24"]
)
def test_no_place(place: str) -> None:
    """What is no place is said; port 25 is none for LMTP (RFC 2033 s5)."""
    with pytest.raises(InvalidValue):
        bind_place(place)
