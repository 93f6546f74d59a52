"""The trace field: its words, and that nobody else writes in it."""

import datetime as dt
import email
import email.policy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.server.trace import _USUAL, count_hops, protocol_name, received_field
from dsnlib.model.address import Mailbox
from dsnlib.replies.session import Client

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("", "SMTP"),
        ("t", "SMTP"),
        ("e", "ESMTP"),
        ("et", "ESMTPS"),
        ("ea", "ESMTPA"),
        ("eta", "ESMTPSA"),
        ("eu", "UTF8SMTP"),
        ("etau", "UTF8SMTPSA"),
    ],
)
def test_protocol(flags: str, expected: str) -> None:
    """The word says what the session had (RFC 3848, RFC 6531 s4.3)."""
    found = protocol_name(
        is_extended="e" in flags, is_tls="t" in flags, has_login="a" in flags, smtputf8="u" in flags
    )

    assert expected == found


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"])),
    st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cc", "Cs"]))),
    st.booleans(),
)
def test_one_field(helo: str, recipient: str | None, smtputf8: bool) -> None:  # noqa: FBT001  drawn
    """Whatever the client says, the field is one, with one date at its end."""
    field = received_field(
        client=Client(address="2001:db8::1", hostname="mx.example"),
        helo=helo,
        hostname="mail.example.org",
        protocol="ESMTP",
        queue_id="1A",
        recipient=recipient,
        when=NOW,
        smtputf8=smtputf8,
    )

    assert field.count(b"\r\n") == field.count(b"\n") == field.count(b"\r")
    assert all(line[:1] == b"\t" for line in field.split(b"\r\n")[1:-1])
    assert 1 == field.count(b"(") == field.count(b")") == field.count(b";")
    assert smtputf8 or field.isascii()
    message = email.message_from_bytes(field + b"\r\n", policy=email.policy.compat32)
    assert ["Received"] == message.keys()
    assert re.search(rb"; Sun, 22 Nov 2026 12:00:00 \+0000\r\n\Z", field)
    assert b"[IPv6:2001:db8::1]" in field


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", 0),
        (b"Received: a\r\nRECEIVED : b\r\n", 2),
        (b"Received: a\r\n\r\nReceived: b", 1),
        (b"X-Received: a\r\n received: b\r\nreceived:c", 1),
    ],
)
def test_hops(head: bytes, expected: int) -> None:
    """Fields of the header are counted, not lines that look like one elsewhere."""
    assert expected == count_hops(head)


@given(st.from_regex(_USUAL, fullmatch=True))
def test_usual_recipients(recipient: str) -> None:
    """What is not looked at closely is a mailbox."""
    assert recipient == str(Mailbox.parse(recipient))
