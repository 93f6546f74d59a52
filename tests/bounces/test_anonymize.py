"""A bounce can be handed out: its names are gone, and it reads as before."""

import binascii
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnlib.bounces.anonymize import BODY_MARKER, anonymize
from dsnlib.bounces.kinds.message_kind import tell_kind
from dsnlib.errors import InvalidValue
from dsnlib.parse.report import read_reports
from tests.growth import BOUND, growth
from tests.strategies import damaged, mailboxes, report_messages

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = sorted((ROOT / "tests/data").glob("*/*.eml"))
BOUNCE = (ROOT / "tests/data/mail/bounce-to-anonymize.eml").read_bytes()
KEY = b"0123456789abcdef"
ADDRESS = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


def structure(data: bytes) -> list[object]:
    """Return what the reports of a message say that names nobody."""
    return [
        [(each.action, each.status) for each in report.recipients] for report in read_reports(data)
    ]


@pytest.mark.parametrize(
    "secret",
    [
        "joe", "miller", "acme", "widgets", "wilhelmina", "contoso", "10.20.30.40", "74.125",
        "4f2b81c0e7", "mailhub01", "kangaroo", "nightingale", "555", "secret is", "2607:",
    ],
)  # fmt: skip
def test_names_are_gone(secret: str) -> None:
    """Nothing that names somebody is left, anywhere."""
    assert secret not in anonymize(BOUNCE, key=KEY).decode().lower()


@pytest.mark.parametrize(
    "kept",
    [
        b"This is the mail system at host ", b"gmail-smtp-in.l.google.com", b" 5.1.1 ",
        b"550 5.1.1 The email account that you tried to reach does not exist.",
        b"https://support.google.com/mail/?p=NoSuchUser", b"(in reply to RCPT TO command)",
        b"From: Mail Delivery System <MAILER-DAEMON@", b"\nReporting-MTA: dns; ",
        b"Subject: Undelivered Mail Returned to Sender\n", BODY_MARKER,
        b"Date: Tue, 3 Mar 2026 10:00:00 -0800\n",
    ],
)  # fmt: skip
def test_what_it_is_told_by_stays(kept: bytes) -> None:
    """Words of systems, codes, fields and the hosts of providers stay."""
    assert kept in anonymize(BOUNCE, key=KEY)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_reads_as_before(path: Path, line_end: bytes) -> None:
    """Kind, actions and codes are those of the original, and so they are if done twice."""
    data = path.read_bytes().replace(b"\n", line_end)
    made = anonymize(data, key=KEY)

    assert tell_kind(data) == tell_kind(made)
    assert structure(data) == structure(made)
    assert tell_kind(made) == tell_kind(anonymize(made, key=KEY))
    assert (b"\r\n" in data) == (b"\r\n" in made)


def test_same_key_same_names() -> None:
    """The same name has the same substitute in every mail with the same key."""
    one = anonymize(b"Subject: x\n\nto joe@acme.org\n", key=KEY)
    two = anonymize(b"\nand for joe@acme.org too\n", key=KEY)
    (name,) = ADDRESS.findall(one)

    assert [name] == ADDRESS.findall(two)
    assert name not in anonymize(b"\njoe@acme.org\n", key=KEY + b"!")


def test_short_key() -> None:
    """A key that could be guessed is none."""
    with pytest.raises(InvalidValue):
        anonymize(b"", key=b"short")


def entity(media_type: str, encoding: str, body: bytes) -> bytes:
    """Return a message of one part."""
    return f"Content-Type: {media_type}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("charset", ["utf-8", "shift_jis", "none-such", "iso-2022-jp"])
def test_base64(charset: str, line_end: bytes) -> None:
    """A part in base64 comes back in base64, with the same line ends."""
    codec = "utf-8" if charset == "none-such" else charset
    text = "メールを joe@acme.org に送れません\n".encode(codec) * 3
    body = line_end.join(
        binascii.b2a_base64(text[at : at + 57], newline=False) for at in range(0, len(text), 57)
    )
    made = anonymize(entity(f"text/plain; charset={charset}", "base64", body + line_end), key=KEY)
    content = made.partition(b"\n\n")[2]

    assert content.endswith(line_end)
    decoded = binascii.a2b_base64(content).decode(codec)
    assert "メールを" in decoded
    assert "acme" not in decoded
    assert "@" in decoded


def test_quoted_printable() -> None:
    """A part in quoted-printable comes back in it."""
    data = entity("text/plain", "quoted-printable", b"caf=C3=A9 of joe=40acme.org\n")
    made = anonymize(data, key=KEY)

    assert b"caf=C3=A9 of " in made
    assert b"acme" not in made


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("base64", b"bm8gbmFt\r\nZXM="), ("quoted-printable", b"no =\nnames=20"), ("7bit", b"none")],
)
def test_without_names(encoding: str, body: bytes) -> None:
    """A part in which nothing is replaced is the same octet for octet."""
    data = entity("text/plain", encoding, body)

    assert data == anonymize(data, key=KEY)


def test_base64_on_one_line() -> None:
    """One line without end stays one."""
    made = anonymize(entity("text/plain", "base64", b"am9lQGFjbWUub3Jn"), key=KEY)

    assert b"\n" not in made.partition(b"\n\n")[2]


def test_plain_text_labelled_base64() -> None:
    """What is no base64 is text, also behind what is."""
    footer = b"list: joe@acme.org\n"
    encoded = b"am9lQGFjbWUub3Jn\n\n"
    for body in (footer, encoded + footer, b"bm8gbmFtZXM=\n" + footer):
        made = anonymize(entity("text/plain", "base64", body), key=KEY)

        assert b"acme" not in made
        assert b"am9lQ" not in made
        assert b"\nlist: " in made


def test_other_encodings() -> None:
    """An encoding that is not undone leaves nothing; one that nobody knows is none."""
    assert BODY_MARKER in anonymize(entity("text/plain", "x-uuencode", b"x\n"), key=KEY)
    assert b"hello" in anonymize(entity("text/plain", "8-bit", b"hello"), key=KEY)


def test_wrong_charset() -> None:
    """A text that is not in the charset it names is treated octet by octet."""
    text = "joe@acme.org \xe4\xff".encode("latin-1")
    made = anonymize(entity("text/plain; charset=big5", "8bit", text), key=KEY)

    assert b"acme" not in made
    assert made.endswith(b" \xe4\xff")


@pytest.mark.parametrize("charset", ["UTF-16", "utf-16le", "utf-7"])
def test_charsets_that_hide_names(charset: str) -> None:
    """A text whose letters cannot be seen does not stay."""
    text = binascii.b2a_base64("joe@acme.org".encode(charset))
    made = anonymize(entity(f"text/plain; charset={charset}", "base64", text), key=KEY)

    assert BODY_MARKER == binascii.a2b_base64(made.partition(b"\n\n")[2])


@pytest.mark.parametrize(
    ("media_type", "body", "made"),
    [
        ("message/delivery-status", b"Action: failed\n\nwords", b"Action: failed\n\nwords"),
        ("image/png", b"\x89PNG", BODY_MARKER),
        ("image/png", b"\x89PNG\r\nx\r\n", BODY_MARKER + b"\r\n"),
        ("image/png", b"\n", b"\n"),
        ("message/rfc822", b"Subject: x@\n\nsecret\n", b"Subject: x@\n\n" + BODY_MARKER + b"\n"),
        ("text/rfc822-headers", b"To: a\nDate: now", b"To: a\nDate: now"),
        ("multipart/mixed", b"no boundary", b"no boundary"),
        ("multipart/mixed; boundary=b", b"no parts", b"no parts"),
        ("multipart/mixed; boundary=b", b"--b\n\nx\n--b--\n", b"--b\n\nx\n--b--\n"),
        ("multipart/mixed; boundary=b", b"pre\r\n--b\r\n\r\nx\r\n--b",
         b"pre\r\n--b\r\n\r\nx\r\n--b"),
        ("multipart/mixed; boundary=b", b"--b\n--b--epilogue", b"--b\n--b--epilogue"),
        ("text/plain", b"Hi\n\nReceived: x\nDate: now\nMIME-Version: 1.0\n\nsecret",
         b"Hi\n\nReceived: x\nDate: now\nMIME-Version: 1.0\n\n" + BODY_MARKER),
    ],
)  # fmt: skip
def test_structure(media_type: str, body: bytes, made: bytes) -> None:
    """Parts stay, the body of the original and what is no text become a marker."""
    data = entity(media_type, "7bit", body)
    kept = entity(media_type, "7bit", made)

    assert re.sub(rb"(Subject|To): \w", rb"\1: ?", kept) == re.sub(
        rb"(Subject|To): \w", rb"\1: ?", anonymize(data, key=KEY)
    )


def test_forwarded_bounce() -> None:
    """A bounce within a mail is what the mail is about: it stays."""
    data = (ROOT / "tests/data/mail/forwarded-bounce.eml").read_bytes()
    made = anonymize(data, key=KEY)

    assert BODY_MARKER not in made
    assert structure(data) == structure(made)


def test_deep() -> None:
    """Deeper than so far nobody looks for parts, but names go there too."""
    data = b"\njoe@acme.org"
    for level in range(40):
        data = b"Content-Type: multipart/mixed; boundary=b%02d\n\n--b%02d\n%b" % (
            level,
            level,
            data,
        )
    made = anonymize(data, key=KEY)

    assert b"acme" not in made
    assert b"--b00" in made


def test_mbox_separator() -> None:
    """The line in front of the header has an address too."""
    made = anonymize(b"From joe@acme.org Tue Mar  3 10:00:00 2026\nSubject: x\n\n", key=KEY)

    assert made.startswith(b"From ")
    assert b"acme" not in made


TEMPLATES = (
    "From: {0}\nTo: Joe <{1}>\nSubject: {0}\n\nto <{1}>: {0}, ({1}); {0}.\n",
    "Content-Type: text/plain; charset=utf-8\n\n<a href=mailto:{0}>{1}</a>\n",
    "Received: for <{0}>; now\n\tby x\nX-Failed-Recipients: {0},\n {1}\n\nqueued {0}\n",
    (
        "Content-Type: multipart/report; boundary={0}\n\n--{0}\n\n{1}\n--{0}\n"
        "Content-Type: message/delivery-status\n\n"
        "Final-Recipient: rfc822;{0}\nStatus: {1}\n--{0}--\n"
    ),
    "Content-Type: message/rfc822\n\nMessage-ID: <{0}>\nReferences: <{1}> <{0}>\n\n{1}\n",
)


@given(
    st.sampled_from(TEMPLATES),
    mailboxes().map(str).filter(str.isascii),
    mailboxes().map(str).filter(str.isascii),
)
def test_no_address_is_left(template: str, one: str, two: str) -> None:
    """No address of the input is in the output, but in a domain that is kept."""
    made = anonymize(template.format(one, two).encode(), key=KEY)

    left = {each.lower() for each in ADDRESS.findall(made)}
    for address in (one, two):
        local_part, _, domain = address.lower().rpartition("@")
        if not domain.startswith("[") and not domain.endswith(KEPT):
            assert f"{local_part}@{domain}".encode() not in left


KEPT = (".test", ".example", ".invalid", "localhost", "example.com", "example.org", "example.net")


@given(damaged(report_messages()))
@settings(max_examples=50)
def test_anything(data: bytes) -> None:
    """No octets make it raise, and twice is as often as it likes."""
    made = anonymize(data, key=KEY)

    anonymize(made, key=KEY)
    assert made.count(b"@") <= data.count(b"@") + data.count(b"=") + data.count(b"\n") + len(data)


@pytest.mark.parametrize(
    "unit",
    [
        b"a@b.org ", b"\n--b\n", b"\n--b\nContent-Type: message/rfc822\n\nFrom: a\n",
        b"Received: x\n", b"\nFrom: a, b", b",       ", b"=?utf-8?q?a?= ", b"\n ", b"> ", b"=41",
        b"\nSubject: kangaroo", b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    ],
)  # fmt: skip
def test_growth(unit: bytes) -> None:
    """Twice as much takes less than three times as long."""

    def prepare(count: int) -> Callable[[], object]:
        data = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nFrom: " + unit * count
        return lambda: anonymize(data, key=KEY)

    assert growth(prepare, 1 << 14) < BOUND
