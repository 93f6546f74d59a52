"""Networks by chance: every part of one is picked from a few, the simplest first.

The one way to pick is handed in.  hypothesis picks and makes what fails smaller;
`run` picks with a seeded generator, a thousand times as often in a second.

Rules.
- Addresses are few, so that aliases and lists meet and run in circles.
- Most of what is picked is ordinary: a network in which all goes wrong shows
  nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from dsnlib import Expansion, MailParameters, Notify, Ret
from tests.simulation.network import (
    HABITS,
    Fault,
    Flaw,
    Host,
    Link,
    Mailbox,
    Network,
    Post,
    Stage,
    Store,
)

__all__ = ["Pick", "make_network"]

# Of a sequence, one; the first is the simplest.
Pick: TypeAlias = Callable[[Sequence[Any]], Any]

_DOMAINS = ("a.example", "b.example", "c.example", "d.example")
_NOWHERE = "nowhere.example"
_USERS = ("ann", "bob", "eve")
_LEADING = ("team", "desk", "list")
_UNKNOWN = "nobody"
_UTF8 = "zoë"

_MAILBOXES = (
    *[Mailbox()] * 6,
    Mailbox((550,)),
    Mailbox((550,), is_asked_late=True),
    Mailbox((450, 250)),
    Mailbox((452,)),
    Mailbox((452, 452, 452, 250)),
    Mailbox((452, 452, 452, 250), is_asked_late=True),
    Mailbox((452, 452, 452, 550)),
)
_FAULTS = (
    *[None] * 6,
    Fault(Stage.SESSION, Flaw.LOST),
    Fault(Stage.SESSION, Flaw.LATER),
    Fault(Stage.SESSION, Flaw.REFUSED),
    *(Fault(Stage.MAIL, flaw) for flaw in (Flaw.LATER, Flaw.REFUSED, Flaw.LOST, Flaw.ODD)),
    *(
        Fault(Stage.RCPT, flaw, mask)
        for flaw in (Flaw.LATER, Flaw.REFUSED, Flaw.LOST, Flaw.TOO_MANY)
        for mask in (15, 1, 2, 6)
    ),
    Fault(Stage.RCPT, Flaw.ODD, 1),
    Fault(Stage.RCPT, Flaw.WRONG, 2),
    *(Fault(Stage.DATA, flaw) for flaw in (Flaw.LATER, Flaw.REFUSED, Flaw.LOST, Flaw.WRONG)),
    *(
        Fault(Stage.END, flaw, mask)
        for flaw in (Flaw.LATER, Flaw.REFUSED, Flaw.LOST, Flaw.TAKEN, Flaw.ODD)
        for mask in (15, 1, 2)
    ),
)
_HABITS = (*["plain"] * 4, *["confirming"] * 2, *HABITS)
_NOTIFY = (
    (),
    ("NOTIFY=FAILURE",),
    ("NOTIFY=SUCCESS",),
    ("NOTIFY=SUCCESS,FAILURE",),
    ("NOTIFY=NEVER",),
    ("NOTIFY=DELAY",),
    ("NOTIFY=failure,Success,DELAY",),
    ("notify=FAILURE,DELAY",),
)
_MAIL_WORDS = (
    (),
    ("ENVID=QQ314159",),
    ("RET=HDRS",),
    ("RET=full", "ENVID=a+2Bb+3D.Zz"),
    ("envid=+7E+20x", "ret=HDRS"),
)
_BY = (
    *[()] * 8,
    ("BY=7200;N",),
    ("BY=20000;R",),
    ("BY=300000;RT",),
    ("BY=20000;nt",),
    ("BY=-5;N",),
)
_LISTS = (
    (MailParameters(), None),
    (MailParameters(ret=Ret.HDRS, envid="list-7"), Notify.FAILURE),
    (MailParameters(), Notify.NEVER),
    (MailParameters(), Notify.SUCCESS | Notify.FAILURE),
)


def make_network(pick: Pick) -> Network:
    """Return a network, as small or as large as the picks make it."""
    names = _DOMAINS[: pick((1, 2, 2, 3, 3, 4))]
    hosts = tuple(_host(pick, name, names) for name in names)
    links = tuple(
        _link(pick, source, destination)
        for source in names
        for destination in names
        if pick((False, False, True))
    )
    posts = tuple(_post(pick, hosts, names) for _ in range(pick((1, 1, 2, 3))))
    return Network(
        hosts=hosts,
        links=links,
        posts=posts,
        latency_seconds=pick((1, 60)),
    )


def _address(pick: Pick, names: Sequence[str], *, is_utf8: bool = False) -> str:
    local_part = pick(
        (*_USERS, *_USERS, *_LEADING, *_LEADING, _UNKNOWN, "postmaster", *[_UTF8] * is_utf8)
    )
    return f"{local_part}@{pick((*[*names] * 6, _NOWHERE))}"


def _host(pick: Pick, name: str, names: Sequence[str]) -> Host:
    smtputf8 = pick((False, True))
    entries: list[tuple[str, Mailbox | Expansion]] = [
        (user, pick(_MAILBOXES)) for user in (*_USERS, *[_UTF8] * smtputf8)
    ]
    entries += [
        (local_part, _expansion(pick, name, names, is_utf8=smtputf8))
        for local_part in _LEADING
        if pick((False, True, True))
    ]
    postmaster = pick((Mailbox(), Mailbox(), Mailbox(), Mailbox((550,)), None))
    if postmaster is None:
        postmaster = Expansion.alias(_address(pick, names))
    entries.append(("postmaster", postmaster))
    others = [None, None, None, *(each for each in names if each != name)]
    return Host(
        name=name,
        dsn=pick((True, True, False)),
        smtputf8=smtputf8,
        shortest_seconds=pick((None, None, 0, 3600)),
        store=pick((Store.LOCAL, Store.LMTP, Store.SMTP)),
        habit=HABITS[pick(_HABITS)],
        smarthost=pick(others),
        entries=tuple(entries),
        checks_users=pick((False, True)),
        most_recipients=pick((None, None, 1)),
    )


def _expansion(pick: Pick, name: str, names: Sequence[str], *, is_utf8: bool) -> Expansion:
    targets = [_address(pick, names, is_utf8=is_utf8) for _ in range(pick((1, 1, 2, 2, 3)))]
    kind = pick(("alias", "alias", "alias", "list", "confidential"))
    if kind == "alias":
        return Expansion.alias(*targets)
    if kind == "confidential":
        owner = pick(("", f"ann@{name}"))
        return Expansion.confidential(*targets, owner=owner)
    mail, notify = pick(_LISTS)
    owner = pick((f"ann@{name}", f"bob@{name}", _address(pick, names)))
    return Expansion.list_(
        *targets, owner=owner, mail=mail, notify=notify, names_members=pick((True, False))
    )


def _link(pick: Pick, source: str, destination: str) -> Link:
    faults = tuple(pick(_FAULTS) for _ in range(pick((1, 1, 2, 4))))
    return Link(source, destination, faults, is_dead=pick((False, False, False, True)))


def _post(pick: Pick, hosts: Sequence[Host], names: Sequence[str]) -> Post:
    host = pick(hosts)
    smtputf8 = host.smtputf8 and pick((False, True))
    sender = pick(
        (
            f"ann@{host.name}",
            f"ann@{host.name}",
            _address(pick, names, is_utf8=smtputf8),
            f"@x.example,@y.example:bob@{host.name}",
            "",
        )
    )
    recipients = [
        _recipient(pick, host, names, is_utf8=smtputf8) for _ in range(pick((1, 1, 2, 3, 4)))
    ]
    mail = pick(_MAIL_WORDS) if host.dsn else ()
    if host.shortest_seconds is not None:
        mail += pick(_BY)
    return Post(
        at=host.name,
        sender=sender,
        mail=mail,
        recipients=tuple(recipients),
        smtputf8=smtputf8,
        is_header_ascii=pick((True, True, False)) if smtputf8 else True,
        after_seconds=pick((0, 0, 40, 86_400)),
    )


def _recipient(
    pick: Pick, host: Host, names: Sequence[str], *, is_utf8: bool
) -> tuple[str, tuple[str, ...]]:
    address = _address(pick, names, is_utf8=is_utf8)
    if not host.dsn:
        return address, ()
    orcpts: list[tuple[str, ...]] = [
        (),
        ("ORCPT=RFC822;An+2BOther@X.example",),
        (r"orcpt=utf-8;zo\x{EB}@a.example",),
        ("ORCPT=x-fax;+2B49+2030",),
    ]
    if address.isascii():
        orcpts.append((f"ORCPT=rfc822;{address}",))
    if is_utf8:
        orcpts.append((f"ORCPT=utf-8;{_UTF8}@a.example",))
    return address, (*pick(_NOTIFY), *pick(orcpts))
