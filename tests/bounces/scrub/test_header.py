"""What a field may hold is known by its name."""

import pytest

from dsnlib.bounces.scrub.header import HeaderScrubber
from dsnlib.bounces.scrub.scrubber import Scrubber
from dsnlib.bounces.scrub.substitutes import Substitutes

MADE = Substitutes(b"0123456789abcdef")


def fields(text: str, *, is_returned: bool = False) -> str:
    """Return fields treated with nothing learned before."""
    return HeaderScrubber(Scrubber(MADE)).fields(text, is_returned=is_returned)


@pytest.mark.parametrize(
    "text",
    [
        "Date: Thu, 29 Apr 2016 23:34:45 +0000\n",
        "Status: 5.1.1\nAction: failed\n",
        "Content-Transfer-Encoding: base64\n",
        "Subject: Mail delivery failed: returning message to sender\n",
        "From: Mail Delivery System <mailer-daemon@example.com>\n",
        "Reporting-MTA: dns; mx.example.com\nRemote-MTA: dns; localhost\n",
        "Subject: =?utf-8?q?Undeliverable=3A?=\n",
        "no field at all\n",
    ],
)
def test_kept(text: str) -> None:
    """What a bounce is told by stays."""
    assert text == fields(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Subject: lunch\n with Joe\n", "Joe"),
        ("From: Joe Miller <a@example.com>\n", "Miller"),
        ("From: a@example.com (Joe Miller)\n", "Miller"),
        ("From: =?utf-8?q?Joe_Miller?= <a@example.com>\n", "Joe"),
        ("From: =?utf-8?B?Sm9lIE1pbGxlcg==?= <a@example.com>\n", "Sm9lIE1pbGxlcg=="),
        ("From: =?nowhere?b?Sm9l?= <a@example.com>\n", "Sm9l"),
        ("From: =?utf-8?b?/w==?= <a@example.com>\n", "/w=="),
        ("Date: joe@acme.org\n", "acme"),
        ("Original-Envelope-Id: joe17\n", "joe17"),
        ("Final-Recipient: LOCAL; joe\n", "joe"),
        ("Final-Recipient: rfc822; joe@acme.org\n", "acme"),
        ("Remote-MTA: dns; MAILHUB\n", "MAILHUB"),
        ("X-Whatever: mx.acme.org\n", "acme"),
        ("> Subject: lunch\n", "lunch"),
    ],
)
def test_replaced(text: str, secret: str) -> None:
    """What names somebody is gone; names, colons and line ends stay."""
    made = fields(text)

    assert secret not in made
    assert text.partition(":")[0] == made.partition(":")[0]
    assert text.count("\n") == made.count("\n")


def test_folds_stay() -> None:
    """A fold stands where it stood."""
    made = fields("Received: from mx.acme.org\r\n\tby relay.acme.org\r\nX: y\r\n")

    assert ["Received", "\tby", "X"] == [line[:8].strip(" ").split(" ")[0].rstrip(":") for line in
                                         made.splitlines()]  # fmt: skip


def test_returned_fields() -> None:
    """Of the original an unknown field goes word by word."""
    text = "X-Campaign: Project Nightingale\nContent-Language: en\n"

    assert "Nightingale" in fields(text)
    assert "Nightingale" not in fields(text, is_returned=True)
    assert "Content-Language: en" in fields(text, is_returned=True)


def test_names_are_learned() -> None:
    """The subject of the original and the names in it are known from then on."""
    scrubber = Scrubber(MADE)
    headers = HeaderScrubber(scrubber)
    headers.fields("Subject: =?utf-8?q?Our_kangaroo?=\nTo: Joe Miller <a@b.c>\n", is_returned=True)
    made = scrubber.text("your mail 'our kangaroo' to Miller")

    assert "kangaroo" not in made
    assert "Miller" not in made


def test_boundary() -> None:
    """The boundary is called as its delimiter lines are."""
    made = HeaderScrubber(Scrubber(MADE)).header(
        b'Content-Type: multipart/mixed;\n boundary="a1b2c3d4@acme.org"; x=mx.acme.org\n',
        b"a1b2c3d4@acme.org", b"new",
    )  # fmt: skip

    assert b'boundary="new"' in made
    assert b"acme" not in made


HEADER = "Received: from x\n by y\nFrom: a\nSubject: b\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("hello\n\n" + HEADER + "\nbody\n", (7, 7 + len(HEADER) + 1)),
        (HEADER, (0, len(HEADER))),
        ("> Received: x\n> From: a\n> Subject: b\n>\n> body\n", (0, 39)),
        ("hello\n", (-1, -1)),
        ("From: a\nTo: b\nSubject: c\nDate: d\n\nwas not delivered\n", (-1, -1)),
        (HEADER + "and so on\n", (-1, -1)),
        ("Received: x\n\nFrom: y\n", (-1, -1)),
    ],
)
def test_original(text: str, place: tuple[int, int]) -> None:
    """A header in a text is one if it is more than a summary, with an empty line behind."""
    assert place == HeaderScrubber(Scrubber(MADE)).find_original(text)
