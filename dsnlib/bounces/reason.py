"""Why mail was refused: from the words and codes of a reply, a reason and two more answers.

What says something is asked in this order, and the first answer counts.

1. A rule of the site (`RuleSet.over`), or one about the provider who speaks.
2. A rule about words that mean one thing: `user unknown`.
3. The enhanced code that stands in the text, if it is telling.
4. The Status field, if it is telling: it may be the word of a system between.
5. The reply code, if it is telling: 552, not 550.
6. A rule about words that are used for much: `access denied`.
7. The codes that say little: X.7.1, X.3.0, 451.
8. The action, which tells no reason, but whether it is over.

So `550 5.7.1 User unknown` is an unknown user, `5.7.1` alone is policy, and
`5.2.2` under `Status: 5.0.0` a full mailbox.  "Telling" is defined in `rules.codes`.

Permanence has rules of its own.
- The class of the reply code decides, then that of the enhanced code in the
  text, then that of Status, then the action.
- `4yz` is soft, whatever the words are: `451 user unknown` may be over soon.
- Under `5yz` it is what the rule says, then what the reason means (`rules.defaults`),
  then hard.
- Without a class it is what rule and reason say.

A 2yz reply refuses nothing: the reason is undefined, the permanence unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.event import Confidence, Evidence
from dsnlib.bounces.rules.codes import reason_of_reply_code, reason_of_status, tells_of_status
from dsnlib.bounces.rules.defaults import default_fault, default_permanence
from dsnlib.bounces.rules.reply_text import CodeFound, ReplyText
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.bounces.taxonomy import TAXONOMY_VERSION, Fault, Permanence, Reason
from dsnlib.model.reply import SmtpReply
from dsnlib.model.report import Action
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.bounces.rules.rule_set import Fired, RuleSet

__all__ = ["Classification", "classify", "classify_reply"]

_SHOWN_CHARACTERS = 120
_TRANSIENT, _PERMANENT = 4, 5
_BY_ACTION = {Action.FAILED: Permanence.HARD, Action.DELAYED: Permanence.SOFT}


def _evidence(values: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Classification:
    """Why a reply was given.

    Args:
        reason: Why.
        permanence: Whether another attempt may succeed.
        fault: Who has to act.
        status: The enhanced code that counts, in the class of the reply code;
            `None` if there was none.
        reply_code: The reply code, 400..599, or as it was given.
        confidence: How sure the reason is.
        evidence: For `reason`, then `permanence`; the places are octets of the
            text in UTF-8.
    """

    reason: Reason
    permanence: Permanence
    fault: Fault
    status: EnhancedStatusCode | None = None
    reply_code: int | None = None
    confidence: Confidence = Confidence.GUESSED
    evidence: tuple[Evidence, ...] = attrs.field(default=(), converter=_evidence)

    @property
    def rule(self) -> str | None:
        """The name of what told the reason, or `None`."""
        return next((each.rule for each in self.evidence if each.field == "reason"), None)


def classify_reply(
    reply: str | bytes | SmtpReply,
    *,
    status: EnhancedStatusCode | None = None,
    rules: RuleSet | None = None,
    provider: str | None = None,
) -> Classification:
    """Return why a reply was given, without a message.

    >>> found = classify_reply("452-4.2.2 The mailbox is over quota")
    >>> found.reason.value, found.permanence.value, found.fault.value
    ('mailbox-full', 'soft', 'recipient')

    Never raises.

    Args:
        reply: One reply, of any lines, as it was sent or as a log has it.
        status: An enhanced code that came apart from it.
        rules: The rules to ask; those of dsnlib if `None`.
        provider: Who gave it, as rules call them; else the text may tell.
    """
    code = None
    if isinstance(reply, SmtpReply):
        code, reply = reply.code, str(reply)
    return _Question(reply, code, status, None, rules or shipped_rules(), provider).answer()


def classify(
    *,
    reply_code: int | None,
    status: EnhancedStatusCode | None,
    text: str | bytes,
    action: Action | None = None,
    remote_mta: str | None = None,
    rules: RuleSet | None = None,
) -> Classification:
    """Return why mail was refused, from what a report says of one recipient.

    Never raises.

    Args:
        reply_code: The reply code, if it was given apart from the text.
        status: The Status field.
        text: What the mail system said: a Diagnostic-Code without its type, or
            the words of an explanation.  Only its beginning is looked at.
        action: The Action field.
        remote_mta: The name of the host that said it.
        rules: The rules to ask; those of dsnlib if `None`.
    """
    rules = rules or shipped_rules()
    provider = None if remote_mta is None else rules.provider_of(remote_mta)
    return _Question(text, reply_code, status, action, rules, provider).answer()


class _Question:
    """What is known of one reply, while an answer is looked for."""

    def __init__(
        self,
        text: str | bytes,
        reply_code: int | None,
        status: EnhancedStatusCode | None,
        action: Action | None,
        rules: RuleSet,
        provider: str | None,
    ) -> None:
        self.text = ReplyText(text)
        self.given_status = status
        self.action = action
        self.code_place = self.text.reply_code()
        if reply_code is None and self.code_place is not None:
            reply_code = int(self.code_place.code)
        self.reply_code = reply_code
        found = self.text.status(0 if self.code_place is None else self.code_place.start)
        if found is None and self.code_place is not None:
            found = self.text.status()
        self.text_status = None if found is None else found[0]
        self.status_place = None if found is None else found[1]
        self.statuses = tuple([each for each in (self.text_status, status) if each is not None])
        self.rules = rules
        self.provider = provider

    def answer(self) -> Classification:
        class_ = self._class()
        if class_ is not None and class_ not in (_TRANSIENT, _PERMANENT):
            return self._answer(Reason.UNDEFINED, Permanence.UNKNOWN, None, None)
        best = self.rules.fire(self.text, self.reply_code, self.statuses, self.provider)
        if best is None or best.rule.is_prose:
            told = self._by_codes(vague=False)
            if told is None and best is None:
                told = self._by_codes(vague=True)
            if told is not None or best is None:
                reason, because = told or (Reason.UNDEFINED, None)
                lasts = default_permanence(reason), f"reason/{reason.value}", TAXONOMY_VERSION
                permanence, why = self._permanence(class_, *lasts)
                return self._answer(reason, permanence, why, because)
        rule = best.rule
        if rule.permanence is None:
            lasts = default_permanence(rule.reason), f"reason/{rule.reason.value}", TAXONOMY_VERSION
        else:
            lasts = rule.permanence, rule.id, rule.version
        permanence, why = self._permanence(class_, *lasts)
        return self._answer(rule.reason, permanence, why, self._because(best), rule.fault)

    def _answer(
        self,
        reason: Reason,
        permanence: Permanence,
        why: Evidence | None,
        because: Evidence | None,
        fault: Fault | None = None,
    ) -> Classification:
        return Classification(
            reason=reason,
            permanence=permanence,
            fault=fault or default_fault(reason),
            status=self._status(),
            reply_code=self.reply_code,
            confidence=Confidence.GUESSED if because is None else because.confidence,
            evidence=[each for each in (because, why) if each is not None],
        )

    def _because(self, fired: Fired) -> Evidence:
        rule = fired.rule
        if rule.is_prose:
            confidence = Confidence.GUESSED
        elif rule.reason in map(reason_of_status, self.statuses):
            confidence = Confidence.CERTAIN  # words and code say the same
        else:
            confidence = Confidence.LIKELY
        if fired.start is None or fired.end is None:
            place = self.status_place or self.code_place
            return self._evidence("reason", rule.id, rule.version, confidence, place)
        start, end = self.text.place(fired.start, fired.end)
        place = CodeFound(self.text.given[start:end], start, end)
        return self._evidence("reason", rule.id, rule.version, confidence, place)

    def _by_codes(self, *, vague: bool) -> tuple[Reason, Evidence] | None:
        """Return what the codes tell: text, Status, reply code."""
        for status, place, rule, confidence in (
            (self.text_status, self.status_place, "enhanced-code", Confidence.LIKELY),
            (self.given_status, None, "status-field", Confidence.CERTAIN),
        ):
            if status is not None and (reason := reason_of_status(status, vague=vague)):
                sure = Confidence.GUESSED if vague else confidence
                return reason, self._evidence("reason", f"{rule}/{status}", 1, sure, place)
        code = self.reply_code
        if code is not None and (reason := reason_of_reply_code(code, vague=vague)):
            sure = Confidence.GUESSED if vague else Confidence.LIKELY
            evidence = self._evidence("reason", f"reply-code/{code}", 1, sure, self.code_place)
            return reason, evidence
        return None

    def _evidence(
        self,
        field: str,
        rule: str,
        version: int,
        confidence: Confidence,
        place: CodeFound | None = None,
    ) -> Evidence:
        start = end = None
        if place is not None:
            start, end = self.text.octets(place.start, place.end)
        return Evidence(
            field=field,
            rule=rule,
            version=version,
            start=start,
            end=end,
            text="" if place is None else place.code[:_SHOWN_CHARACTERS],
            confidence=confidence,
        )

    def _class(self) -> int | None:
        """Return the class that decides, or `None` if nothing has one."""
        if self.reply_code is not None:
            return self.reply_code // 100
        status = self.text_status or self.given_status
        return None if status is None else int(status.class_)

    def _permanence(
        self, class_: int | None, lasts: Permanence, rule: str, version: int
    ) -> tuple[Permanence, Evidence | None]:
        """Return whether it lasts, and what says so; the last three are what the words tell."""
        if class_ == _TRANSIENT:
            return Permanence.SOFT, self._of_class()
        if lasts is not Permanence.UNKNOWN:
            return lasts, self._evidence("permanence", rule, version, Confidence.LIKELY)
        if class_ == _PERMANENT:
            return Permanence.HARD, self._of_class()
        if self.action in _BY_ACTION:
            name = f"action/{self.action.value}"
            evidence = self._evidence("permanence", name, 1, Confidence.GUESSED)
            return _BY_ACTION[self.action], evidence
        return Permanence.UNKNOWN, None

    def _of_class(self) -> Evidence:
        if self.reply_code is not None:
            name, place = f"reply-code/{self.reply_code}", self.code_place
        elif self.text_status is not None:
            name, place = f"enhanced-code/{self.text_status}", self.status_place
        else:
            name, place = f"status-field/{self.given_status}", None
        return self._evidence("permanence", name, 1, Confidence.CERTAIN, place)

    def _status(self) -> EnhancedStatusCode | None:
        """Return the code that tells more, the text's first, in the class that decides."""
        if not self.statuses:
            return None
        status = self.statuses[0]
        if len(self.statuses) > 1 and not tells_of_status(status):
            other = self.statuses[1]
            if tells_of_status(other) or not status.detail:
                status = other
        class_ = self._class()
        if class_ in (_TRANSIENT, _PERMANENT) and status.class_ != class_:
            return status.with_class(class_)
        return status
