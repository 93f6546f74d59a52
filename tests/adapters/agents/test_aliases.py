"""Alias files."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.agents.aliases import AliasFile, parse_aliases
from dsnlib.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("text", "name", "targets"),
    [
        ("team: bob", "team", ("bob",)),
        ("Team: bob, eve@example.org", "TEAM", ("bob", "eve@example.org")),
        ("team: bob,\n  eve\n\tdora", "team", ("bob", "eve", "dora")),
        ("# nobody\n\nteam : bob", "team", ("bob",)),
        ('"the team": bob', "the team", ("bob",)),
        ('team: "bob lee"@example.org', "team", ('"bob lee"@example.org',)),
        ('team: "a,b"@example.org, eve', "team", ('"a,b"@example.org', "eve")),
        ("team: bob, bob", "team", ("bob",)),
        ("team: bob", "other", None),
        ("team: bob\nteam: eve", "team", ("bob",)),
    ],
)
def test_what_a_file_says(text: str, name: str, targets: tuple[str, ...] | None) -> None:
    """A name, a colon and addresses; continued lines, comments and quotes."""
    assert targets == parse_aliases(text, origin="aliases").lookup(name)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("team", "'team' is no alias"),
        (": bob", "is no alias"),
        ("team:", "leads nowhere"),
        ("team: ,", "leads nowhere"),
        ('a: b\nteam: "|/bin/cat"', "aliases:2: '\"|/bin/cat\"' is a command"),
        ("team: |cat", "is a command"),
        ("team: /var/mail/team", "is a file"),
        ('team: "/var/mail/team"', "is a file"),
        ('"team: bob', "is no alias"),
        ('"team" bob', "is no alias"),
        ("team: <bob>", "cannot stand between"),
        ("team: :include:relative", "no absolute path"),
        ("team: :include:/nowhere/at/all", "cannot be read"),
        (" team: bob", "there is no line to continue"),
    ],
)
def test_what_a_file_cannot_say(tmp_path: Path, text: str, why: str) -> None:
    """One clear line, with the place and the rule."""
    path = tmp_path / "aliases"
    path.write_text(text)
    with pytest.raises(TableError) as caught:
        AliasFile(path)

    assert why in str(caught.value)


def test_an_entry_that_is_there_twice() -> None:
    """The first counts, and a defect tells of the other."""
    (defect,) = parse_aliases("a: b\na: c", origin="aliases").defects

    assert "aliases:2: alias 'a' is there twice; the first counts" == defect.message


def test_an_included_file(tmp_path: Path) -> None:
    """It has addresses, one or more in a line, and comments."""
    members = tmp_path / "members"
    members.write_text("# the list\nbob\n\neve@example.org, dora\n")
    path = tmp_path / "aliases"
    path.write_text(f"news: ann, :include:{members}")

    assert ("ann", "bob", "eve@example.org", "dora") == AliasFile(path).lookup("news")


@pytest.mark.parametrize("line", ["|cat", "/etc/passwd", ":include:/etc/passwd"])
def test_what_an_included_file_cannot_say(tmp_path: Path, line: str) -> None:
    """No command, no file, no file that includes others."""
    members = tmp_path / "members"
    members.write_text(f"bob\n{line}\n")
    path = tmp_path / "aliases"
    path.write_text(f"news: :include:{members}")
    with pytest.raises(TableError, match=f"{members}:2"):
        AliasFile(path)


def test_a_file_is_read_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When it or what it includes changes; a bad one leaves the old in force."""
    seconds = [0.0]
    members = tmp_path / "members"
    members.write_text("bob")
    path = tmp_path / "aliases"
    path.write_text(f"news: :include:{members}")
    aliases = AliasFile(path, interval_seconds=1, clock=lambda: seconds[0])

    def after(file: Path, text: str) -> tuple[str, ...] | None:
        file.write_text(text)
        os.utime(file, (seconds[0], seconds[0]))
        seconds[0] += 2
        return tuple(aliases.lookup("news") or ())

    assert ("eve",) == after(members, "eve")
    with caplog.at_level(logging.WARNING, "dsnlib.tables"):
        assert ("eve",) == after(path, "news: |cat")
    assert "stay in force" in caplog.text
    assert aliases.error is not None
    assert ("dora",) == after(path, "news: dora")
    assert aliases.error is None


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """A file is aliases or one clear error; nothing else happens."""
    error = ""
    entries: Mapping[str, tuple[str, ...]] = {}
    try:
        entries = parse_aliases(text, origin="aliases").entries
    except TableError as caught:
        error = str(caught)

    assert error == "" or error.startswith("aliases")
    assert all(entries.values())


def test_quotes_and_escapes() -> None:
    """A quote that is escaped ends nothing."""
    aliases = parse_aliases(r'team: "a\"b"@example.org, eve', origin="aliases")

    assert (r'"a\"b"@example.org', "eve") == aliases.lookup("team")


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, not read half."""
    monkeypatch.setattr("dsnlib.adapters.agents.aliases._LARGEST_OCTETS", 5)
    path = tmp_path / "aliases"
    path.write_text("team: bob")
    with pytest.raises(TableError, match="larger than 5 octets"):
        AliasFile(path)


def test_a_file_that_is_taken_away(tmp_path: Path) -> None:
    """What was read stays in force."""
    path = tmp_path / "aliases"
    path.write_text("a: b\na: c")
    aliases = AliasFile(path, interval_seconds=0)
    path.unlink()

    assert ("b",) == aliases.lookup("a")
    assert aliases.error is not None
    assert 1 == len(aliases.defects)


def test_nothing_is_included_where_nobody_reads() -> None:
    """Text alone has no files."""
    with pytest.raises(TableError, match="nothing can be included"):
        parse_aliases("news: :include:/etc/list", origin="aliases")


def test_an_included_file_that_is_a_pipe(tmp_path: Path) -> None:
    """Whoever may write his list cannot have the server wait for him."""
    members, file = tmp_path / "list", tmp_path / "aliases"
    members.write_text("ann\n")
    file.write_text(f"news: :include:{members}\n")
    now = [0.0]
    aliases = AliasFile(file, clock=lambda: now[0])
    members.unlink()
    os.mkfifo(members)
    now[0] = 100.0

    assert ("ann",) == aliases.lookup("news")
    assert f"{members}: is no regular file" == str(aliases.error)
