"""A notification that is due: what it reports, to whom, and why (RFC 3461 s6).

Rules.
- A plan that exists can be written: its report has the fields that RFC 3464
  s3 asks for at least, and its envelope keeps to RFC 3461 s6.1.
- A notification goes out under the null return path, whoever it is for, so
  none can answer another.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import Notify, Ret
from dsnlib.model.report import Action, DeliveryReport, Kind
from dsnlib.model.texts import texts
from dsnlib.policy.trail import TrailEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Audience", "DsnPlan"]


class Audience(enum.Enum):
    """Whom a notification is for."""

    SENDER = "sender"
    POSTMASTER = "postmaster"
    """A copy, which tells what happened and never returns the text of the message."""


def _trail(values: Iterable[TrailEntry]) -> tuple[TrailEntry, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class DsnPlan:
    """One notification to write.

    Args:
        report: What the machine-readable part will say.
        ret: How much of the message its sender asked to have back; `None` if
            nothing was asked.
        envelope: The notification's own: the null sender, and as recipient the
            return path of the message that is reported.
        audience: Whom it is for.
        languages: The language tags to write it in, if that is known; see
            `BounceComposer.compose`.
        trail: The rules that let it through, in the order they were asked.

    Raises:
        InvalidValue: The report lacks a required field or gives a time of
            giving up for what is not delayed, or the envelope breaks RFC 3461
            s6.1.
    """

    report: DeliveryReport
    ret: Ret | None = None
    envelope: Envelope
    audience: Audience = Audience.SENDER
    languages: tuple[str, ...] = attrs.field(default=(), converter=texts)
    trail: tuple[TrailEntry, ...] = attrs.field(default=(), converter=_trail)
    kind: Kind = attrs.field(init=False)
    """What it tells, which is the gravest of the recipients' actions."""

    @kind.default
    def _default_kind(self) -> Kind:
        # A report without recipients is refused below.
        return self.report.kind or Kind.FAILURE

    def __attrs_post_init__(self) -> None:
        _check_report(self.report)
        _check_envelope(self.envelope)

    @property
    def recipient(self) -> Recipient:
        """Who gets the notification."""
        return self.envelope.recipients[0]


def _check_report(report: DeliveryReport) -> None:
    """Raise unless the report has what RFC 3464 s3 asks for at least."""
    if report.message.reporting_mta is None:
        _refuse("the report has no Reporting-MTA", report.message, "3464-2.2.2-01")
    if not report.recipients:
        _refuse("the report has no recipient", report, "3464-2.3-03")
    for each in report.recipients:
        for name, value, requirement in (
            ("Final-Recipient", each.final_recipient, "3464-2.3.2-01"),
            ("Action", each.action, "3464-2.3.3-01"),
            ("Status", each.status, "3464-2.3.4-01"),
        ):
            if value is None:
                _refuse(f"a recipient has no {name}", each, requirement)
        if each.will_retry_until is not None and each.action is not Action.DELAYED:
            _refuse("a recipient is not delayed and has Will-Retry-Until", each, "3464-2.3.9-02")


def _check_envelope(envelope: Envelope) -> None:
    """Raise unless the envelope keeps to RFC 3461 s6.1."""
    if not envelope.has_null_path:
        _refuse("the notification has a return path", envelope.sender, "3461-6.1-01")
    if envelope.mail.ret is not None:
        _refuse("the notification asks with RET", envelope.mail, "3461-6.1-03")
    if len(envelope.recipients) != 1:
        _refuse("the notification has not one recipient", envelope.recipients, "3461-6.1-02")
    if envelope.recipients[0].params.notify not in (None, Notify.NEVER):
        _refuse("the notification asks for one itself", envelope.recipients, "3461-6.1-05")


def _refuse(problem: str, value: object, requirement: str) -> None:
    message = f"plan: {problem}"
    raise InvalidValue(message, value=value, requirement=requirement)
