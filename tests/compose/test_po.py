"""A .po file is read strictly: an entry is right, or its line is told."""

import io

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.po import Entry, read_po
from dsnlib.errors import CatalogueError


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ('msgid "a"\nmsgstr "b"\n', Entry(1, None, "a", None, ("b",))),
        ('msgid "a"\r\nmsgstr "b"\r\n', Entry(1, None, "a", None, ("b",))),
        ('\n\n msgid\t"a"\n\tmsgstr   "b"', Entry(3, None, "a", None, ("b",))),
        ('msgctxt "c"\nmsgid "a"\nmsgstr "b"', Entry(2, "c", "a", None, ("b",))),
        ('msgid ""\n"a "\n"b"\nmsgstr "c"\n"d"\n""', Entry(1, None, "a b", None, ("cd",))),
        (
            'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] "d"\n',
            Entry(1, None, "a", "b", ("c", "d")),
        ),
        ('#, fuzzy\nmsgid "a"\nmsgstr "b"', Entry(2, None, "a", None, ("b",), is_fuzzy=True)),
        ('#, c, fuzzy\nmsgid "a"\nmsgstr ""', Entry(2, None, "a", None, ("",), is_fuzzy=True)),
        ('# fuzzy\n#. fuzzy\n#: a\nmsgid "a"\nmsgstr "b"', Entry(4, None, "a", None, ("b",))),
        ('#| msgid "z"\nmsgid "a"\nmsgstr "b"', Entry(2, None, "a", None, ("b",))),
        ('#~ msgid "z"\n#~ msgstr "y"\nmsgid "a"\nmsgstr "b"', Entry(3, None, "a", None, ("b",))),
        (r'msgid "\"\\\n\t\r"' + '\nmsgstr "ü"', Entry(1, None, '"\\\n\t\r', None, ("ü",))),
        ('\ufeffmsgid "a"\nmsgstr "b"', Entry(1, None, "a", None, ("b",))),
        ('msgid "a\u2028b"\nmsgstr "\x0b"', Entry(1, None, "a\u2028b", None, ("\x0b",))),
    ],
)
def test_entry(text: str, entry: Entry) -> None:
    """An entry has its line, context, text, plural, translations and mark."""
    assert (entry,) == read_po(text.encode())


def test_entries() -> None:
    """Entries need no empty line between them; a mark is that of the next one."""
    text = 'msgid "a"\nmsgstr "b"\n#, fuzzy\nmsgid "c"\nmsgstr "d"\nmsgid "e"\nmsgstr "f"\n'

    assert [("a", False), ("c", True), ("e", False)] == [
        (entry.text, entry.is_fuzzy) for entry in read_po(text.encode())
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing\n", b'#~ msgid "a"\n'])
def test_nothing(data: bytes) -> None:
    """A file without entries has none."""
    assert () == read_po(data)


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b'msgid "a"\nmsgstr "b\n', 2, "not a string"),
        (b'msgid "a"\nmsgstr "b" c\n', 2, "not a string"),
        (b'msgid "a"\nmsgstr "b"c"\n', 2, "not a string"),
        (b'msgid "a"\nmsgstr "b\\"\n', 2, "not a string"),
        (b'msgid "a"\nmsgstr b\n', 2, "neither a keyword"),
        (b'msgid "a"\nmsgstr "b"\nrubbish\n', 3, "neither a keyword"),
        (b'msgid "a"\nMSGSTR "b"\n', 2, "neither a keyword"),
        (b'\n"a"\n', 2, "stands alone"),
        (b'msgid "a"\n\n# comment\nmsgid "b"\n', 4, "out of its order"),
        (b'msgstr "b"\n', 1, "out of its order"),
        (b'msgid "a"\nmsgid "b"\nmsgstr "c"\n', 2, "out of its order"),
        (b'msgid "a"\nmsgstr "b"\nmsgstr "c"\n', 3, "out of its order"),
        (b'msgid "a"\nmsgctxt "c"\nmsgstr "b"\n', 2, "out of its order"),
        (b'msgid "a"\nmsgstr[0] "b"\n', 2, "out of its order"),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr "b"\n', 3, "out of its order"),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr[1] "b"\n', 3, "out of its order"),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "b"\nmsgstr[0] "c"\n', 4, "out of its order"),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr[10] "b"\n', 3, "neither a keyword"),
        (b'msgid "a"\n\n', 1, "no msgstr"),
        (b'msgctxt "a"\n"b"\n', 2, "no msgstr"),
        (b'msgid "a"\nmsgstr "\\q"\n', 2, "unknown escape"),
        (b'msgid "a"\nmsgstr "\\x41"\n', 2, "unknown escape"),
        (b'msgid "a"\n\nmsgstr "\xe9"\n', 3, "not UTF-8"),
        ('msgid "a"\nmsgstr "b"\n'.encode("utf-16"), 1, "not UTF-8"),
    ],
)
def test_refused(data: bytes, line: int, problem: str) -> None:
    """What is no entry is refused with file and line."""
    with pytest.raises(CatalogueError, match=problem) as caught:
        read_po(data, origin="de.po")

    assert ("de.po", line) == (caught.value.origin, caught.value.line)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\r"),
    min_size=1,
    max_size=90,
)


@given(st.dictionaries(TEXTS, st.tuples(st.none() | TEXTS, TEXTS, st.none() | TEXTS), max_size=5))
def test_babel_agrees(messages: dict[str, tuple[str | None, str, str | None]]) -> None:
    """What Babel writes is read as what it was."""
    catalog = Catalog(locale="de")
    expected = []
    for text, (context, translation, plural) in messages.items():
        forms = (translation,) if plural is None else (translation, plural)
        catalog.add(
            text if plural is None else (text, plural),
            translation if plural is None else forms,
            context=context,
        )
        expected.append((context, text, plural, forms))
    written = io.BytesIO()
    write_po(written, catalog, width=40)

    assert expected == [entry[1:5] for entry in read_po(written.getvalue())[1:]]


@given(st.binary() | st.text(alphabet='msgidtrcx[]01"\\ #,~\n').map(str.encode))
def test_any_octets(data: bytes) -> None:
    """Any octets are read or refused, nothing else."""
    try:
        entries = read_po(data)
    except CatalogueError as error:
        assert error.line > 0  # noqa: PT017 - either way is right
    else:
        assert all(entry.translations for entry in entries)
