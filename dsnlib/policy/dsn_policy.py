"""What RFC 3461 leaves to a system, as settings: each MAY is a field.

The defaults are what the RFCs say where they say it.  `profile` has three sets
of them with names.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.address import check_path
from dsnlib.model.esmtp import Notify
from dsnlib.model.number import require_whole
from dsnlib.model.texts import lower_text_set
from dsnlib.policy.budget import Budget
from dsnlib.policy.guard import Guards
from dsnlib.policy.privacy import Privacy

__all__ = ["DsnPolicy", "PostmasterClass"]


class PostmasterClass(enum.Flag):
    """What the postmaster gets a copy of; the names are Postfix's where it has one."""

    NONE = 0
    BOUNCE = 1
    """Failures, of which the sender is told too."""
    DELAY = 2
    """Delays."""
    DOUBLE_BOUNCE = 4
    """Failures of messages with the null return path, so that nobody else is told."""
    UNREPORTED = 8
    """Failures of which the sender is not told, because NOTIFY or a rule forbids it."""


@attrs.frozen(kw_only=True)
class DsnPolicy:
    """How a system notifies.

    Args:
        unasked: What a recipient without NOTIFY means: FAILURE, or with DELAY
            (RFC 3461 s4.1).
        reports_delays: Whether senders are told of delays at all; no system has
            to (RFC 3461 s5.2.5).
        confirms_cleared_delays: Whether a sender who was told of a delay is told
            of the delivery too, where that has not been asked for.  RFC 3461
            s5.2.3 has no room for it; Postfix's `confirm_delay_cleared`.
        postmaster_classes: What the postmaster gets a copy of.
        postmaster: Who that is; the reporter's postmaster if not given.
        postmasters: Who gets copies of a class instead, as Postfix's
            `bounce_notice_recipient` and its like.
        double_bounce_senders: Return paths that stand for a notice to the
            postmaster, as other systems of this site may write them; of mail
            from there nothing is ever reported.
        names_expanded: Whether Final-Recipient is what an alias made of the
            address, as Postfix has it.  RFC 3464 s2.3.2 wants the address that
            was accepted.
        invents_original: Whether Original-Recipient is filled where there was no
            ORCPT, as Postfix does.  RFC 3461 s6.3 forbids it.
        names_source: Whether Received-From-MTA is given.
        names_attempts: Whether Last-Attempt-Date is given.
        marks_never: Whether the notification's recipient gets NOTIFY=NEVER
            (RFC 3834 s3.3).
        recipients_per_report: The most in one notification; `None` for any
            number.
        privacy: What is left out.
        guards: The rules that stop notifications.
        budget: How many may go out; `None` for any number.

    Raises:
        InvalidValue: `unasked` has SUCCESS or lacks FAILURE, or the bound on
            recipients is not a whole number, 1 or more.
        InvalidAddress: A postmaster's address cannot stand in a command.
    """

    unasked: Notify = Notify.FAILURE | Notify.DELAY
    reports_delays: bool = True
    confirms_cleared_delays: bool = False
    postmaster_classes: PostmasterClass = PostmasterClass.DOUBLE_BOUNCE
    postmaster: str | None = None
    postmasters: Mapping[PostmasterClass, str] = attrs.field(factory=dict)
    double_bounce_senders: frozenset[str] = attrs.field(default=(), converter=lower_text_set)
    names_expanded: bool = False
    invents_original: bool = False
    names_source: bool = True
    names_attempts: bool = True
    marks_never: bool = True
    recipients_per_report: int | None = None
    privacy: Privacy = attrs.field(factory=Privacy)
    guards: Guards = attrs.field(factory=lambda: Guards(enabled=()))
    budget: Budget | None = None

    def __attrs_post_init__(self) -> None:
        if self.unasked not in (Notify.FAILURE, Notify.FAILURE | Notify.DELAY):
            message = f"policy: unasked is {self.unasked}, not FAILURE or FAILURE,DELAY"
            raise InvalidValue(message, value=self.unasked, requirement="3461-4.1-12")
        if self.recipients_per_report is not None:
            require_whole(self.recipients_per_report, "policy: recipients_per_report", least=1)
        for address in (self.postmaster, *self.postmasters.values()):
            if address is not None:
                check_path(address, "policy: postmaster")
