"""`dsnlib queue` shows what waits, and does what it is told with it."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from dsnlib import cli
from dsnlib.adapters.queue import Settlement
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.spool.database import DATABASE
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import queue as verb
from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.model.date import format_time
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.schedule import QueueHistory
from tests.adapters.queueing import BOB, EVE, NOW, message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run


OLD = NOW - dt.timedelta(days=200_000)
SOON = NOW + dt.timedelta(days=200_000)


@pytest.fixture
def run(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Run]:
    """Return a function that runs the verb on the queue: exit code, output, complaints."""

    def run_verb(*arguments: str, place: str = "--queue-directory") -> Run:
        where = str(tmp_path / ("queue" if place == "--queue-directory" else "dsnlib.toml"))
        code = cli.main(["queue", *arguments, place, where])
        said = capfdbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return run_verb


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Put three messages into a queue: N, which is new, D, deferred, and H, old and held."""

    async def fill() -> None:
        async with Spool.open(tmp_path / "queue", reserve_octets=0) as queue:
            await queue.add([message(queue_id="D", recipients=(BOB, EVE), arrival=SOON)])
            (claimed,) = await queue.claim(SOON, most=1)
            outcome = DeliveryOutcome(
                recipient=BOB,
                disposition=Disposition.DELAYED,
                status=EnhancedStatusCode.parse("4.2.2"),
                diagnostic=DiagnosticCode("smtp", "452 4.2.2 \u202efull"),
                remote_mta=MtaName("dns", "mx.example.com"),
            )
            history = QueueHistory(arrival=SOON, warned=SOON).attempted([outcome])
            await queue.settle(
                Settlement(
                    queue_id="D",
                    left=claimed.envelope,
                    history=history,
                    due=SOON + dt.timedelta(hours=2),
                    reason="mx.example.com said: \x1b[31mfull",
                )
            )
            alias = attrs.evolve(EVE, expanded_from="team@example.org")
            held = message(
                b"Subject: held\r\n\r\nbody\xff\r\n",
                queue_id="H",
                sender="",
                recipients=(alias, Recipient("Dora@old.example")),
                is_held=True,
                about="4F",
                arrival=OLD,
            )
            await queue.add([attrs.evolve(held, destination="smtp:[192.0.2.1]")])
            await queue.add(
                [message(b"no header end", queue_id="N", sender="x@old.example", arrival=SOON)]
            )

    asyncio.run(fill())
    return tmp_path / "queue"


def due_now(directory: Path) -> dict[str, int]:
    """Return who is due by then, and how often each was tried."""

    async def look() -> dict[str, int]:
        async with Spool.open(directory, reserve_octets=0) as queue:
            claimed = await queue.claim(SOON, most=9)
            return {each.queue_id: each.history.attempts for each in claimed}

    return asyncio.run(look())


def test_list(filled: Path, run: Callable[..., Run]) -> None:
    """A row for each message, in columns, and nothing in it that acts on a terminal."""
    code, out, err = run("list")

    assert (Exit.FINE, "") == (code, err)
    heading, *rows, total = out.splitlines()
    columns = ["ID", "STATE", "SIZE", "ARRIVED", "NEXT", "SENDER", "RECIPIENTS", "REASON"]
    assert columns == heading.split()
    assert [["D", "deferred"], ["H", "held"], ["N", "new"]] == [row.split()[:2] for row in rows]
    assert "bob@example.org and 1 more" in rows[0]
    assert f"{SOON:%Y-%m-%d} 10:14" in rows[0]
    assert "mx.example.com said: \ufffd[31mfull" in rows[0]
    assert " <> " in rows[1]
    assert "3 messages" == total
    assert out == run("list", "--all")[1]


def test_list_as_json(filled: Path, run: Callable[..., Run]) -> None:
    """The same for programs, with all that is known."""
    code, out, _ = run("list", "--json")
    deferred, held, new = json.loads(out)

    assert Exit.FINE == code
    assert {
        "queue_id": "H",
        "state": "held",
        "reason": None,
        "sender": "",
        "parameters": ["RET=HDRS", "envid=QQ314159"],
        "smtputf8": False,
        "body": "7BIT",
        "octets": 24,
        "arrived": format_time(OLD),
        "received_from": None,
        "attempts": 0,
        "next": None,
        "warned": None,
        "about": "4F",
        "destination": "smtp:[192.0.2.1]",
        "requeued": False,
        "recipients": [
            {
                "address": "eve@example.org",
                "expanded_from": "team@example.org",
                "parameters": [],
                "said": None,
                "noted": None,
            },
            {
                "address": "Dora@old.example",
                "expanded_from": None,
                "parameters": [],
                "said": None,
                "noted": None,
            },
        ],
    } == held
    assert {
        "address": "bob@example.org",
        "expanded_from": None,
        "parameters": ["NOTIFY=FAILURE,delay"],
        "said": "mx.example.com: 452 4.2.2 \u202efull",
        "noted": None,
    } == deferred["recipients"][0]
    assert ("new", None, format_time(SOON)) == (new["state"], new["warned"], new["next"])
    assert "[]\n" == run("list", "--json", "--sender", "nobody@example.org")[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--all"], "DHN"),
        (["--held"], "H"),
        (["--sender", "<>"], "H"),
        (["--sender", "ANN@example.org"], "D"),
        (["--sender", "@old.example"], "N"),
        (["--recipient", "dora@OLD.example"], "H"),
        (["--recipient", "@example.org"], "DHN"),
        (["--recipient", "bob@example.org", "--sender", "x@old.example"], "N"),
        (["--older-than", "1w", "--recipient", "eve@example.org"], "H"),
        (["--older-than", "0"], "H"),
        (["N", "D", "N"], "ND"),
        (["N", "D", "--sender", "@old.example"], "N"),
        (["--sender", "example.org"], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_choosing(
    filled: Path, run: Callable[..., Run], arguments: list[str], expected: str
) -> None:
    """Messages are chosen by name, or by all that is said of them."""
    code, out, err = run("list", "--json", *arguments)
    found: list[dict[str, Any]] = json.loads(out)

    assert (Exit.FINE, "") == (code, err)
    assert list(expected) == [each["queue_id"] for each in found]


def test_show(filled: Path, run: Callable[..., Run]) -> None:
    """All that is known of a message, each recipient with what was last said of him."""
    code, out, _ = run("show", "D", "H")

    assert Exit.FINE == code
    for line in (
        "D\n  State       deferred",
        "  Sender      ann@example.org",
        "  Parameters  RET=HDRS envid=QQ314159",
        "  To          bob@example.org\n              NOTIFY=FAILURE,delay\n",
        "              mx.example.com: 452 4.2.2 \ufffdfull\n",
        "  To          eve@example.org (from team@example.org)",
        "  Way         smtp:[192.0.2.1]",
        "  Told of delay",
    ):
        assert line in out
    assert 2 == len(json.loads(run("show", "--json", "D", "H")[1]))


def test_show_octets(
    filled: Path, run: Callable[..., Run], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Header, body or message come out as they are."""

    def octets(*arguments: str) -> bytes:
        parser = argparse.ArgumentParser()
        verb.add_arguments(parser)
        args = parser.parse_args(["show", *arguments, "--queue-directory", str(filled)])
        assert Exit.FINE == verb.run(args)
        return capfdbinary.readouterr().out

    assert b"Subject: held\r\n\r\n" == octets("--header", "H")
    assert b"body\xff\r\n" == octets("--body", "H")
    assert b"Subject: held\r\n\r\nbody\xff\r\n" == octets("--message", "H")
    assert b"no header end" == octets("--header", "N")
    assert b"" == octets("--body", "N")


def test_hold_and_release(filled: Path, run: Callable[..., Run]) -> None:
    """What is held waits, what is released does not."""
    assert (Exit.FINE, "1 message held\n", "") == run("hold", "N")
    assert {} == due_now(filled)
    assert (Exit.FINE, "2 messages released\n", "") == run("release", "--all")
    assert {"H": 0, "N": 0} == due_now(filled)


def test_flush(filled: Path, run: Callable[..., Run]) -> None:
    """What is flushed is due, but what is held waits on."""
    assert (Exit.FINE, '["D", "H", "N"]\n', "") == run("flush", "--json", "--all")
    assert {"D": 1, "N": 0} == due_now(filled)


def test_requeue(filled: Path, run: Callable[..., Run]) -> None:
    """What is requeued is due, as if it had not been tried."""
    assert (Exit.FINE, "2 messages requeued\n", "") == run("requeue", "D", "H")
    assert {"D": 0, "H": 0, "N": 0} == due_now(filled)


def test_delete(filled: Path, run: Callable[..., Run]) -> None:
    """What is deleted is gone, octets and all."""
    assert (Exit.FINE, "1 message deleted\n", "") == run("delete", "--sender", "<>")
    assert (Exit.FINE, '["D", "N"]\n', "") == run("hold", "--json", "D", "N")
    assert (Exit.FINE, "2 messages deleted\n", "") == run("delete", "--all")
    assert (Exit.FINE, "0 messages\n", "") == run("list")
    assert [] == list(filled.glob("messages/*/*"))


@pytest.mark.parametrize("name", ["show", "hold", "delete", "list"])
def test_unknown_identifiers(filled: Path, run: Callable[..., Run], name: str) -> None:
    """What is not there is told of, and the rest is done."""
    code, out, err = run(name, "N", "Z\x1b")

    assert (Exit.PROBLEMS, "dsnlib: Z\ufffd: there is no such message [unknown]\n") == (code, err)
    assert out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["delete"], "which messages?"),
        (["show"], "which messages?"),
        (["flush", "--json"], "which messages?"),
        (["hold", "--all", "N"], "argument --all: not together"),
        (["hold", "--all", "--held"], "argument --all: not together"),
        (["list", "--older-than", "soon"], "'soon' is no time"),
        (["list", "--older-than", "9999999d"], "is no time"),
        (["show", "N", "--header", "--body"], "not allowed with argument"),
    ],
    ids=" ".join,
)
def test_usage(filled: Path, run: Callable[..., Run], arguments: list[str], complaint: str) -> None:
    """A command that could hit more than was meant does nothing."""
    code, _, err = run(*arguments)

    assert Exit.USAGE == code
    assert complaint in err


def test_damaged(filled: Path, run: Callable[..., Run]) -> None:
    """A message that cannot be read is shown as that, and not chosen by what it may be."""
    connection = sqlite3.connect(filled / DATABASE)
    with connection:
        connection.execute("UPDATE messages SET envelope = x'00' WHERE queue_id = 'N'")
    connection.close()

    assert "N   damaged" in run("list")[1]
    assert "State       damaged" in run("show", "N")[1]
    assert "damaged" == json.loads(run("list", "--json")[1])[2]["state"]
    assert (Exit.FINE, "2 messages\n") == (0, run("list", "--recipient", "@example.org")[1][-11:])
    assert (Exit.FINE, "1 message deleted\n", "") == run("delete", "N")


def test_what_is_noted(filled: Path, run: Callable[..., Run]) -> None:
    """Who is not tried any more, though his message is not settled, is shown as that."""

    async def note() -> None:
        async with Spool.open(filled, reserve_octets=0) as queue:
            (claimed,) = [each for each in await queue.claim(SOON, most=9) if each.queue_id == "N"]
            outcome = DeliveryOutcome(
                recipient=claimed.envelope.recipients[0],
                disposition=Disposition.FAILED,
                status=EnhancedStatusCode.parse("5.1.1"),
            )
            await queue.note("N", [outcome])

    asyncio.run(note())
    assert "failed 5.1.1, to be settled with the others" in run("show", "N")[1]
    (shown,) = json.loads(run("show", "N", "--json")[1])
    assert ["failed 5.1.1"] == [each["noted"] for each in shown["recipients"]]


def test_what_is_requeued(filled: Path, run: Callable[..., Run]) -> None:
    """Until aliases have been followed anew it is told that they will be."""
    assert "Aliases" not in run("show", "H")[1]
    assert (Exit.FINE, "1 message requeued\n", "") == run("requeue", "H")
    assert "Aliases     to be followed anew" in run("show", "H")[1].replace("  Al", "Al")
    assert json.loads(run("show", "H", "--json")[1])[0]["requeued"]


def test_no_queue(tmp_path: Path, run: Callable[..., Run]) -> None:
    """Where no queue is, one line says so."""
    code, out, err = run("list")

    assert (Exit.NO_INPUT, "") == (code, out)
    assert f"dsnlib: queue: {tmp_path}/queue is no queue: there is no queue.db in it" in err


def test_lost_octets(filled: Path, run: Callable[..., Run]) -> None:
    """Octets that cannot be read are told of."""
    for path in filled.glob("messages/*/*"):
        path.unlink()
    code, _, err = run("show", "--body", "N")

    assert Exit.IO_ERROR == code
    assert "No such file" in err


def test_the_configuration_says_where(
    filled: Path, tmp_path: Path, run: Callable[..., Run]
) -> None:
    """The queue of a server is found by the server's configuration."""
    (tmp_path / "dsnlib.toml").write_text("no toml", "utf-8")
    assert Exit.BAD_DATA == run("list", place="--config")[0]
    text = f"""
        queue_directory = "{filled}"
        myhostname = "mail.example.org"
        [[listen]]
        port = 2525
    """
    (tmp_path / "dsnlib.toml").write_text(text, "utf-8")
    code, out, err = run("list", place="--config")

    assert (Exit.FINE, "") == (code, err)
    assert "3 messages" in out
