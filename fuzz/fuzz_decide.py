"""Fuzz what decisions are made from: parameters, replies, EHLO lines, a header.

Invariant.
- Whatever a client, a server and an author wrote, there is a plan of commands,
  an outcome for each recipient, and for each outcome a notification or a
  reason; nothing but `InvalidParameter` and `InvalidAddress` is raised, and
  those where a server would refuse the command.
- Commands are lines: none has a CR, LF or NUL in it.
- A notification goes from the null path to the return path, never to a
  recipient with NEVER's sender, and what is composed of it reads back.
"""

from __future__ import annotations

import datetime as dt

from dsnlib import (
    PROFILES,
    Audience,
    BounceComposer,
    Envelope,
    InvalidAddress,
    InvalidParameter,
    InvalidReply,
    MessageFacts,
    NextHop,
    Notify,
    Recipient,
    Reporter,
    SmtpReply,
    TransactionReplies,
    parse_mail_parameters,
    parse_rcpt_parameters,
    plan_dsns,
    plan_relay,
    read_reports,
    settle_relay,
)
from fuzz.alphabet import DECISION, expand, text_of

__all__ = ["READS", "check"]

READS = (
    "dsnlib.policy.relay",
    "dsnlib.policy.settle",
    "dsnlib.policy.notify",
    "dsnlib.policy.facts",
    "dsnlib.policy.guard",
    "dsnlib.policy.hop",
    "dsnlib.policy.draft",
    "dsnlib.policy.privacy",
    "dsnlib.policy.gateway",
)

_NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
_REPORTER = Reporter.parse("mail.example.org", "Example")
_COMPOSER = BounceComposer(reporter=_REPORTER)
_TOKEN = "0123456789abcdef"  # noqa: S105  no password
_MOST_RECIPIENTS = 8


def check(data: bytes) -> None:
    """Take one input as a transaction, decide about it, and assert the invariant.

    The first line is `<sender> options`, then one such line for each recipient,
    an empty line, replies, an empty line, EHLO lines, an empty line, a header.
    """
    octets = expand(data, DECISION)
    blocks = octets.split(b"\n\n", 3)
    commands, replies, keywords, header = blocks + [b""] * (4 - len(blocks))
    try:
        envelope = _envelope(text_of(commands).split("\n")[: _MOST_RECIPIENTS + 1])
    except (InvalidParameter, InvalidAddress):
        return
    hop = NextHop.from_ehlo("mx.example.com", text_of(keywords).split("\n"))
    facts = MessageFacts.from_header(header)
    for profile in PROFILES.values():
        plan = plan_relay(envelope, hop, policy=profile.relay, now=_NOW)
        for each in plan.transactions:
            words = [*each.options, *(word for to in each.recipients for word in to.options)]
            assert not any(mark in word for word in words for mark in "\r\n\0 ")
            assert hop.dsn or not any(to.options for to in each.recipients)
        answers = [_answers(replies, len(each.recipients)) for each in plan.transactions]
        outcomes = settle_relay(plan, answers, now=_NOW)
        decision = plan_dsns(
            envelope, outcomes, reporter=_REPORTER, policy=profile.dsn, facts=facts, now=_NOW
        )
        assert decision.undecided == ()
        told = 0
        for notice in decision.plans:
            assert "" == notice.envelope.sender != notice.recipient.address
            if notice.audience is Audience.SENDER:
                told += len(notice.report.recipients)
            message = _COMPOSER.compose(notice, header, now=_NOW, token=_TOKEN)
            (report,) = read_reports(message.as_bytes())
            assert len(notice.report.recipients) == len(report.recipients)
        held = [each for one in decision.withheld for each in one.outcomes]
        assert all(one.trail for one in decision.withheld)
        assert len(envelope.recipients) == told + len(held)
        silent = sum(each.params.notify == Notify.NEVER for each in envelope.recipients)
        assert silent <= len(held)


def _envelope(lines: list[str]) -> Envelope:
    (sender, mail), *rest = [_split(line) for line in lines]
    return Envelope(
        sender=sender,
        mail=parse_mail_parameters(mail),
        recipients=[Recipient(address, parse_rcpt_parameters(options)) for address, options in rest]
        or [Recipient("bob@example.com")],
        arrival=_NOW,
    )


def _split(line: str) -> tuple[str, str]:
    path, _, options = line.partition(" ")
    return path.strip("<>"), options


def _answers(octets: bytes, count: int) -> TransactionReplies:
    answers: list[SmtpReply | str | None] = []
    for line in octets.split(b"\n"):
        try:
            answers.append(SmtpReply.read(line))
        except InvalidReply:
            answers.append(text_of(line) or None)
    mail, data, end, *recipients = (*answers, None, None, None)[: count + 3]
    return TransactionReplies(mail=mail, recipients=recipients, data=data, end=[end])
