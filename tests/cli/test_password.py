"""`dsnlib password` hashes a password for the file of accounts, and tries one."""

from __future__ import annotations

import getpass
import io
import sys
import warnings
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.login.password_file import parse_password_file
from dsnlib.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "password"


def give(monkeypatch: pytest.MonkeyPatch, octets: bytes) -> None:
    """Make octets what is on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))


def type_in(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """Make words what is typed at the terminal, and return what it was asked for."""
    asked: list[str] = []
    left = iter(words)

    def ask(prompt: str) -> str:
        asked.append(prompt)
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(getpass, "getpass", ask)
    return asked


@pytest.mark.parametrize("scheme", ["ARGON2ID", "SCRYPT"])
def test_the_line_is_one_of_the_file(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """It has the name in its one form, and the password fits."""
    give(monkeypatch, b"sword fish\r\nnot this\n")
    code, out, err = run("Ann@Example.ORG", "--stdin", "--scheme", scheme)
    found = parse_password_file(out.encode())

    assert (Exit.FINE, "") == (code, err)
    assert out.startswith(f"ann@example.org:{{{scheme}}}$")
    assert found["ann@example.org"].verify("sword fish")


def test_a_terminal_is_asked_twice(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is typed twice is the password."""
    asked = type_in(monkeypatch, "secret", "secret")
    code, out, err = run("ann")

    assert (Exit.FINE, "", 2) == (code, err, len(asked))
    assert parse_password_file(out.encode())["ann"].verify("secret")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("secret", "sacred"), "password: the two are not the same"),
        ((), "password: none was given"),
        (("", ""), "password: is empty"),
        (("a\x07", "a\x07"), "password: has a control character"),
    ],
)
def test_what_is_typed_wrongly(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
) -> None:
    """Nothing is written, and the reason does not show it."""
    type_in(monkeypatch, *words)

    assert (Exit.BAD_DATA, "", f"dsnlib: <terminal>: {why} [password]\n") == run("ann")


def test_without_a_terminal(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not read what is on standard input as if it were typed."""

    def ask(_prompt: str) -> str:
        warnings.warn("it would show", getpass.GetPassWarning, stacklevel=1)
        return "secret"

    monkeypatch.setattr(getpass, "getpass", ask)
    code, out, err = run("ann")

    assert (Exit.BAD_DATA, "") == (code, out)
    assert "use --stdin" in err


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "password: is empty"),
        (b"\n", "password: is empty"),
        (b"a" * 5_000, "password: is longer than 1024 octets"),
        (b"\xff\n", "is not UTF-8"),
        (b"a\0b\n", "password: has a control character"),
    ],
)
def test_what_is_no_password(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, octets: bytes, why: str
) -> None:
    """Nothing is written, and one line says why."""
    give(monkeypatch, octets)

    assert (Exit.BAD_DATA, "", f"dsnlib: <stdin>: {why} [password]\n") == run("ann", "--stdin")


def test_no_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was started without one has no password."""
    monkeypatch.setattr(sys, "stdin", None)

    assert Exit.BAD_DATA == run("ann", "--stdin")[0]


def test_as_much_as_a_password_may_have(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is the password's, not the line's."""
    give(monkeypatch, b"a" * 1_024 + b"\r\n")

    assert Exit.FINE == run("ann", "--stdin", "--scheme", "SCRYPT")[0]


@pytest.mark.parametrize("name", ["", "a:b", "#a", "a\nb", "a" * 300, "\udcff"])
def test_what_is_no_name(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The password is not even asked for."""
    asked = type_in(monkeypatch)
    code, out, err = run(name)

    assert (Exit.BAD_DATA, "", []) == (code, out, asked)
    assert err.startswith("dsnlib: NAME: ")


def test_a_missing_library_is_told(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to install."""
    monkeypatch.setitem(sys.modules, "argon2", None)
    give(monkeypatch, b"secret\n")
    code, out, err = run("ann", "--stdin")

    assert (Exit.BAD_DATA, "") == (code, out)
    assert err.startswith("dsnlib: --scheme ARGON2ID: {ARGON2ID} needs the library argon2-cffi")


@pytest.fixture
def accounts(tmp_path: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file with one account."""
    give(monkeypatch, b"secret\n")
    path = tmp_path / "passwd"
    path.write_text(run("ann", "--stdin")[1], "utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("name", "word", "code"),
    [
        ("ANN", "secret", Exit.FINE),
        ("ann", "Secret", Exit.PROBLEMS),
        ("bob", "secret", Exit.PROBLEMS),
    ],
)
def test_a_password_is_tried(
    run: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    accounts: Path,
    name: str,
    word: str,
    code: Exit,
) -> None:
    """It is asked for once; the exit code is the answer."""
    asked = type_in(monkeypatch, word)
    found, out, err = run(name, "--check", accounts)

    assert (code, "", 1) == (found, out, len(asked))
    assert ("" if code is Exit.FINE else f"not the password of {name}") in err


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ("ann:{PLAIN}hunter2\n", Exit.BAD_DATA, ":1: 'ann': {PLAIN} is the password itself"),
        (None, Exit.NO_INPUT, ": cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_used(
    run: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    accounts: Path,
    text: str | None,
    code: Exit,
    why: str,
) -> None:
    """One line names the place and the reason."""
    type_in(monkeypatch, "hunter2")
    accounts.unlink()
    if text is not None:
        accounts.write_text(text, "utf-8")
    found, out, err = run("ann", "--check", accounts)

    assert (code, "", 1) == (found, out, err.count("\n"))
    assert f"{accounts}{why}" in err
    assert "hunter2" not in err


def test_plain_passwords_may_be_allowed(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, accounts: Path
) -> None:
    """As they may be for the server."""
    accounts.write_text("ann:{PLAIN}hunter2\n", "utf-8")
    type_in(monkeypatch, "hunter2")

    assert Exit.FINE == run("ann", "--check", accounts, "--allow-plain")[0]


def test_allow_plain_needs_check(run: Callable[..., Run]) -> None:
    """Nothing that is written is plain."""
    assert Exit.USAGE == run("ann", "--allow-plain")[0]
