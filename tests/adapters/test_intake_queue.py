"""What a server hands over goes into the queue, or is refused."""

import asyncio
import errno
import shutil
from pathlib import Path
from typing import Any

import attrs
import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.intake import ReceivedMessage
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import QueuedMessage, QueueUnavailable
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.policy.facts import SpfResult
from dsnlib.policy.profile import DEFAULT, MX
from dsnlib.replies.session import Client
from tests.adapters.mail_site import BODY, open_site


def accept(
    home: Path,
    *recipients: str,
    queue: MemoryQueue | None = None,
    aliases: str = "",
    virtual: str = "",
    **known: Any,  # noqa: ANN401  see `Site.submit`
) -> tuple[str, tuple[QueuedMessage, ...]]:
    """Hand in a message, and return the answer and what is queued."""
    queue = MemoryQueue() if queue is None else queue
    site = open_site(home, queue=queue, aliases=aliases, virtual=virtual)
    reply = asyncio.run(site.submit(*recipients, **known))
    return str(reply), queue.messages


def test_it_is_taken(tmp_path: Path) -> None:
    """250 names the message, and it is in the queue with all that was said."""
    said = "bob@example.org NOTIFY=NEVER"
    reply, (message,) = accept(tmp_path, said, mail="RET=HDRS ENVID=QQ")

    assert f"250 2.0.0 Message accepted as {message.queue_id}" == reply
    assert ("RET=HDRS ENVID=QQ", "NOTIFY=NEVER") == (
        str(message.envelope.mail),
        str(message.envelope.recipients[0].params),
    )


def test_what_is_known_of_it(tmp_path: Path) -> None:
    """What rules may ask for is kept with the message."""
    content = Content(body=b"Auto-Submitted: auto-replied\r\n" + BODY)
    _, (message,) = accept(
        tmp_path, "bob", content=content, login="ann", is_spam=True, spf=SpfResult.PASS
    )

    facts = message.facts
    assert (True, "ann", True, SpfResult.PASS, "auto-replied", message.queue_id) == (
        facts.is_authenticated, facts.source, facts.is_spam, facts.spf, facts.auto_submitted,
        facts.queue_id,
    )  # fmt: skip
    _, (message,) = accept(tmp_path, "bob")
    assert (False, "192.0.2.7") == (message.facts.is_authenticated, message.facts.source)


def test_hold_and_destination(tmp_path: Path) -> None:
    """What access tables say goes with the message, and with each of its copies."""
    _, messages = accept(
        tmp_path, "news@example.org", "bob", is_held=True, destination="smtp:[192.0.2.1]",
        aliases="news: eve\nowner-news: ann",
    )  # fmt: skip

    assert [(True, "smtp:[192.0.2.1]")] * 2 == [(m.is_held, m.destination) for m in messages]


def test_all_that_follows_is_added_at_once(tmp_path: Path) -> None:
    """The message, the copy of a list, and what is to be told: one step."""
    steps: list[int] = []

    class Counting(MemoryQueue):
        async def add(self, messages: Any, *, spending: Any = None) -> None:  # noqa: ANN401  as the queue's
            steps.append(len(messages))
            await super().add(messages, spending=spending)

    _, messages = accept(
        tmp_path, "bob", "news@example.org NOTIFY=SUCCESS", queue=Counting(),
        aliases="news: eve\nowner-news: olga",
    )  # fmt: skip

    assert [3] == steps
    assert ["ann@example.org", "", "owner-news@example.org"] == [
        message.envelope.sender for message in (messages[0], messages[2], messages[1])
    ]
    assert messages[0].queue_id == messages[2].about


def test_what_is_withheld_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says why a sender is not told of a list, as it does after an attempt."""
    caplog.set_level("INFO", "dsnlib.intake")
    assert MX.dsn.budget is not None
    dsn = attrs.evolve(DEFAULT.dsn, budget=attrs.evolve(MX.dsn.budget, per_sender=1))
    site = open_site(
        tmp_path,
        profile=attrs.evolve(DEFAULT, dsn=dsn),
        aliases="news: eve\nowner-news: olga",
    )
    replies = [asyncio.run(site.submit("news@example.org NOTIFY=SUCCESS")) for _ in range(2)]

    queue_id = str(replies[1]).rpartition(" ")[2]
    why = "budget: stopped, that of sender:ann@example.org is spent"
    said = f"{queue_id}: the sender is not told of <news@example.org>: {why}"
    assert [said] == caplog.messages


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (None, "452 4.3.1"),
        (QueueUnavailable("away"), "451 4.3.0"),
    ],
)
@pytest.mark.requirement("5321-4.2.5-02")
def test_a_queue_that_takes_nothing(
    tmp_path: Path, fault: QueueUnavailable | None, reply: str
) -> None:
    """The client keeps the message, and hears why."""
    queue = MemoryQueue(most_messages=0)
    if fault is not None:
        queue = MemoryQueue()
        queue.fault = fault
    said, messages = accept(tmp_path, "bob", queue=queue)

    assert (reply, ()) == (said[:9], messages)


def test_a_table_that_is_broken(tmp_path: Path) -> None:
    """Nobody's mail is lost or misled because of it."""
    said, messages = accept(tmp_path, "bob@example.org", virtual="bob@example.org |cat")

    assert ("451 4.3.0", ()) == (said[:9], messages)


@pytest.mark.parametrize(("hops", "reply"), [(100, "250"), (101, "554 5.4.6")])
def test_a_loop(tmp_path: Path, hops: int, reply: str) -> None:
    """What has passed more than a hundred systems is refused (RFC 5321 s6.3)."""
    content = Content(body=b"Received: from x\r\n" * hops + BODY)
    said, _ = accept(tmp_path, "bob", content=content)

    assert said.startswith(reply)


def in_a_file(tmp_path: Path) -> Content:
    """Return a message in a file, as a server gives one over."""
    path = tmp_path / "incoming"
    path.write_bytes(BODY)
    return Content(path=path, octets=len(BODY), prefix=b"Received: from x\r\n")


LIST = "news: eve\nowner-news: ann"


def test_each_copy_has_a_file_of_its_own(tmp_path: Path) -> None:
    """A queue takes over the files that it gets, so none is given twice."""
    queue = MemoryQueue()
    _, messages = accept(
        tmp_path, "bob", "news@example.org", queue=queue, content=in_a_file(tmp_path), aliases=LIST
    )
    octets = [asyncio.run(queue.content(each.queue_id)).read() for each in messages]

    assert [b"Received: from x\r\n" + BODY] * 2 == octets
    assert [] == [path.name for path in tmp_path.iterdir() if path.is_file()]


def test_copies_of_what_is_refused_are_removed(tmp_path: Path) -> None:
    """The server's own file is left to it."""
    queue = MemoryQueue(most_messages=0)
    accept(
        tmp_path, "bob", "news@example.org", queue=queue, content=in_a_file(tmp_path), aliases=LIST
    )

    assert ["incoming"] == [path.name for path in tmp_path.iterdir()]


def test_no_room_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for now, and nothing is left."""

    def refuse(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(shutil, "copyfile", refuse)
    said, messages = accept(
        tmp_path, "bob", "news@example.org", content=in_a_file(tmp_path), aliases=LIST
    )

    assert ("452 4.3.1", ()) == (said[:9], messages)
    assert ["incoming"] == [path.name for path in tmp_path.iterdir()]


def test_a_file_that_nobody_needs(tmp_path: Path) -> None:
    """Where all is settled at once there is nobody left to deliver it to."""
    content = in_a_file(tmp_path)
    said, (notification,) = accept(tmp_path, "a@example.org", content=content, aliases="a: b\nb: a")

    assert said.startswith("250 ")
    assert "ann@example.org" == notification.envelope.recipients[0].address
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is in the queue is answered 250, whatever becomes of a file that nobody needs."""
    path = tmp_path / "incoming"
    path.write_bytes(BODY)

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "it is read-only now")

    monkeypatch.setattr(Path, "unlink", fail)
    content = Content(body=BODY, path=path, octets=len(BODY))
    aliases = "nobody: loop\nloop: nobody"
    reply, _ = accept(tmp_path, "nobody", content=content, aliases=aliases)

    assert "250 2.0.0" == reply[:9]
    assert "read-only" in caplog.text


def test_a_defect_is_no_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client hears 451, and the log has what went wrong."""
    queue = MemoryQueue()

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(queue, "add", fail)
    said, _ = accept(tmp_path, "bob", queue=queue)

    assert "451 4.3.0" == said[:9]
    assert "a defect" in caplog.text


def test_a_message_without_a_time(tmp_path: Path) -> None:
    """A server has to say when it came."""
    site = open_site(tmp_path)
    envelope = Envelope(sender="", recipients=[Recipient("bob@example.org")])
    message = ReceivedMessage(
        queue_id="4F", envelope=envelope, content=Content(), client=Client(address="192.0.2.1")
    )

    assert 451 == asyncio.run(site.intake.accept(message)).code
