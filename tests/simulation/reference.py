"""What aliases and lists make of a message, worked out a second time (RFC 3461 s5.2.7).

`dsnlib.expand` follows recipients with a list of what is pending and keeps what
it finds by value; this module follows strands by recursion and only looks at
the table of section 5.2.7.  A run compares the two.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib import Expansion, ExpansionKind, SeveralOption, parse_rcpt_parameters
from tests.simulation.ledger import Asked, End, Mail, MailKind, Strand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib import Recipient, TypedAddress
    from tests.simulation.network import Habit

__all__ = [
    "Key",
    "Original",
    "Part",
    "Settled",
    "follow_all",
    "key_of_recipient",
    "key_of_strand",
    "normal",
    "original_of",
]

# Type and address as written.
Original: TypeAlias = tuple[str, str]
# Address accepted, address now, conditions, original recipient: what makes a
# recipient one of its own.
Key: TypeAlias = tuple[str, str, frozenset[str] | None, Original | None]
# Who, how it ended, where aliases had led by then.
Settled: TypeAlias = tuple[Strand, End, str]


@attrs.define(eq=False)
class Part:
    """The message under one return path.

    Args:
        mail: The message, or the copy of it.
        sender: The return path.
        kept: The strands of each recipient that is to be delivered to.
        settled: The strands that end here.
    """

    mail: Mail
    sender: str
    kept: dict[Key, list[Strand]] = attrs.field(factory=dict)
    settled: list[Settled] = attrs.field(factory=list)


def key_of_strand(strand: Strand) -> Key:
    """Return what a strand's recipient is known by."""
    asked = strand.asked
    return strand.accepted, strand.address, asked.notify, original_of(asked.orcpt_word)


def key_of_recipient(recipient: Recipient) -> Key:
    """Return the same of a recipient as the library has it."""
    params = recipient.params
    notify = params.notify
    conditions = None if notify is None else frozenset(each.name or "" for each in notify)
    return recipient.accepted, recipient.address, conditions, normal(params.orcpt)


def normal(original: TypedAddress | None) -> Original | None:
    """Return an original recipient in the form in which two are compared."""
    return None if original is None else (original.type.lower(), original.value)


@functools.lru_cache(maxsize=1024)
def original_of(word: str | None) -> Original | None:
    """Return what an ORCPT parameter says."""
    if word is None:
        return None
    return normal(parse_rcpt_parameters([word], smtputf8=True).orcpt)


def follow_all(
    mail: Mail,
    strands: Iterable[Strand],
    look_up: Callable[[str], Expansion | None],
    habit: Habit,
    *,
    keeps_null_path: bool = True,
) -> list[Part]:
    """Return what becomes of a message: its own part first, then each copy.

    Args:
        mail: The message.
        strands: Those of its recipients on this host.
        look_up: What an address leads to.
        habit: What aliases keep here.
        keeps_null_path: Whether a copy of what has no return path has none.
    """
    strands = list(strands)
    walk = _Walk(look_up, habit, strands[0].host, keeps_null_path=keeps_null_path)
    starts: list[_Start] = [(each, ()) for each in strands]
    pending = [(Part(mail, strands[0].sender), starts)]
    parts = []
    while pending:
        part, starts = pending.pop(0)
        walk.copies = []
        for strand, chain in starts:
            walk.followed = set()
            walk.follow(part, strand, chain)
        parts.append(part)
        pending += walk.copies
    return parts


_Start: TypeAlias = tuple[Strand, tuple[str, ...]]


class _Walk:
    """Follows strands, and collects the copies that are to be followed next."""

    def __init__(
        self,
        look_up: Callable[[str], Expansion | None],
        habit: Habit,
        host: str,
        *,
        keeps_null_path: bool,
    ) -> None:
        self.copies: list[tuple[Part, list[_Start]]] = []
        self.followed: set[Key] = set()
        self._look_up = look_up
        self._policy = habit.expand
        self._host = host
        self._keeps_null_path = keeps_null_path
        self._seen: set[tuple[object, ...]] = set()

    def follow(self, part: Part, strand: Strand, chain: tuple[str, ...]) -> None:
        """Follow one strand to where it ends on this host."""
        found = self._look_up(strand.address)
        name = strand.address.lower()
        is_own = found is not None and found.kind is ExpansionKind.ALIAS and chain[-1:] == (name,)
        if found is None or is_own:
            part.kept.setdefault(key_of_strand(strand), []).append(strand)
        elif name in chain:
            part.settled.append((strand, End.FAILED, strand.address))
        elif key_of_strand(strand) in self.followed:
            # Its targets are there already.
            return
        elif found.kind is ExpansionKind.ALIAS:
            self.followed.add(key_of_strand(strand))
            self._alias(part, strand, found, (*chain, name))
        else:
            self.followed.add(key_of_strand(strand))
            part.settled.append((strand, End.LISTED, strand.address))
            self._redistribute(part, found, (*chain, name))

    def _alias(self, part: Part, strand: Strand, found: Expansion, chain: tuple[str, ...]) -> None:
        first, *others = found.targets
        if not others and not self._policy.tells_of_single:
            strand.address = first
            self.follow(part, strand, chain)
        elif self._policy.several is SeveralOption.DROP:
            part.settled.append((strand, End.DROPPED, strand.address))
            # Two ways from one recipient to the same targets are one.
            way = (found, key_of_strand(_bare(strand, "")), part.sender, strand.asked.by)
            if way not in self._seen:
                self._seen.add(way)
                targets = [_bare(strand, each) for each in found.targets]
                copy = Part(part.mail, part.sender)
                self.copies.append((copy, [(each, chain) for each in targets]))
        elif self._policy.several is SeveralOption.ONE:
            children = [_bare(strand, each, keeps_mail=True) for each in others]
            strand.address = first
            for branch in (strand, *children):
                self.follow(part, branch, chain)
        else:
            part.settled.append((strand, End.SPLIT, strand.address))
            asked = strand.asked.without_success()
            for each in found.targets:
                self.follow(part, strand.child(each, asked, is_split=True), chain)

    def _redistribute(self, part: Part, found: Expansion, chain: tuple[str, ...]) -> None:
        """Make the copies, unless another way led to the same."""
        if found.kind is ExpansionKind.CONFIDENTIAL:
            part.mail.secrets.update(found.targets)
        if (found,) in self._seen:
            return
        self._seen.add((found,))
        sender = found.owner or ""
        if self._keeps_null_path and not part.sender:
            sender = ""
        copy = Mail(
            kind=MailKind.COPY,
            about=part.mail,
            sender=sender,
            smtputf8=part.mail.smtputf8,
            is_header_ascii=part.mail.is_header_ascii,
            content=part.mail.content,
        )
        mail_words = []
        if found.mail.ret is not None:
            mail_words.append(f"RET={found.mail.ret.value}")
        if found.mail.envid is not None:
            mail_words.append(f"ENVID={found.mail.envid}")
        members: list[Strand] = []
        for target in found.targets:
            type_ = "rfc822" if target.isascii() else "utf-8"
            rcpt = [f"ORCPT={type_};{target}"] if found.names_members else []
            asked = Asked.read(mail_words, rcpt)
            if found.notify is not None:
                conditions = frozenset(each.name or "" for each in found.notify)
                asked = attrs.evolve(asked, notify=conditions)
            members.append(
                Strand(
                    mail=copy,
                    host=self._host,
                    sender=sender,
                    accepted=target,
                    address=target,
                    asked=asked,
                )
            )
        self.copies.append((Part(copy, sender), [(each, chain) for each in members]))


def _bare(strand: Strand, target: str, *, keeps_mail: bool = False) -> Strand:
    """Return what leads to a target that does not get the request."""
    asked = strand.asked.without_words()
    if not keeps_mail:
        asked = attrs.evolve(asked, mail_words=frozenset())
    return strand.child(target, asked, is_past=not asked.is_never, is_split=True)
