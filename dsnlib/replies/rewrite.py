"""The last hand on a reply, before both log and wire (RFC 2034 s4, RFC 3463).

    0. reply class      a status of another class has taken that of the reply code
    1. default status   a bare reply gets the status its code and command imply
    2. fit stage        an address status fits what the reply is about
    3. reply filter     lines as the site's tables have them
    4. status filter    status and text as the site's tables have them
    5. soft bounce      5yz becomes 4yz, on trial and in an emergency

Rules.
- Once, and last: what is rewritten already is given back as it is.
- Idempotent, and never to a higher severity; the number of lines stays.
- The reply code decides: a status takes its class, because SMTP acts on the
  code (RFC 2034 s4 wants both to agree; `SmtpReply` cannot hold another).
- The original is kept, with the names of the rules that changed it.
- Text of another system is never touched: in what it said, `550` stays `550`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import Defect
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.texts import texts
from dsnlib.replies.defaults import default_status
from dsnlib.replies.filters import filter_reply, filter_status
from dsnlib.replies.stage import Stage, fit_status
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


__all__ = [
    "RewriteRules",
    "RewrittenOutcome",
    "RewrittenReply",
    "rewrite_outcome",
    "rewrite_remote_reply",
    "rewrite_reply",
    "soften",
]

_PERMANENT = 5


def _tables(values: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class RewriteRules:
    """Which rules are in force.

    Args:
        adds_status: Whether a bare reply gets a status.
        fits_stage: Whether address statuses are corrected.
        reply_filters: Tables asked with each line of a reply.
        status_filters: Tables asked with a status and its text.
        may_harden: Whether a filter may make a soft failure a hard one.
        soft_bounce: Whether every refusal is one for now, and no mail bounces.
    """

    adds_status: bool = True
    fits_stage: bool = True
    reply_filters: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    status_filters: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    may_harden: bool = False
    soft_bounce: bool = False


@attrs.frozen(kw_only=True)
class RewrittenReply:
    """A reply as it is to be sent or interpreted, and how it came to be.

    Args:
        reply: What it is now.
        original: What it was.
        fired: The names of the rules that changed it, in order; a filter's has
            its table behind a colon.
        defects: What a filter answered and was not taken.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    reply: SmtpReply
    original: SmtpReply
    fired: tuple[str, ...] = attrs.field(default=(), converter=texts)
    defects: tuple[Defect, ...] = ()


@attrs.frozen(kw_only=True)
class RewrittenOutcome:
    """An outcome as the queue is to take it, and how it came to be.

    Args:
        outcome: What it is now.
        original: What it was.
        text: What status filters have made of the text, or the text given.
        fired: As in `RewrittenReply`.
        defects: As there.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    outcome: DeliveryOutcome
    original: DeliveryOutcome
    text: str = ""
    fired: tuple[str, ...] = attrs.field(default=(), converter=texts)
    defects: tuple[Defect, ...] = ()


_DEFAULTS = RewriteRules()


def rewrite_reply(
    reply: SmtpReply | RewrittenReply,
    *,
    stage: Stage | None = None,
    verb: str = "*",
    rules: RewriteRules = _DEFAULTS,
) -> RewrittenReply:
    """Return our own reply as it is to be sent.

    >>> reply = SmtpReply.parse("550 5.1.1 not one of ours")
    >>> soft = RewriteRules(soft_bounce=True)
    >>> done = rewrite_reply(reply, stage=Stage.SENDER, verb="MAIL", rules=soft)
    >>> str(done.reply), done.fired
    ('450 4.1.7 not one of ours', ('fit-stage', 'soft-bounce'))

    Never raises.

    Args:
        reply: What is to be answered; what was rewritten before comes back.
        stage: What it is about; if not given, what `verb` carries.  At RCPT a
            sender may be refused: see `Verdict.stage`.  What is about nothing
            that is known keeps its status.
        verb: The command that is answered, for the status of a bare reply: see
            `default_status`.
        rules: What is in force.
    """
    if isinstance(reply, RewrittenReply):
        return reply
    about = Stage.of_verb(verb) if stage is None else stage

    def add(now: SmtpReply) -> SmtpReply:
        if now.status is not None:
            return now
        return _with_status(now, default_status(now.code, verb))

    def fit(now: SmtpReply) -> SmtpReply:
        if now.status is None or about is None:
            return now
        return _with_status(now, fit_status(now.status, about))

    steps: list[tuple[str, Callable[[SmtpReply], SmtpReply]]] = []
    if rules.adds_status:
        steps.append(("default-status", add))
    if rules.fits_stage:
        steps.append(("fit-stage", fit))
    return _rewrite(reply, steps, rules, filters_bare=False)


def rewrite_remote_reply(
    reply: SmtpReply | RewrittenReply, *, rules: RewriteRules = _DEFAULTS
) -> RewrittenReply:
    """Return what a server we called has said as it is to be interpreted.

    Filters and soft bounce apply; what the server said about an address is its
    own to say.  A status filter is asked of a bare reply with X.0.0, as a queue
    would have it.  The text is for `original`, which a report transcribes.
    Never raises.
    """
    if isinstance(reply, RewrittenReply):
        return reply
    return _rewrite(reply, (), rules, filters_bare=True)


def _rewrite(
    original: SmtpReply,
    steps: Iterable[tuple[str, Callable[[SmtpReply], SmtpReply]]],
    rules: RewriteRules,
    *,
    filters_bare: bool,
) -> RewrittenReply:
    reply = original
    # `SmtpReply` cannot hold two classes, so that rule fired when it was read.
    fired = [each.code for each in original.defects if each.code == "reply-class"]
    defects: list[Defect] = []
    for name, step in steps:
        now = step(reply)
        if now != reply:
            fired.append(name)
        reply = now
    if rules.reply_filters:
        reply, filtered = filter_reply(reply, rules.reply_filters, may_harden=rules.may_harden)
        defects += filtered.defects
        if filtered.table is not None:
            fired.append(f"reply-filter:{filtered.table}")
    status = reply.effective_status if filters_bare else reply.status
    if rules.status_filters and status is not None:
        reply, names, found = _filter_status(reply, status, rules)
        defects += found
        fired += names
    if rules.soft_bounce:
        now = soften(reply)
        if now != reply:
            fired.append("soft-bounce")
        reply = now
    return RewrittenReply(
        reply=reply, original=original, fired=tuple(fired), defects=tuple(defects)
    )


def _filter_status(
    reply: SmtpReply, status: EnhancedStatusCode, rules: RewriteRules
) -> tuple[SmtpReply, tuple[str, ...], tuple[Defect, ...]]:
    """Filter the status with the last line, which is the one that counts.

    The reply code follows the class, and otherwise stays.
    """
    filtered = filter_status(
        status, reply.lines[-1], rules.status_filters, may_harden=rules.may_harden
    )
    if filtered.table is None:
        return reply, (), filtered.defects
    word, _, text = filtered.text.partition(" ")
    now = EnhancedStatusCode.parse(word)
    reply = SmtpReply(
        now.class_ * 100 + reply.code % 100,
        now,
        (*_cleared(reply.lines[:-1]), *_cleared([text])),
    )
    return reply, (f"status-filter:{filtered.table}",), filtered.defects


def soften(reply: SmtpReply) -> SmtpReply:
    """Return a refusal for good as one for now, in its code and every line.

    >>> str(soften(SmtpReply.parse("521 5.3.2 no mail here")))
    '421 4.3.2 no mail here'

    The text stays as it is, whatever numbers are in it.  Never raises.
    """
    if reply.code // 100 != _PERMANENT:
        return reply
    status = None if reply.status is None else reply.status.with_class(StatusClass.TRANSIENT)
    return SmtpReply(reply.code - 100, status, reply.lines)


def rewrite_outcome(
    outcome: DeliveryOutcome | RewrittenOutcome,
    *,
    text: str = "",
    rules: RewriteRules = _DEFAULTS,
    is_expired: bool = False,
) -> RewrittenOutcome:
    """Return what became of a recipient as the queue is to take it.

    With `soft_bounce` a hard failure is a delay: the recipient stays queued, a
    delay warning may go out, and after the message's lifetime it is returned
    all the same.  So mail that has expired is not softened.  Never raises.

    Args:
        outcome: What delivery knows; what was rewritten before comes back.
        text: The reason, for status filters.
        rules: What is in force; only filters and soft bounce apply.
        is_expired: Whether the failure is the end of the message's lifetime.
    """
    if isinstance(outcome, RewrittenOutcome):
        return outcome
    now = outcome
    fired: list[str] = []
    defects: tuple[Defect, ...] = ()
    if rules.status_filters:
        filtered = filter_status(
            outcome.status, text, rules.status_filters, may_harden=rules.may_harden
        )
        defects = filtered.defects
        if filtered.table is not None:
            fired.append(f"status-filter:{filtered.table}")
            word, _, text = filtered.text.partition(" ")
            now = _with_class_of(outcome, EnhancedStatusCode.parse(word), is_expired=is_expired)
    if (
        rules.soft_bounce
        and not is_expired
        and now.disposition is Disposition.FAILED
        and now.status.class_ is StatusClass.PERMANENT
    ):
        fired.append("soft-bounce")
        status = now.status.with_class(StatusClass.TRANSIENT)
        # From the original: a delay that a filter has made a failure is that delay again.
        now = _with_class_of(outcome, status, is_expired=False)
    return RewrittenOutcome(
        outcome=now, original=outcome, text=text, fired=tuple(fired), defects=defects
    )


def _with_class_of(
    outcome: DeliveryOutcome, status: EnhancedStatusCode, *, is_expired: bool
) -> DeliveryOutcome:
    """Return the outcome with a status; what turns hard fails, what turns soft waits.

    A failure of class 4 is mail given up, and stays one (RFC 3464 s2.3.3).
    """
    if status.class_ == outcome.status.class_:
        return attrs.evolve(outcome, status=status)
    if status.class_ is StatusClass.TRANSIENT and not is_expired:
        return attrs.evolve(outcome, status=status, disposition=Disposition.DELAYED)
    return attrs.evolve(
        outcome,
        status=status,
        disposition=Disposition.FAILED,
        retry_until=None,
        is_late=False,
    )


def _with_status(reply: SmtpReply, status: EnhancedStatusCode | None) -> SmtpReply:
    if status == reply.status or status is None:
        return reply
    return SmtpReply(reply.code, status, _cleared(reply.lines))


def _cleared(lines: Iterable[str]) -> tuple[str, ...]:
    """Return lines that can stand behind a status: without white space in front."""
    return tuple([line.lstrip(" \t") for line in lines])
