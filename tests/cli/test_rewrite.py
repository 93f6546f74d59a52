"""`dsnlib rewrite` prints a reply as it goes out, and the rules that made it so."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnlib.cli.exits import Exit
from dsnlib.compose.neutral import HARMFUL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "rewrite"

SOFTER = "inline:{ {550 5.7.1 spam = 450 4.7.1 try again} }"
HARDER = "inline:{ {450 4.2.1 busy = 550 5.2.1 gone} }"
SUCCESS = "inline:{ {550 5.7.1 spam = 250 2.0.0 fine} }"


def give(monkeypatch: pytest.MonkeyPatch, octets: bytes) -> None:
    """Put octets on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))


@pytest.mark.parametrize(
    ("arguments", "reply", "fired"),
    [
        # What is known of the command
        (["550 no"], "550 5.0.0 no", ["default-status"]),
        (["--verb", "RCPT", "250 ok"], "250 2.1.5 ok", ["default-status"]),
        (["--verb", "", "220 hello"], "220 hello", []),
        (["--verb", "ehlo", "250 hello"], "250 hello", []),
        (["--verb", "MAIL", "550 5.1.1 no"], "550 5.1.7 no", ["fit-stage"]),
        (["--verb", "RCPT", "550 5.1.1 no"], "550 5.1.1 no", []),
        # A recipient's table may refuse the sender
        (["--verb", "RCPT", "--stage", "sender", "550 5.1.1 no"], "550 5.1.7 no", ["fit-stage"]),
        (["--stage", "client", "550 5.1.1 no"], "550 5.0.0 no", ["fit-stage"]),
        # Rules that are switched on, and off
        (["--soft-bounce", "550 5.7.1 no"], "450 4.7.1 no", ["soft-bounce"]),
        (["--no-status", "550 no"], "550 no", []),
        (["--no-fit", "--verb", "MAIL", "550 5.1.1 no"], "550 5.1.1 no", []),
        # Filters
        (
            ["--reply-filter", SOFTER, "550 5.7.1 spam"],
            "450 4.7.1 try again",
            [f"reply-filter:{SOFTER}"],
        ),
        (
            ["--status-filter", "inline:{ {5.7.1 spam = 4.7.1 later} }", "550 5.7.1 spam"],
            "450 4.7.1 later",
            ["status-filter:inline:{ {5.7.1 spam = 4.7.1 later} }"],
        ),
        (
            ["--reply-filter", HARDER, "--may-harden", "450 4.2.1 busy"],
            "550 5.2.1 gone",
            [f"reply-filter:{HARDER}"],
        ),
        # What another server said
        (["--remote", "550 5.1.1 no"], "550 5.1.1 no", []),
        (["--remote", "--soft-bounce", "550 no"], "450 no", ["soft-bounce"]),
    ],
)
def test_rewriting(
    run: Callable[..., Run], arguments: list[str], reply: str, fired: list[str]
) -> None:
    """The reply comes first, then a line for each rule that changed it."""
    code, out, err = run(*arguments)
    first, *rest = out.splitlines()

    assert (Exit.FINE, reply, "") == (code, first, err)
    assert [f"  Fired       {name}" for name in fired] == rest


def test_a_reply_of_several_lines(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are one reply, with LF or CRLF, of an argument or of standard input."""
    expected = "450-4.1.1 one\n450 4.1.1 two\n  Fired       soft-bounce\n"
    assert (Exit.FINE, expected, "") == run("--soft-bounce", "550-5.1.1 one\n550 5.1.1 two")
    for arguments in ([], ["-"]):
        give(monkeypatch, b"550-5.1.1 one\r\n550 5.1.1 two\r\n")
        assert (Exit.FINE, expected, "") == run("--soft-bounce", *arguments)


def test_the_reply_alone(run: Callable[..., Run]) -> None:
    """`--quiet` prints nothing but the reply, whatever there would be to say."""
    arguments = ["--reply-filter", SUCCESS, "--soft-bounce", "550 5.7.1 spam"]

    assert (Exit.PROBLEMS, "450 4.7.1 spam\n", "") == run("-q", *arguments)


@pytest.mark.parametrize(
    ("arguments", "reply", "said", "code"),
    [
        (["550 4.7.1 x"], "550 5.7.1 x", "agree with code 550 [2034-4-03]", Exit.PROBLEMS),
        (["571 5.7.1 x"], "571 5.7.1 x", "second digit of 571", Exit.FINE),
        (["--reply-filter", HARDER, "450 4.2.1 busy"], "450 4.2.1 busy", "worse", Exit.PROBLEMS),
        (
            ["--reply-filter", SUCCESS, "550 5.7.1 spam"],
            "550 5.7.1 spam",
            "class 5 may not become 2",
            Exit.PROBLEMS,
        ),
    ],
    ids=["codes that disagree", "an odd digit", "harder", "success"],
)
def test_what_is_wrong(
    run: Callable[..., Run], arguments: list[str], reply: str, said: str, code: Exit
) -> None:
    """What was repaired in the reply, and what a filter may not do, is told; then it is 1."""
    end, out, err = run(*arguments)
    first, *_, but = out.splitlines()

    assert (code, reply, "") == (end, first, err)
    assert but.startswith("  But         ")
    assert said in but


@pytest.mark.parametrize("reply", ["hello", "6.1.1", "", " \n", "150 x", "\x1b[31m"])
def test_what_is_no_reply(run: Callable[..., Run], reply: str) -> None:
    """What is no reply is told on one harmless line, and ends with 65."""
    code, out, err = run(reply)

    assert (Exit.BAD_DATA, "") == (code, out)
    assert err.startswith("dsnlib: reply: ")
    assert err.rstrip("\n").isprintable()


def test_no_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without standard input there is no reply."""
    monkeypatch.setattr(sys, "stdin", None)

    assert (Exit.BAD_DATA, "", "dsnlib: reply: there is none\n") == run()


def test_too_much_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no end is read no further than a bound."""
    give(monkeypatch, b"550 5.1.1 " + b"x" * (1 << 20))
    code, out, err = run()

    assert (Exit.BAD_DATA, "") == (code, out)
    assert "larger than 1048576 octets" in err


def test_a_table_that_cannot_be_used(run: Callable[..., Run], tmp_path: Path) -> None:
    """A bad table is told with its line, a missing one as a missing input."""
    path = tmp_path / "filter.pcre"
    path.write_text("/fine/ 250 x\n/(/ 250 x\n", "utf-8")
    bad = run("--reply-filter", str(path), "250 ok")
    missing = run("--status-filter", str(tmp_path / "gone"), "250 ok")

    assert (Exit.BAD_DATA, "") == bad[:2]
    assert bad[2].startswith(f"dsnlib: {path}:2: ")
    assert (Exit.NO_INPUT, "") == missing[:2]
    assert f"{tmp_path}/gone: cannot be read: No such file" in missing[2]


@pytest.mark.parametrize(
    "arguments",
    [["--verb", "RCPT"], ["--verb", ""], ["--stage", "client"], ["--no-status"], ["--no-fit"]],
    ids=str,
)
def test_what_a_remote_reply_has_no_use_for(run: Callable[..., Run], arguments: list[str]) -> None:
    """Options about our own replies contradict `--remote`."""
    code, out, err = run("--remote", *arguments, "550 no")

    assert (Exit.USAGE, "") == (code, out)
    assert "a reply of another server has no use for it" in err


def test_json(run: Callable[..., Run]) -> None:
    """`--json` gives one object: what it was, what it is, by which rules, what is wrong."""
    code, out, err = run(
        "--json", "--verb", "MAIL", "--reply-filter", SUCCESS, "550-4.1.1 a\n550 4.1.1 b"
    )
    record = json.loads(out)

    assert (Exit.PROBLEMS, "") == (code, err)
    assert ["reply-class"] == [defect["code"] for defect in record.pop("defects")]
    assert {
        "original": {"code": 550, "status": "5.1.1", "lines": ["a", "b"]},
        "reply": {"code": 550, "status": "5.1.7", "lines": ["a", "b"]},
        "fired": ["reply-class", "fit-stage"],
    } == record
    assert json.loads(run("--json", "--remote", "550 x")[1])["reply"]["status"] is None


# What was said is read anew for each example.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text().map("550 5.1.1 ".__add__))
def test_any_text(run: Callable[..., Run], reply: str) -> None:
    """Whatever text a reply has, the lines of a reply come first and rules behind."""
    code, out, err = run("--soft-bounce", reply)
    lines = out.splitlines()
    behind = [line.startswith("  ") for line in lines]

    assert code in (Exit.FINE, Exit.PROBLEMS)
    assert "" == err
    assert behind == sorted(behind)
    assert all(line.startswith("450") for line in lines if not line.startswith("  "))
    assert None is HARMFUL.search("".join(lines))
