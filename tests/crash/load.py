"""Senders that do not stop while the server comes and goes."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import attrs

from tests.crash.ledger import Sent
from tests.crash.mail import make_mail
from tests.load.client import Client, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.mail import Mail

__all__ = ["Senders"]

_RECONNECT_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.05
_MOST_PER_SESSION = 8


@attrs.define(kw_only=True)
class Senders:
    """Some clients at once, each with sessions of a few messages.

    Args:
        host: The server.
        port: Its port.
        seed: What all they send follows from.
        count: How many there are.
        sent: What they have sent.
        is_over: Whether they are to stop.
    """

    host: str
    port: int
    seed: int
    count: int
    sent: list[Sent] = attrs.field(factory=list)
    is_over: bool = False

    async def run(self) -> None:
        """Send until `is_over`."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.count):
                group.create_task(self._send(number))

    async def _send(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        mails = self._mails(chance, number)
        while not self.is_over:
            try:
                async with Client(self.host, self.port) as client:
                    await self._session(client, chance, mails)
            except OSError:
                await asyncio.sleep(_RECONNECT_SECONDS)

    def _mails(self, chance: random.Random, number: int) -> Iterator[Mail]:
        count = 0
        while True:
            count += 1
            yield make_mail(chance, f"m{number}x{count}")

    async def _session(self, client: Client, chance: random.Random, mails: Iterator[Mail]) -> None:
        for _ in range(chance.randint(1, _MOST_PER_SESSION)):
            if self.is_over:
                return
            mail = next(mails)
            promise, accepted = await client.submit(mail.submission)
            self.sent.append(Sent(mail, promise, accepted))
            if promise is not Promise.TAKEN:
                raise ConnectionResetError(promise.value)
            await asyncio.sleep(chance.random() * _LONGEST_PAUSE_SECONDS)
