"""A server in this process: it starts, it stops, and what cannot go on ends it."""

from __future__ import annotations

import asyncio
import json
import logging
import smtplib
import time
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.delivery import Deliverer
from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.adapters.service.build import build
from dsnlib.adapters.service.notify import ServiceManager
from dsnlib.adapters.service.serve import Service
from dsnlib.adapters.service.sockets import bind_all
from dsnlib.adapters.sink import Sink
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.adapters.smtp_options import DsnOptions
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from dsnlib.adapters.config.settings import Settings

MEMORY = "queue_type = 'memory'\n[[listen]]\nport = 0\nprofile = 'sink'\n"


def service_of(settings: Settings, ready_file: Path | None = None) -> Service:
    """Return a service of settings; its sockets are its own."""
    places = [("listen", each.address, each.port) for each in settings.listeners]
    return Service(
        build(settings), bind_all(places), manager=ServiceManager({}), ready_file=ready_file
    )


def run(service: Service, then: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a service, do something, and stop it."""

    async def all_of_it() -> None:
        running = asyncio.ensure_future(service.run())
        try:
            await then()
        finally:
            service.stop()
        await running

    asyncio.run(all_of_it())


def wait_ready(path: Path) -> dict[str, Any]:
    """Return what stands in the ready file, once it is there."""
    end = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.005)
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_start_and_stop(tmp_path: Path) -> None:
    """It greets as long as it runs."""
    path = tmp_path / "ready"
    greeting = b""

    async def greet() -> None:
        nonlocal greeting
        port = (await asyncio.to_thread(wait_ready, path))["listeners"][0]["port"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        greeting = await reader.readline()
        writer.close()
        await writer.wait_closed()

    run(service_of(read_settings(MEMORY, hostname="mx.example.org"), path), greet)

    assert b"220 mx.example.org ESMTP\r\n" == greeting


def test_lmtp(tmp_path: Path) -> None:
    """A listener for LMTP takes mail into the queue, and replies once for each recipient."""
    path = tmp_path / "ready"
    settings = (
        "queue_type = 'memory'\ncontent_filter = 'discard:'\n"
        "[[listen]]\nport = 0\nprofile = 'lmtp'\nsmtpd_peername_lookup = false\n"
    )
    answers: list[str] = []

    async def send() -> None:
        port = (await asyncio.to_thread(wait_ready, path))["listeners"][0]["port"]
        envelope = Envelope(
            sender="ann@example.com",
            recipients=tuple([Recipient(f"{each}@example.net") for each in "abc"]),
        )
        async with SmtpClient.to(f"[127.0.0.1]:{port}", is_lmtp=True) as client:
            results = await client.send(envelope, b"Subject: x\r\n\r\nx\r\n")
        answers.extend(str(each.answer)[:9] for each in results)

    run(service_of(read_settings(settings, hostname="mx.example.org"), path), send)

    assert ["250 2.0.0"] * 3 == answers


def test_stop_before_run() -> None:
    """To stop what has not begun does nothing."""
    service = service_of(read_settings(MEMORY))
    service.stop()

    async def nothing() -> None:
        await asyncio.sleep(0.05)

    run(service, nothing)


def test_part_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue runner that fails ends the server, with what it failed for."""

    async def fail(*_: object, **__: object) -> None:
        await asyncio.sleep(0)
        message = "no more"
        raise RuntimeError(message)

    monkeypatch.setattr(Deliverer, "run", fail)
    service = service_of(read_settings(MEMORY))

    with pytest.raises(RuntimeError, match="no more"):
        asyncio.run(service.run())


def test_queue_cannot_be_opened(tmp_path: Path) -> None:
    """A queue that cannot be opened keeps it from listening."""
    (tmp_path / "file").write_text("x", "utf-8")
    settings = read_settings(
        f"queue_directory = '{tmp_path}/file'\n[[listen]]\nport = 0\nprofile = 'sink'\n"
    )
    places = [("listen", "127.0.0.1", 0)]
    (sock,) = bind_all(places)

    with sock, pytest.raises(QueueUnavailable):
        asyncio.run(Service(build(settings), [sock], manager=ServiceManager({})).run())


def test_mail_goes_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What was asked for travels on, a connection serves those who wait, and the log has it."""
    caplog.set_level(logging.INFO, "dsnlib")
    path = tmp_path / "ready"
    bob = Recipient("bob@example.net", parse_rcpt_parameters("NOTIFY=SUCCESS ORCPT=rfc822;b@x"))
    envelope = Envelope(
        sender="ann@example.com", mail=parse_mail_parameters("RET=HDRS ENVID=i+2B1"),
        recipients=[bob],
    )  # fmt: skip

    def submit(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            options = DsnOptions.of(envelope, extensions=client.esmtp_features)
            for number in range(3):
                client.mail(envelope.sender, options.mail_options)
                client.rcpt(bob.address, options.rcpt_options(bob))
                assert 250 == client.data(f"Subject: {number}\r\n\r\nx\r\n")[0]

    with Sink() as sink:
        text = (
            f"queue_type = 'memory'\nrelayhost = '[127.0.0.1]:{sink.port}'\nlog_format = 'json'\n"
            "mydestination = []\nsmtp_destination_concurrency_limit = 1\n"
            "[[listen]]\nport = 0\nsmtpd_peername_lookup = false\n"
        )

        async def send() -> None:
            port = (await asyncio.to_thread(wait_ready, path))["listeners"][0]["port"]
            await asyncio.to_thread(submit, port)
            async with asyncio.timeout(10):
                while len(_sent(caplog)) < 3:  # noqa: ASYNC110  the log has no event of asyncio
                    await asyncio.sleep(0.01)

        run(service_of(read_settings(text, hostname="mx.example.org"), path), send)
        arrived = sink.messages

    mails = [each.envelope.mail for each in arrived]
    assert [(envelope.mail.ret, "i+1")] * 3 == [(each.ret, each.envid) for each in mails]
    assert [(bob,)] * 3 == [each.envelope.recipients for each in arrived]
    events = [vars(each)["event"] for each in _sent(caplog)]
    assert [1, 2, 3] == [each["conn_use"] for each in events]
    relay = f"127.0.0.1[127.0.0.1]:{sink.port}"
    for each in events:
        assert (relay, "sent") == (each["relay"], each["status"])
        assert pytest.approx(each["delay"]) == sum(each["delays"])
    # Where a connection was open already, nothing was waited for.
    assert events[0]["delays"][2] > events[1]["delays"][2]
    lines = [each.getMessage() for each in caplog.records]
    assert sum("conn_use=2, delay=" in each for each in lines) == 1
    assert any(each.startswith("smtp ") and "hits=2" in each for each in lines)


def test_old_names_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """The log says which keys are called otherwise today."""
    text = f"fallback_relay = '[127.0.0.1]:25'\n{MEMORY}"

    async def nothing() -> None:
        await asyncio.sleep(0.05)

    run(service_of(read_settings(text, origin="x.toml")), nothing)

    assert "x.toml:1: fallback_relay is called smtp_fallback_relay now" in caplog.messages


def _sent(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [each for each in caplog.records if "status=sent" in each.getMessage()]
