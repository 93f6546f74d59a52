"""The values of a queued message as octets for a column, and back.

JSON, so that a person with `sqlite3` can read a queue that nothing else reads any
more.  What has its default is left out.

Rules.
- Every valid value comes back equal, with all that equality passes over: the
  options as they were received (RFC 3461 s5.2.1) too.
- Octets that are no UTF-8 stand in text as lone surrogates; they come back as such.
- A recipient stands once in a history, and in outcomes, however often he is spoken of.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, TypeVar

from dsnlib.errors import DsnError
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import EsmtpParameter, MailParameters, Notify, RcptParameters, Ret
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.schedule import QueueHistory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "DamagedRecord",
    "decode_text",
    "encode_text",
    "read_envelope",
    "read_facts",
    "read_history",
    "read_outcomes",
    "read_recipients",
    "write_envelope",
    "write_facts",
    "write_history",
    "write_outcomes",
    "write_recipients",
]

_Record = dict[str, Any]
_Value = TypeVar("_Value")
_from_iso = dt.datetime.fromisoformat

_FLAGS = ("is_traced", "is_delay_reported", "is_late")
_FACTS = (
    *("queue_id", "is_authenticated", "source", "is_spam", "auto_submitted", "is_bulk"),
    *("is_report", "is_notice", "hops"),
)
_NO_FACTS = MessageFacts()


class DamagedRecord(DsnError):
    """What stands in the queue is nothing that was ever written there."""


def encode_text(text: str) -> bytes:
    """Return the octets of any text at all.  Never raises."""
    return text.encode("utf-8", "surrogatepass")


def decode_text(octets: bytes) -> str:
    """Return the text that `encode_text` wrote.

    Raises:
        UnicodeDecodeError: It wrote nothing of the kind.
    """
    return octets.decode("utf-8", "surrogatepass")


def write_envelope(envelope: Envelope) -> bytes:
    """Return an envelope as octets.  Never raises."""
    return _write(
        _without_none(
            sender=envelope.sender,
            mail=_mail(envelope.mail),
            recipients=[_recipient(each) for each in envelope.recipients],
            smtputf8=envelope.smtputf8 or None,
            body=None if envelope.body is Body.SEVEN_BIT else envelope.body.value,
            arrival=_iso(envelope.arrival),
            received_from=_mta(envelope.received_from),
        )
    )


def read_envelope(octets: bytes) -> Envelope:
    """Return the envelope that was written.

    Raises:
        DamagedRecord: None was.
    """
    return _read(octets, _to_envelope)


def write_history(history: QueueHistory) -> bytes:
    """Return a history as octets.  Never raises."""
    places = _Places()
    told = [places.of(each) for each in history.told]
    replies = []
    for recipient, outcome in history.replies.items():
        key = places.of(recipient)
        whom = places.of(outcome.recipient)
        replies.append([key, None if whom == key else whom, _outcome(outcome)])
    return _write(
        _without_none(
            arrival=history.arrival.isoformat(),
            attempts=history.attempts,
            warned=_iso(history.warned),
            noted_late=_iso(history.noted_late),
            told=told or None,
            replies=replies or None,
            recipients=places.records or None,
        )
    )


def read_history(octets: bytes) -> QueueHistory:
    """Return the history that was written.

    Raises:
        DamagedRecord: None was.
    """
    return _read(octets, _to_history)


def write_facts(facts: MessageFacts) -> bytes:
    """Return facts as octets.  Never raises."""
    record = {
        name: value
        for name in _FACTS
        if (value := getattr(facts, name)) != getattr(_NO_FACTS, name)
    }
    if facts.spf is not None:
        record["spf"] = facts.spf.value
    if facts.suppressed:
        record["suppressed"] = sorted(facts.suppressed)
    return _write(record)


def read_facts(octets: bytes) -> MessageFacts:
    """Return the facts that were written.

    Raises:
        DamagedRecord: None were.
    """
    return _read(octets, _to_facts)


def write_outcomes(outcomes: Iterable[DeliveryOutcome]) -> bytes:
    """Return outcomes as octets.  Never raises."""
    places = _Places()
    records = [[places.of(each.recipient), _outcome(each)] for each in outcomes]
    return _write({"outcomes": records, "recipients": places.records})


def read_outcomes(octets: bytes) -> list[DeliveryOutcome]:
    """Return the outcomes that were written.

    Raises:
        DamagedRecord: None were.
    """
    return _read(octets, _to_outcomes)


def write_recipients(recipients: Iterable[Recipient]) -> bytes:
    """Return recipients as octets.  Never raises."""
    return _write({"recipients": [_recipient(each) for each in recipients]})


def read_recipients(octets: bytes) -> list[Recipient]:
    """Return the recipients that were written.

    Raises:
        DamagedRecord: None were.
    """
    return _read(octets, _to_recipients)


class _Places:
    """The recipients that are spoken of, each once, and where each of them stands."""

    def __init__(self) -> None:
        self.records: list[_Record] = []
        self._places: dict[tuple[Recipient, tuple[str, ...]], int] = {}

    def of(self, recipient: Recipient) -> int:
        # Recipients are equal whatever they were received as, and that is kept too.
        key = (recipient, recipient.params.as_received)
        place = self._places.setdefault(key, len(self.records))
        if place == len(self.records):
            self.records.append(_recipient(recipient))
        return place


def _write(record: _Record) -> bytes:
    # With its escapes, JSON would make one character of two lone surrogates.
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), check_circular=False)
    return encode_text(text)


def _read(octets: bytes, read: Callable[[_Record], _Value]) -> _Value:
    try:
        return read(json.loads(decode_text(octets)))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        message = f"queue: {octets[:80]!r} is no record: {error}"
        raise DamagedRecord(message) from error


def _without_none(**values: object) -> _Record:
    return {name: value for name, value in values.items() if value is not None}


def _iso(when: dt.datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else _from_iso(text)


def _mta(name: MtaName | None) -> list[str | None] | None:
    return None if name is None else [name.type, name.name, name.comment]


def _to_mta(record: list[str] | None) -> MtaName | None:
    return None if record is None else MtaName(record[0], record[1], comment=record[2])


def _typed(value: TypedAddress | None) -> list[str] | None:
    return None if value is None else [value.type, value.value]


def _to_typed(record: list[str] | None) -> TypedAddress | None:
    return None if record is None else TypedAddress(*record)


def _parameters(params: MailParameters | RcptParameters) -> _Record:
    record: _Record = {}
    if params.other:
        record["other"] = [[each.keyword, each.value] for each in params.other]
    if params.as_received:
        record["as_received"] = params.as_received
    return record


def _to_parameters(record: _Record) -> _Record:
    return {
        "other": [EsmtpParameter(*each) for each in record.get("other", ())],
        "as_received": record.get("as_received", ()),
    }


def _mail(params: MailParameters) -> _Record | None:
    record = _parameters(params)
    if params.ret is not None:
        record["ret"] = params.ret.value
    if params.envid is not None:
        record["envid"] = params.envid
    return record or None


def _recipient(recipient: Recipient) -> _Record:
    params = recipient.params
    record = {"address": recipient.address, **_parameters(params)}
    if params.notify is not None:
        record["notify"] = params.notify.value
    if params.orcpt is not None:
        record["orcpt"] = _typed(params.orcpt)
    if recipient.expanded_from is not None:
        record["expanded_from"] = recipient.expanded_from
    return record


def _to_recipient(record: _Record) -> Recipient:
    notify = record.get("notify")
    params = RcptParameters(
        notify=None if notify is None else Notify(notify),
        orcpt=_to_typed(record.get("orcpt")),
        **_to_parameters(record),
    )
    return Recipient(record["address"], params, expanded_from=record.get("expanded_from"))


def _to_envelope(record: _Record) -> Envelope:
    mail = record.get("mail", {})
    ret = mail.get("ret")
    return Envelope(
        sender=record["sender"],
        mail=MailParameters(
            ret=None if ret is None else Ret(ret), envid=mail.get("envid"), **_to_parameters(mail)
        ),
        recipients=[_to_recipient(each) for each in record["recipients"]],
        smtputf8=record.get("smtputf8", False),
        body=Body(record.get("body", Body.SEVEN_BIT)),
        arrival=_time(record.get("arrival")),
        received_from=_to_mta(record.get("received_from")),
    )


def _outcome(outcome: DeliveryOutcome) -> _Record:
    diagnostic = outcome.diagnostic
    return _without_none(
        disposition=outcome.disposition.value,
        status=str(outcome.status),
        diagnostic=None if diagnostic is None else [diagnostic.type, diagnostic.text],
        remote_mta=_mta(outcome.remote_mta),
        final_recipient=_typed(outcome.final_recipient),
        attempted=_iso(outcome.attempted),
        retry_until=_iso(outcome.retry_until),
        log_id=outcome.log_id,
        **{flag: True for flag in _FLAGS if getattr(outcome, flag)},
    )


def _to_outcome(record: _Record, recipient: Recipient) -> DeliveryOutcome:
    diagnostic = record.get("diagnostic")
    return DeliveryOutcome(
        recipient=recipient,
        disposition=Disposition(record["disposition"]),
        status=EnhancedStatusCode.parse(record["status"]),
        diagnostic=None if diagnostic is None else DiagnosticCode(*diagnostic),
        remote_mta=_to_mta(record.get("remote_mta")),
        final_recipient=_to_typed(record.get("final_recipient")),
        attempted=_time(record.get("attempted")),
        retry_until=_time(record.get("retry_until")),
        log_id=record.get("log_id"),
        **{flag: record.get(flag, False) for flag in _FLAGS},
    )


def _to_recipients(record: _Record) -> list[Recipient]:
    return [_to_recipient(each) for each in record["recipients"]]


def _to_outcomes(record: _Record) -> list[DeliveryOutcome]:
    recipients = _to_recipients(record)
    return [_to_outcome(outcome, recipients[place]) for place, outcome in record["outcomes"]]


def _to_history(record: _Record) -> QueueHistory:
    recipients = [_to_recipient(each) for each in record.get("recipients", ())]
    return QueueHistory(
        arrival=_from_iso(record["arrival"]),
        attempts=record["attempts"],
        warned=_time(record.get("warned")),
        noted_late=_time(record.get("noted_late")),
        told=frozenset([recipients[place] for place in record.get("told", ())]),
        replies={
            recipients[key]: _to_outcome(outcome, recipients[key if whom is None else whom])
            for key, whom, outcome in record.get("replies", ())
        },
    )


def _to_facts(record: _Record) -> MessageFacts:
    spf = record.pop("spf", None)
    return MessageFacts(
        spf=None if spf is None else SpfResult(spf),
        suppressed=frozenset(record.pop("suppressed", ())),
        **record,
    )
