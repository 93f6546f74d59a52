"""`dsnlib access` asks a table as `postmap -q` does, and tells what its values mean."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.cli.exits import Exit
from dsnlib.replies.access import CHECK_ACTIONS, ActionKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "access"

TABLE = """\
ann@example.org       REJECT 5.1.1 no such box
example.org           DEFER
.example.org          below
192.0.2               450 4.7.1 come back later
mail.example.net      OK
<>                    DUNNO
"""
# What an action has to have behind it
ARGUMENTS = {
    ActionKind.REDIRECT: " desk@example.org",
    ActionKind.BCC: " desk@example.org",
    ActionKind.PREPEND: " X-Seen: yes",
    ActionKind.REPLACE: " X-Seen: yes",
    ActionKind.FILTER: " smtp:[127.0.0.1]:10025",
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return the table of these tests."""
    path = tmp_path / "access"
    path.write_text(TABLE, "utf-8")
    return path


def give(monkeypatch: pytest.MonkeyPatch, octets: bytes) -> None:
    """Put octets on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))


def test_one_key(run: Callable[..., Run], table: Path) -> None:
    """A key that is there gives its value and 0, another nothing and 1."""
    assert (Exit.FINE, "DEFER\n", "") == run(table, "Example.ORG")
    assert (Exit.PROBLEMS, "", "") == run(table, "bob@example.org")


def test_several_keys(run: Callable[..., Run], table: Path) -> None:
    """Several keys are named with their values; those that are not there are left out."""
    expected = "example.org\tDEFER\nmail.example.net\tOK\n"

    assert (Exit.FINE, expected, "") == run(table, "nobody", "example.org", "mail.example.net")
    assert (Exit.PROBLEMS, "", "") == run(table, "nobody", "nowhere")


def test_keys_of_standard_input(
    run: Callable[..., Run], table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` takes a key from each line; empty lines do not count."""
    give(monkeypatch, b"example.org\r\n\nnobody\nmail.example.net")
    expected = "example.org\tDEFER\nmail.example.net\tOK\n"

    assert (Exit.FINE, expected, "") == run(table, "-")
    monkeypatch.setattr(sys, "stdin", None)
    assert (Exit.PROBLEMS, "", "") == run(table, "-")


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("clients.cidr", "192.0.2.0/24 REJECT\n", "192.0.2.7", "REJECT"),
        ("checks.pcre", "/^(\\w+)@/ WARN $1\n", "ann@example.org", "WARN ann"),
        ("checks.regexp", "/^x/ WARN\n", "xy", "WARN"),
        ("access", "a b\n", "a", "b"),
    ],
)
def test_kinds(
    run: Callable[..., Run], tmp_path: Path, name: str, text: str, key: str, value: str
) -> None:
    """The end of its name tells what a table is; with a kind, the kind does."""
    path = tmp_path / name
    path.write_text(text, "utf-8")

    assert (Exit.FINE, f"{value}\n", "") == run(path, key)
    assert (Exit.FINE, "b\n", "") == run("inline:{ a=b }", "a")
    assert (Exit.FINE, "b\n", "") == run("static:b", "whatever")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--as", "address", "ann@example.org"], "ann@example.org\tREJECT 5.1.1 no such box"),
        (["--as", "address", "bob@example.org"], "example.org\tDEFER"),
        (["--as", "address", "bob@a.example.org"], "example.org\tDEFER"),
        (["--as", "address", "--no-parents", "bob@a.example.org"], ".example.org\tbelow"),
        (
            ["--as", "address", "--delimiter", "+", "ann+x@example.org"],
            "ann@example.org\tREJECT 5.1.1 no such box",
        ),
        (["--as", "address", "<>"], "<>\tDUNNO"),
        (["--as", "address", ""], "<>\tDUNNO"),
        (["--as", "helo", "mail.example.net"], "mail.example.net\tOK"),
        (["--as", "network", "192.0.2.7"], "192.0.2\t450 4.7.1 come back later"),
        (["--as", "client", "192.0.2.7"], "192.0.2\t450 4.7.1 come back later"),
        (["--as", "client", "mail.example.net"], "mail.example.net\tOK"),
        (["--as", "client", "mail.example.net[192.0.2.7]"], "mail.example.net\tOK"),
        (["--as", "client", "unknown[192.0.2.7]"], "192.0.2\t450 4.7.1 come back later"),
        (["--as", "client", "[192.0.2.7]"], "192.0.2\t450 4.7.1 come back later"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_subjects(run: Callable[..., Run], table: Path, arguments: list[str], found: str) -> None:
    """With `--as` what stands for a subject is tried in turn; the key found is told."""
    assert (Exit.FINE, f"{found}\n", "") == run(table, *arguments)


def test_subject_that_is_not_there(run: Callable[..., Run], table: Path) -> None:
    """A subject of which the table has nothing is not found."""
    assert (Exit.PROBLEMS, "", "") == run(table, "--as", "client", "mx.example[198.51.100.1]")
    assert (Exit.PROBLEMS, "", "") == run(table, "--as", "client", "mx.example")


def test_several_subjects(run: Callable[..., Run], table: Path) -> None:
    """Of several subjects each line has the subject, the key and the value."""
    _, out, _ = run(table, "--as", "address", "bob@example.org", "x@y", "")

    assert "bob@example.org\texample.org\tDEFER\n\t<>\tDUNNO\n" == out


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (
            ["--as", "address", "ann@example.org"],
            [
                "ann@example.org\tREJECT 5.1.1 no such box",
                "  Action      REJECT 5.1.1 no such box",
                "  Means       It is refused.",
                "  Reply       554 5.1.1 <ann@example.org>: recipient address refused: no such box",
            ],
        ),
        (
            ["--as", "address", "--stage", "sender", "ann@example.org"],
            [
                "ann@example.org\tREJECT 5.1.1 no such box",
                "  Action      REJECT 5.1.1 no such box",
                "  Means       It is refused.",
                "  Reply       554 5.1.7 <ann@example.org>: sender address refused: no such box",
            ],
        ),
        (
            ["--as", "client", "mx.example[192.0.2.7]"],
            [
                "192.0.2\t450 4.7.1 come back later",
                "  Action      450 4.7.1 come back later",
                "  Means       It is refused for now.",
                "  Reply       450 4.7.1 <mx.example[192.0.2.7]>: client refused: come back later",
            ],
        ),
        (
            ["mail.example.net"],
            [
                "OK",
                "  Action      OK",
                "  Means       It may pass: the rest of this list is not asked.",
            ],
        ),
        (
            ["--as", "address", "<>"],
            [
                "<>\tDUNNO",
                "  Action      DUNNO",
                "  Means       Nothing is said: what comes next in the list is asked.",
            ],
        ),
    ],
    ids=["recipient", "sender", "client", "plain", "nothing"],
)
def test_explain(
    run: Callable[..., Run], table: Path, arguments: list[str], rows: list[str]
) -> None:
    """`--explain` tells the action, what follows, and the reply to what was asked about."""
    code, out, err = run(table, "--explain", *arguments)

    assert (Exit.FINE, "") == (code, err)
    assert rows == out.splitlines()


@pytest.mark.parametrize(
    ("value", "row", "end"),
    [
        ("554", "But         action: '554' alone permits; to refuse, put a text", Exit.FINE),
        ("REJECT 5.1 x", "Reply       554 5.7.1 <k>: recipient", Exit.FINE),
        ("reject_unknown_sender_domain", "Means       These restrictions are asked", Exit.FINE),
        ("nonsense", "But         action: 'nonsense' is not an action", Exit.BAD_DATA),
        ("IGNORE", "But         action: 'IGNORE' has no place", Exit.BAD_DATA),
    ],
)
def test_explain_what_is_odd(run: Callable[..., Run], value: str, row: str, end: Exit) -> None:
    """What an admin may not have meant is told; what means nothing ends with 65."""
    code, out, err = run(f"inline:{{ {{k = {value}}} }}", "--explain", "k")

    assert (end, "") == (code, err)
    assert any(line.startswith(f"  {row}") for line in out.splitlines())


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind in CHECK_ACTIONS])
def test_every_check_action(run: Callable[..., Run], kind: ActionKind) -> None:
    """With `--check content` a value is one of a table of header checks."""
    value = kind.value + ARGUMENTS.get(kind, "")
    code, out, err = run(f"static:{value}", "x", "--check", "content", "--explain")

    assert (Exit.FINE, "") == (code, err)
    assert f"  Action      {value}" == out.splitlines()[1]
    assert (kind is ActionKind.REJECT) is ("  Reply       550 5.7.1 " in out)


@pytest.mark.parametrize(
    ("check", "text", "line"),
    [
        ("actions", "a OK\nb nonsense\n", 2),
        ("content", "a IGNORE\nb OK\n", 2),
        ("actions", "a\n", 1),
        ("none", "a OK\nb\n", 2),
    ],
)
def test_a_table_that_cannot_be_used(
    run: Callable[..., Run], tmp_path: Path, check: str, text: str, line: int
) -> None:
    """A bad line, or with `--check` a bad value, is told with its place before a key is asked."""
    path = tmp_path / "access"
    path.write_text(text, "utf-8")
    code, out, err = run(path, "a", "--check", check)

    assert (Exit.BAD_DATA, "") == (code, out)
    assert err.startswith(f"dsnlib: {path}:{line}: ")


@pytest.mark.parametrize(
    ("spec", "said", "end"),
    [
        ("no/such/file", "no/such/file: cannot be read: No such file", Exit.NO_INPUT),
        ("mysql:access", "there is no kind of table 'mysql'", Exit.BAD_DATA),
        ("", "'texthash:' is no table", Exit.BAD_DATA),
        (".", "Is a directory", Exit.NO_INPUT),
    ],
)
def test_no_table(run: Callable[..., Run], spec: str, said: str, end: Exit) -> None:
    """A table that is not there, or of a kind that nobody knows, is told on one line."""
    code, out, err = run(spec, "x")

    assert (end, "") == (code, out)
    assert said in err
    assert 1 == len(err.splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--delimiter", "+"], "only with --as"),
        (["--no-parents"], "only with --as"),
        (["--stage", "client"], "only with --explain"),
        (["--as", "stranger"], "invalid choice"),
    ],
)
def test_usage(run: Callable[..., Run], arguments: list[str], said: str) -> None:
    """An option that would do nothing is refused."""
    code, out, err = run("static:x", "key", *arguments)

    assert (Exit.USAGE, "") == (code, out)
    assert said in err


def test_json(run: Callable[..., Run], table: Path) -> None:
    """`--json` gives an object for each key, also for one that is not there."""
    code, out, err = run(table, "--json", "example.org", "nobody")

    assert (Exit.FINE, "") == (code, err)
    assert [
        {"key": "example.org", "matched": "example.org", "value": "DEFER"},
        {"key": "nobody", "matched": None, "value": None},
    ] == json.loads(out)


def test_json_with_meanings(run: Callable[..., Run], table: Path) -> None:
    """With `--explain` an object has action, restrictions, reply, defects and error."""
    _, out, _ = run(table, "--json", "--explain", "--as", "address", "ann@example.org")
    _, other, _ = run("inline:{ a=bad, b=OK, {c=reject_unlisted_recipient}, d=554 }",
                      "--json", "--explain", "a", "b", "c", "d")  # fmt: skip
    records: list[dict[str, Any]] = json.loads(other)
    bad, fine, restrictions, digits = records
    text = "<ann@example.org>: recipient address refused: no such box"

    assert [
        {
            "key": "ann@example.org",
            "matched": "ann@example.org",
            "value": "REJECT 5.1.1 no such box",
            "action": {"kind": "REJECT", "code": None, "status": "5.1.1", "text": "no such box"},
            "restrictions": None,
            "reply": {"code": 554, "status": "5.1.1", "lines": [text]},
            "defects": [],
            "error": None,
        }
    ] == json.loads(out)
    assert (None, "action: 'bad' is not an action") == (bad["action"], bad["error"])
    assert ("OK", None, None) == (fine["action"]["kind"], fine["action"]["status"], fine["reply"])
    assert (None, "reject_unlisted_recipient") == (
        restrictions["action"],
        restrictions["restrictions"],
    )
    assert ["action-digits"] == [defect["code"] for defect in digits["defects"]]


def test_keys_of_strangers(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a key acts on a terminal or moves a column."""
    give(monkeypatch, b"a\x1b[31m\tb\xff\x00\xe2\x80\xae\n")
    code, out, err = run("static:REJECT", "--explain", "--as", "address", "-")

    assert (Exit.FINE, "") == (code, err)
    assert 2 == out.splitlines()[0].count("\t")
    assert all(line.replace("\t", "").isprintable() for line in out.splitlines())
