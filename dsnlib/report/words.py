"""The words, names, numbers and dates of a report, in one language.

The sentences are `compose.report_texts`, from the catalogue of the language, the forms of
numbers and dates CLDR's by way of Babel.

Rules.
- Nothing here fails: what a catalogue lacks is said in English.
- What a mail said is shown without what turns or hides text, and no longer than a line.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.compose.language.choose import look_up_language
from dsnlib.compose.neutral import neutral_text
from dsnlib.compose.report_texts import REPORT
from dsnlib.compose.shipped import ENGLISH, shipped_languages
from dsnlib.compose.wording import Wording, shipped_wording
from dsnlib.errors import DsnError
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.bounces.summary import Summary
    from dsnlib.report.advice import Ground
    from dsnlib.report.bins import Bin

__all__ = ["Words", "shown", "words_of"]

# Chosen by us: an address has up to 254 characters (RFC 5321 s4.5.3.1.3), and a cell of a
# table on a phone room for a third of them.
_LONGEST_SHOWN = 100
_CUT = "…"
# An axis has room for five digits.
_LONG_NUMBER = 100_000
# Below it a share has one decimal: 0.2 % is not nothing.
_SMALL_SHARE = 0.1
_SMALLEST_SHARE = 0.001
_PERMANENCES = {
    Permanence.HARD: "hard",
    Permanence.SOFT: "soft",
    Permanence.UNKNOWN: "not-known",
}
# What providers call themselves, where that is not their name here with a capital.
_PROVIDERS = {
    "mail.ru": "Mail.ru",
    "ionos": "IONOS",
    "t-online": "T-Online",
    "qq": "QQ",
    "netease": "NetEase",
    "kddi": "KDDI",
    "secureserver": "GoDaddy",
}


def shown(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """Return what a stranger wrote, on one harmless line and cut, which shows.

    >>> shown("a" * 200, 10)
    'aaaaaaaaa…'

    Never raises.
    """
    # Cut before it is looked at: a text may be of any length.
    if len(text) > longest:
        text = text[: longest - 1] + _CUT
    return neutral_text(text)


@attrs.frozen
class Words:
    """What a report says in one language.

    Args:
        wording: The words of notifications in that language.
    """

    wording: Wording

    @property
    def tag(self) -> str:
        """The language as HTML names it, such as `pt-BR`."""
        return self.wording.language.replace("_", "-")

    @property
    def direction(self) -> str:
        """How it is written, `ltr` or `rtl`."""
        return "rtl" if self.wording.is_right_to_left else "ltr"

    def say(self, name: str, /, **values: str) -> str:
        """Return the text of `REPORT` with that name, one without a number of things.

        Args:
            name: That of the text.
            values: What the names in it stand for.

        Raises:
            KeyError: There is no such text, or no value for a name in it.
        """
        text = REPORT[name]
        assert isinstance(text, str)  # noqa: S101  the caller names one without a number
        sentence = self.wording.catalogue.message(f"report {name}", text)
        return sentence % values if values else sentence

    def counted(self, name: str, count: int) -> str:
        """Return the text of that name for a number of things.

        Raises:
            KeyError: There is no such text.
        """
        pair = REPORT[name]
        assert isinstance(pair, tuple)  # noqa: S101  the caller names one with a number
        sentence = self.wording.catalogue.plural(f"report {name}", *pair, count)
        return sentence % {"count": self.number(count)}

    def sentences(self, *texts: str) -> str:
        """Return sentences one after the other, spaced as the language does.  Never raises."""
        return self.wording.sentences(*texts)

    def number(self, value: int) -> str:
        """Return a whole number: `12,345`."""
        return str(format_decimal(value, locale=self.wording.locale))

    def ticks(self, values: Sequence[float]) -> list[str]:
        """Return the whole numbers of an axis: `5,000`, or where one is long, all as `1.5M`."""
        if max(values, default=0) < _LONG_NUMBER:
            return [self.number(int(value)) for value in values]
        locale = self.wording.locale
        return [format_compact_decimal(value, locale=locale, fraction_digits=1) for value in values]

    def percent(self, part: int, whole: int) -> str:
        """Return a share: `22%`, below a tenth with one decimal; `""` of nothing."""
        if not whole:
            return ""
        share = part / whole
        if not part or share >= _SMALL_SHARE:
            return format_percent(share, locale=self.wording.locale)
        small = max(share, _SMALLEST_SHARE)
        text = format_percent(small, format=self._decimal_percent(), locale=self.wording.locale)
        return f"<{text}" if share < _SMALLEST_SHARE else text

    def _decimal_percent(self) -> str:
        # CLDR has only the form without decimals: where % stands is the language's.
        return str(self.wording.locale.percent_formats[None].pattern).replace("0", "0.0", 1)

    def day(self, day: dt.date) -> str:
        """Return a day: `3 May 2026`."""
        return format_date(day, "medium", locale=self.wording.locale)

    def period(self, since: dt.date, until: dt.date, skeleton: str = "yMMMd") -> str:
        """Return the days from one to another, both included: `3-9 May 2026`."""
        if since == until:
            return self.day(since)
        return format_interval(since, until, skeleton, locale=self.wording.locale)

    def span_of(self, summary: Summary) -> str:
        """Return the days of a report; `""` if there are none, as nothing was found.

        Never raises.
        """
        if summary.since == dt.date.min:
            return ""
        return self.period(summary.since, summary.until, "yMMMMd")

    def bin(self, each: Bin) -> str:
        """Return the name of a bin of a chart: a day, some days, a month, a year."""
        if each.unit in _SKELETONS:
            return format_skeleton(_SKELETONS[each.unit], each.since, locale=self.wording.locale)
        return self.period(each.since, each.until)

    def tick(self, each: Bin) -> str:
        """Return a short name of a bin of a chart, for where others stand beside it."""
        skeleton = _SKELETONS.get(each.unit, "MMMd")
        return format_skeleton(skeleton, each.since, locale=self.wording.locale)

    def date(self, when: dt.datetime) -> str:
        """Return a time: `22 November 2026 at 10:04 UTC`."""
        return self.wording.date(when)

    def ground(self, ground: Ground) -> str:
        """Return the numbers that lead to an advice."""
        values = {
            "count": self.number(ground.count),
            "total": self.number(ground.total),
            "usual": self.number(ground.total),
            "share": self.percent(ground.count, ground.total),
        }
        if ground.period is not None:
            values["period"] = self.bin(ground.period)
        if ground.provider is not None:
            values["provider"] = self.wording.isolated(self.provider(ground.provider))
        return self.say(ground.form, **values)

    def reason(self, reason: Reason | None) -> str:
        """Return the name of a reason."""
        return self.say(f"reason {(reason or Reason.UNDEFINED).value}")

    def fault(self, fault: Fault) -> str:
        """Return whose fault it is."""
        return self.say("not-known" if fault is Fault.UNKNOWN else f"fault {fault.value}")

    def permanence(self, permanence: Permanence) -> str:
        """Return whether it lasts."""
        return self.say(_PERMANENCES[permanence])

    def provider(self, provider: str) -> str:
        """Return the name of a provider, `Google`.  Never raises."""
        if not provider:
            return self.say("other-providers")
        return shown(_PROVIDERS.get(provider) or provider[:1].upper() + provider[1:], 40)

    def source(self, source: str) -> str:
        """Return why an address is suppressed.  Never raises."""
        if source == "complaint":
            return self.say("complaints")
        name = f"source {source}"
        return self.say(name) if name in REPORT else shown(source, 40)

    def meaning(self, status: str) -> str:
        """Return what a status code means; `""` for what is none.  Never raises."""
        try:
            code = EnhancedStatusCode.parse(status)
        except DsnError:
            return ""
        return self.wording.title(code)


_SKELETONS = {"month": "yMMM", "year": "y"}


def words_of(tag: str) -> Words | None:
    """Return the words of the language that fits a tag, `None` if none does.

    >>> words_of("de-AT").tag
    'de'

    Never raises.
    """
    language = look_up_language(tag, (ENGLISH, *shipped_languages()))
    return None if language is None else Words(shipped_wording(language))
