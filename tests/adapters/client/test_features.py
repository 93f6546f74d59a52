"""What a server announces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.features import PeerFeatures


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("SIZE 1000", 1000),
        ("size 1000", 1000),
        ("SIZE", None),
        ("SIZE 0", None),
        ("SIZE x", None),
        ("SIZE 1000 2000", None),
        ("SIZE " + "9" * 21, None),
        ("SIZE \u0661", None),
        ("8BITMIME", None),
    ],
)
def test_size(line: str, size: int | None) -> None:
    """The largest message; none if nothing can be read, or if it is any (RFC 1870 s3)."""
    assert size == PeerFeatures.from_ehlo([line]).size


@pytest.mark.parametrize(
    ("lines", "mechanisms"),
    [
        (["AUTH PLAIN login"], ("PLAIN", "LOGIN")),
        (["AUTH=LOGIN PLAIN"], ("LOGIN", "PLAIN")),
        (["AUTH=PLAIN", "AUTH PLAIN CRAM-MD5"], ("PLAIN", "CRAM-MD5")),
        (["AUTH"], ()),
        ([], ()),
    ],
)
def test_auth(lines: list[str], mechanisms: tuple[str, ...]) -> None:
    """In its order, those of the old spelling among them, each once."""
    assert mechanisms == PeerFeatures.from_ehlo(lines).auth


@given(st.lists(st.text()))
def test_any_lines(lines: list[str]) -> None:
    """Nothing a server announces raises, and a keyword is found in any case."""
    features = PeerFeatures.from_ehlo(lines)

    assert all(features.has(keyword) for keyword in features.keywords)
    assert features.size is None or features.size > 0
