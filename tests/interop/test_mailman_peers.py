"""A real Mailman 3 with the runner and the program of docs/guide/mailman-3.md.

    bounce  ->  Mailman's queue  ->  its runner, and ours  ->  the scores of its members

Skipped where Mailman was not fetched.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.store import open_store
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from tests.interop.peers.mailman import DOMAIN, PROGRAMS, Mailman, mailman_running
from tests.interop.peers.running import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

BOUNCES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "list-bounces" / "cur"
PROGRAM = BOUNCES.parents[1] / "mailman_members.py"
# Who is bounced by which example: prose, a spam filter, a report about another address.
MEMBERS = ("ada@birkenhof.example", "dora@valley.example", "bob@village.example")
THEIRS = "mailman.runners.bounce.BounceRunner"
READING = "mailman_runner.DsnlibBounceRunner"
KEEPING = "mailman_runner.HistoryBounceRunner"


@pytest.fixture(scope="module")
def mailman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailman]:
    """A Mailman without lists."""
    with mailman_running(tmp_path_factory.mktemp("mailman")) as found:
        yield found


def to_list(example: str, address: str) -> str:
    """Return a bounce of the examples as if it had come to an address of a list."""
    header, _, rest = (BOUNCES / example).read_text("utf-8").partition("\n\n")
    header = re.sub(r"(?m)^(?:Delivered-To|Return-Path):.*\n", "", header)
    return re.sub(r"(?m)^To:.*", f"To: {address}", header) + "\n\n" + rest


def scores(mailman: Mailman, name: str) -> list[int]:
    """Return the scores of the members of a list, in their order."""
    members = mailman.members(f"{name}@{DOMAIN}")
    return [members[each]["bounce_score"] for each in MEMBERS]


def history_of(mailman: Mailman) -> Path:
    """Return the file of the history beside a Mailman."""
    return mailman.directory / "var" / "data" / "bounces.db"


def kept(mailman: Mailman, list_id: str) -> list[str]:
    """Return whom the events of a list are about."""
    with open_store(str(history_of(mailman))) as store:
        return sorted(each.event.recipient for each in store.events() if each.source == list_id)


@pytest.mark.parametrize(
    ("name", "runner", "expected"),
    [
        ("theirs", THEIRS, [0, 1, 1]),
        ("reading", READING, [1, 0, 1]),
        ("keeping", KEEPING, [1, 0, 1]),
    ],
    ids=["Mailman's", "our reader", "with a history"],
)
def test_runner(mailman: Mailman, name: str, runner: str, expected: list[int]) -> None:
    """A bounce in prose counts with our reader alone; a refusal of a spam filter with theirs.

    What comes to the runner with a history is in it, about the member whom VERP names.
    """
    mailman.make_list(f"{name}@{DOMAIN}", *MEMBERS)
    for example, address in (
        ("2.in-prose", f"{name}-bounces@{DOMAIN}"),
        ("6.spam", f"{name}-bounces@{DOMAIN}"),
        ("3.forwarded", f"{name}-bounces+bob=village.example@{DOMAIN}"),
    ):
        mailman.bounce(f"{name}.{DOMAIN}", to_list(example, address))

    with mailman.runner(runner):
        # The last one that was given is dealt with last.
        wait_for(lambda: scores(mailman, name)[-1] == 1, what=name)

    assert expected == scores(mailman, name)
    assert (sorted(MEMBERS) if runner == KEEPING else []) == kept(mailman, f"{name}.{DOMAIN}")


def test_history_away(mailman: Mailman) -> None:
    """A bounce that the history cannot take is in Mailman's shunt queue, not lost."""
    mailman.make_list(f"away@{DOMAIN}", *MEMBERS)
    mailman.bounce(f"away.{DOMAIN}", to_list("2.in-prose", f"away-bounces@{DOMAIN}"))
    shunt = mailman.directory / "var" / "queue" / "shunt"

    for path in history_of(mailman).parent.glob("bounces.db*"):
        path.unlink()
    history_of(mailman).write_bytes(b"no database" * 100)
    with mailman.runner(KEEPING):
        wait_for(lambda: any(shunt.glob("*.pck")), what="shunt")
    history_of(mailman).unlink()

    assert [0, 0, 0] == scores(mailman, "away")
    mailman.run(PROGRAMS / "mailman", "--run-as-root", "unshunt")
    with mailman.runner(KEEPING):
        wait_for(lambda: scores(mailman, "away")[0] == 1, what="score")
    assert [MEMBERS[0]] == kept(mailman, f"away.{DOMAIN}")


def test_members(mailman: Mailman, tmp_path: Path) -> None:
    """Who is suppressed in the history gets no mail from Mailman; twice is fine."""
    mailman.make_list(f"members@{DOMAIN}", "cyd@hill.example", "eve@post.example")
    with open_store(str(tmp_path / "history.db")) as store:
        entry = Suppression(
            address="eve@post.example",
            source=SuppressionSource.BOUNCE,
            created=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
        )
        store.suppress([entry])
        addresses = "".join(f"{each.address}\n" for each in store.suppressions())

    given = f"{addresses}nobody@elsewhere.example\nsha256:{'0' * 64}\n"
    printed = mailman.run(PROGRAM, mailman.url, given=given)
    again = mailman.run(PROGRAM, mailman.url, given=given)

    assert (f"members.{DOMAIN}: eve@post.example\n", "") == (printed, again)
    assert {"cyd@hill.example": None, "eve@post.example": "by_bounces"} == {
        name: mailman.ask(f"{each['self_link'].partition('/3.1/')[2]}/preferences").get(
            "delivery_status"
        )
        for name, each in mailman.members(f"members@{DOMAIN}").items()
    }
