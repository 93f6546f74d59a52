"""`dsnlib template` checks template files, and prints them as Postfix would."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib.cli.exits import Exit
from dsnlib.compose.heredoc import LARGEST_OCTETS
from dsnlib.compose.template import load_templates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "template"

GOOD = "failure_template = <<EOF\nSubject: x\n\nAt $myhostname.\nEOF\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Return a function that writes a template file."""

    def write_file(data: str | bytes) -> Path:
        path = tmp_path / "bounce.cf"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write_file


def test_check_of_a_good_file(
    run: Callable[..., Run], write: Callable[[str | bytes], Path]
) -> None:
    """Of a file without fault nothing is said."""
    assert (Exit.FINE, "", "") == run("check", write(GOOD))


@pytest.mark.parametrize(
    ("data", "line", "message", "exit_"),
    [
        # What a bounce leaves in spite of
        ("#\nother = x\n", 2, "unknown template name 'other'", Exit.PROBLEMS),
        ("failure_template = <<E\nSubject: é\n\nx\nE\n", 2, "non-ascii header", Exit.PROBLEMS),
        ("failure_template = <<E\nx\n", 1, "no line is 'E'", Exit.PROBLEMS),
        (b"failure_template = <<E\nCharset: utf-8\n\n\xff\nE\n", 4, "not utf-8", Exit.PROBLEMS),
        ("failure_template = <<E\nCharset: x\n\nx\nE\n", 1, "knows the charset 'x'", Exit.PROBLEMS),
        ("delay_template = <<E\n\n$delay_warning_time_days\nE", 3, "shorter unit", Exit.PROBLEMS),
        (b"failure_template = <<E\nx\0\nE\n", 2, "NUL", Exit.PROBLEMS),
        # What Postfix stops at
        ("\nstray\n", 2, "missing '='", Exit.BAD_DATA),
        ("failure_template = <<E\n\nx\n$nosuch\nE\n", 4, "$nosuch is not", Exit.BAD_DATA),
        (b"\x7fELF\x01\x02\n", 1, "missing '='", Exit.BAD_DATA),
        ("failure_template = x".encode("utf-16"), 1, "UTF-16", Exit.BAD_DATA),
        (b"#" * (LARGEST_OCTETS + 1), 1, "too large", Exit.BAD_DATA),
    ],
)
def test_check(
    run: Callable[..., Run],
    write: Callable[[str | bytes], Path],
    data: str | bytes,
    line: int,
    message: str,
    exit_: Exit,
) -> None:
    """Each fault is a line that names file and line; the exit code says how bad it is."""
    path = write(data)
    code, out, err = run("check", path, "--set", "delay_warning_time=4h")

    assert (exit_, "") == (code, err)
    assert out.startswith(f"{path}:{line}: ")
    assert message in out
    assert 1 == out.count("\n")


def test_check_tells_everything(
    run: Callable[..., Run], write: Callable[[str | bytes], Path]
) -> None:
    """Faults of different templates are all told, and the worst decides."""
    path = write(
        "failure_template = $a\nverify_template = <<E\nX: y\n\nz\nE\nsuccess_template = $b"
    )
    code, out, _ = run("check", path)

    assert Exit.BAD_DATA == code
    assert ["1", "3", "7"] == sorted(line.split(":")[1] for line in out.splitlines())


@pytest.mark.parametrize("verb", ["check", "dump", "expand"])
def test_no_file(run: Callable[..., Run], tmp_path: Path, verb: str) -> None:
    """A file that is missing, is a directory or has an impossible name is told as such."""
    for name, reason in (
        ("missing.cf", "No such file"),
        ("", "Is a directory"),
        ("nul\0", "null byte"),
    ):
        code, out, err = run(verb, f"{tmp_path}/{name}")

        assert (Exit.NO_INPUT, "") == (code, out)
        assert err.startswith("dsnlib: ")
        assert reason in err
        assert 1 == err.count("\n")


def test_check_goes_on(run: Callable[..., Run], write: Callable[[str | bytes], Path]) -> None:
    """One file that is missing keeps no other from being checked."""
    path = write("other = x\n")
    code, out, err = run("check", "missing.cf", path)

    assert Exit.NO_INPUT == code
    assert out.startswith(f"{path}:1: ")
    assert "missing.cf" in err


def test_dump(run: Callable[..., Run], write: Callable[[str | bytes], Path]) -> None:
    """`dump` prints what `postconf -t` does, whatever the names in it."""
    data = GOOD.replace("myhostname", "nosuch")
    code, out, err = run("dump", write(data))

    assert (Exit.FINE, "") == (code, err)
    assert load_templates(data, origin="x", check_names=False).dump().decode() == out


def test_dump_of_the_builtin_templates(run: Callable[..., Run]) -> None:
    """Without a file the built-in templates are printed, as `postconf -t ''` does."""
    code, out, _ = run("dump")

    assert Exit.FINE == code
    assert load_templates(b"", origin="x").dump().decode() == out


def test_expand(run: Callable[..., Run], write: Callable[[str | bytes], Path]) -> None:
    """`expand` prints the texts with values; what was set by hand counts before main.cf."""
    path = write(GOOD.replace(".\n", " $a $b.\n"))
    main_cf = path.with_name("main.cf")
    main_cf.write_text("a = $b\nb = 1\nmyhostname = mail.example\n", encoding="utf-8")
    code, out, err = run("expand", path, "--main-cf", main_cf, "--set", "b=2")

    assert (Exit.FINE, "") == (code, err)
    assert out.startswith("expanded_failure_text = <<EOF\nAt mail.example 2 2.\nEOF\n")


def test_host_name(
    run: Callable[..., Run],
    write: Callable[[str | bytes], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nothing sets it, the name is the system's, with a domain as Postfix adds it."""
    path = write(GOOD)
    for system, shown in (("box", "box.localdomain"), ("box.example", "box.example")):
        monkeypatch.setattr("socket.gethostname", lambda system=system: system)

        assert f"\nAt {shown}.\n" in run("expand", path)[1]
    assert "\nAt c.example.\n" in run("expand", path, "--set", "myhostname=c.example")[1]


def test_warnings(run: Callable[..., Run], write: Callable[[str | bytes], Path]) -> None:
    """What is odd goes to standard error, and the templates are printed all the same."""
    path = write("other = x\ndelay_template = $delay_warning_time_weeks\n")
    for verb, said in (("dump", ["1"]), ("expand", ["1", "2"])):
        code, out, err = run(verb, path, "--set", "delay_warning_time=4h")

        assert Exit.FINE == code
        assert said == [line.split(":")[2] for line in err.splitlines()]
        assert "delay_t" in out


@pytest.mark.parametrize("verb", ["dump", "expand"])
def test_errors(run: Callable[..., Run], write: Callable[[str | bytes], Path], verb: str) -> None:
    """A file that is none is an error with the line, and nothing is printed."""
    path = write("stray\n")
    code, out, err = run(verb, path)

    assert (Exit.BAD_DATA, "") == (code, out)
    assert err.startswith(f"dsnlib: {path}:1: missing '='")


def test_only_what_postfix_has(
    run: Callable[..., Run], write: Callable[[str | bytes], Path]
) -> None:
    """With `--postfix` what Postfix would not take is told."""
    path = write("failure_template = <<E\nLanguage: de\n\n$summary\nE\n")

    assert Exit.FINE == run("check", path)[0]
    code, out, _ = run("check", "--postfix", path)
    assert Exit.PROBLEMS == code
    assert "unknown header 'Language'" in out


@pytest.mark.parametrize("setting", ["x", "=x", " = x"])
def test_bad_setting(run: Callable[..., Run], setting: str) -> None:
    """What sets nothing makes no sense."""
    code, _, err = run("dump", "--set", setting)

    assert Exit.USAGE == code
    assert "NAME=VALUE" in err


@pytest.mark.parametrize(("main_cf", "exit_"), [("bad", Exit.BAD_DATA), (None, Exit.NO_INPUT)])
def test_bad_main_cf(
    run: Callable[..., Run], tmp_path: Path, main_cf: str | None, exit_: Exit
) -> None:
    """A main.cf that is none, or is missing, is told as such."""
    path = tmp_path / "main.cf"
    if main_cf is not None:
        path.write_text(main_cf, encoding="utf-8")
    code, _, err = run("expand", "--main-cf", path)

    assert exit_ == code
    assert str(path) in err


def test_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A template file may come from standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\nstray\n")))
    code, out, _ = run("check", "-")

    assert (Exit.BAD_DATA, "-:2: ") == (code, out[:5])


def test_text_of_strangers(run: Callable[..., Run], write: Callable[[str | bytes], Path]) -> None:
    """What a file says moves no cursor."""
    _, out, _ = run("check", write("\x1b[31m\u202e = x\n"))

    assert "\x1b" not in out
    assert "\u202e" not in out


def test_fault_of_the_system(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading that fails on the way is no missing file."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("builtins.open", fail)
    code, _, err = run("check", "x")

    assert Exit.IO_ERROR == code
    assert "Input/output error" in err
