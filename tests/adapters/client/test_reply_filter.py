"""Tables change what servers answer, before it counts."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.dialogue import Answer, Dialogue, Hear, Lost, Say, StartTls
from dsnlib.adapters.client.reply_filter import filter_dialogue
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.tables import parse_table
from tests.adapters.agents.scripted_peer import Peer
from tests.adapters.client.sending import SETTINGS, send_to, shown

if TYPE_CHECKING:
    import pytest

    from dsnlib.replies.table import Table

SOFT = parse_table("pcre", r"/^550([ -])5\.7\.1(.*)/ 450${1}4.7.1$2", origin="greylisting")
HARD = parse_table("pcre", r"/^450 4\.2\.1 (.*)/ 550 5.2.1 $1", origin="gone")
CARELESS = parse_table("pcre", "/^550/ 250 2.0.0 fine", origin="careless")
MAIL = Hear(1.0, "MAIL")


def dialogue(*steps: Hear | StartTls) -> Dialogue[list[Answer | str | None]]:
    """Hold a dialogue that returns what it hears."""
    heard: list[Answer | str | None] = []
    yield Say(b"MAIL FROM:<>\r\n")
    for step in steps:
        try:
            heard.append((yield step))
        except Lost as error:
            heard.append(f"lost: {error}")
    return heard


def hear(held: Dialogue[list[Answer | str | None]], *answers: Answer | Exception) -> list[object]:
    """Give a dialogue its answers, and return what it heard."""
    assert next(held) == Say(b"MAIL FROM:<>\r\n")
    next(held)
    try:
        for answer in answers:
            _ = held.throw(answer) if isinstance(answer, Exception) else held.send(answer)
    except StopIteration as end:
        return [str(each) for each in end.value]
    raise AssertionError("it goes on")


def test_replies() -> None:
    """A reply is what the first table makes of it; for now may become for good."""
    held = filter_dialogue(dialogue(MAIL, MAIL, MAIL), [SOFT, HARD], peer="mx")
    answers = [
        SmtpReply.parse(text)
        for text in ("550-5.7.1 no\n550 5.7.1 greylisted", "450 4.2.1 gone", "250 2.1.0 fine")
    ]

    assert ["450-4.7.1 no\n450 4.7.1 greylisted", "550 5.2.1 gone", "250 2.1.0 fine"] == hear(
        held, *answers
    )


def test_what_is_not_filtered() -> None:
    """What is no reply, a loss and the reply to STARTTLS are heard as they came."""
    refused = SmtpReply.parse("550 5.7.1 no")
    tls = StartTls(TlsPolicy(level=ClientTlsLevel.MAY), 1.0)
    held = filter_dialogue(dialogue(MAIL, MAIL, tls), [SOFT], peer="mx")

    assert ["650 5.7.1 no", "lost: gone", "550 5.7.1 no"] == hear(
        held, "650 5.7.1 no", Lost("gone"), refused
    )


def test_no_success_of_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A table cannot have a refusal count as taken; the log says that it tried."""
    held = filter_dialogue(dialogue(MAIL), [CARELESS], peer="mx.example[192.0.2.1]:25")

    assert ["550 5.7.1 no"] == hear(held, SmtpReply.parse("550 5.7.1 no"))
    (warning,) = caplog.messages
    assert warning.startswith("mx.example[192.0.2.1]:25: pcre:careless: ")
    assert warning.endswith("class 5 may not become 2")


def test_without_tables() -> None:
    """It is the dialogue itself then, which costs nothing."""
    held = dialogue(MAIL)

    assert filter_dialogue(held, [], peer="mx") is held


def test_what_the_sender_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A failure that a table has softened is a delay; the log has both replies."""
    caplog.set_level(logging.INFO, "dsnlib.client")
    heard: list[str] = []

    def status(*tables: Table) -> tuple[str, str]:
        (told,) = shown(
            send_to(
                Peer({"RCPT": "550 5.7.1 come back later"}),
                settings=attrs.evolve(SETTINGS, reply_filters=tables),
                observe=lambda side, line: heard.append(side + line),
            )
        )
        return told

    assert ("failed", "5.7.1") == status()
    assert ("delayed", "4.7.1") == status(SOFT)
    assert 2 == heard.count("S550 5.7.1 come back later")
    (line,) = [each for each in caplog.messages if "rewritten" in each]
    assert line.endswith(
        "reply to RCPT rewritten by reply-filter:pcre:greylisting:"
        " '550 5.7.1 come back later' to '450 4.7.1 come back later'"
    )
