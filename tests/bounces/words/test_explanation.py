"""What of a bounce is written for people, and where the original begins."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.words.explanation import MOST_OCTETS, read_explanation

HEADER = "From: MAILER-DAEMON@example.org\nSubject: failure\n"
RETURNED = (
    "Received: from a by b;\n\tyesterday\nFrom: ann@example.org\nMessage-ID: <1@example.org>\n"
)


def read(text: str, header: str = HEADER) -> tuple[str, bytes | None]:
    """Return the text of an explanation and the header that is returned."""
    found = read_explanation(f"{header}\n{text}".encode())
    return found.text, found.returned


@pytest.mark.parametrize(
    "rule",
    [
        "--- Below this line is a copy of the message.",
        "------ This is a copy of the message, including all the headers. ------",
        "----- Original message -----",
        "   ----- Unsent message follows -----",
        "=== Returned message ===",
        "-- The header and top 20 lines of the message follows --",
        "Message headers follow.",
        "Included is a copy of the message header:\n-----------------",
        "Original Message:",
    ],
)
def test_announced(rule: str) -> None:
    """The text ends where the original is announced; its header is what follows."""
    text, returned = read(f"It failed.\n\n{rule}\n\n{RETURNED}\nbody\n")

    assert "It failed." == text.strip()
    assert returned == RETURNED.encode()


def test_header_in_the_text() -> None:
    """The original may begin with its header, without a word."""
    text, returned = read(f"It failed.\n\n{RETURNED}\nbody\n")

    assert ("It failed.", RETURNED.encode()) == (text.strip(), returned)


@pytest.mark.parametrize(
    "text",
    [
        "The following addresses did not get a copy of your message:\n\n bob@example.org\n",
        "It failed.\n\nPlease do not resend your original message.\n\nWe keep trying.\n",
        "your original message was not delivered to bob@example.org\n",
        "   ----- Transcript of session follows -----\n550 no\n",
        "From: ann@example.org\nSubject: x\n\nwas refused\n",
        "we kept the original text of it somewhere else\nand so on\n",
        "",
    ],
)
def test_not_announced(text: str) -> None:
    """Words about the original inside the explanation end nothing."""
    assert (text, None) == read(text)


def multipart(*parts: str) -> tuple[str, str]:
    """Return a body of parts, and the header with its boundary."""
    body = "preamble\n" + "".join(f"--b c\n{part}\n" for part in parts) + "--b c--\n"
    return body, HEADER + 'Content-Type: multipart/mixed; boundary="b c"\n'


def test_parts() -> None:
    """Text parts up to the message part are the explanation."""
    body, header = multipart(
        "\nOne.", "Content-Type: text/plain\n\nTwo.",
        f"Content-Type: message/rfc822\n\n{RETURNED}\nx",
        "Content-Type: text/plain\n\nThree.",
    )  # fmt: skip

    assert ("One.\nTwo.", RETURNED.encode()) == read(body, header)


def test_returned_header_alone() -> None:
    """A part may be the header of the original, in an encoding."""
    coded = base64.encodebytes(RETURNED.encode()).decode()
    part = f"Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n{coded}"
    body, header = multipart("\nOne.", part)

    assert ("One.", RETURNED.encode()) == read(body, header)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_encoded(encoding: str, charset: str) -> None:
    """A text is decoded as it says."""
    octets = "Zürich: böb@example.org\n".encode(charset)
    code = base64.encodebytes if encoding == "base64" else quopri.encodestring
    header = (
        f"{HEADER}Content-Type: text/plain; charset={charset}\n"
        f"Content-Transfer-Encoding: {encoding}\n"
    )
    found = read_explanation(f"{header}\n{code(octets).decode()}".encode())

    assert "Zürich: böb@example.org" == found.text.strip()
    assert None is found.start


@pytest.mark.parametrize("charset", ["zlib", "hex", "rot13", "punycode", "no-such", "utf-7", "()"])
def test_charsets_that_are_none(charset: str) -> None:
    """What Python calls an encoding and mail does not is never tried."""
    mail = f"Content-Type: text/plain; charset={charset}\n\nB\u00f6b+2AA-".encode()

    assert "B\u00f6b+2AA-" == read_explanation(mail).text


def test_charsets() -> None:
    """A charset that is none, and octets that are not of it, lose no US-ASCII."""
    for name in ("utf-8", "x-unknown", "utf-7-no", "iso-2022-jp", "idna", "\x00"):
        header = f"{HEADER}Content-Type: text/plain; charset={name}\n"
        found = read_explanation(header.encode() + b"\n\xff\xfe bob@example.org \x1b$B\n")
        assert "bob@example.org" in found.text
    japanese = "配信 bob@example.org\n".encode("iso-2022-jp")
    header = f"{HEADER}Content-Type: text/plain; charset=iso-2022-jp\n"
    assert "配信 bob@example.org\n" == read_explanation(header.encode() + b"\n" + japanese).text


def test_place() -> None:
    """Where the text is as it came, its place in the mail is known."""
    octets = f"{HEADER}\nHello.\n".encode()
    found = read_explanation(octets)

    assert found.start == octets.index(b"Hello.")
    assert not found.is_multipart


HTML = (
    "<html><head><title>x</title><style>p {a@b.example}</style></head><body><p>To &lt;"
    "bob@example.org&gt;<br>and <ann@example.org></p><script>x@y.example"
)


def test_html() -> None:
    """Of HTML the text is taken, brackets around addresses and all."""
    header = f"{HEADER}Content-Type: text/html\n"
    text, _ = read(HTML, header)

    assert ["To <bob@example.org>", "and <ann@example.org>"] == text.split("\n")[-3:-1] or (
        "bob@example.org" in text and "ann@example.org" in text
    )
    assert "a@b.example" not in text
    body, header = multipart(f"Content-Type: text/html\n\n{HTML}")
    assert "<bob@example.org>" in read(body, header)[0]
    unlabelled, _ = read(HTML)
    assert "<bob@example.org>" in unlabelled


def test_plain_before_html() -> None:
    """Of several alternatives the plain text is taken."""
    inner = (
        "Content-Type: multipart/alternative;\nboundary=i\n\n--i\n\nPlain.\n--i\n"
        "Content-Type: text/html\n\n<p>Page</p>\n--i--\n"
    )
    body, header = multipart(inner)

    assert "Plain." == read(body, header)[0].strip()


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\n",
        b"From: x",
        b"Content-Type: multipart/mixed; boundary=b\n\n",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n--b\nX: y\n\nz",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n",
        b"Content-Type: text/html\n\n<style>" * 30,
        b"From bob Thu Jan  1 00:00:00 2026\nFrom: x\n\ny",
    ],
)
def test_odd_mail(octets: bytes) -> None:
    """Whatever is missing, there is an explanation, perhaps an empty one."""
    assert isinstance(read_explanation(octets).text, str)


def test_bound() -> None:
    """Of a large mail the beginning is looked at."""
    octets = HEADER.encode() + b"\n" + b"line\n" * MOST_OCTETS

    assert MOST_OCTETS >= len(read_explanation(octets).text)


@given(st.binary(max_size=400))
def test_any_octets(octets: bytes) -> None:
    """Any octets have an explanation; what is returned is a header or nothing."""
    found = read_explanation(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + octets + b"\n--b\n" + octets
    )

    assert found.returned is None or found.returned
