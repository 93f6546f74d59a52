"""The language of a notification: whom to ask, in which order, and what fits.

Tags are those of BCP 47 (RFC 5646) in any spelling: `de-AT`, `pt_BR`, and what
POSIX systems have in `LANG`, such as `sr_RS.UTF-8@latin`.  What fits a tag is
looked up as RFC 4647 s3.4 says, with CLDR's likely subtags, so that `zh-TW` is
known to be in another script than `zh_Hans`.

Rules.  Nobody is written to in a script they did not ask for.  What cannot be
served falls through to the next who might know, in the end to the default.
Every input comes from strangers or from a file: none of them raises, and no
more than 32 tags of 64 characters are looked at.
"""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.language.accept import (
    parse_accept_language,
    parse_content_language,
    refused_languages,
)
from dsnlib.compose.language.tags import LanguageTag, parent_regions, read_tag
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from babel.core import Locale

__all__ = [
    "LanguageChoice",
    "LanguageSource",
    "choose_language",
    "is_right_to_left",
    "language_name",
    "look_up_language",
    "parse_accept_language",
]

# RFC 1035 s2.3.4.
_LONGEST_DOMAIN = 255


class LanguageSource(enum.Enum):
    """Who decided on the language, in the order in which they are asked."""

    EXPLICIT = "explicit"
    ACCOUNT = "account"
    ACCEPT_LANGUAGE = "accept-language"
    CONTENT_LANGUAGE = "content-language"
    DOMAIN = "domain"
    DEFAULT = "default"


@attrs.frozen(kw_only=True)
class LanguageChoice:
    """A language, and how it came to it.

    Args:
        language: One of those that are available, or the default.
        source: Who decided.
        asked: What they asked for, as they spelt it.
    """

    language: str
    source: LanguageSource
    asked: str

    def __str__(self) -> str:
        """Return all three, such as `de (accept-language: de-AT)`."""
        return f"{self.language} ({self.source.value}: {self.asked})"


def choose_language(
    available: Iterable[str],
    *,
    explicit: str | None = None,
    account: str | None = None,
    accept_language: str | None = None,
    content_language: str | None = None,
    domain: str | None = None,
    domain_languages: Mapping[str, str] | None = None,
    default: str = "en",
) -> LanguageChoice:
    """Return the language to write to somebody in.

    Args:
        available: The languages that there are.
        explicit: What the caller insists on.
        account: What the settings of the account say.
        accept_language: The field of the original message (RFC 4021), tags with
            weights.  A tag with `q=0` is also not guessed below.
        content_language: The field of the original message (RFC 3282), tags.
        domain: The domain of the one who is written to.
        domain_languages: A tag for a domain (`firma.example`) or for all below
            one (`.example`), lower case; the longest that fits decides.
        default: For when nobody knows.

    Raises:
        InvalidValue: `available` is one text.  Nothing that somebody has asked for raises.

    >>> choose_language(["en", "de"], accept_language="nl, de-AT;q=0.8").language
    'de'
    """
    languages = texts(available, "available")
    of_domain = functools.partial(_of_domain, languages=domain_languages or {})
    # who is asked, what they said, how to read it
    steps: tuple[tuple[LanguageSource, str | None, Callable[[str], Iterable[str]]], ...] = (
        (LanguageSource.EXPLICIT, explicit, _alone),
        (LanguageSource.ACCOUNT, account, _alone),
        (LanguageSource.ACCEPT_LANGUAGE, accept_language, parse_accept_language),
        (LanguageSource.CONTENT_LANGUAGE, content_language, parse_content_language),
        (LanguageSource.DOMAIN, domain, of_domain),
    )
    for source, said, read in steps:
        for tag in read(said) if said else ():
            found = look_up_language(tag, languages)
            if found is None:
                continue
            if source in _GUESSES and found in _refused(accept_language or "", languages):
                continue
            return LanguageChoice(language=found, source=source, asked=tag)
    return LanguageChoice(
        language=look_up_language(default, languages) or default,
        source=LanguageSource.DEFAULT,
        asked=default,
    )


# What is concluded from circumstances, so that a refusal counts against it.
_GUESSES = frozenset({LanguageSource.CONTENT_LANGUAGE, LanguageSource.DOMAIN})


def _alone(tag: str) -> tuple[str]:
    return (tag,)


def _refused(accept_language: str, languages: tuple[str, ...]) -> set[str | None]:
    refused = {look_up_language(tag, languages) for tag in refused_languages(accept_language)}
    wanted = parse_accept_language(accept_language)
    return refused.difference(look_up_language(tag, languages) for tag in wanted)


def _of_domain(domain: str, languages: Mapping[str, str]) -> Iterator[str]:
    if not languages or len(domain) > _LONGEST_DOMAIN:
        return
    rest = domain.lower().rstrip(".")
    while rest:
        if tag := languages.get(rest):
            yield tag
        # firma.example, then .example, and so on up.
        dot = rest.find(".", 1)
        rest = rest[dot:] if dot > 0 else ""


# What a reader of a language reads as well, where it is not there: the forms of
# Norwegian, and the written language of what is mostly spoken (the extlangs of
# RFC 5646's registry).
_CHINESE = "cdo cjy cmn cnp cpx csp czh czo gan hak hsn lzh mnp nan wuu yue"
_ARABIC = (
    "aao abh abv acm acq acw acx acy adf aeb aec afb apc apd arb arq ars ary arz auz avl"
    " ayh ayl ayn ayp pga shu ssh"
)
_NEAREST: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_CHINESE.split(), ("zh",)),
    **dict.fromkeys(_ARABIC.split(), ("ar",)),
    "nb": ("no", "nn"),
    "nn": ("no", "nb"),
    "no": ("nb", "nn"),
}


def look_up_language(tag: str, available: Iterable[str]) -> str | None:
    """Return what there is for a tag, or `None`.

    Another region is taken if there is nothing nearer (`pt-PT` may get `pt_BR`),
    another script never (`zh-TW` does not get `zh_Hans`).

    Args:
        tag: In any spelling.
        available: The languages that there are, in any spelling; of two that fit
            as well as each other, the first is taken.

    Raises:
        InvalidValue: `available` is one text.  No tag raises.

    >>> look_up_language("de_AT.UTF-8", ["en", "de"])
    'de'
    """
    languages = texts(available, "available")
    if tag in languages:  # most are, and Babel is not loaded for them
        return tag
    asked = read_tag(tag)
    if asked is None:
        return None
    readable = (asked.language, *_NEAREST.get(asked.language, ()))
    fitting = [
        (readable.index(each.language), *_distance(asked, each), index)
        for index, each in enumerate(_tags(languages))
        if each is not None and each.language in readable and each.script == asked.script
    ]
    return languages[min(fitting)[-1]] if fitting else None


@functools.lru_cache(maxsize=16)
def _tags(languages: tuple[str, ...]) -> tuple[LanguageTag | None, ...]:
    return tuple(map(read_tag, languages))


def _distance(asked: LanguageTag, has: LanguageTag) -> tuple[int, int]:
    """Return how far apart two tags of one language and script are."""
    if asked.stated == has.stated:
        return 0, 0
    likely = read_tag(f"{has.language}_{has.script}")
    regions = (asked.region, *parent_regions(asked), likely.region if likely else "")
    place = regions.index(has.region) if has.region in regions else len(regions)
    return 1 + place, len(set(has.variants) ^ set(asked.variants))


# ISO 15924's scripts that are written from right to left, as far as CLDR has a
# language for them.
_RTL = (
    "Adlm Arab Armi Avst Chrs Cprt Elym Hatr Hebr Hung Khar Lydi Mand Mani Mend Merc Mero Narb"
    " Nbat Nkoo Orkh Ougr Palm Phli Phlp Phnx Prti Rohg Samr Sarb Sogd Sogo Syrc Thaa Yezi"
)
_RIGHT_TO_LEFT = frozenset(_RTL.split())


def is_right_to_left(tag: str) -> bool:
    """Whether a language is written from right to left.  Never raises.

    >>> is_right_to_left("ar"), is_right_to_left("ug-Cyrl")
    (True, False)
    """
    read = read_tag(tag)
    return read is not None and read.script in _RIGHT_TO_LEFT


def language_name(tag: str, in_language: str = "en") -> str:
    """Return what a language is called in a language; the tag itself if unknown.

    Never raises.

    >>> language_name("pt_BR"), language_name("de", "fr")
    ('Brazilian Portuguese', 'allemand')
    """
    read, reader = read_tag(tag), read_tag(in_language)
    if read is None:
        return tag
    locale = reader and _locale(reader)
    if locale is None:
        return tag
    names = locale.languages
    _, *details = read.stated.split("_")
    if not details or read.stated in names:
        return str(names.get(read.stated, tag))
    if read.language not in names:
        return tag
    shown = (locale.scripts.get(each) or locale.territories.get(each) or each for each in details)
    return f"{names[read.language]} ({', '.join(shown)})"


def _locale(tag: LanguageTag) -> Locale | None:
    from babel.core import Locale, UnknownLocaleError

    for name in (tag.stated, f"{tag.language}_{tag.script}", tag.language):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return None
