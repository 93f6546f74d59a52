"""Language tags: taken apart, in their present spelling, and completed.

The grammar::

    langtag = language ["-" script] ["-" region] *("-" variant)
              *("-" extension) ["-" privateuse]          RFC 5646 s2.1
    posix   = language ["_" region] ["." charset] ["@" modifier]

The grammar has languages of four to eight letters as well.  None is registered,
so `english` and `POSIX` are no tags here.

Rules.  Old codes are read as what replaced them (`iw` is `he`), an extlang as
the language it is (`zh-yue` is `yue`), and what is missing is completed with
CLDR's likely subtags (`zh-TW` is written in `Hant`).  Text that is no tag, or a
tag that names no language (`C`, `x-private`, `*`), gives `None`; nothing raises.

Babel has the data and is loaded with the first tag.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LONGEST_TAG", "LanguageTag", "parent_regions", "read_tag"]

# Chosen by us: the longest registered tag has 35 characters (RFC 5646 s4.4.1).
LONGEST_TAG = 64

_TAG = re.compile(
    r"""
    (?P<language> [a-z]{2,3} ) (?P<extlang> - [a-z]{3} )? (?: - [a-z]{3} ){0,2}
    (?: - (?P<script> [a-z]{4} ) )?
    (?: - (?P<region> [a-z]{2} | [0-9]{3} ) )?
    (?P<variants> (?: - (?: [a-z0-9]{5,8} | [0-9][a-z0-9]{3} ) )* )
    (?: - [a-z0-9] - .* )?
    """,
    re.VERBOSE | re.ASCII,
)
_REGION = re.compile(r"[A-Z]{2}|[0-9]{3}", re.ASCII)
_LONGEST_CHAIN = 4
# The tags of RFC 1766 that the grammar does not read (RFC 5646 s2.2.8), as what
# the registry prefers; the others name nothing that anybody writes mail in.
_GRANDFATHERED = {
    "art-lojban": "jbo",
    "en-gb-oed": "en-gb",
    "i-ami": "ami",
    "i-bnn": "bnn",
    "i-hak": "hak",
    "i-klingon": "tlh",
    "i-lux": "lb",
    "i-navajo": "nv",
    "i-pwn": "pwn",
    "i-tao": "tao",
    "i-tay": "tay",
    "i-tsu": "tsu",
    "no-bok": "nb",
    "no-nyn": "nn",
    "zh-guoyu": "zh",
    "zh-hakka": "hak",
    "zh-min": "nan",
    "zh-min-nan": "nan",
    "zh-xiang": "hsn",
}
# Codes for several languages, for none, and for what nobody knows (ISO 639-2).
_NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})
# The modifiers of glibc's locales that name a script.
_MODIFIERS = {"cyrillic": "Cyrl", "devanagari": "Deva", "latin": "Latn"}
# Scripts that differ in style, or are a part of what is always written together.
_SCRIPTS = {
    "Aran": "Arab",
    "Cyrs": "Cyrl",
    "Hang": "Kore",
    "Hira": "Jpan",
    "Hrkt": "Jpan",
    "Kana": "Jpan",
    "Latf": "Latn",
    "Latg": "Latn",
}


class LanguageTag(NamedTuple):
    """A tag with all that is known about it.

    Args:
        language: Lower case, `sr`.
        script: Title case, `Latn`; empty if nobody knows.
        region: Upper case or three digits, `RS`, `419`; empty if nobody knows.
        variants: Lower case, as they were written.
        stated: The tag in its present spelling, not completed: `sr_Latn`.
    """

    language: str
    script: str
    region: str
    variants: tuple[str, ...]
    stated: str


def read_tag(text: str) -> LanguageTag | None:
    """Return the language that `text` names, or `None`.  Never raises.

    >>> tag = read_tag("zh-TW")
    >>> tag.language, tag.script, tag.region, tag.stated
    ('zh', 'Hant', 'TW', 'zh_TW')
    """
    # Nothing long is remembered, or strangers could fill the memory.
    return None if len(text) > LONGEST_TAG else _read_tag(text)


@functools.lru_cache(maxsize=512)
def _read_tag(text: str) -> LanguageTag | None:
    name, _, modifier = text.strip().partition("@")
    name = name.partition(".")[0].lower().replace("_", "-")
    found = _TAG.fullmatch(_GRANDFATHERED.get(name, name))
    if found is None or found["language"] in _NO_LANGUAGE:
        return None
    language = (found["extlang"] or found["language"]).lstrip("-")
    script = (found["script"] or "").title() or _MODIFIERS.get(modifier.lower(), "")
    region = _present_region((found["region"] or "").upper())
    language, script, region = _present_language(language, script, region)
    variants = tuple(found["variants"].split("-")[1:])
    stated = "_".join(filter(None, (language, script, region, *variants)))
    script = _SCRIPTS.get(script, script)
    return LanguageTag(language, *_completed(language, script, region), variants, stated)


def parent_regions(tag: LanguageTag) -> tuple[str, ...]:
    """Return the regions whose language is next to that of `tag`, the nearest first.  Never raises.

    >>> parent_regions(read_tag("es-MX"))
    ('419',)
    """
    parents = _cldr("parent_exceptions")
    regions: list[str] = []
    region = tag.region
    # CLDR's longest chain has two: en_AT, en_150, en_001.
    while region and len(regions) < _LONGEST_CHAIN:
        parent = parents.get(f"{tag.language}_{region}") or parents.get(
            f"{tag.language}_{tag.script}_{region}"
        )
        region = str(parent or "").rpartition("_")[2]
        if not _REGION.fullmatch(region):
            break
        regions.append(region)
    return tuple(regions)


def _present_region(region: str) -> str:
    """Return what a code is called today: `UK` is `GB`, `DD` is `DE`, `840` is `US`."""
    return str(next(iter(_cldr("territory_aliases").get(region, ())), region))


def _present_language(language: str, script: str, region: str) -> tuple[str, str, str]:
    """Return what a code is called today: `iw` is `he`, `sh` is `sr_Latn`."""
    language, *rest = str(_cldr("language_aliases").get(language, language)).split("_")
    for each in rest:
        if _REGION.fullmatch(each):
            region = region or each
        else:
            script = script or each
    return language, script, region


def _completed(language: str, script: str, region: str) -> tuple[str, str]:
    """Return script and region, those that are missing as CLDR finds them likely."""
    if script and region:
        return script, region
    likely = _cldr("likely_subtags")
    found = likely.get("_".join(filter(None, (language, script, region)))) or likely.get(language)
    if found is None:
        return script, region
    _, likely_script, likely_region = found.split("_")
    return script or likely_script, region or likely_region


def _cldr(
    name: Literal["language_aliases", "likely_subtags", "parent_exceptions", "territory_aliases"],
) -> Mapping[str, Any]:
    """Return a table of CLDR's supplemental data."""
    from babel.core import get_global

    return get_global(name)
