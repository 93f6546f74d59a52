"""What to say about a code, a number, a date, in the reader's language.

The sentences come from the language's catalogue, the forms of dates, sizes,
durations and lists from Unicode's CLDR by way of Babel, which is loaded when
the first language is used.

Rules.
- Nothing here fails: what a catalogue lacks is said in English, and a code that
  nobody registered as far as its numbers tell (RFC 3463 s2).
- In a language written from right to left, what is not (an address, a code, a
  name of a server) is set apart by isolates (UAX #9 s2.3), so that neither side
  pulls the other's punctuation over.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.language.choose import is_right_to_left, language_name
from dsnlib.compose.shipped import shipped_catalogue
from dsnlib.compose.texts import ADVICE, PHRASES, TITLES
from dsnlib.model.registry import look_up
from dsnlib.model.status import EnhancedStatusCode, StatusClass

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from babel import Locale  # noqa: TC004  loaded when the first language is used

__all__ = ["Wording", "shipped_wording"]

# FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE
_FSI, _PDI = "\u2068", "\u2069"
# Where a language alone does not say which country's dates are meant: the forms
# that are understood everywhere, and no two of which can be mistaken.
_LOCALES = {"en": "en_GB", "zh_Hans": "zh_Hans_CN"}
# Written without spaces between sentences.
_UNSPACED = frozenset({"ja", "zh_Hans", "zh_Hant", "zh"})
# How these languages write their "and" before what is not in their own letters,
# which CLDR does not know: with a hyphen, with spaces.
_AND_BEFORE_LATIN = {"he": ("ו", "ו-"), "zh_Hans": ("和", " 和 ")}
_MEGABYTE = 1_000_000
_UNITS = ((1_000_000_000, "gigabyte"), (_MEGABYTE, "megabyte"), (1000, "kilobyte"))


@attrs.frozen(eq=False)
class Wording:
    """The words of one language.

    Args:
        language: As the folders of catalogues are named: `de`, `pt_BR`.
        catalogue: Its sentences.
        locale: The forms of its dates and numbers; the language's own if not
            given, or English ones if CLDR has none.
    """

    language: str
    catalogue: Catalogue = attrs.field(repr=False)
    locale: Locale = attrs.field(repr=False, kw_only=True)
    is_right_to_left: bool = attrs.field(init=False)
    """Whether the language is written from right to left."""
    date_forms: tuple[Any, Any] = attrs.field(init=False, repr=False)
    """The form of a date and that of an hour, as Babel takes them."""
    _phrases: dict[str, str] = attrs.field(init=False, repr=False)

    @locale.default
    def _default_locale(self) -> Locale:
        from babel import Locale, UnknownLocaleError

        name = self.language.replace("-", "_")
        try:
            return Locale.parse(_LOCALES.get(name, name))
        except (UnknownLocaleError, ValueError):  # a language of a site that CLDR has not
            return Locale.parse(_LOCALES["en"])

    @is_right_to_left.default
    def _default_direction(self) -> bool:
        return is_right_to_left(self.language)

    @_phrases.default
    def _default_phrases(self) -> dict[str, str]:
        message = self.catalogue.message
        return {
            name: message(f"phrase {name}", text)
            for name, text in PHRASES.items()
            if isinstance(text, str)
        }

    @date_forms.default
    def _default_date_forms(self) -> tuple[Any, Any]:
        from babel.dates import get_date_format, parse_pattern

        # Hours from 0 to 23, which nobody mistakes, as the language writes them.
        time = self.locale.datetime_skeletons.get("Hm") or parse_pattern("HH:mm")
        return get_date_format("long", locale=self.locale), time

    def phrase(self, name: str, **values: str) -> str:
        """Return the sentence of `texts.PHRASES` with that name.

        Args:
            name: That of one without a number of things.
            values: What the names in the sentence stand for.

        Raises:
            KeyError: There is no such sentence, or no value for a name in it.
        """
        sentence = self._phrases[name]
        return sentence % values if values else sentence

    def counted(self, name: str, count: int) -> str:
        """Return the sentence of that name for a number of things.

        Raises:
            KeyError: There is no such sentence.
        """
        pair = PHRASES[name]
        assert isinstance(pair, tuple)  # noqa: S101  the caller names one with a number
        singular, plural = pair
        sentence = self.catalogue.plural(f"phrase {name}", singular, plural, count)
        return sentence % {"count": self.number(count)}

    def title(self, status: EnhancedStatusCode) -> str:
        """Return what happened, in one sentence."""
        return _said_of(self, status)[0]

    def advice(self, status: EnhancedStatusCode) -> str:
        """Return what the sender can do about it, in one sentence."""
        return _said_of(self, status)[1]

    def sentences(self, *texts: str) -> str:
        """Return sentences one after the other, spaced as the language does."""
        return ("" if self.language in _UNSPACED else " ").join([each for each in texts if each])

    def isolated(self, text: str) -> str:
        """Return a name, code or address so that it keeps its direction."""
        return f"{_FSI}{text}{_PDI}" if self.is_right_to_left and text else text

    def date(self, when: dt.datetime) -> str:
        """Return a time as `22 November 2026 at 10:04`, in its own zone.

        A time in UTC says so; one in another zone is taken for the reader's.
        """
        text = _date_text(self, when.replace(second=0, microsecond=0, tzinfo=None))
        return text if when.utcoffset() else f"{text} UTC"

    def duration(self, span: dt.timedelta) -> str:
        """Return a span of time as `4 hours`: a whole number of its largest unit."""
        from babel.dates import format_timedelta

        return format_timedelta(span, granularity="minute", locale=self.locale)

    def size(self, octets: int) -> str:
        """Return a size as `12 MB`, rounded to two figures."""
        from babel.units import format_unit

        for scale, unit in _UNITS:
            if octets >= scale:
                value = octets / scale
                number = round(value, 0 if value >= 10 else 1)
                return format_unit(number, unit, length="short", locale=self.locale)
        return format_unit(octets, "byte", length="short", locale=self.locale)

    def number(self, value: int) -> str:
        """Return a whole number with the language's separators."""
        if -1000 < value < 1000:
            return str(value)
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self.locale)

    def listing(self, items: Sequence[str]) -> str:
        """Return a list as `a, b and c`; `""` if it is empty."""
        if len(items) < 2:
            return "".join(items)
        from babel.lists import format_list

        text = format_list(items, locale=self.locale)
        before, joined = _AND_BEFORE_LATIN.get(self.language, ("", ""))
        return text.replace(f"{before}{items[-1]}", f"{joined}{items[-1]}") if before else text

    def name_of(self, language: str) -> str:
        """Return what this language calls another one."""
        return language_name(language, self.language)


# A mail system writes about the mail of the same hours again and again.
@functools.lru_cache(maxsize=1024)
def _date_text(wording: Wording, minute: dt.datetime) -> str:
    date, time = wording.date_forms
    return wording.phrase(
        "date-at-time",
        date=date.apply(minute, wording.locale),
        time=time.apply(minute, wording.locale),
    )


@functools.cache
def shipped_wording(language: str) -> Wording:
    """Return the words of one of the languages that come with the library.

    Raises:
        LookupError: It is none of them.
    """
    return Wording(language, shipped_catalogue(language))


# Few codes make most of the bounces.
@functools.lru_cache(maxsize=2048)
def _said_of(wording: Wording, status: EnhancedStatusCode) -> tuple[str, str]:
    """Return title and advice for a code."""
    key = _key(status)
    if key is None:
        class_ = 4 if status.class_ is StatusClass.TRANSIENT else 5
        return wording.phrase(f"reason-{class_}"), wording.phrase(f"advice-{class_}")
    message = wording.catalogue.message
    return message(f"{key} title", TITLES[key]), message(f"{key} advice", ADVICE[key])


def _key(status: EnhancedStatusCode) -> str | None:
    """Find the key of the texts for a code: its own, or that of its subject."""
    for detail in (status.detail, 0):
        entry = look_up(EnhancedStatusCode(status.class_, status.subject, detail))
        # What is only ever a success explains no failure.
        if entry is not None and (
            status.class_ is StatusClass.SUCCESS or entry.classes != (StatusClass.SUCCESS,)
        ):
            return f"X.{entry.subject}.{entry.detail}"
    return None
