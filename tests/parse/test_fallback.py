"""What only other libraries can read is read by them, and none of their errors gets out."""

from __future__ import annotations

import base64
import email
import email.policy
import quopri
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING, NoReturn

import mailparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.parse.fallback import message_octets, status_texts
from tests.strategies import damaged, report_messages

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = b"Final-Recipient: rfc822; ann@example.net\nAction: failed\n"
PLAIN = b"Subject: x\n\nSorry.\n\n" + FIELDS

# ------------------------------------------------------------------ message_octets


@pytest.mark.parametrize(
    "policy", [email.policy.compat32, email.policy.default, email.policy.SMTPUTF8], ids=repr
)
@pytest.mark.parametrize(
    "octets",
    [
        PLAIN,
        b"Subject: x\n\nFrom here on\n",
        b"Subject: f\xc3\xbcr\n\n\xe4\n",
        b"Diagnostic-Code: smtp; 550 gesch\xfctzt\n\t(\xc3\xbc)\nTo: \xe9\n\n\n",
        b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b--\n",
        b"",
    ],
    ids=["plain", "From", "8bit", "folded 8bit", "parts", "empty"],
)
def test_a_message_comes_back_as_it_was(
    octets: bytes, policy: email.policy.Policy[Message[str, str]]
) -> None:
    """A message that the standard library took apart has the octets that it had."""
    message = email.message_from_bytes(octets, policy=policy)

    expected = octets or b"\n"
    found = message_octets(message).replace(b"\r\n", b"\n")
    assert expected == found


class _Unwilling(Message):
    """A message that cannot write itself, though its parts can be written."""

    def as_bytes(self, *args: object, **options: object) -> NoReturn:
        raise ValueError(args, options)


class _Unable(_Unwilling):
    """A message that nobody can write."""

    def get_content_maintype(self) -> NoReturn:
        raise LookupError


class _Foreign:
    """Something with the right method and the wrong result."""

    def as_bytes(self) -> str:
        return "Subject: x\n\n"


def test_a_message_that_does_not_write_itself() -> None:
    """If a message cannot write itself, the plainest generator tries."""
    message = _Unwilling()
    message["Subject"] = "x"
    message.set_payload("From here on\n")

    assert b"Subject: x\n\nFrom here on\n" == message_octets(message)


def test_a_message_that_nobody_can_write() -> None:
    """What cannot be written is no message, and the reason is kept."""
    message = _Unable()
    message.set_payload("x")

    with pytest.raises(TypeError, match="LookupError while writing it as octets") as caught:
        message_octets(message)
    assert isinstance(caught.value.__cause__, LookupError)


def test_something_else_with_the_method() -> None:
    """What gives no octets is no message."""
    with pytest.raises(TypeError, match=r"as_bytes\(\) gave str"):
        message_octets(_Foreign())


def test_a_message_that_was_made() -> None:
    """A message that was never octets is written as the standard library does."""
    message = EmailMessage()
    message["Subject"] = "lunch"
    message.set_content("At one?\n")

    assert message.as_bytes() == message_octets(message)


def test_a_multipart_without_parts() -> None:
    """A message that the library cannot write as octets is written as the text it shows.

    Of 8bit text where parts should be, it shows replacement characters.
    """
    octets = "Content-Type: multipart/report\n\nZur%sck an Absender\n"
    message = email.message_from_bytes((octets % "ü").encode())

    assert (octets % "\ufffd\ufffd").encode() == message_octets(message)


@given(damaged(report_messages()))
def test_any_message_has_octets_or_is_refused(octets: bytes) -> None:
    """Whatever the standard library has read, there are octets of it, or a TypeError."""
    try:
        found = message_octets(email.message_from_bytes(octets))
    except TypeError:
        return
    assert octets == b"" or found != b""


# -------------------------------------------------------------------- status_texts


def texts(octets: bytes) -> list[bytes]:
    """Return the texts with the fields of a report, without white space at the end."""
    return [text.strip() for text in status_texts(octets)]


@pytest.mark.parametrize(
    "first", [b"Reporting-MTA", b"Final-Recipient", b"original-recipient", b"FINAL-RECIPIENT "]
)
def test_a_text_begins_with_its_first_field(first: bytes) -> None:
    """What stands before the first field of a report is left out."""
    fields = first + b": x\nAction: failed"

    assert [fields] == texts(b"Subject: x\n\nSorry,\n> no.\n" + fields + b"\n")


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("base64", base64.encodebytes),
        ("quoted-printable", quopri.encodestring),
        ("8bit", bytes),
    ],
)
def test_the_transfer_encoding_is_undone(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    """Encoded texts are read, which a search for the fields would not find."""
    head = f"Subject: x\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    fields = FIELDS + "X-Note: Grüße = greetings".encode()

    assert [fields] == texts(head + encode(fields))


def test_texts_of_parts() -> None:
    """Every part with the fields counts, of any text type, in order; others do not."""
    octets = b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"".join(
        b"--b\nContent-Type: " + part + b"\n"
        for part in (
            b"text/plain\n\n" + FIELDS,
            b"text/plain\n\nSorry.\n",
            b"text/x-odd\n\nReporting-MTA: dns; a\n",
        )
    )

    assert [FIELDS.strip(), b"Reporting-MTA: dns; a"] == texts(octets + b"--b--\n")


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"Subject: x",
        b"Subject: x\n\nSorry.\n",
        b"Subject: x\n\n> " + FIELDS.replace(b"\n", b"\n> "),
        b"Subject: x\n\nX-Final-Recipient: x\n",
    ],
    ids=["empty", "header", "text", "quoted", "another field"],
)
def test_no_texts(octets: bytes) -> None:
    """Where no line begins with a field of a report, there is no text."""
    assert [] == texts(octets)


@pytest.mark.parametrize(
    "octets",
    [
        PLAIN + b"x" * (1 << 20),
        PLAIN + b"boundary\n" * 100,
        PLAIN + b"BOUNDARY\n" * 100,
        b"Subject: " + b"=?x" * 10_000 + b"\n\n" + FIELDS,
        b"Content-Type: text/plain" + b";a=b" * 10_000 + b"\n\n" + FIELDS,
    ],
    ids=["large", "boundaries", "boundaries in capitals", "encoded words", "parameters"],
)
def test_what_the_libraries_would_be_slow_on(octets: bytes) -> None:
    """A message that the libraries take long for is not handed to them."""
    assert [FIELDS.strip()] == texts(PLAIN)
    assert [] == texts(octets)


def test_errors_of_a_library_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a library raises, the answer is that there is no text."""

    def fail(octets: bytes) -> NoReturn:
        raise RuntimeError(octets)

    monkeypatch.setattr(mailparser, "parse_from_bytes", fail)

    assert [] == texts(PLAIN)


@given(st.binary(max_size=200) | damaged(report_messages()))
def test_any_octets_have_texts(octets: bytes) -> None:
    """Whatever the octets are, each text begins with a field."""
    for text in status_texts(octets):
        name = text.partition(b":")[0].strip().lower()
        assert name in {b"reporting-mta", b"original-recipient", b"final-recipient"}
