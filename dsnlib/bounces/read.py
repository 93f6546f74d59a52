"""Any mail -> what it says of whom: failures, delays, successes.

    a report (RFC 3464)     read by `dsnlib.parse`, field by field
    a feedback report       a complaint, read by `kinds.feedback` (RFC 5965)
    a bounce in a dialect   told by its words, read by where they stand
    any other bounce        read as prose: addresses, and the codes beside them
    other mail              no events

Rules.
- Evidence that depends on no language comes first: fields, then codes, then the
  place of an address, and words last.
- An address is never taken from the original that is returned, which is the
  sender's text, and least of all from its To.
- Whatever comes, events or none: nothing raises.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.complete import complete_events
from dsnlib.bounces.dialect import LONGEST_LINE
from dsnlib.bounces.dialects.shipped import shipped_index
from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence, kind_of
from dsnlib.bounces.kinds.feedback import read_feedback
from dsnlib.bounces.kinds.message_kind import MessageKind, tell_kind
from dsnlib.bounces.unknown import UnknownBounce
from dsnlib.bounces.words.codes import list_codes
from dsnlib.bounces.words.explanation import Explanation, read_explanation
from dsnlib.bounces.words.phrases import DELAY_WORDS, words_of
from dsnlib.bounces.words.prose import Passage, is_contact, read_prose
from dsnlib.bounces.words.said import Said, find_places, share_text
from dsnlib.bounces.words.signs import WORD, Signs, has_failure_phrase, read_signs, says_failure
from dsnlib.errors import LimitExceeded
from dsnlib.model.report import Action
from dsnlib.model.text import decode_base64
from dsnlib.parse.labels import top_header
from dsnlib.parse.report import read_octets, read_reports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import Message
    from typing import BinaryIO

    from dsnlib.bounces.dialect import Dialect
    from dsnlib.bounces.index import DialectIndex
    from dsnlib.bounces.rules.rule_set import RuleSet
    from dsnlib.bounces.unknown import OnUnknown
    from dsnlib.model.report import DeliveryReport, RecipientFields

__all__ = ["read_bounces"]

_DELAY_WORDS = words_of(DELAY_WORDS)
_DELAY = re.compile(
    r"\bdelay|will (?:be retried|continue|keep|retry)|still (?:trying|being)|not yet been|"
    r"has not yet|"
    r"deferred|(?:no|not|n't) need to resend|temporar(?:y|ily) (?:fail|problem)|will try again|"
    r"warning message only|verz\u00f6ger|retard"
)
# Words that no notice of a success has.
_UNDONE = (
    "not unable failed failure unsuccessful undeliverable delayed error errors rejected unknown "
    "couldn cannot problem problems"
)
_NOT_DONE = frozenset(_UNDONE.split())
_GIVEN_UP = re.compile(
    r"giv(?:en|ing) up|permanent|not going to try|too long|could not be delivered for|"
    r"returned to sender|expired|fatal|no longer"
)
_LONGEST_DIAGNOSTIC = 1000
_SHOWN = 100
# Of prose, where a stranger may name anybody; a report has its own limits.
_MOST_EVENTS = 1000
# By the type of RFC 5965, or as Outlook.com heads the mails that it returns
_COMPLAINT = (b"feedback-report", b"complaint about message")
_HEADER_OCTETS = 1 << 14
_TEXT_OCTETS = 1 << 18
_UNREAD = (MessageKind.REPORT, MessageKind.BOUNCE_LIKE)
# Mail that says what it is, whatever its text says; ordinary mail says nothing.
_NO_BOUNCES = frozenset(MessageKind) - {*_UNREAD, MessageKind.ORDINARY}


def read_bounces(
    data: bytes | bytearray | memoryview | BinaryIO | Message,
    *,
    dialects: DialectIndex | None = None,
    rules: RuleSet | None = None,
    reports: Sequence[DeliveryReport] | None = None,
    on_unknown: OnUnknown | None = None,
) -> tuple[BounceEvent, ...]:
    """Return what a mail says of each recipient; nothing for mail that is no bounce.

    Linear in the size of the mail.  Never raises for what is in it.

    Args:
        data: The mail.
        dialects: Which forms are known besides reports; ours if not given.
        rules: What replies mean; ours if not given.
        reports: What `read_reports` gave for it, if that is known.
        on_unknown: Called with a mail that looks like a bounce and gives nothing;
            what it raises passes through.
    """
    octets = read_octets(data)
    events = _read_events(octets, _reports(octets) if reports is None else reports, dialects, rules)
    if not events and on_unknown is not None:
        unknown = UnknownBounce.of(octets)
        if unknown.kind in _UNREAD:
            on_unknown(unknown)
    return events


def _reports(octets: bytes) -> Sequence[DeliveryReport]:
    try:
        return read_reports(octets)
    except LimitExceeded:
        return ()


def _read_events(
    octets: bytes,
    reports: Sequence[DeliveryReport],
    dialects: DialectIndex | None,
    rules: RuleSet | None,
) -> tuple[BounceEvent, ...]:
    events = [_from_fields(report, fields) for report in reports for fields in report.recipients]
    known = [event for event in events if event is not None]
    header = _lines(top_header(octets))
    if known:
        returned = _returned_header(reports[0])
        return complete_events(known, header=header, returned=returned, rules=rules)
    lowered = header.lower()
    if any(each in lowered for each in _COMPLAINT):
        return complete_events(read_feedback(octets), header=header, rules=rules)
    signs = read_signs(header)
    if not signs.is_any:
        return ()
    explanation = read_explanation(_lines(octets[:_TEXT_OCTETS]))
    found = _read(explanation, signs, shipped_index() if dialects is None else dialects, octets)
    if not found or (found[0].dialect == "prose" and tell_kind(octets) in _NO_BOUNCES):
        return ()
    return complete_events(
        found,
        header=header,
        text=explanation.text.encode("utf-8", "surrogatepass"),
        returned=explanation.returned,
        rules=rules,
    )


def _returned_header(report: DeliveryReport) -> bytes | None:
    """Return the header of the original, or its first octets."""
    returned = report.returned
    if returned is None:
        return None
    octets = returned.source[returned.start : returned.start + _HEADER_OCTETS]
    if returned.encoding == "base64":
        return decode_base64(octets)
    return octets


def _lines(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in octets else octets


def _from_fields(report: DeliveryReport, fields: RecipientFields) -> BounceEvent | None:
    recipient = fields.recipient
    if not recipient:
        return None
    diagnostic = fields.diagnostic_code
    action = fields.action
    if action is None:
        is_delay = fields.status is not None and fields.status.class_ == 4
        action = Action.DELAYED if is_delay else Action.FAILED
    original = fields.original_recipient
    message = report.message
    return BounceEvent(
        recipient=recipient,
        original_recipient=None if original is None else original.address,
        kind=kind_of(action),
        status=fields.status,
        diagnostic=None if diagnostic is None else diagnostic.text,
        remote_mta=None if fields.remote_mta is None else fields.remote_mta.name,
        reporting_mta=None if message.reporting_mta is None else message.reporting_mta.name,
        envelope_id=message.original_envelope_id,
        occurred=fields.last_attempt_date or message.arrival_date,
        evidence=[
            Evidence(
                field="recipient",
                rule="rfc3464/final-recipient",
                text=recipient,
                confidence=Confidence.CERTAIN,
            )
        ],
    )


class _Found(NamedTuple):
    """Whom a text is about, and by which rule."""

    passages: list[Passage]
    rule: str
    dialect: Dialect | None


def _read(
    explanation: Explanation, signs: Signs, index: DialectIndex, octets: bytes
) -> list[BounceEvent]:
    text = explanation.text
    lowered = text.lower()
    asked = f"{lowered}\n{signs.subject}"
    found = None
    says = True
    words = set(WORD.findall(asked))
    codes = list_codes(text)
    dialects = index.find(asked, words)
    for dialect in dialects:
        if not dialect.is_about:
            return []
        if dialect.keeps_original:
            found = _in_dialect(dialect, explanation.whole, explanation.whole.lower(), signs)
        else:
            found = _in_dialect(dialect, text, lowered, signs)
        if found.passages:
            break
        found = None
    if found is None:
        says = says_failure(lowered, words)
        passages, _ = read_prose(text, own=signs.own, named=signs.failed)
        if not passages and signs.failed:
            passages = [Passage(each, text, 0, 3) for each in signs.failed]
        found = _Found(passages, "prose", None)
        if passages and signs.failed and dialects:
            # The header names them, and the words tell who says so.
            found = _Found(passages, f"{dialects[0].name}/recipient", dialects[0])
    if found.dialect is None and not _is_enough(
        found, signs, lowered, says=says, has_codes=bool(codes)
    ):
        return []
    found = found._replace(passages=found.passages[:_MOST_EVENTS])
    said = share_text(codes, found.passages, text, lowered)
    places = find_places(explanation, found.passages, octets[:_TEXT_OCTETS])
    return _events(found, signs, said, places, _kind(lowered, signs.subject, words))


def _is_enough(found: _Found, signs: Signs, lowered: str, *, says: bool, has_codes: bool) -> bool:
    """Tell whether prose speaks of a failure: the weaker the header, the more it has to say."""
    if not found.passages:
        return False
    if signs.failed:
        return True
    is_named = max(each.rank for each in found.passages) > 1
    if signs.is_system or (signs.is_null and signs.is_headed):
        return says or has_codes or (signs.is_headed and is_named)
    is_somebody = any(
        not is_contact(each.address) and each.address.lower() not in signs.own
        for each in found.passages
    )
    if not (says and is_somebody and is_named):
        return False
    return has_codes or (signs.is_headed and has_failure_phrase(lowered))


def _in_dialect(dialect: Dialect, text: str, lowered: str, signs: Signs) -> _Found:
    start, end = dialect.region(text, lowered) if len(lowered) == len(text) else (0, len(text))
    region = text[start:end]
    rule = f"{dialect.name}/recipient"
    if not dialect.patterns:
        passages, _ = read_prose(region, own=signs.own, named=signs.failed)
        moved = [each._replace(start=each.start + start) for each in passages]
        return _Found(moved, rule, dialect)
    passages = []
    place = 0
    for line in region.split("\n"):
        for pattern in dialect.patterns:
            match = pattern.match(line[:LONGEST_LINE])
            if match:
                address = match[1].strip("<>\"' \t")
                if "@" not in address:
                    domain = dialect.domain or (signs.reporter if dialect.completes else "")
                    address = f"{address}@{domain}" if domain and address else ""
                if address:
                    passages.append(Passage(address, "", place + match.start(1), 3))
                break
        place += len(line) + 1
    first = {each.address.lower(): each for each in reversed(passages)}
    passages = sorted(first.values(), key=lambda each: each.start)
    ends = [each.start for each in passages[1:]] + [len(region)] * bool(passages)
    passages = [
        each._replace(text=region[each.start : stop], start=each.start + start)
        for each, stop in zip(passages, ends, strict=True)
    ]
    return _Found(passages, rule, dialect)


def _events(
    found: _Found,
    signs: Signs,
    said: list[Said],
    places: list[tuple[int, int] | None],
    kind: EventKind,
) -> list[BounceEvent]:
    dialect = found.dialect
    if dialect is not None and dialect.kind is not None:
        kind = dialect.kind
    events = []
    for passage, (text, codes), place in zip(found.passages, said, places, strict=True):
        start, end = (None, None) if place is None else place
        rule = Evidence(
            field="recipient",
            rule=found.rule,
            version=1 if dialect is None else dialect.version,
            start=start,
            end=end,
            text=passage.text.split("\n", 1)[0][:_SHOWN],
            confidence=Confidence.LIKELY if dialect else Confidence.GUESSED,
        )
        events.append(
            BounceEvent(
                recipient=passage.address,
                kind=kind,
                status=codes.status,
                reply_code=codes.reply_code,
                reason=None if dialect is None else dialect.reason,
                diagnostic=" ".join(text[:_LONGEST_DIAGNOSTIC].split()) or None,
                reporting_mta=signs.reporter or None,
                dialect="prose" if dialect is None else dialect.name,
                evidence=[rule],
            )
        )
    return events


def _kind(lowered: str, subject: str, words: set[str]) -> EventKind:
    """Return whether a text tells of a success, a delay or a failure."""
    if ("successfully" in words or "successful" in words) and not _NOT_DONE & words:
        return EventKind.SUCCESS
    if words.isdisjoint(_DELAY_WORDS):
        return EventKind.FAILURE
    is_delay = _DELAY.search(subject) or _DELAY.search(lowered[:2000])
    if is_delay and not _GIVEN_UP.search(lowered[:4000]):
        return EventKind.DELAY
    return EventKind.FAILURE
