"""What a mailing list does with the mail that comes to its return path.

Reads a Maildir, finds out which subscriber each bounce is about, and decides.
REAL marks what a real list does otherwise.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
from __future__ import annotations

import datetime as dt
import enum
import mailbox
import sys
from collections import defaultdict
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib import (
    BounceEvent,
    EventKind,
    Fault,
    Issuer,
    LinkKind,
    Permanence,
    correlate,
    guess_date,
    read_bounces,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib import UnknownBounce

# REAL: from the database; the key is a secret that outlives a restart.
RETURN_PATH = "news@garden.example"
SUBSCRIBERS = frozenset(
    f"{name}.example"
    for name in ("ada@birkenhof", "bob@village", "cyd@hill", "dora@valley", "eve@post")
)
KEY = b"sixteen octets or more"
# So many different days with a bounce, and the subscription ends.
DAYS = 3


class Decision(enum.Enum):
    """What to do about one thing that happened."""

    COUNT = "count"
    WAIT = "wait"
    TELL_OWNER = "tell the owner"
    UNSUBSCRIBE = "unsubscribe"
    NOTHING = "nothing"


def decide(event: BounceEvent) -> Decision:
    """Return what an event asks for."""
    if event.kind is EventKind.COMPLAINT:
        return Decision.UNSUBSCRIBE
    if event.kind not in (EventKind.FAILURE, EventKind.DELAY):
        return Decision.NOTHING
    if event.kind is EventKind.DELAY or event.permanence is Permanence.SOFT:
        return Decision.WAIT
    # Only what is wrong with the address itself is held against it.
    return Decision.COUNT if event.fault is Fault.RECIPIENT else Decision.TELL_OWNER


def subscriber_of(octets: bytes, event: BounceEvent) -> str | None:
    """Return the subscriber that an event is about: the return path knows best."""
    found = correlate(octets, events=[event], issuer=Issuer(senders=[RETURN_PATH]))
    named = [link.value for link in found.of_kind(LinkKind.VERP)]
    for address in (*named, event.original_recipient, event.recipient):
        if address in SUBSCRIBERS:
            return address
    return None


@attrs.define
class Ledger:
    """What is known of the subscribers.  REAL: in the database."""

    days: dict[str, set[dt.date]] = attrs.field(factory=lambda: defaultdict(set))
    seen: set[str] = attrs.field(factory=set)
    unread: list[bytes] = attrs.field(factory=list)

    def take(self, octets: bytes) -> Iterator[str]:
        """Yield what is decided about a mail, as lines to print."""
        for event in read_bounces(octets, on_unknown=self.keep):
            address = subscriber_of(octets, event)
            if event.event_id and event.event_id in self.seen:
                continue  # the same mail came twice
            self.seen.add(event.event_id)
            if address is None:
                yield f"{event.recipient}: not a subscriber"
            else:
                yield f"{address}: {self.act(address, event, octets)}"

    def keep(self, unknown: UnknownBounce) -> None:
        """Keep what could not be read, without the names in it, for whoever can teach us."""
        self.unread.append(unknown.anonymized(key=KEY))

    def act(self, address: str, event: BounceEvent, octets: bytes) -> str:
        """Do what an event asks for, and return it as text."""
        decision, why = decide(event), event.reason.value if event.reason else event.kind.value
        if decision is Decision.COUNT:
            # Ten bounces of one day are one: the same mailing, or one bad night.
            self.days[address].add(day_of(event, octets))
            if len(self.days[address]) >= DAYS:
                decision = Decision.UNSUBSCRIBE
        return f"{decision.value} ({why})"


def day_of(event: BounceEvent, octets: bytes) -> dt.date:
    """Return the day on which something happened.

    REAL: when the mail arrived.  These dates are what a stranger wrote.
    """
    date = BytesHeaderParser().parsebytes(octets)["Date"]
    when = event.occurred or guess_date(str(date)) or dt.datetime.now(dt.UTC)
    return when.date()


def main(folder: str) -> None:
    """Read a Maildir, in the order of the names of its files."""
    box, ledger = mailbox.Maildir(folder, create=False), Ledger()
    for key in sorted(box.keys(), key=lambda name: int(name.partition(".")[0])):
        for line in ledger.take(box.get_bytes(key)):
            print(line)  # REAL: what a stranger wrote is made harmless before it is shown
    print(f"{len(ledger.unread)} to look at")


if __name__ == "__main__":
    default = Path(__file__).with_name("list-bounces")
    main(sys.argv[1] if len(sys.argv) > 1 else str(default))
