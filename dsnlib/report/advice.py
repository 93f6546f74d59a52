"""What to do about bounces, chosen by rules from their numbers.

Each rule looks at one group of reasons, or at one number, and says something only where it
matters: a tenth of the failures, and not a mere handful.

Rules.
- An advice comes with the numbers that led to it; without numbers nothing is advised.
- The most urgent is the first: what harms the standing of the sender, then what harms most
  deliveries.
- The same numbers give the same advice: no clock, no language.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason
from dsnlib.report.bins import Bin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.bounces.summary import Summary
    from dsnlib.report.figures import Figures

__all__ = ["RULES", "Advice", "AdviceRule", "Ground", "advise"]


@attrs.frozen(kw_only=True)
class Ground:
    """Numbers that lead to an advice.

    Args:
        form: How they are told: the name of a text in `compose.report_texts`.
        count: How many.
        total: Of how many; for `at-time`, how many are usual.
        provider: At which provider; `None` if at all.
        period: In which time; `None` if in all.
    """

    form: str
    count: int
    total: int
    provider: str | None = None
    period: Bin | None = None


@attrs.frozen
class Advice:
    """One thing to do.

    Args:
        code: What: the name of its text in `compose.report_texts`, without its `do`.
        grounds: Why, the greatest number first.
    """

    code: str
    grounds: tuple[Ground, ...] = ()


class AdviceRule(NamedTuple):
    """When to advise what.

    Args:
        code: What is advised.
        reasons: The failures that count.
        share: From which share of all failures on.
        is_by_provider: Whether it is said of the providers where it holds, one by one.
    """

    code: str
    reasons: frozenset[Reason]
    share: float = 0.1
    is_by_provider: bool = False


# All thresholds are chosen by us.  Where a share is smaller than a tenth, it is because
# large providers act upon less: Google and Yahoo ask bulk senders for less than 0.3 % of
# complaints (https://support.google.com/a/answer/81126), and a block is never normal.
_LEAST = 10
_COMPLAINTS_SHARE = 0.001
_DELIVERIES = (EventKind.SUCCESS, EventKind.RELAYED, EventKind.EXPANDED)
_BLOCKED_SHARE = 0.02
_SURGE = 4
_FEWEST_BINS = 4
_REPEATED = 5
_RECENT_DAYS = 30
_MOST_PROVIDERS = 3

RULES = (
    AdviceRule(
        "blocked",
        frozenset({Reason.BLOCKED_HOST, Reason.BAD_REPUTATION}),
        _BLOCKED_SHARE,
        is_by_provider=True,
    ),
    AdviceRule(
        "authenticate",
        frozenset({Reason.AUTHENTICATION_FAILED}),
        0.02,
    ),
    AdviceRule("name", frozenset({Reason.NO_REVERSE_NAME}), 0.01),
    AdviceRule("clean", frozenset({Reason.UNKNOWN_USER, Reason.BAD_RECIPIENT_SYNTAX})),
    AdviceRule(
        "slower",
        frozenset({Reason.RATE_LIMITED, Reason.TOO_MANY_RECIPIENTS}),
        0.05,
        is_by_provider=True,
    ),
    AdviceRule(
        "content",
        frozenset({Reason.SPAM_CONTENT, Reason.VIRUS, Reason.BAD_CONTENT, Reason.BAD_FORMAT}),
        0.05,
        is_by_provider=True,
    ),
    AdviceRule(
        "sender",
        frozenset({Reason.BAD_SENDER, Reason.RELAY_DENIED, Reason.NOT_AUTHENTICATED}),
        0.05,
    ),
    AdviceRule("encrypt", frozenset({Reason.TLS_FAILURE, Reason.NEEDS_TLS}), 0.02),
    AdviceRule(
        "network",
        frozenset(
            {
                Reason.DNS_FAILURE,
                Reason.HOST_UNREACHABLE,
                Reason.CONNECTION_LOST,
                Reason.EXPIRED,
            }
        ),
        0.15,
    ),
    AdviceRule("full", frozenset({Reason.MAILBOX_FULL, Reason.MAILBOX_DISABLED})),
    AdviceRule("domains", frozenset({Reason.HOST_UNKNOWN, Reason.NULL_MX}), 0.05),
    AdviceRule("smaller", frozenset({Reason.MESSAGE_TOO_LARGE}), 0.05),
    AdviceRule("read", frozenset({Reason.UNDEFINED}), 0.2),
)
"""What is looked at in the failures by reason, the most urgent first."""


def advise(summary: Summary, figures: Figures) -> tuple[Advice, ...]:
    """Return what to do, the most urgent first; at least one.  Never raises.

    Args:
        summary: What became of the mail.
        figures: Its numbers.
    """
    advice = (
        *_on_complaints(figures),
        *(each for rule in RULES for each in _on_reasons(rule, figures)),
        *_on_surge(figures),
        *_on_repeated(summary),
    )
    return advice or (Advice("nothing"),)


def _on_reasons(rule: AdviceRule, figures: Figures) -> Iterator[Advice]:
    grounds = _at_providers(rule, figures) if rule.is_by_provider else ()
    count = sum(figures.reasons.get(reason, 0) for reason in rule.reasons)
    if not grounds and _matters(count, figures.failures, rule.share):
        grounds = (Ground(form="of-failures", count=count, total=figures.failures),)
    if grounds:
        yield Advice(rule.code, grounds)


def _at_providers(rule: AdviceRule, figures: Figures) -> tuple[Ground, ...]:
    """Return the providers where it holds: there one can ask."""
    found = []
    for provider, total in figures.providers.items():
        count = sum(figures.provider_reasons.get((provider, reason), 0) for reason in rule.reasons)
        if provider and _matters(count, total, rule.share):
            found.append(Ground(form="at-provider", count=count, total=total, provider=provider))
    found.sort(key=lambda each: (-each.count, each.provider))
    return tuple(found[:_MOST_PROVIDERS])


def _on_complaints(figures: Figures) -> Iterator[Advice]:
    kinds = figures.kinds
    count = kinds[EventKind.COMPLAINT]
    delivered = sum(kinds[kind] for kind in _DELIVERIES)
    # Where nobody reports deliveries, each complaint is one too many.
    if not count or count < _COMPLAINTS_SHARE * delivered:
        return
    form = "of-deliveries" if delivered else "of-complaints"
    yield Advice("complaints", (Ground(form=form, count=count, total=delivered),))


def _on_surge(figures: Figures) -> Iterator[Advice]:
    # A list that is sent to once a week has most of its days without any.
    bins = [each for each in figures.timeline.bins if each.failures]
    if len(bins) < _FEWEST_BINS:
        return
    worst = max(bins, key=lambda each: each.failures)
    usual = int(statistics.median(each.failures for each in bins))
    if worst.failures >= max(_LEAST, _SURGE * usual):
        ground = Ground(form="at-time", count=worst.failures, total=usual, period=worst)
        yield Advice("surge", (ground,))


def _on_repeated(summary: Summary) -> Iterator[Advice]:
    worst = summary.addresses
    # One that failed long ago may be off the list without a word to the history.
    recent = summary.until.toordinal() - _RECENT_DAYS
    count = sum(
        each.suppressed is False and each.failures >= _REPEATED and each.last.toordinal() >= recent
        for each in worst
    )
    if count:
        yield Advice("suppress", (Ground(form="of-addresses", count=count, total=len(worst)),))


def _matters(count: int, total: int, share: float) -> bool:
    return count >= _LEAST and count >= share * total
