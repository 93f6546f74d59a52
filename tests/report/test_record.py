"""A report as JSON: keys that stay, numbers that are those of the summary."""

import json

from hypothesis import given

from dsnlib.bounces.summary import Summary
from dsnlib.report.record import REPORT_VERSION, report_record
from tests.report.summaries import busy_summary, failures, summaries, summary_of

KEYS = [
    "version", "since", "until", "events", "failures", "unread", "kinds", "permanences",
    "faults", "reasons", "providers", "codes", "timeline", "addresses", "domains",
    "suppressed", "advice",
]  # fmt: skip


def test_keys() -> None:
    """The keys are those that are documented, in their order."""
    record = report_record(busy_summary())

    assert REPORT_VERSION == record["version"] == 1
    assert list(record) == KEYS
    assert ["address", "failures", "events", "reason", "last", "suppressed"] == list(
        record["addresses"][0]
    )
    assert "domain" == next(iter(record["domains"][0]))


def test_numbers() -> None:
    """A report on one day, key by key."""
    record = report_record(summary_of(failures(12, provider="google")))

    assert {"google": 12} == record["providers"]
    assert {"unknown-user": 12} == record["reasons"]
    assert {"5.1.1": 12} == record["codes"]
    assert {"hard": 12, "soft": 0, "unknown": 0} == record["permanences"]
    assert {
        "unit": "day",
        "earlier": 0,
        "bins": [
            {"since": "2026-01-05", "until": "2026-01-05", "hard": 12, "soft": 0, "unknown": 0}
        ],
    } == record["timeline"]
    assert [
        {
            "code": "clean",
            "grounds": [
                {
                    "form": "of-failures",
                    "count": 12,
                    "total": 12,
                    "provider": None,
                    "since": None,
                    "until": None,
                }
            ],
        }
    ] == record["advice"]


@given(summaries())
def test_is_json(summary: Summary) -> None:
    """Any report is JSON, and reads back as it was."""
    record = report_record(summary)

    assert record == json.loads(json.dumps(record))
