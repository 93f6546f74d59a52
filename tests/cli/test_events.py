"""`dsnlib events` hands on what a history knows, and remembers how far it came."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.outbox.signature import WebhookSecret, make_secret, verify_webhook
from dsnlib.adapters.store import open_store
from dsnlib.adapters.suppressing import Suppressor
from dsnlib.bounces.event_record import event_record
from dsnlib.cli.exits import Exit
from tests.adapters.outbox.events import NOW, event, events
from tests.adapters.outbox.web_server import OK, answer, web_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.adapters.outbox.web_server import Told
    from tests.cli.run import Run

VERB = "events"
FOLLOWED = ("--follow", "--metrics")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A history with three events."""
    path = tmp_path / "history.db"
    with open_store(str(path)) as store:
        store.add(events(3))
    return path


def test_print(place: Path, run: Callable[..., Run]) -> None:
    """Without a name all there is goes to standard output, each time."""
    for _ in range(2):
        code, out, err = run(place)

        assert (Exit.FINE, "") == (code, err)
        assert [event_record(each) for each in events(3)] == list(map(json.loads, out.splitlines()))


def test_jsonl(place: Path, run: Callable[..., Run], tmp_path: Path) -> None:
    """A file gets each event once; the next run goes on."""
    target = tmp_path / "out.jsonl"
    first = run(place, "--name", "log", "--jsonl", target)
    with open_store(str(place)) as store:
        store.add([event(3)])
    second = run(place, "--name", "log", "--jsonl", target)
    lines = [json.loads(line)["recipient"] for line in target.read_text().splitlines()]

    assert (Exit.FINE, "", "dsnlib: 3 handed on, 0 set aside\n") == first
    assert (Exit.FINE, "", "dsnlib: 1 handed on, 0 set aside\n") == second
    assert [each.recipient for each in events(4)] == lines


def test_judged(place: Path, run: Callable[..., Run], tmp_path: Path) -> None:
    """Events wait for the score, if that is wanted."""
    target = tmp_path / "out.jsonl"
    args = (place, "--name", "log", "--jsonl", target, "--judged")
    before = run(*args)
    with open_store(str(place)) as store:
        Suppressor(store).update(now=NOW)
    after = run(*args)

    assert (Exit.FINE, "", "dsnlib: 0 handed on, 0 set aside\n") == before
    assert (Exit.FINE, "", "dsnlib: 3 handed on, 0 set aside\n") == after


def test_webhook(
    place: Path,
    run: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Requests are signed with each secret of the file, or of the environment."""
    pytest.importorskip("urllib3", reason="the extra `webhook` is not installed")
    old, new = make_secret(), make_secret()
    secrets, url = tmp_path / "secrets", tmp_path / "url"
    secrets.write_text(f"{new}\n{old}\n")
    monkeypatch.setenv("DSNLIB_WEBHOOK_SECRET", old)
    told: list[Told] = []

    def script(_: int, request: Told) -> bytes:
        told.append(request)
        return OK

    with web_server(script) as server:
        url.write_text(server.url + "\n")
        args = (place, "--webhook-file", url)
        by_file = run(*args, "--name", "a", "--secret-file", secrets, "--batch", 2)
        by_environment = run(*args, "--name", "b")

    assert (Exit.FINE, "", "dsnlib: 3 handed on, 0 set aside\n") == by_file == by_environment
    assert [2, 2, 1, 1, 1] == [each.headers["webhook-signature"].count("v1,") for each in told]
    now = event().occurred
    assert now is not None
    for each in told:
        signed = now.fromtimestamp(int(each.headers["webhook-timestamp"]), now.tzinfo)
        assert verify_webhook(each.headers, each.body, [WebhookSecret(old)], now=signed)


def test_refused(place: Path, run: Callable[..., Run], tmp_path: Path) -> None:
    """What is refused is set aside, and the exit code says so; without a place it waits."""
    pytest.importorskip("urllib3", reason="the extra `webhook` is not installed")

    def script(_: int, told: Told) -> bytes:
        return answer("422 No") if b"user1@" in told.body else OK

    aside = tmp_path / "aside.jsonl"
    with web_server(script) as server:
        args = (place, "--webhook", server.url, "--tries", 1)
        held = run(*args, "--name", "a")
        passed = run(*args, "--name", "b", "--set-aside", aside)
        place_ = f"http://127.0.0.1:{server.port}"
    event_id = event(1).event_id

    assert held[0] == Exit.PROBLEMS
    assert (
        f"dsnlib: 1 handed on, 0 set aside, the rest waits: event {event_id}: "
        f"{place_} answers 422\n"
    ) in held[2]
    assert passed[0] == Exit.PROBLEMS
    assert passed[2].endswith("dsnlib: 2 handed on, 1 set aside\n")
    assert event_record(event(1)) == json.loads(aside.read_text())["event"]


def test_down(place: Path, run: Callable[..., Run]) -> None:
    """A server that is down is not waited for; what waits is told in one line."""
    pytest.importorskip("urllib3", reason="the extra `webhook` is not installed")
    with web_server(lambda _, __: answer("503 Busy")) as server:
        code, out, err = run(place, "--name", "a", "-q", "--webhook", server.url)

    assert (Exit.PROBLEMS, "", "") == (code, out, err)


def test_gone(place: Path, run: Callable[..., Run]) -> None:
    """A server that is gone for good ends the run with its words."""
    pytest.importorskip("urllib3", reason="the extra `webhook` is not installed")
    with web_server(lambda _, __: answer("410 Gone")) as server:
        code, _, err = run(place, "--name", "a", "--webhook", server.url, "--follow")

    assert (Exit.PROBLEMS, f"dsnlib: http://127.0.0.1:{server.port} answers 410\n") == (code, err)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["--jsonl", "x"], "--name: it is needed"),
        (["--name", "a"], "--name: say where to"),
        (["--follow"], "--follow: it needs --name"),
        (["--name", "a", "--jsonl", "x", "--webhook", "y"], "not allowed with"),
        (["--name", "a", "--webhook", "hidden"], "webhook URL: it is not http or https"),
        (["--name", "a", "--webhook", "ftp://x/"], "webhook URL: it is not http or https"),
        (["--name", "a", "--webhook", "http://x/", "--batch", "0"], "most_notices: 0"),
        (["--name", "a", "--jsonl", "x", "--tries", "0"], "tries: 0"),
        (
            ["--name", "a", "--jsonl", "x", *FOLLOWED, "here"],
            "--metrics: 'here' is not HOST:PORT",
        ),
        (["--name", "a", "--jsonl", "x", *FOLLOWED, "192.0.2.1:80"], "does not have the address"),
        (
            ["--name", "a", "--jsonl", "x", "--metrics", "127.0.0.1:9"],
            "--metrics: it needs --follow",
        ),
    ],
)
def test_usage(
    place: Path, run: Callable[..., Run], arguments: list[str], rule: str, tmp_path: Path
) -> None:
    """A command line that makes no sense is told in one line, without what may be a secret."""
    code, out, err = run(place, *arguments)

    assert (Exit.USAGE, "") == (code, out)
    assert rule in err.splitlines()[-1]
    assert "hidden" not in err.splitlines()[-1]


def test_bad_secret(place: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that is none is not shown."""
    pytest.importorskip("urllib3", reason="the extra `webhook` is not installed")
    monkeypatch.setenv("DSNLIB_WEBHOOK_SECRET", "hidden")
    code, _, err = run(place, "--name", "a", "--webhook", "http://127.0.0.1:1/")

    assert code == Exit.USAGE
    assert "hidden" not in err
    assert "webhook secret: it is not whsec_" in err


def test_missing(run: Callable[..., Run], place: Path, tmp_path: Path) -> None:
    """A history or a file that is not there is told."""
    assert Exit.NO_INPUT == run(tmp_path / "nosuch.db")[0]
    code, _, err = run(place, "--name", "a", "--webhook-file", tmp_path / "nosuch")

    assert (Exit.NO_INPUT, f"dsnlib: {tmp_path}/nosuch: No such file or directory\n") == (code, err)


@pytest.mark.parametrize(
    ("option", "module", "rule"),
    [
        ([*FOLLOWED, "127.0.0.1:9"], "prometheus_client", "install dsnlib[metrics]"),
        (["--trace"], "opentelemetry", "install dsnlib[otel]"),
        (["--webhook", "http://127.0.0.1:9/"], "urllib3", "install dsnlib[webhook]"),
    ],
)
def test_extras(
    place: Path,
    run: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    option: list[str],
    module: str,
    rule: str,
) -> None:
    """What is not installed is told with the name of the extra."""
    for name in [each for each in sys.modules if each.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    target = [] if "--webhook" in option else ["--jsonl", str(place.with_suffix(".out"))]
    code, _, err = run(place, "--name", "a", *target, *option)

    assert code == Exit.USAGE
    assert rule in err.splitlines()[-1]


def test_follow(place: Path, tmp_path: Path) -> None:
    """It goes on with what is added, shows its numbers, and ends well on SIGTERM."""
    pytest.importorskip("prometheus_client", reason="the extra `metrics` is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    target = tmp_path / "out.jsonl"
    program = (
        "import argparse, sys\n"
        "from dsnlib.cli.verbs import events\n"
        "parser = argparse.ArgumentParser()\n"
        "events.add_arguments(parser)\n"
        "parser.set_defaults(usage_error=parser.error)\n"
        "sys.exit(events.run(parser.parse_args()))\n"
    )
    command = (sys.executable, "-c", program, str(place), "--name", "log", "--jsonl", str(target))
    more = ("--follow", "--metrics", f"127.0.0.1:{port}")
    with subprocess.Popen((*command, *more), env={**os.environ, "PYTHONPATH": "."}) as process:
        try:
            _wait_for(target, 3)
            with open_store(str(place)) as store:
                store.add([event(3)])
            _wait_for(target, 4)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
                told = page.read()
        finally:
            process.send_signal(signal.SIGTERM)
        code = process.wait(20)

    assert Exit.FINE == code
    assert b'dsnlib_outbox_events_total{name="log",result="taken"}' in told


def _wait_for(target: Path, lines: int) -> None:
    for _ in range(500):
        if target.exists() and target.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.02)
    raise TimeoutError
