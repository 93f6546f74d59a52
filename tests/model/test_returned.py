"""What a report returns is found where it lies, and shown to people as far as it can be read."""

import base64
import time
from collections.abc import Callable

import attrs
import mailparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.model.returned import (
    Attachment,
    ReturnedContent,
    ReturnedMessage,
    _attachments,
    _mime_octets,
)
from tests.crossing import assert_crosses
from tests.strategies import CONTROLS_BUT_TAB


def returned(
    octets: bytes, *, media_type: str = "message/rfc822", encoding: str = "7bit"
) -> ReturnedContent:
    """Return content that is all of `octets`."""
    return ReturnedContent(
        media_type=media_type, encoding=encoding, source=octets, start=0, limit=len(octets)
    )


@pytest.mark.parametrize(
    "after", [b"--\r\n", b"\n", b"--", b"", b"\r\n", b" \n", b"\t\n"], ids=ascii
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"From: a\n\nbody", b"From: a\r\n\r\nbody\r\n", b"\n", b"--b", b"--\n-b"],
    ids=ascii,
)
def test_end(content: bytes, end: bytes, after: bytes) -> None:
    """Content ends before the boundary line and the line end that belongs to it."""
    # A content without octets shares its line end with the line before.
    before = b"--bb\n\n" if content else b"--bb\n" + end
    source = before + content + (end if content else b"") + b"--bb" + after
    start = len(before)

    found = ReturnedContent(
        media_type="message/rfc822",
        source=source,
        start=start,
        delimiter=b"\n--bb",
        limit=len(source),
    )

    assert start + len(content) == found.end
    assert content == found.octets()


@pytest.mark.parametrize("line", [b"--bc", b"--b-", b"--b=", b"--bb--"])
def test_end_is_at_the_whole_boundary(line: bytes) -> None:
    """A line that merely begins like the boundary ends nothing (RFC 2046 s5.1.1)."""
    source = b"\n\nabc\n" + line + b"\nd\n--b \nrest"

    found = ReturnedContent(
        media_type="x", source=source, start=2, delimiter=b"\n--b", limit=len(source)
    )

    assert b"abc\n" + line + b"\nd" == found.octets()


@given(st.binary(), st.binary(max_size=9), st.data())
def test_end_is_within_bounds(source: bytes, delimiter: bytes, data: st.DataObject) -> None:
    """The end is never before the start, nor behind the limit."""
    start = data.draw(st.integers(0, len(source)))
    limit = data.draw(st.integers(start, len(source)))

    found = ReturnedContent(
        media_type="message/rfc822",
        source=source,
        start=start,
        delimiter=delimiter,
        limit=limit,
    )

    assert start <= found.end <= limit
    assert source[start : found.end] == found.octets()


def test_without_delimiter_content_runs_to_the_limit() -> None:
    """A report that was cut off returns what there is."""
    assert 3 == returned(b"abc").end
    cut = ReturnedContent(
        media_type="message/rfc822", source=b"\n\nabc\n--c", start=2, delimiter=b"\n--b", limit=9
    )
    assert b"abc\n--c" == cut.octets()


def test_limit_hides_what_is_behind() -> None:
    """A boundary behind the limit is none."""
    source = b"\n\nabc\n--b--"

    assert (
        b"abc"
        == ReturnedContent(
            media_type="x", source=source, start=2, delimiter=b"\n--b", limit=5
        ).octets()
    )


def test_content_at_the_very_beginning() -> None:
    """The first octet of the source may be the first of the content."""
    source = b"abc\n--b--"

    assert (
        3
        == ReturnedContent(
            media_type="x", source=source, start=0, delimiter=b"\n--b", limit=len(source)
        ).end
    )


@pytest.mark.parametrize(
    ("source", "end"),
    [
        (b"--b\nx", 0),
        (b"--bc\n--b--", 4),
        (b"x--b\n", 5),
        (b"\n--b--", 0),
        (b"\n--bc\n--b--", 5),
        (b"x\n--b\ny\n--b--", 1),
    ],
)
def test_boundary_at_the_very_beginning(source: bytes, end: int) -> None:
    """Where the source begins with the boundary line the content is empty."""
    found = ReturnedContent(
        media_type="x", source=source, start=0, delimiter=b"\n--b", limit=len(source)
    )

    assert end == found.end


def test_boundary_before_the_content() -> None:
    """A boundary line that the content begins within does not end it."""
    found = ReturnedContent(
        media_type="x", source=b"\n--b\nabc\n--b--", start=2, delimiter=b"\n--b", limit=14
    )

    assert 8 == found.end


def test_delimiter_without_a_line_end() -> None:
    """Only a delimiter that begins with a line end can lack it at the beginning."""
    found = ReturnedContent(media_type="x", source=b"--b\nx", start=0, delimiter=b"x--b", limit=5)

    assert 5 == found.end


def test_what_is_not_said_of_the_content() -> None:
    """Content has no encoding and runs to the limit, unless something else is said."""
    content = ReturnedContent(media_type="x", source=b"aXXb", start=0, limit=4)

    assert ("7bit", b"") == (content.encoding, content.delimiter)
    assert b"aXXb" == content.octets()


@pytest.mark.parametrize(
    "make", [Attachment, ReturnedMessage, ReturnedContent], ids=lambda make: make.__name__
)
def test_parts_by_name(make: Callable[..., object]) -> None:
    """What could be confused is given by its name."""
    with pytest.raises(TypeError):
        make("a", "b", b"c")


@pytest.mark.parametrize(
    ("octets", "left"),
    [
        (b"To: x\nContent-Type: a\n b\n\tc\nCc: y\n\nbody", b"Content-Type: a\n b\n\tc\n\nbody"),
        (b"Content-Type:\r\n b\r\nCc: y\r\n\r\nbody", b"Content-Type:\r\n b\n\nbody"),
        (b"Content-Type: a\r b\r\tc\rCc: y\r\rbody", b"Content-Type: a\r b\r\tc\n\nbody"),
        (b"content-odd\nTo: x\ncontent-a:b\n\n", b"content-a:b\n\n"),
        (b"content-odd\rTo: x\rcontent-a:b\r\r", b"content-a:b\n\n"),
        (b"content-:\nTo: x\n\n", b"content-:\n\n"),
        (b"content-a:\n \n \n\n", b"content-a:\n \n \n\n"),
        (b"X-Content-Type: a\n\nbody", b"\nbody"),
        (b"X Content-Type: a", b"\n"),
        (b"", b"\n"),
    ],
    ids=ascii,
)
def test_fields_for_mail_parser(octets: bytes, left: bytes) -> None:
    """Of a header its MIME fields are left, each with its folds, and the body."""
    assert left == _mime_octets(octets)


@pytest.mark.parametrize(
    ("field", "is_left"),
    [
        (b"Content-Type: " + b"x" * (8192 - 14), True),
        (b"Content-Type: " + b"x" * (8193 - 14), False),
        (b"Content-Type: " + b"=?" * 64, True),
        (b"Content-Type: " + b"=?" * 65, False),
    ],
    ids=["longest", "too long", "most words", "too many words"],
)
def test_fields_that_are_left_out(field: bytes, is_left: bool) -> None:  # noqa: FBT001  a column of the table
    """A MIME field that no honest mail has is left out, in header and body."""
    shown = field if is_left else b"X-Left-Out:"

    assert shown + b"\n\n" + b"--b\n" + shown == _mime_octets(field + b"\n\n--b\n" + field)


@pytest.mark.requirement("6533-4.4-01")
@pytest.mark.parametrize(
    ("media_type", "has_body"),
    [
        ("message/rfc822", True),
        ("message/global", True),
        ("text/rfc822-headers", False),
        ("message/global-headers", False),
        ("message/rfc822-headers", False),
    ],
)
def test_has_body(media_type: str, has_body: bool) -> None:  # noqa: FBT001 - a column of the table
    """The label says whether a whole message came back, or its header."""
    assert has_body is returned(b"", media_type=media_type).has_body


@pytest.mark.parametrize(
    ("encoding", "source", "octets"),
    [
        ("7bit", b"a=3D", b"a=3D"),
        ("8bit", b"\xff\x00", b"\xff\x00"),
        ("binary", b"\r\n", b"\r\n"),
        ("x-unknown", b"YQ==", b"YQ=="),
        ("base64", b"YWJj\r\nZA==\r\n", b"abcd"),
        ("base64", b"Y", b""),
        ("base64", b"YWJjZG", b"abcd"),
        ("base64", b"", b""),
        ("quoted-printable", b"a=3Db=\r\nc", b"a=bc"),
        ("quoted-printable", b"a=ZZ", b"a=ZZ"),
    ],
)
def test_octets(encoding: str, source: bytes, octets: bytes) -> None:
    """The transfer encoding is undone, if it is one and can be."""
    assert octets == returned(source, encoding=encoding).octets()


@given(st.binary())
def test_base64_round_trip(octets: bytes) -> None:
    """Whatever was encoded comes back."""
    assert octets == returned(base64.encodebytes(octets), encoding="base64").octets()


@pytest.mark.parametrize(
    ("octets", "header"),
    [
        (b"A: b\nC: d\n\nbody\n\nmore", b"A: b\nC: d\n"),
        (b"A: b\r\n\r\nbody", b"A: b\r\n"),
        (b"A: b\r\rbody", b"A: b\r"),
        (b"A: b\nC: d\n", b"A: b\nC: d\n"),
        (b"A: b\nC: cut o", b"A: b\nC: cut o"),
        (b"", b""),
        (b"\r\nbody\r\n\r\nmore", b""),
        (b"\rbody\r\rmore", b""),
        (b"\nbody\n\nmore", b""),
    ],
)
def test_header_octets(octets: bytes, header: bytes) -> None:
    """The header ends at the first empty line, or where the content ends."""
    assert header == returned(octets).header_octets()


def test_encoded_header() -> None:
    """The header of encoded content is that of the decoded."""
    assert (
        b"A: b\n" == returned(base64.encodebytes(b"A: b\n\nx"), encoding="base64").header_octets()
    )


ORIGINAL = b"""\
From: Ruth <ruth@example.org>
To: tomas@example.net
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
 from Hamburg
List-Id: Books <books.example.org>
Message-ID: <1@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Hello.
--b
Content-Type: application/octet-stream; name="a.bin"
Content-Disposition: attachment; filename="a.bin"
Content-Transfer-Encoding: base64

AAEC/w==
--b
Content-Type: text/csv; name="b.csv"
Content-Disposition: attachment; filename="b.csv"

a,b
--b--
"""


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_message(end: bytes) -> None:
    """A person sees the header decoded, the text and the attachments."""
    message = returned(ORIGINAL.replace(b"\n", end)).message()

    assert "Grüße from Hamburg" == message.subject
    assert "<1@example.org>" == message.message_id
    assert "Books <books.example.org>" == message.list_id
    assert "tomas@example.net" == message.header("tO")
    assert message.header("Cc") is None
    assert ["From", "To", "Subject", "List-Id"] == [name for name, _ in message.headers][:4]
    assert "Hello." == message.text.strip()
    assert ["a.bin", "b.csv"] == [each.filename for each in message.attachments]
    assert b"\x00\x01\x02\xff" == message.attachments[0].octets
    assert b"a,b" == message.attachments[1].octets.strip()
    assert "text/csv" == message.attachments[1].media_type


def test_attached_message() -> None:
    """A message that was attached comes as the octets of a message."""
    octets = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n"
        b"Content-Disposition: attachment; filename=m.eml\n\nSubject: inner\n\nx\n--b--\n"
    )

    (attachment,) = returned(octets).message().attachments

    assert ("m.eml", "message/rfc822") == (attachment.filename, attachment.media_type)
    assert attachment.octets.startswith(b"Subject: inner\n")


def test_attachment_without_a_name() -> None:
    """An attachment that the original did not name has no name, at every look."""
    content = returned(ORIGINAL.replace(b'name="a.bin"', b"x=y"))

    names = ["", "b.csv"]

    assert names == [each.filename for each in content.message().attachments]
    assert content.message() == content.message()


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (b"Content-Disposition: attachment", [""]),
        (b"Content-Disposition: attachment; filename=", [""]),
        (b"Content-Disposition: attachment; filename==?utf-8?q??=", [""]),
        (b'Content-Disposition: attachment; filename="=?utf-8?q?=C3=A9?="', ["é"]),
        (b"Content-Disposition: attachment; filename=\xc3\xa9", ["é"]),
        (b"Content-Disposition: attachment; filename*=utf-8''%C3%A9%0D%0Ab", ["é b"]),
        (b"Content-Type: text/rtf", [""]),
        (b"Content-Type: image/png\nContent-ID: <a@b>", [""]),
        (b"Content-Type: image/png; name=a.png\nContent-ID: <a@b>", ["a.png"]),
        (b"Content-Type: text/html\nContent-ID: <a@b>", []),
        (b"Content-Type: text/plain", []),
    ],
    ids=ascii,
)
def test_names_of_attachments(header: bytes, names: list[str]) -> None:
    """The name of a file is the one in the part's own header, in one line."""
    part = header + b"\nContent-Transfer-Encoding: 7bit\n\nx"
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n--b\n" + part
    message = returned(octets + b"\n--b--\n").message()

    assert names * 2 == [each.filename for each in message.attachments]


NAMED = b'Content-Disposition: attachment; filename="b.csv"\n\na'


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (b"Content-Disposition: attachment\n\nx", ["", "b.csv"]),
        (b'Content-Disposition: attachment; filename=" "\n\nx', ["", "b.csv"]),
        (b"Content-Type: text/rtf\n\nx", ["", "b.csv"]),
        (b"Content-Type: image/png\nContent-ID: <a@b>\n\nx", ["", "b.csv"]),
        (b"Content-Type: text/html\nContent-ID: <a@b>\n\nx", ["b.csv"]),
        (b"Content-Type: text/plain\nContent-ID: <a@b>\n\nx", ["b.csv"]),
        (b"Content-Type: text/plain\n\nx", ["b.csv"]),
        (b"Content-Type: image/png\n\nx", ["b.csv"]),
        (
            b"Content-Type: multipart/mixed; boundary=c\nContent-ID: <a@b>\n\n--c\n\nx\n--c--",
            ["b.csv"],
        ),
    ],
    ids=ascii,
)
def test_names_belong_to_their_parts(part: bytes, names: list[str]) -> None:
    """A part without a name takes none from the part behind it, nor gives it its lack."""
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n--b\n" + NAMED
    message = returned(octets + b"\n--b--\n").message()

    assert names == [each.filename for each in message.attachments]


def test_an_attachment_behind_the_closing_boundary_has_no_name() -> None:
    """What mail-parser finds in an epilogue is given, nameless: its header was not looked at."""
    without_parts = b"Content-Type: multipart/mixed; boundary=c\n\nnothing"
    octets = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + without_parts
        + b"\n--b--\n--b\n" + NAMED + b"\n--b--\n"
    )  # fmt: skip
    (attachment,) = returned(octets).message().attachments

    assert ("", b"a") == (attachment.filename, attachment.octets)


@pytest.mark.parametrize(
    ("parsed", "have_name", "attachment"),
    [
        ({}, True, Attachment(filename="", media_type="application/octet-stream", octets=b"")),
        ({"filename": "a", "payload": b"x"}, True, ("a", b"x")),
        ({"filename": "a", "payload": "x\udcf6"}, False, ("", b"x\xf6")),
        ({"filename": "a", "payload": "eA==", "binary": True}, None, ("", b"x")),
    ],
    ids=["nothing", "octets", "text", "base64"],
)
def test_what_mail_parser_gives(
    parsed: dict[str, object],
    have_name: bool | None,  # noqa: FBT001  a column of the table
    attachment: Attachment | tuple[str, bytes],
) -> None:
    """Whatever mail-parser leaves out, an attachment has a name, a type and octets."""
    (found,) = _attachments([parsed], iter([] if have_name is None else [have_name]))

    assert attachment in (found, (found.filename, found.octets))


def test_texts_of_several_parts() -> None:
    """The plain text of each part begins on a line of its own."""
    part = b"--b\nContent-Type: text/plain\n\nHello.\n"
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 2 + b"--b--\n"

    assert ["Hello.", "Hello."] == returned(octets).message().text.split("\n")


HOSTILE = b"=?a?q?b " * 4_000


@pytest.mark.parametrize(
    "octets",
    [
        b"Subject: " + HOSTILE + b"\n\nHello.",
        (b"Subject: " + HOSTILE[:400] + b"\n") * 100 + b"\nHello.",
        b'Content-Type: text/plain; name="' + HOSTILE + b'"\n\nHello.',
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello.\n--b\n"
            b'Content-Disposition: attachment; filename="' + HOSTILE + b'"\n\nx\n--b--\n'
        ),
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello.\n--b\n"
            b"Content-Disposition: attachment" + b";" * 100_000 + b"\n\nx\n--b--\n"
        ),
    ],
    ids=["subject", "subjects", "name", "filename", "semicolons"],
)
def test_hostile_headers_cost_nothing(octets: bytes) -> None:
    """What would take a library square time is not given to it; the text is shown."""
    begin = time.process_time()
    message = returned(octets).message()

    assert message.text.startswith("Hello.")
    assert 1 > time.process_time() - begin


def test_message_of_a_header() -> None:
    """Of a header alone a person sees the header."""
    message = returned(b"Subject: x\nTo: a@b\n", media_type="text/rfc822-headers").message()

    assert (("Subject", "x"), ("To", "a@b")) == message.headers
    assert ("", ()) == (message.text.strip(), message.attachments)


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"Subject: plain", "plain"),
        (b"subject:plain", "plain"),
        (b"Subject : plain", "plain"),
        (b"Subject: a\n b\n\tc", "a b c"),
        (b"Subject:\n a", "a"),
        (b"Subject:", ""),
        (b"Subject: \xc3\xa9", "é"),
        (b"Subject: \xe9", "\udce9"),
        (b"Subject: =?utf-8?b?w6k=?=", "é"),
        (b"Subject: =?utf-8?b?w6?=", "=?utf-8?b?w6?="),
        (b"Subject: =?x-nowhere?q?a?=", "=?x-nowhere?q?a?="),
        (b"Subject: =?us-ascii?q?=E9?=", "=?us-ascii?q?=E9?="),
        (b"Subject: =?utf-8?q?a", "=?utf-8?q?a"),
        (b"Subject: =?\xff?q?a?=", "=?\udcff?q?a?="),
        (b"Subject: a\tb", "a b"),
        (b"\nSubject: in the body", None),
        (b"Subject: first\nSubject: second", "first"),
        (b"no field\nSubject: x", "x"),
        (b" stray\nSubject: x", "x"),
        (b" Subject: x", "x"),
        (b"To: a", None),
        (b"", None),
    ],
    ids=ascii,
)
def test_subject(header: bytes, subject: str | None) -> None:
    """Fields are unfolded and decoded; what cannot be decoded is shown as it is."""
    assert subject == returned(header + b"\n\nbody\n").message().subject


@pytest.mark.parametrize(
    "separator", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"], ids=ascii
)
def test_only_line_ends_end_a_field(separator: str) -> None:
    """A character that only Unicode takes for a line end begins no field."""
    octets = f"Subject: x{separator}From: forged@example.org\n\n".encode()

    assert returned(octets).message().header("From") is None


@pytest.mark.parametrize(
    "text",
    [
        *(f"=?utf-8?q?x{hidden}Bcc:_a@b?=" for hidden in ("=0D=0A", "=0A", "=00", "=1B", "=7F")),
        "a\x00b",
        "a\x1b[31mb",
    ],
    ids=ascii,
)
def test_header_texts_have_no_controls(text: str) -> None:
    """A subject can be written into another header field without a field after it."""
    subject = returned(f"Subject: {text}\n\n".encode()).message().subject

    assert subject is not None
    assert not any(control in subject for control in CONTROLS_BUT_TAB)


def test_bad_attachment_costs_nothing_else() -> None:
    """What cannot be read is left out, and nothing with it."""
    message = returned(ORIGINAL.replace(b"AAEC/w==", b"A")).message()

    assert "Hello." == message.text.strip()
    assert "b.csv" in [each.filename for each in message.attachments]


def test_message_that_mail_parser_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where mail-parser gives up, a person still sees the header."""

    def give_up(message: object) -> None:
        raise RecursionError

    monkeypatch.setattr(mailparser, "MailParser", give_up)
    message = returned(ORIGINAL).message()

    assert "Grüße from Hamburg" == message.subject
    assert ("", ()) == (message.text, message.attachments)


@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                b"Subject:",
                b"Content-Type: multipart/mixed; boundary=b\n",
                b"Content-Type: text/plain; charset=x\n",
                b"Content-Transfer-Encoding: base64\n",
                b"Content-Disposition: attachment; filename*=utf-8''%ff\n",
                b"Date: x\nReceived: x\nTo: <\n",
                b"=?utf-8?b?w6?=",
                b"=?a?q?\xff?=",
                b"\n",
                b"\n--b\n",
                b" ",
                b"\x00",
            ]
        )
    ).map(b"".join)
)
def test_message_never_raises(octets: bytes) -> None:
    """Whatever came back, a person sees what could be read of it."""
    message = returned(octets).message()

    assert isinstance(message.text, str)
    assert all(isinstance(text, str) for _, text in message.headers)
    assert all(isinstance(each.octets, bytes) for each in message.attachments)


VALUES = [
    returned(ORIGINAL),
    ReturnedMessage(headers=(("A", "b"),), text="x"),
    Attachment(filename="a", media_type="text/plain", octets=b"x"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_pickles_and_copies(value: ReturnedContent | ReturnedMessage | Attachment) -> None:
    """What came back crosses a process boundary and is the same there."""
    assert_crosses(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_immutable(value: ReturnedContent | ReturnedMessage | Attachment) -> None:
    """What came back never changes."""
    for field in attrs.fields(type(value)):
        with pytest.raises(AttributeError):
            setattr(value, field.name, None)
    with pytest.raises(AttributeError):
        value.note = "x"  # type: ignore[union-attr]  # what is refused


def test_repr_is_short() -> None:
    """A megabyte that came back is not printed with the report."""
    assert 200 > len(repr(returned(b"x" * 1_000_000)))
