"""What kind of mail it is: a report, a complaint, an out-of-office, a bounce in prose.

A list manager gets all of these at the address that bounces go to.  What may be
a bounce is worth reading; what is none must not be taken for one, and the other
way round.  The header at the top and the first kilobytes tell, so a mail of any
size costs the same.

Rules, in this order.
- The type of the message and of its outermost parts decides: RFC 3464, RFC 5965,
  RFC 8098, RFC 8460.  A message that it holds, forwarded or attached, says
  nothing about the mail itself.
- Then X-Failed-Recipients, and a sender that is a mail system.  Exim, Google and
  others put `Auto-Submitted: auto-replied` on bounces, so that field says only
  that a program wrote (RFC 3834 s5).
- Then the subject, and what answering programs add.
- The null return path is the last: bounces have it (RFC 5321 s4.5.5), and so have
  answers and receipts (RFC 3834 s3.3, RFC 8098 s3).
- What is told is a kind, not that it can be read.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple, TypeAlias

from dsnlib.bounces.event import Confidence, Evidence
from dsnlib.bounces.kinds.subjects import SubjectRule, Telling, tell_subject
from dsnlib.model.text import decode_wire
from dsnlib.parse.labels import (
    HEADER_END,
    STATUS_TYPES,
    boundary_of,
    read_labels,
    report_type_of,
    skip_mbox_line,
)
from dsnlib.parse.locate import find_delimiter

__all__ = ["KindFinding", "MessageKind", "find_kind", "tell_kind"]


class MessageKind(enum.Enum):
    """What a mail is to whoever gets the bounces."""

    REPORT = "report"
    """A delivery status notification, RFC 3464."""
    FEEDBACK = "feedback"
    """A complaint or another report on abuse, RFC 5965."""
    RECEIPT = "receipt"
    """A message disposition notification, RFC 8098."""
    TLS_REPORT = "tls-report"
    """RFC 8460."""
    DMARC_REPORT = "dmarc-report"
    """An aggregate report, RFC 7489 s7.2."""
    AUTO_REPLY = "auto-reply"
    """What a program answers for a person who is out of office or on holiday (RFC 3834)."""
    CHALLENGE = "challenge"
    """A filter that wants the sender to confirm before it delivers."""
    LIST_NOTICE = "list-notice"
    """List software about moderation or subscription, or a digest."""
    BOUNCE_LIKE = "bounce-like"
    """Most likely a bounce that is no report."""
    ORDINARY = "ordinary"
    """Anything else, also what quotes or forwards a bounce."""


class KindFinding(NamedTuple):
    """What kind a mail is, and why.

    Args:
        kind: The kind.
        evidence: What tells; nothing for an ordinary mail.
    """

    kind: MessageKind
    evidence: tuple[Evidence, ...] = ()


class _Mark(NamedTuple):
    """One thing that tells: the rule, and where it stands."""

    kind: MessageKind
    rule: str
    start: int
    end: int
    confidence: Confidence = Confidence.LIKELY


# Fields by name, lower case; the first of each.
_Fields: TypeAlias = dict[bytes, "re.Match[bytes]"]
_Told: TypeAlias = "tuple[MessageKind, str, re.Match[bytes], Confidence]"

_ORDINARY = KindFinding(MessageKind.ORDINARY)

# Larger than the header of nearly any mail, and than what stands before the
# label of a part that tells; chosen by us.
_HEADER_OCTETS = 1 << 16
_GLANCE_OCTETS = 1 << 14
# RFC 5322 s2.1.1.
_LINE_OCTETS = 1000
_MOST_PARTS = 8
_MOST_LEVELS = 3
_SHOWN_OCTETS = 120

_REPORT_TYPES = {
    "delivery-status": MessageKind.REPORT,  # RFC 3464 s2
    "global-delivery-status": MessageKind.REPORT,  # RFC 6522 s3 of RFC 6533's type
    "feedback-report": MessageKind.FEEDBACK,  # RFC 5965 s2
    "disposition-notification": MessageKind.RECEIPT,  # RFC 8098 s3
    "global-disposition-notification": MessageKind.RECEIPT,  # the same of RFC 6533's
    "tlsrpt": MessageKind.TLS_REPORT,  # RFC 8460 s5.3
}
_PART_TYPES = {
    **dict.fromkeys(sorted(STATUS_TYPES), MessageKind.REPORT),
    "message/feedback-report": MessageKind.FEEDBACK,
    "message/disposition-notification": MessageKind.RECEIPT,
    "message/global-disposition-notification": MessageKind.RECEIPT,
    "application/tlsrpt+json": MessageKind.TLS_REPORT,
    "application/tlsrpt+gzip": MessageKind.TLS_REPORT,
}
_OF_SUBJECT = {
    Telling.BOUNCE: MessageKind.BOUNCE_LIKE,
    Telling.REPLY: MessageKind.AUTO_REPLY,
    Telling.CHALLENGE: MessageKind.CHALLENGE,
    Telling.LIST: MessageKind.LIST_NOTICE,
    Telling.DMARC: MessageKind.DMARC_REPORT,
    Telling.COMPLAINT: MessageKind.FEEDBACK,
}

# field-body = (*([FWS] VCHAR) *WSP)                            RFC 5322 s2.2
_FIELD = re.compile(
    rb"\n(subject|from|return-path|sender|content-type|auto-submitted|precedence"
    rb"|x-failed-recipients|x-auto-?reply|x-auto-?respond|x-autoresponder|x-apple-action"
    rb"|x-ms-exchange-inbox-rules-loop|x-mail-autoreply|x-vacation|x-delivery-agent"
    rb"|x-list-administrivia|tls-report-domain)[ \t]*+:([^\n]*+(?>(?:\n[ \t][^\n]*+)*))"
)
# What the address of a mail system has before the at sign, and what its name says.
_SYSTEM_ADDRESS = re.compile(
    rb"(?:^|[<\s\"(:])(?:mailer-daemon|mail-daemon|mailerdaemon|mdaemon|double-bounce"
    rb"|e?mail[-_.]?(?:delivery|daemon|system)[a-z-]{0,20})[0-9]{0,4}(?:@|[>\s\")]|$)"
)
_POSTMASTER = re.compile(rb"(?:^|[<\s\"(:])(?:postmaster|post_master)[0-9]{0,4}(?:@|[>\s\")]|$)")
_SYSTEM_NAME = re.compile(
    rb"mail deliver(?:y|ed)? (?:sub)?system|mail delivery service|delivery subsystem"
    rb"|mailer[- ]daemon|mail administrator|ndr administrator|internet mail delivery"
)
# The usual From has none of the words: one search instead of two.
_SYSTEM_HINT = re.compile(rb"<>|daemon|deliver|system|bounce|administrator")
# Return-Path: <>, an empty one, and what BSD systems make of it.
_NULL_PATH = re.compile(rb"[<>\s]*+(?:<?(?:mailer-daemon|double-bounce)(?:@[^>\s]*+)?>?)?\s*+")
# Values of Precedence that answering programs invented.
_REPLY_PRECEDENCE = frozenset({b"auto_reply", b"auto-reply", b"autoreply"})
# Fields that programs add: the kind, and what the value has, if not anything.
_ADDED_FIELDS: dict[bytes, tuple[MessageKind, bytes]] = {
    b"x-autoreply": (MessageKind.AUTO_REPLY, b""),
    b"x-auto-reply": (MessageKind.AUTO_REPLY, b""),
    b"x-autorespond": (MessageKind.AUTO_REPLY, b""),
    b"x-auto-respond": (MessageKind.AUTO_REPLY, b""),
    b"x-autoresponder": (MessageKind.AUTO_REPLY, b""),
    b"x-mail-autoreply": (MessageKind.AUTO_REPLY, b""),
    b"x-vacation": (MessageKind.AUTO_REPLY, b""),
    b"x-apple-action": (MessageKind.AUTO_REPLY, b"vacation"),
    # Exchange, where a rule of the mailbox answers or redirects.
    b"x-ms-exchange-inbox-rules-loop": (MessageKind.AUTO_REPLY, b""),
    b"x-delivery-agent": (MessageKind.CHALLENGE, b"tmda"),
    b"x-list-administrivia": (MessageKind.LIST_NOTICE, b"yes"),
    b"tls-report-domain": (MessageKind.TLS_REPORT, b""),
}
_DENIALS = frozenset({b"no", b"none", b"0", b"false"})
# Of the receipts, only the one of Sieve's reject says that the message was refused:
# RFC 5429 s2.1.2.
_REFUSAL = re.compile(
    rb"\ndisposition[ \t]*+:[ \t]*+automatic-action[ \t]*+/[ \t]*+mdn-sent-automatically"
    rb"[ \t]*+;[ \t]*+deleted",
    re.IGNORECASE,
)
# JMRP of Outlook.com sends the mail that is complained of, and no report.
_OUTLOOK_COMPLAINT = re.compile(rb"\nx-hmxmroriginalrecipient[ \t]*+:", re.IGNORECASE)


def tell_kind(data: bytes) -> MessageKind:
    """Return what kind of mail it is.  Never raises.

    Args:
        data: The message, or its header and the first kilobytes behind it.
    """
    return find_kind(data).kind


def find_kind(data: bytes) -> KindFinding:
    r"""Return what kind of mail it is, and what tells.  Never raises.

    >>> find_kind(b"From: bob@example.org\nSubject: Automatic reply: lunch\n\n").kind
    <MessageKind.AUTO_REPLY: 'auto-reply'>

    Args:
        data: The message, or its header and the first kilobytes behind it.
    """
    if data.find(b"\n", 0, _LINE_OCTETS) < 0:
        # A message that has only CRs; offsets hold.
        data = data[: _HEADER_OCTETS + _GLANCE_OCTETS]
        if b"\n" not in data:
            data = data.replace(b"\r", b"\n")
    header, body = _bounds(data)
    # A line end in front, so that the first field follows one too.
    lowered = b"\n" + data[header:body].lower()
    fields: _Fields = {}
    for found in _FIELD.finditer(lowered):
        fields.setdefault(found[1], found)
    if not fields:
        return _ORDINARY
    mark = _weigh(data, header, body, fields)
    if mark is None:
        return _ORDINARY
    kind, rule, start, end, confidence = mark
    text = decode_wire(data[start : min(end, start + _SHOWN_OCTETS)]).strip()
    evidence = Evidence(
        field="kind", rule=f"kind/{rule}", start=start, end=end, text=text, confidence=confidence
    )
    return KindFinding(kind, (evidence,))


def _bounds(data: bytes) -> tuple[int, int]:
    """Return where the header begins, and where it ends, the last line end included."""
    start = skip_mbox_line(data)
    end = HEADER_END.search(data, start, start + _HEADER_OCTETS)
    return start, end.start() + 1 if end else min(start + _HEADER_OCTETS, len(data))


def _weigh(data: bytes, header: int, body: int, fields: _Fields) -> _Mark | None:
    """Return the mark that decides, or `None`."""
    if content_type := fields.get(b"content-type"):
        mark = _by_structure(data, header, body, content_type)
        if mark is not None:
            refusal = _refusal(data, body) if mark.kind is MessageKind.RECEIPT else None
            return refusal or mark
    return _by_fields(data, header, fields)


def _by_structure(data: bytes, header: int, body: int, found: re.Match[bytes]) -> _Mark | None:
    value = found[2].lstrip()
    if not value.startswith((b"multipart/", b"message/", b"application/")):
        return None
    start, end = header + found.start(1) - 1, header + found.end() - 1
    # As it was written: a boundary is compared with its case.
    content_type = data[header + found.start(2) - 1 : end]
    labels = read_labels(b"Content-Type:" + content_type)
    kind = _PART_TYPES.get(labels.media_type)
    if kind is not None:
        return _Mark(kind, "media-type", start, end, Confidence.CERTAIN)
    if labels.media_type == "multipart/report":
        kind = _REPORT_TYPES.get(report_type_of(content_type) or "")
        if kind is not None:
            return _Mark(kind, "report-type", start, end, Confidence.CERTAIN)
    if labels.media_type.startswith("multipart/"):
        return _by_parts(data, content_type, body, min(len(data), body + _GLANCE_OCTETS), 1)
    return None


def _refusal(data: bytes, body: int) -> _Mark | None:
    found = _REFUSAL.search(data, body, body + _GLANCE_OCTETS)
    if found is None:
        return None
    return _Mark(MessageKind.BOUNCE_LIKE, "refusing-receipt", found.start() + 1, found.end())


def _by_parts(data: bytes, content_type: bytes, start: int, stop: int, level: int) -> _Mark | None:
    """Return what the type of a part tells, as far as it begins in the first kilobytes."""
    boundary = boundary_of(content_type)
    if not boundary:
        return None
    delimiter = b"\n--" + boundary
    line = find_delimiter(data, delimiter, start - 1, stop)
    for number in range(_MOST_PARTS):
        begin = data.find(b"\n", line + len(delimiter), stop) if line >= 0 else -1
        if begin < 0:
            return None
        line = find_delimiter(data, delimiter, begin, stop)
        end = stop if line < 0 else line
        content = _behind_header(data, begin, end)
        labels = read_labels(data[begin + 1 : content])
        kind = _PART_TYPES.get(labels.media_type)
        if kind is not None:
            return _Mark(kind, "part-type", begin + 1, content, Confidence.CERTAIN)
        mark = None
        if labels.media_type.startswith("multipart/") and level < _MOST_LEVELS:
            mark = _by_parts(data, labels.content_type, content, end, level + 1)
        elif (
            not number
            and labels.media_type == "message/rfc822"
            and (
                found := _OUTLOOK_COMPLAINT.search(
                    data, content - 1, _behind_header(data, content, end)
                )
            )
        ):
            mark = _Mark(MessageKind.FEEDBACK, "jmrp", found.start() + 1, found.end())
        if mark is not None:
            return mark
    return None


def _behind_header(data: bytes, start: int, stop: int) -> int:
    """Return where the content behind a header begins, `stop` if there is none."""
    end = HEADER_END.search(data, start, stop)
    return end.end() if end else stop


def _by_fields(data: bytes, header: int, fields: _Fields) -> _Mark | None:
    said = None
    start = header - 1
    if subject := fields.get(b"subject"):
        said = tell_subject(data[start + subject.start(2) : start + subject.end(2)])
    for rule in _RULES:
        told = rule(fields, said)
        if told is not None:
            kind, name, found, confidence = told
            # The line end in front of the header is not in the mail.
            return _Mark(kind, name, start + found.start(1), start + found.end(), confidence)
    return None


def _failed_recipients(fields: _Fields, _: SubjectRule | None) -> _Told | None:
    if found := fields.get(b"x-failed-recipients"):
        return MessageKind.BOUNCE_LIKE, "x-failed-recipients", found, Confidence.CERTAIN
    return None


def _system_sender(fields: _Fields, _: SubjectRule | None) -> _Told | None:
    found = fields.get(b"from") or fields.get(b"sender")
    if found is None or not _is_system(found[2]):
        return None
    return MessageKind.BOUNCE_LIKE, "system-sender", found, Confidence.LIKELY


def _subject(fields: _Fields, said: SubjectRule | None) -> _Told | None:
    if said is None or said.telling is Telling.AWAY:
        return None
    kind, name = _OF_SUBJECT[said.telling], f"subject-{said.telling.value}"
    return kind, name, fields[b"subject"], Confidence.LIKELY


def _added_field(fields: _Fields, _: SubjectRule | None) -> _Told | None:
    for name, (kind, wanted) in _ADDED_FIELDS.items():
        found = fields.get(name)
        if found is not None:
            value = found[2].strip()
            if wanted in value if wanted else value not in _DENIALS:
                return kind, name.decode("ascii"), found, Confidence.LIKELY
    found = fields.get(b"precedence")
    if found is not None and found[2].strip() in _REPLY_PRECEDENCE:
        return MessageKind.AUTO_REPLY, "precedence", found, Confidence.LIKELY
    return None


def _postmaster(fields: _Fields, _: SubjectRule | None) -> _Told | None:
    found = fields.get(b"from") or fields.get(b"sender")
    if found is None or _POSTMASTER.search(found[2]) is None:
        return None
    return MessageKind.BOUNCE_LIKE, "postmaster", found, Confidence.GUESSED


def _program(fields: _Fields, said: SubjectRule | None) -> _Told | None:
    """Look at what says no more than that a program wrote the mail."""
    submitted = fields.get(b"auto-submitted")
    is_reply = submitted is not None and submitted[2].lstrip().startswith(b"auto-replied")
    path = fields.get(b"return-path")
    is_null = path is not None and _NULL_PATH.fullmatch(path[2]) is not None
    if said is not None and (is_reply or is_null):
        # AWAY, the only telling that is left.
        return MessageKind.AUTO_REPLY, "subject-away", fields[b"subject"], Confidence.LIKELY
    if submitted is not None and is_reply:
        return MessageKind.AUTO_REPLY, "auto-submitted", submitted, Confidence.LIKELY
    if path is not None and is_null:
        return MessageKind.BOUNCE_LIKE, "null-path", path, Confidence.GUESSED
    return None


# In the order in which they count.
_RULES = (_failed_recipients, _system_sender, _subject, _added_field, _postmaster, _program)


def _is_system(value: bytes) -> bool:
    """Tell whether a From says that software sent the mail: no person has such a name."""
    stripped = value.strip()
    if _SYSTEM_HINT.search(stripped) is None:
        return False
    return (
        stripped == b"<>"
        or _SYSTEM_ADDRESS.search(stripped) is not None
        or _SYSTEM_NAME.search(stripped) is not None
    )
