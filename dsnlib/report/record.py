"""A report as a record for programs: what `dsnlib report --json` prints.

Rules.
- Within a version keys are only added.
- Days are written as ISO 8601 has them, names are those of the taxonomy; what is not given
  has the name `""`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.report.advice import Advice, Ground, advise
from dsnlib.report.figures import count_figures

if TYPE_CHECKING:
    from dsnlib.bounces.summary import Summary, Worst

__all__ = ["REPORT_VERSION", "report_record"]

REPORT_VERSION = 1


def report_record(summary: Summary) -> dict[str, Any]:
    """Return the numbers of a report, and what is advised.  Never raises.

    Args:
        summary: What became of the mail.
    """
    figures = count_figures(summary)
    return {
        "version": REPORT_VERSION,
        "since": summary.since.isoformat(),
        "until": summary.until.isoformat(),
        "events": figures.events,
        "failures": figures.failures,
        "unread": summary.unread,
        "kinds": {kind.value: count for kind, count in figures.kinds.items()},
        "permanences": {each.value: count for each, count in figures.permanences.items()},
        "faults": {fault.value: count for fault, count in figures.faults.items()},
        "reasons": {reason.value: count for reason, count in figures.reasons.items()},
        "providers": dict(figures.providers),
        "codes": dict(figures.codes),
        "timeline": {
            "unit": figures.timeline.unit,
            "earlier": figures.timeline.earlier,
            "bins": [
                {
                    "since": each.since.isoformat(),
                    "until": each.until.isoformat(),
                    "hard": each.hard,
                    "soft": each.soft,
                    "unknown": each.unknown,
                }
                for each in figures.timeline.bins
            ],
        },
        "addresses": [_worst("address", each) for each in summary.addresses],
        "domains": [_worst("domain", each) for each in summary.domains],
        "suppressed": dict(summary.suppressed),
        "advice": [_advice(each) for each in advise(summary, figures)],
    }


def _worst(name: str, worst: Worst) -> dict[str, Any]:
    return {
        name: worst.name,
        "failures": worst.failures,
        "events": worst.events,
        "reason": None if worst.reason is None else worst.reason.value,
        "last": worst.last.isoformat(),
        "suppressed": worst.suppressed,
    }


def _advice(advice: Advice) -> dict[str, Any]:
    return {"code": advice.code, "grounds": [_ground(each) for each in advice.grounds]}


def _ground(ground: Ground) -> dict[str, Any]:
    period = ground.period
    return {
        "form": ground.form,
        "count": ground.count,
        "total": ground.total,
        "provider": ground.provider,
        "since": None if period is None else period.since.isoformat(),
        "until": None if period is None else period.until.isoformat(),
    }
