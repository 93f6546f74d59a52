"""A .mo file is read as what it was made from; a damaged one is refused."""

import gettext
import io
import struct

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.mo import read_mo
from dsnlib.errors import CatalogueError

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\x04"), min_size=1, max_size=20)


def written(catalog: Catalog) -> bytes:
    """Return the file that Babel makes of a catalogue."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def sample() -> bytes:
    """Return a file with a context, a plural and neither."""
    catalog = Catalog(locale="de")
    catalog.add("a", "A", context="c")
    catalog.add(("b", "bs"), ("B", "Bs"))
    catalog.add("d", "Ü")
    return written(catalog)


def test_entries() -> None:
    """Every entry has its context, text, plural and translations, and no line."""
    header, *entries = read_mo(sample())

    assert (0, None, "", None) == header[:4]
    assert "charset=utf-8" in header.translations[0]
    assert {
        (0, "c", "a", None, ("A",), False),
        (0, None, "b", "bs", ("B", "Bs"), False),
        (0, None, "d", None, ("Ü",), False),
    } == {tuple(entry) for entry in entries}


def test_either_order_of_octets() -> None:
    """A file may have been written on a machine of either order."""
    data = sample()
    count = struct.unpack_from("<I", data, 8)[0]
    numbers = 7 + 4 * count
    swapped = struct.pack(f">{numbers}I", *struct.unpack_from(f"<{numbers}I", data))

    assert read_mo(data) == read_mo(swapped + data[4 * numbers :])


@given(st.dictionaries(st.tuples(TEXTS, TEXTS), TEXTS, max_size=6))
def test_standard_library_agrees(messages: dict[tuple[str, str], str]) -> None:
    """The standard library finds the same translations."""
    catalog = Catalog(locale="de")
    for (context, text), translation in messages.items():
        catalog.add(text, translation, context=context)
    data = written(catalog)
    library = gettext.GNUTranslations(io.BytesIO(data))

    for entry in read_mo(data)[1:]:
        assert entry.context is not None
        assert (library.pgettext(entry.context, entry.text),) == entry.translations
    assert len(messages) == len(read_mo(data)) - 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xde\x12\x04\x95",
        b"msgid",
        b"\0" * 28,
        sample()[:40],
        sample()[:-30],
        sample().replace(b"\xde\x12", b"\xdf\x12"),
        sample()[:4] + b"\0\0\2\0" + sample()[8:],
        sample()[:8] + b"\xff\xff\xff\xff" + sample()[12:],
        sample()[:12] + b"\xff\xff\xff\xff" + sample()[16:],
        sample()[:28] + b"\xff\xff\xff\xff" * 4 + sample()[44:],
        sample().replace("Ü".encode(), b"\xff\xff"),
    ],
)
def test_damaged(data: bytes) -> None:
    """A file that is no catalogue, is cut short, or not in UTF-8, is refused."""
    with pytest.raises(CatalogueError, match="not a compiled catalogue") as caught:
        read_mo(data, origin="de.mo")

    assert ("de.mo", 0) == (caught.value.origin, caught.value.line)


@given(st.binary(), st.integers(0, 60), st.binary(max_size=8))
def test_any_octets(data: bytes, place: int, damage: bytes) -> None:
    """Any octets are read or refused, nothing else."""
    whole = sample()
    for octets in (data, whole[:place] + damage + whole[place + len(damage) :]):
        try:
            read_mo(octets)
        except CatalogueError:
            continue
