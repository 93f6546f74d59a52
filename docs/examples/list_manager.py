"""A mailing list that knows whom it must not mail: send, hear, count, stop, let go.

    python docs/examples/list_manager.py

Plays three weeks of a daily letter in a moment.  The world is a fake server that does what
the recipient's address asks for; `report-5.1.1+cyd@` takes the mail and sends a bounce.
REAL marks what a real list does otherwise.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from email.message import EmailMessage
from pathlib import Path

import attrs

from dsnlib import (
    Envelope,
    EventKind,
    Issuer,
    Link,
    MailParameters,
    Notify,
    RcptParameters,
    Recipient,
    Ret,
    ScorePolicy,
    SentProbe,
    encode_keyed_verp,
    issue_envelope_id,
    outcome_event,
)
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.mail_reading import MailReader
from dsnlib.adapters.sink import Sink
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.adapters.store import Store, open_store
from dsnlib.adapters.suppressing import Suppressor
from dsnlib.bounces.probe import issue_probe

# REAL: the key is a secret, in a file, and outlives a restart.
KEY = b"sixteen octets or more"
BOUNCES = "news-bounces@garden.example"
# REAL: 5, as Mailman has it; a letter a day needs less patience to play.
POLICY = ScorePolicy(bounce_score_threshold=3, verp_probes=True)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)

# REAL: a table of the database.  The number is what bounces bring back.
SUBSCRIBERS = {
    1: "ada@birkenhof.example",
    2: "bounce-5.1.1+bob@village.example",
    3: "report-5.1.1+cyd@hill.example",
    4: "dora@valley.example",
    5: "success+eve@post.example",
    6: "fay@lake.example",
    7: "gus@forest.example",
    8: "hal@moor.example",
}


class MailingList:
    """A list: who is on it, and what is known of them.

    Args:
        store: The history.
        relay: Where mail goes out.
        subscribers: Their addresses, by number.
        now: What the time is.  REAL: there is a clock.
    """

    def __init__(
        self, store: Store, relay: str, subscribers: dict[int, str], now: dt.datetime
    ) -> None:
        self.store, self.relay, self.subscribers, self.now = store, relay, subscribers, now
        self.suppressor = Suppressor(store, POLICY)
        reader = MailReader(issuer=Issuer(keys=[KEY], senders=[BOUNCES]), lookup=self.whose)
        self.intake = BounceIntake(store, source="bounces", reader=reader, clock=lambda: self.now)

    def tell_owner(self, line: str) -> None:
        """Tell the owner of the list.  REAL: by mail."""
        print(f"{self.now:%a %d %b}  {line}")

    async def publish(self, letter: EmailMessage) -> int:
        """Send a letter to everybody who may get it; return to how many it went."""
        stopped = self.store.stopped(self.subscribers.values(), now=self.now)
        left = [each for each, name in self.subscribers.items() if name not in stopped]
        async with SmtpClient.to(self.relay) as client:
            for number in left:
                token = f"{number}.{self.now:%y%m%d}"
                await self.send(client, letter, number, issue_envelope_id(token, key=KEY))
        return len(left)

    async def send(
        self,
        client: SmtpClient,
        letter: EmailMessage,
        number: int,
        envelope_id: str,
        notify: Notify = Notify.FAILURE,
    ) -> None:
        """Send one copy, and keep what the server says to it at once."""
        address = self.subscribers[number]
        message_id = f"{envelope_id}@garden.example"
        for name, value in {"To": address, "Message-ID": f"<{message_id}>"}.items():
            del letter[name]
            letter[name] = value
        envelope = Envelope(
            # Only we can make this return path, so only our mail is believed to have failed.
            sender=encode_keyed_verp(BOUNCES, str(number), key=KEY),
            mail=MailParameters(ret=Ret.HDRS, envid=envelope_id),
            recipients=[Recipient(address, RcptParameters(notify=notify))],
        )
        for result in await client.send(envelope, letter, now=self.now):
            event = outcome_event(
                result.outcome,
                at=self.now,
                message_id=message_id,
                envelope_id=envelope_id,
                reply_code=result.code,
            )
            self.store.add([attrs.evolve(event, occurred=self.now)], source="sending")
            if event.kind is EventKind.FAILURE and not POLICY.weigh(event) and event.reason:
                self.tell_owner(f"{address} is refused, and not to blame: {event.reason.value}")

    def hear(self, octets: bytes) -> None:
        """Take a mail that came to a return path of ours."""
        taken = self.intake.take(octets, arrived=self.now)
        if taken.is_forged:
            self.tell_owner("a bounce of a mail that we never sent: nobody is to blame")
        elif taken.unknown is not None:
            self.tell_owner("a bounce that cannot be read: have a look")

    def whose(self, link: Link) -> str | None:
        """Return the subscriber whose number stands in a return path or an ENVID of ours."""
        number = str(link.token).partition(".")[0]
        return self.subscribers.get(int(number)) if number.isdigit() else None

    async def judge(self) -> None:
        """Stop mail to whom too much counts against, and try whom nearly enough does."""
        verdicts = self.suppressor.update(now=self.now)
        for entry in verdicts.suppressed:
            self.tell_owner(f"{entry.address} is stopped: {entry.reason} ({entry.source.value})")
        for entry in verdicts.released:
            self.tell_owner(f"{entry.address} gets mail again: something has arrived")
        for candidate in verdicts.to_probe:
            probe = issue_probe(candidate.address, sent=self.now, key=KEY)
            self.store.note_probe(probe)
            self.tell_owner(f"{candidate.address} is tried: score {candidate.standing.score:g}")
            await self.try_out(probe)

    async def try_out(self, probe: SentProbe) -> None:
        """Send a probe: a letter that says what will happen if it does not arrive."""
        letter = EmailMessage()
        letter["From"], letter["Subject"] = "news@garden.example", "Are you there?"
        letter.set_content("Our mail to you came back. If this one does not, all is well.")
        number = next(n for n, each in self.subscribers.items() if each == probe.address)
        async with SmtpClient.to(self.relay) as client:
            # A probe asks for success too: it is the news that we hope for.
            both = Notify.SUCCESS | Notify.FAILURE
            await self.send(client, letter, number, probe.envelope_id, both)

    def let_go(self, address: str) -> None:
        """Let a person have mail again who says that all is well."""
        if self.store.release(address, now=self.now) is not None:
            self.tell_owner(f"{address} is let go by the owner")


def complaint_of(address: str, return_path: str) -> bytes:
    """Return what a provider sends whose user has called a letter spam (RFC 5965)."""
    return f"""\
From: feedback@moor.example
To: {return_path}
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: moor/1
Version: 1
Original-Rcpt-To: <{address}>

--b
Content-Type: text/rfc822-headers

From: news@garden.example

--b--
""".encode()


def script(sink: Sink) -> None:
    """Say what becomes of mail to whom, beyond what the addresses themselves ask for."""
    # A mailbox that is emptied on the fifth day.
    sink.answer("552 5.2.2 the mailbox is full", address=SUBSCRIBERS[4], times=4)
    # A server in disorder: one is back when the probe comes, the other a little too late.
    sink.answer("550 5.1.1 no such user", address=SUBSCRIBERS[5], times=3)
    sink.answer("550 5.1.1 no such user", address=SUBSCRIBERS[6], times=4)
    # A filter that hates a word.
    sink.answer("550 5.7.1 we call this spam", verb="DATA", address=SUBSCRIBERS[7], times=1)


async def play(store: Store) -> None:
    """Play three weeks."""
    with Sink() as sink:
        script(sink)
        start = dt.datetime(2024, 3, 4, 8, tzinfo=dt.UTC)
        garden = MailingList(store, f"[{sink.host}]:{sink.port}", SUBSCRIBERS, start)
        heard = 0
        for number in range(1, 22):
            garden.now = start + (number - 1) * DAY
            letter = EmailMessage()
            letter["From"], letter["Subject"] = "news@garden.example", f"The garden, no. {number}"
            letter.set_content("The beans are up.\n")
            count = await garden.publish(letter)
            if number in (1, 21):
                garden.tell_owner(f"letter {number} went to {count} of {len(SUBSCRIBERS)}")
            if number == 8:
                path = encode_keyed_verp(BOUNCES, "8", key=KEY)
                garden.hear(complaint_of(SUBSCRIBERS[8], path))
                # Somebody wants ada off the list, and does not have the key.
                path = encode_keyed_verp(BOUNCES, "1", key=b"some other sixteen octets")
                garden.hear(complaint_of(SUBSCRIBERS[1], path))
            if number == 10:
                garden.let_go(SUBSCRIBERS[6])
            for _ in range(2):  # what comes back of a probe comes on the same day
                garden.now += HOUR
                for report in sink.reports[heard:]:
                    garden.hear(report.as_bytes())
                heard = len(sink.reports)
                garden.now += HOUR
                await garden.judge()
            if number in (4, 21):
                show(garden)


def show(garden: MailingList) -> None:
    """Print how each subscriber stands."""
    print()
    for address in garden.subscribers.values():
        standing = garden.suppressor.standing(address, now=garden.now)
        why = f" ({standing.reason})" if standing.reason else ""
        print(f"  {address:34} {standing.judgement.value:9} {standing.score:g}{why}")
    print()


def main() -> None:
    """Print what the owner is told."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(str(Path(folder, "history.db"))) as store,
    ):
        asyncio.run(play(store))


if __name__ == "__main__":
    main()
