"""A mail system in memory: what a queue does round the engine.

The network is a dictionary and the clock jumps; REAL marks what a real system does otherwise.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
import datetime as dt
import secrets

import attrs

import dsnlib as dsn
from dsnlib import DeliveryOutcome, Disposition, Envelope, Recipient, SmtpReply

FINE, GO_ON = SmtpReply.parse("250 2.0.0 Fine"), SmtpReply.parse("354 Go on")
NO_USER, BUSY = map(SmtpReply.parse, ("550 5.1.1 No such user here", "451 4.3.2 Come later"))
DONE = dsn.EnhancedStatusCode.parse("2.1.5")
PROFILE = dsn.PROFILES["submission"]
Outcomes = tuple[DeliveryOutcome, ...]


@attrs.define
class Entry:
    """A message in a queue.  REAL: all of this outlives a restart."""

    envelope: Envelope
    octets: bytes
    history: dsn.QueueHistory
    next_attempt: dt.datetime


@attrs.define
class Mta:
    """The mail system of one domain."""

    domain: str
    network: dict[str, "Mta"]
    users: tuple[str, ...] = ()
    aliases: dict[str, dsn.Expansion] = attrs.field(factory=dict)
    keywords: tuple[str, ...] = ("DSN",)
    is_busy: bool = False
    now: dt.datetime = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
    queue: list[Entry] = attrs.field(factory=list)
    spending: dict[str, dsn.Spending] = attrs.field(factory=dict)
    session: tuple[str, dsn.MailParameters, list[Recipient]] = attrs.field(init=False)

    def command(self, verb: str, path: str, *options: str) -> SmtpReply:
        """Answer MAIL or RCPT.  Of whom is refused here, the client tells."""
        try:
            if verb == "MAIL":
                self.session = (path, dsn.parse_mail_parameters(options), [])
            elif self.is_busy:
                return BUSY
            elif path.endswith(f"@{self.domain}") and path not in {*self.users, *self.aliases}:
                return NO_USER
            else:
                self.session[2].append(Recipient(path, dsn.parse_rcpt_parameters(options)))
        except dsn.InvalidParameter as error:
            return error.reply
        return FINE

    def data(self, octets: bytes) -> SmtpReply:
        """Follow aliases and queue what comes of them.  REAL: to disk; 250 is a promise."""
        sender, params, recipients = self.session
        came = Envelope(sender=sender, mail=params, recipients=recipients, arrival=self.now)
        for mail in dsn.expand(came, self.aliases.get, policy=PROFILE.expand):
            if mail.settled is not None:
                self.notify(mail.settled, mail.outcomes, octets, is_late=False)
            if mail.envelope is not None:
                history = dsn.QueueHistory(arrival=self.now)
                self.queue.append(Entry(mail.envelope, octets, history, self.now))
        return FINE

    def attempt(self, entry: Entry) -> None:
        """Try all who wait, tell of what became of them, plan the next attempt."""
        waiting, outcomes = entry.envelope.recipients, []
        for domain in {each.address.rpartition("@")[2]: None for each in waiting}:
            there = [each for each in waiting if each.address.endswith(f"@{domain}")]
            if domain == self.domain:  # REAL: a mailbox may be full, or gone since RCPT
                outcomes += [
                    DeliveryOutcome(recipient=each, disposition=Disposition.DELIVERED, status=DONE)
                    for each in there
                ]
            else:
                outcomes += self.relay(entry, there, self.network[domain])
        history = entry.history.attempted(outcomes)
        plan = dsn.plan_attempt(entry.envelope, history, policy=PROFILE.retry, now=self.now)
        settled = plan.settle(outcomes, history)
        told = self.notify(entry.envelope, settled, entry.octets, is_late=plan.is_delay_due)
        history = history.notified(plan, told, now=self.now)
        late = [each.recipient for each in settled if each.disposition is Disposition.DELAYED]
        if late:
            left = attrs.evolve(entry.envelope, recipients=late)
            self.queue.append(Entry(left, entry.octets, history, plan.next_attempt or self.now))

    def relay(self, entry: Entry, there: list[Recipient], hop: "Mta") -> Outcomes:
        """Send it on.  REAL: a connection that fails is `lost`, or a reply to `session`."""
        next_hop = dsn.NextHop.from_ehlo(f"mail.{hop.domain}", hop.keywords)
        plan = dsn.plan_relay(entry.envelope, next_hop, recipients=there, now=self.now)
        replies = []
        for each in plan.transactions:
            mail = hop.command("MAIL", each.sender, *each.options)
            rcpts = [hop.command("RCPT", rcpt.address, *rcpt.options) for rcpt in each.recipients]
            data, end = (GO_ON, [hop.data(entry.octets)]) if FINE in rcpts else (None, [])
            replies.append(dsn.TransactionReplies(mail=mail, recipients=rcpts, data=data, end=end))
        return dsn.settle_relay(plan, replies, now=self.now)

    def notify(
        self, of: Envelope, outcomes: Outcomes, octets: bytes, *, is_late: bool
    ) -> dsn.DsnDecision:
        """Write what is due, and send it like any other mail."""
        reporter = dsn.Reporter.parse(f"mail.{self.domain}")
        decision = dsn.plan_dsns(
            of, outcomes, reporter=reporter, policy=PROFILE.dsn, is_delay_due=is_late,
            facts=dsn.MessageFacts.from_header(octets), spending=self.spending, now=self.now,
        )  # fmt: skip
        self.spending.update(decision.spending)
        composer = dsn.BounceComposer(reporter=reporter)
        for plan in decision.plans:
            message = composer.compose(plan, octets, now=self.now, token=secrets.token_hex(12))
            for each in plan.report.recipients:
                print(f"{self.now:%d %H:%M} {self.domain}: {plan.kind.value}", each.recipient)
            self.command("MAIL", "")
            self.command("RCPT", plan.recipient.address, "NOTIFY=NEVER")
            self.data(message.as_bytes())
        return decision


if __name__ == "__main__":
    net: dict[str, Mta] = {}
    team = dsn.Expansion.alias("bob@example.org", "eve@dsn.example")
    ours = Mta("example.org", net, ("ann@example.org",), {"team@example.org": team})
    theirs = Mta("dsn.example", net, ("eve@dsn.example",))
    old = Mta("old.example", net, ("dora@old.example",), keywords=())
    slow = Mta("slow.example", net, is_busy=True)
    net |= {each.domain: each for each in (ours, theirs, old, slow)}
    ours.command("MAIL", "ann@example.org", "RET=HDRS", "ENVID=QQ314159")
    for name in ("team@example.org", "no@example.org", "eve@dsn.example", "dora@old.example"):
        print(name, ours.command("RCPT", name, "NOTIFY=SUCCESS,FAILURE"))
    ours.command("RCPT", "fay@slow.example")
    ours.data(b"From: Ann <ann@example.org>\r\nSubject: Minutes\r\n\r\nHere they are.\r\n")
    while queued := [(each.next_attempt, mta, each) for mta in net.values() for each in mta.queue]:
        when, mta, entry = min(queued, key=lambda each: each[0])
        for each in net.values():
            each.now = when
        mta.queue.remove(entry)
        mta.attempt(entry)
