"""The time to read grows with the size of a mail and no faster, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.bounces.read import read_bounces
from tests.growth import BOUND, growth

if TYPE_CHECKING:
    from collections.abc import Callable

_HEADER = b"From: MAILER-DAEMON@mx.example.com\nSubject: Undelivered mail\nReturn-Path: <>\n"
_MIXED = _HEADER + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
_LARGEST_OCTETS = 1 << 16


def _spread(unit: bytes, *, header: bytes = _HEADER + b"\n") -> tuple[bytes, bytes]:
    return header, unit


MAILS = {
    "addresses": _spread(b"<bob@example.org>: 550 5.1.1 unknown\n"),
    "one line of addresses": _spread(b"bob@example.org "),
    "at signs": _spread(b"@" * 20),
    "brackets": _spread(b"<" * 20),
    "a local part without end": _spread(b"a" * 20),
    "a domain without end": _spread(b"b.", header=_HEADER + b"\nbob@"),
    "quotes": _spread(b'"\\"' * 8),
    "spaces": _spread(b" " * 20),
    "tabs and line ends": _spread(b"\t\n \n"),
    "codes": _spread(b"550 5.1.1 550-5.1.1 #5.1.1 "),
    "digits": _spread(b"5" * 20),
    "digits and dots": _spread(b"5.5."),
    "words of failures": _spread(b"not delivered failed unknown user delayed "),
    "heads of originals": _spread(b"----- Original message -----\n"),
    "quoted lines": _spread(b"> From: ann@example.com\n"),
    "folds of a subject": _spread(b" x\n", header=_HEADER + b"Subject: a\n"),
    "encoded words": _spread(b"=?utf-8?q?=41?= ", header=b"From: mailer-daemon@b\nSubject: "),
    "failed recipients": _spread(b"bob@example.org, ", header=_HEADER + b"X-Failed-Recipients: "),
    "parts": _spread(b"--b\n\nbob@example.org failed\n", header=_MIXED),
    "boundaries": _spread(b"--b\n" * 4, header=_MIXED),
    "tags": _spread(b"<p><br>", header=_HEADER + b"Content-Type: text/html\n\n"),
    "a tag without end": _spread(b"<p ", header=_HEADER + b"Content-Type: text/html\n\n"),
    "a comment without end": _spread(b"<!--", header=_HEADER + b"Content-Type: text/html\n\n"),
    "characters by number": _spread(b"&#64;", header=_HEADER + b"Content-Type: text/html\n\n"),
    "soft line ends": _spread(
        b"=\n", header=_HEADER + b"Content-Transfer-Encoding: quoted-printable\n\n"
    ),
    "commands": _spread(b">>> RCPT TO:<bob@example.org>\n<<< 550 no\n"),
    "heads of exim": _spread(
        b"  bob@example.org\n",
        header=_HEADER + b"\nThis message was created automatically by mail delivery software.\n"
        b"The following address(es) failed:\n",
    ),
    "eight-bit octets": _spread(b"\xe4\xf6\xfc\xff"),
    "nul": _spread(b"\x00" * 20),
}


@pytest.mark.parametrize("name", MAILS)
def test_growth(name: str) -> None:
    """Twice the mail takes less than three times as long."""
    header, unit = MAILS[name]

    def prepare(count: int) -> Callable[[], object]:
        mail = header + unit * count
        return lambda: read_bounces(mail)

    assert BOUND > growth(prepare, _LARGEST_OCTETS // len(unit))
