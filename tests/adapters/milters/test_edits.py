"""What filters make of an envelope."""

import asyncio

import pytest

from dsnlib.adapters.milters.edits import ChangedSender, MilterEdits
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from tests.adapters.milters.chains import MESSAGE, at_end, filtered

BOB = Recipient("bob@example.org", parse_rcpt_parameters("NOTIFY=FAILURE"))


ENVELOPE = Envelope(
    sender="ann@example.net",
    mail=parse_mail_parameters("RET=FULL ENVID=QQ SIZE=1000"),
    recipients=[BOB, Recipient("eve@example.org")],
)


def test_sender_and_recipients() -> None:
    """Sender and recipients change with their parameters; what is not said is kept."""
    verdict = asyncio.run(
        filtered(
            at_end(
                b"e<new@example.net>\0RET=HDRS SIZE=5\0",
                b"+<fay@example.org>\0",
                b"2gil@example.org\0NOTIFY=NEVER ORCPT=rfc822;gil@example.com\0",
                b"2<hal@example.org>\0",
                b"-<EVE@example.org>\0",
                b"+<FAY@example.org>\0",
                b"+bob@example.org\0",
                b"+ida@example.org\0",
                b"-ida@example.org\0",
                b"-<jon@example.org>\0",
                b"+jon@example.org\0",
                b"c",
            )
        )
    )

    assert verdict.edits is not None
    envelope = verdict.edits.apply(ENVELOPE)
    assert envelope is not None
    assert ("new@example.net", "RET=HDRS ENVID=QQ SIZE=1000") == (
        envelope.sender,
        str(envelope.mail),
    )
    assert [
        "bob@example.org NOTIFY=FAILURE",
        "fay@example.org ",
        "gil@example.org NOTIFY=NEVER ORCPT=rfc822;gil@example.com",
        "hal@example.org ",
        "jon@example.org ",
    ] == [f"{each.address} {each.params}" for each in envelope.recipients]
    assert MESSAGE is verdict.edits.content


@pytest.mark.parametrize(
    ("packet", "address"), [(b"e<>\0", ""), (b"e\0", ""), (b"e <a@b> \0", "a@b")]
)
def test_new_senders(packet: bytes, address: str) -> None:
    """The null path may come with brackets or without."""
    verdict = asyncio.run(filtered(at_end(packet, b"c")))

    assert verdict.edits is not None
    assert ChangedSender(address) == verdict.edits.sender
    envelope = verdict.edits.apply(ENVELOPE)
    assert envelope is not None
    assert (address, ENVELOPE.mail) == (envelope.sender, envelope.mail)


def test_nobody_left() -> None:
    """A message whose recipients are all deleted has no envelope."""
    verdict = asyncio.run(filtered(at_end(b"-bob@example.org\0", b"-eve@example.org\0", b"c")))

    assert verdict.edits is not None
    assert verdict.edits.apply(ENVELOPE) is None


def test_parameters_at_fault(caplog: pytest.LogCaptureFixture) -> None:
    """A parameter that cannot be read is left out with a warning, the others are taken."""
    args = b"NOTIFY=SUCCESS FOO=1 ORCPT=no NOTIFY=NEVER =x \xc3\xa4=1"
    verdict = asyncio.run(filtered(at_end(b"2<a@b>\0" + args + b"\0", b"c")))

    assert verdict.edits is not None
    assert ["NOTIFY=SUCCESS"] == [str(each.params) for each in verdict.edits.added]
    assert ["parameter 'FOO=1' left out: it has no place there"] == [
        record.getMessage().partition(": ")[2] for record in caplog.records
    ]


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"qlooks odd\0", "looks odd"),
        (b"q\0", ""),
        (b"q", ""),
        (b"qa\r\nb\xff\0c", "a\ufffd\ufffdb\udcff"),
        (b"q" + b"x" * 1000, "x" * 240),
    ],
)
def test_quarantine(packet: bytes, reason: str) -> None:
    """A message waits for a person, with the filter's reason, whatever octets it has."""
    verdict = asyncio.run(filtered(at_end(packet, b"c")))

    assert verdict.edits is not None
    assert reason == verdict.edits.quarantine


def test_more_than_may_be_changed() -> None:
    """Changes, and a new body, have a bound."""
    many = asyncio.run(filtered(at_end(*[b"hX\0" + b"y" * 1_000_000 + b"\0"] * 9, b"c")))
    large = asyncio.run(filtered(at_end(b"b" + b"y" * 2000, b"c"), body_octets=1999))
    enough = asyncio.run(filtered(at_end(b"b" + b"y" * 1999, b"c"), body_octets=1999))

    assert "its changes take more than 8388608 octets" == many.reason
    assert "its new body has more than 1999 octets" == large.reason
    assert enough.edits is not None


def test_envelope_that_nobody_changes() -> None:
    """Without changes the envelope is the same."""
    assert ENVELOPE == MilterEdits(content=MESSAGE).apply(ENVELOPE)
