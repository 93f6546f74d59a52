"""Headers that are completed."""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.submission.compose import complete, phrase

NOW = 1_795_000_000.0


def completed(*fields: bytes, full_name: str = "") -> bytes:
    """Return a header, completed."""
    given = [(each.partition(b":")[0].lower(), each + b"\n") for each in fields]
    made = complete(
        given, sender="ann@example.org", full_name=full_name, hostname="mx.example.org", now=NOW
    )
    return b"".join([octets for _, octets in made])


def test_missing_fields() -> None:
    """Date, From and Message-ID are added, and a To that names nobody (RFC 5322 s3.6)."""
    found = email.message_from_bytes(completed(b"Subject: x"), policy=email.policy.default)

    assert NOW == email.utils.parsedate_to_datetime(str(found["Date"])).timestamp()
    assert "ann@example.org" == found["From"]
    assert re.fullmatch(r"<[0-9]{14}\.[0-9]+\.[0-9a-f]{12}@mx\.example\.org>", found["Message-ID"])
    assert "undisclosed-recipients:;" == found["To"]
    assert "x" == found["Subject"]


def test_date_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone is that of the host, in any direction."""
    for zone, shown in (("AAA-5:30", "+0530"), ("BBB+3:30", "-0330"), ("UTC0", "+0000")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found = email.message_from_bytes(completed())
        assert found["Date"].endswith(shown)
        assert NOW == email.utils.parsedate_to_datetime(found["Date"]).timestamp()
    monkeypatch.undo()
    time.tzset()


def test_what_is_there_stays() -> None:
    """Octet for octet, in order."""
    fields = (b"Date: then", b"From: me", b"MESSAGE-ID: <x>", b"Cc: you", b"X: \xff")

    assert b"\n".join([*fields, b""]) == completed(*fields)


def test_what_goes() -> None:
    """Bcc and what the last system says do not travel."""
    fields = (b"Bcc: eve", b"Resent-Bcc: eve", b"Return-Path: <x>", b"Content-Length: 7", b"To: a")

    assert b"eve" not in completed(*fields)
    assert {b"To"} == {line.partition(b":")[0] for line in completed(*fields).splitlines()} - {
        b"Resent-Date",
        b"Resent-From",
        b"Resent-Message-ID",
        b"Date",
        b"From",
        b"Message-ID",
    }


def test_resent() -> None:
    """A letter that is sent again gets the fields of that (RFC 5322 s3.6.6)."""
    names = re.findall(rb"(?m)^([A-Za-z-]+):", completed(b"Resent-To: bob", b"From: x"))

    assert [b"Resent-Date", b"Resent-From", b"Resent-Message-ID", b"Resent-To", b"From"] == names


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ann Other", "Ann Other"),
        ("A. Other", '"A. Other"'),
        ('Ann "x" \\', r'"Ann \"x\" \\"'),
        ("Ann\r\nBcc: eve", '"Ann  Bcc: eve"'),
        ("=?x?", '"=?x?"'),
        ("Änn", "=?utf-8?b?w4Rubg==?="),
    ],
)
def test_phrase(name: str, written: str) -> None:
    """A name is quoted or encoded where it has to be (RFC 2047 s5 (3))."""
    assert written == phrase(name)


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_phrase_is_read_back(name: str) -> None:
    """The name that was written is read; no word is too long (RFC 2047 s2)."""
    written = phrase(name)
    if name.isascii():
        assert name == email.utils.parseaddr(f"{written} <a@b>")[0]
    else:
        [(octets, charset)] = email.header.decode_header(written)
        assert (name, "utf-8") == (octets.decode(), charset)
        assert all(75 >= len(word) for word in written.split())
