"""The lists of a site over a session: what is answered, and what else follows.

    client, helo, sender        asked as their commands come, or all at RCPT
    relay, recipient            at RCPT, for each recipient
    data, end of data, etrn     at theirs

Rules.
- A list ends with its first PERMIT or refusal; with neither it permits.  Each
  list that is due has to permit.
- DEFER_IF_PERMIT waits until all lists have permitted, and is kept from one
  command to the next.  DEFER_IF_REJECT lives as long as its list.
- A recipient that would be ours and is not known is refused behind all that,
  unless the site says otherwise.
- What cannot be looked up answers 451 4.3.0 and what the site has set up wrongly
  451 4.3.5; neither lets mail pass, and both are kept for the log.
- The rules are coroutines, because resolvers and databases often are.  Those of
  a caller who has none of these never wait: `judge_now`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import ConfigurationError, DsnError, InvalidValue, LookupFailed, RestrictionError
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import StatusClass
from dsnlib.replies.access import ActionKind
from dsnlib.replies.drive import run
from dsnlib.replies.finding import Finding, Inquiry, Ruling
from dsnlib.replies.nesting import DEEPEST
from dsnlib.replies.refusal import ends_session
from dsnlib.replies.restriction_names import RESTRICTIONS
from dsnlib.replies.restrictions import Restriction, needs_of, parse_restrictions
from dsnlib.replies.rules.tables import check_access
from dsnlib.replies.site import Site
from dsnlib.replies.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.replies.session import SmtpSession

__all__ = ["AccessPolicy", "Verdict", "judge", "judge_now"]

# Chosen by us, in one command: classes and tables that each name the one before twice
# would be asked 2^100 times.
_MOST_ASKED = 10_000
# What a field of a site is that was not given.
_MISSING: tuple[object, ...] = (None, "", (), frozenset())


def _list(values: Iterable[Restriction]) -> tuple[Restriction, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class AccessPolicy:
    """The lists of a site, and how they are asked.

    Args:
        site: What the restrictions may ask for.
        client: The list about the client.
        helo: About the name in EHLO or HELO.
        sender: About the sender.
        relay: About the recipient: may it be reached through us?
        recipient: About the recipient.
        data: Before DATA is answered with 354.
        end_of_data: Before the message is taken.
        etrn: About ETRN.
        delays_refusals: Whether the first three lists are asked at RCPT, where
            clients understand a refusal and logs show the recipient.
        refuses_unlisted: Whether unknown recipients are refused; if not given,
            where the site has a directory.
        classes: The lists that names of the site's own stand for, for tables.

    Raises:
        RestrictionError: A restriction needs what the site does not have.
    """

    site: Site = attrs.field(factory=Site)
    client: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    helo: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    sender: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    relay: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    recipient: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    data: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    end_of_data: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    etrn: tuple[Restriction, ...] = attrs.field(default=(), converter=_list)
    delays_refusals: bool = True
    refuses_unlisted: bool | None = None
    classes: Mapping[str, tuple[Restriction, ...]] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        lists = (getattr(self, field) for fields in _LISTS.values() for field in fields)
        for each in (*lists, *self.classes.values()):
            _check_needs(each, self.site)
        if self.refuses_unlisted and self.site.directory is None:
            message = "restrictions: to refuse unlisted recipients `Site.directory` is needed"
            raise RestrictionError(message)


def _check_needs(restrictions: Iterable[Restriction], site: Site) -> None:
    """Raise for a restriction that needs what the site does not have."""
    for field, name in needs_of(restrictions):
        if getattr(site, field) in _MISSING:
            message = f"restrictions: {name} needs `Site.{field}`"
            raise RestrictionError(message)


# stage -> the lists that are about it, in the order in which they are asked
_LISTS = {
    Stage.CLIENT: ("client",),
    Stage.HELO: ("helo",),
    Stage.SENDER: ("sender",),
    Stage.RECIPIENT: ("relay", "recipient"),
    Stage.DATA: ("data",),
    Stage.END_OF_DATA: ("end_of_data",),
    Stage.ETRN: ("etrn",),
}
# Before a recipient is known
_EARLY = (Stage.CLIENT, Stage.HELO, Stage.SENDER)


@attrs.frozen(kw_only=True)
class Verdict:
    """What follows from all lists that were due.

    Args:
        reply: What to answer instead of success, or `None`.
        stage: What the reply is about, for `rewrite_reply`; `None` without one.
        findings: What restrictions have said, in order: the trail.
        warnings: Refusals of those that only warn.
        actions: What tables want done: HOLD, DISCARD, REDIRECT, BCC, PREPEND,
            FILTER, WARN, INFO.  Whoever cannot do one has to say so.
        deferred: What is to be answered if all later lists permit; give it to
            the next call.
        pause_seconds: How long to wait before the answer.
        failures: What could not be looked up or was set up wrongly, for the log.
    """

    reply: SmtpReply | None = None
    stage: Stage | None = None
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    actions: tuple[Finding, ...] = ()
    deferred: Finding | None = None
    pause_seconds: int = 0
    failures: tuple[DsnError, ...] = ()

    @property
    def is_permitted(self) -> bool:
        """Whether the command may go on."""
        return self.reply is None

    @property
    def ends_session(self) -> bool:
        """Whether the connection is to be closed after the reply."""
        return self.reply is not None and ends_session(self.reply)


async def judge(
    policy: AccessPolicy,
    session: SmtpSession,
    stage: Stage,
    *,
    deferred: Finding | None = None,
) -> Verdict:
    """Return what follows when a command has come.

    What tables, resolvers or others raise is in `failures`.

    Args:
        policy: The lists.
        session: The session, with what the command said.
        stage: Which command: `CLIENT` is the connection, `HELO` EHLO too,
            `SENDER` MAIL, `RECIPIENT` RCPT, `DATA`, `END_OF_DATA`, `ETRN`.
        deferred: What the verdict before this one had in `deferred`.

    Raises:
        InvalidValue: Another stage.
    """
    if stage not in _LISTS:
        message = f"restrictions: no list is about a {stage.value}"
        raise InvalidValue(message, value=stage)
    hearing = _Hearing(policy, session, stage, deferred)
    for each in _due(policy, stage):
        for field in _LISTS[each]:
            await hearing.ask(getattr(policy, field), each)
            if hearing.decisive is not None:
                return hearing.verdict()
    if stage not in _EARLY:
        hearing.decisive = hearing.deferred
    if stage is Stage.RECIPIENT and hearing.decisive is None:
        await hearing.ask(_behind_recipient(policy), stage)
    return hearing.verdict()


def judge_now(
    policy: AccessPolicy,
    session: SmtpSession,
    stage: Stage,
    *,
    deferred: Finding | None = None,
) -> Verdict:
    """Return the same where nothing that is asked has to be awaited.

    Raises:
        InvalidValue: No list is about the stage.
        TypeError: Something has to be awaited.
    """
    return run(judge(policy, session, stage, deferred=deferred))


def _due(policy: AccessPolicy, stage: Stage) -> tuple[Stage, ...]:
    if not policy.delays_refusals:
        return (stage,)
    if stage in _EARLY:
        return ()
    # ETRN has no sender, and no RCPT comes before it.
    if stage is Stage.ETRN:
        return (Stage.CLIENT, Stage.HELO, stage)
    return (*_EARLY, stage) if stage is Stage.RECIPIENT else (stage,)


def _behind_recipient(policy: AccessPolicy) -> tuple[Restriction, ...]:
    refuses = policy.refuses_unlisted
    if refuses is None:
        refuses = policy.site.directory is not None
    name = "reject_unlisted_recipient"
    if not refuses or any(each.name == name for each in policy.recipient):
        return ()
    return (Restriction(name=name, kind=RESTRICTIONS[name]),)


class _Hearing:
    """One walk through the lists."""

    def __init__(
        self,
        policy: AccessPolicy,
        session: SmtpSession,
        command: Stage,
        deferred: Finding | None,
    ) -> None:
        self.policy = policy
        self.session = session
        self.command = command
        self.deferred = deferred
        self.decisive: Finding | None = None
        self.findings: list[Finding] = []
        self.warnings: list[Finding] = []
        self.actions: list[Finding] = []
        self.failures: list[DsnError] = []
        self.pause_seconds = 0
        self.if_reject: Finding | None = None
        self._asked = 0

    async def ask(self, restrictions: Iterable[Restriction], stage: Stage) -> None:
        """Ask one list."""
        self.if_reject = None
        await self._walk(restrictions, stage, depth=0, warns=False)

    async def _walk(
        self, restrictions: Iterable[Restriction], stage: Stage, *, depth: int, warns: bool
    ) -> bool:
        """Ask restrictions one after the other; tell whether one has ended the list."""
        for each in restrictions:
            self._asked += 1
            if self._asked > _MOST_ASKED:
                return self._give_up(stage)
            only_warns = warns or each.warns
            if each.kind is None and each.table is None:
                if await self._walk(each.applied, stage, depth=depth, warns=only_warns):
                    return True
                continue
            finding = await self._find(each, stage)
            if finding is None:
                continue
            if finding.ruling is Ruling.APPLY:
                is_last = await self._apply(finding, depth=depth, warns=only_warns)
            else:
                is_last = self._heed(finding, warns=only_warns)
            if is_last:
                return True
        return False

    def _give_up(self, stage: Stage) -> bool:
        """End the list, whether it only warns or not: the next one would be too many again."""
        message = f"restrictions: more than {_MOST_ASKED} are asked about one command"
        finding = self._misconfigured(self._inquiry(stage), RestrictionError(message))
        return self._heed(finding, warns=False)

    async def _find(self, restriction: Restriction, stage: Stage) -> Finding | None:
        """Ask one restriction; what goes wrong is a refusal for now."""
        inquiry = attrs.evolve(
            self._inquiry(stage), table=restriction.table, argument=restriction.argument
        )
        rule = check_access if restriction.kind is None else restriction.kind.rule
        if rule is None:  # only `sleep` has none
            self.pause_seconds += int(restriction.argument)
            return None
        try:
            finding = await rule(inquiry)
        except LookupFailed as error:
            self.failures.append(error)
            finding = inquiry.refuse(451, "4.3.0", "it cannot be checked now")
        except InvalidValue as error:
            finding = self._misconfigured(inquiry, error)
        return None if finding is None else attrs.evolve(finding, restriction=str(restriction))

    def _inquiry(self, stage: Stage) -> Inquiry:
        return Inquiry(
            session=self.session, site=self.policy.site, stage=stage, command=self.command
        )

    def _misconfigured(self, inquiry: Inquiry, error: DsnError) -> Finding:
        self.failures.append(error)
        return inquiry.refuse(451, "4.3.5", "this server is not set up correctly")

    async def _apply(self, finding: Finding, *, depth: int, warns: bool) -> bool:
        """Ask the restrictions that a table named."""
        try:
            # A table may name a class whose table names it.
            if depth >= DEEPEST:
                message = f"restrictions: {finding.source} leads to itself"
                raise RestrictionError(message)
            applied = parse_restrictions(
                finding.applied,
                classes=self.policy.classes,
                services=self.policy.site.policies,
                origin=finding.source,
            )
            _check_needs(applied, self.policy.site)
        except ConfigurationError as error:
            inquiry = self._inquiry(finding.stage)
            refusal = attrs.evolve(
                self._misconfigured(inquiry, error), restriction=finding.restriction
            )
            return self._heed(refusal, warns=warns)
        return await self._walk(applied, finding.stage, depth=depth + 1, warns=warns)

    def _heed(self, finding: Finding, *, warns: bool) -> bool:
        """Take up a finding; tell whether it ends the list."""
        if warns and finding.reply is not None:
            self.warnings.append(finding)
            return False
        self.findings.append(finding)
        if finding.ruling is Ruling.REFUSE:
            self._refuse(finding)
            return True
        if finding.ruling is Ruling.DEFER_IF_PERMIT:
            self.deferred = self.deferred or finding
        elif finding.ruling is Ruling.DEFER_IF_REJECT:
            self.if_reject = self.if_reject or finding
        elif finding.ruling is Ruling.ACT:
            self.actions.append(finding)
            # What is to be dropped is taken without further questions.
            return finding.action is not None and finding.action.kind is ActionKind.DISCARD
        return finding.ruling is Ruling.PERMIT

    def _refuse(self, finding: Finding) -> None:
        saved, reply = self.if_reject, finding.reply
        is_hard = reply is not None and reply.code // 100 == StatusClass.PERMANENT
        self.decisive = saved if saved is not None and is_hard else finding

    def verdict(self) -> Verdict:
        return Verdict(
            reply=None if self.decisive is None else self.decisive.reply,
            stage=None if self.decisive is None else self.decisive.stage,
            findings=tuple(self.findings),
            warnings=tuple(self.warnings),
            actions=tuple(self.actions),
            deferred=self.deferred,
            pause_seconds=self.pause_seconds,
            failures=tuple(self.failures),
        )
