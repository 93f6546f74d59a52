"""Recipients that a status part does not name are found where nothing else is likely."""

from __future__ import annotations

import base64
import quopri
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.model.address import TypedAddress
from dsnlib.model.report import RecipientFields
from dsnlib.parse.elsewhere import recipients_elsewhere
from dsnlib.parse.limits import Limits
from dsnlib.parse.locate import locate_status_parts
from tests.strategies import mailboxes

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n"


def report(explanation: bytes, *, header: bytes = b"Subject: x\n", boundary: bytes = b"b") -> bytes:
    """Return a report whose status part names nobody."""
    return (
        header + b"Content-Type: multipart/report; boundary=" + boundary + b"\n\n--" + boundary
        + b"\n" + explanation + b"\n--" + boundary + b"\n" + STATUS + b"\n--" + boundary + b"--\n"
    )  # fmt: skip


def elsewhere(octets: bytes) -> list[str | None]:
    """Return the addresses that stand outside the status part."""
    part = locate_status_parts(octets, Limits())[0]
    return [each.recipient for each in recipients_elsewhere(octets, part)]


# --------------------------------------------------------------- X-Failed-Recipients


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"X-Failed-Recipients: ann@example.net", ["ann@example.net"]),
        (b"x-failed-recipients : ann@example.net", ["ann@example.net"]),
        (b"X-Failed-Recipients:a@example.net,\n b@example.net", ["a@example.net", "b@example.net"]),
        (b"X-Failed-Recipients: <ann@example.net>,ann@example.net", ["ann@example.net"]),
        (b"X-Failed-Recipients: \xc3\xa4nn@example.net", ["änn@example.net"]),
        (b"X-Failed-Recipients: \xe4nn@example.net", []),
        (b"X-Failed-Recipients: ann, a b@example.net, @example.net, ann@localhost", []),
        (b"X-Failed-Recipients:", []),
        (b"X-Failed-Recipients-Not: ann@example.net", []),
    ],
    ids=[
        "one", "odd writing", "folded", "brackets and twice", "UTF-8", "Latin-1", "no addresses",
        "empty", "another field",
    ],
)  # fmt: skip
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_field_of_failed_recipients(
    field: bytes, expected: list[str | None], line_end: bytes
) -> None:
    """The field that Exim and Google write names whom a report is about."""
    octets = report(b"\nfailed\n", header=b"Subject: x\n" + field + b"\n")

    assert expected == elsewhere(octets.replace(b"\n", line_end))


def test_field_of_failed_recipients_in_the_first_line() -> None:
    """The field counts wherever it stands in the header."""
    octets = report(b"\nfailed\n", header=b"X-Failed-Recipients: ann@example.net\n")

    assert ["ann@example.net"] == elsewhere(octets)


def test_fields_of_failed_recipients() -> None:
    """Many recipients make several fields, and each names some."""
    field = b"X-Failed-Recipients: %s@example.net\n"
    octets = report(b"\nfailed\n", header=b"Subject: x\n" + field % b"ann" + field % b"bob")

    assert ["ann@example.net", "bob@example.net"] == elsewhere(octets)


def test_a_field_in_the_body_is_none() -> None:
    """Only the header of the message has the field."""
    octets = report(b"\nX-Failed-Recipients: ann@example.net\n")

    assert [] == elsewhere(octets)


def test_the_field_counts_before_the_explanation() -> None:
    """What a header field names is not looked for in the text."""
    header = b"Subject: x\nX-Failed-Recipients: ann@example.net\n"

    assert ["ann@example.net"] == elsewhere(report(b"\nbob@example.net\n", header=header))


@given(mailboxes().filter(lambda mailbox: not set(str(mailbox)) & set('",')))
def test_any_address_in_the_field(mailbox: object) -> None:
    """An address of RFC 5321 or 6531 is read as it is, and has the type it needs."""
    octets = report(b"", header=f"Subject: x\nX-Failed-Recipients: {mailbox}\n".encode())
    part = locate_status_parts(octets, Limits())[0]
    expected = RecipientFields(final_recipient=TypedAddress.from_address(str(mailbox)))

    # A name without a dot is no address of the Internet.
    assert ((expected,) if "." in str(mailbox) else ()) == recipients_elsewhere(octets, part)


# ---------------------------------------------------------------------- explanation


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ann@example.net", ["ann@example.net"]),
        ("  <ann@example.net>", ["ann@example.net"]),
        ("<ann@example.net>:", ["ann@example.net"]),
        ("* ann@example.net", ["ann@example.net"]),
        ("\u2022 ann@example.net;", ["ann@example.net"]),
        ("- änn@example.net.", ["änn@example.net"]),
        ("a@example.net\n\nb@example.net\na@example.net", ["a@example.net", "b@example.net"]),
        ("Your message to ann@example.net failed.", []),
        ("ann@example.net bob@example.net", []),
        ("Ann <ann@example.net>", []),
        ("postmaster@example.net", []),
        ("<Postmaster@example.net>", []),
        ("ann@localhost", []),
        ("www.example.net", []),
        ("@.", []),
    ],
)  # fmt: skip
def test_addresses_alone_on_a_line(line: str, expected: list[str | None]) -> None:
    """An address that stands alone is whom the text is about, but for whom to write to."""
    text = f"\nYour message failed:\n\n{line}\n\nSorry.\n".encode()

    assert expected == elsewhere(report(text))
    assert expected == elsewhere(report(text).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("base64", base64.encodebytes),
        ("BASE64", base64.encodebytes),
        ("quoted-printable", quopri.encodestring),
        ("8bit", bytes),
    ],
)
@pytest.mark.parametrize("count", range(4))
def test_encoded_explanation(encoding: str, encode: Callable[[bytes], bytes], count: int) -> None:
    """The transfer encoding of the explanation is undone before its lines are looked at."""
    text = "Schöne Grüße,\nann=bob@example.net\nändern" + "!" * count + "\n"
    head = f"Content-Type: text/plain\nContent-Transfer-Encoding: {encoding}\n\n".encode()

    assert ["ann=bob@example.net"] == elsewhere(report(head + encode(text.encode())))


@pytest.mark.parametrize("name", ["abc", "abcd", "abcde"])
def test_encoded_explanation_that_ends_with_the_address(name: str) -> None:
    """A text is decoded to its last octet, and no further."""
    head = b"Content-Transfer-Encoding: base64\n\n"
    text = base64.encodebytes(f"{name}@example.net".encode())

    assert [f"{name}@example.net"] == elsewhere(report(head + text, boundary=b"Boundary7"))


@pytest.mark.parametrize(
    "octets",
    [
        b"Content-Type: multipart/report; boundary=b\n\n--b\n" + STATUS + b"\n--b--\n",
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n",
        report(b"Content-Type: text/plain"),
        report(b""),
    ],
    ids=["status part first", "status part alone", "header alone", "empty"],
)
def test_no_explanation(octets: bytes) -> None:
    """Where nothing is said there is nobody."""
    assert [] == elsewhere(octets)


def test_a_header_field_of_the_explanation_is_no_text() -> None:
    """Addresses in the header of the first part are not looked for."""
    assert [] == elsewhere(report(b"X-Note:\n ann@example.net\n\nfailed\n"))


def test_an_explanation_is_read_so_far() -> None:
    """Of an explanation only so much is looked at as a person could read."""
    text = b"\nann@example.net\n" + b"x\n" * (1 << 16) + b"bob@example.net\n"

    assert ["ann@example.net"] == elsewhere(report(text))


@given(st.binary(max_size=80), st.sampled_from([b"base64", b"quoted-printable", b"8bit"]))
def test_any_explanation(text: bytes, encoding: bytes) -> None:
    """Whatever the first part holds, there is an answer, and each address once."""
    octets = report(b"Content-Transfer-Encoding: " + encoding + b"\n\n" + text)
    if locate_status_parts(octets, Limits()):
        found = elsewhere(octets)
        assert len(set(found)) == len(found)
