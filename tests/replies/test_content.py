"""A message is taken apart into the fields and lines that checks look at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.replies.content import ContentLimits, PieceKind, Walk

USUAL = ContentLimits()
SMALL = ContentLimits(header_octets=20, line_octets=4, body_octets=10, nesting=2)

MULTIPART = b"""\
Subject: outer
Content-Type: multipart/mixed; boundary=b
X-A: 1

preamble
--b
Content-Type: text/plain
X-Part: 1

text
--b
Content-Type: message/rfc822

Subject: inner
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="b c"

--b c
X-Deep: 1

deep
--b c--
epilogue
--b--
end
"""


def taken_apart(
    data: bytes, limits: ContentLimits = USUAL, *, wants_body: bool = True
) -> list[str]:
    """Return the pieces as letter and text."""
    walk = Walk(data, limits, wants_body=wants_body)
    return [f"{piece.kind.name[0]} {walk.text(piece)}" for piece in walk.pieces()]


def boundary_is(content_type: bytes, boundary: bytes) -> bool:
    """Tell whether the line of a boundary begins a part."""
    data = b"Content-Type: " + content_type + b"\n\n--" + boundary + b"\nX-Part: 1\n"
    return "M X-Part: 1" in taken_apart(data)


def fields_of(kind: str, lines: bytes) -> list[str]:
    """Return the names of the fields of one kind."""
    found = taken_apart(lines)
    return [line[2:].partition(":")[0] for line in found if line.startswith(kind)]


def test_each_field_and_line_has_its_kind() -> None:
    """Fields about MIME and those of parts are apart, as are those of attached messages."""
    assert [
        "H Subject: outer",
        "M Content-Type: multipart/mixed; boundary=b",
        "H X-A: 1",
        *("B preamble", "B --b"),
        *("M Content-Type: text/plain", "M X-Part: 1", "B text", "B --b"),
        "M Content-Type: message/rfc822",
        *("N Subject: inner", "M MIME-Version: 1.0"),
        'M Content-Type: multipart/mixed;\n boundary="b c"',
        *("B --b c", "M X-Deep: 1", "B deep", "B --b c--"),
        *("B epilogue", "B --b--", "B end"),
    ] == taken_apart(MULTIPART)


def test_line_ends_do_not_matter() -> None:
    """CRLF is read as LF is."""
    assert taken_apart(MULTIPART) == taken_apart(MULTIPART.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n", []),
        (b"A: 1", ["H A: 1"]),
        (b"A: 1\r", ["H A: 1\r"]),
        (b"A : 1\n\nx", ["H A : 1", "B x"]),
        (b"A:\n 1\n\t2\nB: 3\n", ["H A:\n 1\n\t2", "H B: 3"]),
        (b"A: 1\n  \n", ["H A: 1\n  "]),
        (b"A: 1\nno field\n\nx\n", ["H A: 1", "B no field", "B ", "B x"]),
        (b" folded first\n", ["B  folded first"]),
        (b"A: 1\n\n\n\r\nx\r\r\n", ["H A: 1", "B ", "B ", "B x\r"]),
        (b"A: \xff\n", ["H A: \udcff"]),
        (b"From a Mon\n>From b\nA: 1\n", ["H A: 1"]),
        (b"From a Mon", []),
        (b"From : a@b.example\n", ["H From : a@b.example"]),
        (b"A: 1\nFrom a Mon\n", ["H A: 1", "B From a Mon"]),
    ],
)
def test_headers_end_where_there_is_no_field(data: bytes, expected: list[str]) -> None:
    """An empty line, or one that is no field, ends a header; a mailbox's line is passed over."""
    assert expected == taken_apart(data)


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/mixed; boundary=b",
        b'multipart/mixed; boundary="b"',
        b"MULTIPART/MIXED;BOUNDARY=b",
        b'multipart/mixed;\n\tcharset="x;y"; boundary = "b" ; z',
        b'multipart/mixed; x="; boundary=evil"; boundary=b',
        b'multipart/mixed; x="\\"; boundary=evil"; boundary=b',
        b"multipart/mixed (; boundary=evil (nested) \\) ); boundary=b",
        b'multipart/mixed; x="(" ; boundary=b',
        b'multipart/mixed; boundary="\\b"',
        b'multipart/mixed; boundary="b',
        b"multipart / mixed; boundary=b  ",
        b"multipart/mixed; boundary=b; boundary=evil",
    ],
)
def test_the_boundary_is_found(content_type: bytes) -> None:
    """Case, quotes, comments and other parameters do not hide it (RFC 2045 s5.1)."""
    assert boundary_is(content_type, b"b")
    assert not boundary_is(content_type, b"evil")


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/mixed",
        b"multipart/mixed; boundary=",
        b'multipart/mixed; boundary=""',
        b'multipart/mixed; boundary="\n b"',
        b"multipart/mixed; boundary b",
        b"text/plain; boundary=b",
        b"multipart/mixed; boundary=" + b"b" * 999,
        b"multipart/mixed (; boundary=b",
        b"multipart/mixed (\\",
        b"",
    ],
)
def test_without_a_boundary_there_are_no_parts(content_type: bytes) -> None:
    """What cannot be a boundary begins no part."""
    assert not boundary_is(content_type, b"b")


def test_an_equals_sign_in_a_boundary_is_taken() -> None:
    """Some write it without the quotes that it needs."""
    assert boundary_is(b"multipart/mixed; boundary=--=_b", b"--=_b")


@pytest.mark.parametrize(
    ("outer", "inner", "line", "expected"),
    [
        pytest.param(b"a", b"ab", b"--ab", 2, id="whole line of the inner"),
        pytest.param(b"ab", b"a", b"--ab", 1, id="whole line of the outer"),
        pytest.param(b"a", b"b", b"--b trailing", 2, id="beginning of a line"),
        pytest.param(b"a", b"a", b"--a", 2, id="equal boundaries"),
        pytest.param(b"a--", b"a", b"--a--", 1, id="a boundary with hyphens"),
        pytest.param(b"a", b"b", b"--b \t", 2, id="white space behind"),
        pytest.param(b"a", b"b", b"---b", 0, id="no delimiter"),
    ],
)
def test_the_nearest_delimiter_counts(
    outer: bytes, inner: bytes, line: bytes, expected: int
) -> None:
    """A whole line is preferred to its beginning, and the inner multipart to the outer."""
    head = b"Content-Type: multipart/mixed; boundary="
    data = (
        head + outer + b"\n\n--" + outer + b"\n"
        + head + inner + b"\n\n--" + inner + b"\n\n" + line + b"\nX-New: 1\n"
    )  # fmt: skip
    walk = Walk(data, ContentLimits())
    fields = [walk.text(each) for each in walk.pieces() if each.kind is not PieceKind.BODY]

    assert ("X-New: 1" in fields) is (expected > 0)
    assert max(expected, 2 if expected == 0 else 0) == len(walk._delimiters)


def test_an_outer_delimiter_closes_what_is_inside() -> None:
    """A part that is not closed ends with the multipart that it is in."""
    data = MULTIPART.replace(b"--b c--\nepilogue\n", b"") + b"--b c\nX-Late: 1\n"

    assert "B X-Late: 1" in taken_apart(data)


def test_a_delimiter_ends_a_header_too() -> None:
    """A part that has only a header needs no empty line, and a field name no letters."""
    head = b"Content-Type: multipart/mixed; boundary=b\n\n"

    assert ["Content-Type", "X-A", "X-B"] == fields_of("M", head + b"--b\nX-A: 1\n--b\nX-B: 1\n")
    assert ["Content-Type", "X-A"] == fields_of("M", head + b"--b\nX-A: 1\n--b: x\n--b--\nX: 1\n")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"Content-Type: message/rfc822\n", True),
        (b"Content-Type: message/global (x)\n", True),
        (b"Content-Type: message/rfc822\nContent-Transfer-Encoding: 8Bit (x)\n", True),
        (b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n", False),
        (b"Content-Type: message/rfc822\nContent-Type: text/plain\n", True),
        (b"Content-Type: text/plain\nContent-Type: message/rfc822\n", False),
        (b"Content-Type: message/partial\n", False),
        (b"", False),
    ],
)
def test_an_attached_message_has_a_header(
    fields: bytes,
    expected: bool,  # noqa: FBT001  a column
) -> None:
    """Only one that is not encoded can be read, and of two types the first counts."""
    assert expected is (["X-In"] == fields_of("N", fields + b"\nX-In: 1\n"))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [(b"", True), (b"X-A: 1\n", True), (b"Content-Type: text/plain\n", False)],
)
def test_the_parts_of_a_digest_are_messages(
    fields: bytes,
    expected: bool,  # noqa: FBT001  a column
) -> None:
    """Unless they say otherwise (RFC 2046 s5.1.5)."""
    data = b"Content-Type: multipart/digest; boundary=b\n\n--b\n" + fields + b"\nX-In: 1\n--b--\n"

    assert expected is (["X-In"] == fields_of("N", data))


def test_messages_may_be_inside_each_other() -> None:
    """The header of each is a nested one."""
    attached = b"Content-Type: message/rfc822\n\n"

    assert ["X-In", "X-In"] == fields_of("N", (attached + b"X-In: 1\n") * 2 + attached)


def test_a_long_field_is_looked_at_up_to_its_bound() -> None:
    """The rest of it is not, and that is told."""
    walk = Walk(b"Subject: 12345678901\nSubject: 123456789012\n", SMALL)

    assert ["Subject: 12345678901"] * 2 == [walk.text(piece) for piece in walk.pieces()]
    assert [("content-header", 21)] == [(each.code, each.offset) for each in walk.defects]


def test_the_bound_of_a_field_does_not_count_carriage_returns() -> None:
    """LF and CRLF meet it at the same place."""
    data = b"A:\n 1\n 2\n 3\n 4\n 5\n 6\n"
    bound = ContentLimits(header_octets=len(data) - 1)
    walk = Walk(data.replace(b"\n", b"\r\n"), bound)

    assert [data.decode()[:-1]] == [walk.text(piece) for piece in walk.pieces()]
    assert [] == walk.defects


def test_a_long_line_is_looked_at_in_pieces() -> None:
    """Each piece knows where its line begins; the last has the line end."""
    data = b"\n123456789\nx\n"
    walk = Walk(data, SMALL)

    assert [(1, 1, 5, 5), (1, 5, 9, 9), (1, 9, 10, 11)] == [
        (piece.line, piece.start, piece.stop, piece.end) for piece in walk.pieces()
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"12345678\n9\n", ["1234", "5678", "9"]),
        (b"123456789\n0\n", ["1234", "5678", "9"]),
        (b"1234567890123\n0\n", ["1234", "5678", "9012"]),
        (b"\n" * 20, [""] * 10),
    ],
)
def test_a_body_is_looked_at_up_to_its_bound(body: bytes, expected: list[str]) -> None:
    """The line, or piece, that passes it is the last."""
    assert [f"B {line}" for line in expected] == taken_apart(b"\n" + body, SMALL)


def test_the_bound_of_a_body_is_for_each_part() -> None:
    """What lies behind it is passed over up to the next delimiter."""
    part = b"\n--b\nX-A: 1\n\n1234\n5678\n9012\n--no\n--"
    found = taken_apart(
        b"Content-Type: multipart/x;boundary=b\n" + part * 3, ContentLimits(body_octets=10)
    )

    assert ["B 1234", "B 5678"] * 3 == [each for each in found if each[2:3].isdigit()]
    assert 3 == found.count("M X-A: 1")


def test_bodies_that_nobody_wants_are_passed_over() -> None:
    """The structure is followed all the same."""
    everything = taken_apart(MULTIPART)

    assert [line for line in everything if line[0] != "B"] == taken_apart(
        MULTIPART, wants_body=False
    )


def test_nesting_has_a_bound() -> None:
    """A multipart that is deeper is no longer opened, and that is told once."""
    part = b"Content-Type: multipart/mixed; boundary=b%d\nX-A: 1\n\n--b%d\n"
    data = b"".join([part % (n, n) for n in range(3)] + [b"--b1\n", part % (3, 3)])
    walk = Walk(data, ContentLimits(nesting=2))
    names = [walk.text(piece)[:3] for piece in walk.pieces() if piece.kind is not PieceKind.BODY]

    assert ["Con", "X-A"] * 4 == names
    assert walk.is_too_deep
    assert ["content-nesting"] == [each.code for each in walk.defects]


def test_a_long_content_type_is_read_to_its_end() -> None:
    """White space in front of the boundary hides no part."""
    assert boundary_is(b"multipart/mixed;" + b" " * 200_000 + b"boundary=b", b"b")


def test_a_bound_is_at_least_one() -> None:
    """A bound of none would be no bound."""
    with pytest.raises(InvalidValue, match="nesting: 0 is not a whole number from 1"):
        ContentLimits(nesting=0)


_LINES = st.sampled_from(
    [
        *(b"A: 1", b"", b" x", b"--a", b"--b", b"--a--", b"--b--", b"---", b"\r", b"text", b"--ab"),
        *(b"Content-Type: multipart/mixed; boundary=a", b'Content-Type: multipart/x;boundary="b"'),
        *(b"Content-Type: message/rfc822", b"Content-Type: multipart/digest; boundary=ab"),
        *(b"Content-Transfer-Encoding: base64", b"Content-Type: text/plain (a\\"),
    ]
)


def messages() -> st.SearchStrategy[bytes]:
    """Messages of lines that mean something, or octets that do not."""
    lines = st.lists(_LINES | st.binary(max_size=8), max_size=30)
    return lines.map(b"\n".join) | st.binary()


@given(messages(), st.sampled_from([ContentLimits(), SMALL]), st.booleans())
def test_any_octets_can_be_taken_apart(
    data: bytes,
    limits: ContentLimits,
    wants_body: bool,  # noqa: FBT001  drawn
) -> None:
    """Nothing raises, and the pieces are in order, apart, and inside the message."""
    walk = Walk(data, limits, wants_body=wants_body)
    position = 0
    for piece in walk.pieces():
        walk.text(piece)
        assert position <= piece.start <= piece.stop <= piece.end <= len(data)
        assert piece.line <= piece.start
        position = piece.end


@given(messages().map(lambda data: data.replace(b"\r", b"")))
def test_crlf_gives_the_same_pieces(data: bytes) -> None:
    """However a message ends its lines, the same is looked at."""
    crlf = data.replace(b"\n", b"\r\n")

    assert taken_apart(data) == taken_apart(crlf)
    assert taken_apart(data, SMALL) == taken_apart(crlf, SMALL)


@given(messages())
def test_without_a_bound_every_octet_is_looked_at(data: bytes) -> None:
    """What no piece holds is empty lines behind headers, or lines of a mailbox file."""
    seen = bytearray(data)
    for piece in Walk(data, ContentLimits()).pieces():
        seen[piece.start : piece.end] = b"\x00" * (piece.end - piece.start)

    rest = bytes(seen).replace(b"\x00", b"")
    assert set(rest) <= set(b"\r\n") or data.lstrip(b">").startswith(b"From ")
