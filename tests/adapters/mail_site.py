"""example.org for tests of delivery: a queue, Maildirs, a clock, and transports by script."""

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from dsnlib.adapters.agents.aliases import parse_aliases
from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.agents.expansions import Expansions
from dsnlib.adapters.agents.limits import DeliveryLimits
from dsnlib.adapters.agents.local import LocalTransport
from dsnlib.adapters.agents.mailboxes import Mailboxes
from dsnlib.adapters.agents.router import Router
from dsnlib.adapters.agents.verdict import decide
from dsnlib.adapters.content import Content
from dsnlib.adapters.delivery import Deliverer
from dsnlib.adapters.delivery_log import DeliveryRecord
from dsnlib.adapters.intake import ReceivedMessage
from dsnlib.adapters.intake_queue import QueueIntake
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.notifier import Notifier
from dsnlib.adapters.queue import Queue, new_queue_id
from dsnlib.adapters.transport import Attempted, Destination, Job, Transport
from dsnlib.compose.bounce import BounceComposer
from dsnlib.model.address import MtaName
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.report import DeliveryReport
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.parse.report import parse_report
from dsnlib.policy.profile import DEFAULT, Profile
from dsnlib.policy.reporter import Reporter
from dsnlib.replies.rewrite import RewriteRules
from dsnlib.replies.session import Client
from dsnlib.replies.tables import parse_table

START = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
BODY = b"From: Ann <ann@example.org>\r\nSubject: Minutes\r\n\r\nHere they are.\r\n"
REPORTER = Reporter.parse("mail.example.org")


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        """Return the time."""
        return self.now

    def pass_(self, **time: float) -> None:
        """Let time pass, as `timedelta` takes it."""
        self.now += dt.timedelta(**time)


class ScriptedTransport:
    """Does what the next hop is told to: a local part is what becomes of it.

    `bob-5.1.1` fails with that status, `bob-4.2.2` waits, `bob-dsn` is handed on,
    everybody else is relayed.
    """

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.fault: BaseException | None = None
        self.say: Callable[[Job, Recipient], Attempted] = _scripted

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Do it."""
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        self.jobs.append(job)
        return [self.say(job, each) for each in job.recipients]


def _scripted(job: Job, recipient: Recipient) -> Attempted:
    word = recipient.address.partition("@")[0].rpartition("-")[2]
    if word[:2] in ("4.", "5."):
        disposition = Disposition.DELAYED if word[0] == "4" else Disposition.FAILED
        return decide(job, recipient, disposition, word, "as the script says", relay="script")
    disposition = Disposition.HANDED_ON if word == "dsn" else Disposition.RELAYED
    outcome = DeliveryOutcome(
        recipient=recipient,
        disposition=disposition,
        status=EnhancedStatusCode.parse("2.0.0"),
        remote_mta=MtaName("dns", "mx.example.net"),
        attempted=job.now,
    )
    return Attempted(outcome=outcome, relay="mx.example.net[192.0.2.1]:25", text="250 Taken")


@attrs.define
class Site:
    """The site.

    Args:
        home: Where the mailboxes are.
        queue: Its queue.
    """

    home: Path
    queue: Queue
    intake: QueueIntake
    deliverer: Deliverer
    script: ScriptedTransport
    clock: Clock
    records: list[DeliveryRecord]
    notifier: Notifier

    async def submit(
        self,
        *recipients: str,
        sender: str = "ann@example.org",
        mail: str = "",
        content: Content | None = None,
        **known: Any,  # noqa: ANN401  the other fields of a message
    ) -> SmtpReply:
        """Hand in a message; a recipient may have its parameters behind a space."""
        envelope = Envelope(
            sender=sender,
            mail=parse_mail_parameters(mail),
            recipients=[recipient(each) for each in recipients],
            arrival=self.clock(),
            received_from=MtaName("dns", "client.example.net"),
            body=known.pop("body", Body.SEVEN_BIT),
            smtputf8=known.pop("smtputf8", False),
        )
        message = ReceivedMessage(
            queue_id=new_queue_id(self.clock()),
            envelope=envelope,
            content=Content(body=BODY) if content is None else content,
            client=Client(address="192.0.2.7"),
            **known,
        )
        return await self.intake.accept(message)

    def mail(self, user: str) -> list[bytes]:
        """Return the messages in a mailbox, in the order of their arrival."""
        paths = sorted((self.home / user / "new").glob("*"))
        return [path.read_bytes() for path in paths]

    def reports(self, user: str = "ann") -> list[DeliveryReport]:
        """Return the notifications in a mailbox."""
        return [parse_report(each) for each in self.mail(user) if b"multipart/report" in each]

    def told(self, user: str = "ann") -> list[tuple[str, str, str]]:
        """Return what notifications in a mailbox say: action, recipient and status of each."""
        told = []
        for report in self.reports(user):
            for each in report.recipients:
                assert each.action is not None
                assert each.final_recipient is not None
                told.append((each.action.value, each.final_recipient.value, str(each.status)))
        return sorted(told)


def recipient(text: str) -> Recipient:
    """Return the recipient of `bob@example.org NOTIFY=NEVER`."""
    address, _, options = text.partition(" ")
    return Recipient(address, parse_rcpt_parameters(options))


def open_site(
    home: Path,
    *,
    profile: Profile = DEFAULT,
    aliases: str = "",
    virtual: str = "",
    confidential: str = "",
    queue: Queue | None = None,
    transports: Mapping[str, Transport] | None = None,
    clock: Clock | None = None,
    limits: DeliveryLimits | None = None,
    rules: RewriteRules | None = None,
) -> Site:
    """Return the site: local users in example.org, the rest by script.

    Args:
        home: Where the mailboxes are.
        profile: How it notifies.
        aliases: An alias file.
        virtual: A table of virtual aliases.
        confidential: A table of confidential forwards.
        queue: Its queue; one in memory if not given.
        transports: Other transports than those of the script.
        clock: Its clock.
        limits: How much is done at a time.
        rules: Soft bounce and filters.
    """
    clock = Clock() if clock is None else clock
    queue = MemoryQueue() if queue is None else queue
    domains = Domains(
        origin="example.org",
        local=["example.org", "mail.example.org"],
        alias=["alias.example"],
    )
    expansions = Expansions(
        domains,
        virtual=[parse_table("hash", virtual, origin="virtual")],
        confidential=[parse_table("hash", confidential, origin="confidential")],
        local=[parse_aliases(aliases, origin="aliases")],
        delimiter="+",
    )
    notifier = Notifier(
        BounceComposer(reporter=REPORTER),
        profile=profile,
        look_up=expansions.look_up,
        spending=queue.spending,
    )
    script = ScriptedTransport()
    records: list[DeliveryRecord] = []
    mailboxes = Mailboxes(domains, home, delimiter="+")
    deliverer = Deliverer(
        queue,
        routes=Router(domains=domains),
        transports={
            "local": LocalTransport(mailboxes, host="mail.example.org"),
            "smtp": script,
            **(transports or {}),
        },
        notifier=notifier,
        limits=limits,
        rules=rules,
        clock=clock,
        observe=records.append,
    )
    return Site(
        home=home,
        queue=queue,
        intake=QueueIntake(queue, notifier),
        deliverer=deliverer,
        script=script,
        clock=clock,
        records=records,
        notifier=notifier,
    )


def destination(text: str) -> Destination:
    """Return `smtp:example.net` as what it says."""
    transport, _, nexthop = text.partition(":")
    return Destination(transport, nexthop)
