"""Notifications that Postfix wrote, written again with its own templates: the same letters."""

import datetime as dt
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import attrs
import pytest

from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.template import load_templates
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.parse.report import read_reports
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.reporter import Reporter

pytestmark = pytest.mark.shared

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def letter_of(message: EmailMessage) -> str:
    """Return the text before the recipients."""
    octets = next(message.iter_parts()).get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets.decode("utf-8", "replace").replace("\r", "").partition("\n<")[0]


def test_the_letters_are_the_same(shared_corpus: Path) -> None:
    """Octet for octet, in every notification that goes to a sender."""
    postfix = shared_corpus.parent.parent / "postfix"
    builtin = (postfix / "golden" / "templates" / "builtin.dump").read_bytes()
    library = TemplateLibrary(plain=load_templates(builtin, origin="builtin", postfix=True))
    main_cf = Parameters.parse((postfix / "config" / "main.cf").read_bytes())
    count = 0
    for path in sorted((postfix / "golden" / "dsn").glob("*/dsn*.eml")):
        settings = path.parent / "settings.txt"
        parameters = main_cf
        if settings.exists():
            lines = [line.partition("=") for line in settings.read_text("utf-8").splitlines()]
            parameters = main_cf.override(
                {name.strip(): value.strip() for name, equals, value in lines if equals}
            )
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        reports = read_reports(path.read_bytes())
        if (
            not reports
            or "Postmaster" in message["Subject"]
            or "bounce_template_file" in dict(parameters.settings)
        ):
            continue
        report = attrs.evolve(reports[0], returned=None)
        host = report.message.reporting_mta
        assert host is not None
        composer = BounceComposer(
            reporter=Reporter.parse(host.name), library=library, parameters=parameters
        )
        envelope = Envelope(sender="", recipients=(Recipient("a@b.example"),))

        ours = composer.compose(
            DsnPlan(report=report, envelope=envelope), b"", now=NOW, token="0123456789"
        ).as_email_message()

        assert letter_of(message) == letter_of(ours), path
        count += 1
    assert count > 80
