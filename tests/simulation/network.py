"""A network of mail systems as a value: who is there, what goes wrong, what is sent.

Rules.
- A network says all that happens in it: the same value gives the same run.
- `repr` is what a person reads when a law is broken, so what is ordinary is left
  out of it.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib import Budget, DsnPolicy, ExpandPolicy, Guards, PostmasterClass, Privacy, RelayPolicy
from dsnlib.policy.expansion import Expansion, SeveralOption
from dsnlib.policy.profile import MX, POSTFIX, SUBMISSION

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "HABITS",
    "Fault",
    "Flaw",
    "Habit",
    "Host",
    "Link",
    "Mailbox",
    "Network",
    "Post",
    "Stage",
    "Store",
]


@attrs.frozen(repr=False)
class _Sparse:
    """A value whose `repr` has only what is not the default."""

    def __repr__(self) -> str:
        parts = []
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if value != field.default:
                parts.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: ANN401, FBT001  hypothesis's protocol
        printer.text(repr(self))


class _Name(enum.Enum):
    """A member that is written as one would write it in a test."""

    def __repr__(self) -> str:
        return str(self)


class Store(_Name):
    """What holds the mailboxes of a host."""

    LOCAL = "local"
    """The host itself."""
    LMTP = "lmtp"
    """A server behind it, which answers for each recipient after the data."""
    SMTP = "smtp"
    """A server behind it that is final and speaks SMTP."""


class Stage(_Name):
    """Where in a session something goes wrong."""

    SESSION = "session"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END = "end"


class Flaw(_Name):
    """What goes wrong."""

    LATER = "a reply of class 4"
    REFUSED = "a reply of class 5"
    LOST = "no reply"
    ODD = "what is no reply"
    WRONG = "a good reply to another command"
    TOO_MANY = "552, too many recipients"
    TAKEN = "the message is taken, and the reply to it is lost"


@attrs.frozen(repr=False)
class Fault(_Sparse):
    """What goes wrong in one transaction.

    Args:
        stage: Where.
        flaw: What.
        mask: The recipients that it concerns: bit `n` stands for number `n`,
            counted round by fours.
    """

    stage: Stage
    flaw: Flaw
    mask: int = 15

    def concerns(self, index: int) -> bool:
        """Tell whether the recipient of that number is concerned."""
        return bool(self.mask >> (index % 4) & 1)


@attrs.frozen(repr=False)
class Mailbox(_Sparse):
    """The mailbox of a user, by what becomes of mail for it.

    Args:
        answers: The reply code at each attempt; the last one for ever after.
        is_asked_late: Whether the store tells only when it has the message.
    """

    answers: tuple[int, ...] = (250,)
    is_asked_late: bool = False


@attrs.frozen(kw_only=True, repr=False)
class Habit:
    """How a system uses what the RFCs leave open.

    Args:
        name: What it is called in a printed network.
        dsn: How it notifies.
        relay: What it sends on.
        expand: What aliases keep.
    """

    name: str
    dsn: DsnPolicy = attrs.field(factory=DsnPolicy)
    relay: RelayPolicy = attrs.field(factory=RelayPolicy)
    expand: ExpandPolicy = attrs.field(factory=ExpandPolicy)

    def __repr__(self) -> str:
        return f"HABITS[{self.name!r}]"


def _habits() -> dict[str, Habit]:
    habits = [
        Habit(name="plain"),
        Habit(name="separating", relay=RelayPolicy(separates_never=True)),
        Habit(name="secretive", dsn=DsnPolicy(privacy=Privacy(hides_expansions=True))),
        Habit(name="dropping", expand=ExpandPolicy(several=SeveralOption.DROP)),
        Habit(name="one", expand=ExpandPolicy(several=SeveralOption.ONE)),
        Habit(name="naming", relay=RelayPolicy(adds_orcpt=True)),
        Habit(
            name="talkative",
            dsn=DsnPolicy(
                recipients_per_report=1,
                postmaster_classes=PostmasterClass.BOUNCE
                | PostmasterClass.DELAY
                | PostmasterClass.DOUBLE_BOUNCE
                | PostmasterClass.UNREPORTED,
            ),
        ),
        Habit(name="guarded", dsn=DsnPolicy(guards=Guards())),
        Habit(name="sparing", dsn=DsnPolicy(budget=Budget(per_sender=1))),
        Habit(name="confirming", dsn=DsnPolicy(confirms_cleared_delays=True)),
    ]
    habits += [
        Habit(name=each.name, dsn=each.dsn, relay=each.relay, expand=each.expand)
        for each in (SUBMISSION, MX, POSTFIX)
    ]
    return {habit.name: habit for habit in habits}


HABITS = _habits()
"""The ways of systems that a network may have, by name."""


@attrs.frozen(kw_only=True, repr=False)
class Host(_Sparse):
    """A mail system, which has one domain: its own name.

    Args:
        name: Its host name and its domain.
        dsn: Whether it announces DSN.
        smtputf8: Whether it announces SMTPUTF8.
        shortest_seconds: What it announces with DELIVERBY, if it does.
        store: What holds its mailboxes.
        habit: How it uses what is left open.
        smarthost: Where it sends whatever is not for it; `None` if to the host
            of the domain.
        entries: Its local parts, each a mailbox or what it leads to.  Another
            does not exist.
        checks_users: Whether it refuses in RCPT who does not exist here.
        most_recipients: The most it sends in one transaction.
    """

    name: str
    dsn: bool = False
    smtputf8: bool = False
    shortest_seconds: int | None = None
    store: Store = Store.LOCAL
    habit: Habit = attrs.field(default=HABITS["plain"])
    smarthost: str | None = None
    entries: tuple[tuple[str, Mailbox | Expansion], ...] = ()
    checks_users: bool = False
    most_recipients: int | None = None


@attrs.frozen(repr=False)
class Link(_Sparse):
    """What goes wrong between a host and another, or between it and its store.

    Args:
        source: The client.
        destination: The server; the client itself stands for its store.
        faults: What goes wrong in one transaction after the other; `None` where
            nothing does.
        is_dead: Whether no session succeeds after those.
    """

    source: str
    destination: str
    faults: tuple[Fault | None, ...] = ()
    is_dead: bool = False


@attrs.frozen(kw_only=True, repr=False)
class Post(_Sparse):
    """A message that a person sends.

    Args:
        at: The host that it is given to.
        sender: The return path.
        mail: The parameters of MAIL, as words.
        recipients: Addresses, and the parameters of RCPT.
        smtputf8: Whether MAIL has SMTPUTF8.
        is_header_ascii: Whether its header is known to be in US-ASCII.
        after_seconds: When it is sent.
    """

    at: str
    sender: str
    mail: tuple[str, ...] = ()
    recipients: tuple[tuple[str, tuple[str, ...]], ...]
    smtputf8: bool = False
    is_header_ascii: bool = True
    after_seconds: int = 0


def _sequence(values: Sequence[Post]) -> tuple[Post, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True, repr=False)
class Network(_Sparse):
    """Hosts, what goes wrong between them, and what is sent.

    Args:
        hosts: The systems; their names differ.
        links: One at most from one host to another; nothing goes wrong elsewhere.
        posts: The messages.
        most_hops: How many systems a message may pass; RFC 5321 s6.3 says 100
            at least, which would only make runs longer.
        latency_seconds: How long a message is under way between two hosts.
    """

    hosts: tuple[Host, ...]
    links: tuple[Link, ...] = ()
    posts: tuple[Post, ...] = attrs.field(default=(), converter=_sequence)
    most_hops: int = 4
    latency_seconds: int = 1
