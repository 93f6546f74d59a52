"""Mail that a crash test sends, and what its server owes for it (RFC 3461 s4.1, s5.2).

    address            what becomes of it                     can end as
    box-N@...          into a Maildir                         delivered
    gone@refused...    the next hop refuses it                failed
    team@...           an alias of two boxes                  expanded, and each a box
    far@dsn...         a next hop that has DSN                handed on
    old@plain...       a next hop that has none               relayed
    late@later...      refused some times, then taken         relayed, perhaps delayed
    void@discard...    nobody keeps it                        delivered

Rules.
- A message has a token, which is its ENVID and stands in its subject: so every
  copy and every notification is known to be of it.
- Everything is chosen by a `random.Random`: a seed says it all.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from tests.load.client import Addressee, Submission

if TYPE_CHECKING:
    import random

__all__ = ["BOXES", "DOMAIN", "MEMBERS", "SENDER", "TARGETS", "Mail", "Target", "make_mail"]

DOMAIN = "here.example"
SENDER = f"ann@{DOMAIN}"
BOXES = tuple(f"box-{number}@{DOMAIN}" for number in range(4))
TEAM = f"team@{DOMAIN}"
# Not among `BOXES`: a box that is named itself and in the alias would get one copy for both.
MEMBERS = (f"member-1@{DOMAIN}", f"member-2@{DOMAIN}")
_LARGE_OCTETS = 400_000


class Fate(enum.Enum):
    """What becomes of an address."""

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPANDED = "expanded"
    HANDED_ON = "handed on"
    RELAYED = "relayed"


@attrs.frozen
class Target:
    """An address and what becomes of it.

    Args:
        address: The recipient.
        fate: What becomes of it.
        is_kept: Whether a copy of it can be counted: in a Maildir.
        is_late: Whether a notification of a delay may come before.
    """

    address: str
    fate: Fate
    is_kept: bool = False
    is_late: bool = False


TARGETS = (
    *(Target(box, Fate.DELIVERED, is_kept=True) for box in BOXES),
    Target("gone@refused.example", Fate.FAILED),
    Target(TEAM, Fate.EXPANDED),
    Target("far@dsn.example", Fate.HANDED_ON),
    Target("old@plain.example", Fate.RELAYED),
    Target("late@later.example", Fate.RELAYED, is_late=True),
    Target("void@discard.example", Fate.DELIVERED),
)
_BY_ADDRESS = {each.address: each for each in TARGETS}

# Absent, and all that RFC 3461 s4.1 allows.
NOTIFY = (
    None, "NEVER", "SUCCESS", "FAILURE", "DELAY", "SUCCESS,FAILURE", "SUCCESS,DELAY",
    "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY",
)  # fmt: skip
_RET = (None, "FULL", "HDRS")

# The action that is reported for a fate, and the keyword that asks for it.  RFC 3461 s4.1:
# without NOTIFY it is for the MTA; ours reports failures, and delays (RFC 3461 s5.2.5).
_ACTIONS = {
    Fate.DELIVERED: ("delivered", "SUCCESS"),
    Fate.FAILED: ("failed", "FAILURE"),
    Fate.EXPANDED: ("expanded", "SUCCESS"),
    Fate.RELAYED: ("relayed", "SUCCESS"),
}


@attrs.frozen(kw_only=True)
class Mail:
    """A message that is sent, by its token.

    Args:
        token: What all that comes of it has in it.
        notify: The keywords asked for by address; `None` if none were.
        submission: It.
    """

    token: str
    notify: dict[str, str | None]
    submission: Submission = attrs.field(repr=False)

    def kept(self, accepted: frozenset[str]) -> frozenset[str]:
        """Return the addresses whose Maildir is to have exactly one copy."""
        boxes = {each for each in accepted if _BY_ADDRESS[each].is_kept}
        return frozenset(boxes | set(MEMBERS if TEAM in accepted else ()))

    def owed(self, accepted: frozenset[str]) -> frozenset[tuple[str, str]]:
        """Return the notifications that are owed exactly once, each as address and action."""
        found = set()
        for address in accepted:
            action, keyword = _ACTIONS.get(_BY_ADDRESS[address].fate, ("", ""))
            if action and keyword in (self.notify[address] or "FAILURE").split(","):
                found.add((address, action))
        return frozenset(found)

    def allowed(self, accepted: frozenset[str]) -> frozenset[tuple[str, str]]:
        """Return the notifications that may come, once at most: the warnings of a delay."""
        return frozenset(
            (address, "delayed")
            for address in accepted
            if _BY_ADDRESS[address].is_late
            and "DELAY" in (self.notify[address] or "DELAY").split(",")
        )

    def passed_on(self, accepted: frozenset[str]) -> frozenset[str]:
        """Return the addresses of which the next hop has to have a copy at least."""
        fates = (Fate.HANDED_ON, Fate.RELAYED)
        return frozenset(each for each in accepted if _BY_ADDRESS[each].fate in fates)


def make_mail(chance: random.Random, token: str) -> Mail:
    """Return a message with some recipients and parameters, all by chance."""
    targets = chance.sample(TARGETS, chance.randint(1, len(TARGETS)))
    notify = {each.address: chance.choice(NOTIFY) for each in targets}
    ret = chance.choice(_RET)
    options = [f"ENVID={token}", *([f"RET={ret}"] if ret else ())]
    octets = _LARGE_OCTETS if chance.random() < 0.02 else chance.choice((200, 2_000, 20_000))
    return Mail(
        token=token,
        notify=notify,
        submission=Submission(
            sender=SENDER,
            options=tuple(options),
            recipients=[
                Addressee(
                    each.address,
                    (
                        *([f"NOTIFY={notify[each.address]}"] if notify[each.address] else ()),
                        f"ORCPT=rfc822;{each.address}",
                    ),
                )
                for each in targets
            ],
            content=_content(token, octets),
        ),
    )


def _content(token: str, octets: int) -> bytes:
    header = (
        f"From: <{SENDER}>\r\nTo: undisclosed-recipients:;\r\nSubject: token {token}\r\n"
        f"Message-ID: <{token}@client.example>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n"
    ).encode()
    line = b".starts with a dot, as lines of mail sometimes do, and is long enough to count\r\n"
    # The last line tells a message that was cut off.
    return header + line * (octets // len(line)) + f"end {token}\r\n".encode()
