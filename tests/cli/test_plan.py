"""`dsnlib plan` tells which notifications are due about a described message, and why."""

from __future__ import annotations

import io
import json
import quopri
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib import cli
from dsnlib.cli.exits import Exit
from dsnlib.model.esmtp import Notify
from dsnlib.model.outcome import Disposition
from dsnlib.parse.report import parse_report
from dsnlib.policy.guard import GUARDS
from tests.cli.messages import FAILED, MESSAGE, with_outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = tuple[int, str, str]


def test_what_is_sent_and_what_is_not(run_plan: Callable[..., Run]) -> None:
    """Each notification, each outcome withheld and each recipient left has a block."""
    description = {
        **MESSAGE,
        "mail": "RET=HDRS ENVID=QQ314159",
        "recipients": [
            {"address": "bob@example.com", "rcpt": "NOTIFY=SUCCESS,FAILURE"},
            {"address": "eve@example.com", "notify": "NEVER"},
            "dan@example.net",
            "fay@example.net",
        ],
        "outcomes": [
            {"recipient": "bob@example.com", "reply": "550 5.1.1 No such user"},
            {"recipient": "eve@example.com", "status": "5.7.1"},
            {"recipient": "dan@example.net", "status": "4.4.1"},
        ],
        "facts": {"header": "Auto-Submitted: auto-generated\nX-Other: 1\n\nSubject: no field\n"},
        "profile": "mx",
        "languages": ["de", "fr"],
    }

    code, out, err = run_plan(description)

    assert (Exit.FINE, "") == (code, err)
    assert (
        "failure to ann@example.org\n"
        "  bob@example.com  failed  5.1.1  550 5.1.1 No such user\n"
        "  ret        HDRS\n"
        "  languages  de, fr\n"
        "  notify                  passed  NOTIFY has FAILURE [3461-5.2.6-01]\n"
    ) in out
    assert (
        "  auto-submitted          passed  "
        "Auto-Submitted is auto-generated, but NOTIFY asks for it [3834-2-02]\n" in out
    )
    assert (
        "\n\nwithheld\n"
        "  eve@example.com  failed  5.7.1\n"
        "  notify  stopped  NOTIFY is NEVER [3461-4.1-08]\n"
    ) in out
    # No delay is ever owed (RFC 3461 s5.2.5).
    assert "\n\nwithheld\n  dan@example.net  delayed  4.4.1\n" in out
    assert "  auto-submitted       stopped  Auto-Submitted is auto-generated [3834-2-02]\n" in out
    assert out.endswith("\n\nundecided\n  fay@example.net\n")


def test_nobody_is_notified(run_plan: Callable[..., Run]) -> None:
    """That there is nothing to send is said."""
    _, out, _ = run_plan({**MESSAGE, "sender": "<>", "outcomes": [FAILED]}, "--profile", "mx")

    assert out.endswith("\nnobody is notified\n")
    assert "  null-path  stopped  the return path is <> [3461-5.2-01]\n" in out


def test_a_copy_for_the_postmaster(answer: Callable[..., dict[str, Any]]) -> None:
    """By default the postmaster hears of mail that nobody else can be told of."""
    found = answer({**MESSAGE, "sender": "", "outcomes": [FAILED]})

    (copy,) = found["notifications"]
    assert ("postmaster", "postmaster@mail.example.org") == (copy["audience"], copy["sender"])


def test_a_copy_has_its_heading(run_plan: Callable[..., Run]) -> None:
    """People see for whom it is."""
    _, out, _ = run_plan({**MESSAGE, "sender": "", "outcomes": [FAILED]})

    assert "failure to postmaster@mail.example.org, the postmaster's copy\n" in out


def test_json_has_the_keys_of_parse(answer: Callable[..., dict[str, Any]]) -> None:
    """A notification is a record of `dsnlib parse`, with whom, how and why besides."""
    found = answer(
        {
            **MESSAGE,
            "mail": "RET=FULL ENVID=QQ BY=3600;R REQUIRETLS",
            "arrival": "2026-11-22T10:04:00+01:00",
            "received_from": "client.example.org",
            "outcomes": [
                {
                    **FAILED,
                    "diagnostic": "550 5.1.1 No",
                    "remote_mta": "mx.example.com",
                    "attempted": "2026-11-22T09:05:00Z",
                    "log_id": "77",
                }
            ],
            "facts": {"queue_id": "4F"},
        }
    )

    assert {"notifications", "withheld", "undecided", "mails", "relays"} == set(found)
    assert (None, None, [], []) == tuple(
        found[key] for key in ("mails", "relays", "withheld", "undecided")
    )
    (notification,) = found["notifications"]
    (fields,) = notification["reports"]
    assert {
        "kind": "failure",
        "envelope_id": "QQ",
        "reporting_mta": "mail.example.org",
        "received_from_mta": "client.example.org",
        "arrival_date": "2026-11-22T09:04:00Z",
        "deliver_by_date": "2026-11-22T10:04:00Z",
        "sender": "ann@example.org",
        "audience": "sender",
        "ret": "HDRS",
        "mail": "REQUIRETLS",
        "rcpt": "NOTIFY=NEVER",
    }.items() <= notification.items()
    assert ["X-DSN-Queue-ID", "4F"] in notification["extensions"]
    assert {
        "recipient": "bob@example.com",
        "action": "failed",
        "status": "5.1.1",
        "diagnostic": "550 5.1.1 No",
        "remote_mta": "mx.example.com",
        "last_attempt_date": "2026-11-22T09:05:00Z",
        "final_log_id": "77",
    }.items() <= fields.items()
    assert {
        "rule": "notify",
        "effect": "passed",
        "why": "there is no NOTIFY, which means FAILURE,DELAY",
        "requirement": "3461-5.2.6-04",
    } == notification["trail"][0]


def test_a_deadline_at_the_end_of_the_calendar(answer: Callable[..., dict[str, Any]]) -> None:
    """A time that UTC has no year for keeps its zone."""
    late = {"mail": "BY=10;R", "arrival": "9999-12-31T22:00:00-05:00", "outcomes": [FAILED]}

    (notification,) = answer({**MESSAGE, **late})["notifications"]

    assert ("9999-12-31T22:00:10-05:00", "9999-12-31T22:00:00-05:00") == (
        notification["deliver_by_date"],
        notification["arrival_date"],
    )


def test_json_of_what_is_withheld(answer: Callable[..., dict[str, Any]]) -> None:
    """It names the outcomes, whether they are owed, and why they are not told."""
    found = answer(
        with_outcome(reply="550 5.1.1 No") | {"facts": {"is_spam": True}}, "--on", "spam"
    )

    (withheld,) = found["withheld"]
    assert [
        {
            "recipient": "bob@example.com",
            "disposition": "failed",
            "status": "5.1.1",
            "diagnostic": "550 5.1.1 No",
        }
    ] == withheld["outcomes"]
    assert (True, ["notify", "spam"]) == (
        withheld["is_owed"],
        [each["rule"] for each in withheld["trail"]],
    )


# A failure and a success are two notifications; each is described by its own object.
TWO = {
    **MESSAGE,
    "mail": "RET=HDRS ENVID=QQ BY=3600;N",
    "arrival": "2026-11-22T10:04:00+01:00",
    "recipients": [{"address": "bob@example.com", "notify": "SUCCESS,FAILURE"}, "dan@example.net"],
    "outcomes": [
        {"recipient": "bob@example.com", "disposition": "delivered", "status": "2.1.5"},
        {"recipient": "dan@example.net", "reply": "550-5.1.1 No\n550 5.1.1 user"},
    ],
}


def test_what_is_planned_can_be_composed(
    run_plan: Callable[..., Run], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """`dsnlib compose --json` writes each notification as it was planned."""
    message, planned = tmp_path / "message.eml", tmp_path / "planned.json"
    message.write_bytes(b"Subject: Minutes\n\nHere they are.\n")
    answer = json.loads(run_plan(TWO, "--json")[1])

    for notification, action in zip(answer["notifications"], ("failed", "delivered"), strict=True):
        planned.write_text(json.dumps(notification), "utf-8")
        code = cli.main(["compose", str(message), "--json", str(planned)])
        report = parse_report(capfdbinary.readouterr().out)

        assert Exit.FINE == code
        assert "QQ" == report.message.original_envelope_id
        assert "2026-11-22T10:04:00+00:00" == str(
            report.message.deliver_by_date and report.message.deliver_by_date.isoformat()
        )
        assert [action] == [each.action and each.action.value for each in report.recipients]


def compose(
    answer: object, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> tuple[int, bytes, str]:
    """Return what `dsnlib compose` makes of an answer: exit code, octets, complaints."""
    message, planned = tmp_path / "message.eml", tmp_path / "planned.json"
    message.write_bytes(b"Subject: Minutes\n\nHere they are.\n")
    planned.write_text(json.dumps(answer), "utf-8")
    code = cli.main(["compose", str(message), "--json", str(planned)])
    said = capfdbinary.readouterr()
    return code, said.out, said.err.decode()


def test_one_notification_needs_no_choice(
    run_plan: Callable[..., Run], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The whole answer is a description if it has one notification, in its languages."""
    description = with_outcome(status="5.1.1") | {"languages": ["de", "fr"]}

    code, octets, _ = compose(json.loads(run_plan(description, "--json")[1]), tmp_path, capfdbinary)

    assert Exit.FINE == code
    text = quopri.decodestring(octets).decode("utf-8", "replace")
    assert "Es gibt kein Postfach mit dieser Adresse." in text
    assert "n'existe pas" in text or "existe pas" in text


def test_a_copy_is_composed_as_one(
    run_plan: Callable[..., Run], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """What is for the postmaster says so when it is written."""
    answer = json.loads(run_plan({**MESSAGE, "sender": "", "outcomes": [FAILED]}, "--json")[1])

    _, octets, _ = compose(answer, tmp_path, capfdbinary)

    assert b"To: <postmaster@mail.example.org>\n" in octets
    assert b"Subject: Postmaster copy: " in octets


@pytest.mark.parametrize(
    ("description", "complaint"),
    [
        (TWO, "notifications: there are 2; give one of them"),
        (MESSAGE, "notifications: there are 0; give one of them"),
    ],
    ids=["two", "none"],
)
def test_which_one_must_be_said(
    run_plan: Callable[..., Run],
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    description: object,
    complaint: str,
) -> None:
    """One message is composed at a time."""
    answer = json.loads(run_plan(description, "--json")[1])

    code, octets, complaints = compose(answer, tmp_path, capfdbinary)

    assert (Exit.BAD_DATA, b"") == (code, octets)
    assert complaint in complaints


def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-` is the description."""
    text = json.dumps({**MESSAGE, "outcomes": [FAILED]}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))

    assert Exit.FINE == cli.main(["plan", "-"])
    assert "failure to ann@example.org\n" in capsys.readouterr().out


@pytest.mark.parametrize("profile", ["submission", "mx", "postfix", "default"])
@pytest.mark.parametrize("place", ["option", "description"])
def test_profile(answer: Callable[..., dict[str, Any]], profile: str, place: str) -> None:
    """The settings of a profile decide: which guards are asked, and what is shown."""
    given = ["--profile", profile] if place == "option" else []
    named = {"profile": "default" if given else profile}
    found = answer({**MESSAGE, **named, "outcomes": [FAILED]}, *given)

    (notification,) = found["notifications"]
    rules = [each["rule"] for each in notification["trail"]]
    assert {
        "default": ["notify"],
        "postfix": ["notify"],
        "submission": ["notify", "bounce-like-sender", "report-about-report", "budget"],
        "mx": [
            "notify", "bounce-like-sender", "report-about-report", "spam", "spf-fail",
            "no-reply-sender", "auto-submitted", "auto-response-suppress", "budget",
        ],
    }[profile] == rules  # fmt: skip
    (fields,) = notification["reports"]
    assert ("bob@example.com" if profile == "postfix" else None) == fields["original_recipient"]


@pytest.mark.parametrize("rule", [rule.name for rule in GUARDS])
def test_guards_are_switched(answer: Callable[..., dict[str, Any]], rule: str) -> None:
    """`--on` asks a rule that the profile does not ask, `--off` none that it does."""
    event = next(rule_.events for rule_ in GUARDS if rule_.name == rule)
    disposition, status = {
        True: ("delayed", "4.4.1"),
        False: ("delivered", "2.1.5"),
    }[Notify.DELAY in event]
    recipient = {"address": "bob@example.com", "notify": "SUCCESS,DELAY"}
    description = with_outcome(status=status, disposition=disposition) | {
        "recipients": [recipient],
        "facts": {"is_authenticated": True},
    }

    def rules(*arguments: str) -> list[str]:
        (notification,) = answer(description, *arguments)["notifications"]
        return [each["rule"] for each in notification["trail"]]

    assert rule in rules("--on", rule)
    assert rule in rules("--profile", "mx")
    assert rule not in rules("--profile", "mx", "--off", rule)


def test_who_decides(answer: Callable[..., dict[str, Any]]) -> None:
    """`--host` goes over the description."""
    (notification,) = answer({**MESSAGE, "outcomes": [FAILED]}, "--host", "mx.example.net")[
        "notifications"
    ]

    assert "mx.example.net" == notification["reporting_mta"]


def test_this_host_decides_if_nobody_is_named(
    answer: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a name the host is the one it runs on."""
    monkeypatch.setattr("socket.getfqdn", lambda: "here.example.net")
    description = {**MESSAGE, "reporting_mta": None, "outcomes": [FAILED]}

    (notification,) = answer(description)["notifications"]

    assert "here.example.net" == notification["reporting_mta"]


def test_strange_text_is_harmless(run_plan: Callable[..., Run]) -> None:
    """What strangers said moves no cursor and turns no text, in either form."""
    description = with_outcome(status="5.1.1", diagnostic="no \u202e\x9b[31m") | {
        "sender": "a\u202eb@example.org"
    }

    _, out, _ = run_plan(description)
    _, as_json, _ = run_plan(description, "--json")

    assert "failure to a\ufffdb@example.org\n  bob@example.com  failed  5.1.1  no \ufffd" in out
    assert not {"\u202e", "\x9b"} & set(out + as_json)


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each NOTIFY, a column for each disposition, the action where one is told."""
    assert Exit.FINE == cli.main(["plan", "--table"])
    heading, *rows = (line.split() for line in capsys.readouterr().out.splitlines())

    assert ["NOTIFY", *(each.value for each in Disposition)] == heading
    assert {
        "absent": ["-", "-", "-", "-", "delayed", "failed"],
        "NEVER": ["-"] * 6,
        "SUCCESS": ["delivered", "relayed", "-", "expanded", "-", "-"],
        "FAILURE": ["-"] * 5 + ["failed"],
        "SUCCESS,FAILURE": ["delivered", "relayed", "-", "expanded", "-", "failed"],
        "DELAY": ["-"] * 4 + ["delayed", "-"],
        "SUCCESS,DELAY": ["delivered", "relayed", "-", "expanded", "delayed", "-"],
        "FAILURE,DELAY": ["-"] * 4 + ["delayed", "failed"],
        "SUCCESS,FAILURE,DELAY": ["delivered", "relayed", "-", "expanded", "delayed", "failed"],
    } == {row[0]: row[1:] for row in rows}


def test_table_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` gives an object for each cell, with its reason and its requirement."""
    assert Exit.FINE == cli.main(["plan", "--table", "--json"])
    cells = json.loads(capsys.readouterr().out)

    assert 9 * len(Disposition) == len(cells)
    assert {
        "notify": None,
        "disposition": "failed",
        "action": "failed",
        "why": "there is no NOTIFY, which means FAILURE,DELAY",
        "requirement": "3461-5.2.6-04",
    } in cells
    assert {
        "notify": "NEVER",
        "disposition": "failed",
        "action": None,
        "why": "NOTIFY is NEVER",
        "requirement": "3461-4.1-08",
    } in cells


@pytest.mark.parametrize(
    ("arguments", "exit_", "complaint"),
    [
        (("{missing}",), Exit.NO_INPUT, "No such file"),
        (("{latin-1}",), Exit.BAD_DATA, "latin-1: not UTF-8 at octet 1"),
        ((), Exit.USAGE, "a description, or --table, is required"),
        (("{message}", "--profile", "exim"), Exit.USAGE, "invalid choice: 'exim'"),
        (("{message}", "--on", "sun"), Exit.USAGE, "invalid choice: 'sun'"),
        (("{message}", "--off", "sun"), Exit.USAGE, "invalid choice: 'sun'"),
        (("{message}", "--now", "now"), Exit.BAD_DATA, "--now: 'now' is no time"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_line_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    exit_: Exit,
    complaint: str,
) -> None:
    """What is wrong is said, and the exit code is that of the other verbs."""
    (tmp_path / "message").write_text(json.dumps(MESSAGE), "utf-8")
    (tmp_path / "latin-1").write_bytes(b'"\xe9"')
    given = [
        str(tmp_path / each.strip("{}")) if each.startswith("{") else each for each in arguments
    ]

    code = cli.main(["plan", *given])
    said = capsys.readouterr()

    assert (exit_, "") == (code, said.out)
    assert complaint in said.err


def test_help_names_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` says what `--on` and `--off` take."""
    assert Exit.FINE == cli.main(["plan", "--help"])
    text = " ".join(capsys.readouterr().out.split())

    assert all(f" {rule.name}" in text for rule in GUARDS)
