"""A mail system in one file: take a message, hand it on, say what became of it.

    python start_mta.py

The client, the clock and the other servers are played.  YOURS marks where your code goes.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
from __future__ import annotations

import datetime as dt
import secrets
from email import message_from_bytes
from typing import TYPE_CHECKING

import attrs

from dsnlib import (
    PROFILES,
    BounceComposer,
    DeliveryOutcome,
    Disposition,
    EnhancedStatusCode,
    Envelope,
    InvalidParameter,
    MailParameters,
    MessageFacts,
    NextHop,
    QueueHistory,
    Recipient,
    Reporter,
    SmtpReply,
    TransactionReplies,
    parse_mail_parameters,
    parse_rcpt_parameters,
    plan_attempt,
    plan_dsns,
    plan_relay,
    settle_relay,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# What your users may expect; "mx" is for mail from strangers.
PROFILE = PROFILES["submission"]
REPORTER = Reporter.parse("mail.example.org")
COMPOSER = BounceComposer(reporter=REPORTER)

FINE, GO_ON = SmtpReply.parse("250 2.0.0 Fine"), SmtpReply.parse("354 Go on")
NO_USER = SmtpReply.parse("550 5.1.1 No such user here")
DELIVERED, NO_ANSWER = map(EnhancedStatusCode.parse, ("2.1.5", "4.4.1"))
# YOURS: MX records, and a client.  Domain -> what its server says to EHLO and to RCPT.
SERVERS = {
    "new.example": (["SIZE 1000000", "DSN"], FINE),
    "old.example": (["SIZE 1000000"], FINE),
    "full.example": (["DSN"], SmtpReply.parse("552 5.2.2 Mailbox full")),
}
# YOURS: mailboxes, and who has one.
OURS, USERS = "example.org", {"ann@example.org", "bob@example.org"}


@attrs.define
class Entry:
    """A message that waits.  YOURS: all of it is on the disk before you answer 250."""

    envelope: Envelope
    octets: bytes
    history: QueueHistory
    due: dt.datetime


QUEUE: list[Entry] = []


def answer_mail(options: str) -> tuple[SmtpReply, MailParameters]:
    """Return the answer to MAIL, and what it asks for."""
    try:
        return FINE, parse_mail_parameters(options, known={"SIZE", "BODY"})
    except InvalidParameter as error:
        return error.reply, MailParameters()


def answer_rcpt(address: str, options: str) -> tuple[SmtpReply, Recipient | None]:
    """Return the answer to RCPT, and the recipient.  YOURS: who may send to whom."""
    if address.endswith(f"@{OURS}") and address not in USERS:
        return NO_USER, None
    try:
        return FINE, Recipient(address, parse_rcpt_parameters(options))
    except InvalidParameter as error:
        return error.reply, None


def accept(envelope: Envelope, octets: bytes, now: dt.datetime) -> None:
    """Take a message over: from here on you owe its sender an answer."""
    QUEUE.append(Entry(envelope, octets, QueueHistory(arrival=now), due=now))


def attempt(entry: Entry, now: dt.datetime) -> None:
    """Try everybody who waits, tell of what became of them, and plan the next attempt."""
    outcomes: list[DeliveryOutcome] = []
    waiting = entry.envelope.recipients
    for domain in dict.fromkeys(each.address.rpartition("@")[2] for each in waiting):
        there = [each for each in waiting if each.address.endswith(f"@{domain}")]
        outcomes += (
            deliver(entry, there, now) if domain == OURS else relay(entry, there, domain, now)
        )
    history = entry.history.attempted(outcomes)
    plan = plan_attempt(entry.envelope, history, policy=PROFILE.retry, now=now)
    # Whoever has waited too long has failed now, with the last thing that a server said.
    settled = plan.settle(outcomes, history)
    decision = plan_dsns(
        entry.envelope,
        settled,
        reporter=REPORTER,
        policy=PROFILE.dsn,
        facts=MessageFacts.from_header(entry.octets),
        is_delay_due=plan.is_delay_due,
        now=now,
    )
    for held in decision.withheld:  # YOURS: a log, which answers "why did nobody tell me?"
        for each in held.outcomes:
            if entry.envelope.sender and each.disposition is not Disposition.DELAYED:
                name = each.recipient.address
                print(f"{now:%d %b %H:%M}  say nothing of {name}: {held.trail[-1]}")
    for due in decision.plans:
        names = ", ".join(str(each.recipient) for each in due.report.recipients)
        print(f"{now:%d %b %H:%M}  write to {due.recipient.address}: {due.kind.value}, {names}")
        notice = COMPOSER.compose(due, entry.octets, now=now, token=secrets.token_hex(12))
        accept(notice.envelope, notice.as_bytes(), now)
    late = [each.recipient for each in settled if each.disposition is Disposition.DELAYED]
    if late and plan.next_attempt:
        left = attrs.evolve(entry.envelope, recipients=late)
        history = history.notified(plan, decision, now=now)
        QUEUE.append(Entry(left, entry.octets, history, due=plan.next_attempt))


def deliver(entry: Entry, there: list[Recipient], now: dt.datetime) -> list[DeliveryOutcome]:
    """Put the message into mailboxes.  YOURS: one may be full, or gone since RCPT."""
    done, header = Disposition.DELIVERED, message_from_bytes(entry.octets)
    for each in there:
        print(f"{now:%d %b %H:%M}  {each.address} has mail: {header['Subject']}")
    return [
        DeliveryOutcome(recipient=each, disposition=done, status=DELIVERED, attempted=now)
        for each in there
    ]


def relay(
    entry: Entry, there: list[Recipient], domain: str, now: dt.datetime
) -> Sequence[DeliveryOutcome]:
    """Hand the message to the server of a domain, and return what became of each recipient."""
    keywords, answer = SERVERS.get(domain, ((), None))
    hop = NextHop.from_ehlo(f"mx.{domain}", keywords)
    plan = plan_relay(entry.envelope, hop, recipients=there, policy=PROFILE.relay, now=now)
    replies = []
    for each in plan.transactions:
        if answer is None:
            replies.append(TransactionReplies(lost="no answer", lost_status=NO_ANSWER))
            continue
        for rcpt in each.recipients:  # YOURS: what goes over the wire
            print(f"{now:%d %b %H:%M}  mx.{domain}: RCPT TO:<{rcpt.address}>", *rcpt.options)
        is_taken = answer == FINE
        replies.append(
            TransactionReplies(
                mail=FINE,
                recipients=[answer] * len(each.recipients),
                data=GO_ON if is_taken else None,
                end=[FINE] if is_taken else [],
            )
        )
    return settle_relay(plan, replies, now=now)


def main() -> None:
    """Play one message to six people, until nobody waits any more."""
    now = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
    reply, mail = answer_mail("RET=HDRS ENVID=QQ314159 SIZE=120")
    print("MAIL FROM:<ann@example.org>", "->", reply)
    recipients = []
    for address, options in [
        ("bob@example.org", "NOTIFY=SUCCESS,FAILURE"),
        ("eve@new.example", "NOTIFY=SUCCESS,FAILURE"),
        ("dora@old.example", "NOTIFY=SUCCESS,FAILURE"),
        ("gus@full.example", "NOTIFY=NEVER"),
        ("fay@full.example", ""),
        ("hal@gone.example", ""),
        ("nobody@example.org", ""),
        ("ida@new.example", "NOTIFY=NEVER,DELAY"),
    ]:
        reply, recipient = answer_rcpt(address, options)
        print(f"RCPT TO:<{address}> {options} -> {reply}".replace("  ", " "))
        if recipient is not None:
            recipients.append(recipient)
    octets = b"From: Ann <ann@example.org>\r\nSubject: Minutes\r\n\r\nHere they are.\r\n"
    envelope = Envelope(sender="ann@example.org", mail=mail, recipients=recipients, arrival=now)
    accept(envelope, octets, now)
    while QUEUE:  # YOURS: a clock that waits
        entry = min(QUEUE, key=lambda each: each.due)
        QUEUE.remove(entry)
        attempt(entry, entry.due)


if __name__ == "__main__":
    main()
