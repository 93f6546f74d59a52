"""Fuzz what is described in JSON: by programs to our commands, and by a queue to itself.

A program describes a message to `dsnlib plan` and a notification to `dsnlib compose`; a
queue keeps envelopes, histories and outcomes.

Invariant.
- Any text is a description, or `InvalidValue` with a message; what it describes can be
  decided about or composed, or is refused in the same way.
- Any octets are a record of the queue, or `DamagedRecord`; a record that was read, written
  and read again is equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.spool.record import (
    DamagedRecord,
    read_envelope,
    read_facts,
    read_history,
    read_outcomes,
    read_recipients,
    write_envelope,
    write_facts,
    write_history,
    write_outcomes,
    write_recipients,
)
from dsnlib.cli.verbs.compose.description import plan_from, read_description
from dsnlib.cli.verbs.plan.description import outcome_from, read_message_description
from dsnlib.errors import InvalidValue
from fuzz.alphabet import expand, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DESCRIPTION", "READS", "check"]

READS = (
    "dsnlib.adapters.spool.record",
    "dsnlib.cli.json_object",
    "dsnlib.cli.verbs.compose.description",
    "dsnlib.cli.verbs.plan.description",
)

# Keys and values, and what JSON is made of.
DESCRIPTION = (
    b"{", b"}", b"[", b"]", b", ", b": ", b'"', b"null", b"true", b"false", b"0", b"1", b"-1",
    b"1e999", b"9" * 40, b"NaN", b"\\ud800", b"\\udcff", b"\\u0000", b"\\n", b"\xff",
    b"\xed\xa0\x80", b"\xc3\xa4", b'{"sender": "ann@example.net", ',
    b'"recipients": [{"address": "bob@example.org"}]', b'"address": "bob@example.org"',
    b'"rcpt": "NOTIFY=SUCCESS ORCPT=rfc822;x"', b'"notify": "NEVER"', b'"notify": 3',
    b'"orcpt": ["rfc822", "x"]', b'"orcpt": "rfc822;x"', b'"expanded_from": "team@example.org"',
    b'"mail": {"ret": "FULL", "envid": "QQ1", "other": [["SIZE", "1"]]}', b'"mail": "RET=FULL"',
    b'"as_received": ["RET=FULL"]', b'"smtputf8": true', b'"body": "8BITMIME"',
    b'"arrival": "2026-11-22T10:04:00+01:00"', b'"arrival": "0001-01-01T00:00:00+01:00"',
    b'"received_from": ["dns", "mx.example.org", null]', b'"received_from": "mx.example.org"',
    b'"outcomes": [{"recipient": "bob@example.org", "status": "5.1.1"}]',
    b'"outcomes": [[0, {"disposition": "failed", "status": "5.1.1"}]]', b'"disposition": "failed"',
    b'"disposition": "delayed"', b'"status": "4.4.1"', b'"reply": "550 5.1.1 no"',
    b'"diagnostic": ["smtp", "550 no"]', b'"diagnostic": "550 no"', b'"remote_mta": "mx.example"',
    b'"remote_mta": ["dns", "mx.example", null]', b'"final_recipient": ["rfc822", "x@y"]',
    b'"retry_until": "2026-11-25T10:04:00Z"', b'"log_id": "4F0"', b'"is_late": true',
    b'"facts": {"spf": "fail", "hops": 3, "suppressed": ["a@b"]}', b'"spf": "pass"', b'"hops": 7',
    b'"facts": {"header": "Auto-Submitted: auto-replied\\n"}', b'"profile": "rfc"',
    b'"hop": {"name": "mx", "ehlo": ["DSN"]}', b'"aliases": {"team@example.org": {"targets": [',
    b'"kind": "list"', b'"owner": "o@example.org"', b'"languages": ["de"]', b'"attempts": 3',
    b'"replies": [[0, null, {"disposition": "delayed", "status": "4.4.1"}]]', b'"told": [0]',
    b'"warned": "2026-11-22T10:04:00+00:00"', b'"reports": [{"recipient": "bob@example.org", ',
    b'"reporting_mta": "mail.example.org"', b'"extensions": {"X-A": "b"}', b'"audience": "sender"',
    b'"language": "de"', b'"ret": "HDRS"', b'"envelope_id": "QQ1"', b'"action": "failed"',
    b'"localized_diagnostics": [{"language": "de", "text": "x"}]', b'"notifications": [',
)  # fmt: skip
_RECORDS: tuple[tuple[Callable[[bytes], Any], Callable[[Any], bytes]], ...] = (
    (read_envelope, write_envelope),
    (read_facts, write_facts),
    (read_history, write_history),
    (read_outcomes, write_outcomes),
    (read_recipients, write_recipients),
)


def check(data: bytes) -> None:
    """Read one input as each description and assert the invariant."""
    octets = expand(data, DESCRIPTION)
    text = text_of(octets)
    _check_message(text)
    _check_notification(text)
    for read, write in _RECORDS:
        try:
            value = read(octets)
        except DamagedRecord as error:
            assert str(error).startswith("queue: ")
            continue
        assert value == read(write(value))


def _check_message(text: str) -> None:
    try:
        found = read_message_description(text)
        for each in found.outcomes:
            outcome_from(each, found.envelope.recipients[0], None)
    except InvalidValue as error:
        assert str(error)


def _check_notification(text: str) -> None:
    for is_copy in (False, True):
        try:
            plan = plan_from(read_description(text), is_copy=is_copy)
        except InvalidValue as error:
            assert str(error)
            continue
        assert plan.report.recipients
