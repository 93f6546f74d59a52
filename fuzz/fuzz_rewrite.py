r"""Fuzz `rewrite_reply`, `rewrite_remote_reply` and `rewrite_outcome`, filters included.

The first line of an input is `VERB STAGE SWITCHES`, with the stage as a number
and a letter for each rule that is in force; then come the lines of a reply, an
empty line, and filters, one a line: `R5.1.1=5.7.1` replaces text in lines of
replies, `S...` in statuses; without `=` the whole is the answer.  `R!` raises,
`R?` answers later, and in what a filter answers `\n` is a line end.

Invariant.
- Any reply is rewritten under any rules, by any filter, and nothing is raised.
- What comes out is a reply of as many lines that `parse` reads back equal.
- A refusal stays one, and so does what is none; nothing gets worse unless it
  may.  Under soft bounce nothing is refused for good.
- What is rewritten comes back, and rules without filters change it no more.
- An outcome is rewritten as its reply is, and expired mail stays failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidReply, LookupFailed
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import StatusClass
from dsnlib.replies.rewrite import (
    RewriteRules,
    RewrittenReply,
    rewrite_outcome,
    rewrite_remote_reply,
    rewrite_reply,
)
from dsnlib.replies.stage import Stage
from fuzz.alphabet import expand, text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from dsnlib.model.status import EnhancedStatusCode

__all__ = ["READS", "REWRITING", "check"]

READS = (
    "dsnlib.replies.rewrite",
    "dsnlib.replies.filters",
    "dsnlib.replies.drive",
)

# Commands and switches, replies, and what filters do with them.
REWRITING = (
    b"\n",
    b"\n\n",
    b" ",
    b"-",
    b"=",
    b"\\n",
    b"\nR",
    b"\nS",
    b"\nR!",
    b"\nS!",
    b"\nR?",
    b"\nS?",
    b"MAIL 4",
    b"RCPT 5",
    b"RCPT 4",
    b"DATA x",
    b". 7",
    b"EHLO 1",
    b"* 0",
    b" afhs",
    b" af",
    b" s",
    b" hs",
    b"550",
    b"450",
    b"250",
    b"354",
    b"421",
    b"521",
    b"552",
    b"553",
    b"5.1.1",
    b"4.1.1",
    b"2.1.5",
    b"5.1.7",
    b"4.2.2",
    b"5.7.509",
    b"3.0.0",
    b"5",
    b"4",
    b"2",
    b"3",
    b"no such user",
    b"\t",
    b"\r",
    b"\x00",
    b"\x7f",
    b"\xff",
    b"\xc3\xa4",
    b"\xe2\x80\xa8",
)
_MOST_FILTERS = 8
_REFUSALS = (StatusClass.TRANSIENT, StatusClass.PERMANENT)
_RECIPIENT = Recipient("bob@example.org")


@attrs.frozen
class _Filter:
    """A filter as one line of the input describes it."""

    row: str
    name: str = "filter"
    has_fixed_keys: bool = False

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Return what the row makes of a key."""
        if self.row == "!":
            message = "filter: it is broken"
            raise LookupFailed(message, source=self.name, key=key)
        before, equals, after = self.row.replace("\\n", "\n").partition("=")
        if self.row == "?":
            return self._later(key)
        if not equals:
            return before
        return key.replace(before, after, 2) if before and before in key else None

    async def _later(self, key: str) -> str:
        return key


def check(data: bytes) -> None:
    """Rewrite the reply of one input in every way and assert the invariant."""
    command, _, rest = text_of(expand(data, REWRITING)).partition("\n")
    lines, _, filters = rest.partition("\n\n")
    try:
        reply = SmtpReply.read(lines)
    except InvalidReply:
        return
    verb, stage, switches = (*command.split(" ", 2), "", "", "")[:3]
    rules = _rules(switches, filters)
    about = _stage(stage)
    ours = rewrite_reply(reply, stage=about, verb=verb, rules=rules)
    remote = rewrite_remote_reply(reply, rules=rules)
    for done in (ours, remote):
        _check_reply(done, reply, rules)
    plain = attrs.evolve(rules, reply_filters=(), status_filters=())
    first = rewrite_reply(reply, stage=about, verb=verb, rules=plain)
    again = rewrite_reply(first.reply, stage=about, verb=verb, rules=plain)
    # What was corrected when the reply was read it remembers until a rule makes another one.
    assert again.fired == (first.fired if first.reply is reply else ())
    assert first.reply == again.reply
    untouched = rewrite_remote_reply(reply, rules=plain)
    assert reply.lines == untouched.reply.lines
    status = reply.effective_status
    if status is not None:
        _check_outcome(status, reply.lines[-1], rules)


def _rules(switches: str, filters: str) -> RewriteRules:
    rows = filters.split("\n")[:_MOST_FILTERS]
    return RewriteRules(
        adds_status="a" in switches,
        fits_stage="f" in switches,
        may_harden="h" in switches,
        soft_bounce="s" in switches,
        reply_filters=[_Filter(row[1:]) for row in rows if row.startswith("R")],
        status_filters=[_Filter(row[1:]) for row in rows if row.startswith("S")],
    )


def _stage(text: str) -> Stage | None:
    stages = tuple(Stage)
    number = ord(text[0]) - ord("0") if text else -1
    return stages[number] if 0 <= number < len(stages) else None


def _check_reply(done: RewrittenReply, reply: SmtpReply, rules: RewriteRules) -> None:
    now = done.reply
    assert reply is done.original
    assert done is rewrite_reply(done, rules=rules)
    assert done is rewrite_remote_reply(done, rules=rules)
    assert len(reply.lines) == len(now.lines)
    assert now == SmtpReply.parse(str(now))
    # Octets that are no character on either side of a replacement may be one now.
    assert now.format() == SmtpReply.parse(now.format()).format()
    assert (reply.code // 100 in _REFUSALS) == (now.code // 100 in _REFUSALS)
    assert rules.may_harden or now.code // 100 <= reply.code // 100
    assert not rules.soft_bounce or now.code // 100 != StatusClass.PERMANENT
    assert done.fired or now is reply


_DISPOSITIONS = {
    StatusClass.SUCCESS: (Disposition.DELIVERED,),
    StatusClass.TRANSIENT: (Disposition.DELAYED, Disposition.FAILED),
    StatusClass.PERMANENT: (Disposition.FAILED,),
}


def _check_outcome(status: EnhancedStatusCode, text: str, rules: RewriteRules) -> None:
    for disposition in _DISPOSITIONS[status.class_]:
        before = DeliveryOutcome(recipient=_RECIPIENT, disposition=disposition, status=status)
        for is_expired in (False, True):
            done = rewrite_outcome(before, text=text, rules=rules, is_expired=is_expired)
            now = done.outcome
            assert done is rewrite_outcome(done, rules=rules)
            assert done.fired or now is before
            assert (status.class_ in _REFUSALS) == (now.status.class_ in _REFUSALS)
            assert rules.may_harden or now.status.class_ <= status.class_
            if is_expired:
                assert disposition is not Disposition.FAILED or now.disposition is disposition
            else:
                assert not rules.soft_bounce or now.status.class_ != StatusClass.PERMANENT
