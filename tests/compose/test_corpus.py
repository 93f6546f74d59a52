"""What real systems reported is written again, about real messages, and reads back the same."""

import datetime as dt
from pathlib import Path

import attrs
import pytest

from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.returned import ReturnRules
from dsnlib.compose.shipped import shipped_languages
from dsnlib.model.address import MtaName
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.report import Action, DeliveryReport, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.parse.report import parse_report, read_reports
from dsnlib.policy.plan import DsnPlan
from tests.compose.occasions import REPORTER, TOKEN
from tests.compose.test_bounce import as_values, expected_values

pytestmark = pytest.mark.shared

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
COMPOSER = BounceComposer(reporter=REPORTER, returns=ReturnRules(message_octets=None))


def completed(report: DeliveryReport) -> DeliveryReport:
    """Return a report with what it lacks, and without what nobody could read."""
    message = attrs.evolve(
        report.message,
        reporting_mta=report.message.reporting_mta or MtaName("dns", "mail.example.org"),
        unreadable=(),
    )
    recipients = [_completed(each) for each in report.recipients]
    return attrs.evolve(report, message=message, recipients=recipients, returned=None)


def _completed(fields: RecipientFields) -> RecipientFields:
    is_delayed = fields.action is Action.DELAYED
    return attrs.evolve(
        fields,
        final_recipient=fields.final_recipient or fields.original_recipient,
        action=fields.action or Action.FAILED,
        status=fields.status or EnhancedStatusCode.parse("5.0.0"),
        will_retry_until=fields.will_retry_until if is_delayed else None,
        unreadable=(),
    )


def test_real_reports_are_written_again(shared_corpus: Path) -> None:
    """The strict reader takes each without a defect, with the same values, in any language."""
    languages = shipped_languages()
    count = 0
    for number, path in enumerate(sorted(shared_corpus.rglob("*.eml"))):
        original = path.read_bytes()
        for report in map(completed, read_reports(original)):
            envelope = Envelope(sender="", recipients=(Recipient("ann@example.org"),))

            octets = COMPOSER.compose(
                DsnPlan(report=report, envelope=envelope),
                original,
                now=NOW,
                token=TOKEN,
                language=languages[number % len(languages)],
            ).as_bytes()

            written = parse_report(octets)
            values = as_values(attrs.evolve(written, returned=None))
            assert expected_values(report, is_global=False) == values, path
            assert written.returned is not None
            count += 1
    assert count > 200
