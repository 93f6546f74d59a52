"""What is advised: by which numbers, in which order, and when nothing is."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary, Tally, Worst
from dsnlib.bounces.taxonomy import Reason
from dsnlib.compose.report_texts import REPORT
from dsnlib.report.advice import RULES, Advice, AdviceRule, Ground, advise
from dsnlib.report.figures import count_figures
from tests.report.summaries import SINCE, busy_summary, failures, summaries, summary_of

# Of a reason of which nothing is advised.
OTHER = Reason.GREYLISTED


def advice_on(*tallies: Tally) -> tuple[Advice, ...]:
    """Return what is advised on tallies."""
    summary = summary_of(*tallies)
    return advise(summary, count_figures(summary))


# Each rule with each of its reasons.
CASES = [
    pytest.param(rule, reason, id=f"{rule.code}-{reason.value}")
    for rule in RULES
    for reason in sorted(rule.reasons, key=lambda each: each.value)
]


@pytest.mark.parametrize(("rule", "reason"), CASES)
def test_each_reason(rule: AdviceRule, reason: Reason) -> None:
    """A reason leads to its advice from the share of the rule on, and not below it."""
    total = 10_000
    enough = int(rule.share * total)
    ground = Ground(form="of-failures", count=enough, total=total)
    there = failures(enough, reason=reason), failures(total - enough, reason=OTHER)
    below = failures(enough - 1, reason=reason), failures(total - enough + 1, reason=OTHER)

    assert (Advice(rule.code, (ground,)),) == advice_on(*there)
    assert (Advice("nothing"),) == advice_on(*below)


def test_a_handful_is_no_reason() -> None:
    """Nine failures of one kind are no pattern, whatever their share."""
    assert (Advice("nothing"),) == advice_on(failures(9))
    assert "clean" == advice_on(failures(10))[0].code


def test_providers() -> None:
    """A provider that refuses is named, the one with most first; others are not."""
    blocked: dict[str, Any] = {"reason": Reason.BLOCKED_HOST}
    found = advice_on(
        failures(30, provider="microsoft", **blocked),
        failures(970, provider="microsoft", reason=OTHER),
        failures(50, provider="google", **blocked),
        failures(950, provider="google", reason=OTHER),
        failures(10, provider="yahoo", **blocked),
        failures(990, provider="yahoo", reason=OTHER),
        failures(10, provider="", **blocked),
    )

    assert (
        Advice(
            "blocked",
            (
                Ground(form="at-provider", count=50, total=1000, provider="google"),
                Ground(form="at-provider", count=30, total=1000, provider="microsoft"),
            ),
        ),
    ) == found


def test_most_providers() -> None:
    """No more than three are named."""
    (found,) = advice_on(
        *(failures(99, provider=name, reason=Reason.RATE_LIMITED) for name in "abcd")
    )

    assert ["a", "b", "c"] == [each.provider for each in found.grounds]


@pytest.mark.parametrize(
    ("complaints", "delivered", "form"),
    [
        (1, 0, "of-complaints"),
        (1, 1000, "of-deliveries"),
        (1, 1001, None),
        (0, 0, None),
    ],
)
def test_complaints(complaints: int, delivered: int, form: str | None) -> None:
    """One complaint for a thousand deliveries is urgent; each is, if nobody counts those."""
    found = advice_on(
        failures(complaints, kind=EventKind.COMPLAINT),
        failures(delivered, kind=EventKind.SUCCESS),
    )
    expected = Advice("nothing")
    if form is not None:
        expected = Advice("complaints", (Ground(form=form, count=complaints, total=delivered),))

    assert (expected,) == found


def test_surge() -> None:
    """A day with four times as many failures as usual is told, with its number."""
    days = [SINCE + dt.timedelta(days=number) for number in range(5)]
    usual = [failures(10, day, reason=OTHER) for day in days[:4]]
    (advice,) = advice_on(*usual, failures(40, days[4], reason=OTHER))
    (ground,) = advice.grounds

    assert ("surge", "at-time", 40, 10) == (advice.code, ground.form, ground.count, ground.total)
    assert ground.period is not None
    assert days[4] == ground.period.since
    assert (Advice("nothing"),) == advice_on(*usual, failures(39, days[4], reason=OTHER))


def test_no_surge_in_a_short_time() -> None:
    """Where three days are all there is, none of them is unusual."""
    days = [SINCE + dt.timedelta(days=number) for number in range(3)]

    assert (Advice("nothing"),) == advice_on(
        *(failures(10 ** (place + 1), day, reason=OTHER) for place, day in enumerate(days))
    )


def test_no_surge_of_a_weekly_letter() -> None:
    """Days on which nothing was sent are not what is usual."""
    weekly = [failures(30, SINCE + dt.timedelta(weeks=number), reason=OTHER) for number in range(6)]
    assert (Advice("nothing"),) == advice_on(*weekly)


def test_addresses_that_were_written_to_once() -> None:
    """What failed more than a month ago may be off the list."""
    for days, expected in ((30, "suppress"), (31, "nothing")):
        last = SINCE - dt.timedelta(days=days)
        worst = (Worst("a@example.org", 9, 9, OTHER, last, suppressed=False),)
        summary = Summary(since=last, until=SINCE, addresses=worst)
        assert [expected] == [each.code for each in advise(summary, count_figures(summary))]


def test_addresses_that_are_still_written_to() -> None:
    """Five failures of an address that is not suppressed are enough."""
    worst = tuple(
        Worst(f"{name}@example.org", count, count, OTHER, SINCE, suppressed)
        for name, count, suppressed in (("a", 5, False), ("b", 4, False), ("c", 9, True))
    )
    summary = Summary(since=SINCE, until=SINCE, addresses=worst)
    ground = Ground(form="of-addresses", count=1, total=3)

    assert (Advice("suppress", (ground,)),) == advise(summary, count_figures(summary))


def test_order() -> None:
    """What harms the sender's standing comes before what only fails."""
    summary = busy_summary()
    codes = [each.code for each in advise(summary, count_figures(summary))]

    assert ["complaints", "blocked", "clean", "slower", "full", "surge", "suppress"] == codes


def test_texts() -> None:
    """Each advice and each form of its numbers has its text."""
    codes = {rule.code for rule in RULES} | {"complaints", "surge", "suppress", "nothing"}

    assert {f"do {code}" for code in codes} == {name for name in REPORT if name.startswith("do ")}


@given(summaries())
def test_always_an_advice(summary: Summary) -> None:
    """Whatever the numbers, there is an advice, each once, with numbers that are true."""
    figures = count_figures(summary)
    found = advise(summary, figures)

    assert found
    assert len(found) == len({each.code for each in found})
    assert all(
        ground.count <= figures.events or ground.form == "of-addresses"
        for each in found
        for ground in each.grounds
    )
