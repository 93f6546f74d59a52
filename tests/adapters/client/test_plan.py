"""How a message goes to one server, by its octets too."""

import datetime as dt
from pathlib import Path
from typing import Any

import attrs
import pytest

from dsnlib.adapters.client.features import PeerFeatures
from dsnlib.adapters.client.plan import plan_message
from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayPlan, RelayPolicy

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
MESSAGE = b"Subject: x\r\n\r\n.dot\r\n"


def plan(
    *announced: str,
    content: bytes | Content = MESSAGE,
    may_chunk: bool = True,
    **known: Any,  # noqa: ANN401  the other fields of an envelope
) -> RelayPlan:
    """Plan a message to two recipients."""
    envelope = Envelope(
        sender=known.pop("sender", "ann@example.org"),
        recipients=[Recipient("bob@example.net"), Recipient("eve@example.net")],
        **known,
    )
    if isinstance(content, bytes):
        content = Content(body=content)
    return plan_message(
        PeerFeatures.from_ehlo(announced),
        NextHop.from_ehlo("mx.example.net", announced),
        envelope, envelope.recipients, content, RelayPolicy(), NOW, may_chunk=may_chunk,
    )  # fmt: skip


def refused(planned: RelayPlan) -> set[tuple[str, str]]:
    """Return how all of the recipients were refused; none if they were not."""
    assert not (planned.transactions and planned.outcomes)
    assert 2 == len(planned.outcomes) or planned.transactions
    return {(each.disposition.value, str(each.status)) for each in planned.outcomes}


def test_a_message() -> None:
    """It goes in one transaction."""
    planned = plan("PIPELINING")

    assert 1 == len(planned.transactions)
    assert () == planned.outcomes


@pytest.mark.parametrize(
    ("announced", "expected"),
    [("SIZE 19", {("failed", "5.3.4")}), ("SIZE 20", set()), ("SIZE 0", set()), ("SIZE", set())],
)
def test_a_message_that_is_too_large(announced: str, expected: set[tuple[str, str]]) -> None:
    """A server that says so is not sent it (RFC 1870 s6.1)."""
    assert expected == refused(plan(announced))


@pytest.mark.parametrize(
    ("body", "content", "announced", "expected"),
    [
        (Body.EIGHT_BIT, b"\xc3\xa4\r\n", ("8BITMIME",), set()),
        (Body.EIGHT_BIT, b"\xc3\xa4\r\n", (), {("failed", "5.6.3")}),
        (Body.EIGHT_BIT, b"a\r\n", (), set()),
        (Body.SEVEN_BIT, b"a\r\n", (), set()),
        (Body.BINARY, b"a\r\n", ("BINARYMIME",), {("failed", "5.6.3")}),
        (Body.BINARY, b"a\r\n", ("CHUNKING",), {("failed", "5.6.3")}),
        (Body.BINARY, b"a\r\n", ("BINARYMIME", "CHUNKING"), set()),
    ],
)
def test_octets_that_need_an_extension(
    body: Body, content: bytes, announced: tuple[str, ...], expected: set[tuple[str, str]]
) -> None:
    """What a server does not take is not sent, and not converted (RFC 6152 s3, RFC 3030 s3)."""
    assert expected == refused(plan(*announced, content=content, body=body))


def test_a_binary_message_where_chunking_is_not_used() -> None:
    """There is no other way to send one."""
    planned = plan("BINARYMIME", "CHUNKING", body=Body.BINARY, may_chunk=False)

    assert {("failed", "5.6.3")} == refused(planned)


@pytest.mark.parametrize(
    ("header", "announced", "expected"),
    [
        ("x", (), set()),
        ("\u00fc", (), {("failed", "5.6.9")}),
        ("\u00fc", ("SMTPUTF8", "8BITMIME"), set()),
    ],
)
def test_a_header_in_utf8(
    header: str, announced: tuple[str, ...], expected: set[tuple[str, str]]
) -> None:
    """It goes to servers with SMTPUTF8 alone (RFC 6531 s3.2)."""
    content = f"Subject: {header}\r\n\r\n".encode()

    assert expected == refused(plan(*announced, content=content, smtputf8=True))


def test_a_file_that_is_gone() -> None:
    """The message waits, and the server hears nothing of it."""
    content = Content(path=Path("/nowhere/at/all"), octets=20)

    assert {("delayed", "4.3.0")} == refused(plan(content=content, smtputf8=True))
    assert {("delayed", "4.3.0")} == refused(plan(content=content, body=Body.EIGHT_BIT))


def _unchecked(recipient: Recipient, address: str) -> Recipient:
    """Return a recipient as the class would never make one."""
    copy = attrs.evolve(recipient)
    object.__setattr__(copy, "address", address)
    return copy


def test_an_address_that_is_two_commands() -> None:
    """It fails alone; the others go on."""
    bad = _unchecked(Recipient("bob@example.net"), "bob@example.net>\r\nRCPT TO:<x@y")
    envelope = Envelope(sender="", recipients=[bad, Recipient("eve@example.net")])
    planned = plan_message(
        PeerFeatures(), NextHop.from_ehlo("mx.example.net", []), envelope,
        envelope.recipients, Content(body=MESSAGE),
    )  # fmt: skip

    assert [("failed", "5.1.3")] == [
        (each.disposition.value, str(each.status)) for each in planned.outcomes
    ]
    assert ["eve@example.net"] == [each.address for each in planned.transactions[0].recipients]


def test_a_sender_that_is_two_commands() -> None:
    """It fails for all."""
    envelope = Envelope(sender="ann@example.org", recipients=[Recipient("eve@example.net")])
    object.__setattr__(envelope, "sender", "a@b>\r\nRSET")
    planned = plan_message(
        PeerFeatures(), NextHop.from_ehlo("mx.example.net", []), envelope,
        envelope.recipients, Content(body=MESSAGE),
    )  # fmt: skip

    assert ["5.1.7"] == [str(each.status) for each in planned.outcomes]
    assert () == planned.transactions
