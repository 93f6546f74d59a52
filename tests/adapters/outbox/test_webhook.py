"""Events over HTTP: what each answer means, and that a bad server costs little."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.outbox.outbox import Outbox
from dsnlib.adapters.outbox.poster import TimeLimits
from dsnlib.adapters.outbox.signature import WebhookSecret, make_secret, verify_webhook
from dsnlib.adapters.outbox.sink import EventRefused, SinkClosed, SinkUnavailable
from dsnlib.adapters.outbox.webhook import Webhook
from dsnlib.adapters.store import open_store
from dsnlib.bounces.event_record import read_event_record
from dsnlib.errors import InvalidValue
from tests.adapters.outbox.events import event, events, notice
from tests.adapters.outbox.web_server import OK, answer, web_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.adapters.outbox.web_server import Told

pytest.importorskip("urllib3", reason="the extra `webhook` is not installed")

SECRET = WebhookSecret(make_secret())
NOW = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)
SHORT = TimeLimits(connect_seconds=2, read_seconds=0.2, whole_seconds=0.4)


def webhook(url: str, **settings: Any) -> Webhook:  # noqa: ANN401  whatever a webhook takes
    """Return one whose clock stands."""
    return Webhook(url, clock=NOW.timestamp, **settings)


def test_request() -> None:
    """One event is one signed request, over one connection; the receiver can verify it."""
    with web_server() as server:
        sink = webhook(server.url, secrets=[SECRET])
        sink.take([notice(0)])
        sink.take([notice(1)])
        sink.close()
        sink.close()
        first, second = server.told

    assert 1 == server.connections
    assert "POST /bounces?token=hidden HTTP/1.1" == first.line
    assert "application/json" == first.headers["content-type"]
    identifier = verify_webhook(first.headers, first.body, [SECRET], now=NOW)
    assert event(0).event_id == identifier
    message = json.loads(first.body)
    assert "bounce.failure" == message["type"]
    assert event(0) == read_event_record(message["data"])
    assert event(1).event_id == second.headers["webhook-id"]


def test_batch() -> None:
    """Several events are one request, which has the same name when it comes again."""
    with web_server() as server:
        sink = webhook(server.url, most_notices=10)
        sink.take([notice(0), notice(1)])
        sink.take([notice(0), notice(1)])
        sink.take([notice(1)])
        sink.close()
        first, again, alone = server.told
    message = json.loads(first.body)

    assert "bounce.batch" == message["type"]
    assert [event(0), event(1)] == [read_event_record(each["data"]) for each in message["data"]]
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.headers["webhook-id"].startswith("batch-")
    assert "bounce.failure" == json.loads(alone.body)["type"]


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        ("301 Moved", SinkUnavailable),
        ("400 Bad", EventRefused),
        ("401 Who", SinkUnavailable),
        ("403 No", SinkUnavailable),
        ("404 Where", SinkUnavailable),
        ("408 Late", SinkUnavailable),
        ("409 Conflict", EventRefused),
        ("410 Gone", SinkClosed),
        ("413 Large", EventRefused),
        ("422 What", EventRefused),
        ("425 Early", SinkUnavailable),
        ("429 Often", SinkUnavailable),
        ("500 Oops", SinkUnavailable),
        ("503 Busy", SinkUnavailable),
        ("101 Switch", SinkUnavailable),
        ("999 Made up", SinkUnavailable),
    ],
)
def test_answers(status: str, raised: type[Exception]) -> None:
    """What an answer means; nothing of the path or the secret is in the message."""
    shown = b"we do not know\r\n\x1b[31mthat \xff address" + b"x" * 1000
    reply = answer(status, "Location: /elsewhere", body=shown)
    with web_server(lambda _, __: reply) as server:
        sink = webhook(server.url, secrets=[SECRET])
        with pytest.raises(raised) as caught:
            sink.take([notice()])
        sink.close()
    text = str(caught.value)

    assert text.startswith(f"http://127.0.0.1:{server.port} answers {status[:3]}")
    assert 1 == len(server.told)
    assert text.isprintable()
    assert len(text) < 300
    assert "hidden" not in text


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sun, 01 Mar 2026 09:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 08:00:00 -0000", 0.0),
        ("9" * 400, 999_999_999.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Sun, 01 Mar 9999999 09:01:00 GMT", None),
    ],
)
def test_retry_after(field: str, seconds: float | None) -> None:
    """The server may say when to come again: seconds, or a date (RFC 9110 s10.2.3)."""
    reply = answer("503 Busy", f"Retry-After: {field}")
    with web_server(lambda _, __: reply) as server:
        sink = webhook(server.url)
        with pytest.raises(SinkUnavailable) as caught:
            sink.take([notice()])
        sink.close()

    assert seconds == caught.value.after_seconds


def _drip_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        time.sleep(0.02)
        yield b"X: y\r\n"


def _drip_body() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"
    while True:
        time.sleep(0.02)
        yield b"x"


def _continue_for_ever() -> Iterator[bytes]:
    while True:
        time.sleep(0.02)
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


def _silence() -> Iterator[bytes]:
    time.sleep(0.5)
    yield OK


@pytest.mark.parametrize("script", [_drip_head, _drip_body, _continue_for_ever, _silence])
def test_never_answers(script: Callable[[], Iterator[bytes]]) -> None:
    """A server that says nothing, or an octet now and then, is cut off."""
    start = time.monotonic()
    with web_server(lambda _, __: script()) as server:
        sink = webhook(server.url, limits=SHORT)
        with pytest.raises(SinkUnavailable, match=r"no answer in time|was lost before"):
            sink.take([notice()])
        sink.close()

    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"HTTP/1.1",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n",
    ],
    ids=["nothing", "part", "nonsense", "short", "many", "long", "chunks", "number"],
)
def test_broken_answer(octets: bytes) -> None:
    """What is no whole answer is none: the event comes again."""

    def once(_: int, __: Told) -> Iterator[bytes]:
        yield octets
        raise OSError

    with web_server(once) as server:
        sink = webhook(server.url, limits=SHORT)
        with pytest.raises(SinkUnavailable) as caught:
            sink.take([notice()])
        sink.close()

    assert "hidden" not in str(caught.value)
    assert str(caught.value).isprintable()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "connections"),
    [
        pytest.param(CHUNKED, 1, id="chunks: the connection is kept"),
        pytest.param(answer("200 OK", body=b"x" * 3_000_000), 2, id="long: it is given up"),
        pytest.param(answer("200 OK", "Connection: close"), 2, id="closed by the server"),
    ],
)
def test_connections(first: bytes, connections: int) -> None:
    """What the first answer does to the connection; the second event goes out in any case."""
    with web_server(lambda number, _: OK if number else first) as server:
        sink = webhook(server.url)
        sink.take([notice(0)])
        sink.take([notice(1)])
        sink.close()

    assert (connections, 2) == (server.connections, len(server.told))


def test_nobody_there() -> None:
    """Where nobody listens, the sink is unavailable."""
    with web_server() as server:
        pass
    with pytest.raises(SinkUnavailable, match=f"^http://127.0.0.1:{server.port}: no connection$"):
        webhook(server.url).take([notice()])
    with pytest.raises(SinkUnavailable, match="cannot be looked up"):
        webhook("http://nosuch.invalid/").take([notice()])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hidden",
        "/hidden",
        "ftp://example.org/hidden",
        "file:///hidden",
        "http://",
        "http://user:hidden@example.org/",
        "http://example.org/#hidden",
        "http://example.org/hidden\r\nX: y",
        "http://example.org/ hidden",
        "http://ex\xe4mple.org/hidden",
        "http://example.org:hidden/",
        "http://example.org:99999/hidden",
        "http://[hidden/",
        "http://hidden..example/",
        "http://hidden" + "x" * 64 + ".example/",
    ],
)
def test_bad_url(url: str) -> None:
    """What is no URL for us is refused; it is not shown, as it may be a secret."""
    with pytest.raises(InvalidValue, match=r"^webhook URL: ") as caught:
        Webhook(url)

    assert "hidden" not in str(caught.value)


def test_bad_settings(tmp_path: Path) -> None:
    """Numbers out of range, and files that are none, are named."""
    url = "https://example.org/"
    with pytest.raises(InvalidValue, match="most_notices"):
        Webhook(url, most_notices=0)
    with pytest.raises(InvalidValue, match="read_seconds"):
        TimeLimits(read_seconds=0)
    with pytest.raises(InvalidValue, match=r"nosuch: No such file"):
        Webhook(url, authorities=tmp_path / "nosuch")
    (tmp_path / "text").write_text("no certificate")
    with pytest.raises(InvalidValue, match="authorities: "):
        Webhook(url, authorities=tmp_path / "text")


def test_tls(tmp_path: Path) -> None:
    """Certificates are verified: by the system's authorities, or by those that are named."""
    import ssl

    trustme = pytest.importorskip("trustme", reason="the extra `test` is not installed")
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    with web_server(context=context) as server:
        url = f"https://localhost:{server.port}/"
        sink = Webhook(url, authorities=trusted)
        sink.take([notice(0)])
        sink.take([notice(1)])
        sink.close()
        with pytest.raises(SinkUnavailable, match="TLS: "):
            Webhook(url).take([notice()])
        other = f"https://127.0.0.1:{server.port}/"
        with pytest.raises(SinkUnavailable, match="TLS: "):
            Webhook(other, authorities=trusted).take([notice()])

    assert 2 == len(server.told)


def test_tls_drip(tmp_path: Path) -> None:
    """A server that drips is cut off behind TLS too."""
    import ssl

    trustme = pytest.importorskip("trustme", reason="the extra `test` is not installed")
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    start = time.monotonic()
    with web_server(lambda _, __: _drip_head(), context=context) as server:
        sink = Webhook(f"https://localhost:{server.port}/", authorities=trusted, limits=SHORT)
        with pytest.raises(SinkUnavailable):
            sink.take([notice()])
        sink.close()

    assert time.monotonic() - start < 20


def test_from_history_to_receiver(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A receiver that is down for a while, and takes each identifier once, gets every event."""
    taken: dict[str, str] = {}

    def script(number: int, told: Told) -> bytes:
        if number % 3 == 1:
            return answer("503 Busy")
        if number % 7 == 2:
            return b""
        identifier = verify_webhook(told.headers, told.body, [SECRET], now=NOW)
        taken[identifier] = json.loads(told.body)["data"]["recipient"]
        return OK

    with (
        caplog.at_level(logging.DEBUG),
        open_store(str(tmp_path / "history.db")) as store,
        web_server(script) as server,
    ):
        store.add(events(30))
        sink = webhook(server.url, secrets=[SECRET])
        outbox = Outbox(store, "crm", sink)
        while outbox.run_once().wait_seconds is not None:
            pass
        sink.close()

    assert [each.recipient for each in events(30)] == list(taken.values())
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("dsnlib")]
    assert ours
    assert not [line for line in ours if "hidden" in line or "@" in line]
