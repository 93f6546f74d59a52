"""A notification is in the language that was asked for, and never in a foreign script."""

import string
from typing import Any

import pytest
from babel.core import Locale
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.language.choose import (
    LanguageSource,
    choose_language,
    is_right_to_left,
    language_name,
    look_up_language,
)
from dsnlib.compose.language.tags import read_tag

SHIPPED = (
    "ar", "cs", "da", "de", "en", "es", "fi", "fr", "he", "it", "ja", "ko", "nl", "pl", "pt_BR",
    "ru", "sv", "tr", "uk", "zh_Hans",
)  # fmt: skip

TAGS = st.sampled_from(
    [*SHIPPED, "zh-TW", "pt-PT", "nb", "de-AT", "sr-Latn", "*", "C", "x-private", "en-GB", "iw", ""]
)
TEXTS = st.none() | st.text() | TAGS | st.text(alphabet=string.ascii_letters + "-_,;q=0.1* ()@")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *((each, each) for each in SHIPPED),
        *[("zh", "zh_Hans"), ("zh-CN", "zh_Hans"), ("zh-SG", "zh_Hans"), ("zh-MY", "zh_Hans")],
        *[("zh-TW", None), ("zh-HK", None), ("zh-MO", None), ("zh-Hant", None), ("zh-Latn", None)],
        *[("zh-cmn", "zh_Hans"), ("cmn-Hans", "zh_Hans"), ("zh-yue", None), ("yue", None)],
        *[("yue-Hans", "zh_Hans"), ("wuu", "zh_Hans"), ("zh-Hans-HK", "zh_Hans")],
        *[("nb", None), ("no", None), ("nn", None), ("nb-NO", None)],
        *[("pt", "pt_BR"), ("pt-PT", "pt_BR"), ("pt-AO", "pt_BR"), ("PT_br", "pt_BR")],
        *[("en-GB", "en"), ("en-UK", "en"), ("en-Shaw", None), ("de-AT", "de"), ("de_ch", "de")],
        *[("de_DE@euro", "de"), ("de_DE.UTF-8", "de"), ("C", None), ("POSIX", None)],
        *[("C.UTF-8", None), ("i-klingon", None), ("iw", "he"), ("iw-IL", "he"), ("in", None)],
        *[("ji", None), ("ar-arz", "ar"), ("arz", "ar"), ("ar-Latn", None), ("ru-Latn", None)],
        *[("uk-UA", "uk"), ("ja-Jpan", "ja"), ("ko-Hang", "ko"), ("sr", None), ("sr-Latn", None)],
        *[("hr", None), ("x-private", None), ("de-x-private", "de"), ("*", None), ("", None)],
        *[("gsw", None), ("und", None), ("deu", "de"), ("de--AT", None)],
    ],
)
def test_shipped(tag: str, language: str | None) -> None:
    """Every tag gets the shipped language that its reader reads, or none."""
    assert language == look_up_language(tag, SHIPPED)


@pytest.mark.parametrize(
    ("tag", "available", "language"),
    [
        *[("nb", ["no"], "no"), ("no", ["nb"], "nb"), ("nn", ["nb"], "nb"), ("nb", ["nn"], "nn")],
        *[("nn", ["no", "nb", "nn"], "nn"), ("nb_NO", ["no"], "no"), ("no", ["nn", "nb"], "nb")],
        *[("sr", ["sr_Latn"], None), ("sr-Cyrl", ["sr_Latn"], None), ("sr-Latn", ["sr"], None)],
        *[("sr-Latn-RS", ["sr", "sr_Latn"], "sr_Latn"), ("sr-ME", ["sr", "sr_Latn"], "sr_Latn")],
        *[("zh-TW", ["zh_Hans", "zh_Hant"], "zh_Hant"), ("zh-HK", ["zh_TW"], "zh_TW")],
        *[("zh-MO", ["zh_TW", "zh_HK"], "zh_HK"), ("yue", ["zh_TW"], "zh_TW")],
        *[("zh-TW", ["yue"], None), ("uz-AF", ["uz"], None), ("az-IR", ["az"], None)],
        *[("es-MX", ["es", "es_419"], "es_419"), ("es-ES", ["es_419", "es"], "es")],
        *[("es", ["es_MX", "es_ES"], "es_ES"), ("es-PE", ["es_AR"], "es_AR")],
        *[("pt-AO", ["pt_BR", "pt_PT"], "pt_PT"), ("pt", ["pt_PT", "pt_BR"], "pt_BR")],
        *[("en-AT", ["en", "en_150", "en_001"], "en_150"), ("en-AU", ["en_US", "en_GB"], "en_US")],
        *[("de", ["de_AT", "de_DE"], "de_DE"), ("de-LU", ["de_AT", "de_CH"], "de_AT")],
        *[("in", ["id"], "id"), ("id", ["in"], "in"), ("he", ["iw"], "iw"), ("ji", ["yi"], "yi")],
        *[("ca", ["ca_valencia", "ca"], "ca"), ("ca-valencia", ["ca_valencia"], "ca_valencia")],
        *[("de", ["???", "de-DE"], "de-DE"), ("de", [], None), ("prs", ["fa"], "fa")],
        *[("x-ours", ["x-ours"], "x-ours"), ("tlh", ["en", "tlh"], "tlh")],
    ],
)  # fmt: skip
def test_nearest(tag: str, available: list[str], language: str | None) -> None:
    """Of what there is in the language and script, the nearest is taken."""
    assert language == look_up_language(tag, available)


@given(st.sampled_from(locale_identifiers()), st.sampled_from(SHIPPED))
def test_no_foreign_script(tag: str, available: str) -> None:
    """Whatever is found is in the script of the one who asked."""
    if look_up_language(tag, [available]) is not None:
        asked, has = read_tag(tag), read_tag(available)
        assert asked is not None
        assert has is not None
        assert asked.script == has.script


@pytest.mark.parametrize(
    ("circumstances", "language", "source", "asked"),
    [
        ({}, "en", "default", "en"),
        ({"default": "pt"}, "pt_BR", "default", "pt"),
        ({"default": "tlh"}, "tlh", "default", "tlh"),
        ({"explicit": "de", "account": "fr"}, "de", "explicit", "de"),
        ({"explicit": "tlh", "account": "fr-CA"}, "fr", "account", "fr-CA"),
        ({"explicit": "", "account": "C.UTF-8"}, "en", "default", "en"),
        ({"account": "C", "accept_language": "da"}, "da", "accept-language", "da"),
        ({"accept_language": "nb, sv;q=0.5, de;q=0.9"}, "de", "accept-language", "de"),
        ({"accept_language": "*, fr;q=0.1"}, "fr", "accept-language", "fr"),
        ({"accept_language": "*", "content_language": "it"}, "it", "content-language", "it"),
        ({"accept_language": "nb", "content_language": "no, fi"}, "fi", "content-language", "fi"),
        ({"accept_language": "it;q=0", "content_language": "it"}, "en", "default", "en"),
        ({"accept_language": "en;q=0, *"}, "en", "default", "en"),
        ({"accept_language": "de;q=0", "account": "de"}, "de", "account", "de"),
        ({"accept_language": "de-CH;q=0, de;q=0.4"}, "de", "accept-language", "de"),
    ],
    ids=str,
)  # fmt: skip
def test_order(circumstances: dict[str, Any], language: str, source: str, asked: str) -> None:
    """Who insists decides, then the account, the message, and the default."""
    choice = choose_language(SHIPPED, **circumstances)

    assert (language, source, asked) == (choice.language, choice.source.value, choice.asked)


DOMAINS = {"firma.example": "de", ".firma.example": "fr", ".example": "it", ".tw": "zh-TW", "b": ""}


@pytest.mark.parametrize(
    ("domain", "language"),
    [
        ("firma.example", "de"),
        ("Firma.Example.", "de"),
        ("mail.firma.example", "fr"),
        ("a.b.firma.example", "fr"),
        ("other.example", "it"),
        ("example", "en"),
        ("infirma.example", "it"),
        ("firma.example.org", "en"),
        ("mail.tw", "en"),
        ("b", "en"),
        ("", "en"),
        ("...", "en"),
        ("[192.0.2.1]", "en"),
        ("a" * 300 + ".example", "en"),
        (".example", "it"),
    ],
)
def test_domain(domain: str, language: str) -> None:
    """The longest entry for a domain decides; one nobody can serve decides nothing."""
    choice = choose_language(SHIPPED, domain=domain, domain_languages=DOMAINS)

    assert language == choice.language


def test_domain_is_a_guess() -> None:
    """What a sender refuses is not concluded from the domain either."""
    choice = choose_language(
        SHIPPED, accept_language="it;q=0", domain="a.example", domain_languages=DOMAINS
    )

    assert LanguageSource.DEFAULT is choice.source


def test_choice_prints() -> None:
    """A choice prints what was chosen and why."""
    choice = choose_language(SHIPPED, accept_language="de-AT")

    assert "de (accept-language: de-AT)" == str(choice)


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.lists(TAGS, max_size=5))
def test_any_circumstances(
    explicit: str | None,
    account: str | None,
    accept: str | None,
    content: str | None,
    domain: str | None,
    available: list[str],
) -> None:
    """No text raises, and the language is one that there is, or the default."""
    choice = choose_language(
        available,
        explicit=explicit,
        account=account,
        accept_language=accept,
        content_language=content,
        domain=domain,
        domain_languages={".": "de", "de": "x", "": "fr"},
    )

    assert choice.language in {*available, "en"}
    assert (choice.source is LanguageSource.DEFAULT) or choice.language in available


@given(TAGS)
def test_what_is_there_is_taken(tag: str) -> None:
    """A tag that is there as it is spelt gets itself, as it does the long way."""
    short = look_up_language(tag, [*SHIPPED, tag])

    assert tag == short
    if (long := look_up_language(f" {tag}", [*SHIPPED, tag])) is not None:
        assert read_tag(tag) == read_tag(long)


@pytest.mark.parametrize(
    ("tag", "reader", "name"),
    [
        ("de", "en", "German"),
        ("de", "de", "Deutsch"),
        ("pt_BR", "en", "Brazilian Portuguese"),
        ("pt_BR", "pt_BR", "português (Brasil)"),
        ("zh-Hans", "en", "Simplified Chinese"),
        ("zh_Hans", "zh_Hans", "简体中文"),
        ("sr-Latn-ME", "en", "Serbian (Latin, Montenegro)"),
        ("iw", "en", "Hebrew"),
        ("tlh", "de", "Klingonisch"),
        ("de", "sr-Latn", "nemački"),
        ("de", "i-klingon", "de"),
        ("de", "C", "de"),
        ("C", "en", "C"),
        ("qaa", "en", "qaa"),
        ("qaa-DE", "en", "qaa-DE"),
        ("de-1996", "en", "German (1996)"),
    ],
)
def test_name(tag: str, reader: str, name: str) -> None:
    """A language is called as its reader calls it; one that nobody knows, by its tag."""
    assert name == language_name(tag, reader)


@given(st.text() | TAGS, st.text() | TAGS)
def test_any_name(tag: str, reader: str) -> None:
    """No text raises."""
    assert isinstance(language_name(tag, reader), str)
    assert isinstance(is_right_to_left(tag), bool)


def test_direction() -> None:
    """The direction is that which CLDR has for each of its locales."""
    expected = {
        identifier: Locale.parse(identifier).character_order == "right-to-left"
        for identifier in locale_identifiers()
    }

    assert expected == {identifier: is_right_to_left(identifier) for identifier in expected}
    assert {True, False} == set(expected.values())
