"""What the log says of each recipient after each attempt, as Postfix's logs do.

    4F..: to=<bob@example.org>, orig_to=<team@example.org>, relay=mx.example.org[192.0.2.1]:25,
      conn_use=2, delay=3.2, delays=0.1/0/1.1/2, dsn=2.0.0, status=sent (250 2.0.0 Taken)

`delays` are four: before the queue took it up, waiting there, the connection, the sending.

Rules.
- `orig_to` only where it differs but for case, `conn_use` only from the second use on.
- A time has two significant digits, and no more decimals than it may have.
- What strangers wrote stays in its place: no controls, no line end, no more than a
  bound, and in an address no bracket of ours.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import cut_octets, has_octets

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable

    from dsnlib.policy.draft import Withheld
    from dsnlib.replies.rewrite import RewrittenOutcome

__all__ = [
    "DeliveryRecord", "format_delay", "format_record", "log_rewriting", "log_text",
    "log_withheld", "record_as_event", "record_as_json",
]  # fmt: skip

_MOST_OCTETS = 1000
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MICROS = 1_000_000


def _seconds(values: Iterable[float]) -> tuple[float, float, float, float]:
    # To the microsecond, so that the sum is the sum of what is shown.
    before, waiting, setup, sending = (round(max(0.0, float(value)), 6) for value in values)
    return before, waiting, setup, sending


@attrs.frozen(kw_only=True)
class DeliveryRecord:
    """What became of a recipient in an attempt, for the log and for counters.

    Args:
        queue_id: The message.
        recipient: The address that was tried.
        accepted: The address of the RCPT command; the same where no alias was.
        relay: Who took part.
        connection_uses: How often the connection was used, this time included.
        delays_seconds: From the arrival until the queue took it up, from there until
            the transport did, for the connection, for the sending; none is negative, and
            together they are the whole time.
        status: The enhanced code.
        word: `sent`, `deferred`, `bounced` or `SOFTBOUNCE`.
        text: The reason.
    """

    queue_id: str
    recipient: str
    accepted: str
    relay: str
    connection_uses: int = 1
    delays_seconds: tuple[float, float, float, float] = attrs.field(
        default=(0.0, 0.0, 0.0, 0.0), converter=_seconds
    )
    status: EnhancedStatusCode
    word: str
    text: str = ""

    @property
    def delay_seconds(self) -> float:
        """From the arrival until now."""
        return round(sum(self.delays_seconds), 6)

    @property
    def is_rewritten(self) -> bool:
        """Whether an alias has made the address of another."""
        return self.accepted.lower() != self.recipient.lower()


def format_record(record: DeliveryRecord, *, decimals: int = 2) -> str:
    """Return the line of the log, without time and host.  Never raises.

    Args:
        record: What became of a recipient.
        decimals: The most that a time has, 0 to 6: `delay_logging_resolution_limit`.
    """
    fields = [f"{log_text(record.queue_id)}: to=<{log_text(record.recipient)}>"]
    if record.is_rewritten:
        fields.append(f"orig_to=<{log_text(record.accepted)}>")
    fields.append(f"relay={log_text(record.relay)}")
    if record.connection_uses > 1:
        fields.append(f"conn_use={record.connection_uses}")
    delays = "/".join([format_delay(each, decimals=decimals) for each in record.delays_seconds])
    fields += [
        f"delay={format_delay(record.delay_seconds, decimals=decimals)}",
        f"delays={delays}",
        f"dsn={record.status}",
        f"status={record.word} ({log_text(record.text)})",
    ]
    return ", ".join(fields)


def record_as_event(record: DeliveryRecord) -> dict[str, object]:
    """Return the same as an object has it, for `extra={"event": ...}`.  Never raises."""
    event: dict[str, object] = {
        "event": "delivery",
        "queue_id": record.queue_id,
        "to": log_text(record.recipient),
        "relay": log_text(record.relay),
        "conn_use": record.connection_uses,
        "delay": record.delay_seconds,
        "delays": list(record.delays_seconds),
        "dsn": str(record.status),
        "status": record.word,
        "text": log_text(record.text),
    }
    if record.is_rewritten:
        event["orig_to"] = log_text(record.accepted)
    return event


def record_as_json(record: DeliveryRecord) -> str:
    """Return the same as one line of JSON in US-ASCII.  Never raises."""
    event = record_as_event(record)
    del event["event"]
    return json.dumps(event)


def format_delay(seconds: float, *, decimals: int = 2) -> str:
    """Return a time with two significant digits.

    >>> [format_delay(each) for each in (0.004, 0.144, 1.25, 9.96, 12.5, 100.4)]
    ['0', '0.14', '1.3', '10', '13', '100']

    Args:
        seconds: Below zero is zero.
        decimals: The most, 0 to 6.
    """
    micros = max(0, round(seconds * _MICROS))
    step = 10 ** (6 - decimals)
    if micros >= 10 * _MICROS:
        step = max(step, _MICROS)
    elif micros >= _MICROS:
        step = max(step, _MICROS // 10)
    else:
        while micros >= 100 * step:
            step *= 10
    steps = (micros + step // 2) // step
    whole, rest = divmod(steps * step, _MICROS)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".") if rest else str(whole)


def log_rewriting(log: logging.Logger, queue_id: str, text: str, done: RewrittenOutcome) -> None:
    """Write what tables changed of an outcome, as it was and as it is; and what they may not.

    Args:
        log: Where to.
        queue_id: The message.
        text: The reason as it was.
        done: What has become of the outcome.
    """
    for defect in done.defects:
        log.warning("%s: %s", queue_id, log_text(defect.message))
    if done.fired:
        log.info(
            "%s: outcome rewritten by %s: '%s' to '%s'",
            queue_id,
            ", ".join(done.fired),
            log_text(f"{done.original.status} {text}"),
            log_text(f"{done.outcome.status} {done.text}"),
        )


def log_withheld(log: logging.Logger, withheld: Iterable[tuple[str, Withheld]]) -> None:
    """Tell which rule keeps a sender from what NOTIFY would have him told.

    Args:
        log: Where to.
        withheld: What was decided, each with the identifier of the message.
    """
    for queue_id, each in withheld:
        if each.is_owed:
            for outcome in each.outcomes:
                about = log_text(outcome.recipient.address)
                why = log_text(str(each.trail[-1]))
                log.info("%s: the sender is not told of <%s>: %s", queue_id, about, why)


def log_text(text: str) -> str:
    """Return what a stranger wrote as a line of the log can have it.  Never raises."""
    shown = _UNPRINTABLE.sub("?", text)
    if not has_octets(shown) or not shown.isprintable():
        shown = shown.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return cut_octets(shown, _MOST_OCTETS)
