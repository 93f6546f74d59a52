"""The transport into mailboxes."""

import asyncio
import datetime as dt
import errno
from pathlib import Path
from typing import Any

import pytest

from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.agents.local import LocalTransport
from dsnlib.adapters.agents.mailboxes import Mailboxes
from dsnlib.adapters.content import Content
from dsnlib.adapters.maildir import Maildir
from dsnlib.adapters.transport import Attempted, Destination, Job
from dsnlib.errors import LookupFailed
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_rcpt_parameters
from dsnlib.replies.tables import parse_table

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
DOMAINS = Domains(origin="example.org", local=["example.org"])
BODY = b"Subject: x\r\n\r\nHello.\r\n"


def deliver(
    home: Path,
    *recipients: Recipient,
    body: bytes = BODY,
    tables: Any = (),  # noqa: ANN401  as `Mailboxes` has them
    **known: Any,  # noqa: ANN401  the other fields of an envelope
) -> list[Attempted]:
    """Deliver a message, and return what became of it."""
    envelope = Envelope(
        sender=known.pop("sender", "ann@example.org"), recipients=recipients, arrival=NOW, **known
    )
    job = Job(
        queue_id="4F",
        envelope=envelope,
        recipients=recipients,
        destination=Destination("local"),
        content=Content(body=body),
        now=NOW,
    )
    boxes = Mailboxes(DOMAINS, home, local=tables, delimiter="+")
    return list(asyncio.run(LocalTransport(boxes, host="mail.example.org").deliver(job)))


def shown(attempted: list[Attempted]) -> list[tuple[str, str]]:
    """Return the disposition and the status of each."""
    return [(each.outcome.disposition.value, str(each.outcome.status)) for each in attempted]


def the_message(home: Path, user: str) -> str:
    """Return the one message of a mailbox."""
    (path,) = (home / user / "new").iterdir()
    return path.read_text()


@pytest.mark.requirement("5321-4.4-05")
@pytest.mark.requirement("8098-2.3-01")
def test_what_stands_in_front(tmp_path: Path) -> None:
    """Return-Path once, both addresses, what ORCPT said (RFC 5321 s4.4, RFC 8098 s2.3)."""
    params = parse_rcpt_parameters("ORCPT=rfc822;Team@example.org")
    bob = Recipient("bob+x@example.org", params, expanded_from="team@example.org")
    attempted = deliver(tmp_path, bob)

    assert [("delivered", "2.0.0")] == shown(attempted)
    assert (
        "Return-Path: <ann@example.org>\n"
        "X-Original-To: team@example.org\n"
        "Delivered-To: bob+x@example.org\n"
        "Original-Recipient: rfc822;Team@example.org\n"
        "Subject: x\n\nHello.\n"
    ) == the_message(tmp_path, "bob")


def test_the_null_path_and_a_route(tmp_path: Path) -> None:
    """The null path is `<>`; of a source route the mailbox is left (RFC 5321 s6.1)."""
    deliver(tmp_path, Recipient("bob@example.org"), sender="")
    deliver(tmp_path, Recipient("eve@example.org"), sender="@a.example:ann@example.org")

    assert the_message(tmp_path, "bob").startswith("Return-Path: <>\n")
    assert the_message(tmp_path, "eve").startswith("Return-Path: <ann@example.org>\n")


@pytest.mark.parametrize(
    ("smtputf8", "field"),
    [(True, "utf-8;jürgen@x.example"), (False, r"utf-8;j\x{FC}rgen@x.example")],
)
@pytest.mark.requirement("6533-5-02")
def test_orcpt_in_utf8(tmp_path: Path, smtputf8: bool, field: str) -> None:  # noqa: FBT001  a column of the table
    """In a message in UTF-8 the address is as people read it (RFC 6533 s5)."""
    params = parse_rcpt_parameters(r"ORCPT=utf-8;j\x{FC}rgen@x.example", smtputf8=True)
    deliver(tmp_path, Recipient("bob@example.org", params), smtputf8=smtputf8)

    assert f"Original-Recipient: {field}\n" in the_message(tmp_path, "bob")


def test_no_field_is_smuggled_in(tmp_path: Path) -> None:
    """The escapes of ORCPT cannot end a line."""
    params = parse_rcpt_parameters(
        r"ORCPT=utf-8;a\x{D}\x{A}X-Evil:b@x", smtputf8=True, lenient=True
    )
    deliver(tmp_path, Recipient("bob@example.org", params), smtputf8=True)

    assert "\nX-Evil" not in the_message(tmp_path, "bob")


def test_nobody_of_that_name(tmp_path: Path) -> None:
    """A mailbox that is gone fails."""
    tables = [parse_table("hash", "bob x", origin="accounts")]
    attempted = deliver(
        tmp_path, Recipient("eve@example.org"), Recipient("bob@example.org"), tables=tables
    )

    assert [("failed", "5.1.1"), ("delivered", "2.0.0")] == shown(attempted)


def test_a_loop(tmp_path: Path) -> None:
    """What was delivered to this address before has come back: 5.4.6."""
    body = b"delivered-TO: Bob@example.org \r\n" + BODY
    attempted = deliver(
        tmp_path, Recipient("bob@example.org"), Recipient("eve@example.org"), body=body
    )

    assert [("failed", "5.4.6"), ("delivered", "2.0.0")] == shown(attempted)


def test_two_recipients_with_one_mailbox(tmp_path: Path) -> None:
    """Each is delivered, and the message is there once."""
    two = (
        Recipient("bob@example.org", expanded_from="a@example.org"),
        Recipient("BOB+x@example.org", expanded_from="b@example.org"),
    )

    assert [("delivered", "2.0.0")] * 2 == shown(deliver(tmp_path, *two))
    assert the_message(tmp_path, "bob")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (errno.ENOSPC, "4.3.1"),
        (errno.EDQUOT, "4.2.2"),
        (errno.EACCES, "4.3.0"),
        (errno.EIO, "4.3.0"),
        (errno.EFBIG, "4.2.2"),
    ],
)
def test_what_the_disk_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, status: str
) -> None:
    """No mail is lost because of it."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "said the disk")

    monkeypatch.setattr(Maildir, "deliver", refuse)

    assert [("delayed", status)] == shown(deliver(tmp_path, Recipient("bob@example.org")))


def test_a_mailbox_that_is_no_directory(tmp_path: Path) -> None:
    """A file in its place is no reason to lose mail."""
    (tmp_path / "bob").write_text("")

    assert [("delayed", "4.3.0")] == shown(deliver(tmp_path, Recipient("bob@example.org")))


def test_a_table_that_cannot_answer(tmp_path: Path) -> None:
    """The mail waits."""

    class Broken:
        name = "broken"
        has_fixed_keys = True

        def lookup(self, key: str) -> str:
            raise LookupFailed(key)

    attempted = deliver(tmp_path, Recipient("bob@example.org"), tables=[Broken()])

    assert [("delayed", "4.3.0")] == shown(attempted)


def test_a_message_that_cannot_be_read(tmp_path: Path) -> None:
    """It waits too."""
    recipients = [Recipient("bob@example.org")]
    job = Job(
        queue_id="4F",
        envelope=Envelope(sender="", recipients=recipients, arrival=NOW),
        recipients=recipients,
        destination=Destination("local"),
        content=Content(path=tmp_path / "gone", octets=9),
        now=NOW,
    )
    transport = LocalTransport(Mailboxes(DOMAINS, tmp_path), host="mail.example.org")

    assert [("delayed", "4.3.0")] == shown(list(asyncio.run(transport.deliver(job))))
