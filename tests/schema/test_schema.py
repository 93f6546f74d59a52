"""The JSON that the command prints is what the shipped schemas say, and no more."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from dsnlib import Envelope, Recipient, cli
from dsnlib.adapters.outbox.notice import Notice, message_of
from dsnlib.adapters.service.log import format_json
from dsnlib.adapters.sink import Sink
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.store import open_store
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bulk.finding import Message
from dsnlib.bulk.rows import rows_of
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import sink as sink_verb
from dsnlib.schema import read_schema, schema_names
from tests.adapters.queueing import NOW, message

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).resolve().parents[2] / "docs/examples"
SCHEMAS = {name: read_schema(name) for name in schema_names()}
# An event of the log has keys of its own, and there are many.
OPEN = frozenset({"log-v1"})
REGISTRY: Registry[Any] = Registry().with_resources(
    [(schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()]
)


@attrs.frozen
class Printed:
    """A command, and the schema of each object that it prints.

    Args:
        schema: Its name.
        command: The words; `{db}` is a history, `{examples}` the folder of examples, `{new}`
            a place for something new.
        least: How many objects there must be.
    """

    schema: str
    command: str
    least: int = 1


PRINTED = (
    Printed("message-v1", "parse --json {examples}/bounces.mbox", 14),
    Printed("message-v1", "parse --jsonl {examples}/bounces.mbox", 14),
    Printed("message-v1", "parse --jsonl {examples}/no-such-file"),
    Printed("lint-v1", "lint --json {examples}/bounces.mbox {examples}/minutes.eml", 15),
    Printed("plan-v1", "plan --json {examples}/message.json"),
    Printed("plan-v1", "plan --json {examples}/team.json"),
    Printed("explain-v1", "explain --json 5.1.1 550 571 4.99.99 nothing '550 5.1.1 Nobody'", 6),
    Printed("explain-v1", "explain --json --lang de 5.1.1"),
    Printed("classify-v1", "classify --json '550 5.1.1 No such user' 'what is this'", 2),
    Printed("explain-bounce-v1", "explain-bounce --json --lang fr {examples}/bounces.mbox", 14),
    Printed("rewrite-v1", "rewrite --json --soft-bounce --verb MAIL '550 5.1.1 No such user'"),
    Printed("access-v1", "access --json {examples}/access mallory@example.net bob@example.org", 2),
    Printed(
        "access-v1",
        "access --json --as address --explain --stage sender {examples}/access mallory@example.net",
    ),
    Printed("language-v1", "languages --json", 20),
    Printed("language-choice-v1", "languages --json --choose de-AT"),
    Printed("ingest-v1", "ingest --json {new} {examples}/bounces.mbox", 14),
    Printed("history-info-v1", "history info --json {db}"),
    Printed("history-show-v1", "history show --json {db} otis@example.com"),
    Printed("history-show-v1", "history show --json {db} eve@example.com"),
    Printed("history-check-v1", "history check --json {db}"),
    Printed("event-v1", "history export {db} --format jsonl", 10),
    Printed("suppression-v1", "suppress export {db} --format jsonl"),
    Printed("suppress-list-v1", "suppress list --json {db}"),
    Printed("suppress-check-v1", "suppress check --json {db} eve@example.com otis@example.com", 2),
    Printed("suppress-check-v1", "suppress check --json --explain {db} otis@example.com"),
    Printed(
        "suppress-update-v1",
        "suppress update --json --dry-run --all {db} --bounce-score-threshold 0.1",
    ),
    Printed("suppress-warning-v1", "suppress warnings --json --dry-run {db}", 0),
    Printed("report-v1", "report --json {db}"),
    Printed("verp-v1", "verp encode --json --sender list-bounces@example.org bob@example.com"),
    Printed("verp-v1", "verp decode --json --sender list-bounces@example.org bob@example.com"),
    Printed("queue-v1", "queue list --json --queue-directory {queue}"),
    Printed("queue-v1", "queue show --json --queue-directory {queue} --all"),
    Printed("queue-change-v1", "queue hold --json --queue-directory {queue} --all"),
)  # fmt: skip
# Verbs whose JSON is compared with its schema in a test of its own, or is that of another.
ELSEWHERE = {
    "send": "test_sent",
    "sink": "test_server_for_tests",
    "bulk": "test_rows",
    "events": "test_notice",
    "queue delete": "prints what queue hold prints",
    "queue flush": "prints what queue hold prints",
    "queue release": "prints what queue hold prints",
    "queue requeue": "prints what queue hold prints",
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return a history and a queue with something in them, and the folder of examples."""
    folder = tmp_path_factory.mktemp("schema")
    places = {"db": str(folder / "history.db"), "queue": str(folder / "queue")}
    cli.main(["ingest", "--quiet", places["db"], str(EXAMPLES / "bounces.mbox")])
    with open_store(places["db"]) as store:
        manual = SuppressionSource.MANUAL
        store.suppress(
            [Suppression(address="eve@example.com", source=manual, created=NOW, note="by phone")]
        )

    async def fill() -> None:
        async with Spool.open(Path(places["queue"]), reserve_octets=0) as queue:
            await queue.add([message(queue_id="N")])

    asyncio.run(fill())
    return {**places, "examples": str(EXAMPLES), "new": str(folder / "new.db")}


def faults(name: str, record: object) -> list[str]:
    """Return where a record is not as its schema says, or has a key that is not in it."""
    schema = SCHEMAS[name] if name in OPEN else closed(SCHEMAS[name])
    validator = Draft202012Validator(schema, registry=REGISTRY)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(record)]


def closed(schema: object) -> object:
    """Return a schema that allows no keys but those it names: a new key is not forgotten."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    is_object = isinstance(schema.get("properties"), dict) and "required" in schema
    return {**inner, "unevaluatedProperties": False} if is_object else inner


def records(text: str) -> list[Any]:
    """Return the objects of an output: of lines, of an array, or one."""
    if not text.startswith("["):
        return [json.loads(line) for line in text.splitlines()]
    found = json.loads(text)
    return [found] if found and isinstance(found[0], str) else list(found)


@pytest.mark.parametrize("printed", PRINTED, ids=lambda each: each.command.partition("{")[0])
def test_printed(
    printed: Printed, places: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    """What a verb prints has the keys and values of its schema, and no other keys."""
    cli.main([word.format_map(places) for word in shlex.split(printed.command)])
    found = records(capfd.readouterr().out)

    assert [] == [fault for each in found for fault in faults(printed.schema, each)]
    assert printed.least <= len(found)


def test_every_verb() -> None:
    """A verb that can print JSON is in the table, or says where it is compared."""
    able = {" ".join(words) for words in printing(cli.build_parser())}
    tried = {verb for verb in able for each in PRINTED if f"{each.command} ".startswith(f"{verb} ")}

    assert set(ELSEWHERE) == able - tried


def printing(parser: argparse.ArgumentParser, *words: str) -> Iterator[tuple[str, ...]]:
    """Yield the verbs that have `--json`, or a choice that is so called."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, inner in action.choices.items():
                yield from printing(inner, *words, verb)
            continue
        # With a FILE, --json is read.
        options = {"--json", "--jsonl"} if action.nargs == 0 else {"--jsonl"}
        if options & set(action.option_strings) or (
            "jsonl" in (action.choices or ()) and "import" not in words
        ):
            yield words


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_one(name: str) -> None:
    """Each file is a valid schema with its name in its identifier, a title and a description."""
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)

    assert f"urn:dsnlib:schema:{name}" == schema["$id"]
    assert schema["title"].endswith(f", version {name[-1]}")
    assert schema["description"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_keys_are_described(name: str) -> None:
    """Each key says what it is, or refers to a schema that does."""
    keys = SCHEMAS[name].get("properties", {})

    assert [] == [key for key, each in keys.items() if not {"description", "$ref"} & set(each)]


def test_unknown_schema() -> None:
    """A name that none has is a KeyError, and a mistake in the command line."""
    with pytest.raises(KeyError):
        read_schema("../pyproject")

    assert Exit.USAGE == cli.main(["schema", "../pyproject"])


def test_schema_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """`dsnlib schema` lists all, `dsnlib schema NAME` prints one as it is shipped."""
    assert Exit.FINE == cli.main(["schema"])
    assert list(schema_names()) == [
        line.split()[0] for line in capsys.readouterr().out.splitlines()
    ]

    assert Exit.FINE == cli.main(["schema", "row-v1"])
    assert SCHEMAS["row-v1"] == json.loads(capsys.readouterr().out)


def test_notice(places: dict[str, str]) -> None:
    """What a web server or a file is told of an event, with and without a suppression."""
    with open_store(places["db"]) as store:
        (entry, *_) = store.suppressions()
        events = [each.event for each in store.events()]
    told = [
        message_of(Notice(1, each, "mbox", known)) for each in events for known in (None, entry)
    ]
    batch = {"type": "bounce.batch", "timestamp": None, "data": told}

    assert [] == [fault for each in [*told, batch] for fault in faults("notice-v1", each)]
    assert len(told) > 10


def test_rows() -> None:
    """A row of `dsnlib bulk`."""
    octets = (EXAMPLES / "list-bounces/cur/2.in-prose").read_bytes()
    rows = rows_of([Message("a.mbox", 0, octets)])

    assert 1 == len(rows)
    assert [] == [fault for each in rows for fault in faults("row-v1", each)]


def test_sent(capfd: pytest.CaptureFixture[str]) -> None:
    """What `dsnlib send --json` tells of who is taken and who is refused."""
    with Sink() as sink:
        to = ["--to", "bob@example.com", "--to", "bounce-5.1.1@example.com"]
        server = f"[{sink.host}]:{sink.port}"
        cli.main(["send", "--json", "--server", server, "--from", "ann@example.org", *to])
    found = records(capfd.readouterr().out)

    assert [True, False] == [each["is_success"] for each in found]
    assert [] == [fault for each in found for fault in faults("send-v1", each)]


def test_server_for_tests() -> None:
    """What `dsnlib sink --json` tells of a message."""
    envelope = Envelope(sender="", recipients=[Recipient("bob@example.com")])
    line = sink_verb._record("message", envelope, 1000, "127.0.0.1")

    assert [] == faults("sink-v1", json.loads(line))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event": "ready"},
        {
            "event": "delivery",
            "queue_id": "1",
            "to": "bob@example.com",
            "delays": [0.1],
            "dsn": "2.0.0",
        },
    ],
    ids=["plain", "ready", "delivery"],
)
def test_log(fields: dict[str, object]) -> None:
    """A line of the server's log."""
    record = logging.LogRecord("dsnlib.smtpd", logging.INFO, __file__, 1, "hello", (), None)
    record.event = fields

    assert [] == faults("log-v1", json.loads(format_json(record, hostname="mail.example.org")))


def test_server(tmp_path: Path) -> None:
    """The file that says where a server listens, and the log of its short life."""
    ready, config = tmp_path / "ready", tmp_path / "dsnlib.toml"
    config.write_text(
        'myhostname = "mail.example.org"\nlog_format = "json"\n'
        f'queue_directory = "{tmp_path}/queue"\nmail_spool_directory = "{tmp_path}/mail"\n'
        '[[listen]]\naddress = "127.0.0.1"\nport = 0\n',
        "utf-8",
    )
    command = [sys.executable, "-m", "dsnlib", "serve", "--allow-root", "--config", str(config)]
    with subprocess.Popen(
        [*command, "--ready-file", str(ready)], stderr=subprocess.PIPE, text=True
    ) as server:
        while not ready.exists() and server.poll() is None:
            time.sleep(0.01)
        server.terminate()
        log = server.stderr.readlines() if server.stderr is not None else []
    told = json.loads(ready.read_text("utf-8"))

    assert [] == faults("ready-v1", told)
    assert [] == [fault for line in log for fault in faults("log-v1", json.loads(line))]
    assert "ready" in [json.loads(line).get("event") for line in log]


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - {each.schema for each in PRINTED}))
def test_schema_has_a_test(name: str) -> None:
    """A schema that no verb of the table prints is named by a test of this file."""
    assert f'faults("{name}"' in Path(__file__).read_text("utf-8")
