"""Template files are taken apart as bounce(5) says, with the true line of everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.heredoc import LARGEST_OCTETS, Document, read_documents, write_document
from dsnlib.errors import TemplateError


def read(data: bytes) -> tuple[Document, ...]:
    """Return the documents of a file that has no defect."""
    documents, defects = read_documents(data, origin="bounce.cf")
    assert () == defects
    return documents


def texts(data: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """Return the name and the lines of each document."""
    return [(document.name, document.lines) for document in read(data)]


@pytest.mark.parametrize(
    "opening",
    [
        b"a = <<EOF",
        b"a=<<EOF",
        b"   a =   <<   EOF   ",
        b"\ta\t=\t<<\tEOF\t",
    ],
)
def test_opening(opening: bytes) -> None:
    """Blanks round the name, the equals sign and the marker mean nothing."""
    assert [("a", ("text",))] == texts(opening + b"\ntext\nEOF\n")


@pytest.mark.parametrize("marker", [b"EOF", b"9", b"END OF TEXT", b"E-1!", b"eof"])
def test_marker(marker: bytes) -> None:
    """A marker begins with a letter or digit; what follows may be anything."""
    data = b"a = <<" + marker + b"\ntext\n" + marker + b"\nb = c\n"

    assert [("a", ("text",)), ("b", ("c",))] == texts(data)


@pytest.mark.parametrize(
    "line", [b"EOF ", b" EOF", b"eof", b"EOF.", b"\\EOF", b"", b"# no comment"]
)
def test_only_the_marker_ends_a_document(line: bytes) -> None:
    """Every other line is text, as it stands."""
    assert [("a", (line.decode(),))] == texts(b"a = <<EOF\n" + line + b"\nEOF\n")


def test_between_documents() -> None:
    """Blank lines and lines whose first character is a # are passed over."""
    data = b"# c\n  # c\n\t\n\n \x0b\x0c\na = <<E\n1\nE\n#c = d\nb = <<E\n2\nE\n"

    assert [("a", ("1",)), ("b", ("2",))] == texts(data)


def test_one_line() -> None:
    """A value that does not begin with << is the text."""
    data = b"a = one line \nb =\nc = <EOF\nd = x = y\n"

    assert [("a", ("one line",)), ("b", ()), ("c", ("<EOF",)), ("d", ("x = y",))] == texts(data)


def test_empty_lines_are_kept() -> None:
    """At the start and the end of a document, too."""
    assert [("a", ("", "", "x", ""))] == texts(b"a = <<E\n\n\nx\n\nE\n")


def test_line_ends() -> None:
    """CRLF ends a line as LF does, and a file need not end with either."""
    assert texts(b"a = <<E\nx\ny\nE\nb = c\n") == texts(b"a = <<E\r\nx\r\ny\r\nE\r\nb = c")
    assert [("a", ("x\ry",))] == texts(b"a = <<E\nx\ry\nE")
    assert [("a", ("gr\u00fc\u00df\u20ac",))] == texts("a = grüß€".encode())


def test_octets_survive() -> None:
    """Octets that are no UTF-8 are text like any other."""
    assert [("a", ("\udcff\udcfe",))] == texts(b"a = \xff\xfe\n")


def test_byte_order_mark() -> None:
    """What some editors put before UTF-8 is no part of the first name."""
    (document,) = read(b"\xef\xbb\xbfa = b\n")

    assert ("a", 3, 1) == (document.name, document.place.offset, document.place.line)


def test_places() -> None:
    """Lines count from 1, offsets from 0, in octets."""
    (_, document) = read("# ü\nb = 1\r\n\na = <<E\né\nx\nE\n".encode())

    assert (4, 13) == (document.place.line, document.place.offset)
    assert [(5, 21), (6, 24)] == [(place.line, place.offset) for place in document.places]
    assert "bounce.cf:4" == str(document.place)


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"broken\n", 1, "missing '='"),
        (b"# c\n\nbroken\n", 3, "missing '='"),
        (b"two words = x\n", 1, "missing '='"),
        (b"a <<EOF\ntext\nEOF\n", 1, "missing '='"),
        (b"a = <<E\nx\nE\nstray\n", 4, "missing '='"),
        (b"= x\n", 1, "missing name"),
        (b"a = <<\nx\n", 1, "missing end marker"),
        (b"a = << \nx\n", 1, "missing end marker"),
        (b"a = <<'EOF'\nx\n", 1, "malformed end marker"),
        (b'a = <<"EOF"\nx\n', 1, "malformed end marker"),
        (b"a = <<-EOF\nx\n", 1, "malformed end marker"),
        (b"a = <<_X\nx\n", 1, "malformed end marker"),
        (b"\r\n\r\na = <<\xc3\x84\r\n", 3, "malformed end marker"),
        (b"\xff\xfea\0 \0=\0", 1, "UTF-16"),
        (b"\xfe\xff\0a\0 \0=", 1, "UTF-16"),
        (b"\x7fELF\x02\x01\n", 1, "missing '='"),
        (b"#" * (LARGEST_OCTETS + 1), 1, "too large"),
    ],
)
def test_errors(data: bytes, line: int, message: str) -> None:
    """What is no definition is an error that names the file and the line."""
    with pytest.raises(TemplateError, match=message) as caught:
        read_documents(data, origin="bounce.cf")

    assert ("bounce.cf", line) == (caught.value.origin, caught.value.line)
    assert str(caught.value).startswith(f"bounce.cf:{line}: ")


def test_missing_marker() -> None:
    """Without its marker a document is the rest of the file, with a defect where it begins."""
    (document,), (defect,) = read_documents(b"#\na = <<EOF\nx\nb = <<E\n", origin="bounce.cf")

    assert ("x", "b = <<E") == document.lines
    assert ("template-end-marker", 2) == (defect.code, defect.offset)
    assert defect.message.startswith("bounce.cf:2: ")
    assert "'EOF'" in defect.message


def test_marker_as_the_last_line() -> None:
    """A marker ends the document, whether the file goes on or not."""
    assert [("a", ("x",))] == texts(b"a = <<EOF\nx\nEOF")


def test_nul() -> None:
    """No mail may hold a NUL: it is left out, with one defect, and the rest of the line stays."""
    (document,), (defect,) = read_documents(b"a = <<E\nx\0y\n\0\nE\n", origin="bounce.cf")

    assert ("xy", "") == document.lines
    assert ("template-nul", 8) == (defect.code, defect.offset)


LINES = st.lists(
    st.one_of(st.sampled_from(["EOF", "EOF1", "EOF2", "", "# x", "a = <<EOF"]), st.text()).map(
        lambda text: text.replace("\n", " ").replace("\0", "").rstrip("\r")
    ),
    min_size=1,
)


@given(LINES, LINES)
def test_writing_and_reading(first: list[str], second: list[str]) -> None:
    """Whatever lines are written are read, also those that look like a marker."""
    text = "\n".join([write_document("a", first), write_document("b", second)])

    assert [("a", tuple(first)), ("b", tuple(second))] == texts(text.encode())
