"""The fake server does what addresses and tests tell it, and keeps what it takes."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import time
from typing import TYPE_CHECKING

import pytest

from dsnlib import read_reports
from dsnlib.adapters.sink import Sink, SinkMessage
from dsnlib.errors import InvalidReply
from dsnlib.model.esmtp import Notify, Ret
from dsnlib.model.reply import SmtpReply
from dsnlib.model.report import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGE = b"Subject: Minutes\r\n\r\nHere.\r\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server that is fresh."""
    with Sink() as made:
        yield made


def send(
    sink: Sink, *local_parts: str, sender: str = "ann@example.org", options: tuple[str, ...] = ()
) -> dict[str, str]:
    """Send a message; return the reply to each recipient, or the one to all at the end."""
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
        addresses = [sink.address(each) for each in local_parts]
        try:
            refused = client.sendmail(sender, addresses, MESSAGE, (), options)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPDataError as error:
            return dict.fromkeys(local_parts, str(SmtpReply.from_exception(error))[:9])
        except smtplib.SMTPServerDisconnected:
            return dict.fromkeys(local_parts, "gone")
    replies = {each: SmtpReply.from_pair(*pair) for each, pair in refused.items()}
    return {each: str(replies.get(sink.address(each), "250"))[:9].strip() for each in local_parts}


@pytest.mark.parametrize(
    ("local_part", "expected"),
    [
        ("bounce-5.2.2", "552 5.2.2"),
        ("bounce-5.1.1", "550 5.1.1"),
        ("bounce-5.1.7", "550 5.1.7"),
        ("bounce-4.2.2", "450 4.2.2"),
        ("bounce-5.9.7", "550 5.9.7"),
        ("data-5.7.1", "550 5.7.1"),
        ("data-4.3.0", "451 4.3.0"),
        ("delay", "451 4.4.1"),
        ("greylist", "451 4.7.1"),
        ("drop", "gone"),
        ("lose", "gone"),
        ("success", "250"),
        ("bob", "250"),
    ],
)
def test_reply(sink: Sink, local_part: str, expected: str) -> None:
    """What the client is answered, by the local part."""
    assert {local_part: expected} == send(sink, local_part)
    # Of one that gets lost, the server has the message.
    assert (expected == "250" or local_part == "lose") == bool(sink.messages)


def test_recipients_apart(sink: Sink) -> None:
    """Each recipient of a message has its own reply."""
    replies = send(sink, "bob", "bounce-5.1.1", "bounce-5.1.1+other", "bounce-4.2.1")

    assert ["250", "550 5.1.1", "550 5.1.1", "450 4.2.1"] == list(replies.values())
    assert [(sink.address("bob"),)] == [each.recipients for each in sink.messages]


def test_message(sink: Sink) -> None:
    """A message is kept with all that came with it."""
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
        client.sendmail(
            "",
            sink.address("bob"),
            MESSAGE,
            mail_options=["RET=HDRS", "ENVID=Qq1"],
            rcpt_options=["NOTIFY=NEVER"],
        )
    (message,) = sink.messages

    assert ("", (sink.address("bob"),)) == (message.sender, message.recipients)
    assert (Ret.HDRS, "Qq1") == (message.envelope.mail.ret, message.envelope.mail.envid)
    assert Notify.NEVER == message.envelope.recipients[0].params.notify
    assert MESSAGE == message.content
    assert "Minutes" == message.message["Subject"]
    assert "127.0.0.1" == message.peer


def test_greylisting(sink: Sink) -> None:
    """Who comes again is taken; each sender has to come again."""
    replies = [send(sink, "greylist", sender=each)["greylist"] for each in ("a@x", "a@x", "b@x")]

    assert ["451 4.7.1", "250", "451 4.7.1"] == replies


def test_greylisting_is_bounded(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is forgotten, because so many others came, has to come again."""
    monkeypatch.setattr("dsnlib.adapters.sink.server._MOST_TRIED", 2)
    for local_part in ("greylist", "greylist+a", "greylist+b", "greylist"):
        assert {local_part: "451 4.7.1"} == send(sink, local_part)
    assert {"greylist": "250"} == send(sink, "greylist")


def test_delay(sink: Sink) -> None:
    """A delay is over when its time is."""
    replies = [send(sink, each)[each] for each in ("delay-0", "delay-0", "delay-60", "delay-60")]

    assert ["250", "250", "451 4.4.1", "451 4.4.1"] == replies


def test_slow(sink: Sink) -> None:
    """A slow reply comes late, and nobody else waits for it."""
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(smtplib.SMTP(sink.host, sink.port, timeout=10)) for _ in range(2)
        ]
        for client, name in zip(clients, ("slow-1", "slow-60"), strict=True):
            client.ehlo()
            client.mail("ann@example.org")
            client.putcmd(f"RCPT TO:<{sink.address(name)}>")
        assert {"bob": "250"} == send(sink, "bob")
        assert 250 == clients[0].getreply()[0]
        assert 0.9 < time.monotonic() - begin < 50
        clients[1].close()  # which QUIT would wait for


# Notifications


@pytest.mark.parametrize(
    ("local_part", "options", "expected"),
    [
        ("report-5.1.1", (), [(Action.FAILED, "5.1.1")]),
        ("report-5.1.1", ("NOTIFY=SUCCESS",), []),
        ("report-5.1.1", ("NOTIFY=NEVER",), []),
        ("report-4.4.7", (), [(Action.DELAYED, "4.4.7")]),
        ("report-4.4.7", ("NOTIFY=FAILURE",), []),
        ("success", (), []),
        ("success", ("NOTIFY=SUCCESS",), [(Action.DELIVERED, "2.1.5")]),
        ("report-2.1.9", ("NOTIFY=SUCCESS",), [(Action.DELIVERED, "2.1.9")]),
        ("bob", ("NOTIFY=SUCCESS",), []),
    ],
)
def test_notification(
    sink: Sink, local_part: str, options: tuple[str, ...], expected: list[tuple[Action, str]]
) -> None:
    """What a real system would send later, as the sender has asked."""
    assert {local_part: "250"} == send(sink, local_part, options=options)
    sink.wait()

    found = []
    for report in sink.reports:
        assert "" == report.envelope.sender
        assert "ann@example.org" == report.envelope.recipients[0].address
        (read,) = read_reports(report.as_bytes())
        found += [(each.action, str(each.status)) for each in read.recipients]
    assert expected == found


def test_notification_for_several(sink: Sink) -> None:
    """Those of one message are told of together, and the others not at all."""
    send(sink, "report-5.1.1", "bob", "report-5.2.2")

    (report,) = sink.reports
    assert ["5.1.1", "5.2.2"] == [str(each.status) for each in report.plan.report.recipients]


def test_nobody_to_tell(sink: Sink) -> None:
    """Of mail with the null path nobody hears."""
    send(sink, "report-5.1.1", sender="")

    assert 1 == len(sink.messages)
    assert () == sink.reports


# What a test tells it


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_scripted_reply(sink: Sink, verb: str) -> None:
    """A reply for a command, so many times."""
    sink.answer("452 4.3.1 full", verb=verb, times=2)
    replies = []
    for _ in range(3):
        try:
            replies.append(send(sink, "bob")["bob"])
        except smtplib.SMTPSenderRefused as error:
            replies.append(str(SmtpReply.from_exception(error))[:9])

    assert ["452 4.3.1", "452 4.3.1", "250"] == replies
    assert 1 == len(sink.messages)


def test_scripted_reply_for_an_address(sink: Sink) -> None:
    """A reply for one address, for ever, also where its name says otherwise."""
    address = sink.address("bounce-5.1.1")
    sink.answer(SmtpReply.parse("550 5.7.1 no"), address=address)
    for _ in range(2):
        assert {"bounce-5.1.1": "550 5.7.1", "bob": "250"} == send(sink, "bounce-5.1.1", "bob")


def test_scripted_reply_to_the_message(sink: Sink) -> None:
    """A message is refused for one of its recipients."""
    sink.answer("554 5.6.0 no", verb="DATA", address=sink.address("bob"))

    assert {"eve": "250"} == send(sink, "eve")
    assert {"eve": "554 5.6.0", "bob": "554 5.6.0"} == send(sink, "eve", "bob")


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_scripted_end(sink: Sink, verb: str) -> None:
    """`None` is no reply at all."""
    sink.answer(None, verb=verb)

    assert {"bob": "gone"} == send(sink, "bob")
    assert () == sink.messages


def test_what_cannot_be_scripted(sink: Sink) -> None:
    """A mistake in a test is told at once."""
    with pytest.raises(InvalidReply):
        sink.answer("no")
    with pytest.raises(ValueError, match="'VRFY' is none of MAIL, RCPT, DATA"):
        sink.answer("550 no", verb="VRFY")


def test_clear(sink: Sink) -> None:
    """What was and what was told is forgotten."""
    sink.answer("550 5.7.1 no", address=sink.address("eve"))
    send(sink, "report-5.1.1")
    sink.clear()

    assert ((), ()) == (sink.messages, sink.reports)
    assert {"eve": "250"} == send(sink, "eve")


def test_without_dsn(sink: Sink) -> None:
    """A server without DSN does not announce it, and refuses what it brings."""
    sink.announces_dsn = False
    with smtplib.SMTP(sink.host, sink.port, timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("dsn")
        assert client.has_extn("enhancedstatuscodes")
        assert 555 == client.mail("ann@example.org", ["RET=FULL"])[0]
        assert 250 == client.mail("ann@example.org", ["SIZE=100"])[0]
        assert 555 == client.rcpt(sink.address("bob"), ["NOTIFY=NEVER"])[0]
        assert 250 == client.rcpt(sink.address("bob"))[0]
        client.docmd("RSET")
        sink.announces_dsn = True
        assert 250 == client.mail("ann@example.org", ["RET=FULL"])[0]


# The server


def test_wait(sink: Sink) -> None:
    """Who waits for messages has them, or is told how many came."""
    send(sink, "bob")

    assert 1 == len(sink.wait())
    with pytest.raises(TimeoutError, match="1 of 2 messages"):
        sink.wait(2, seconds=0.01)


def test_bounds() -> None:
    """The oldest messages go when there are too many, or too many octets."""
    with Sink(most_messages=2) as few, Sink(most_octets=2 * len(MESSAGE)) as small:
        for each in (few, small):
            for sender in ("a@x", "b@x", "c@x"):
                send(each, "bob", sender=sender)
            assert ["b@x", "c@x"] == [message.sender for message in each.messages]


def test_callbacks() -> None:
    """Whoever wants messages and notifications gets them."""
    messages: list[SinkMessage] = []
    reports: list[object] = []
    with Sink(on_message=messages.append, on_report=reports.append) as sink:
        send(sink, "report-5.1.1")

        assert list(sink.messages) == messages
        assert list(sink.reports) == reports
        assert 1 == len(reports)


def test_callback_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """What could not be kept was not taken."""

    def fail(message: SinkMessage) -> None:
        raise OSError(28, "No space left on device")

    with Sink(on_message=fail) as sink:
        assert {"bob": "451 4.3.0"} == send(sink, "bob")
        assert () == sink.messages
    assert "No space left" in caplog.text


def test_port_is_taken() -> None:
    """A port that cannot be had is told at once."""
    begin = time.monotonic()
    with Sink() as sink, pytest.raises(OSError, match="in use"):
        Sink(port=sink.port).start()

    assert time.monotonic() - begin < 20


def test_again() -> None:
    """A sink that was stopped can be started again, on the same port; twice stopped is once."""
    sink = Sink(hostname="mx.example")
    sink.stop()
    for _ in range(2):
        with sink:
            port = sink.port
            send(sink, "bob")
        assert port == sink.port
    assert 2 == len(sink.messages)
    assert "bob@mx.example" == sink.address("bob")


def test_stop_with_clients() -> None:
    """Clients that are still there do not hold it up, nor does a reply that is a minute away."""
    begin = time.monotonic()
    with contextlib.ExitStack() as stack, Sink() as sink:
        # The stack is let go last, when the sink has stopped.
        for _ in range(3):
            client = socket.create_connection((sink.host, sink.port), 10)
            stack.enter_context(client)
            client.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<slow-60@x>\r\n")
    assert time.monotonic() - begin < 50


def test_ipv6() -> None:
    """An address of the other family is as good."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no IPv6 here")
    with Sink(host="::1") as sink:
        assert {"bob": "250"} == send(sink, "bob")
