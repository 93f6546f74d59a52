"""What each extra is for, as commands: with it they work, without it they name it.

A command is run where nothing of the tree can be imported, in a directory of its own that
has a copy of `docs/examples` and of `smoke`.  The rows of an extra are run in order.
"""

from __future__ import annotations

import attrs

__all__ = ["BARE", "USES", "Use", "uses_of"]

BARE = ""


@attrs.frozen
class Use:
    """A command, and how one sees that it worked.

    Args:
        extra: What it needs; `BARE` for nothing.
        command: As a shell would have it, without a shell: `dsnlib ...` or `python ...`.
        shows: What stands somewhere in what it prints.
        names_extra: Whether without the extra it says `dsnlib[EXTRA]` and no more.
        exit: How it ends.
    """

    extra: str
    command: str
    shows: str
    names_extra: bool = True
    exit: int = 0


_ROWS = (
    # Nothing but the library: read, decide, write, classify, remember.
    Use(BARE, "python -W error -c 'import dsnlib'", ""),
    Use(BARE, "dsnlib --version", "dsnlib "),
    Use(BARE, "dsnlib parse examples/bounces.mbox", "9 bounces in 14 messages"),
    Use(BARE, "dsnlib parse --jsonl examples/bounces.mbox", '"schema_version"'),
    Use(
        BARE,
        "dsnlib compose examples/minutes.eml --lang de --host mail.example.org"
        " --sender ann@example.org --recipient bob@example.com --status 5.1.1",
        "Content-Language: de",
    ),
    Use(BARE, "dsnlib plan examples/message.json", "bob@example.com"),
    Use(BARE, "dsnlib explain 5.1.1", "RFC 3463"),
    Use(BARE, "dsnlib classify '550 5.1.1 No such user'", "unknown-user"),
    Use(BARE, "dsnlib explain-bounce examples/list-bounces/cur/2.in-prose", "example"),
    Use(BARE, "dsnlib languages", "Hebrew"),
    Use(BARE, "dsnlib schema event-v1", "urn:dsnlib:schema:event-v1"),
    Use(BARE, "dsnlib access examples/access mallory@example.net --as address", ""),
    Use(BARE, "dsnlib ingest h.db examples/bounces.mbox", "14 new events"),
    Use(BARE, "dsnlib suppress list h.db", ""),
    Use(BARE, "dsnlib report h.db", "example"),
    Use(BARE, "dsnlib bulk --format jsonl --out rows examples/bounces.mbox", "14 messages"),
    Use(BARE, "python examples/mta.py", ""),
    Use(BARE, "python smoke/names.py", "modules", names_extra=False),
    # On a terminal a table has lines; elsewhere, and without rich, columns.
    Use("cli", "python smoke/terminal.py parse examples/bounces.mbox", "────", names_extra=False),
    Use("cli", "dsnlib completion bash", "complete -o bashdefault"),
    Use("cli", "dsnlib completion zsh", "#compdef dsnlib"),
    Use("cli", "dsnlib completion fish", "complete -c dsnlib"),
    # A server and a client on the loopback interface.
    Use("smtp", "python examples/send.py", "bounce-5.2.2@example.com", names_extra=False),
    Use(
        "smtp",
        "dsnlib send --server [127.0.0.1]:1 --from ann@example.org --to bob@example.com",
        "refused",
        exit=75,
    ),
    Use("smtp", "dsnlib config check smoke/smtp.toml", ""),
    Use("metrics", "python smoke/metrics.py m.db examples/list-bounces", "dsnlib_"),
    Use("milter", "python smoke/filters.py", "the filter says: 5", names_extra=False),
    Use("tables", "dsnlib access cidr:examples/clients.cidr 192.0.2.1", "450 4.7.1"),
    Use("tables", "dsnlib access pcre:examples/header_checks.pcre nothing", "", exit=1),
    Use(
        "postgres",
        "dsnlib history info postgresql://127.0.0.1:1/none",
        "onnection refused",
        exit=75,
    ),
    Use("webhook", "dsnlib ingest w.db examples/bounces.mbox", "14 new events", names_extra=False),
    Use("webhook", "python smoke/receiver.py w.db", "14 handed on"),
    Use("otel", "dsnlib ingest o.db examples/bounces.mbox --trace", "14 new events"),
    Use("arrow", "dsnlib bulk --format parquet --out table examples/bounces.mbox", "14 messages"),
    Use("arrow", "dsnlib report table", "example", names_extra=False),
    Use("report", "dsnlib report h.db --html page.html", ""),
    Use(
        "ray",
        "dsnlib bulk --engine ray --format jsonl --out by-ray examples/bounces.mbox",
        "14 messages",
    ),
)  # fmt: skip
# Extra -> its rows.
USES = {
    extra: tuple(row for row in _ROWS if row.extra == extra)
    for extra in dict.fromkeys(row.extra for row in _ROWS)
}


def uses_of(extras: frozenset[str]) -> tuple[Use, ...]:
    """Return the rows that work where some extras are installed: theirs, and the bare ones."""
    return tuple(row for row in _ROWS if row.extra == BARE or row.extra in extras)
