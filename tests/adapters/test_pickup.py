"""Letters that commands have left are picked up."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import errno
import logging
import os
import pwd
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.adapters.intake import ReceivedMessage
from dsnlib.adapters.pickup import Pickup
from dsnlib.adapters.submission.drop import MAILDROP, leave
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.letter import Letter
from dsnlib.model.esmtp import Notify, Ret
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAKEN = SmtpReply.parse("250 2.0.0 Fine")
LATER = SmtpReply.parse("452 4.3.1 No room")
NEVER = SmtpReply.parse("554 5.4.6 Loop")
MAIL = "MAIL FROM:<ann@example.org> BODY=8BITMIME RET=HDRS ENVID=a+20b SMTPUTF8"
BOB = "RCPT TO:<bob@example.net> NOTIFY=SUCCESS ORCPT=rfc822;b@example.net"
EVE = "RCPT TO:<δ@example.net>"
LETTER = b"Subject: x\r\n\r\n.text\r\n"


@attrs.define
class Intake:
    """An intake that answers as it is told, and keeps what it gets."""

    reply: SmtpReply = TAKEN
    got: list[ReceivedMessage] = attrs.field(factory=list)
    contents: list[bytes] = attrs.field(factory=list)
    news: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Keep a message."""
        self.got.append(message)
        self.contents.append(message.content.read())
        self.news.set()
        return self.reply


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    """Return the directory of a queue."""
    for name in (MAILDROP, "incoming"):
        (tmp_path / name).mkdir()
    return tmp_path


def pickup(queue: Path, intake: Intake, *, most_octets: int = 0) -> Pickup:
    """Return what looks for letters."""
    return Pickup(
        queue,
        intake,
        hostname="mx.example.org",
        folder=queue / "incoming",
        most_octets=most_octets,
        look_seconds=0.01,
    )


def look(queue: Path, intake: Intake, *, most_octets: int = 0) -> bool:
    """Look for letters once."""
    return asyncio.run(pickup(queue, intake, most_octets=most_octets).look())


def names(queue: Path) -> list[str]:
    """Return what is in the directory."""
    return sorted(each.name for each in (queue / MAILDROP).iterdir())


def test_letter(queue: Path) -> None:
    """All that the commands say is in the envelope, and the file is gone."""
    intake = Intake()
    leave(str(queue), [MAIL, BOB, EVE], [LETTER])
    before = dt.datetime.now(dt.UTC)

    assert look(queue, intake)
    [message] = intake.got
    envelope = message.envelope
    assert "ann@example.org" == envelope.sender
    assert (Ret.HDRS, "a b") == (envelope.mail.ret, envelope.mail.envid)
    assert ["bob@example.net", "δ@example.net"] == [each.address for each in envelope.recipients]
    bob, eve = (each.params for each in envelope.recipients)
    assert (Notify.SUCCESS, "rfc822;b@example.net") == (bob.notify, str(bob.orcpt))
    assert (None, None) == (eve.notify, eve.orcpt)
    assert envelope.smtputf8
    assert envelope.arrival is not None
    assert dt.timedelta(seconds=5) > abs(before - envelope.arrival)
    assert pwd.getpwuid(os.getuid()).pw_name == message.login
    assert intake.contents[0].endswith(b"\r\n" + LETTER)
    assert [] == names(queue)


def test_trace(queue: Path) -> None:
    """The Received field names the user, and the only recipient (RFC 5321 s4.4)."""
    intake = Intake()
    leave(str(queue), ["MAIL FROM:<>", BOB], [LETTER])
    assert look(queue, intake)
    user = pwd.getpwuid(os.getuid()).pw_name
    queue_id = intake.got[0].queue_id

    assert (
        f"Received: by mx.example.org (from {user})\r\n\tid {queue_id}\r\n\tfor <bob@example.net>;"
    ) in intake.contents[0].decode()


def test_large_letter(queue: Path) -> None:
    """It is handed over as a file, in the folder that the queue takes files from."""
    intake = Intake()
    body = b"line of text\r\n" * 10_000
    leave(str(queue), [MAIL, BOB], [LETTER, body])
    assert look(queue, intake)
    path = intake.got[0].content.path

    assert path is not None
    assert queue / "incoming" == path.parent
    assert intake.contents[0].endswith(LETTER + body)


def test_no_room(queue: Path) -> None:
    """Where the queue has none, letters wait and nothing is left over."""
    leave(str(queue), [MAIL, BOB], [LETTER, b"x\r\n" * 50_000])
    before = names(queue)

    assert not look(queue, Intake(LATER))
    assert before == names(queue)
    assert [] == list((queue / "incoming").iterdir())
    assert look(queue, Intake())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"garbage",
        b"MAIL FROM:<a@b>\r\nDATA\r\n\r\n",
        b"RCPT TO:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\n\r\n",
        b"MAIL FROM:<a@b>\r\nRCPT TO:<>\r\nDATA\r\n\r\n",
        b"MAIL FROM:<a@b> RET=WHAT\r\nRCPT TO:<a@b>\r\nDATA\r\n\r\n",
        b"MAIL FROM:<a@b>\r\nRCPT TO:<a@b> NOTIFY=NEVER,SUCCESS\r\nDATA\r\n\r\n",
        b"MAIL FROM:<a@b>\r\nRCPT TO:<a\nb@b>\r\nDATA\r\n\r\n",
        b"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n" + b"x" * 100,
        b"MAIL FROM:<\xff@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n\r\n",
    ],
    ids=range(10),
)
def test_what_is_no_letter(queue: Path, octets: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """It is set aside, told of, and not looked at again; the others go on."""
    (queue / MAILDROP / "0bad").write_bytes(octets)
    leave(str(queue), [MAIL, BOB], [LETTER])
    intake = Intake()

    assert look(queue, intake)
    assert look(queue, intake)
    assert ["0bad.bad"] == names(queue)
    assert 1 == len(intake.got)
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "set aside" in record.getMessage()


def test_refused_for_good(queue: Path) -> None:
    """A letter that the intake refuses is set aside: its sender was told that it is safe."""
    leave(str(queue), [MAIL, BOB], [LETTER])

    assert look(queue, Intake(NEVER))
    assert names(queue)[0].endswith(".bad")


def test_too_large(queue: Path) -> None:
    """So is one that is larger than messages may be."""
    leave(str(queue), [MAIL, BOB], [LETTER, b"x" * 1000])

    assert look(queue, Intake(), most_octets=500)
    assert names(queue)[0].endswith(".bad")


def test_other_files(queue: Path, tmp_path: Path) -> None:
    """A link, a second name, a pipe and a directory are not read: they lead elsewhere."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"\r\n".join([MAIL.encode(), BOB.encode(), b"DATA", LETTER]))
    drop = queue / MAILDROP
    (drop / "1link").symlink_to(secret)
    (drop / "2second").hardlink_to(secret)
    os.mkfifo(drop / "3pipe")
    (drop / "4directory").mkdir()
    (drop / ".unfinished").write_bytes(secret.read_bytes())
    leave(str(queue), [MAIL, BOB], [LETTER])
    intake = Intake()

    assert look(queue, intake)
    assert 1 == len(intake.got)
    bad = ["1link.bad", "2second.bad", "3pipe.bad", "4directory.bad"]
    assert [".unfinished", *bad] == names(queue)


def test_running(queue: Path) -> None:
    """It makes the directory, brings back what a crash has left, and looks again and again."""
    intake = Intake()
    name = leave(str(queue), [MAIL, BOB], [LETTER])
    (queue / MAILDROP / name).rename(queue / MAILDROP / f"{name}.taken")
    stale = queue / MAILDROP / ".stale"
    stale.write_bytes(b"")
    os.utime(stale, (0, 0))

    async def run() -> None:
        task = asyncio.ensure_future(pickup(queue, intake).run())
        async with asyncio.timeout(10):
            await intake.news.wait()
            intake.news.clear()
            leave(str(queue), [MAIL, BOB], [LETTER])
            await intake.news.wait()
        task.cancel()
        # That is how it ends.
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert [] == names(queue)


def test_what_is_being_taken_is_taken(queue: Path) -> None:
    """When the server stops, a letter is in the queue and not in the directory too."""
    begun = asyncio.Event()

    class Slow(Intake):
        async def accept(self, message: ReceivedMessage) -> SmtpReply:
            begun.set()
            await asyncio.sleep(0.05)
            return await Intake.accept(self, message)

    intake = Slow()
    leave(str(queue), [MAIL, BOB], [LETTER])

    async def run() -> None:
        task = asyncio.ensure_future(pickup(queue, intake).run())
        await begun.wait()
        task.cancel()
        # That is how it ends.
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert 1 == len(intake.got)
    assert [] == names(queue)


def test_names_that_leave_no_room_for_another(queue: Path) -> None:
    """A file that cannot be claimed keeps none behind it waiting."""
    drop = queue / MAILDROP
    (drop / ("0" * 255)).write_bytes(b"")
    (drop / "1").write_bytes(b"")
    (drop / "1.taken" / "full").mkdir(parents=True)
    leave(str(queue), [MAIL, BOB], [LETTER])
    intake = Intake()

    assert look(queue, intake)
    assert 1 == len(intake.got)


@pytest.mark.parametrize("seconds", [-(2**40), 2**40, 2**62])
def test_times_that_no_calendar_has(queue: Path, seconds: int) -> None:
    """The owner of a file says when it was written, and can say what he likes."""
    name = leave(str(queue), [MAIL, BOB], [LETTER])
    try:
        os.utime(queue / MAILDROP / name, ns=(0, seconds * 10**9))
    except OverflowError:
        pytest.skip("the system has no such time")
    intake = Intake()

    assert look(queue, intake)
    assert 1 == len(intake.got)


def test_one_that_has_to_wait(queue: Path) -> None:
    """A letter that cannot be taken now keeps no other waiting, and is not asked for at once."""
    leave(str(queue), [MAIL, BOB], [LETTER])
    later = SmtpReply.parse("451 4.3.0 Not now")

    async def run() -> None:
        intake = Intake(later)
        waiting = pickup(queue, intake)
        assert await waiting.look()
        intake.reply = TAKEN
        leave(str(queue), [MAIL, BOB], [LETTER])
        assert await waiting.look()
        assert 2 == len(intake.got)
        assert 1 == len(names(queue))

    asyncio.run(run())
    assert look(queue, Intake())
    assert [] == names(queue)


def test_a_defect(queue: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A defect of ours stops neither the server nor the other letters."""

    class Broken(Intake):
        async def accept(self, message: ReceivedMessage) -> SmtpReply:
            await super().accept(message)
            if len(self.got) == 1:
                raise ZeroDivisionError
            return self.reply

    leave(str(queue), [MAIL, BOB], [LETTER])
    leave(str(queue), [MAIL, BOB], [LETTER])
    before = names(queue)

    assert look(queue, Broken())
    # Both are read at once, so either may be the first.
    (left,) = names(queue)
    assert left in before
    assert "defect" in caplog.text


def test_full_disk(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written to its end leaves nothing behind; else each attempt would."""
    leave(str(queue), [MAIL, BOB], [LETTER, b"x\r\n" * 50_000])
    before = names(queue)

    def chunks(_: Letter, *, stuffs_dots: bool) -> Iterator[bytes]:
        assert not stuffs_dots
        yield b"begun"
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Letter, "chunks", chunks)
        assert not look(queue, Intake())
    assert [] == list((queue / "incoming").iterdir())
    assert before == names(queue)
    assert look(queue, Intake())


def test_start_in_any_directory(queue: Path) -> None:
    """What cannot be brought back keeps the server from nothing."""
    drop = queue / MAILDROP
    (drop / "1.taken").write_bytes(b"")
    (drop / "1" / "full").mkdir(parents=True)
    (drop / "..taken").write_bytes(b"")
    for name in ("old.bad", "new.bad", ".old"):
        (drop / name).write_bytes(b"")
    for name in ("old.bad", ".old"):
        os.utime(drop / name, (0, 0))
    leave(str(queue), [MAIL, BOB], [LETTER])
    intake = Intake()

    async def run() -> None:
        task = asyncio.ensure_future(pickup(queue, intake).run())
        async with asyncio.timeout(10):
            await intake.news.wait()
        task.cancel()
        # That is how it ends.
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
    found = names(queue)
    assert "new.bad" in found
    assert not {"old.bad", ".old"} & set(found)


@pytest.mark.parametrize("most", [len(LETTER) - 3, 0], ids=["exact", "any size"])
def test_what_is_left_is_taken(queue: Path, most: int) -> None:
    """Who leaves a letter and who takes it count alike: none is lost between them."""
    leave(str(queue), [MAIL, BOB], [LETTER], most_octets=most)

    assert look(queue, Intake(), most_octets=most)
    assert [] == names(queue)
    if most:
        with pytest.raises(SubmissionFault, match=str(most)):
            leave(str(queue), [MAIL, BOB], [LETTER, b"\r\n"], most_octets=most)
        assert [] == names(queue)
