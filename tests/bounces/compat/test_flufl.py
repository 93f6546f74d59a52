"""A program that has flufl.bounce can have ours by changing one import."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING

import flufl.bounce
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.compat import flufl as ours
from dsnlib.bounces.event import BounceEvent, EventKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from pathlib import Path

# Of the messages that flufl.bounce is tested with, so many of a hundred have the same answer.
LEAST_AGREEING = 0.95

REPORT = """\
From: MAILER-DAEMON@mail.example.org
Subject: Undelivered mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Not for everybody.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

{groups}
--b--
"""


def report(*groups: str) -> Message:
    """Return a report with these groups of recipient fields."""
    text = REPORT.format(groups="\n\n".join(groups)).replace("\n", "\r\n")
    return email.message_from_bytes(text.encode("utf-8", "surrogateescape"))


def group(action: str, address: str, *others: str) -> str:
    """Return the fields of a recipient."""
    first = (f"Final-Recipient: rfc822; {address}", f"Action: {action}", "Status: 5.0.0")
    return "\n".join([*others, *first])


def prose(subject: str, body: str) -> Message:
    """Return a notice without a report."""
    head = f"From: MAILER-DAEMON@mail.example.org\nReturn-Path: <>\nSubject: {subject}\n"
    return email.message_from_string(f"{head}\n{body}")


def test_failures_and_delays_are_apart() -> None:
    """Delays are the temporary failures, failures the permanent ones, successes neither."""
    message = report(
        group("failed", "ada@example.org"),
        group("delayed", "bob@example.org"),
        group("delivered", "cyd@example.org"),
        group("relayed", "dan@example.org"),
        group("expanded", "eve@example.org"),
    )

    assert (
        frozenset({b"bob@example.org"}),
        frozenset({b"ada@example.org"}),
    ) == ours.all_failures(message)
    assert frozenset({b"ada@example.org"}) == ours.scan_message(message)


def test_the_address_is_the_one_on_the_list() -> None:
    """Where the report tells the original recipient, that is who is meant."""
    message = report(
        group("failed", "mailbox7@inside.example", "Original-Recipient: rfc822; Ada@example.org")
    )

    assert frozenset({b"Ada@example.org"}) == ours.scan_message(message)


def test_each_address_is_there_once() -> None:
    """A recipient who is reported twice, or in two reports, is one address."""
    message = report(group("failed", "ada@example.org"), group("failed", "ada@example.org"))

    assert frozenset({b"ada@example.org"}) == ours.scan_message(message)


def test_a_failure_whose_cause_may_pass_is_a_failure() -> None:
    """A system that gave up has failed for good, also with a code of class 4."""
    message = report("Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 4.4.7")

    assert (frozenset(), frozenset({b"a@example.org"})) == ours.all_failures(message)


def test_a_notice_in_prose() -> None:
    """A bounce without any report is read too."""
    message = prose(
        "Returned mail: User unknown",
        "The mail could not be delivered to these addresses:\n\n"
        "<ada@example.org>\n    550 5.1.1 User unknown\n",
    )

    assert frozenset({b"ada@example.org"}) == ours.scan_message(message)


@pytest.mark.parametrize(
    "message",
    [
        email.message_from_string("From: ann@example.org\nSubject: lunch\n\nAt noon?\n"),
        email.message_from_string(""),
        email.message_from_bytes(b"Subject: caf\xe9\n\n\xff\n", policy=email.policy.default),
    ],
    ids=["ordinary", "empty", "octets"],
)
def test_other_mail(message: Message) -> None:
    """Mail that is no bounce gives empty sets."""
    assert ours.NoFailures == ours.all_failures(message)
    assert (ours.NoTemporaryFailures, ours.NoPermanentFailures) == ours.NoFailures
    assert frozenset() == ours.scan_message(message)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("γ@example.org", {"γ@example.org".encode()}),
        ("caf\udce9@example.org", set()),
        ("ada@example.org", {b"ada@example.org"}),
    ],
    ids=["UTF-8", "damaged", "US-ASCII"],
)
def test_addresses_beyond_ascii(
    monkeypatch: pytest.MonkeyPatch, address: str, expected: set[bytes]
) -> None:
    """An address is UTF-8; one whose octets are none is left out, and nothing is raised."""
    event = BounceEvent(recipient=address, kind=EventKind.FAILURE)
    monkeypatch.setattr(ours, "read_bounces", lambda _: (event,))

    assert frozenset(expected) == ours.scan_message(email.message_from_string(""))


def test_a_complaint_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who complains got the mail."""
    event = BounceEvent(recipient="ada@example.org", kind=EventKind.COMPLAINT)
    monkeypatch.setattr(ours, "read_bounces", lambda _: (event,))

    assert ours.NoFailures == ours.all_failures(email.message_from_string(""))


def test_no_message_is_a_mistake() -> None:
    """What is no message raises TypeError."""
    with pytest.raises(TypeError):
        ours.scan_message("Subject: x\n\n")  # type: ignore[arg-type]  # that is the mistake


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Whatever a message holds, sets of octets come back."""
    for found in ours.all_failures(email.message_from_string(text)):
        assert isinstance(found, frozenset)
        assert all(isinstance(each, bytes) for each in found)


@pytest.mark.parametrize("name", ["scan_message", "all_failures", "NoFailures"])
def test_names_are_the_same(name: str) -> None:
    """What a program imports from flufl.bounce is here under the same name, of the same type."""
    theirs: Callable[..., object] | tuple[object, ...] = getattr(flufl.bounce, name)

    assert type(theirs) is type(getattr(ours, name))
    assert name in ours.__all__


@pytest.mark.shared
def test_most_of_their_messages_have_their_answer(shared_corpus: Path) -> None:
    """On the messages that flufl.bounce is tested with, both find the same, but for a few."""
    paths = sorted((shared_corpus / "flufl.bounce").glob("*.eml"))
    messages = [email.message_from_bytes(path.read_bytes()) for path in paths]
    permanent = [ours.scan_message(each) == flufl.bounce.scan_message(each) for each in messages]
    both = [ours.all_failures(each) == flufl.bounce.all_failures(each) for each in messages]

    assert messages
    assert LEAST_AGREEING <= sum(permanent) / len(messages)
    assert LEAST_AGREEING <= sum(both) / len(messages)
