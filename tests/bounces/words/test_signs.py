"""What the header of a mail tells of its being a bounce."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.words.signs import WORD, read_signs, says_failure

DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\n"
PERSON = "From: Ann <ann@example.org>\n"


def signs(text: str) -> str:
    """Return the signs of a header as letters: System, Null path, Master, Headed, Failed."""
    found = read_signs(text.encode())
    marks = (found.is_system, found.is_null, found.is_master, found.is_headed, bool(found.failed))
    return "".join(letter for letter, mark in zip("SNMHF", marks, strict=True) if mark)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (PERSON, ""),
        (DAEMON, "S"),
        ("From: <>\n", "S"),
        # A postmaster may be a person: the rest has to speak of a bounce
        ("From: postmaster@example.org\n", "M"),
        ("From: Post Master <x@example.org>\nSubject: Undeliverable: Minutes\n", "SMH"),
        ("Return-Path: <>\nFrom: postmaster@example.org\n", "SNM"),
        ("From: root@example.org (Cron Daemon)\n", ""),
        ("From: System Administrator <x@example.org>\n", "S"),
        ("FROM: Mail Delivery Subsystem <x@example.org>\n", "S"),
        (f"Return-Path: <>\n{PERSON}", "N"),
        (f"Return-Path:\n{PERSON}", "N"),
        (f"return-path: <MAILER-DAEMON>\n{PERSON}", "N"),
        (f"Return-Path: <ann@example.org>\n{PERSON}", ""),
        (f"{PERSON}X-Failed-Recipients: bob@example.org\n", "F"),
        (f"{PERSON}Subject: failure notice\n", "H"),
        (f"{PERSON}Subject: Undeliverable: Minutes\n", "H"),
        (f"{PERSON}Subject: =?utf-8?B?RGVsaXZlcnkgZmFpbHVyZQ==?=\n", "H"),
        (f"{PERSON}Subject: =?utf-8?Q?Unzustellbar=3A_Protokoll?=\n", "H"),
        (f"{PERSON}Subject: Minutes\n", ""),
        (f"{PERSON}Subject: =?utf-8?B?A?= minutes\n", ""),
        (f"{DAEMON}Subject: Returned mail: see\n\ttranscript\n", "SH"),
        # An answer of a person is none, whatever its Subject
        (f"{PERSON}Subject: Re: Undelivered Mail\n", ""),
        (f"{PERSON}Subject: failure notice\nIn-Reply-To: <1@x>\n", ""),
        (f"{PERSON}Subject: failure notice\nReferences: <1@x>\n", ""),
        (f"{PERSON}Subject: failure notice\nList-Id: <x.example.org>\n", ""),
        # But that of a system is one
        (f"{DAEMON}Subject: Undeliverable: Minutes\nIn-Reply-To: <1@x>\n", "SH"),
        (f"{PERSON}Subject: Undeliverable: Minutes\nIn-Reply-To: <1@x>\n", "H"),
        (f"{PERSON}Subject: RE: Minutes : non remis\n\t(delivery failed)\n", "H"),
        # Out of office
        (f"Return-Path: <>\n{PERSON}Subject: Automatic reply: Minutes\n", ""),
        (f"{DAEMON}Subject: Out of office: failure\n", ""),
        (f"{DAEMON}X-Failed-Recipients: bob@example.org\nSubject: vacation\n", "SF"),
        # Reports of other kinds
        (f"{DAEMON}Content-Type: multipart/report; report-type=feedback-report\n", ""),
        (f"{DAEMON}Content-Type: multipart/report;\n report-type=delivery-status\n", "S"),
        # The owner of a list is the sender of every post
        (f"{PERSON}Sender: list-bounces@example.org\nSubject: lunch\n", ""),
    ],
)
def test_signs(text: str, expected: str) -> None:
    """Who sent it and how it is headed tell; an answer, and a program's, are none."""
    assert expected == signs(text)


def test_addresses() -> None:
    """Our addresses and the reporter's are known; so are those that failed."""
    found = read_signs(
        b"From: MAILER-DAEMON@MX.example.org\nTo: Ann@example.com\nDelivered-To: a@example.com\n"
        b"X-Failed-Recipients: bob@example.org,\n eve@example.net, bob@example.org\n"
        b"Subject: =?x-none?B?AAAA?= =?utf-8?B?!?= failure\n"
    )

    assert ("bob@example.org", "eve@example.net") == found.failed
    assert {"mailer-daemon@mx.example.org", "ann@example.com", "a@example.com"} == found.own
    assert "mx.example.org" == found.reporter
    assert found.subject.endswith(" failure")
    assert found.is_any


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("it could not be delivered", True),
        ("user unknown", True),
        ("no se ha podido entregar", True),
        ("配信できませんでした", True),
        ("Сообщение не доставлено".lower(), True),
        ("see you at lunch tomorrow", False),
        ("", False),
    ],
)
def test_says_failure(text: str, says: bool) -> None:  # noqa: FBT001  a column of the table
    """In some languages, what did not arrive has its words."""
    assert says is says_failure(text, set(WORD.findall(text)))


@given(st.binary(max_size=200), st.sampled_from([b"From: ", b"Subject: =?", b"Return-Path: ", b""]))
def test_any_header(octets: bytes, name: bytes) -> None:
    """Any octets are a header, of signs or none."""
    found = read_signs(name + octets + b"\nTo: x\n")

    assert found.is_any or not found.own
