"""A catalogue that was read can be used; one that cannot be is refused as a whole."""

import copy
import io
import pickle
import re

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.errors import CatalogueError

HEADER = """\
msgid ""
msgstr ""
"Language: pl\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20)"
" ? 1 : 2);\\n"

"""
FILES = """\
msgctxt "phrase files"
msgid "%(count)s file on %(host)s"
msgid_plural "%(count)s files on %(host)s"
msgstr[0] "jeden plik na %(host)s"
msgstr[1] "%(count)s pliki na %(host)s"
msgstr[2] "%(count)s plików na %(host)s"

"""
HELLO = 'msgctxt "phrase hello"\nmsgid "Hello, %(name)s"\nmsgstr "Cześć, %(name)s"\n\n'


def catalogue(*entries: str, header: str = HEADER) -> Catalogue:
    """Return the catalogue of these entries."""
    return Catalogue.from_po((header + "".join(entries)).encode(), origin="pl.po")


def entry(message: str, translation: str) -> str:
    """Return an entry of a file."""
    return f'msgctxt "c"\nmsgid "{message}"\nmsgstr "{translation}"\n\n'


def test_message() -> None:
    """A message is found by context and text, and is itself where it is missing."""
    polish = catalogue(HELLO)

    assert "Cześć, %(name)s" == polish.message("phrase hello", "Hello, %(name)s")
    assert "Hello, %(name)s" == polish.message("phrase other", "Hello, %(name)s")
    assert "Hello!" == polish.message("phrase hello", "Hello!")


@pytest.mark.parametrize(
    ("count", "form"),
    [(1, "jeden plik"), (2, "%(count)s pliki"), (5, "%(count)s plików"), (22, "%(count)s pliki")],
)
def test_plural(count: int, form: str) -> None:
    """A message with a number has the form for it."""
    polish = catalogue(FILES)
    one, many = "%(count)s file on %(host)s", "%(count)s files on %(host)s"

    assert f"{form} na %(host)s" == polish.plural("phrase files", one, many, count)


@pytest.mark.parametrize(("count", "form"), [(0, "files"), (1, "file"), (2, "files")])
def test_plural_in_english(count: int, form: str) -> None:
    """A message with a number that is missing is in English."""
    assert form == Catalogue().plural("phrase files", "file", "files", count)


def test_header() -> None:
    """The language is that of the header; a file need not have one."""
    assert "pl" == catalogue().language
    assert catalogue(entry("a", "b"), header="").language is None
    assert "b" == catalogue(entry("a", "b"), header="").message("c", "a")


def test_unfinished() -> None:
    """Messages that are not translated, or not checked, are in English."""
    polish = catalogue(
        entry("a", ""),
        "#, fuzzy\n" + entry("b", "B"),
        '#, fuzzy\nmsgctxt "c"\nmsgid "%(x)s"\nmsgstr "broken"\n',
        re.sub(r'msgstr(.*) ".*"', r'msgstr\1 ""', FILES),
    )

    assert 0 == len(polish)
    assert ["a", "b"] == [polish.message("c", "a"), polish.message("c", "b")]


def test_over() -> None:
    """A catalogue over another has what either has, its own first, each with its plurals."""
    ours = catalogue(HELLO, FILES, entry("a", "ours"))
    header = '"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    theirs = catalogue(
        entry("a", "theirs"),
        'msgctxt "n"\nmsgid "one"\nmsgid_plural "many"\nmsgstr[0] "any"\n',
        header=f'msgid ""\nmsgstr ""\n{header}\n',
    )
    both = theirs.over(ours)

    assert ("pl", 4) == (both.language, len(both))
    assert ["theirs", "ours"] == [both.message("c", "a"), ours.over(theirs).message("c", "a")]
    assert "Cześć, %(name)s" == both.message("phrase hello", "Hello, %(name)s")
    assert "any" == both.plural("n", "one", "many", 1)
    assert "%(count)s pliki na %(host)s" == both.plural(
        "phrase files", "%(count)s file on %(host)s", "", 2
    )
    assert ours == ours.over(Catalogue()) == Catalogue().over(ours)


def test_missing() -> None:
    """What a catalogue lacks of another is told."""
    whole, part = catalogue(HELLO, FILES, entry("a", "b")), catalogue(entry("a", "x"))

    assert () == whole.missing(part)
    assert (
        ("phrase hello", "Hello, %(name)s"),
        ("phrase files", "%(count)s file on %(host)s"),
    ) == part.missing(whole)


@pytest.mark.parametrize(
    ("message", "translation", "problem"),
    [
        ("%(a)s", "x", r"lacks %\(a\)s"),
        ("%(a)s %(b)s", "%(a)s", r"lacks %\(b\)s"),
        ("%(a)s", "%(A)s", r"lacks %\(a\)s"),
        ("%(a)s", "%(a) s", r"lacks %\(a\)s"),
        ("%(a)s", "%(a)s %(b)s", r"has no %\(b\)s"),
        ("x", "%(b)s", r"has no %\(b\)s"),
        ("%(count)s", "one", r"lacks %\(count\)s"),
        ("%(a)s", "%(a)s 100 %", "no placeholder"),
        ("%(a)s", "%(a)s %(b)d", "no placeholder"),
        ("%(a)s", "%(a)s %s", "no placeholder"),
        ("%(a)s", "%(a)s %", "no placeholder"),
        ("x", r"x\n", r"has no '\\n'"),
        ("x", r"x\r\nBcc: y", r"has no '\\n'"),
        ("x\\n", "x\\r", r"has no '\\r'"),
        ("x", "x\x00", r"has no '\\x00'"),
        ("x", "x\x1b[31m", r"has no '\\x1b'"),
        ("x", "x\x85", r"has no '\\x85'"),
    ],
)
def test_broken_translation(message: str, translation: str, problem: str) -> None:
    """A translation has the placeholders of its message and no control character more."""
    with pytest.raises(CatalogueError, match=f"^pl.po:9: c: .*{problem}") as caught:
        catalogue(entry(message, translation))

    assert ("pl.po", 9) == (caught.value.origin, caught.value.line)


@pytest.mark.parametrize(
    ("message", "translation"),
    [
        ("%(a)s %(b)s", "%(b)s, %(a)s, %(a)s"),
        ("%(a)s", "%(a)s 100 %%"),
        ("all of it", "100 %"),
        ("a\\nb", "c\\nd\\ne"),
        ("x", "\u2068x\u2069"),
    ],
)
def test_sound_translation(message: str, translation: str) -> None:
    """Placeholders may be repeated and in another order."""
    assert 1 == len(catalogue(entry(message, translation)))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('msgstr[2] "%(count)s plików na %(host)s"\n', "", "2 plural forms.* nplurals=3"),
        ('"%(count)s plików na %(host)s"', '""', "2 plural forms.* nplurals=3"),
        ('"%(count)s pliki na %(host)s"', '""', "a plural form is empty"),
        ('msgstr[0] "', 'msgstr[3] "x"\nmsgstr[0] "', "4 plural forms.* nplurals=3"),
        ("plików na %(host)s", "plików", r"lacks %\(host\)s"),
        ("plików na", "plików %(x)s", r"has no %\(x\)s"),
        ("plików na", "plików %", "no placeholder"),
    ],
)
def test_broken_plural(old: str, new: str, problem: str) -> None:
    """Each plural form has the placeholders of the plural; it may lack the number."""
    with pytest.raises(CatalogueError, match=problem) as caught:
        catalogue(FILES.replace(old, new))

    assert 9 == caught.value.line


@pytest.mark.parametrize(
    ("header", "line", "problem"),
    [
        (HEADER.replace("UTF-8", "ISO-8859-2"), 1, "charset is 'ISO-8859-2'"),
        (HEADER.replace("UTF-8", "utf-7"), 1, "charset is 'utf-7'"),
        (HEADER.replace("plural=(", "plural=(("), 1, "Plural-Forms"),
        (HEADER.replace("nplurals=3", "nplurals=2"), 1, "gives form 2 for 0"),
        ('msgid ""\nmsgstr ""\n\n', 5, "no Plural-Forms"),
        ("", 2, "no Plural-Forms"),
        (HEADER * 2, 8, "a second time"),
        (HEADER + FILES, 16, "a second time"),
    ],
)
def test_broken_header(header: str, line: int, problem: str) -> None:
    """A charset other than UTF-8, a formula that fails, or a message twice, is refused."""
    with pytest.raises(CatalogueError, match=problem) as caught:
        catalogue(FILES, header=header)

    assert ("pl.po", line) == (caught.value.origin, caught.value.line)


def test_too_large() -> None:
    """A catalogue is not larger than a megabyte."""
    for read in (Catalogue.from_po, Catalogue.from_mo):
        with pytest.raises(CatalogueError, match="more than 1048576"):
            read(b"#" * 1_048_577)


def test_compiled() -> None:
    """A compiled catalogue is the same, and is checked as strictly."""
    file = io.BytesIO()
    write_mo(file, read_po(io.StringIO(HEADER + HELLO + FILES)))
    data = file.getvalue()

    assert catalogue(HELLO, FILES) == Catalogue.from_mo(data)
    with pytest.raises(CatalogueError, match=r"^phrase hello: .*lacks %\(name\)s") as caught:
        Catalogue.from_mo(data.replace("Cześć, %(".encode(), "Cześć, ((".encode()))
    assert 0 == caught.value.line


def test_is_a_value() -> None:
    """A catalogue can be copied and carried to another process."""
    polish = catalogue(HELLO, FILES)

    assert polish == copy.deepcopy(polish)
    assert polish == pickle.loads(pickle.dumps(polish))  # noqa: S301 - our own octets
    with pytest.raises(AttributeError):
        polish.language = "de"  # type: ignore[misc]  # it is frozen


@given(st.text(), st.text(), st.text(), st.integers())
def test_any_message(context: str, singular: str, plural: str, count: int) -> None:
    """No look-up raises; what is not there is given back."""
    polish = catalogue(HELLO)

    assert singular == polish.message(context, singular)
    assert polish.plural(context, singular, plural, count) in {singular, plural}
