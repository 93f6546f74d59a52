"""Accept-Language and Content-Language are read in order, and never make trouble."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.language.accept import (
    parse_accept_language,
    parse_content_language,
    refused_languages,
)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("de", ("de",)),
        ("de, en", ("de", "en")),
        ("da, en-gb;q=0.8, en;q=0.7", ("da", "en-gb", "en")),
        ("en;q=0.7, da, en-gb;q=0.8", ("da", "en-gb", "en")),
        ("fr;q=0.5,de;q=0.5", ("fr", "de")),
        ("fr;q=0.501,de;q=0.502", ("de", "fr")),
        ("*", ("*",)),
        ("en;q=0, *;q=0.1", ("*",)),
        ("de;q=1.000", ("de",)),
        ("de ; Q = 0.2 , en", ("en", "de")),
        ("de;level=1;q=0.2, en", ("en", "de")),
        ("de (German), en (English, of a sort);q=0.5", ("de", "en")),
        ("de (a (b), c), en", ("de", "en")),
        ("de\r\n\t, en", ("de", "en")),
        (",, de,,", ("de",)),
        (";q=1, de", ("de",)),
        ("", ()),
        (" \t", ()),
    ],
)
def test_order(text: str, tags: tuple[str, ...]) -> None:
    """The greatest weight comes first, then what stands first; comments are none."""
    assert tags == parse_accept_language(text)


@pytest.mark.parametrize("weight", ["0", "0.", "0.0", "0.000", "00"])
def test_refused(weight: str) -> None:
    """A weight of nought refuses."""
    text = f"de;q={weight}, en"

    assert ("en",) == parse_accept_language(text)
    assert ("de",) == refused_languages(text)


@pytest.mark.parametrize("weight", ["", ".", "nan", "inf", "-1", "1e9", "0x1", "x", "٣", '"0.5"'])
def test_unreadable_weight(weight: str) -> None:
    """A weight that cannot be read counts as the least, not as none and not as all."""
    text = f"de;q={weight}, en;q=0.001"

    assert ("en", "de") == parse_accept_language(text)
    assert () == refused_languages(text)


@pytest.mark.parametrize(("weight", "first"), [(".9", "de"), ("7", "de"), (".1", "en")])
def test_tolerated_weight(weight: str, first: str) -> None:
    """`.9` is 0.9, and more than 1 is 1."""
    assert first == parse_accept_language(f"en;q=0.5, de;q={weight}")[0]


def test_no_more_than_some() -> None:
    """Of a list without end, the first 32 elements are looked at."""
    tags = [f"a{number}" for number in range(100)]

    assert tuple(tags[:32]) == parse_accept_language(",".join(tags))
    assert tuple(tags[:32]) == parse_content_language(",".join(tags))
    assert () == parse_accept_language("," * 5000 + "de")


def test_content_language() -> None:
    """Content-Language is a list without weights, with comments (RFC 3282)."""
    assert ("mi", "en") == parse_content_language("mi (Maori), en")


@given(st.text() | st.text(alphabet="deq=;,.01()* \t-"))
def test_any_text(text: str) -> None:
    """No text raises; what is wanted and what is refused are its elements, once each."""
    wanted, refused = parse_accept_language(text), refused_languages(text)

    assert all(tag.strip() == tag != "" for tag in (*wanted, *refused))
    assert len(wanted) + len(refused) <= 32


@given(st.lists(st.tuples(st.sampled_from(["de", "en", "fr"]), st.integers(0, 1000)), max_size=30))
def test_weights_decide(elements: list[tuple[str, int]]) -> None:
    """The order is that of a stable sort by weight."""
    text = ", ".join(f"{tag};q={weight / 1000:.3f}" for tag, weight in elements)
    expected = sorted(filter(lambda each: each[1], elements), key=lambda each: -each[1])

    assert tuple(tag for tag, _ in expected) == parse_accept_language(text)
