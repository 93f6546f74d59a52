"""What must become of a recipient, worked out from the rules of the RFCs alone.

Each function answers a question that the library answers too, from less: a
table or a comparison of times.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs

from dsnlib import Disposition, RetryPolicy
from tests.simulation.ledger import Asked, By, Case, End
from tests.simulation.reference import key_of_recipient, key_of_strand
from tests.simulation.wire import Fate

if TYPE_CHECKING:
    from dsnlib import Envelope, ExpandedMail, NextHop, QueueHistory
    from tests.simulation.ledger import Mail, Strand
    from tests.simulation.network import Habit
    from tests.simulation.reference import Part

__all__ = ["RETRY", "QueueTruth", "ask_onward", "cannot_go", "end_of", "is_traced", "match"]

# Few attempts, and all that can happen in a queue.
RETRY = RetryPolicy(
    first_wait=dt.timedelta(hours=1),
    growth=4,
    longest_wait=dt.timedelta(days=1),
    warn_after=dt.timedelta(hours=4),
    lifetime=dt.timedelta(days=3),
    null_lifetime=dt.timedelta(days=2),
)

ENDS = {
    Disposition.DELIVERED: (End.STORED, End.LISTED),
    Disposition.RELAYED: (End.LEFT, End.DROPPED),
    Disposition.HANDED_ON: (End.PASSED,),
    Disposition.EXPANDED: (End.SPLIT,),
    Disposition.DELAYED: (End.WAITING,),
    Disposition.FAILED: (End.FAILED,),
}
"""What each disposition may stand for."""


@attrs.frozen
class QueueTruth:
    """How long a message may wait (RFC 5321 s4.5.4.1, RFC 2852 s4.1.3)."""

    expires: dt.datetime
    late_from: dt.datetime | None

    @classmethod
    def of(cls, envelope: Envelope, history: QueueHistory, by: By | None) -> QueueTruth:
        """Return it for one attempt."""
        lifetime = RETRY.lifetime if envelope.sender else RETRY.null_lifetime
        expires = history.arrival + lifetime
        late_from = None
        if by is not None and by.mode == "R":
            expires = min(expires, by.deadline)
        elif by is not None and history.noted_late is None:
            late_from = by.deadline
        return cls(expires, late_from)

    def end(self, end: End, now: dt.datetime) -> End:
        """Return how what waits stands at that time."""
        return End.FAILED if end is End.WAITING and now >= self.expires else end

    def is_late(self, end: End, now: dt.datetime) -> bool:
        """Tell whether its sender must hear that the deadline has passed."""
        waits = self.end(end, now) is End.WAITING
        return waits and self.late_from is not None and now >= self.late_from


def cannot_go(
    envelope: Envelope,
    mail: Mail,
    address: str,
    by: By | None,
    hop: NextHop,
    habit: Habit,
    now: dt.datetime,
) -> bool:
    """Tell whether a server may not be sent a recipient (RFC 2852 s4.1.4.1, RFC 6531 s3.2)."""
    if by is not None and by.mode == "R":
        left = (by.deadline - now).total_seconds()
        # To a mailbox it is delivered: that is no relay.
        is_short = not hop.is_final and left < (hop.shortest_seconds or 0)
        if left <= 0 or is_short or not (hop.is_final or hop.shortest_seconds is not None):
            return True
    # What must come with SMTPUTF8 and did not is sent to nobody, if not by Postfix's
    # leave: the library's choice.
    if hop.smtputf8 if envelope.smtputf8 else habit.relay.passes_utf8:
        return False
    return not (mail.is_header_ascii and envelope.sender.isascii() and address.isascii())


def end_of(fate: Fate, hop: NextHop) -> End:
    """Return how a strand stands after a transaction."""
    if fate is Fate.TAKEN:
        return End.STORED if hop.is_final else End.PASSED if hop.dsn else End.LEFT
    return End.WAITING if fate is Fate.LATER else End.FAILED


def is_traced(by: By | None, hop: NextHop, now: dt.datetime) -> bool:
    """Tell whether a relay is told of in any case (RFC 2852 s4.1.4, s4.1.4.2)."""
    if by is None or hop.is_final:
        return False
    return by.is_traced or (hop.shortest_seconds is None and now < by.deadline)


def ask_onward(strand: Strand, habit: Habit, hop: NextHop, now: dt.datetime) -> Asked:
    """Return what the next system must be asked for (RFC 3461 s5.2.1, s5.2.2)."""
    asked = strand.asked
    by = asked.by if hop.shortest_seconds is not None else None
    if not hop.dsn:
        return Asked(by=by)
    if asked.by is not None and asked.by.mode == "N" and by is None and now < asked.by.deadline:
        asked = asked.with_delay()
    if habit.relay.adds_orcpt and asked.orcpt_word is None:
        type_ = "rfc822" if strand.accepted.isascii() else "utf-8"
        asked = attrs.evolve(asked, orcpt_word=f"ORCPT={type_};{strand.accepted}")
    return attrs.evolve(asked, by=by)


def match(part: Part, made: ExpandedMail) -> tuple[list[Case], list[str]]:
    """Put what `expand` made beside what it should have.

    Returns:
        A case for each strand that ended, and what does not fit.
    """
    surprises = []
    recipients = [] if made.envelope is None else made.envelope.recipients
    found = {key_of_recipient(each) for each in recipients}
    if found != set(part.kept):
        surprises.append(f"expand: there are {found}, not {set(part.kept)}")
    senders = {each.sender for each in (made.envelope, made.settled) if each is not None}
    if senders - {part.sender}:
        surprises.append(f"expand: the return path is {senders}, not {part.sender!r}")
    left = [*part.settled]
    cases = []
    for outcome in made.outcomes:
        accepted, _, *params = key_of_recipient(outcome.recipient)
        for each in left:
            strand, end, address = each
            known, _, *asked = key_of_strand(strand)
            if (known, asked) == (accepted, params) and end in ENDS[outcome.disposition]:
                left.remove(each)
                cases.append(Case(outcome=outcome, strands=[strand], end=end, address=address))
                break
        else:
            surprises.append(f"expand: nothing bears out {outcome}")
    cases += [
        Case(outcome=None, strands=[strand], end=end, address=address)
        for strand, end, address in left
    ]
    return cases, surprises
