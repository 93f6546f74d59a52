"""The reply that refuses, `550 5.1.1 <bob@example.org>: recipient address refused: ...`.

Rules.
- The reply code decides the class of the status, and an address status fits
  what is refused: a table's codes are the site's to choose, not to contradict.
- A line is cut at 510 octets, before a character that does not fit (RFC 5321
  s4.5.3.1.5); what a stranger said in it cannot end it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import cut_octets, replace_controls
from dsnlib.replies.stage import Stage, fit_status

if TYPE_CHECKING:
    from dsnlib.model.status import EnhancedStatusCode

__all__ = ["LINE_OCTETS", "ends_session", "refuse"]

LINE_OCTETS = 512 - len("\r\n")
# After these the server closes the connection: RFC 5321 s3.8, RFC 7504 s3.
_CLOSING = frozenset({421, 521})


def refuse(
    code: int, status: EnhancedStatusCode, *, stage: Stage, name: str, text: str
) -> SmtpReply:
    """Return the reply to what is refused.

    >>> from dsnlib.model.status import EnhancedStatusCode
    >>> status = EnhancedStatusCode.parse("5.1.1")
    >>> str(refuse(450, status, stage=Stage.SENDER, name="a@b.example", text="not now"))
    '450 4.1.7 <a@b.example>: sender address refused: not now'

    Args:
        code: The reply code, 400..599.
        status: The status, whose class follows the code.
        stage: What is refused.
        name: Which one, as it came; shown in brackets unless it is empty.
        text: Why.

    Raises:
        InvalidStatusCode: The code is of another class.
    """
    fitting = fit_status(status.with_class(code // 100), stage)
    subject = f"<{name}>: " if name or stage is Stage.SENDER else ""
    line = replace_controls(f"{subject}{stage.value} refused: {text}")
    room = LINE_OCTETS - len(f"{code} {fitting} ")
    return SmtpReply(code, fitting, (cut_octets(line, room),))


def ends_session(reply: SmtpReply) -> bool:
    """Tell whether the server is to close the connection after a reply.  Never raises."""
    return reply.code in _CLOSING
