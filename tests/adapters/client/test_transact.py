"""One transaction: what is said, what is heard, and what becomes of whom."""

import datetime as dt
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.dialogue import Lost
from dsnlib.adapters.client.features import PeerFeatures
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.transact import Transacted, transact
from dsnlib.adapters.content import Content
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayRecipient, Transaction, plan_relay
from dsnlib.policy.settle import settle_recipients
from tests.adapters.client.played import Extra, Played, play

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
MESSAGE = b"Subject: x\r\n\r\n.dot\r\n"
STUFFED = b"Subject: x\r\n\r\n..dot\r\n.\r\n"
TWO = ("bob@example.net", "eve@example.net")
FINE = "250 2.1.0 Fine"
NOBODY = "550 5.1.1 Nobody"
GO_ON = "354 Go on"
TAKEN = "250 2.0.0 Taken"
CLOSING = "421 4.3.2 Closing"
LARGE = b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * 20_000


@attrs.frozen
class Held:
    """What came of a transaction."""

    came: Transacted
    played: Played
    shown: list[tuple[str, str, str]]
    """The disposition, the status and the step of each recipient."""


def hold(
    *script: str | Extra | Exception,
    recipients: tuple[str, ...] = TWO,
    features: str = "PIPELINING",
    content: Content | None = None,
    body: Body | None = None,
    **known: Any,  # noqa: ANN401  what the settings take
) -> Held:
    """Hold a transaction against a script."""
    settings = ClientSettings(hello="mail.example.org", **known)
    envelope = Envelope(
        sender="ann@example.org", recipients=[Recipient(each) for each in recipients]
    )
    hop = NextHop.from_ehlo("mx.example.net", [], is_lmtp=settings.is_lmtp)
    plan = plan_relay(envelope, hop)
    came, played = play(
        transact(
            plan.transactions[0],
            Content(body=MESSAGE) if content is None else content,
            settings=settings,
            features=PeerFeatures.from_ehlo(features.split(",")),
            body=body,
            peer="mx.example.net[192.0.2.1]:25",
        ),
        script,
    )
    settled = settle_recipients(plan, [came.replies], now=NOW)
    shown = [
        (each.outcome.disposition.value, str(each.outcome.status), each.step.value)
        for each in settled
    ]
    return Held(came, played, shown)


def both(*shown: str) -> list[tuple[str, ...]]:
    """Return the same for both recipients."""
    return [shown, shown]


RELAYED = both("relayed", "2.0.0", "end of data")


def test_in_one_group() -> None:
    """MAIL, RCPT and DATA go out together, then the message (RFC 2920 s3.1)."""
    held = hold(FINE, FINE, NOBODY, GO_ON, TAKEN)

    assert [("relayed", "2.0.0", "end of data"), ("failed", "5.1.1", "RCPT")] == held.shown
    assert [
        (
            b"MAIL FROM:<ann@example.org>\r\n"
            b"RCPT TO:<bob@example.net>\r\nRCPT TO:<eve@example.net>\r\nDATA\r\n"
        ),
        STUFFED,
    ] == held.played.groups
    assert held.came.is_reusable
    assert held.came.has_sent


@pytest.mark.parametrize("features", ["", "CHUNKING"])
def test_step_by_step(features: str) -> None:
    """A server without PIPELINING hears one command after the other."""
    goes_on = [] if features else [GO_ON]
    held = hold(FINE, FINE, FINE, *goes_on, TAKEN, features=features)

    assert RELAYED == held.shown
    end = [b"BDAT 20 LAST\r\n" + MESSAGE] if features else [b"DATA\r\n", STUFFED]
    assert [
        b"MAIL FROM:<ann@example.org>\r\n",
        b"RCPT TO:<bob@example.net>\r\n",
        b"RCPT TO:<eve@example.net>\r\n",
        *end,
    ] == held.played.groups


def test_pipelining_may_be_left_unused() -> None:
    """As a setting, for servers that announce what they cannot do."""
    held = hold(FINE, FINE, FINE, GO_ON, TAKEN, may_pipeline=False)

    assert 5 == len(held.played.groups)


def test_a_small_message_with_its_envelope() -> None:
    """With CHUNKING too, all of it goes out at once (RFC 3030 s2)."""
    held = hold(FINE, FINE, NOBODY, TAKEN, features="PIPELINING,CHUNKING")

    (group,) = held.played.groups
    assert group.endswith(b"RCPT TO:<eve@example.net>\r\nBDAT 20 LAST\r\n" + MESSAGE)
    assert [("relayed", "2.0.0", "end of data"), ("failed", "5.1.1", "RCPT")] == held.shown


def test_chunking_may_be_left_unused() -> None:
    """As a setting."""
    held = hold(FINE, FINE, FINE, GO_ON, TAKEN, features="PIPELINING,CHUNKING", may_chunk=False)

    assert "DATA" in held.played.lines
    assert RELAYED == held.shown


def test_a_large_message_in_chunks() -> None:
    """Those that are not the last are answered before the last goes out."""
    held = hold(
        FINE, FINE, FINE, TAKEN, TAKEN,
        features="PIPELINING,CHUNKING", content=Content(body=LARGE),
    )  # fmt: skip

    assert RELAYED == held.shown
    assert ["MAIL", "RCPT", "RCPT", "BDAT", "end of data"] == held.played.heard
    first = 1 << 20
    commands = b"BDAT %d\r\n" % first, b"BDAT %d LAST\r\n" % (len(LARGE) - first)
    assert bytes(held.played.said).endswith(
        commands[0] + LARGE[:first] + commands[1] + LARGE[first:]
    )


@pytest.mark.parametrize("features", ["PIPELINING,CHUNKING", "CHUNKING"])
@pytest.mark.parametrize(
    ("answer", "status"), [("552 5.3.4 Too large", "5.3.4"), ("452 4.3.1 Full", "4.3.1")]
)
def test_a_chunk_that_is_refused(features: str, answer: str, status: str) -> None:
    """The message ends there, for everybody, and the last chunk is not sent."""
    held = hold(
        FINE, FINE, FINE, answer, features=features, content=Content(body=LARGE)
    )  # fmt: skip

    disposition = "failed" if status[0] == "5" else "delayed"
    assert both(disposition, status, "end of data") == held.shown
    assert b"LAST" not in held.played.said
    assert not held.came.has_sent
    assert not held.came.is_reusable


def test_binary() -> None:
    """A binary message says so, and goes as it is (RFC 3030 s3)."""
    body = b"A: b\r\n\r\n\x00\r.\n"
    held = hold(
        FINE, FINE, FINE, TAKEN, features="CHUNKING,BINARYMIME,8BITMIME,SIZE",
        content=Content(body=body), body=Body.BINARY,
    )  # fmt: skip

    assert "MAIL FROM:<ann@example.org> SIZE=12 BODY=BINARYMIME" == held.played.lines[0]
    assert bytes(held.played.said).endswith(b"BDAT 12 LAST\r\n" + body)


@pytest.mark.parametrize(
    ("features", "body", "options"),
    [
        ("SIZE 1000", Body.SEVEN_BIT, " SIZE=20"),
        ("SIZE,8BITMIME", Body.EIGHT_BIT, " SIZE=20 BODY=8BITMIME"),
        ("8BITMIME", Body.SEVEN_BIT, ""),
        ("8BITMIME", None, ""),
        ("PIPELINING", Body.EIGHT_BIT, ""),
    ],
)
def test_parameters_between_neighbours(features: str, body: Body | None, options: str) -> None:
    """SIZE and BODY go to servers that announce them (RFC 1870 s5, RFC 6152 s3)."""
    held = hold(FINE, features=features, body=body)

    assert f"MAIL FROM:<ann@example.org>{options}" == held.played.lines[0]


def test_nobody_is_taken() -> None:
    """There is no message then, and the session goes on."""
    held = hold(FINE, NOBODY, NOBODY, "554 5.5.1 Nobody", "250 2.0.0 Reset")

    assert both("failed", "5.1.1", "RCPT") == held.shown
    assert ["MAIL", "RCPT", "RCPT", "DATA", "RSET"] == held.played.heard
    assert held.came.is_reusable
    assert not held.came.has_sent


def test_nobody_is_taken_and_the_server_waits() -> None:
    """It gets an empty message; what it says to that is of no interest (RFC 2920 s3.1)."""
    held = hold(FINE, NOBODY, NOBODY, GO_ON, TAKEN)

    assert both("failed", "5.1.1", "RCPT") == held.shown
    assert b".\r\n" == held.played.groups[-1]
    assert not held.came.has_sent
    assert held.came.is_reusable


def test_nobody_is_taken_by_a_mail_store_that_waits() -> None:
    """How many replies it would give for nobody is not known: the session ends."""
    held = hold(FINE, NOBODY, NOBODY, GO_ON, is_lmtp=True)

    assert both("failed", "5.1.1", "RCPT") == held.shown
    assert 1 == len(held.played.groups)
    assert not held.came.is_reusable


@pytest.mark.parametrize(("is_lmtp", "is_reusable"), [(False, True), (True, False)])
def test_nobody_is_taken_behind_a_chunk(*, is_lmtp: bool, is_reusable: bool) -> None:
    """What the server says to a message for nobody is of no interest."""
    answers = [] if is_lmtp else ["503 5.5.1 Nobody"]
    held = hold(FINE, NOBODY, NOBODY, *answers, features="PIPELINING,CHUNKING", is_lmtp=is_lmtp)

    assert both("failed", "5.1.1", "RCPT") == held.shown
    assert is_reusable == held.came.is_reusable


def test_a_sender_who_is_refused() -> None:
    """MAIL decides for all; what is said to the rest of the group is not listened to."""
    other = "503 5.5.1 No sender"
    held = hold("550 5.7.1 Not you", other, other, other)

    assert both("failed", "5.7.1", "MAIL") == held.shown
    assert held.came.is_reusable


def test_a_sender_who_is_refused_step_by_step() -> None:
    """No recipient is named."""
    held = hold("451 4.7.1 Later", features="")

    assert both("delayed", "4.7.1", "MAIL") == held.shown
    assert 1 == len(held.played.lines)


def test_a_sender_who_is_refused_and_all_else_taken() -> None:
    """Nobody gets an empty message: the connection ends."""
    held = hold("550 5.7.1 Not you", FINE, FINE, GO_ON)

    assert both("failed", "5.7.1", "MAIL") == held.shown
    assert 1 == len(held.played.groups)
    assert held.came.is_broken


def test_data_is_refused() -> None:
    """The recipients that were taken are refused after all."""
    held = hold(FINE, FINE, NOBODY, "451 4.3.0 Later", "250 2.0.0 Reset")

    assert [("delayed", "4.3.0", "DATA"), ("failed", "5.1.1", "RCPT")] == held.shown
    assert held.came.is_reusable


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([CLOSING], both("delayed", "4.3.2", "MAIL")),
        ([FINE, CLOSING], both("delayed", "4.3.2", "RCPT")),
        (
            [FINE, FINE, CLOSING],
            [("delayed", "4.3.2", "DATA"), ("delayed", "4.3.2", "RCPT")],
        ),
        (
            [FINE, NOBODY, CLOSING],
            [("failed", "5.1.1", "RCPT"), ("delayed", "4.3.2", "RCPT")],
        ),
        ([FINE, FINE, FINE, CLOSING], both("delayed", "4.3.2", "DATA")),
        ([FINE, FINE, FINE, GO_ON, CLOSING], both("delayed", "4.3.2", "end of data")),
    ],
)
@pytest.mark.parametrize("features", ["PIPELINING", ""])
def test_the_server_closes(
    features: str, script: list[str], expected: list[tuple[str, ...]]
) -> None:
    """421 stands for all that was not answered, and what was answered stands."""
    held = hold(*script, features=features)

    assert expected == held.shown
    assert held.came.is_broken


@pytest.mark.parametrize("features", ["PIPELINING", "", "CHUNKING", "PIPELINING,CHUNKING"])
@pytest.mark.parametrize("is_lmtp", [False, True])
@pytest.mark.parametrize("length", range(6))
def test_a_loss(*, features: str, is_lmtp: bool, length: int) -> None:
    """What was answered before stands, and the rest waits, with the place and the step."""
    script = [FINE, NOBODY, FINE, *([] if "CHUNKING" in features else [GO_ON]), TAKEN]
    held = hold(*script[:length], Lost("no answer in time"), features=features, is_lmtp=is_lmtp)
    kept = held.shown
    lost = held.came.replies.lost

    if length < len(script):
        assert ("delayed", "4.4.2") == kept[1][:2]
        assert lost.startswith("mx.example.net[192.0.2.1]:25 was lost at ")
        assert lost.endswith("no answer in time")
        assert held.came.is_broken
    if length > 1:
        assert ("failed", "5.1.1", "RCPT") == kept[0]
    assert held.came.has_sent == (length >= len(script) - 1 or features == "PIPELINING,CHUNKING")


@pytest.mark.parametrize(
    "script",
    [
        [GO_ON],
        [FINE, GO_ON],
        [FINE, FINE, FINE, FINE],
        [FINE, FINE, FINE, GO_ON, Extra(TAKEN)],
        [FINE, FINE, NOBODY, "550 5.1.1 What", GO_ON],
        [FINE, FINE, NOBODY, "550 5.1.1 What", FINE, Extra(FINE)],
    ],
)
def test_a_server_that_is_out_of_step(script: list[str | Extra]) -> None:
    """Nobody knows to whom a refusal belongs: no message is sent, and everyone waits."""
    held = hold(*script)

    assert [("delayed", "4.5.0"), ("delayed", "4.5.0")] == [each[:2] for each in held.shown]
    assert "is out of step" in held.came.replies.lost
    assert not held.came.has_sent
    assert held.came.is_broken


@pytest.mark.parametrize("script", [[GO_ON], [FINE, GO_ON], [FINE, FINE, FINE, GO_ON]])
def test_out_of_step_behind_a_chunk(script: list[str]) -> None:
    """The message has gone, and still nobody is refused for somebody else's reply."""
    held = hold(*script, features="PIPELINING,CHUNKING")

    assert both("delayed", "4.5.0", "MAIL") == held.shown
    assert held.came.has_sent


def test_too_many_replies_after_the_message() -> None:
    """The outcome stands, since 354 has shown the two in step; the session does not."""
    held = hold(FINE, FINE, FINE, GO_ON, TAKEN, Extra("554 5.6.0 No"))

    assert RELAYED == held.shown
    assert not held.came.is_reusable


def test_too_many_replies_after_a_chunk() -> None:
    """No reply is of a class that only the message's can have: everyone waits."""
    held = hold(FINE, NOBODY, FINE, TAKEN, Extra(TAKEN), features="PIPELINING,CHUNKING")

    assert both("delayed", "4.5.0", "MAIL") == held.shown


def test_a_chunk_that_is_taken_for_commands() -> None:
    """A server that announces CHUNKING and does not know BDAT answers to each line."""
    what = "500 5.5.2 What"
    held = hold(FINE, NOBODY, FINE, what, Extra(what), features="PIPELINING,CHUNKING")

    assert [("failed", "5.1.1", "RCPT"), ("failed", "5.5.2", "end of data")] == held.shown
    assert not held.came.is_reusable


def test_a_server_that_waits_twice() -> None:
    """A second 354 is passed over."""
    held = hold(FINE, FINE, FINE, GO_ON, GO_ON, TAKEN)

    assert RELAYED == held.shown


def test_lmtp() -> None:
    """Each recipient that was taken has its reply, in their order (RFC 2033 s4.2)."""
    three = (*TWO, "tom@example.net")
    held = hold(
        FINE, FINE, NOBODY, FINE, GO_ON, TAKEN, "452 4.2.2 Full", recipients=three, is_lmtp=True
    )

    assert [
        ("relayed", "2.0.0", "end of data"),
        ("failed", "5.1.1", "RCPT"),
        ("delayed", "4.2.2", "end of data"),
    ] == held.shown
    assert held.came.is_reusable


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([], "4.4.2"),
        ([CLOSING], "4.3.2"),
        (["what?"], "5.5.0"),
    ],
)
def test_lmtp_with_too_few_replies(last: list[str], expected: str) -> None:
    """Who was answered keeps the answer."""
    held = hold(FINE, FINE, FINE, GO_ON, TAKEN, *last, is_lmtp=True)

    assert [("relayed", "2.0.0"), expected] == [held.shown[0][:2], held.shown[1][1]]
    assert held.came.is_broken


def test_lmtp_with_too_many_replies() -> None:
    """Nobody knows whose they are."""
    held = hold(FINE, FINE, FINE, GO_ON, TAKEN, TAKEN, Extra("552 5.2.2 Full"), is_lmtp=True)

    assert both("delayed", "4.5.0", "end of data") == held.shown


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("552 5.3.4 Too large", ("failed", "5.3.4")),
        ("452 4.3.1 Full", ("delayed", "4.3.1")),
        ("250 2.0.0 Taken", ("delayed", "4.5.0")),
    ],
)
@pytest.mark.parametrize("features", ["PIPELINING", "CHUNKING"])
def test_a_verdict_before_the_end(features: str, said: str, expected: tuple[str, str]) -> None:
    """A message that is refused in its middle is not ended, and half of one is never taken."""
    go_on = [GO_ON] if features == "PIPELINING" else []
    held = hold(
        FINE, FINE, FINE, *go_on, Extra(said, later=1),
        features=features, content=Content(body=LARGE[:200_000]),
    )  # fmt: skip

    assert [expected, expected] == [each[:2] for each in held.shown]
    assert not held.came.has_sent
    assert held.came.is_broken


@pytest.mark.parametrize("features", ["PIPELINING", "PIPELINING,CHUNKING"])
@pytest.mark.parametrize("octets", [2, 70_000])
def test_a_file_that_is_gone(features: str, octets: int) -> None:
    """The message waits, and the server does not get half of it."""
    content = Content(path=Path("/nowhere/at/all"), octets=octets)
    held = hold(FINE, FINE, FINE, GO_ON, features=features, content=content)

    assert [("delayed", "4.3.0")] * 2 == [each[:2] for each in held.shown]
    assert not held.came.has_sent
    assert held.came.is_broken


def test_thousands_of_recipients() -> None:
    """They are named in groups, so that neither side has to keep more than it can."""
    many = tuple([f"r{number}@example.net" for number in range(1201)])
    held = hold(FINE, *[FINE] * 1201, GO_ON, TAKEN, recipients=many)

    assert [501, 500, 202] == [each.count(b"\r\n") for each in held.played.groups[:-1]]
    assert {("relayed", "2.0.0", "end of data")} == set(held.shown)
    assert 1201 == len(held.shown)


def test_thousands_of_recipients_and_a_sender_who_is_refused() -> None:
    """The second group is not said."""
    many = tuple([f"r{number}@example.net" for number in range(1201)])
    held = hold("550 5.7.1 No", *["503 5.5.1 No"] * 500, recipients=many)

    assert 1 == len(held.played.groups)
    assert {("failed", "5.7.1", "MAIL")} == set(held.shown)
    assert held.came.is_reusable


@pytest.mark.parametrize(
    ("sender", "option"),
    [("ann@example.org", "RET=HDRS\r\nRSET"), ("a\r\nRSET", "RET=HDRS"), ("a\ud800", "RET=HDRS")],
    ids=["parameter", "sender", "no octets"],
)
def test_a_command_that_is_two(sender: str, option: str) -> None:
    """Nothing is said then."""
    transaction = Transaction(
        sender=sender,
        options=(option,),
        recipients=(RelayRecipient(Recipient("bob@example.net")),),
    )
    dialogue = transact(
        transaction, Content(body=MESSAGE), settings=ClientSettings(hello="me.example"),
        features=PeerFeatures(), body=None, peer="mx",
    )  # fmt: skip

    with pytest.raises(InvalidValue, match="more than one line"):
        play(dialogue, [])


@pytest.mark.parametrize(
    "reply", ["500 5.5.1 What", "502 5.5.1 What", "555 5.5.4 What", "503 5.5.1 What"]
)
def test_a_server_that_does_not_understand(reply: str) -> None:
    """The session is not used again (Postfix's rule)."""
    held = hold(FINE, FINE, reply, GO_ON, TAKEN)

    assert not held.came.is_reusable
    assert not held.came.is_broken


_ANSWERS = st.sampled_from(
    [FINE, NOBODY, GO_ON, TAKEN, CLOSING, "451 4.7.1 Later", "503 5.5.1 No", "what?", "999 x",
     Extra(TAKEN), Extra(NOBODY), Extra(GO_ON, later=1), Lost("gone")]
)  # fmt: skip


@given(
    script=st.lists(_ANSWERS, max_size=12),
    features=st.sampled_from(["", "PIPELINING", "CHUNKING", "PIPELINING,CHUNKING"]),
    is_lmtp=st.booleans(),
    count=st.integers(1, 4),
    body=st.sampled_from([MESSAGE, LARGE[:100_000]]),
)
def test_any_server(
    *, script: list[str | Extra | Exception], features: str, is_lmtp: bool, count: int, body: bytes
) -> None:
    """Each recipient has one outcome, and no success is made up."""
    recipients = tuple([f"r{number}@example.net" for number in range(count)])
    held = hold(
        *script, features=features, recipients=recipients, is_lmtp=is_lmtp,
        content=Content(body=body),
    )  # fmt: skip

    assert count == len(held.shown)
    if any(each[0] == "relayed" for each in held.shown):
        assert held.came.has_sent
    assert not (held.came.is_reusable and held.came.is_broken)


def test_what_is_said_of_a_server_is_one_line() -> None:
    """Whatever it has said: a report has no room for more."""
    held = hold("354-Go\r\n354 on", recipients=("bob@example.net",))

    assert held.came.replies.lost.endswith("is out of step: 354-Go 354 on to MAIL")
