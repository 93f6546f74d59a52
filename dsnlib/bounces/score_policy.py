"""How bounces are counted, and when an address has had enough of them.

The names and defaults are those of Mailman where it has the setting, so that a list
moves over as it is (`ScorePolicy.from_mailman`)::

    Mailman 2.1                               Mailman 3          here
    bounce_processing                  Yes    process_bounces    process_bounces
    bounce_score_threshold             5.0    the same      5    the same
    bounce_info_stale_after         7 days    the same     7d    the same
    bounce_you_are_disabled_warnings     3    the same      3    the same
    ..._warnings_interval           7 days    the same     7d    the same
    VERP_PROBES                         No    verp_probes  no    verp_probes
    a hard bounce counts               1.0                  1    hard_weight
    a soft bounce counts               0.5            nothing    soft_weight
    bounce_notify_owner_on_disable            the same           `Verdicts.suppressed`
    bounce_notify_owner_on_removal            the same           `Warned.is_last`
    bounce_unrecognized_goes_to_list_owner    forward_unrecognized_bounces_to
                                                                 who feeds the history

A policy of Mailman 3's leaves `soft_weight` as it is here; 0 makes it the same.

Rules.
- An address grows by the heaviest bounce of a day, never by two: a weight is at most 1,
  so a score is at most the number of its days.
- What counts is a failure that is the recipient's fault, by the event; and whatever its
  fault, a reason in `counted_reasons`: a domain that is gone or takes no mail has taken
  all its addresses with it, also where a reader calls that a fault of the network.
- Never counted by default: what the sender, the message or a network on the way has to
  answer for, and `SUPPRESSED`, by which a provider repeats its own list.
- A delay is no failure and weighs nothing, unless `delay_weight` says so.
- Hard failures stop mail for good, others for 90 days: mailboxes are emptied again.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Self

import attrs

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue
from dsnlib.model.number import require_number, require_whole, show_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["ScorePolicy", "parse_days"]

_DAY = dt.timedelta(days=1)
# A hundred years: what is longer is a mistake, and would leave the calendar.
_LONGEST = 36_525 * _DAY
# days = number [ "d" ]; or a sum of units, as Mailman 3 writes it: 7d3600.0s
_DAYS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s?(?:d|days?)?", re.ASCII)
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_SPAN = re.compile(r"(?:[0-9]{1,6}(?:\.[0-9]{1,6})?[wdhms]){1,5}", re.ASCII)
_PART = re.compile(r"([0-9.]+)([wdhms])")


def _faults(values: Iterable[Fault]) -> frozenset[Fault]:
    return frozenset(values)


def _reasons(values: Iterable[Reason]) -> frozenset[Reason]:
    return frozenset(values)


@attrs.frozen(kw_only=True)
class ScorePolicy:
    """What counts, how much, and what follows.

    Args:
        process_bounces: Whether bounces count at all; complaints do in any case.
        bounce_score_threshold: The score at which an address is probed or suppressed,
            0 or more and finite; at 0 the first failure is enough.
        bounce_info_stale_after: After so long without a failure that counts the score
            begins anew; whole days of UTC are compared.
        bounce_you_are_disabled_warnings: How often somebody is told that mail to him
            is stopped, 0..1000.
        bounce_you_are_disabled_warnings_interval: How long to wait between.
        verp_probes: Whether a message tries the address before it is suppressed; the
            caller sends it.
        hard_weight: What a permanent failure counts, 0..1.
        soft_weight: What a transient failure counts, 0..1.
        unknown_weight: What a failure counts of which neither is known, 0..1.
        delay_weight: What a delay counts, 0..1.
        half_life: After how long a score is half of what it was; `None` for no decay.
        counted_faults: Whose faults count.
        counted_reasons: The reasons that count whatever the fault.
        complaint_suppresses: Whether one complaint (RFC 5965) is enough.
        relayed_grace: How long after a next hop has taken mail a failure may still
            come; whole days.
        probe_wait: How long a bounce of a probe is waited for.
        soft_expires_after: How long soft and unknown failures stop mail; `None` for ever.
        hard_expires_after: How long hard failures do.

    Raises:
        InvalidValue: A number is out of range, or one that counts is not whole; the
            message names it.
    """

    process_bounces: bool = True
    bounce_score_threshold: float = 5.0
    bounce_info_stale_after: dt.timedelta = 7 * _DAY
    bounce_you_are_disabled_warnings: int = 3
    bounce_you_are_disabled_warnings_interval: dt.timedelta = 7 * _DAY
    # Off, as in Mailman: a probe that nobody sends would let mail go on for ever.
    verp_probes: bool = False
    hard_weight: float = 1.0
    soft_weight: float = 0.5
    unknown_weight: float = 0.5
    delay_weight: float = 0.0
    half_life: dt.timedelta | None = None
    counted_faults: frozenset[Fault] = attrs.field(
        default=frozenset({Fault.RECIPIENT}), converter=_faults
    )
    counted_reasons: frozenset[Reason] = attrs.field(
        default=frozenset({Reason.HOST_UNKNOWN, Reason.NULL_MX}), converter=_reasons
    )
    complaint_suppresses: bool = True
    relayed_grace: dt.timedelta = 3 * _DAY
    probe_wait: dt.timedelta = 7 * _DAY
    soft_expires_after: dt.timedelta | None = 90 * _DAY
    hard_expires_after: dt.timedelta | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("hard_weight", "soft_weight", "unknown_weight", "delay_weight"):
            require_number(getattr(self, name), name, least=0, most=1)
        require_number(self.bounce_score_threshold, "bounce_score_threshold", least=0)
        warnings = self.bounce_you_are_disabled_warnings
        require_whole(warnings, "bounce_you_are_disabled_warnings", least=0, most=1000)
        for name, least in _SPANS.items():
            span: dt.timedelta | None = getattr(self, name)
            if span is not None:
                _check_days(name, span / _DAY, least)

    def weigh(self, event: BounceEvent) -> float:
        """Return what an event adds to the score of its day, 0 if it does not count.

        Never raises.
        """
        if event.kind is EventKind.FAILURE:
            weight: float = getattr(self, _WEIGHTS[event.permanence])
        elif event.kind is EventKind.DELAY:
            weight = self.delay_weight
        else:
            return 0.0
        counts = event.fault in self.counted_faults or event.reason in self.counted_reasons
        return weight if counts and self.process_bounces else 0.0

    def expires_after(self, permanence: Permanence) -> dt.timedelta | None:
        """Return how long failures of a kind stop mail, `None` for ever.  Never raises."""
        is_hard = permanence is Permanence.HARD
        return self.hard_expires_after if is_hard else self.soft_expires_after

    @classmethod
    def from_mailman(cls, settings: Mapping[str, Any]) -> Self:
        """Return the policy of a list of Mailman's, 2.1 or 3.

        Args:
            settings: The configuration of the list, such as Mailman 3's REST interface
                gives it under `/lists/LIST/config`.  Keys that say nothing of scores
                are passed over.

        Raises:
            InvalidValue: A value is none that its key can have; the message names it.

        >>> policy = ScorePolicy.from_mailman({"bounce_info_stale_after": "14d"})
        >>> policy.bounce_info_stale_after.days
        14
        """
        found: dict[str, Any] = {}
        for name, (field, read) in _OF_MAILMAN.items():
            if name in settings:
                try:
                    found[field] = read(settings[name])
                except (KeyError, OverflowError, TypeError, ValueError) as error:
                    message = f"{name}: {show_number(settings[name])} is none of its values"
                    raise InvalidValue(message, value=settings[name]) from error
        return cls(**found)


_WEIGHTS = {
    Permanence.HARD: "hard_weight",
    Permanence.SOFT: "soft_weight",
    Permanence.UNKNOWN: "unknown_weight",
}

# span -> the least number of days it may have
_SPANS = {
    "bounce_info_stale_after": 1,
    "bounce_you_are_disabled_warnings_interval": 1 / 24,
    "half_life": 1 / 24,
    "relayed_grace": 0,
    "probe_wait": 1 / 24,
    "soft_expires_after": 1,
    "hard_expires_after": 1,
}


def _check_days(name: str, days: float, least: float) -> None:
    most = _LONGEST / _DAY
    if not least <= days <= most:
        message = f"{name}: {days:g} days is not in {least:g}..{most:g} days"
        raise InvalidValue(message, value=days)


def parse_days(text: str) -> dt.timedelta:
    """Return the span that a text names: `7`, `7d`, `7 days`, `1d12h`.

    Raises:
        InvalidValue: It names none.
    """
    found = _DAYS.fullmatch(text.strip())
    if found is not None:
        return float(found[1]) * _DAY
    if _SPAN.fullmatch(text.strip()) is None:
        message = f"days: {text!r} is no number of days such as 7, 7d or 1d12h"
        raise InvalidValue(message, value=text)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    return dt.timedelta(seconds=seconds)


def _span(value: object) -> dt.timedelta:
    if isinstance(value, dt.timedelta):
        return value
    # Mailman 2.1 keeps seconds, as a number.
    if isinstance(value, int | float):
        return dt.timedelta(seconds=value)
    return parse_days(str(value))


def _switch(value: object) -> bool:
    return _SWITCHES[str(value).strip().lower()]


_SWITCHES = {
    "1": True, "true": True, "yes": True, "on": True,
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip

# Mailman's name -> ours, and how its values are read
_OF_MAILMAN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "process_bounces": ("process_bounces", _switch),  # 3
    "bounce_processing": ("process_bounces", _switch),  # 2.1
    "bounce_score_threshold": ("bounce_score_threshold", float),
    "bounce_info_stale_after": ("bounce_info_stale_after", _span),
    "bounce_you_are_disabled_warnings": ("bounce_you_are_disabled_warnings", int),
    "bounce_you_are_disabled_warnings_interval": (
        "bounce_you_are_disabled_warnings_interval",
        _span,
    ),
    "verp_probes": ("verp_probes", _switch),  # 3: of the site, [mta]
}
