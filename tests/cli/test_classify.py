"""`dsnlib classify` tells why replies were given."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "classify"

SITE = '[[rule]]\nid = "site/full"\nreason = "system-full"\nneedles = ["{}"]\n'


def test_arguments(run: Callable[..., Run]) -> None:
    """Each reply has a line: reply, reason, permanence, fault, rule."""
    code, out, err = run("550 5.1.1 no", "smtp; 452 4.2.2 Mailbox full")

    assert (Exit.FINE, "") == (code, err)
    assert [
        ["550 5.1.1 no", "unknown-user", "hard", "recipient", "enhanced-code/5.1.1"],
        ["smtp; 452 4.2.2 Mailbox full", "mailbox-full", "soft", "recipient", "mailbox-full/words"],
    ] == [line.split("\t") for line in out.splitlines()]


def test_what_nobody_knows(run: Callable[..., Run]) -> None:
    """A reply without a reason ends with 1; what could act on a terminal cannot."""
    code, out, _ = run("550 no\x1b[31m")

    assert Exit.PROBLEMS == code
    assert "550 no\ufffd[31m\tundefined\thard\tunknown\t-\n" == out


@pytest.mark.parametrize("arguments", [[], ["-"]], ids=["none", "-"])
def test_standard_input(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """Lines of standard input are replies; empty ones do not count."""
    lines = io.TextIOWrapper(io.BytesIO(b"550 no such user\r\n\n552 full \xff\n"))
    monkeypatch.setattr(sys, "stdin", lines)
    code, out, _ = run(*arguments)

    assert Exit.FINE == code
    assert ["unknown-user", "mailbox-full"] == [line.split("\t")[1] for line in out.splitlines()]


def test_no_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard input has no lines."""
    monkeypatch.setattr(sys, "stdin", None)

    assert (Exit.FINE, "", "") == run()


def test_json(run: Callable[..., Run]) -> None:
    """`--json` has an object a line, with the evidence in octets of the reply."""
    _, out, _ = run("--json", "--names", "ses", "smtp; 550 5.1.1 user unknown", "no")
    first, second = map(json.loads, out.splitlines())

    assert ("unknown-user", "hard", "recipient", "5.1.1", 550, "certain") == tuple(
        first[name]
        for name in ("reason", "permanence", "fault", "status", "reply_code", "confidence")
    )
    assert ("Permanent/NoEmail", "unknown-user/words") == (first["name"], first["rule"])
    assert "user unknown" == first["reply"][slice(*_place(first))]
    assert (None, None, None, []) == (
        second["status"],
        second["reply_code"],
        second["rule"],
        second["evidence"],
    )


def _place(record: dict[str, list[dict[str, int]]]) -> tuple[int, int]:
    return record["evidence"][0]["start"], record["evidence"][0]["end"]


def test_names(run: Callable[..., Run]) -> None:
    """`--names` adds what another system says, or `-`."""
    _, out, _ = run("--names", "sisimai", "550 no such user", "550 challenge-response")

    assert ["userunknown", "-"] == [line.split("\t")[-1] for line in out.splitlines()]


def test_without_names_there_is_no_name(run: Callable[..., Run]) -> None:
    """An object has a name only if one was asked for."""
    assert "name" not in json.loads(run("--json", "550 5.1.1 no")[1])


def test_provider(run: Callable[..., Run]) -> None:
    """`--provider` says who gave the replies."""
    assert "needs-tls" == run("--provider", "google", "550 5.7.29 no")[1].split("\t")[1]


def test_rules(run: Callable[..., Run], tmp_path: Path) -> None:
    """Files of rules count for more than ours, the first for most."""
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(SITE.format("unknown"), "utf-8")
    second.write_text(SITE.format("user unknown").replace("site/full", "second"), "utf-8")
    _, out, _ = run("--rules", first, "--rules", second, "550 user unknown", "550 mailbox full")

    assert ["site/full", "mailbox-full/words"] == [
        line.split("\t")[-1] for line in out.splitlines()
    ]


def test_rules_that_cannot_be_used(run: Callable[..., Run], tmp_path: Path) -> None:
    """A bad file ends with 65, a missing one with 66, both with its name."""
    bad = tmp_path / "bad.toml"
    bad.write_text("other = 1", "utf-8")
    code, out, err = run("--rules", bad, "550 no")

    assert (Exit.BAD_DATA, "") == (code, out)
    assert f"dsnlib: {bad}: there is no key" in err
    assert Exit.NO_INPUT == run("--rules", tmp_path / "none.toml", "550 no")[0]
