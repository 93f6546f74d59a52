"""Bounces for a list: sign what goes out, read what comes back, know whom not to mail.

    python start_list.py               # makes history.db, or goes on with it

Nothing is sent: what a list gets back in four days is written at the end.  YOURS marks
where your code goes.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

from dsnlib import Issuer, ScorePolicy, encode_keyed_verp, format_date
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.mail_reading import MailReader
from dsnlib.adapters.store import open_store
from dsnlib.adapters.suppressing import Suppressor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib import Link
    from dsnlib.adapters.store import Store

# YOURS: a secret of 16 octets or more, made once, in a file that only your programs can read.
KEY = b"sixteen octets or more"
BOUNCES = "news-bounces@garden.example"
# YOURS: a table of the database.  The number is what a bounce brings back.
SUBSCRIBERS = {
    1: "ada@birkenhof.example",
    2: "bob@village.example",
    3: "dora@valley.example",
    4: "eve@post.example",
    5: "fay@lake.example",
}
# Mailman's defaults; but mail stops after 3 days with a failure, where Mailman waits for 5.
POLICY = ScorePolicy(bounce_score_threshold=3)
START = dt.datetime(2024, 3, 4, 6, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def return_path(number: int, key: bytes = KEY) -> str:
    """Return the MAIL FROM of a subscriber's copy.  YOURS: send with it, one copy for each."""
    return encode_keyed_verp(BOUNCES, str(number), key=key)


def whose(link: Link) -> str | None:
    """Return the subscriber whose number came back, signed."""
    token = link.token
    return SUBSCRIBERS.get(int(token)) if isinstance(token, str) and token.isdecimal() else None


def hear(intake: BounceIntake, octets: bytes, arrived: dt.datetime) -> None:
    """Take one mail that came to a return path.  YOURS: from a pipe, a Maildir, IMAP, LMTP."""
    taken = intake.take(octets, arrived=arrived)
    for event in taken.events:
        words = [event.kind.value]
        if event.reason is not None:
            words += [event.reason.value, event.permanence.value, f"fault: {event.fault.value}"]
        print(f"{arrived:%a}  {event.recipient}: {', '.join(words)}")
    if taken.is_forged:
        print(f"{arrived:%a}  nothing shows that this is about a mail of ours: left out")
    elif not taken.events:
        print(f"{arrived:%a}  no bounce: {taken.kind.value}")


def judge(suppressor: Suppressor, now: dt.datetime) -> None:
    """Stop mail to whom too much counts against."""
    for entry in suppressor.update(now=now).suppressed:
        print(f"{now:%a}  STOP {entry.address}: {entry.reason}")


def show(store: Store, suppressor: Suppressor, now: dt.datetime) -> None:
    """Print how everybody stands."""
    for address in SUBSCRIBERS.values():
        standing = suppressor.standing(address, now=now)
        # YOURS: this question, each time before you send.  It takes microseconds.
        answer = "send" if store.may_send(address, now=now) else "do not send"
        print(f"  {address:22} {answer:12} score {standing.score:g} of 3")


def main(place: str) -> None:
    """Play four days."""
    reader = MailReader(issuer=Issuer(keys=[KEY], senders=[BOUNCES]), lookup=whose)
    with open_store(place) as store:
        intake = BounceIntake(store, source="bounces", reader=reader)
        suppressor = Suppressor(store, POLICY)
        now = START
        for arrived, octets in mailbag():
            if arrived.date() != now.date():
                judge(suppressor, arrived)
            now = arrived
            hear(intake, octets, arrived)
        judge(suppressor, now)
        print()
        show(store, suppressor, now)


# What follows plays the world.
def mailbag() -> Iterator[tuple[dt.datetime, bytes]]:
    """Yield what comes back, in the forms in which it does, with the time of arrival."""
    monday, tuesday, wednesday, thursday = (START + day * DAY for day in range(4))
    for day in (monday, tuesday, wednesday):
        yield day, report(day, 1, "ada@birkenhof.example", "550 5.1.1 There is no ada here")
        # Bob's mail is forwarded.  Only the return path still knows that he is Bob.
        yield day, report(day, 2, "mailbox-7@inside.village.example", "552 5.2.2 Mailbox full")
        yield day, report(day, 3, "dora@valley.example", "554 5.7.1 We call this spam")
    yield wednesday, mail(wednesday, 4, PROSE)
    yield wednesday, mail(wednesday, 5, AWAY)
    # Somebody wants fay off the list, and does not have the key.
    forged = b"another sixteen octets"
    yield thursday, report(thursday, 5, "fay@lake.example", "550 5.1.1 Unknown", key=forged)
    yield thursday, complaint(thursday, 4)


PROSE = """\
From: MAILER-DAEMON@mx.example
Subject: Mail delivery failed

This mail did not get to one of its recipients:

  eve@post.example
    host mx.post.example said: 550 5.1.1 User unknown
"""
AWAY = """\
From: fay@lake.example
Subject: Automatic reply: The garden
Auto-Submitted: auto-replied

I am away until May.
"""
PARTS = """\
From: MAILER-DAEMON@mx.example
Subject: Your message
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary=b

--b

This is for a person, in any language.
--b
Content-Type: message/{kind}

{fields}
--b--
"""


def mail(day: dt.datetime, number: int, text: str, key: bytes = KEY) -> bytes:
    """Return a mail to the return path of a subscriber."""
    return f"To: {return_path(number, key)}\nDate: {format_date(day)}\n{text}".encode()


def report(day: dt.datetime, number: int, address: str, said: str, key: bytes = KEY) -> bytes:
    """Return a delivery status notification (RFC 3464)."""
    fields = (
        "Reporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {said.split()[1]}\n"
        f"Diagnostic-Code: smtp; {said}\n"
    )
    return mail(day, number, PARTS.format(kind="delivery-status", fields=fields), key)


def complaint(day: dt.datetime, number: int) -> bytes:
    """Return what a provider sends whose user has called a letter spam (RFC 5965)."""
    fields = (
        "Feedback-Type: abuse\nUser-Agent: post/1\nVersion: 1\n"
        f"Original-Rcpt-To: <{SUBSCRIBERS[number]}>\n"
    )
    return mail(day, number, PARTS.format(kind="feedback-report", fields=fields))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "history.db")
