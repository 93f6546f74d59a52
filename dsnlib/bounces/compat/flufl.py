"""The interface of flufl.bounce, for programs that have it, such as Mailman 3.

    from dsnlib.bounces.compat.flufl import all_failures, scan_message

Rules.
- Names, arguments and types are those of flufl.bounce 4 to 6: addresses are octets,
  in frozen sets, and mail that is no bounce gives empty ones.
- An address is the one that the sender wrote, where the bounce tells it: that is
  the one on the list.
- A delay is a temporary failure, a failure a permanent one, whatever its reason is:
  a system that gave up after days failed for good.  Successes and complaints are
  neither.
- An address beyond ASCII is UTF-8 (RFC 6533).  One that is no UTF-8 is left out: it
  was damaged on the way, and nobody is subscribed by it.

`dsnlib.bounces.read.read_bounces` tells more: why, whose fault it was, and which mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.read import read_bounces

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message

    from dsnlib.bounces.event import BounceEvent

__all__ = [
    "NoFailures",
    "NoPermanentFailures",
    "NoTemporaryFailures",
    "Recipients",
    "all_failures",
    "scan_message",
]

Recipients: TypeAlias = frozenset[bytes]
"""Addresses, as octets."""

NoTemporaryFailures: Recipients = frozenset()
NoPermanentFailures: Recipients = frozenset()
NoFailures: tuple[Recipients, Recipients] = (NoTemporaryFailures, NoPermanentFailures)


def scan_message(msg: Message) -> Recipients:
    r"""Return the addresses to which delivery has failed.  Never raises for what is in it.

    >>> import email
    >>> scan_message(email.message_from_string("Subject: lunch\n\nAt noon?\n"))
    frozenset()

    Args:
        msg: A message of the standard library.

    Raises:
        TypeError: It is no message.
    """
    return all_failures(msg)[1]


def all_failures(msg: Message) -> tuple[Recipients, Recipients]:
    """Return the addresses that are delayed, and those to which delivery has failed.

    Never raises for what is in the message.

    Args:
        msg: A message of the standard library.

    Raises:
        TypeError: It is no message.
    """
    events = read_bounces(msg)
    return _addresses(events, EventKind.DELAY), _addresses(events, EventKind.FAILURE)


def _addresses(events: Iterable[BounceEvent], kind: EventKind) -> Recipients:
    written = (
        _octets(event.original_recipient or event.recipient)
        for event in events
        if event.kind is kind
    )
    return frozenset(octets for octets in written if octets)


def _octets(address: str) -> bytes:
    """Return the address as UTF-8; nothing where it has octets that are none."""
    try:
        return address.encode()
    except UnicodeEncodeError:  # a lone surrogate stands for such an octet
        return b""
