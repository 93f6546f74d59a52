"""`dsnlib compose` writes the notification that its options or a description ask for."""

from __future__ import annotations

import email
import email.policy
import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib import cli
from dsnlib.cli import streams
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import compose
from dsnlib.parse.report import parse_report
from tests.compose.occasions import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = tuple[int, bytes, str]
FIXED = (
    "--host",
    "mail.example.org",
    "--date",
    "2026-11-22T14:30:00+01:00",
    "--token",
    "0123456789",
)
WHAT = ("--sender", "ann@example.org", "-r", "bob@example.com", "--status", "5.1.1")


@pytest.fixture
def message(tmp_path: Path) -> str:
    """Return the path of a message."""
    path = tmp_path / "message.eml"
    path.write_bytes(ORIGINAL)
    return str(path)


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Run]:
    """Return a function that runs the verb: exit code, octets, complaints."""

    def run_verb(*arguments: str) -> Run:
        code = cli.main(["compose", *arguments])
        said = capfdbinary.readouterr()
        return code, said.out, said.err.decode()

    return run_verb


def test_who_reads_has_enough(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., Run], message: str
) -> None:
    """A pipe that is closed early is no complaint, as for all verbs."""

    def write_to_nobody(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(compose, "_write", write_to_nobody)
    monkeypatch.setattr(streams, "drop", lambda _: None)

    assert (Exit.BROKEN_PIPE, b"", "") == run(message, *FIXED, *WHAT)


def test_options_are_enough(run: Callable[..., Run], message: str) -> None:
    """A status, a recipient, a sender: a report that the strict reader takes."""
    code, octets, complaints = run(
        message, *FIXED, *WHAT, "--diagnostic", "550 5.1.1 No", "--remote-mta", "mx.example.com",
        "--envid", "E=1", "--queue-id", "4F", "--lang", "de", "--ret", "hdrs",
    )  # fmt: skip

    report = parse_report(octets)
    assert (Exit.FINE, "") == (code, complaints)
    assert "E=1" == report.message.original_envelope_id
    assert ["X-DSN-Queue-ID", "X-DSN-Sender"] == [each.name for each in report.message.extensions]
    (fields,) = report.recipients
    assert "smtp; 550 5.1.1 No" == str(fields.diagnostic_code)
    assert b"Es gibt kein Postfach" in octets
    assert b"Content-Type: text/rfc822-headers" in octets


def test_what_one_reads_another_writes(
    run: Callable[..., Run], message: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The output of `parse --json` is a description."""
    first = tmp_path / "first.eml"
    run(message, *FIXED, *WHAT, "--diagnostic", "550 5.1.1 No", "--eml", str(first))
    cli.main(["parse", "--json", str(first)])
    description = tmp_path / "description.json"
    description.write_bytes(capfdbinary.readouterr().out)

    code, octets, _ = run(message, "--json", str(description), "--sender", "ann@example.org")

    assert Exit.FINE == code
    written, read = parse_report(octets), parse_report(first.read_bytes())
    assert (read.message, read.recipients) == (written.message, written.recipients)


def test_the_language_is_the_one_the_message_asks_for(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    """Accept-Language of the original decides if nothing else does."""
    path = tmp_path / "m.eml"
    path.write_bytes(b"Accept-Language: tlh, pt;q=0.9\r\n" + ORIGINAL)

    _, octets, _ = run(str(path), *FIXED, *WHAT, "--no-english")

    assert "Sua mensagem para bob@example.com não foi entregue." in octets.decode()


def test_the_same_options_write_the_same_octets(run: Callable[..., Run], message: str) -> None:
    """Date and token are all that changes by itself."""
    assert run(message, *FIXED, *WHAT) == run(message, *FIXED, *WHAT)
    assert run(message, *WHAT)[1] != run(message, *WHAT)[1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--html",), b"text/html"),
        (("--multilingual", "--lang", "fr"), b"multipart/multilingual"),
        (("--postmaster-copy",), b"Auto-Submitted: auto-replied"),
        (("--verify",), b"that you asked for"),
        (("--seven-bit", "--lang", "ru"), b"Content-Transfer-Encoding: base64"),
        (("--size-limit", "10"), b"so only its header is attached"),
        (("--name", "My Mail"), b"X-My-Mail-Sender: "),
        (("--action", "delayed", "--status", "4.4.1"), b"Action: delayed"),
        (("--postmaster", "help@example.com"), b"write to help@example.com"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_each_option_does_what_it_says(
    run: Callable[..., Run], message: str, options: tuple[str, ...], expected: bytes
) -> None:
    """What an option asks for is in the message."""
    code, octets, _ = run(message, *FIXED, *WHAT, *options)

    assert Exit.FINE == code
    assert expected in octets
    assert () == parse_report(octets).defects


def test_line_ends_are_those_of_the_place(
    run: Callable[..., Run], message: str, tmp_path: Path
) -> None:
    """LF for a pipe, CRLF for a file of mail."""
    path = tmp_path / "out.eml"
    _, octets, _ = run(message, *FIXED, *WHAT)
    run(message, *FIXED, *WHAT, "--eml", str(path))

    assert b"\r" not in octets
    assert path.read_bytes() == octets.replace(b"\n", b"\r\n")


def test_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is the message."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ORIGINAL)))

    _, octets, _ = run("-", *FIXED, *WHAT)

    *_, returned = email.message_from_bytes(octets, policy=email.policy.SMTP).iter_parts()
    assert "message/rfc822" == returned.get_content_type()


def test_templates_of_the_site(run: Callable[..., Run], message: str, tmp_path: Path) -> None:
    """A Postfix file is used as it is; what is wrong with one is told, and ours is used."""
    good, bad = tmp_path / "good.cf", tmp_path / "bad.cf"
    good.write_text("failure_template = Lost at $myhostname\n", "utf-8")
    bad.write_text("failure_template = $nonsense\n", "utf-8")

    code, octets, complaints = run(message, *FIXED, *WHAT, "--templates", str(good))
    assert (Exit.FINE, "") == (code, complaints)
    assert b"Lost at mail.example.org\n" in octets

    code, octets, complaints = run(message, *FIXED, *WHAT, "--templates", str(bad))
    assert Exit.PROBLEMS == code
    assert f"{bad}:1:" in complaints
    assert b"There is no mailbox" in octets


@pytest.mark.parametrize(
    ("arguments", "exit_", "complaint"),
    [
        (("{missing}", *WHAT), Exit.NO_INPUT, "No such file"),
        (("{message}", "-r", "b@c.example"), Exit.BAD_DATA, "sender: whom to notify is missing"),
        (("{message}", "--sender", "a@b.example"), Exit.BAD_DATA, "reports: there must be"),
        (("{message}", *WHAT[:-1], "5.x"), Exit.BAD_DATA, "reports[0].status: "),
        (
            ("{message}", *WHAT, "--action", "delivered"),
            Exit.BAD_DATA,
            "reports[0].action: delivered contradicts status 5.1.1",
        ),
        (("{message}", *WHAT, "--date", "today"), Exit.BAD_DATA, "--date: 'today'"),
        (("{message}", *WHAT, "--token", "a b"), Exit.BAD_DATA, "token: 'a b'"),
        (("{message}", *WHAT, "--postmaster", "nobody"), Exit.BAD_DATA, "--postmaster: 'nobody'"),
        (("{message}", *WHAT, "--arrival", "soon"), Exit.BAD_DATA, "arrival_date: 'soon'"),
        (
            ("{message}", *WHAT, "--diagnostic", "a\r\nb: c"),
            Exit.BAD_DATA,
            "reports[0]: diagnostic",
        ),
        (("{message}", *WHAT, "--json", "{missing}"), Exit.BAD_DATA, "No such file"),
        (("{message}", *WHAT, "--eml", "{missing}/x"), Exit.IO_ERROR, "No such file"),
        (("{message}", *WHAT, "--json", "{message}"), Exit.BAD_DATA, "not JSON"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_named(
    run: Callable[..., Run],
    message: str,
    tmp_path: Path,
    arguments: tuple[str, ...],
    exit_: Exit,
    complaint: str,
) -> None:
    """The place, the rule, an exit code, and no message."""
    names = {"{missing}": str(tmp_path / "missing"), "{message}": message}
    given = [each.replace("{missing}", names["{missing}"]) for each in arguments]

    code, octets, complaints = run(*[names.get(each, each) for each in given])

    assert (exit_, b"") == (code, octets)
    assert complaint in complaints
    assert 1 == complaints.count("\n")


@pytest.mark.parametrize(
    ("description", "complaint"),
    [
        ([], "not one JSON object"),
        ({"reports": [{}], "colour": 1}, "colour: there is no such key"),
        ({"reports": {}}, "reports: there must be"),
        ({"reports": [7]}, "reports[0]: not an object"),
        ({"reports": [{"recipient": "a@b"}]}, "reports[0].status: missing"),
        ({"reports": [{"status": "5.1.1"}]}, "reports[0].recipient: missing"),
        ({"reports": [{"recipient": 7, "status": "5.1.1"}]}, "reports[0].recipient: 7 is not"),
        (
            {"reports": [{"recipient": "a@b", "status": "5.1.1", "action": "lost"}]},
            "action: 'lost'",
        ),
        ({"reports": [{"recipient": "a@b", "status": "5.1.1", "extensions": [1]}]}, "extensions: "),
        (
            {
                "reports": [
                    {"recipient": "a@b", "status": "5.1.1", "localized_diagnostics": {"?": ""}}
                ]
            },
            "localized_diagnostics: ",
        ),
        (
            {"reports": [{"recipient": "a@b", "status": "5.1.1", "x": 1}]},
            "reports[0].x: there is no",
        ),
        (
            {"language": 7, "reports": [{"recipient": "a@b", "status": "5.1.1"}]},
            "language: 7 is not a text",
        ),
        ({"ret": "some", "reports": [{"recipient": "a@b", "status": "5.1.1"}]}, "ret: 'some'"),
    ],
    ids=str,
)
def test_a_description_that_cannot_be_used(
    run: Callable[..., Run], message: str, tmp_path: Path, description: object, complaint: str
) -> None:
    """The error names the key."""
    path = tmp_path / "d.json"
    path.write_text(json.dumps(description), "utf-8")

    code, octets, complaints = run(message, "--json", str(path), "--sender", "ann@example.org")

    assert (Exit.BAD_DATA, b"") == (code, octets)
    assert complaint in complaints
