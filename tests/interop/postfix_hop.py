"""What went to the next hop -> transactions, with the replies to each command.

    PORT#CONNECTION C: MAIL FROM:<S> RET=HDRS
    PORT#CONNECTION S: 250 2.1.0 Ok

Rules.
- Connections are interleaved; a connection has one transaction after the other.
- Behind DATA's 354 come the replies to the message: one, or with LMTP one for
  each recipient.
- Transactions of other messages may stand between; whoever looks for one takes
  those of its sender and recipients.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib.errors import InvalidReply
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Command", "Transaction", "read_path", "read_transactions"]

Answer: TypeAlias = SmtpReply | str

_LINE = re.compile(r"(?P<port>\d+)#(?P<connection>\d+) (?P<side>[CS]): (?P<text>.*)", re.DOTALL)
_PATH = re.compile(
    r"(?:MAIL FROM|RCPT TO):\s*(?:<(?P<path>(?:\"(?:[^\"\\]|\\.)*\"|[^\"<>])*)>|(?P<bare>[^\s<>]+))"
    r"(?P<options>.*)",
    re.IGNORECASE | re.DOTALL,
)


@attrs.frozen
class Command:
    """MAIL or RCPT as it was sent.

    Args:
        path: What stood between the brackets.
        options: Its parameters.
        answer: The reply, `None` if there was none.
    """

    path: str
    options: tuple[str, ...] = ()
    answer: Answer | None = None


@attrs.frozen(kw_only=True)
class Transaction:
    """One MAIL command and what followed it.

    Args:
        port: Where it went.
        mail: The MAIL command.
        recipients: The RCPT commands.
        data: The reply to DATA.
        ends: The replies to the message.
    """

    port: str
    mail: Command
    recipients: tuple[Command, ...] = ()
    data: Answer | None = None
    ends: tuple[Answer, ...] = ()

    @property
    def has_dsn(self) -> bool:
        """Whether anything was asked, so that the server must have announced DSN."""
        options = (*self.mail.options, *(word for each in self.recipients for word in each.options))
        keywords = {option.partition("=")[0].upper() for option in options}
        return not keywords.isdisjoint({"RET", "ENVID", "NOTIFY", "ORCPT"})


def read_path(text: str) -> Command | None:
    """Return the path and the parameters of a MAIL or RCPT command, `None` of another."""
    found = _PATH.fullmatch(text)
    if found is None:
        return None
    path = found["bare"] if found["path"] is None else found["path"]
    return Command(path, tuple(found["options"].split()))


def read_transactions(text: str) -> tuple[Transaction, ...]:
    """Return the transactions of all connections, each connection's in order."""
    connections: dict[tuple[str, str], list[tuple[str, str]]] = {}
    # Replies may hold other ends of lines, which are part of them.
    for line in text.split("\n"):
        found = _LINE.fullmatch(line)
        if found is not None:
            key = (found["port"], found["connection"])
            connections.setdefault(key, []).append((found["side"], found["text"]))
    return tuple(
        transaction
        for (port, _), lines in connections.items()
        for transaction in _transactions(port, lines)
    )


def _transactions(port: str, lines: Iterable[tuple[str, str]]) -> list[Transaction]:
    found: list[Transaction] = []
    for text, answers in _exchanges(lines):
        command = read_path(text)
        first = answers[0] if answers else None
        if command is not None and text[:4].upper() == "MAIL":
            found.append(Transaction(port=port, mail=attrs.evolve(command, answer=first)))
        elif not found:
            continue
        elif command is not None:
            known = (*found[-1].recipients, attrs.evolve(command, answer=first))
            found[-1] = attrs.evolve(found[-1], recipients=known)
        elif text.upper() == "DATA":
            found[-1] = attrs.evolve(found[-1], data=first, ends=tuple(answers[1:]))
    return found


def _exchanges(lines: Iterable[tuple[str, str]]) -> list[tuple[str, list[Answer]]]:
    """Return each command with the replies behind it."""
    found: list[tuple[str, list[Answer]]] = []
    reply: list[str] = []
    for side, text in lines:
        if side == "C":
            found.append((text, []))
            continue
        reply.append(text)
        if text[3:4] != "-" and found:
            found[-1][1].append(_answer(reply))
            reply = []
    return found


def _answer(lines: list[str]) -> Answer:
    try:
        return SmtpReply.read("\n".join(lines))
    except InvalidReply:
        return " ".join(lines)
