"""What transports say in words of their own: outcomes without a remote system.

Rules.
- The diagnostic is of our own type and has our own words (RFC 3464 s2.3.6).
- A status fits its outcome: one of another class takes the class that it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.transport import Attempted
from dsnlib.errors import InvalidStatusCode
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.text import cut_octets, replace_controls

if TYPE_CHECKING:
    from dsnlib.adapters.transport import Job
    from dsnlib.model.envelope import Recipient

__all__ = ["decide", "one_line", "split_status"]

_CLASSES = {
    Disposition.DELIVERED: StatusClass.SUCCESS,
    Disposition.DELAYED: StatusClass.TRANSIENT,
    Disposition.FAILED: StatusClass.PERMANENT,
}
# A line of a report, with room for its name.
_LONGEST_OCTETS = 900


def decide(
    job: Job,
    recipient: Recipient,
    disposition: Disposition,
    status: EnhancedStatusCode | str,
    text: str,
    *,
    diagnostic_type: str = "X-DSN",
    relay: str = "none",
) -> Attempted:
    """Return what became of a recipient, said by ourselves.

    Args:
        job: The attempt.
        recipient: Of whom.
        disposition: Delivered, delayed or failed.
        status: The status; its class is made to fit.
        text: The reason.
        diagnostic_type: The type of diagnostics in our own words.
        relay: Who took part.
    """
    if isinstance(status, str):
        status = EnhancedStatusCode.parse(status)
    words = one_line(text)
    is_success = disposition is Disposition.DELIVERED
    outcome = DeliveryOutcome(
        recipient=recipient,
        disposition=disposition,
        status=status.with_class(_CLASSES[disposition]),
        diagnostic=None if is_success else DiagnosticCode(diagnostic_type, words),
        attempted=job.now,
    )
    return Attempted(outcome=outcome, relay=relay, text=words)


def one_line(text: str) -> str:
    r"""Return a text as a diagnostic can have it: one line, no controls, of bounded length.

    >>> one_line(" it was\r\nlost ")
    'it was lost'
    """
    words = replace_controls(" ".join(text.split()))
    return cut_octets(words, _LONGEST_OCTETS).strip(" \t")


def split_status(text: str, default: str) -> tuple[EnhancedStatusCode, str]:
    """Return the status that a text begins with, or the default, and the rest.

    >>> split_status("5.1.6 has moved", "5.0.0")[1]
    'has moved'
    """
    word, _, rest = text.strip().partition(" ")
    try:
        return EnhancedStatusCode.parse(word), rest.strip()
    except InvalidStatusCode:
        return EnhancedStatusCode.parse(default), text.strip()
