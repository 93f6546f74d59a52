"""Whom a bounce is about: the address that the sender had written."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.feeds.mail_reading import MailReader, MailReading
from dsnlib.bounces.links.envelope_id import issue_envelope_id
from dsnlib.bounces.links.link import Issuer, Link, LinkKind
from dsnlib.bounces.links.verp import encode_keyed_verp, encode_verp
from tests.adapters.feeds.bounce_mails import bounce

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
KEY = b"0123456789abcdef"
OTHER_KEY = b"fedcba9876543210"
SENDER = "list-bounces@lists.example"
SUBSCRIBER = "ann@example.com"
ISSUER = Issuer(keys=(KEY,), senders=(SENDER,))
# Of a list that signs nothing.
TRUSTING = MailReader(issuer=Issuer(senders=(SENDER,)))


def read(
    mail: bytes, *, reader: MailReader | None = None, arrived_at: Sequence[str] = ()
) -> MailReading:
    """Return how a mail is read with our key."""
    reader = MailReader(issuer=ISSUER) if reader is None else reader
    return reader.read(mail, now=NOW, arrived_at=arrived_at)


def recipients(reading: MailReading) -> list[str]:
    """Return whom the events are about."""
    return [each.recipient for each in reading.events]


def test_keyed_verp() -> None:
    """A token that verifies names the subscriber, wherever the bounce went in the end."""
    path = encode_keyed_verp(SENDER, SUBSCRIBER, key=KEY)
    reading = read(bounce("bob@forwarded.example", to=path))
    assert [SUBSCRIBER] == recipients(reading)


def test_signed_envelope_id() -> None:
    """An ENVID of ours that has an address in it does too."""
    envelope_id = issue_envelope_id("ann@example.com", key=KEY)
    reading = read(bounce("bob@forwarded.example", envelope_id=envelope_id))
    assert [SUBSCRIBER] == recipients(reading)


def test_verp_of_ours() -> None:
    """VERP of a return path of ours names the subscriber without a key."""
    mail = bounce("bob@forwarded.example", to=encode_verp(SENDER, SUBSCRIBER))
    reader = MailReader(issuer=Issuer(senders=(SENDER,)))
    assert [SUBSCRIBER] == recipients(read(mail, reader=reader))


def test_verp_of_others() -> None:
    """VERP that anybody may have made changes nothing."""
    mail = bounce("bob@forwarded.example", to=encode_verp("others@lists.example", SUBSCRIBER))
    assert ["bob@forwarded.example"] == recipients(read(mail, reader=TRUSTING))


def test_original_recipient() -> None:
    """Without a link the report may say to whom the mail was sent."""
    mail = bounce("bob@forwarded.example", original=SUBSCRIBER)
    assert [SUBSCRIBER] == recipients(read(mail, reader=MailReader()))


@pytest.mark.parametrize("original", ["bob", "bob@example.org", "@" + "x" * 400])
def test_original_recipient_that_says_nothing(original: str) -> None:
    """What is no address, the same one or too long is none."""
    assert ["bob@example.org"] == recipients(read(bounce(original=original), reader=TRUSTING))


def test_what_the_bounce_says_stays() -> None:
    """The address that failed is in the evidence, and so is the link."""
    path = encode_keyed_verp(SENDER, SUBSCRIBER, key=KEY)
    (event,) = read(bounce("bob@forwarded.example", to=path)).events
    rules = {each.rule: each.text for each in event.evidence if each.field == "recipient"}
    assert "bob@forwarded.example" == rules["bounce/recipient"]
    assert path == rules["correlate/verp-keyed/to"]
    assert event.original_recipient is None


def test_the_name_stays() -> None:
    """An event has the same name with a key and without."""
    mail = bounce("bob@forwarded.example", to=encode_keyed_verp(SENDER, SUBSCRIBER, key=KEY))
    names = [
        [each.event_id for each in read(mail, reader=reader).events]
        for reader in (MailReader(), MailReader(issuer=ISSUER))
    ]
    assert names[0] == names[1]


def test_envelope_is_surer() -> None:
    """The address that the mail was delivered to counts before those of its header."""
    mail = bounce("bob@forwarded.example", to=encode_verp(SENDER, "carl@example.com"))
    arrived_at = [encode_verp(SENDER, SUBSCRIBER)]
    assert [SUBSCRIBER] == recipients(read(mail, reader=TRUSTING, arrived_at=arrived_at))


def test_envelope_with_line_ends() -> None:
    """An address with controls in it puts no fields into a header."""
    arrived_at = [f"x\nDelivered-To: {encode_verp(SENDER, SUBSCRIBER)}"]
    reading = read(bounce(), reader=TRUSTING, arrived_at=arrived_at)
    assert ["bob@example.org"] == recipients(reading)


def test_forgery() -> None:
    """With a signature that is not ours the bounce says nothing."""
    mail = bounce("bob@example.org", to=encode_keyed_verp(SENDER, SUBSCRIBER, key=OTHER_KEY))
    reading = read(mail)
    assert (True, ()) == (reading.is_forged, reading.events)


@pytest.mark.parametrize(
    "mail",
    [
        bounce("bob@example.org"),
        bounce("bob@example.org", to=encode_verp(SENDER, "bob@example.org")),
        bounce("bob@example.org", original="bob@example.org"),
        bounce("bob@example.org", to=encode_keyed_verp(SENDER, "7", key=KEY)),
    ],
    ids=["nothing", "VERP", "Original-Recipient", "of somebody whom nobody knows"],
)
def test_unsigned(mail: bytes) -> None:
    """Where mail is signed, a bounce without a signature is anybody's."""
    reading = read(mail)

    assert (True, ()) == (reading.is_forged, reading.events)


def test_path_of_another() -> None:
    """A subscriber who knows his own return path can say nothing about others with it."""
    own = encode_keyed_verp(SENDER, SUBSCRIBER, key=KEY)

    assert [SUBSCRIBER] == recipients(read(bounce("victim@example.org", to=own)))


def test_while_mail_from_before_is_out() -> None:
    """What has no signature may be believed; what has a wrong one is not."""
    reader = MailReader(issuer=ISSUER, believes_unsigned=True)
    mail = bounce("bob@example.org", to=encode_keyed_verp(SENDER, SUBSCRIBER, key=OTHER_KEY))

    assert ["bob@example.org"] == recipients(read(bounce("bob@example.org"), reader=reader))
    assert read(mail, reader=reader).is_forged


def test_quoted_path() -> None:
    """A return path that a mail quotes counts as the one that it came to."""
    path = encode_keyed_verp(SENDER, SUBSCRIBER, key=KEY)
    mail = bounce("bob@forwarded.example").replace(b"Subject:", b"Subject: " + path.encode(), 1)
    quoted = mail + b"\nReturn-Path: <" + path.encode() + b">\n"

    assert [SUBSCRIBER] == recipients(read(quoted))


def test_old_key() -> None:
    """A key that was replaced is still known."""
    mail = bounce("bob@example.org", to=encode_keyed_verp(SENDER, SUBSCRIBER, key=OTHER_KEY))
    issuer = Issuer(keys=(KEY, OTHER_KEY), senders=(SENDER,))
    assert [SUBSCRIBER] == recipients(read(mail, reader=MailReader(issuer=issuer)))


def test_lookup() -> None:
    """A token that is no address is for the caller's table to tell."""
    asked: list[Link] = []

    def lookup(link: Link) -> str | None:
        asked.append(link)
        return {"42": SUBSCRIBER}.get(str(link.token))

    reader = MailReader(issuer=ISSUER, lookup=lookup)
    for number, expected in (("42", [SUBSCRIBER]), ("43", [])):
        mail = bounce(to=encode_keyed_verp(SENDER, number, key=KEY))
        assert expected == recipients(read(mail, reader=reader))
    assert [LinkKind.KEYED_VERP] * 2 == [each.kind for each in asked]
