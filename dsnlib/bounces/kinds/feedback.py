"""Feedback reports: a recipient who calls a mail spam, or wants no more of it (RFC 5965).

A feedback loop sends them to whoever sent the mail.  A complaint is worth more
to a list manager than a bounce: who complained and gets another mail costs the
standing of the host.

Rules.
- The recipient is who a field names: Original-Rcpt-To (RFC 5965 s3.2), the
  Removal-Recipient of earlier drafts, or what Outlook.com puts in front of the
  mail that it returns.  A To of that mail is what its sender wrote, so it is not
  looked at; a return path with the recipient in it is for correlation.
- A report without a recipient gives no event, but can be read all the same.
- `not-spam` takes a complaint back, and `auth-failure` (RFC 6591) is about the
  signature of a mail: they are no complaints.
"""

from __future__ import annotations

import datetime as dt
import re

import attrs

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.kinds.machine_part import Field, MachinePart, read_machine_part
from dsnlib.model.date import guess_date, require_zone
from dsnlib.model.text import split_comment
from dsnlib.model.texts import texts
from dsnlib.parse.report import read_octets

__all__ = ["Feedback", "parse_address", "read_feedback", "read_feedback_report"]

_TYPES = frozenset({"message/feedback-report"})
# Types that are no complaint: RFC 5965 s7.3's registry.
_NO_COMPLAINTS = frozenset({"not-spam", "auth-failure"})
# The fields that name a recipient, the surest first, and in which part they stand.
_OF_RECIPIENT = ("original-rcpt-to", "removal-recipient")
_OF_RETURNED = ("x-hmxmroriginalrecipient",)
_MOST_RECIPIENTS = 1000
# local-part "@" domain, without a look at their grammar: what a feedback loop has
# made unreadable is still the name of one recipient.
_ADDRESS = re.compile(r'(?:[^\s<>",;:@]++|"[^"\\]*+")@[^\s<>",;:@]++')
_DIALECT = "rfc5965"
_OUTLOOK_DIALECT = "jmrp"


@attrs.frozen(kw_only=True)
class Feedback:
    """A feedback report.

    Args:
        feedback_type: Lower case: `abuse`, `fraud`, `not-spam`.
        recipients: Who it is about, as far as a field says it.
        evidence: Where that stands, one for each recipient.
        original_mail_from: The return path of the mail, `""` if it was null.
        source_ip: The address that the mail came from, as written.
        reported_domains: The domains that are complained of.
        arrival_date: When the mail came, or was received; with a zone.
        user_agent: What wrote the report.
        reporting_mta: The host that got the mail.
        envelope_id: The ENVID of the mail.
        message_id: The Message-ID of the mail, without brackets.
        dialect: The form of the report.

    Raises:
        InvalidValue: One text is given where several are wanted, or
            the time has no zone.
    """

    feedback_type: str
    recipients: tuple[str, ...] = attrs.field(default=(), converter=texts)
    evidence: tuple[Evidence, ...] = ()
    original_mail_from: str | None = None
    source_ip: str | None = None
    reported_domains: tuple[str, ...] = attrs.field(default=(), converter=texts)
    arrival_date: dt.datetime | None = None
    user_agent: str | None = None
    reporting_mta: str | None = None
    envelope_id: str | None = None
    message_id: str | None = None
    dialect: str = _DIALECT

    def __attrs_post_init__(self) -> None:
        require_zone(self.arrival_date, "arrival_date", of_minutes=False)

    @property
    def is_complaint(self) -> bool:
        """Whether somebody wants no more of such mail.

        A type that nobody has registered counts, as RFC 5965 s7.3 has it.
        """
        return self.feedback_type not in _NO_COMPLAINTS


def read_feedback(data: bytes) -> tuple[BounceEvent, ...]:
    """Return a complaint for each recipient that a feedback report names.

    Args:
        data: The message.

    Returns:
        Nothing for other mail, for what is no complaint, and where no field
        names a recipient.  Never raises.
    """
    report = read_feedback_report(data)
    if report is None or not report.is_complaint:
        return ()
    kind = Evidence(
        field="kind", rule="feedback/feedback-type", text=report.feedback_type,
        confidence=Confidence.CERTAIN,
    )  # fmt: skip
    return tuple(
        [
            BounceEvent(
                recipient=recipient,
                kind=EventKind.COMPLAINT,
                diagnostic=report.feedback_type,
                reporting_mta=report.reporting_mta,
                dialect=report.dialect,
                envelope_id=report.envelope_id,
                message_id=report.message_id,
                occurred=report.arrival_date,
                evidence=(kind, evidence),
            )
            for recipient, evidence in zip(report.recipients, report.evidence, strict=True)
        ]
    )


def read_feedback_report(data: bytes) -> Feedback | None:
    """Return what a feedback report says; `None` for other mail.  Never raises.

    Args:
        data: The message.
    """
    part = read_machine_part(read_octets(data), _TYPES)
    if part is None:
        return None
    if not part.media_type:
        # TOLERANT: Outlook.com returns the mail that is complained of and no more; who
        # forwards such a mail writes something besides.
        found = _recipients(part.returned, _OF_RETURNED) if part.part_count == 1 else {}
        if not found:
            return None
        return _feedback(part, "abuse", found, dialect=_OUTLOOK_DIALECT)
    found = _recipients(part.fields, _OF_RECIPIENT) or _recipients(part.returned, _OF_RETURNED)
    # RFC 5965 s3.1 wants the type; what has none is a complaint still.
    type_ = (part.values("feedback-type") or ["abuse"])[0]
    return _feedback(part, split_comment(type_)[0].lower(), found, dialect=_DIALECT)


def _feedback(
    part: MachinePart, type_: str, found: dict[str, Evidence], *, dialect: str
) -> Feedback:
    path = _first(part, "original-mail-from")
    when = _first(part, "arrival-date") or _first(part, "received-date")
    mta = _first(part, "reporting-mta")
    return Feedback(
        feedback_type=type_,
        recipients=found,
        evidence=tuple(found.values()),
        original_mail_from=None if path is None else path.strip("<> \t"),
        source_ip=_first(part, "source-ip"),
        reported_domains=part.values("reported-domain"),
        arrival_date=None if when is None else guess_date(when),
        user_agent=_first(part, "user-agent"),
        reporting_mta=None if mta is None else mta.rpartition(";")[2].strip() or None,
        envelope_id=_first(part, "original-envelope-id"),
        message_id=_message_id(part),
        dialect=dialect,
    )


def _first(part: MachinePart, name: str) -> str | None:
    return next(iter(part.values(name)), None)


def _message_id(part: MachinePart) -> str | None:
    for field in part.returned:
        if field.name == "message-id":
            return field.value.strip("<> \t") or None
    return None


def _recipients(fields: tuple[Field, ...], names: tuple[str, ...]) -> dict[str, Evidence]:
    """Return the addresses in the fields of the first of the names that has some."""
    found: dict[str, Evidence] = {}
    for name in names:
        for field in fields:
            address = parse_address(field.value) if field.name == name else None
            if address and len(found) < _MOST_RECIPIENTS:
                evidence = Evidence(
                    field="recipient",
                    rule=f"feedback/{name}",
                    start=field.start,
                    text=field.value[:200],
                    confidence=Confidence.CERTAIN,
                )
                found.setdefault(address, evidence)
        if found:
            break
    return found


def parse_address(value: str) -> str | None:
    """Return the address that a field names, without type, name and brackets, or `None`.

    >>> parse_address("rfc822; <bob@example.org>")
    'bob@example.org'

    Never raises.
    """
    found = _ADDRESS.search(value[:1000])
    return None if found is None else found[0]
