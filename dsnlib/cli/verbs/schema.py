"""`dsnlib schema`: list the JSON schemas, or print one.

The schemas say what the other verbs print as JSON, and what they read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.schema import read_schema, schema_names

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "name", nargs="?", choices=schema_names(), metavar="NAME",
        help="the schema to print: event-v1; without it, the names and titles of all",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Print one schema or the list of them, return the exit code."""
    output.use_utf8()
    if args.name is not None:
        output.write(json.dumps(read_schema(args.name), indent=2, ensure_ascii=False) + "\n")
        return Exit.FINE
    names = schema_names()
    room = max(map(len, names))
    for name in names:
        output.write(f"{name:{room}}  {read_schema(name)['title']}\n")
    return Exit.FINE
