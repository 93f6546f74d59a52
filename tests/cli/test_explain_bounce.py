"""`dsnlib explain-bounce` tells a person what happened, why we think so, and what to do."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import explain_bounce as verb
from dsnlib.cli.verbs.explain_bounce.reasons import PERMANENCES, REASONS, WITHOUT_FAILURE
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.run import Run

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "tests/data/reports/failed-unknown-user.eml"
BOUNCES = ROOT / "docs/examples/bounces.mbox"
SCHEMA = Draft202012Validator(json.loads((ROOT / "dsnlib/schema/message-v1.json").read_bytes()))
ORDINARY = b"From: ann@example.org\nSubject: lunch\n\nAt noon?\n"
BEYOND_A_LIMIT = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
    for level in range(100)
)
EVENT = BounceEvent(
    recipient="ada@example.org",
    kind=EventKind.FAILURE,
    original_recipient="ada@list.example",
    permanence=Permanence.HARD,
    reason=Reason.UNKNOWN_USER,
    fault=Fault.RECIPIENT,
    status=EnhancedStatusCode.parse("5.1.1"),
    reply_code=550,
    diagnostic="550 5.1.1 no such user",
    remote_mta="mx.example.org",
    reporting_mta="mail.example.com",
    dialect="exim",
    envelope_id="Q1",
    message_id="m1@example.com",
    evidence=[
        Evidence(
            field="recipient",
            rule="exim/recipient",
            start=3,
            end=18,
            text="ada@example.org",
            confidence=Confidence.CERTAIN,
        ),
        Evidence(field="reason", rule="words/no-such-user", version=2),
    ],
)

VERB = "explain-bounce"


@pytest.fixture
def explain(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[str, list[tuple[str, str]]]]:
    """Return a function that explains events: the heading, and the rows unfolded."""

    def explain_events(
        *events: BounceEvent, arguments: tuple[str, ...] = ()
    ) -> tuple[str, list[tuple[str, str]]]:
        monkeypatch.setattr(verb, "read_bounces", lambda _, **__: events)
        code, out, err = run(REPORT, *arguments)
        heading, *lines = out.splitlines()
        found: list[tuple[str, str]] = []
        for line in lines:
            label, text = line[2:14].strip(), line[14:]
            if label or not found:
                found.append((label, text))
            else:
                found[-1] = (found[-1][0], f"{found[-1][1]} {text}")
        assert (Exit.FINE, "") == (code, err)
        return heading, found

    return explain_events


def test_everything_that_is_known(
    explain: Callable[..., tuple[str, list[tuple[str, str]]]],
) -> None:
    """What happened, to whom, why, for how long, whose fault, what to do, and why we think so."""
    heading, found = explain(EVENT)

    assert "ada@example.org  could not be delivered" == heading
    because = (
        "recipient: exim/recipient, version 1, octets 3 to 18, certain, 'ada@example.org'"
        " reason: words/no-such-user, version 2, likely"
    )

    assert [
        ("Reason", "unknown-user. There is no mailbox with this address."),
        ("For good", "Yes: another attempt will fail too."),
        ("Fault", "The recipient's: the address, or who reads it."),
        ("Codes", "550 5.1.1"),
        ("Said", "550 5.1.1 no such user"),
        ("By", "mx.example.org"),
        ("Reported by", "mail.example.com"),
        ("Written to", "ada@list.example"),
        ("ENVID", "Q1"),
        ("Message-ID", "m1@example.com"),
        ("Advice", REASONS[Reason.UNKNOWN_USER].advice),
        ("Form", "exim"),
        ("Because", because),
    ] == found


def test_nothing_is_known(explain: Callable[..., tuple[str, list[tuple[str, str]]]]) -> None:
    """What is not known is said to be so, or left out."""
    _, found = explain(BounceEvent(recipient="a@example.org", kind=EventKind.FAILURE))

    assert ["Reason", "For good", "Fault", "Advice", "Form"] == [label for label, _ in found]
    assert ("For good", PERMANENCES[Permanence.UNKNOWN]) in found


def test_a_delay(explain: Callable[..., tuple[str, list[tuple[str, str]]]]) -> None:
    """Of a delay nothing needs to be done: who reports it goes on trying."""
    heading, found = explain(BounceEvent(recipient="a@example.org", kind=EventKind.DELAY))

    assert "a@example.org  not delivered yet" == heading
    assert PERMANENCES[Permanence.SOFT] == dict(found)["For good"]
    assert dict(found)["Advice"].startswith("Do nothing yet")


@pytest.mark.parametrize("kind", [*WITHOUT_FAILURE], ids=lambda kind: kind.value)
def test_what_has_not_failed(
    explain: Callable[..., tuple[str, list[tuple[str, str]]]], kind: EventKind
) -> None:
    """Where nothing failed there is no reason and no fault, but what to do all the same."""
    _, found = explain(BounceEvent(recipient="a@example.org", kind=kind))

    assert [("Advice", WITHOUT_FAILURE[kind]), ("Form", "rfc3464")] == found


@pytest.mark.parametrize(
    ("event", "has_words"),
    [(EVENT, True), (BounceEvent(recipient="a@example.org", kind=EventKind.DELAY), False)],
    ids=["status", "no status"],
)
def test_in_another_language(
    explain: Callable[..., tuple[str, list[tuple[str, str]]]],
    event: BounceEvent,
    has_words: bool,  # noqa: FBT001  a column of the table
) -> None:
    """With `--lang` what the status means is said in that language too."""
    _, found = explain(event, arguments=("--lang", "de-AT"))

    assert has_words is ("(de)" in dict(found))
    assert not has_words or "Postfach" in dict(found)["(de)"]


def test_text_is_harmless(explain: Callable[..., tuple[str, list[tuple[str, str]]]]) -> None:
    """Nothing that a stranger wrote acts on a terminal."""
    event = BounceEvent(
        recipient="\x1b[31ma@example.org",
        kind=EventKind.FAILURE,
        diagnostic="\u202eevil",
        evidence=[Evidence(field="reason", rule="r", text="\x1b\u2066")],
    )
    heading, found = explain(event)

    assert "".join([heading, *(text for _, text in found)]).isprintable()


def test_a_real_report(run: Callable[..., Run]) -> None:
    """A file is read and each recipient in it explained."""
    code, out, err = run(REPORT)

    assert (Exit.FINE, "") == (code, err)
    assert "  could not be delivered\n" in out
    assert "  File " not in out


def test_a_mailbox(run: Callable[..., Run]) -> None:
    """Where there are several messages each block says which one it is from."""
    code, out, _ = run(BOUNCES)

    assert Exit.BAD_DATA == code
    assert f"  File        {BOUNCES}#0\n" in out
    assert f"{BOUNCES}#8: It is no bounce that can be read: " in out
    assert f"  File        {REPORT}\n" in run(REPORT, REPORT)[1]


def test_other_mail(run: Callable[..., Run], tmp_path: Path) -> None:
    """Of mail that is no bounce it is told what it is, and the exit code is 65."""
    path = tmp_path / "a.eml"
    path.write_bytes(ORDINARY)

    assert (
        Exit.BAD_DATA,
        "It is no bounce that can be read: an ordinary mail.\n",
        "",
    ) == run(path)


def test_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is a message on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(REPORT.read_bytes())))

    assert run("-")[1] == run(REPORT)[1]


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
def test_what_cannot_be_read(
    run: Callable[..., Run], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """It is told on standard error, the rest is explained, and the worst exit code counts."""
    path = tmp_path / "deep.eml"
    path.write_bytes(BEYOND_A_LIMIT)
    code, out, err = run("missing.eml", path, REPORT, *arguments)

    assert Exit.NO_INPUT == code
    assert ["[missing]", "[limit-nesting]"] == [line.split()[-1] for line in err.splitlines()]
    assert "could not be delivered" in out
    assert "no bounce" not in out


def test_json(run: Callable[..., Run]) -> None:
    """`--json` gives the record of each message, and what is said of each recipient."""
    code, out, _ = run(BOUNCES, "--json")
    records: list[dict[str, Any]] = json.loads(out)

    assert Exit.BAD_DATA == code
    assert 14 == len(records)
    for record in records:
        SCHEMA.validate(record)
        assert record["language"] is None
        assert [each["recipient"] for each in record["reports"]] == [
            each["recipient"] for each in record["explanations"]
        ]
    failed, relayed = records[0]["explanations"][0], records[1]["explanations"][0]
    assert None not in [failed[key] for key in ("meaning", "for_good", "fault", "advice")]
    assert [None] * 3 == [relayed[key] for key in ("meaning", "for_good", "fault")]


@pytest.mark.parametrize("arguments", [(REPORT, "--lang", "de"), (REPORT,)], ids=["de", "none"])
def test_json_in_another_language(run: Callable[..., Run], arguments: tuple[object, ...]) -> None:
    """With `--lang` the objects have title and advice in that language."""
    (record,) = json.loads(run("--json", *arguments)[1])
    (said,) = record["explanations"]
    is_asked = len(arguments) > 1

    assert ("de" if is_asked else None) == record["language"]
    assert is_asked is (said["says"] is not None) is (said["says_advice"] is not None)


def test_usage(run: Callable[..., Run]) -> None:
    """Without a file the command line makes no sense."""
    code, _, err = run()

    assert Exit.USAGE == code
    assert "usage: dsnlib explain-bounce" in err
