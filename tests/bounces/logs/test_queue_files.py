"""What is remembered of the messages under way."""

from __future__ import annotations

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.logs.queue_files import QueueFiles


def _key(queue_id: str) -> tuple[str, str]:
    return "mx", queue_id


def _delay(recipient: str) -> BounceEvent:
    return BounceEvent(recipient=recipient, kind=EventKind.DELAY)


def test_message_id_by_host_and_queue_id() -> None:
    """The same queue id at another host is another message."""
    memory = QueueFiles()
    memory.name(_key("A"), "a@example.net")

    assert "a@example.net" == memory.message_id(_key("A"))
    assert memory.message_id(("other", "A")) is None
    assert memory.message_id(_key("B")) is None


def test_queue_id_that_is_used_anew() -> None:
    """A message that gets its Message-ID is a new one: nobody waits in it."""
    memory = QueueFiles()
    memory.wait(_key("A"), _delay("bob@example.org"))
    memory.name(_key("A"), "b@example.net")

    assert () == memory.waiting(_key("A"))


def test_who_waits() -> None:
    """A recipient waits once, for what was said last, until it is settled."""
    memory = QueueFiles()
    first, last, other = _delay("bob@example.org"), _delay("bob@example.org"), _delay("al@a.b")
    memory.wait(_key("A"), first)
    memory.wait(_key("A"), other)
    memory.wait(_key("A"), last)

    assert (last, other) == memory.waiting(_key("A"))
    memory.settle(_key("A"), "bob@example.org")
    memory.settle(_key("A"), "nobody@example.org")
    memory.settle(_key("B"), "bob@example.org")
    assert (other,) == memory.waiting(_key("A"))
    memory.forget(_key("A"))
    memory.forget(_key("A"))
    assert () == memory.waiting(_key("A"))
    assert 0 == len(memory)


def test_message_that_was_not_touched_goes_first() -> None:
    """There are no more messages than allowed."""
    memory = QueueFiles(most_messages=2)
    memory.name(_key("A"), "a@example.net")
    memory.name(_key("B"), "b@example.net")
    assert "a@example.net" == memory.message_id(_key("A"))
    memory.name(_key("C"), "c@example.net")

    assert 2 == len(memory)
    assert memory.message_id(_key("B")) is None
    assert "a@example.net" == memory.message_id(_key("A"))


def test_most_recipients_that_wait() -> None:
    """There are no more recipients waiting than allowed, be it in one message."""
    memory = QueueFiles(most_waiting=3)
    memory.wait(_key("A"), _delay("a@example.org"))
    for name in "bcd":
        memory.wait(_key("B"), _delay(f"{name}@example.org"))
    assert () == memory.waiting(_key("A"))
    assert 3 == len(memory.waiting(_key("B")))
    memory.wait(_key("B"), _delay("e@example.org"))

    assert 0 == len(memory)


def test_long_message_ids_are_cut() -> None:
    """A Message-ID is one line of bounded length."""
    memory = QueueFiles()
    memory.name(_key("A"), "a\n" + "b" * 5000)

    assert "a " + "b" * 996 == memory.message_id(_key("A"))
