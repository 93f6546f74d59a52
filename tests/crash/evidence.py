"""What a server has left: the mailboxes, the next hops, and what should not be there.

A copy is known by the token in its subject, a notification by its original
envelope id (RFC 3464 s2.2.1) and the recipients it reports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib import DsnError, read_reports
from tests.crash.ledger import Evidence
from tests.crash.mail import DOMAIN, SENDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.interop.peers.hop import Transaction

__all__ = ["collect"]

_SUBJECT = re.compile(rb"^Subject: token (\S+)\r?$", re.MULTILINE)
_HEAD_OCTETS = 8192
_SENDERS_BOX = SENDER.partition("@")[0]


def collect(mailboxes: Path, transactions: Iterable[Transaction]) -> Evidence:
    """Return what is in the mailboxes, and what next hops were handed.

    Args:
        mailboxes: The directory that has a Maildir for each local name.
        transactions: What next hops have.
    """
    evidence = Evidence()
    for name, path in _messages(mailboxes):
        data = path.read_bytes()
        if name == _SENDERS_BOX:
            _count_notification(evidence, path, data)
        elif token := _token(data):
            evidence.copies[token, f"{name}@{DOMAIN}"] += 1
            if not data.rstrip().endswith(f"end {token}".encode()):
                evidence.torn.append(f"{path}: {len(data)} octets, and cut off")
        else:
            evidence.torn.append(f"{path}: {len(data)} octets without a token")
    for each in transactions:
        token = _token(each.content)
        for recipient in each.recipients:
            evidence.onward[token, recipient.partition(">")[0].lstrip("<")] += 1
        if not each.content.rstrip().endswith(f"end {token}".encode()):
            evidence.torn.append(f"a next hop has {len(each.content)} octets of {token!r}")
    return evidence


def _messages(mailboxes: Path) -> Iterator[tuple[str, Path]]:
    for mailbox in sorted(mailboxes.iterdir()):
        for folder in ("new", "cur"):
            for path in sorted((mailbox / folder).glob("*")):
                yield mailbox.name, path


def _token(data: bytes) -> str:
    found = _SUBJECT.search(data, 0, _HEAD_OCTETS)
    return found[1].decode("ascii", "replace") if found else ""


def _count_notification(evidence: Evidence, path: Path, data: bytes) -> None:
    try:
        reports = read_reports(data)
    except DsnError as error:
        evidence.torn.append(f"{path}: {error}")
        return
    if not reports:
        evidence.torn.append(f"{path}: no report")
    for report in reports:
        for each in report.recipients:
            about = each.original_recipient or each.final_recipient
            address = "" if about is None else about.address
            action = "" if each.action is None else each.action.value
            token = str(report.message.original_envelope_id)
            evidence.notifications[token, address, action] += 1
