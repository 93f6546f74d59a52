"""Which names are character sets, and which octets are of them."""

from __future__ import annotations

import pytest

from dsnlib.model.charset import find_codec, is_decodable


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("us-ascii", "ascii"),
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("ISO-8859-15", "iso8859-15"),
        ("Windows-1252", "cp1252"),
        ("koi8-r", "koi8-r"),
        ("iso-2022-jp", "iso2022_jp"),
        ("gb18030", "gb18030"),
        # Codecs, but no character sets of text/plain
        ("utf-16", None),
        ("rot13", None),
        ("hex", None),
        ("idna", None),
        ("punycode", None),
        ("unicode_escape", None),
        ("undefined", None),
        # Nothing at all
        ("utf-9", None),
        ("x-unknown", None),
        ("no-such-charset; junk", None),
        ("", None),
        ("../utf-8", None),
        ("utf-8\0", None),
        ("\u0661", None),
        ("a" * 1000, None),
    ],
)
def test_codec(charset: str, codec: str | None) -> None:
    """A character set of mail has a codec, whatever the case of its name."""
    assert codec == find_codec(charset)


@pytest.mark.parametrize(
    ("octets", "codec", "is_it"),
    [
        ("grüß".encode(), "utf-8", True),
        ("grüß".encode("latin-1"), "utf-8", False),
        ("grüß".encode("latin-1"), "iso8859-1", True),
        (b"\xff", "ascii", False),
        (b"\x1b$B$3", "iso2022_jp", True),
    ],
)
def test_decodable(octets: bytes, codec: str, is_it: bool) -> None:  # noqa: FBT001  a column of the table
    """Octets are looked at, not the characters that they were read as."""
    assert is_it == is_decodable(octets.decode("utf-8", "surrogateescape"), codec)
