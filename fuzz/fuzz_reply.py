"""Fuzz `SmtpReply.parse`, `.read`, `.from_diagnostic` and `.from_pair`.

Invariant.
- Any text gives a reply or `InvalidReply`; octets read as their text does.
- A reply writes as text and as octets that `parse` reads as the equal reply.
- The enhanced code is of the class of the reply code, always.
- What `parse` takes `read` takes as the same, without a defect.
- A reply becomes a diagnostic code that writes and reads back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dsnlib import DiagnosticCode, InvalidReply, SmtpReply
from fuzz.alphabet import REPLY, expand, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T", str, bytes)

__all__ = ["READS", "check"]

READS = (
    "dsnlib.model.reply",
    "dsnlib.model.status",
)


def check(data: bytes) -> None:
    """Read one input in every way and assert the invariant."""
    octets = expand(data, REPLY)
    text = text_of(octets)
    read = _attempt(SmtpReply.read, text)
    assert read == _attempt(SmtpReply.read, octets)
    parsed = _attempt(SmtpReply.parse, text)
    assert parsed == _attempt(SmtpReply.parse, octets)
    if parsed is not None:
        assert parsed == read
        assert {"reply-code"} >= {defect.code for defect in parsed.defects}
    transcribed = _attempt(SmtpReply.from_diagnostic, text)
    paired = SmtpReply.from_pair(550, text)
    for reply in (read, parsed, transcribed, paired):
        if reply is not None:
            _check_reply(reply)


def _attempt(read: Callable[[T], SmtpReply], text: T) -> SmtpReply | None:
    try:
        return read(text)
    except InvalidReply:
        return None


def _check_reply(reply: SmtpReply) -> None:
    assert reply == SmtpReply.parse(str(reply))
    assert reply == SmtpReply.parse(reply.format())
    status = reply.effective_status
    assert reply.code // 100 == (3 if status is None else status.class_)
    diagnostic = DiagnosticCode.from_reply(reply)
    assert diagnostic == DiagnosticCode.parse(str(diagnostic))
    again = diagnostic.reply
    assert again is not None
    assert reply.code == again.code
