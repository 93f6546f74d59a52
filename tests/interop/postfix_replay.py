"""A case of Postfix's vectors, replayed: decided by `policy`, written by `compose`.

The log says what became of each recipient; what is to be sent of that is up to
us.  Where the other side of a transaction is known, its commands are compared
with what `plan_relay` plans, and what `settle_relay` makes of its replies with
what the log says.

Rules.
- Each queue file is decided on for itself, each time it was tried.
- What is over is told first, what is late after it, as a queue manager does.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.templates import read_template_file
from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.returned import ReturnRules
from dsnlib.model.address import MtaName
from dsnlib.model.outcome import Disposition
from dsnlib.policy.dsn_policy import PostmasterClass
from dsnlib.policy.expand import expand
from dsnlib.policy.expansion import Expansion
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.hop import NextHop
from dsnlib.policy.notify import plan_dsns
from dsnlib.policy.plan import Audience
from dsnlib.policy.profile import POSTFIX
from dsnlib.policy.relay import plan_relay
from dsnlib.policy.reporter import Reporter
from dsnlib.policy.schedule import QueueHistory, plan_attempt
from dsnlib.policy.verp import split_for_verp
from tests.interop.postfix_aliases import read_aliases
from tests.interop.postfix_choices import Difference, Mark
from tests.interop.postfix_compare import Sent
from tests.interop.postfix_notice import read_notice
from tests.interop.postfix_outcome import Outcomes
from tests.interop.postfix_relay import compare_relay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.model.envelope import Envelope
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.notify import DsnDecision
    from dsnlib.policy.plan import DsnPlan
    from tests.interop.postfix_case import Case, Submission
    from tests.interop.postfix_log import QueueFile

__all__ = ["Replayed", "replay"]

_SECOND = dt.timedelta(seconds=1)
_CLASSES = {
    # notify_classes: what it is here.  Postfix's copies do not ask for NOTIFY.
    "bounce": PostmasterClass.BOUNCE
    | PostmasterClass.UNREPORTED
    | PostmasterClass.DOUBLE_BOUNCE,
    "2bounce": PostmasterClass.DOUBLE_BOUNCE,
    "delay": PostmasterClass.DELAY,
}  # fmt: skip
# Where Postfix's own notifications went: it announced what there is.
_BACK = NextHop(name=MtaName("dns", "127.0.0.1"), dsn=True, smtputf8=True)


@attrs.frozen(kw_only=True)
class Replayed:
    """What a replay came to.

    Args:
        sent: The notifications.
        differences: What is otherwise on the way to the next hop.
        marks: What kind of messages they were.
    """

    sent: tuple[Sent, ...]
    differences: tuple[Difference, ...]
    marks: Mark


def replay(case: Case) -> Replayed:
    """Return what we would have sent in a case.

    Raises:
        DsnError: Something in the case does not go into a value of ours.
    """
    sent: list[Sent] = []
    differences: list[Difference] = []
    marks = Mark.NONE
    for submission in case.submissions:
        replayer = _Replayer(case, submission)
        replayer.run()
        sent += replayer.sent
        differences += replayer.differences
        marks |= replayer.marks
    return Replayed(sent=tuple(sent), differences=tuple(differences), marks=marks)


class _Replayer:
    def __init__(self, case: Case, submission: Submission) -> None:
        self.sent: list[Sent] = []
        self.differences: list[Difference] = []
        self.marks = _marks(submission)
        self._case = case
        self._site = site = case.site
        self._submission = submission
        self._reporter = Reporter(MtaName("dns", site.host), site.get("mail_name", "Postfix"))
        classes = PostmasterClass.NONE
        for word in site.words("notify_classes", "resource, software"):
            classes |= _CLASSES.get(word, PostmasterClass.NONE)
        self._policy = attrs.evolve(
            POSTFIX.dsn,
            postmaster_classes=classes,
            postmasters={
                class_: site.qualified(site.get(f"{word}_notice_recipient", "postmaster"))
                for word, flags in _CLASSES.items()  # 2bounce after bounce
                for class_ in flags
            },
            confirms_cleared_delays=site.is_on("confirm_delay_cleared"),
            double_bounce_senders=[
                f"{site.get('double_bounce_sender', 'double-bounce')}@{site.host}"
            ],
        )
        warn = site.seconds("delay_warning_time", "0h")
        self._retry = attrs.evolve(
            POSTFIX.retry,
            warn_after=dt.timedelta(seconds=warn) if warn else None,
            lifetime=site.lifetime("maximal_queue_lifetime"),
            null_lifetime=site.lifetime("bounce_queue_lifetime"),
        )
        template = site.template_file()
        plain = None
        if template is not None:
            plain = read_template_file(template, parameters=site.parameters)
        self._composer = BounceComposer(
            reporter=self._reporter,
            library=TemplateLibrary(plain=plain),
            parameters=site.parameters,
            returns=ReturnRules(message_octets=int(site.get("bounce_size_limit", "50000"))),
        )

    def run(self) -> None:
        """Follow the message to all its recipients."""
        log, submission = self._case.log, self._submission
        files = log.tree(submission.queue)
        if not files or Mark.VERIFICATION in self.marks:
            return
        if any(file.is_stuck for file in files):
            self.marks |= Mark.STUCK
        envelope = attrs.evolve(submission.envelope, arrival=files[0].arrival)
        aliases = read_aliases(envelope, submission.queue, log, self._site)
        if aliases.copies:
            self.marks |= Mark.BLIND
        if any(each.agent == "cleanup" for each in files[0].attempts):
            self.marks |= Mark.REJECTED
        mails = expand(
            aliases.envelope,
            aliases.look_up,
            policy=POSTFIX.with_reporter(self._reporter).expand,
            copies=aliases.copies,
        )
        for mail in mails:
            known = mail.envelope or mail.settled
            if known is None:
                continue
            own = [file for file in files if file.sender == known.sender] or files[:1]
            marks = self.marks | (Mark.NONE if mail is mails[0] else Mark.LIST)
            waiting = () if mail.envelope is None else mail.envelope.recipients
            for file in own:
                settled = mail.outcomes if file is own[0] else ()
                here = [each for each in waiting if Outcomes.are_in(file, each)]
                recipients = [*here, *(each.recipient for each in settled)]
                if recipients:
                    whole = attrs.evolve(known, recipients=recipients, arrival=file.arrival)
                    for part in split_for_verp(whole):
                        mine = [each for each in settled if each.recipient in part.recipients]
                        self._deliver(file, part, mine, marks)

    def _deliver(
        self, file: QueueFile, envelope: Envelope, settled: Sequence[DeliveryOutcome], marks: Mark
    ) -> None:
        """Decide after each attempt."""
        history = QueueHistory(arrival=file.arrival)
        done = {each.recipient for each in settled}
        pending = [each for each in envelope.recipients if each not in done]
        for number, (attempts, end) in enumerate(file.runs, start=1):
            # Postfix looks a second ahead: what is due then is due now.
            now = end + _SECOND
            reader = Outcomes(self._case, attempts, self._reporter)
            outcomes = reader.read(pending)
            self.differences += compare_relay(self._case, envelope, reader, marks, now=now)
            history = history.attempted(outcomes)
            plan = plan_attempt(envelope, history, policy=self._retry, now=now)
            late = [each for each in outcomes if each.disposition is Disposition.DELAYED]
            over = [each for each in outcomes if each.disposition is not Disposition.DELAYED]
            over += settled if number == 1 else ()
            self._tell(file, envelope, plan.settle(over, history), is_delay_due=False, marks=marks)
            if late:
                reported = plan.settle(late, history)
                is_due = plan.is_delay_due
                decision = self._tell(file, envelope, reported, is_delay_due=is_due, marks=marks)
                history = history.notified(plan, decision, now=now)
            pending = [each.recipient for each in late] if plan.next_attempt else []

    def _tell(
        self,
        file: QueueFile,
        envelope: Envelope,
        outcomes: Sequence[DeliveryOutcome],
        *,
        is_delay_due: bool,
        marks: Mark,
    ) -> DsnDecision:
        """Write what is due."""
        decision = plan_dsns(
            envelope,
            outcomes,
            reporter=self._reporter,
            policy=self._policy,
            facts=MessageFacts(queue_id=file.name),
            is_delay_due=is_delay_due,
        )
        for plan in decision.plans:
            is_copy = plan.audience is Audience.POSTMASTER
            kind = marks | (Mark.POSTMASTER if is_copy else Mark.NONE)
            self.sent += [Sent(read_notice(*each), kind) for each in self._written(plan, file)]
        return decision

    def _written(self, plan: DsnPlan, file: QueueFile) -> Iterable[tuple[bytes, str]]:
        """Yield the message and its envelope as it comes to the next hop."""
        trace = f"Received: by {self._reporter.mta.name}; id {file.name}\n".encode()
        message = self._composer.compose(
            plan,
            [trace + self._case.message],
            now=file.arrival + _SECOND,
            token=f"{file.name}.{len(self.sent)}.vector",
            size_octets=file.size_octets or len(self._case.message),
        )
        octets = message.as_bytes()
        # A notification to an alias of this system goes where that leads.
        mail = expand(plan.envelope, self._local_alias, policy=POSTFIX.expand)[0]
        if mail.envelope is None:
            return
        sending = attrs.evolve(mail.envelope, smtputf8=message.needs_smtputf8)
        for transaction in plan_relay(sending, _BACK, policy=POSTFIX.relay).transactions:
            for each in transaction.recipients:
                mail_line = f"MAIL FROM:<{transaction.sender}> {' '.join(transaction.options)}"
                rcpt_line = f"RCPT TO:<{each.address}> {' '.join(each.options)}"
                yield octets, f"{mail_line}\n{rcpt_line}\n"

    def _local_alias(self, address: str) -> Expansion | None:
        targets = [each for each in self._site.alias_of(address) if "@" in each]
        return Expansion.alias(*targets) if targets else None


def _marks(submission: Submission) -> Mark:
    envelope = submission.envelope
    known = {
        Mark.NULL: envelope.has_null_path,
        Mark.UTF8: envelope.smtputf8,
        Mark.REFUSED: bool(submission.refused),
        Mark.VERP: any(each.keyword.upper() == "XVERP" for each in envelope.mail.other),
        Mark.VERIFICATION: "-bv" in submission.switches,
        Mark.RECORD: "-v" in submission.switches,
    }
    marks = Mark.NONE
    for mark, holds in known.items():
        marks |= mark if holds else Mark.NONE
    return marks
