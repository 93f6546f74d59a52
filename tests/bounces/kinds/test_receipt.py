"""A receipt says what became of a mail after it was delivered."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.kinds.receipt import Receipt, ReceiptMode, read_receipt
from tests.growth import BOUND, growth

MAIL = Path(__file__).resolve().parents[2] / "data/mail"
DISPLAYED = (MAIL / "receipt-displayed.eml").read_bytes()


def receipt(fields: str, media_type: str = "message/disposition-notification") -> bytes:
    """Return a receipt with these fields."""
    return f"Content-Type: {media_type}\n\n{fields}\n".encode()


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_receipt(line_end: bytes) -> None:
    """Every field of RFC 8098 s3.2 is read."""
    found = read_receipt(DISPLAYED.replace(b"\n", line_end))

    assert found == Receipt(
        final_recipient="bob@isp.example",
        original_recipient="bob@alias.example",
        disposition="displayed",
        modifiers=("error", "late"),
        action_mode=ReceiptMode.MANUAL,
        sending_mode=ReceiptMode.MANUAL,
        reporting_ua="desk.isp.example; Reader 3",
        original_message_id="minutes@sender.example",
        errors=("the printer is on fire",),
    )
    assert not found.is_refusal


def test_refusal() -> None:
    """Sieve's reject may send a receipt: RFC 5429 s2.1.2."""
    found = read_receipt((MAIL / "receipt-refuses.eml").read_bytes())

    assert found is not None
    assert found.is_refusal


@pytest.mark.parametrize(
    "disposition",
    [
        "automatic-action/MDN-sent-automatically; displayed",
        "manual-action/MDN-sent-automatically; deleted",
        "deleted",
        ";;;",
        "",
    ],
)
def test_no_refusal(disposition: str) -> None:
    """A person who deletes a mail has got it."""
    found = read_receipt(receipt(f"Disposition: {disposition}"))

    assert found is not None
    assert not found.is_refusal


@pytest.mark.parametrize(
    ("value", "recipient"),
    [
        ("rfc822; bob@example.org", "bob@example.org"),
        ("<bob@example.org>", "bob@example.org"),
        ("x400; /CN=Bob/O=X", "/CN=Bob/O=X"),
        ("rfc822;", "rfc822;"),
        ("", None),
    ],
)
def test_recipients(value: str, recipient: str | None) -> None:
    """An address of another type is kept as it is."""
    found = read_receipt(receipt(f"Final-Recipient: {value}\nX: y"))

    assert found is not None
    assert recipient == found.final_recipient


def test_global() -> None:
    """A receipt of RFC 6533 is read in the same way."""
    data = receipt("Reporting-UA: x", "message/global-disposition-notification")

    assert Receipt(reporting_ua="x") == read_receipt(data)


@pytest.mark.parametrize(
    "data", [b"", b"Subject: x\n\ny", (MAIL / "feedback-abuse.eml").read_bytes()]
)
def test_other_mail(data: bytes) -> None:
    """Other mail is no receipt."""
    assert read_receipt(data) is None


@given(st.binary(max_size=300))
def test_anything(fields: bytes) -> None:
    """No octets make it raise."""
    read_receipt(receipt("") + fields)


@pytest.mark.parametrize("unit", [b"Error: x\n", b"/", b";", b",a", b"(", b"\n "])
def test_growth(unit: bytes) -> None:
    """Twice as much takes less than three times as long."""

    def prepare(count: int) -> Callable[[], object]:
        data = receipt("X").replace(b"X", b"Disposition: a/b; c/" + unit * count)
        return lambda: read_receipt(data)

    assert growth(prepare, 1 << 15) < BOUND
