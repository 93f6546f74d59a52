"""Language tags are read in every spelling, and completed as CLDR finds likely."""

import pytest
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.language.tags import LONGEST_TAG, parent_regions, read_tag


@pytest.mark.parametrize(
    ("text", "language", "script", "region"),
    [
        ("de", "de", "Latn", "DE"),
        ("DE-at", "de", "Latn", "AT"),
        ("de_DE.UTF-8", "de", "Latn", "DE"),
        ("de_DE@euro", "de", "Latn", "DE"),
        ("de_DE.ISO8859-15@euro", "de", "Latn", "DE"),
        (" de ", "de", "Latn", "DE"),
        ("zh", "zh", "Hans", "CN"),
        ("zh-CN", "zh", "Hans", "CN"),
        ("zh-SG", "zh", "Hans", "SG"),
        ("zh-TW", "zh", "Hant", "TW"),
        ("zh_hk.big5", "zh", "Hant", "HK"),
        ("zh-Hant", "zh", "Hant", "TW"),
        ("zh-Hans-TW", "zh", "Hans", "TW"),
        ("zh-cmn-Hant", "zh", "Hant", "TW"),
        ("zh-yue", "yue", "Hant", "HK"),
        ("zh-min-nan", "nan", "Hans", "CN"),
        ("ar-arb", "ar", "Arab", "EG"),
        ("sgn-ase", "ase", "Sgnw", "US"),
        ("sr", "sr", "Cyrl", "RS"),
        ("sr-ME", "sr", "Latn", "ME"),
        ("sr_RS@latin", "sr", "Latn", "RS"),
        ("uz_UZ@cyrillic", "uz", "Cyrl", "UZ"),
        ("sh", "sr", "Latn", "RS"),
        ("cnr", "sr", "Latn", "ME"),
        ("iw", "he", "Hebr", "IL"),
        ("in", "id", "Latn", "ID"),
        ("ji", "yi", "Hebr", "UA"),
        ("mo", "ro", "Latn", "RO"),
        ("deu", "de", "Latn", "DE"),
        ("fre-CA", "fr", "Latn", "CA"),
        ("en-UK", "en", "Latn", "GB"),
        ("en-840", "en", "Latn", "US"),
        ("es-419", "es", "Latn", "419"),
        ("en-GB-oed", "en", "Latn", "GB"),
        ("i-klingon", "tlh", "", ""),
        ("no-bok", "nb", "Latn", "NO"),
        ("de-Latf", "de", "Latn", "DE"),
        ("ur-Aran", "ur", "Arab", "PK"),
        ("ko-Hang", "ko", "Kore", "KR"),
        ("de-CH-1996", "de", "Latn", "CH"),
        ("sl-rozaj-biske", "sl", "Latn", "SI"),
        ("de-u-co-phonebk", "de", "Latn", "DE"),
        ("de-x-home", "de", "Latn", "DE"),
        ("qaa", "qaa", "", ""),
    ],
)
def test_tag(text: str, language: str, script: str, region: str) -> None:
    """Every spelling is one language, script and region."""
    tag = read_tag(text)

    assert tag is not None
    assert (language, script, region) == tag[:3]


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "C", "POSIX", "C.UTF-8", "c.utf8", ".UTF-8", "@euro", "*", "-", "_"],
        *["x-private", "i-default", "i-mingo", "und", "und-DE", "mul", "zxx", "mis", "root"],
        *["english", "Deutsch", "d", "de-", "-de", "de--AT", "de AT", "de/AT", "de,en", "de;q=1"],
        *["dé", "ďe", "d\u0435", "de\0", "de\n-AT", "de-\u0661\u0662\u0663", "ＤＥ", "\ud800"],
        "de-" + "x" * 61,
    ],
)
def test_no_tag(text: str) -> None:
    """What names no language is none."""
    assert read_tag(text) is None


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("zh-tw", "zh_TW"),
        ("ZH_hant", "zh_Hant"),
        ("iw-il", "he_IL"),
        ("sh", "sr_Latn"),
        ("de-at-1996-u-co-phonebk", "de_AT_1996"),
        ("en-uk", "en_GB"),
        ("zh-cmn-hans-cn", "zh_Hans_CN"),
    ],
)
def test_stated(text: str, stated: str) -> None:
    """What was said is kept in its present spelling, and nothing is added."""
    tag = read_tag(text)

    assert tag is not None
    assert stated == tag.stated


def test_every_language_of_babel() -> None:
    """Each locale that Babel has is read, with a script, and its own text is stable."""
    tags = [read_tag(identifier) for identifier in locale_identifiers()]

    assert len(tags) > 900
    assert [] == [tag for tag in tags if tag is None or not tag.script]
    assert tags == [tag and read_tag(tag.stated) for tag in tags]


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("es-MX", ("419",)),
        ("en-AT", ("150", "001")),
        ("pt-AO", ("PT",)),
        ("zh-MO", ("HK",)),
        ("de-AT", ()),
        ("qaa", ()),
    ],
)
def test_parents(text: str, regions: tuple[str, ...]) -> None:
    """A region's language is next to that of the regions CLDR has as its parents."""
    tag = read_tag(text)

    assert tag is not None
    assert regions == parent_regions(tag)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_.@-]{0,70}", fullmatch=True))
def test_any_text(text: str) -> None:
    """No text raises; what is read is well formed, and reads the same again."""
    tag = read_tag(text)

    if tag is not None:
        assert len(text) <= LONGEST_TAG
        assert tag.language.isascii()
        assert tag == read_tag(tag.stated)
        parent_regions(tag)
