"""What to ask of a mail system that is not SMTP, and what to report then (RFC 3461 s5.2.4).

Rules.
- Where the other side will report what was asked for, and its notices come back
  as notifications, nothing is reported here.
- Where it cannot, who asked for SUCCESS hears that the message was relayed.
- A sender who said NEVER, or nothing, gets no good news from the other side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.model.esmtp import Notify, Ret
from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    from dsnlib.model.envelope import Recipient

__all__ = ["ForeignRequest", "ForeignSystem", "plan_gateway"]


@attrs.frozen(kw_only=True)
class ForeignSystem:
    """What a mail system can be asked for.

    Args:
        reports_success: Whether it tells of deliveries, and the gateway turns
            that into a notification.
        reports_failure: The same for failures.
        omits_content: Whether it can be asked not to return the message.
    """

    reports_success: bool = False
    reports_failure: bool = False
    omits_content: bool = False


@attrs.frozen(kw_only=True)
class ForeignRequest:
    """What to ask, and what has become of the recipient once it is accepted.

    Args:
        success: Whether to ask for a report of the delivery.
        failure: Whether to ask for a report of a failure.
        returns_content: Whether to ask for the message back; `None` where the
            system gives no choice or the sender had no wish.
        disposition: HANDED_ON where the other side answers from now on, else
            RELAYED.
    """

    success: bool
    failure: bool
    returns_content: bool | None
    disposition: Disposition


def plan_gateway(recipient: Recipient, ret: Ret | None, foreign: ForeignSystem) -> ForeignRequest:
    """Return what to ask of a foreign system for a recipient.

    Args:
        recipient: Who is to get the message.
        ret: The RET of the message.
        foreign: What the system can do.
    """
    notify = recipient.params.notify
    # "no NOTIFY": it should report a failure, and no success.     RFC 3461 s5.2.4 (e)
    wanted = Notify.FAILURE if notify is None else notify
    success, failure = Notify.SUCCESS in wanted, Notify.FAILURE in wanted
    is_met = (foreign.reports_success or not success) and (foreign.reports_failure or not failure)
    returns_content = None
    if ret is not None and foreign.omits_content:
        returns_content = ret is Ret.FULL
    return ForeignRequest(
        success=success and foreign.reports_success,
        failure=failure and foreign.reports_failure,
        returns_content=returns_content,
        disposition=Disposition.HANDED_ON if is_met else Disposition.RELAYED,
    )
