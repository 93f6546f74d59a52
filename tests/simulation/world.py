"""The run of a network: a time that goes forward, and systems that act in it."""

from __future__ import annotations

import datetime as dt
import functools
import heapq
import itertools
import re
from typing import TYPE_CHECKING

from dsnlib import (
    BounceComposer,
    Envelope,
    Recipient,
    parse_mail_parameters,
    parse_rcpt_parameters,
    parse_report,
)
from tests.simulation.ledger import Asked, By, Ledger, Mail, MailKind, Strand
from tests.simulation.mta import Mta
from tests.simulation.network import Fault, Flaw, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib import DeliveryReport, Reporter
    from tests.simulation.network import Network, Post

__all__ = ["START", "run_network"]

START = dt.datetime(2027, 3, 1, 8, 0, tzinfo=dt.UTC)

# A network of four systems comes nowhere near; one that goes on for ever does.
_MOST_EVENTS = 4_000
_DEAD = Fault(Stage.SESSION, Flaw.LOST)
_ESCAPE = re.compile(r"\\\\x\{([0-9A-F]+)\}")
_ORIGINAL = (
    b"From: <ann@a.example>\r\n"
    b"To: undisclosed-recipients:;\r\n"
    b"Subject: Minutes of Tuesday\r\n"
    b"Message-ID: <minutes.%d@a.example>\r\n"
    b"\r\n"
    b"Here are the minutes.\r\n"
)


def run_network(network: Network, *, writes: bool = False) -> Ledger:
    """Let a network run until nothing is left to do, and return what happened.

    Args:
        network: What happens.
        writes: Whether each notification is written out and read back.
    """
    world = _World(network, writes=writes)
    for post in network.posts:
        world.after(post.after_seconds, functools.partial(world.submit, post))
    world.run()
    return world.ledger


class _World:
    """The time, the systems, and what goes wrong between them."""

    def __init__(self, network: Network, *, writes: bool) -> None:
        self.network = network
        self.ledger = Ledger()
        self.now = START
        self._writes = writes
        self._events: list[tuple[dt.datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._systems = {host.name: Mta(host, self) for host in network.hosts}
        self._faults = {
            (link.source, link.destination): itertools.chain(
                link.faults, itertools.repeat(_DEAD if link.is_dead else None)
            )
            for link in network.links
        }

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something when so many seconds are over."""
        when = self.now + dt.timedelta(seconds=seconds)
        heapq.heappush(self._events, (when, next(self._numbers), what))

    def find(self, domain: str) -> Mta | None:
        """Return the system of a domain."""
        return self._systems.get(domain)

    def next_fault(self, source: str, destination: str) -> Fault | None:
        """Return what goes wrong in the next transaction."""
        faults = self._faults.get((source, destination))
        return None if faults is None else next(faults)

    def run(self) -> None:
        """Go on until nothing is left, or too much has happened."""
        for _ in range(_MOST_EVENTS):
            if not self._events:
                self.ledger.is_over = True
                return
            self.now, _number, what = heapq.heappop(self._events)
            what()

    def submit(self, post: Post) -> None:
        """Let a person send a message."""
        system = self._systems[post.at]
        by = _deadline(post.mail, self.now)
        mail = Mail(
            kind=MailKind.POST,
            sender=post.sender,
            smtputf8=post.smtputf8,
            is_header_ascii=post.is_header_ascii,
            content=_ORIGINAL % next(self._numbers) if self._writes else b"",
        )
        self.ledger.mails.append(mail)
        envelope = Envelope(
            sender=post.sender,
            mail=parse_mail_parameters(post.mail, smtputf8=post.smtputf8),
            recipients=tuple(
                Recipient(address, parse_rcpt_parameters(words, smtputf8=post.smtputf8))
                for address, words in post.recipients
            ),
            smtputf8=post.smtputf8,
            arrival=self.now,
        )
        strands = [
            Strand(
                mail=mail,
                host=post.at,
                sender=post.sender,
                accepted=address,
                address=address,
                asked=Asked.read(post.mail, words, by),
            )
            for address, words in post.recipients
        ]
        system.receive(mail, envelope, strands, hops=0, is_authenticated=True)

    def write(self, mail: Mail, reporter: Reporter) -> None:
        """Write a notification and read it back, where the run writes them."""
        plan, about = mail.plan, mail.about
        if not self._writes or plan is None or about is None:
            return
        token = f"token-{next(self._numbers):08}"
        composer = BounceComposer(reporter=reporter)
        composed = composer.compose(plan, about.content, now=self.now, token=token)
        mail.content = composed.as_bytes()
        read = parse_report(mail.content)
        if _plain(read) != _plain(plan.report):
            self.ledger.surprises.append(f"read back as {read}, was {plan.report}")


def _plain(report: DeliveryReport) -> str:
    r"""Return a report as text, the escapes of RFC 6533 s3 undone: `\x{EB}` is a letter."""
    text = repr((report.message, report.recipients))
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _deadline(words: Iterable[str], arrival: dt.datetime) -> By | None:
    for word in words:
        keyword, _, value = word.partition("=")
        if keyword.upper() == "BY":
            seconds, _, mode = value.partition(";")
            deadline = arrival + dt.timedelta(seconds=int(seconds))
            return By(deadline, mode[0].upper(), mode[1:].upper() == "T")
    return None
