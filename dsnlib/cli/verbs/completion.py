"""`dsnlib completion`: print what a shell needs to complete the command.

    dsnlib completion bash > ~/.local/share/bash-completion/completions/dsnlib

Rules.
- The script is made from the parsers of all verbs: a new option is completed without a
  line here.  What stands for a file, a directory or a language is told by its metavar.
- The script starts nothing: pressing the key runs no `dsnlib`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.compose.shipped import shipped_languages

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SHELLS", "add_arguments", "completion_script", "run"]

SHELLS = ("bash", "zsh", "fish")
# What a metavar stands for.  STORE, SOURCE and PLACE may be addresses of a database,
# and TABLE `kind:path`; the file is what can be completed.
_FILES = frozenset(
    {"DESCRIPTION", "FILE", "INPUT", "MESSAGE", "PATH", "PLACE", "SOURCE", "STORE", "TABLE"}
)
_DIRECTORIES = frozenset({"DIR"})
_LANGUAGES = frozenset({"TAG", "TAGS"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads it")


def run(args: argparse.Namespace) -> int:
    """Print the script, return the exit code."""
    script = completion_script(args.shell)
    output.use_utf8()
    output.write(script)
    return Exit.FINE


def completion_script(shell: str) -> str:
    """Return what a shell reads to complete the command `dsnlib`.

    Args:
        shell: One of `SHELLS`.

    Raises:
        ImportError: shtab is missing; it comes with `dsnlib[cli]`.
    """
    import shtab

    from dsnlib.cli import build_parser

    parser = build_parser()
    languages = shipped_languages()
    for action in _actions(parser):
        metavar = action.metavar
        if metavar in _FILES:
            _complete_with(action, shtab.FILE)
        elif metavar in _DIRECTORIES:
            _complete_with(action, shtab.DIRECTORY)
        elif metavar in _LANGUAGES:
            action.choices = languages
    return str(shtab.complete(parser, shell)) + "\n"


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield what a parser takes, and what those of its verbs take."""
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to look at them
        yield action
        if action.nargs == argparse.PARSER and isinstance(action.choices, dict):
            for verb in action.choices.values():
                yield from _actions(verb)


def _complete_with(action: Any, kind: object) -> None:  # noqa: ANN401  argparse's own class has no such attribute
    action.complete = kind
