"""What truly happened in a network: noted beside the library, never read by it.

A *strand* is one recipient of one message on one system, and knows what its
sender has asked for, where it comes from and how it ended.  It is passed on
beside each command, as no real system could, so that a law can compare what a
system decided with what it could not know.

Rules.
- Nothing here is computed by what is tested: words of parameters are compared
  as text.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from dsnlib import DeliveryOutcome, DsnDecision, DsnPlan, Envelope, NextHop
from tests.simulation.network import Host

if TYPE_CHECKING:
    from collections.abc import Iterable


__all__ = [
    "Arrival",
    "Asked",
    "By",
    "Case",
    "Decision",
    "End",
    "Ledger",
    "Mail",
    "MailKind",
    "Strand",
]

SUCCESS, FAILURE, DELAY = "SUCCESS", "FAILURE", "DELAY"


@attrs.frozen
class By:
    """A deadline: when, what then (`N` or `R`), and whether relays are traced."""

    deadline: dt.datetime
    mode: str
    is_traced: bool


@attrs.frozen(kw_only=True)
class Asked:
    """What a sender has asked for, as far as it is to be known at one place.

    Args:
        notify: The conditions; empty for NEVER, `None` if absent.
        notify_word: The parameter as it was sent, if it must be seen so.
        orcpt_word: ORCPT as it was sent.
        mail_words: RET and ENVID as they were sent.
        by: The deadline.
    """

    notify: frozenset[str] | None = None
    notify_word: str | None = None
    orcpt_word: str | None = None
    mail_words: frozenset[str] = frozenset()
    by: By | None = None

    @classmethod
    def read(cls, mail: Iterable[str], rcpt: Iterable[str], by: By | None = None) -> Asked:
        """Return what the words of two commands ask for."""
        ours = {word.partition("=")[0].upper(): word for word in (*mail, *rcpt)}
        notify = ours.get("NOTIFY")
        return cls(
            notify=None if notify is None else _conditions(notify),
            notify_word=notify,
            orcpt_word=ours.get("ORCPT"),
            mail_words=frozenset(ours[each] for each in ("RET", "ENVID") if each in ours),
            by=by,
        )

    def without_success(self) -> Asked:
        """Return what an alias to several addresses passes on: option (c)."""
        if self.notify is None or SUCCESS not in self.notify:
            return self
        return attrs.evolve(self, notify=self.notify - {SUCCESS}, notify_word=None)

    def with_delay(self) -> Asked:
        """Return what goes on where a deadline is not understood (RFC 2852 s4.1.4.2)."""
        if self.notify is None:
            return attrs.evolve(self, notify=frozenset({FAILURE, DELAY}), notify_word=None)
        if not self.notify or DELAY in self.notify:
            return self
        return attrs.evolve(self, notify=self.notify | {DELAY}, notify_word=None)

    def without_words(self) -> Asked:
        """Return what goes where another address keeps the request: NEVER alone."""
        notify = self.notify if self.is_never else None
        return attrs.evolve(self, notify=notify, notify_word=None, orcpt_word=None)

    @property
    def is_never(self) -> bool:
        """Whether nothing is ever to be told."""
        return self.notify == frozenset()

    def wants(self, condition: str) -> bool:
        """Tell whether a condition is to be reported: FAILURE is, unless NOTIFY lacks it."""
        return condition == FAILURE if self.notify is None else condition in self.notify


def _conditions(word: str) -> frozenset[str]:
    return frozenset(word.partition("=")[2].upper().split(",")) - {"NEVER", ""}


class MailKind(enum.Enum):
    """What a message is."""

    POST = "post"
    COPY = "copy"
    """What a list or a confidential forward makes of another."""
    NOTIFICATION = "notification"
    NOTICE = "notice"
    """A copy for a postmaster."""


@attrs.define(eq=False, kw_only=True)
class Mail:
    """One message, wherever it is.

    Args:
        kind: What it is.
        about: What it copies or tells of.
        sender: Its return path.
        smtputf8: Whether it came with SMTPUTF8.
        is_header_ascii: Whether its header is in US-ASCII.
        secrets: Where confidential forwards have sent it.
        content: The octets, where a run writes them.
        plan: The notification that it is.
    """

    kind: MailKind
    about: Mail | None = None
    sender: str
    smtputf8: bool = False
    is_header_ascii: bool = True
    secrets: set[str] = attrs.field(factory=set)
    content: bytes = b""
    plan: DsnPlan | None = None

    @property
    def is_report(self) -> bool:
        """Whether it is a notification, or a copy of one."""
        if self.kind is MailKind.COPY:
            return self.about is not None and self.about.is_report
        return self.kind is not MailKind.POST

    def lineage(self) -> list[Mail]:
        """Return the message and what it goes back to."""
        mails = [self]
        while mails[-1].about is not None:
            mails.append(mails[-1].about)
        return mails


class End(enum.Enum):
    """How a strand ended, or stands after an attempt."""

    WAITING = "waiting"
    STORED = "stored"
    PASSED = "passed to a system with DSN"
    LEFT = "passed to a system without DSN"
    SPLIT = "expanded"
    DROPPED = "expanded without its parameters"
    LISTED = "given to a list or a confidential forward"
    FAILED = "failed"


@attrs.define(eq=False, kw_only=True)
class Strand:
    """One recipient of one message on one system.

    Args:
        mail: The message.
        host: Where it is.
        sender: The return path there.
        accepted: The address of the RCPT command.
        address: Where aliases have led from there.
        asked: What is known there of what was asked.
        root: The recipient that the sender wrote to.
        is_past: Whether some of what was asked is lost, behind a system
            without DSN or where an alias keeps it for another address.
        is_split: Whether an alias to several addresses is on the way.
        is_double: Whether the same strand went this way before, and nobody
            knew it had arrived.
        end: How it ended.
        is_traced: Whether its relay is to be told in any case.
        finals: How often its end was told to the sender.
        delays: How often a delay was.
        is_cleared: Whether its end was told because a delay had been.
        is_withheld: Whether a rule of the host's own kept the end back.
    """

    mail: Mail
    host: str
    sender: str
    accepted: str
    address: str
    asked: Asked
    root: Strand | None = None
    is_past: bool = False
    is_split: bool = False
    is_double: bool = False
    end: End = End.WAITING
    is_traced: bool = False
    finals: int = 0
    delays: int = 0
    is_cleared: bool = False
    is_withheld: bool = False

    @property
    def origin(self) -> Strand:
        """The recipient that the sender wrote to."""
        return self if self.root is None else self.root

    def child(
        self, address: str, asked: Asked, *, is_past: bool = False, is_split: bool = False
    ) -> Strand:
        """Return what an alias on the same host makes of it.

        Args:
            address: Where it leads.
            asked: What goes with it.
            is_past: Whether some of what was asked is lost by that.
            is_split: Whether other addresses get it too.
        """
        return Strand(
            mail=self.mail,
            host=self.host,
            sender=self.sender,
            accepted=self.accepted,
            address=address,
            asked=asked,
            root=self.origin,
            is_past=self.is_past or is_past,
            is_split=self.is_split or is_split,
            is_double=self.is_double,
        )

    def __str__(self) -> str:
        return f"<{self.address}> at {self.host} from <{self.sender}>: {self.end.value}"


@attrs.frozen(eq=False, kw_only=True)
class Case:
    """One outcome in a decision, and what truly happened.

    Args:
        outcome: What the library took it for; `None` if it has none of it.
        strands: What was known under this recipient; several if they were one
            to the system.
        end: What happened to them.
        address: Where aliases had led then.
        is_traced: Whether the relay is to be told in any case.
        is_late: Whether a deadline of mode N had passed, and nobody was told.
    """

    outcome: DeliveryOutcome | None
    strands: Sequence[Strand]
    end: End
    address: str
    is_traced: bool = False
    is_late: bool = False


@attrs.frozen(eq=False, kw_only=True)
class Decision:
    """What a system told after an attempt, and on what grounds."""

    host: Host
    mail: Mail
    envelope: Envelope
    cases: Sequence[Case]
    decision: DsnDecision


@attrs.frozen(eq=False, kw_only=True)
class Arrival:
    """The commands of one transaction, as they went over the wire.

    Args:
        mail: The message.
        client: Who sent them.
        hop: Whom they were sent to.
        at: When.
        sender: The reverse-path.
        mail_words: The parameters of MAIL.
        recipients: Address, parameters of RCPT, and the strands behind it with
            what each must ask for there.
        hops: How many systems the message had passed.
    """

    mail: Mail
    client: Host
    hop: NextHop
    at: dt.datetime
    sender: str
    mail_words: Sequence[str]
    recipients: Sequence[tuple[str, Sequence[str], Sequence[tuple[Strand, Asked]]]]
    hops: int


@attrs.define(eq=False)
class Ledger:
    """All that happened in a run.

    Args:
        mails: Every message, in the order they came to be.
        strands: Every strand.
        decisions: Every decision.
        arrivals: Every transaction.
        surprises: What the library did that no law could put into words: it
            refused what it should take, or lost track of a recipient.
        is_over: Whether the run came to its end.
    """

    mails: list[Mail] = attrs.field(factory=list)
    strands: list[Strand] = attrs.field(factory=list)
    decisions: list[Decision] = attrs.field(factory=list)
    arrivals: list[Arrival] = attrs.field(factory=list)
    surprises: list[str] = attrs.field(factory=list)
    is_over: bool = False
