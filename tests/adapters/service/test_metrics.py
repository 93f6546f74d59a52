"""Numbers: what is counted, and the page that Prometheus reads."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging

import attrs
import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import NewMessage
from dsnlib.adapters.server.rates import RateLimits
from dsnlib.adapters.service.counting import CountingNotifier, CountingRates, RefusalCounter
from dsnlib.adapters.service.exposition import MetricsPage
from dsnlib.adapters.service.metrics import METRICS, MetricKind, PrometheusMeter
from dsnlib.adapters.service.sockets import bind_all
from dsnlib.compose.bounce import BounceComposer
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import Notify, RcptParameters
from dsnlib.policy.budget import Budget
from dsnlib.policy.expansion import Expansion
from dsnlib.policy.profile import DEFAULT
from dsnlib.policy.reporter import Reporter

pytest.importorskip("prometheus_client", reason="the extra `metrics` is not installed")


def value(meter: PrometheusMeter, name: str, **labels: str) -> float | None:
    """Return what a number is now."""
    return meter.registry.get_sample_value(f"dsnlib_{name}", labels)


def test_meter() -> None:
    """Every number can be counted, and is shown under its name."""
    meter = PrometheusMeter()
    for name, metric in METRICS.items():
        if metric.kind is MetricKind.HISTOGRAM:
            meter.observe(name, 1.0)
        else:
            meter.count(name, *metric.labels, by=2)
    page = meter.exposition().decode()

    assert all(f"\n# HELP dsnlib_{name}" in f"\n{page}" for name in METRICS)


def test_follow() -> None:
    """A gauge that follows is asked when it is read."""
    meter = PrometheusMeter()
    meter.follow("queue_messages", lambda: 7)

    assert 7 == value(meter, "queue_messages")


def test_what_is_withheld_of_a_list() -> None:
    """What nobody is told of a list is counted when the message comes in."""
    meter = PrometheusMeter()
    posts = Expansion.list_("eve@example.org", owner="olga@example.org")
    dsn = attrs.evolve(DEFAULT.dsn, budget=Budget(per_sender=1))
    notifier = CountingNotifier(
        BounceComposer(reporter=Reporter.parse("mail.example.org")),
        profile=attrs.evolve(DEFAULT, dsn=dsn),
        look_up={"news@example.org": posts}.get,
    )
    notifier.meter = meter
    asked = Recipient("news@example.org", RcptParameters(notify=Notify.SUCCESS))
    now = dt.datetime(2026, 3, 3, tzinfo=dt.UTC)
    envelope = Envelope(sender="ann@example.org", recipients=[asked], arrival=now)
    post = NewMessage(queue_id="4F", envelope=envelope, content=Content(body=b"Subject: x\r\n\r\n"))
    for _ in range(3):
        asyncio.run(notifier.follow(post, now=now))

    assert 1 == value(meter, "notifications_total", kind="alias")
    assert 2 == value(meter, "withheld_total", rule="budget")


def test_rates() -> None:
    """Connections are counted as they come and go, whatever the limits say."""
    meter = PrometheusMeter()
    rates = CountingRates(RateLimits(connections=1), listener="mx", meter=meter)

    async def talk() -> None:
        assert await rates.connect("192.0.2.1")
        assert not await rates.connect("192.0.2.1")

    asyncio.run(talk())
    rates.disconnect("192.0.2.1")

    assert 2 == value(meter, "connections_total", listener="mx")
    assert 1 == value(meter, "sessions", listener="mx")


def test_refusals() -> None:
    """Refusals are counted by verb and codes; what a stranger made up is `other`."""
    meter = PrometheusMeter()
    counter = RefusalCounter(meter)
    log = logging.getLogger("dsnlib.test.refusals")
    log.setLevel(logging.INFO)
    log.addHandler(counter)
    event = {"event": "refused", "service": "mx", "code": 550, "status": "5.1.1"}
    log.info("x", extra={"event": {**event, "verb": "RCPT"}})
    log.info("x", extra={"event": {**event, "verb": "SECRET-PASSWORD", "status": None}})
    log.info("x", extra={"event": {"event": "stopped"}})
    log.info("x")
    log.removeHandler(counter)
    labels = {"listener": "mx", "code": "550"}

    assert 1 == value(meter, "replies_total", verb="RCPT", status="5.1.1", **labels)
    assert 1 == value(meter, "replies_total", verb="other", status="", **labels)


async def ask(request: bytes) -> bytes:
    """Return what the page answers."""
    (sock,) = bind_all([("metrics_address", "127.0.0.1", 0)])
    host, port = sock.getsockname()
    meter = PrometheusMeter()
    meter.count("messages", "mx", "250")
    page = MetricsPage(meter, sock)
    await page.start()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    await page.stop()
    return answer


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"200 OK", b'dsnlib_messages_total{code="250",'),
        (b"GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK", b"dsnlib_messages_total"),
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"200 OK", b"close\r\n\r\n"),
        (b"GET / HTTP/1.1\r\n\r\n", b"404 Not Found", b""),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", b""),
    ],
)
def test_page(request_: bytes, status: bytes, text: bytes) -> None:
    """One path has the numbers; all else is refused."""
    answer = asyncio.run(ask(request_))

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert text in answer


@pytest.mark.parametrize(
    "request_", [b"", b"GET /metrics", b"x" * 10_000 + b"\r\n\r\n", b"\xff\r\n"]
)
def test_bad_request(request_: bytes) -> None:
    """Who says too much, too little or nonsense gets nothing."""
    assert b"" == asyncio.run(ask(request_))
