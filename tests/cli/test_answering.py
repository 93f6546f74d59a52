"""What the verbs about answering share: how a table is named, and why it is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.cli.answering import (
    STAGES,
    complain_of_table,
    describe_defect,
    lay_out,
    open_named_table,
    spec_of,
    split_client,
)
from dsnlib.cli.exits import Exit
from dsnlib.errors import Defect, TableError
from dsnlib.replies.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("table", "spec"),
    [
        ("hash:/etc/mail/access", "hash:/etc/mail/access"),
        ("inline:{ a=b }", "inline:{ a=b }"),
        ("proxy:hash:/etc/mail/access", "proxy:hash:/etc/mail/access"),
        ("access", "texthash:access"),
        ("/etc/mail/access.txt", "texthash:/etc/mail/access.txt"),
        ("/etc/mail/clients.cidr", "cidr:/etc/mail/clients.cidr"),
        ("checks.PCRE", "pcre:checks.PCRE"),
        ("checks.regexp", "regexp:checks.regexp"),
        ("./a:b", "texthash:./a:b"),
        ("", "texthash:"),
    ],
)
def test_spec(table: str, spec: str) -> None:
    """A kind stands as it is; a path alone is a texthash, or what its end says."""
    assert spec == spec_of(table)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mx.example[192.0.2.7]", ("mx.example", "192.0.2.7")),
        ("unknown[192.0.2.7]", (None, "192.0.2.7")),
        ("[2001:db8::1]", (None, "2001:db8::1")),
        ("192.0.2.7", (None, "192.0.2.7")),
        ("2001:db8::1", (None, "2001:db8::1")),
        ("mx.example", ("mx.example", None)),
        ("", ("", None)),
    ],
)
def test_client(text: str, expected: tuple[str | None, str | None]) -> None:
    """A client is a name and an address, or one of the two."""
    assert expected == split_client(text)


def test_stages() -> None:
    """Every stage has a name without capitals and blanks."""
    assert set(Stage) == set(STAGES.values())
    assert Stage.END_OF_DATA is STAGES["end-of-data"]


def test_what_was_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a table has that nothing can find is told, and the table is used."""
    path = tmp_path / "access"
    path.write_text("a OK\na REJECT\n", "utf-8")
    table = open_named_table(str(path))

    assert "OK" == table.lookup("a")
    assert f"dsnlib: {path}:2: key 'a' stands further up too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (None, Exit.BAD_DATA),
        (ValueError("no"), Exit.BAD_DATA),
        (FileNotFoundError(2, "no"), Exit.NO_INPUT),
        (PermissionError(13, "no"), Exit.NO_INPUT),
        (OSError(5, "Input/output error"), Exit.IO_ERROR),
    ],
    ids=["bad text", "bad value", "missing", "closed", "broken disk"],
)
def test_complaint(capsys: pytest.CaptureFixture[str], cause: Exception | None, code: Exit) -> None:
    """A table is named with its line, on one harmless line; the exit code says why."""
    error = TableError("a\x1b[31m\nb", origin="access", line=3)
    error.__cause__ = cause

    assert code is complain_of_table(error)
    assert "dsnlib: access:3: a\ufffd[31m b\n" == capsys.readouterr().err


@pytest.mark.parametrize(("requirement", "said"), [(None, "odd"), ("2034-4-03", "odd [2034-4-03]")])
def test_defect(requirement: str | None, said: str) -> None:
    """A defect is told with the rule that it breaks."""
    defect = Defect(code="reply-class", message="reply: odd", requirement=requirement)

    assert said == describe_defect(defect)


def test_rows() -> None:
    """Rows begin with blanks, whatever stands in them."""
    assert "  Fired       a 250 ok\n  But         b\n" == lay_out(
        [("Fired", "a\n250 ok"), ("But", "b")]
    )
