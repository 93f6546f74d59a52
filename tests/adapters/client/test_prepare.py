"""What users hand in: what goes out of it, and what is asked of servers for it."""

from email.message import EmailMessage, Message

import pytest

from dsnlib.adapters.client.prepare import prepare
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Body
from tests.adapters.agents.scripted_peer import EHLO, Peer
from tests.adapters.client.sending import NOW, asked, envelope, send_to, shown


def test_line_ends() -> None:
    """Whatever ended lines before, CRLF does on the wire (RFC 5321 s2.3.8)."""
    peer = Peer()
    send_to(peer, content=b"A: b\n\nx\ry\r\nz\n")

    assert [b"A: b\r\n\r\nx\r\ny\r\nz\r\n.\r\n"] == peer.messages


def test_a_message_of_the_email_package() -> None:
    """It goes as it is, without Bcc, which stays in the user's own."""
    peer = Peer()
    message = EmailMessage()
    message["To"] = "bob@example.net"
    message["Bcc"] = "eve@example.net"
    message.set_content("Hello.\n")
    send_to(peer, content=message)

    (sent,) = peer.messages
    assert b"To: bob@example.net\r\n" in sent
    assert b"eve@" not in sent
    assert "eve@example.net" == message["Bcc"]


@pytest.mark.parametrize(
    ("address", "content", "ehlo", "expected"),
    [
        ("jürgen@example.net", b"A: b\n\nx\n", EHLO, ("failed", "5.6.7")),
        ("jürgen@example.net", b"A: b\n\nx\n", (*EHLO, "SMTPUTF8"), ("relayed", "2.0.0")),
        ("bob@example.net", "A: ü\n\nx\n".encode(), EHLO, ("failed", "5.6.9")),
        ("bob@example.net", "A: ü\n\nx\n".encode(), (*EHLO, "SMTPUTF8"), ("relayed", "2.0.0")),
        ("bob@example.net", "A: ü\n\nx\n".encode("latin-1"), EHLO, ("relayed", "2.0.0")),
        ("bob@example.net", "A: b\n\nü\n".encode(), EHLO, ("relayed", "2.0.0")),
        ("bob@example.net", "A: b\n\nü\n".encode(), EHLO[:2], ("failed", "5.6.3")),
    ],
)
def test_what_a_message_needs(
    address: str, content: bytes, ehlo: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """It is seen in its octets and addresses; nobody has to say SMTPUTF8 or 8BITMIME."""
    peer = Peer(ehlo=ehlo)

    assert [expected] == shown(send_to(peer, envelope=envelope(address), content=content))


def test_an_international_message_of_the_email_package() -> None:
    """An address beyond US-ASCII is in its header as it is."""
    peer = Peer(ehlo=(*EHLO, "SMTPUTF8"))
    message = EmailMessage()
    message["To"] = "jürgen@example.net"
    message.set_content("Hello.\n")
    send_to(peer, content=message)

    (sent,) = peer.messages
    assert "To: jürgen@example.net\r\n".encode() in sent
    assert asked(peer, "MAIL")[0].endswith(" SMTPUTF8")


def test_a_binary_message() -> None:
    """No octet of it changes."""
    peer = Peer(ehlo=(*EHLO, "CHUNKING", "BINARYMIME"))
    results = send_to(peer, envelope=envelope(body=Body.BINARY), content=b"A: b\r\n\r\n\n\0")

    assert "end of data" == results[0].command
    assert [b"A: b\r\n\r\n\n\0"] == peer.messages


def test_a_time_to_deliver_it_by() -> None:
    """It counts from now, where nobody says when the message came (RFC 2852 s4)."""
    peer = Peer(ehlo=(*EHLO, "DELIVERBY"))
    (result,) = send_to(peer, envelope=envelope(mail="BY=120;R"), content=b"A: b\n\nx\n")

    assert result.is_success
    assert ["MAIL FROM:<ann@example.org> BY=120;R"] == asked(peer, "MAIL")


def test_a_message_that_cannot_be_written() -> None:
    """The error says so, whatever the `email` package has raised."""
    broken = Message()
    broken.set_payload("\u00fc\udcff")

    with pytest.raises(InvalidValue, match="cannot be written as octets"):
        prepare(envelope(), broken, now=NOW)
