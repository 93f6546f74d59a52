"""`dsnlib completion`: what a shell is told, and what it then offers."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib import cli
from dsnlib.cli.exits import Exit
from dsnlib.cli.missing_library import EXTRAS, refuse_without
from dsnlib.cli.verbs.completion import SHELLS, completion_script

if TYPE_CHECKING:
    from pathlib import Path

# A line as far as it is written, and some of what is offered for its last word.
OFFERED = [
    ("dsnlib expl", {"explain", "explain-bounce"}),
    ("dsnlib suppress up", {"update"}),
    ("dsnlib parse --f", {"--format"}),
    ("dsnlib parse --format js", {"json", "jsonl"}),
    ("dsnlib parse lett", {"letters/"}),
    ("dsnlib lint --quiet lett", {"letters/"}),
    ("dsnlib bulk --out lett", {"letters/"}),
    ("dsnlib explain 5.1.1 --lang d", {"da", "de"}),
    ("dsnlib completion f", {"fish"}),
    ("dsnlib schema ro", {"row-v1"}),
]
# Asks the function that the script has registered, as bash does when the key is pressed.
BASH = """
source {script}
COMP_WORDS=({line}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
$(complete -p dsnlib | sed 's/.*-F \\([^ ]*\\) .*/\\1/') 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
FISH = "source {script}; complete -C {quoted}"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the script of each shell, and something to complete."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        (folder / shell).write_text(completion_script(shell), "utf-8")
    (folder / "letters").mkdir()
    return folder


def offers(shell: str, words: list[str], folder: Path) -> set[str]:
    """Return what a shell offers; a directory may be given without its slash."""
    done = subprocess.run(
        [shell, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    first = {line.partition("\t")[0] for line in done.stdout.splitlines()}
    return {f"{each.rstrip('/')}/" if each.startswith("letters") else each for each in first}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(("line", "expected"), OFFERED)
def test_bash(scripts: Path, line: str, expected: set[str]) -> None:
    """Bash offers verbs, options, choices, files, directories and languages."""
    program = BASH.format(script=scripts / "bash", line=line)

    assert expected == offers("bash", ["--norc", "-c", program], scripts)


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(("line", "expected"), OFFERED)
def test_fish(scripts: Path, line: str, expected: set[str]) -> None:
    """Fish offers the same."""
    program = FISH.format(script=scripts / "fish", quoted=shlex.quote(line))

    assert expected <= offers("fish", ["--no-config", "-c", program], scripts)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh(scripts: Path) -> None:
    """Zsh takes the script, and registers it for the command."""
    program = f'autoload -Uz compinit; compinit -D -u; eval "$(<{scripts / "zsh"})"; '

    assert {"_shtab_dsnlib"} == offers(
        "zsh", ["-f", "-c", f"{program} print $_comps[dsnlib]"], scripts
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_every_verb(scripts: Path, shell: str) -> None:
    """The script of each shell has every verb of the command."""
    text = (scripts / shell).read_text("utf-8")

    assert [] == [verb for verb in cli._VERBS if not re.search(rf"\b{re.escape(verb)}\b", text)]


def test_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The verb prints the script, and refuses a shell that it does not know."""
    assert Exit.FINE == cli.main(["completion", "bash"])
    assert completion_script("bash") == capsys.readouterr().out

    assert Exit.USAGE == cli.main(["completion", "csh"])


def test_needs_nothing_installed() -> None:
    """The parsers of all verbs, from which it is made, load no library of an extra."""
    program = "import sys; from dsnlib.cli import build_parser; build_parser(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert set() == set(EXTRAS) & set(done.stdout.split())


@pytest.mark.parametrize(("library", "extra"), EXTRAS.items())
def test_missing_library(library: str, extra: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A library that is not there is one line, which names the extra that brings it."""
    error = ModuleNotFoundError(name=f"{library}.inner")

    assert Exit.UNAVAILABLE == refuse_without(error)
    assert f"dsnlib: {library}: it is missing: install dsnlib[{extra}] [library]\n" == (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError(name="dsnlib.nothing"),
        ModuleNotFoundError(),
        ImportError("cannot import name 'x'", name="rich"),
    ],
    ids=["a part of our own", "without a name", "a library that is there"],
)
def test_other_fault(error: ImportError) -> None:
    """Any other failed import is a fault of ours or of an installation, and is not hidden."""
    with pytest.raises(ImportError) as caught:
        refuse_without(error)

    assert caught.value is error


def test_command_says_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 69, and no traceback, wherever the import stands."""
    monkeypatch.setitem(sys.modules, "shtab", None)

    assert Exit.UNAVAILABLE == cli.main(["completion", "zsh"])
    assert (
        "dsnlib: shtab: it is missing: install dsnlib[cli] [library]\n" == capsys.readouterr().err
    )
