"""aiosmtpd's envelope, with what MAIL and RCPT said besides addresses.

Rules.
- `rcpt_tos`, `rcpt_options` and `mail_options` are what handlers have always had.
- `dsn` is made of what stands there when it is asked for: a handler may add, drop
  and exchange recipients, and the others keep their parameters.
"""

from __future__ import annotations

import collections
import datetime as dt
import functools
from typing import TYPE_CHECKING

from aiosmtpd.smtp import Envelope

from dsnlib.errors import InvalidAddress
from dsnlib.model import envelope as model
from dsnlib.model.address import MtaName
from dsnlib.model.esmtp import MailParameters, RcptParameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["DSNEnvelope", "client_name"]


class DSNEnvelope(Envelope):
    """aiosmtpd's envelope, and what the parameters of MAIL and RCPT say.

    Attributes:
        mail_parameters: What came with MAIL.
        body: What BODY said.
        received_from: The name of the client, if it is one.
        arrival: When the message came; set when `dsn` is first asked for after that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mail_parameters = MailParameters()
        self.body = model.Body.SEVEN_BIT
        self.received_from: MtaName | None = None
        self.arrival: dt.datetime | None = None
        self._accepted: list[tuple[str, RcptParameters]] = []

    def accept(self, addresses: Iterable[str], parameters: RcptParameters) -> None:
        """Note what came with the RCPT command of addresses that are in `rcpt_tos` now."""
        self._accepted += [(address, parameters) for address in addresses]

    @property
    def dsn(self) -> model.Envelope:
        """The envelope as the engine takes it, of what MAIL and RCPT have said so far.

        A recipient that a handler has put into `rcpt_tos` without a command of its own
        has no parameters.

        Raises:
            InvalidValue: There is no recipient yet.
            InvalidAddress: A handler made an address what cannot stand in a command.
        """
        if self.arrival is None and self.content is not None:
            self.arrival = dt.datetime.now(dt.UTC)
        return model.Envelope(
            # A handler of before may have put aiosmtpd's null path there.
            sender="" if self.mail_from in (None, "<>") else self.mail_from or "",
            mail=self.mail_parameters,
            recipients=tuple(self._recipients()),
            smtputf8=self.smtp_utf8,
            body=self.body,
            arrival=self.arrival,
            received_from=self.received_from,
        )

    def _recipients(self) -> Iterator[model.Recipient]:
        accepted: dict[str, collections.deque[RcptParameters]] = {}
        for address, parameters in self._accepted:
            accepted.setdefault(address, collections.deque()).append(parameters)
        for address in self.rcpt_tos:
            known = accepted.get(address)
            yield model.Recipient(address, known.popleft()) if known else model.Recipient(address)


@functools.lru_cache(256)
def client_name(helo: str | None) -> MtaName | None:
    """Return the name in EHLO or HELO as reports have it, `None` if it cannot be one."""
    try:
        return MtaName("dns", helo or "")
    except InvalidAddress:
        return None
