"""The local part says what is done with a recipient."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.sink.rules import DEEDS, Argument, read_deed, reply_with
from dsnlib.model.status import EnhancedStatusCode
from tests.strategies import status_codes


@pytest.mark.parametrize(
    ("local_part", "expected"),
    [
        ("bounce-5.2.2", ("bounce", "5.2.2", None)),
        ("Bounce-4.2.2", ("bounce", "4.2.2", None)),
        ("bounce", ("bounce", "5.1.1", None)),
        ("bounce-5.2.2+bob", ("bounce", "5.2.2", None)),
        ("bounce+bob", ("bounce", "5.1.1", None)),
        ("data-5.7.1", ("data", "5.7.1", None)),
        ("data", ("data", "5.7.1", None)),
        ("report-2.1.5", ("report", "2.1.5", None)),
        ("report", ("report", "5.1.1", None)),
        ("greylist", ("greylist", "None", None)),
        ("delay", ("delay", "None", None)),
        ("delay-30", ("delay", "None", 30)),
        ("slow-2", ("slow", "None", 2)),
        ("slow", ("slow", "None", 1)),
        ("slow-9999", ("slow", "None", 3600)),
        ("drop", ("drop", "None", None)),
        ("lose", ("lose", "None", None)),
        ("success", ("success", "None", None)),
        # A mailbox
        ("bob", None),
        ("bounce-", None),
        ("bounce-5.2", None),
        ("bounce-5.2.2222", None),
        ("bounce-3.2.2", None),
        ("bounce-2.1.5", None),
        ("delay-5.2.2", None),
        ("slow-99999", None),
        ("drop-1", None),
        ("bounced", None),
        ("", None),
    ],
)
def test_deed(local_part: str, expected: tuple[str, str, int | None] | None) -> None:
    """A word of the table, what it takes behind a hyphen, and a tag of any kind."""
    for address in (f"{local_part}@example.org", local_part):
        deed = read_deed(address)
        assert expected == (deed and (deed.word, str(deed.status), deed.seconds))


@pytest.mark.parametrize("row", DEEDS, ids=[row.word for row in DEEDS])
def test_example(row: object) -> None:
    """The example of each row is that row."""
    assert isinstance(row, type(DEEDS[0]))
    deed = read_deed(row.example)

    assert deed is not None
    assert row.word == deed.word
    assert (row.argument is Argument.STATUS) == (deed.status is not None)


@given(status_codes())
def test_reply(status: EnhancedStatusCode) -> None:
    """Every status has a reply, of its class."""
    reply = reply_with(status, "bob@example.org")

    assert status == reply.status
    assert status.class_ == reply.code // 100


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is a deed or none, and can be answered."""
    deed = read_deed(text)

    assert deed is None or deed.word in [row.word for row in DEEDS]
    assert 1 == len(reply_with(EnhancedStatusCode.parse("5.1.1"), text).lines)


def test_a_control_in_an_address() -> None:
    """It does not stand in the reply."""
    reply = reply_with(EnhancedStatusCode.parse("5.2.2"), "bounce-5.2.2@e\x01xample.org")

    assert "552 5.2.2 <bounce-5.2.2@e\ufffdxample.org>: Mailbox full" == str(reply)


def test_page() -> None:
    """The guide's table is ours."""
    page = (Path(__file__).parents[2] / "docs/guide/a-fake-bouncing-server.md").read_text("utf-8")

    assert "".join(f"| `{row.example}@` | {row.effect} |\n" for row in DEEDS) in page
