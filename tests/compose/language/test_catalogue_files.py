"""Files of GNU gettext are read as what they were made from, or refused with their line.

Babel reads them; here is what we promise about it, for the files of others too.
"""

import gettext
import io
import struct
from collections.abc import Callable

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.errors import CatalogueError
from tests.growth import BOUND, DOUBLINGS, growth

HEADER = """\
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=n != 1;\\n"

"""
HELLO = 'msgctxt "phrase hello"\nmsgid "Hello, %(name)s"\nmsgstr "Grüß Gott, %(name)s"\n\n'
FILES = """\
msgctxt "phrase files"
msgid "%(count)s file"
msgid_plural "%(count)s files"
msgstr[0] "eine Datei"
msgstr[1] "%(count)s Dateien"

"""


@pytest.mark.parametrize(
    ("text", "key", "translation"),
    [
        ('msgid "a"\r\nmsgstr "b"\r\n', ("", "a"), "b"),
        ('\n\n  msgid "a"\n\tmsgstr   "b"', ("", "a"), "b"),
        ('msgid ""\n"a "\n"b"\nmsgstr "c"\n"d"\n""', ("", "a b"), "cd"),
        ('# fuzzy\n#. fuzzy\n#: a\n#, c\nmsgid "a"\nmsgstr "b"', ("", "a"), "b"),
        ('#| msgid "z"\nmsgid "a"\nmsgstr "b"', ("", "a"), "b"),
        ('#~ msgid "z"\n#~ msgstr "y"\nmsgid "a"\nmsgstr "b"', ("", "a"), "b"),
        (
            '#, fuzzy\n#~| msgid "y"\n#~ msgid "z"\n#~ msgstr "y"\nmsgid "a"\nmsgstr "b"',
            ("", "a"), "b",
        ),
        ('msgctxt "c"\n#~| msgctxt "y"\nmsgid "a"\nmsgstr "b"', ("c", "a"), "b"),
        (r'msgid "\"\\\n\t\r"' + '\nmsgstr "ü"', ("", '"\\\n\t\r'), "ü"),
        ('\ufeffmsgid "a"\nmsgstr "b"', ("", "a"), "b"),
        ('msgid "a\u2028b"\nmsgstr "\u2028"', ("", "a\u2028b"), "\u2028"),
        ('msgctxt "c"\nmsgid ""\nmsgstr "b"', ("c", ""), "b"),
    ],
)  # fmt: skip
def test_entry(text: str, key: tuple[str, str], translation: str) -> None:
    """An entry is read however a translator's editor writes it."""
    assert {key: translation} == Catalogue.from_po(text.encode()).texts


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"# nothing\n", b"#, fuzzy\n", b'#~ msgid "a"\n#~ msgstr "b"']
)
def test_nothing(data: bytes) -> None:
    """A file without entries has none."""
    assert Catalogue() == Catalogue.from_po(data)


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        (b'msgid "a"\nmsgstr "b"\nrubbish\n', 3, "'rubbish'"),
        (b'msgid "a"\nMSGSTR "b"\n', 2, "keyword"),
        (b'\n"a"\n', 2, 'starting with "'),
        (b'\nmsgid "a"\n\n# comment\nmsgid "b"\n', 2, ""),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr[10] "c"\n', 1, "more translations"),
        (b'\nmsgid "a"\nmsgstr[x] "b"\n', 2, "ValueError: invalid literal"),
        (b'\nmsgid "a"\nmsgid_plural "b"\nmsgstr[-11] "c"\n', 2, "IndexError"),
        (b'msgid "a"\n\nmsgstr "\xe9"\n', 3, "not UTF-8: b'\\\\xe9'"),
        ('msgid "a"\nmsgstr "b"\n'.encode("utf-16"), 1, "not UTF-8"),
        (b'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n', 1, "no Plural-Forms"),
    ],
)
def test_refused(data: bytes, line: int, problem: str) -> None:
    """What cannot be read is refused with file and line."""
    with pytest.raises(CatalogueError, match=f"^de.po:{line}: .*{problem}") as caught:
        Catalogue.from_po(data, origin="de.po")

    assert ("de.po", line) == (caught.value.origin, caught.value.line)


def test_header_anywhere() -> None:
    """A header is believed wherever it stands; what only looks like one is passed over."""
    like = 'msgid ""\nmsgid_plural "a"\nmsgstr[0] "x"\n\n'

    assert Catalogue.from_po((HEADER + FILES).encode()) == Catalogue.from_po(
        (FILES + HEADER).encode()
    )
    assert Catalogue() == Catalogue.from_po(like.encode())


def compiled(text: str = HEADER + HELLO + FILES) -> bytes:
    """Return a compiled catalogue."""
    file = io.BytesIO()
    write_mo(file, read_po(io.StringIO(text)))
    return file.getvalue()


def packed(*strings: tuple[bytes, bytes]) -> bytes:
    """Return a compiled catalogue of these texts and translations, right or not."""
    numbers, octets = [], b""
    start = 20 + 16 * len(strings)
    for each in (*(text for text, _ in strings), *(translation for _, translation in strings)):
        numbers += [len(each), start + len(octets)]
        octets += each + b"\0"
    table = 20 + 8 * len(strings)
    return (
        struct.pack(f"<{5 + len(numbers)}I", 0x950412DE, 0, len(strings), 20, table, *numbers)
        + octets
    )


def test_compiled() -> None:
    """A compiled catalogue has the same octets for a text; it need not have a header."""
    plural = packed((b"", b"Plural-Forms: nplurals=2; plural=n>1"), (b"a\0b", b"c\0\0"))

    assert {("c", "a"): "ü"} == Catalogue.from_mo(packed((b"c\x04a", "ü".encode()))).texts
    with pytest.raises(CatalogueError, match=r"^1 plural forms.* nplurals=2"):
        Catalogue.from_mo(plural)


def test_either_order_of_octets() -> None:
    """A file may have been written on a machine of either order."""
    data = compiled()
    numbers = 7 + 4 * struct.unpack_from("<I", data, 8)[0]
    swapped = struct.pack(f">{numbers}I", *struct.unpack_from(f"<{numbers}I", data))

    assert Catalogue.from_mo(data) == Catalogue.from_mo(swapped + data[4 * numbers :])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xde\x12\x04\x95",
        b"msgid",
        b"\0" * 28,
        compiled()[:40],
        compiled()[:-30],
        compiled().replace(b"\xde\x12", b"\xdf\x12"),
        compiled()[:8] + b"\xff\xff\xff\xff" + compiled()[12:],
        compiled()[:12] + b"\xff\xff\xff\xff" + compiled()[16:],
        compiled()[:28] + b"\xff\xff\xff\xff" * 4 + compiled()[44:],
        compiled().replace("ü".encode(), b"\xff\xff"),
        packed((b"c\x04d\x04a", b"b")),
        packed((b"\xff\x04a", b"b")),
        packed((b"", b"\xff")),
        packed((b"", b"a: b"), (b"", b"a: b")),
        packed((b"", b"a: b"), (b"c\x04", b"a: b")),
        packed((b"", b"a: b\n" * 2000)),
        packed((b"", b"Content-Type: text/plain; charset=latin-1")),
        packed((b"", b"Content-Type: text/plain;\n Charset=punycode"), (b"a", b"9" * 1000)),
        packed((b"", b"Content-Type: text/plain; charset*0=puny; charset*1=code")),
        packed((b"", b"Content-Type: text/plain; charset*=utf-8''utf-8")),  # AttributeError
        packed((b"", b"Plural-Forms: nplurals=2; plural=n>1; nplurals*=utf-8''2")),
        packed((b"", b"POT-Creation-Date: today")),
        packed((b"", b"Plural-Forms: nplurals=999999999; plural=0")),
        struct.pack("<5I1000I", 0x950412DE, 0, 500, 20, 20, *((1000, 20) * 500)),
    ],
)  # fmt: skip
def test_damaged(data: bytes) -> None:
    """A file that is no catalogue, is cut short, or would take gigabytes, is refused."""
    with pytest.raises(CatalogueError, match=r"^de\.mo: not a compiled catalogue: ") as caught:
        Catalogue.from_mo(data, origin="de.mo")

    assert ("de.mo", 0) == (caught.value.origin, caught.value.line)


TEXTS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Zs", "So"], exclude_characters="%"),
    min_size=1,
    max_size=90,
)


@given(st.dictionaries(st.tuples(TEXTS, TEXTS), st.tuples(TEXTS, st.none() | TEXTS), max_size=5))
def test_what_babel_writes(messages: dict[tuple[str, str], tuple[str, str | None]]) -> None:
    """What Babel writes is read as what it was, and as the standard library reads it."""
    catalog = Catalog(locale="de")
    for (context, text), (translation, plural) in messages.items():
        if plural is None:
            catalog.add(text, translation, context=context)
        else:
            catalog.add((text, plural), (translation, plural), context=context)
    written, compiled = io.BytesIO(), io.BytesIO()
    write_po(written, catalog, width=40)
    write_mo(compiled, catalog)
    ours = Catalogue.from_po(written.getvalue())
    library = gettext.GNUTranslations(io.BytesIO(compiled.getvalue()))

    assert ours == Catalogue.from_mo(compiled.getvalue())
    assert len(messages) == len(ours)
    for (context, text), (translation, plural) in messages.items():
        if plural is None:
            assert translation == ours.message(context, text) == library.pgettext(context, text)
        else:
            for count in (1, 2):
                expected = library.npgettext(context, text, plural, count)
                assert expected == ours.plural(context, text, plural, count)


# What means something to a reader.
TOKENS = (
    "msgid ", "msgstr ", "msgctxt ", "msgid_plural ", "msgstr[", "msgstr[0] ", "msgstr[-9] ",
    '"', '""', "\n", "\\n", "\\", "#~ ", "#~| ", "#, fuzzy", "#: ", "\u2068", "\0", "\x04", "a",
    "0", "-", "=", "; ", ": ", "Content-Type: ", "charset=", "charset*=x'y'", "punycode",
    "message/rfc822", "Language: ", "Plural-Forms: ", "nplurals=", "nplurals*=x'y'9",
    "POT-Creation-Date: ", "+9999",
)  # fmt: skip
RUBBISH = st.lists(st.sampled_from(TOKENS)).map("".join).map(str.encode)


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy for these octets with something put in the place of some."""
    place = st.integers(0, len(data))
    return st.builds(
        lambda start, length, octets: data[:start] + octets + data[start + length :],
        place,
        st.integers(0, 20),
        st.binary(max_size=8) | RUBBISH,
    )


@given(st.binary() | RUBBISH | damaged((HEADER + HELLO + FILES).encode()))
def test_any_octets(data: bytes) -> None:
    """Any octets are read or refused, and what is refused has its line."""
    try:
        Catalogue.from_po(data)
    except CatalogueError as error:
        assert 0 < error.line <= data.count(b"\n") + 1  # noqa: PT017 - either way is right


@given(
    st.binary()
    | damaged(compiled())
    | st.lists(st.tuples(RUBBISH, RUBBISH)).map(lambda strings: packed(*strings))
    | RUBBISH.map(lambda header: packed((b"", header)))
)
def test_any_compiled_octets(data: bytes) -> None:
    """Any octets are read as a compiled catalogue, or refused."""
    try:
        Catalogue.from_mo(data)
    except CatalogueError as error:
        assert 0 == error.line  # noqa: PT017 - either way is right


def _repeated(unit: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    return lambda count: (before + unit * count + after).encode()


def _numbered(unit: str) -> Callable[[int], bytes]:
    return lambda count: "".join([unit.format(number) for number in range(count)]).encode()


# From one message upward; each is at most a megabyte at the end of the measuring.
SHAPES: dict[str, Callable[[int], bytes]] = {
    "entries": _numbered('msgid "{}"\nmsgstr "b"\n'),
    "entries with comments": _numbered('#: {0}\n#, {0}\n#. {0}\n# {0}\nmsgid "{0}"\nmsgstr ""\n'),
    "plurals": _numbered('msgid "{}"\nmsgid_plural ""\nmsgstr[0] "b"\n'),
    "obsolete entries": _numbered('#~ msgid "{}"\n#~ msgstr "b"\n'),
    "comments": _repeated("#\n"),
    "empty lines": _repeated("\n"),
    "quotes": _repeated('"', 'msgid "a"\nmsgstr '),
    "lines of quotes": _repeated('"\n', 'msgid "a"\nmsgstr "b"\n'),
    "letters": _repeated("a", 'msgid "a"\nmsgstr "', '"\n'),
    "escapes": _repeated("\\", 'msgid "a"\nmsgstr "', '"\n'),
    "placeholders": _repeated("%(a)s", 'msgid "%(a)s"\nmsgstr "', '"\n'),
    "nearly placeholders": _repeated("%(a", 'msgid "', '"\nmsgstr "b"\n'),
    "digits of a placeholder": _repeated("0", 'msgid "%', '"\nmsgstr "b"\n'),
    "braces": _repeated("{{", 'msgid "', '"\nmsgstr "b"\n'),
    "translations": _repeated('msgstr[0] "b"\n', 'msgid "a"\nmsgid_plural "b"\n'),
    "digits of a plural form": _repeated("0", 'msgid "a"\nmsgstr[', '] "b"\n'),
    "fields of a header": _repeated('"a: b\\n"\n', 'msgid ""\nmsgstr ""\n'),
    "semicolons of a header": _repeated(";", 'msgid ""\nmsgstr "Content-Type: ', '"\n'),
    "blanks of a header": _repeated(" ", 'msgid ""\nmsgstr "Plural-Forms: nplurals', '"\n'),
}  # fmt: skip
COMPILED: dict[str, Callable[[int], bytes]] = {
    "entries": lambda count: packed_many([b"%d" % number for number in range(count)]),
    "the same entry": lambda count: packed_many([b"a"] * count),
    "forms": lambda count: packed((b"a\0b", b"\0" * count)),
    "contexts": lambda count: packed((b"\x04" * count, b"b")),
    "a header": lambda count: packed((b"", b"a:" + b"\nb" * count)),
    "letters in punycode": lambda count: packed(
        (b"", b"Content-Type: a;Charset=punycode"), (b"a", b"9" * count)
    ),
}  # fmt: skip


def packed_many(texts: list[bytes]) -> bytes:
    """Return a compiled catalogue of these texts, in a time that grows with their number."""
    octets = b"\0".join([*texts, b"b", b""])
    table = 20 + 8 * len(texts)
    start = table + 8 * len(texts)
    numbers = []
    for each in texts:
        numbers += [len(each), start]
        start += len(each) + 1
    numbers += [1, start] * len(texts)
    return (
        struct.pack(f"<{5 + len(numbers)}I", 0x950412DE, 0, len(texts), 20, table, *numbers)
        + octets
    )


@pytest.mark.parametrize(
    ("read", "make"),
    [
        *(pytest.param(Catalogue.from_po, SHAPES[name], id=f"po: {name}") for name in SHAPES),
        *(pytest.param(Catalogue.from_mo, COMPILED[name], id=f"mo: {name}") for name in COMPILED),
    ],
)
def test_linear_time(read: Callable[[bytes], Catalogue], make: Callable[[int], bytes]) -> None:
    """Twice the size takes less than three times the time."""
    octets_of_one = max(1, (len(make(20_000)) - len(make(10_000))) // 10_000)
    largest = (500_000 >> DOUBLINGS) // (octets_of_one + 1)  # the last may be twice that

    def prepare(count: int) -> Callable[[], object]:
        data = make(count)
        return lambda: read(data)

    assert BOUND > growth(prepare, largest, min(64, largest))
