"""What one transaction has come to so far: MAIL, RCPT, and what rules want done.

Rules.
- RSET, EHLO and the end of a message forget it, whether the message was taken or not.
- What a table wants done at the connection or at EHLO holds for every message of
  the session; what it wants at MAIL and later, for this one.
- A redirected message goes to that address alone, and owes its sender nothing that
  the commands asked for: they were about others.
"""

from __future__ import annotations

import itertools
import secrets
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.server.data import MessageReader
from dsnlib.adapters.smtp_command import MailCommand
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.text import encode_wire
from dsnlib.replies.access import ActionKind
from dsnlib.replies.finding import Finding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from dsnlib.model.address import MtaName


__all__ = ["Effects", "Transaction"]


_PROCESS = secrets.token_hex(6)
_COUNTER = itertools.count(1)


@attrs.define
class Effects:
    """What tables and filters want done with a message.

    Args:
        is_held: It waits for a person.
        is_discarded: It is taken and dropped.
        redirect: Where it goes instead of all recipients.
        copies: Where it goes besides.
        destination: What it has to pass: a transport and a next hop.
        fields: Header fields to put in front, as their tables have them.
    """

    is_held: bool = False
    is_discarded: bool = False
    redirect: str | None = None
    copies: tuple[str, ...] = ()
    destination: str | None = None
    fields: tuple[str, ...] = ()

    def heed(self, actions: Iterable[Finding]) -> None:
        """Take note of what access tables want done."""
        for each in actions:
            action = each.action
            if action is None:
                continue
            if action.kind is ActionKind.HOLD:
                self.is_held = True
            elif action.kind is ActionKind.DISCARD:
                self.is_discarded = True
            elif action.kind is ActionKind.REDIRECT:
                self.redirect = action.text
            elif action.kind is ActionKind.BCC:
                self.copies += (action.text,)
            elif action.kind is ActionKind.FILTER:
                self.destination = action.text
            elif action.kind is ActionKind.PREPEND:
                self.fields += (action.text,)

    def copy(self) -> Effects:
        """Return the same, to go on from."""
        return attrs.evolve(self)

    @property
    def prefix(self) -> bytes:
        """The header fields, as they go into the message."""
        return b"".join(
            [encode_wire(each).replace(b"\n", b"\r\n") + b"\r\n" for each in self.fields]
        )


@attrs.define
class Transaction:
    """One transaction, from MAIL to the end of its message.

    Args:
        mail: The MAIL command.
        effects: What is wanted done.
        recipients: Those that were accepted.
        turned_away: How many came when there were enough.
        deferred: What is answered if nothing else refuses: see `Verdict.deferred`.
        reader: What has come by BDAT, or `None` before the first.
        instance: What tells it from every other, in this process and others.
    """

    mail: MailCommand
    effects: Effects
    recipients: list[Recipient] = attrs.field(factory=list)
    turned_away: int = 0
    deferred: Finding | None = None
    reader: MessageReader | None = None
    instance: str = attrs.field(factory=lambda: f"{_PROCESS}.{next(_COUNTER):x}")

    def envelope(self, *, arrival: dt.datetime, received_from: MtaName | None) -> Envelope:
        """Return the envelope as it was accepted, or what a redirection makes of it.

        Raises:
            InvalidValue: There is no recipient.
            InvalidAddress: A table redirects to what is no address.
        """
        recipients = tuple(self.recipients)
        if self.effects.redirect is not None:
            recipients = (Recipient(self.effects.redirect),)
        return Envelope(
            sender=self.mail.sender,
            mail=self.mail.parameters,
            recipients=recipients,
            smtputf8=self.mail.smtputf8,
            body=self.mail.body,
            arrival=arrival,
            received_from=received_from,
        )

    @property
    def is_binary(self) -> bool:
        """Whether the octets are no lines (RFC 3030 s3)."""
        return self.mail.body is Body.BINARY

    def close(self) -> None:
        """Let go of what has come."""
        if self.reader is not None:
            self.reader.close()
            self.reader = None
