"""How the client speaks to servers: the settings that Postfix has with `smtp_` and `lmtp_`.

One class serves both protocols: what differs is `is_lmtp`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.errors import InvalidValue
from dsnlib.model.number import require_number, require_whole
from dsnlib.model.text import refuse_controls
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ClientSettings", "Timeouts"]


@attrs.frozen(kw_only=True)
class Timeouts:
    """How long each step may take, in seconds; RFC 5321 s4.5.3.2, and Postfix's names.

    Args:
        connect: For a connection to one address.
        greeting: For the greeting.
        helo: For the reply to EHLO, LHLO or HELO, and to AUTH.
        starttls: For STARTTLS and the handshake.
        mail: For the reply to MAIL.
        rcpt: For the reply to each RCPT.
        data_init: For the reply to DATA.
        data_xfer: For each piece of a message to go out.
        data_done: For the reply after the message.
        rset: For the reply to RSET.
        quit: For the reply to QUIT.

    Raises:
        InvalidValue: One is not a finite number above zero.
    """

    connect: float = 30.0
    greeting: float = 300.0
    helo: float = 300.0
    starttls: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data_init: float = 120.0
    data_xfer: float = 180.0
    data_done: float = 600.0
    rset: float = 20.0
    quit: float = 2.0

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(type(self)):
            what = f"client: the time-out {field.name}"
            require_number(getattr(self, field.name), what, least=0, above=True)


def _tables(values: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True, cache_hash=True)
class ClientSettings:
    """What one session is held with.

    Args:
        hello: What we call ourselves in EHLO.
        is_lmtp: Whether the server speaks LMTP (RFC 2033).
        is_final: Whether what it takes is in the mailbox then.
        takes_mail: Whether this system takes mail too: an SMTP server that calls itself
            what we call ourselves is this one then, and the mail would come round.
        timeouts: How long each step may take.
        may_pipeline: Whether PIPELINING is used where it is announced.
        may_chunk: Whether CHUNKING is used where it is announced.
        falls_back_to_helo: Whether HELO is tried where EHLO is refused.
        sasl: Which ways to log in are good enough, where there is a login.
        bind_address: Our own address that IPv4 connections come from; `""` for any.
        bind_address6: The same for IPv6.
        session_seconds: How long the opening of a session, and then each transaction in
            it, may take.
        most_recipients: The most in one transaction; `None` for any number.
        most_sessions: In how many sessions, with one server after the other, a message is
            tried in one attempt (`smtp_mx_session_limit`); 0 for any number.
        reply_filters: Tables that change the lines of what servers answer, before it
            counts (`smtp_reply_filter`).

    Raises:
        InvalidValue: The name is empty or has blanks or controls, an address is none of
            its kind, or a number is below what it can be.
    """

    hello: str
    is_lmtp: bool = False
    is_final: bool = False
    takes_mail: bool = True
    timeouts: Timeouts = attrs.field(factory=Timeouts)
    may_pipeline: bool = True
    may_chunk: bool = True
    falls_back_to_helo: bool = True
    sasl: SaslPolicy = attrs.field(factory=SaslPolicy)
    bind_address: str = ""
    bind_address6: str = ""
    session_seconds: float = 1800.0
    most_recipients: int | None = None
    most_sessions: int = 2
    reply_filters: tuple[Table, ...] = attrs.field(default=(), converter=_tables)

    def __attrs_post_init__(self) -> None:
        refuse_controls(self.hello, "client: the name in EHLO")
        if not self.hello or " " in self.hello:
            message = f"client: {self.hello!r} is no name that EHLO can have"
            raise InvalidValue(message, value=self.hello)
        for address, read in (
            (self.bind_address, ipaddress.IPv4Address),
            (self.bind_address6, ipaddress.IPv6Address),
        ):
            try:
                read(address or 0)
            except ValueError as error:
                message = f"client: connections cannot come from {address!r}: {error}"
                raise InvalidValue(message, value=address) from error
        require_number(self.session_seconds, "client: session_seconds", least=0)
        if self.most_recipients is not None:
            require_whole(self.most_recipients, "client: most_recipients", least=1)
        require_whole(self.most_sessions, "client: most_sessions", least=0)

    def local_address(self, address: str) -> tuple[str, int] | None:
        """Return what a connection to an IP address comes from; `None` for any address."""
        ours = self.bind_address6 if ":" in address else self.bind_address
        return (ours, 0) if ours else None
