"""Rules that stop a notification: against backscatter and against loops.

RFC 3461 says what a sender may ask for.  These rules say when an answer would
hurt: when it goes to someone who never wrote (backscatter), or to a program
that would answer it (a loop).  Each has a name and can be switched; what no
rule may be switched off for, the null return path and NOTIFY=NEVER, is not
here but in `notify`.

Rules.
- A rule that only guesses from the header yields to a sender who asked with
  NOTIFY: RFC 3834 is about answers of people's programs, not about
  notifications.
- A rule that has evidence of a forged sender yields to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Envelope
from dsnlib.model.esmtp import Notify
from dsnlib.model.number import require_whole
from dsnlib.model.texts import text_set
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.trail import Effect, TrailEntry

__all__ = ["GUARDS", "GuardRule", "Guards", "ask_guards"]

_ANY = Notify.SUCCESS | Notify.FAILURE | Notify.DELAY

# The return paths of other systems' notices that are not the null one, though it
# should be: local parts, and qmail's for what bounced twice.
_NOTICE_PARTS = frozenset({"mailer-daemon", "double-bounce"})
_TWICE_BOUNCED = "#@[]"
_NOBODY = frozenset({"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply"})
# X-Auto-Response-Suppress, as Exchange writes it: DR are reports of delivery,
# NDR those of failure.
_SUPPRESSING = {
    Notify.SUCCESS: frozenset({"dr", "all"}),
    Notify.FAILURE: frozenset({"ndr", "all"}),
    Notify.DELAY: frozenset({"ndr", "all"}),
}


@attrs.frozen(kw_only=True)
class GuardRule:
    """One rule.

    Args:
        name: How the trail and the settings call it.
        events: The events it looks at.
        is_overruled: Whether a sender who asked for the event with NOTIFY gets
            it all the same.
        judge: Says whether it stops the event, and what it saw.
        requirement: What it follows, if it is an RFC.
    """

    name: str
    events: Notify
    is_overruled: bool
    judge: Callable[[Envelope, MessageFacts, Notify, Guards], tuple[bool, str]]
    requirement: str | None = None


def _bounce_like(envelope: Envelope, _: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    sender = envelope.return_path
    stops = sender.partition("@")[0].lower() in _NOTICE_PARTS or sender == _TWICE_BOUNCED
    return stops, f"the return path is {sender!r}"


def _no_reply(envelope: Envelope, _: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    local_part = envelope.return_path.rpartition("@")[0].lower()
    name, _plus, detail = local_part.partition("+")
    return name in _NOBODY or detail in _NOBODY, f"the return path is {envelope.return_path!r}"


def _report(_: Envelope, facts: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    return facts.is_report, "it is a report itself" if facts.is_report else "it is no report"


def _auto_submitted(_: Envelope, facts: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    return facts.auto_submitted not in (None, "no"), f"Auto-Submitted is {facts.auto_submitted}"


def _list_mail(_: Envelope, facts: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    return facts.is_bulk, "it is list or bulk mail" if facts.is_bulk else "it is no list mail"


def _suppress(_: Envelope, facts: MessageFacts, event: Notify, __: Guards) -> tuple[bool, str]:
    words = ", ".join(sorted(facts.suppressed)) or "absent"
    stops = not facts.suppressed.isdisjoint(_SUPPRESSING[event])
    return stops, f"X-Auto-Response-Suppress is {words}"


def _spam(_: Envelope, facts: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    return facts.is_spam is True, "a filter calls it spam" if facts.is_spam else "it is not spam"


def _spf_fail(_: Envelope, facts: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    result = "unknown" if facts.spf is None else facts.spf.value
    return facts.spf is SpfResult.FAIL and not facts.is_authenticated, f"SPF is {result}"


def _unverified(_: Envelope, facts: MessageFacts, __: Notify, ___: Guards) -> tuple[bool, str]:
    if facts.is_authenticated or facts.spf is SpfResult.PASS:
        return False, "the sender is known to be the sender"
    return True, "nothing shows that the sender wrote it"


def _hop_count(_: Envelope, facts: MessageFacts, __: Notify, guards: Guards) -> tuple[bool, str]:
    return facts.hops > guards.most_hops, f"it has passed {facts.hops} systems"


GUARDS = (
    # name, events, overruled by NOTIFY, what it looks at
    GuardRule(
        name="bounce-like-sender", events=_ANY, is_overruled=False, judge=_bounce_like,
        requirement="5321-4.5.4-01",
    ),
    GuardRule(
        name="report-about-report", events=_ANY, is_overruled=False, judge=_report,
        requirement="5321-4.5.4-01",
    ),
    GuardRule(
        name="spam", events=_ANY, is_overruled=False, judge=_spam, requirement="5321-6.2-01"
    ),
    GuardRule(name="spf-fail", events=_ANY, is_overruled=False, judge=_spf_fail),
    GuardRule(
        name="unverified-success", events=Notify.SUCCESS, is_overruled=False, judge=_unverified
    ),
    # A failure is told even of mail that loops: that is how its sender learns.
    GuardRule(
        name="hop-count", events=Notify.SUCCESS | Notify.DELAY, is_overruled=False,
        judge=_hop_count, requirement="5321-6.3-01",
    ),
    GuardRule(name="no-reply-sender", events=_ANY, is_overruled=True, judge=_no_reply),
    GuardRule(
        name="auto-submitted", events=_ANY, is_overruled=True, judge=_auto_submitted,
        requirement="3834-2-02",
    ),
    # Whoever runs a list must learn which addresses fail; that one is late, not.
    GuardRule(name="list-mail", events=Notify.DELAY, is_overruled=True, judge=_list_mail),
    GuardRule(name="auto-response-suppress", events=_ANY, is_overruled=True, judge=_suppress),
)  # fmt: skip
"""The rules against backscatter and loops, in the order in which they are asked.

:meta hide-value:
"""
_NAMES = frozenset(rule.name for rule in GUARDS)


@attrs.frozen(kw_only=True)
class Guards:
    """Which rules are asked, and their bounds.

    Args:
        enabled: Names of `GUARDS`.
        most_hops: How many systems a message may pass before it is taken for a
            loop; RFC 5321 s6.3 says 100 at least.

    Raises:
        InvalidValue: There is no rule of a name, or `most_hops` is not a whole number, 0
            or more.
    """

    enabled: frozenset[str] = attrs.field(default=_NAMES, converter=text_set)
    most_hops: int = 100

    def __attrs_post_init__(self) -> None:
        for name in sorted(self.enabled - _NAMES):
            message = f"guards: there is no rule {name!r}; there are {', '.join(sorted(_NAMES))}"
            raise InvalidValue(message, value=name)
        require_whole(self.most_hops, "guards: most_hops", least=0)

    def switch(self, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> Guards:
        """Return the same with rules switched.

        Args:
            on: Names of rules to ask as well.
            off: Names of rules to ask no more; one that is in both is asked.

        Raises:
            InvalidValue: There is no rule of a name.
        """
        on, off = text_set(on, "on"), text_set(off, "off")
        known = Guards(enabled=on | off)
        return attrs.evolve(self, enabled=(self.enabled - known.enabled) | on)


def ask_guards(
    guards: Guards, envelope: Envelope, facts: MessageFacts, event: Notify, *, is_requested: bool
) -> tuple[TrailEntry, ...]:
    """Return what the rules say of one event, up to the first that stops it.

    Args:
        guards: Which rules to ask.
        envelope: The message's.
        facts: What is known besides.
        event: SUCCESS, FAILURE or DELAY.
        is_requested: Whether the sender asked for it with NOTIFY.
    """
    entries = []
    for rule in GUARDS:
        if rule.name not in guards.enabled or event not in rule.events:
            continue
        stops, why = rule.judge(envelope, facts, event, guards)
        if stops and rule.is_overruled and is_requested:
            stops, why = False, f"{why}, but NOTIFY asks for it"
        effect = Effect.STOPPED if stops else Effect.PASSED
        entries.append(TrailEntry(rule.name, effect, why, requirement=rule.requirement))
        if stops:
            break
    return tuple(entries)
