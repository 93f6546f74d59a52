"""The transport into mailboxes of this system.

In front of a message stand

    Return-Path         the sender                            RFC 5321 s4.4
    X-Original-To       the address that was accepted
    Delivered-To        the address that it was delivered to: seen again, it is a loop
    Original-Recipient  what ORCPT said                       RFC 8098 s2.3

Rules.
- An address in a domain of ours that has no mailbox fails with 5.1.1.
- What the disk says is for now: no mail is lost because a disk is full.
"""

from __future__ import annotations

import asyncio
import errno
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.mailboxes import Mailboxes
from dsnlib.adapters.agents.verdict import decide
from dsnlib.adapters.head import read_head
from dsnlib.adapters.maildir import Maildir, maildir_name
from dsnlib.errors import LookupFailed
from dsnlib.model.outcome import Disposition
from dsnlib.model.text import encode_wire, replace_controls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.transport import Attempted, Job
    from dsnlib.model.envelope import Recipient

__all__ = ["LocalTransport"]

# errno -> status and what the sender reads; the rest is 4.3.0
_FAULTS = {
    errno.EDQUOT: ("4.2.2", "the mailbox is full"),
    errno.ENOSPC: ("4.3.1", "the disk of the mailboxes is full"),
    errno.EFBIG: ("4.2.2", "the message is larger than a file may be here"),
}
_FAULT = ("4.3.0", "the mailbox cannot be written to now")
_DELIVERED_TO = re.compile(rb"^delivered-to[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


@attrs.frozen(eq=False)
class LocalTransport:
    """Delivers into Maildirs.

    Args:
        mailboxes: Which addresses have one, and where.
        host: The name of this system, which is in the names of files.
        name: What the log calls it.
        diagnostic_type: The type of diagnostics in our own words; see
            `Reporter.diagnostic_type`.
    """

    mailboxes: Mailboxes
    host: str = attrs.field(kw_only=True)
    name: str = attrs.field(default="local", kw_only=True)
    diagnostic_type: str = attrs.field(default="X-DSN", kw_only=True)

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Put the message into each mailbox, and return what came of it."""
        try:
            seen = await asyncio.to_thread(_delivered_to, job.content)
        except OSError as error:
            return [self._fault(job, each, error) for each in job.recipients]
        return [await self._deliver(job, each, seen) for each in job.recipients]

    async def _deliver(self, job: Job, recipient: Recipient, seen: frozenset[bytes]) -> Attempted:
        address = recipient.address
        if encode_wire(address.lower()) in seen:
            text = "the message was delivered to this address before and has come back"
            return self._decide(job, recipient, Disposition.FAILED, "5.4.6", text)
        try:
            path = await self.mailboxes.find(address)
        except LookupFailed:
            text = "the mailbox cannot be looked up now"
            return self._decide(job, recipient, Disposition.DELAYED, "4.3.0", text)
        if path is None:
            text = "there is no such mailbox here"
            return self._decide(job, recipient, Disposition.FAILED, "5.1.1", text)
        try:
            await asyncio.to_thread(self._put, job, recipient, path)
        except OSError as error:
            return self._fault(job, recipient, error)
        text = "delivered to the mailbox"
        return self._decide(job, recipient, Disposition.DELIVERED, "2.0.0", text)

    def _put(self, job: Job, recipient: Recipient, path: Path) -> None:
        arrival = job.envelope.arrival or job.now
        name = maildir_name(job.queue_id, path, arrival=arrival, host=self.host)
        prefix = _prefix(job, recipient)
        Maildir(path).deliver(name, prefix, job.content.chunks(), since=arrival)

    def _fault(self, job: Job, recipient: Recipient, error: OSError) -> Attempted:
        status, text = _FAULTS.get(error.errno or 0, _FAULT)
        return self._decide(job, recipient, Disposition.DELAYED, status, text)

    def _decide(
        self, job: Job, recipient: Recipient, disposition: Disposition, status: str, text: str
    ) -> Attempted:
        return decide(
            job, recipient, disposition, status, text,
            diagnostic_type=self.diagnostic_type, relay=self.name,
        )  # fmt: skip


def _prefix(job: Job, recipient: Recipient) -> str:
    lines = [
        f"Return-Path: <{job.envelope.return_path}>",
        f"X-Original-To: {recipient.accepted}",
        f"Delivered-To: {recipient.address}",
    ]
    orcpt = recipient.params.orcpt
    if orcpt is not None:
        # A message in UTF-8 has the address as people read it: RFC 6533 s5.
        value = orcpt.address if job.envelope.smtputf8 else orcpt.value
        lines.append(f"Original-Recipient: {orcpt.type};{replace_controls(value)}")
    return "".join([f"{line}\n" for line in lines])


def _delivered_to(content: Content) -> frozenset[bytes]:
    """Return the addresses that a message says it was delivered to, in lower case."""
    header, _ = read_head(content)
    return frozenset(found.strip().lower() for found in _DELIVERED_TO.findall(header))
