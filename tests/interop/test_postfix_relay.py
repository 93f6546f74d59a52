"""What went to the next server is compared with what we would have said to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.postfix_made_up import SAID, active, line, replayed, told

if TYPE_CHECKING:
    from pathlib import Path

HOP = """\
25#1 C: MAIL FROM:<ann@s.example> ENVID=e1
25#1 S: 250 2.1.0 fine
25#1 C: RCPT TO:<a@y.example> ORCPT=rfc822;a@y.example NOTIFY=FAILURE
25#1 S: 550 5.1.1 No
"""


OTHER_NOTIFY = (
    "relayed RCPT parameters ours='NOTIFY=FAILURE ORCPT=rfc822;a@y.example' "
    "theirs='NOTIFY=NEVER ORCPT=rfc822;a@y.example'"
)


def test_relay_that_is_the_same(tmp_path: Path) -> None:
    """What we would say to the next hop is what Postfix said, and is taken for the same."""
    result = replayed(
        tmp_path,
        active() + line("a@y.example", "bounced", SAID, dsn="5.1.1"),
        "<a@y.example> NOTIFY=FAILURE",
        mail="<ann@s.example> ENVID=e1",
        hop=HOP,
    )

    assert () == result.differences


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "NOTIFY=FAILURE",
            "NOTIFY=NEVER",
            [OTHER_NOTIFY],
        ),
        (
            "ENVID=e1",
            "ENVID=+65+31",
            ["relayed MAIL parameters ours='ENVID=e1' theirs='ENVID=+65+31' (as-received)"],
        ),
        (
            "550 5.1.1 No",
            "550 5.1.6 No",
            [
                "settled status ours='5.1.6' theirs='5.1.1'",
                "settled diagnostic ours='smtp; 550 5.1.6 No' theirs='smtp; 550 5.1.1 No'",
            ],
        ),
        ("a@y.example", "z@y.example", []),
        ("<ann@s.example>", "<eve@s.example>", []),
    ],
    ids=["NOTIFY", "other octets", "reply", "another's recipient", "another's sender"],
)
def test_relay_that_is_not(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    """What is otherwise in a transaction is told; a transaction of another message is not."""
    result = replayed(
        tmp_path,
        active() + line("a@y.example", "bounced", SAID, dsn="5.1.1"),
        "<a@y.example> NOTIFY=FAILURE",
        mail="<ann@s.example> ENVID=e1",
        hop=HOP.replace(old, new),
    )

    assert expected == [str(each) for each in result.differences]


def test_relay_without_smtputf8(tmp_path: Path) -> None:
    """What could not be sent is held against what `plan_relay` refuses."""
    text = "SMTPUTF8 is required, but was not offered by host mx.y.example[192.0.2.1]"
    log = active() + line("ü@y.example", "bounced", text, dsn="5.6.7")

    result = replayed(
        tmp_path, log, "<ü@y.example>", "<b@y.example>", mail="<ann@s.example> SMTPUTF8"
    )

    assert () == result.differences
    assert [("ann@s.example", [("ü@y.example", "failed", "5.6.7")])] == told(result)
