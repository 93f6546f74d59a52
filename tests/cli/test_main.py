"""The command starts fast, knows its verbs and ends with a documented code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dsnlib import cli
from dsnlib.cli.exits import Exit

ROOT = Path(__file__).resolve().parents[2]
REPORT = "tests/data/reports/failed-unknown-user.eml"
# Slow to load, and needed by few; what comes with an extra is as slow.
HEAVY = frozenset(
    [
        "asyncio",
        "attr",
        "babel",
        "concurrent",
        "email",
        "email_validator",
        "html",
        "http",
        "jinja2",
        "logging",
        "mailparser",
        "matplotlib",
        "multiprocessing",
        "numpy",
        "rich",
        "socket",
        "sqlite3",
        "ssl",
        "statistics",
        "subprocess",
        "xml",
    ]
)

# Only what dsnlib adds counts: a coverage tool may have loaded its own before.
PROBE = """
import sys
before = set(sys.modules)
from dsnlib.cli import main
code = main(sys.argv[1:])
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        ("--version", ""),
        ("config --help", ""),
        ("serve --help", ""),
        ("explain 5.1.1", "attr"),
        ("history --help", "attr"),
        ("access docs/examples/access mallory@example.net", "attr logging"),
        (f"lint {REPORT}", "attr logging"),
        ("rewrite --verb MAIL 550", "attr"),
        (f"parse --jsonl {REPORT}", "attr html logging"),
        (f"parse {REPORT}", "attr html logging"),
        (f"explain-bounce {REPORT}", "attr html logging"),
        (f"ingest {{folder}}/history.db {REPORT}", "attr html logging socket sqlite3"),
    ],
)
def test_start_loads_no_heavy_library(arguments: str, needs: str, tmp_path: Path) -> None:
    """Nothing that is slow to load is loaded where it is not needed."""
    probe = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments.format(folder=tmp_path).split()],
        check=True,
        capture_output=True,
        cwd=ROOT,
        text=True,
        timeout=60,
    )
    loaded = set(probe.stderr.split())

    assert "dsnlib" in loaded
    assert set(needs.split()) >= HEAVY & loaded


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is the one of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == cli.__version__
    assert Exit.FINE == cli.main(["--version"])
    assert f"dsnlib {cli.__version__}\n" == capsys.readouterr().out


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists the verbs, and each verb has a help of its own."""
    assert Exit.FINE == cli.main(["--help"])
    text = capsys.readouterr().out

    for verb in ("parse", "lint", "explain", "explain-bounce"):
        assert re.search(rf"^ +{verb}(?: |$)", text, re.MULTILINE)
        assert Exit.FINE == cli.main([verb, "--help"])
        assert f"usage: dsnlib {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["fly"], ["--fly"], ["parse", "--fly"]])
def test_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """A command line that makes no sense ends with 2."""
    assert Exit.USAGE == cli.main(arguments)
    assert "usage: dsnlib" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["ingset", "history.db"], [], ["--fly"]])
def test_a_mistake_keeps_mail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """A mistyped verb does not cost the mail that a mail system hands over by a pipe."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb"):
        monkeypatch.setattr(sys, "stdin", stdin)

        assert Exit.TEMPORARY == cli.main(arguments)
    assert "usage: dsnlib" in capsys.readouterr().err


def test_arguments_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without arguments those of the process count."""
    monkeypatch.setattr(sys, "argv", ["dsnlib", "explain", "5.1.1"])

    assert Exit.FINE == cli.main()
    assert capsys.readouterr().out.startswith("5.1.1 ")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), Exit.INTERRUPTED, ""),
        (BrokenPipeError(), Exit.BROKEN_PIPE, ""),
        (OSError(28, "No space left"), Exit.IO_ERROR, "dsnlib: cannot write: No space left\n"),
        (OSError("odd"), Exit.IO_ERROR, "dsnlib: cannot write: odd\n"),
        (SystemExit("odd"), Exit.USAGE, ""),
    ],
    ids=["Ctrl-C", "broken pipe", "full disk", "other output error", "exit with a text"],
)
def test_how_it_ends(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: Exit,
    said: str,
) -> None:
    """What stops the command becomes an exit code, and a line where one helps."""

    def fail(arguments: list[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", fail)

    assert code == cli.main([])
    assert said == capsys.readouterr().err


def test_closed_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard output or error works and says nothing."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)

    assert Exit.BAD_DATA == cli.main(["explain", "5.1.1", "nonsense"])
    assert Exit.NO_INPUT == cli.main(["parse", "no/such/file"])
    for stream in (sys.stdout, sys.stderr):
        stream.close()


def test_module() -> None:
    """`python -m dsnlib` is the command, exit code included."""
    done = subprocess.run(
        [sys.executable, "-m", "dsnlib", "explain", "4.7.999"],
        check=False,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
    )

    assert (Exit.PROBLEMS, b"") == (done.returncode, done.stderr)


def test_every_exit_code_is_documented() -> None:
    """The page of commands has each exit code, and no other."""
    page = (ROOT / "docs/reference/commands/dsnlib.md").read_text(encoding="utf-8")

    assert {int(code) for code in Exit} == set(
        map(int, re.findall(r"^\| (\d+) \|", page, re.MULTILINE))
    )
