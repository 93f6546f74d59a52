"""From what became of a message to the messages that follow."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import attrs
import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.notifier import Following, Notifier
from dsnlib.compose.bounce import BounceComposer
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.budget import Budget, Spending
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.profile import DEFAULT
from tests.adapters.mail_site import BODY, REPORTER, START


def notify(
    notifier: Notifier, *, sender: str = "ann@example.org", content: Content | None = None
) -> Following:
    """Return what follows from a failure."""
    envelope = Envelope(sender=sender, recipients=[Recipient("bob@example.net")], arrival=START)
    outcome = DeliveryOutcome(
        recipient=envelope.recipients[0],
        disposition=Disposition.FAILED,
        status=EnhancedStatusCode.parse("5.1.1"),
    )
    return asyncio.run(
        notifier.notify(
            envelope,
            [outcome],
            facts=MessageFacts(),
            content=content or Content(body=BODY),
            is_delay_due=False,
            about="4F",
            now=START,
        )
    )


def notifier(**known: Any) -> Notifier:  # noqa: ANN401  as `Notifier` has them
    """Return one."""
    return Notifier(BounceComposer(reporter=REPORTER), **known)


@pytest.mark.parametrize(
    ("sender", "header", "language"),
    [
        ("ann@example.org", b"", b"fr"),
        ("ann@firma.example", b"", b"de"),
        ("ann@firma.example", b"Accept-Language: es\r\n", b"es"),
        ("ann@example.org", b"Content-Language: it\r\n", b"it"),
        ("ann@example.org", b"Accept-Language: tlh\r\n", b"fr"),
    ],
)
def test_the_language(sender: str, header: bytes, language: bytes) -> None:
    """What the message asks for, then the domain's, then the site's."""
    writer = notifier(language="fr", domain_languages={"firma.example": "de"})
    (made,) = notify(writer, sender=sender, content=Content(body=header + BODY)).messages

    assert b"Content-Language: " + language in made.content.read()


def test_a_token_is_never_used_twice() -> None:
    """Each notification has a Message-ID of its own."""
    writer = notifier()
    headers = [notify(writer).messages[0].content.read() for _ in range(9)]

    assert 9 == len({each.partition(b"Message-ID: ")[2][:40] for each in headers})


def test_a_notification_is_known_as_one() -> None:
    """What rules ask for is read from what was written."""
    (made,) = notify(notifier()).messages

    assert made.facts.is_report
    assert made.facts.queue_id == made.queue_id
    assert ("4F", START) == (made.about, made.envelope.arrival)


class Bank:
    """What budgets have spent, as a queue keeps it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, keys: Any) -> dict[str, Spending]:  # noqa: ANN401  as the queue's
        """Return that one is spent."""
        self.asked += keys
        return {key: Spending(1, START) for key in keys}


def test_what_was_spent_before_counts() -> None:
    """The queue is asked once for each key; from then on it is remembered."""
    dsn = attrs.evolve(DEFAULT.dsn, budget=Budget(per_sender=3))
    bank = Bank()
    writer = notifier(profile=attrs.evolve(DEFAULT, dsn=dsn), spending=bank.ask)
    made = [len(notify(writer).messages) for _ in range(4)]

    assert [1, 1, 0, 0] == made
    assert ["sender:ann@example.org"] == bank.asked


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers can have any number of addresses."""
    monkeypatch.setattr("dsnlib.adapters.notifier._MOST_REMEMBERED", 3)
    dsn = attrs.evolve(DEFAULT.dsn, budget=Budget(per_sender=3))
    writer = notifier(profile=attrs.evolve(DEFAULT, dsn=dsn))
    for number in range(9):
        notify(writer, sender=f"u{number}@example.org")

    assert ["sender:u6@example.org", "sender:u7@example.org", "sender:u8@example.org"] == list(
        writer._spent
    )


def test_a_message_that_is_large_is_not_read_whole(tmp_path: Path) -> None:
    """What is not returned is not read; the notification has the header."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(BODY)
        file.truncate(50_000_000)
    content = Content(path=path, octets=50_000_000)
    (made,) = notify(notifier(), content=content).messages

    octets = made.content.read()
    assert b"Subject: Minutes" in octets
    assert len(octets) < 10_000


def test_times_have_a_zone() -> None:
    """A time without one is refused where it comes in."""
    with pytest.raises(ValueError, match="zone"):
        asyncio.run(
            notifier(profile=attrs.evolve(DEFAULT)).notify(
                Envelope(sender="a@b", recipients=[Recipient("c@d")]),
                [
                    DeliveryOutcome(
                        recipient=Recipient("c@d"),
                        disposition=Disposition.FAILED,
                        status=EnhancedStatusCode.parse("5.0.0"),
                    )
                ],
                facts=MessageFacts(),
                content=None,
                is_delay_due=False,
                about="4F",
                now=dt.datetime(2026, 1, 1),  # noqa: DTZ001  what is refused
            )
        )
