"""A domain name system for tests: what it has, what fails, and what it was asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dsnlib.adapters.dns import DnsAnswer
from dsnlib.errors import LookupFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["FakeDns"]


class FakeDns:
    """Answers from tables; a `MailResolver`.

    Args:
        mx: Preferences and hosts, by domain.
        hosts: Addresses of both versions, by host.
        failing: The names of which nothing can be told.
        seconds: How long an answer holds.
        delay_seconds: How long it takes.
    """

    def __init__(
        self,
        *,
        mx: Mapping[str, Sequence[tuple[int, str]]] | None = None,
        hosts: Mapping[str, Sequence[str]] | None = None,
        failing: Iterable[str] = (),
        seconds: float = 60.0,
        delay_seconds: float = 0.0,
    ) -> None:
        self.mx = dict(mx or {})
        self.hosts = dict(hosts or {})
        self.failing = set(failing)
        self.seconds = seconds
        self.delay_seconds = delay_seconds
        self.asked: list[str] = []
        self.most_at_once = self._at_once = 0

    async def exchangers(self, name: str) -> DnsAnswer[tuple[int, str]]:
        """Return what the table has."""
        await self._ask(name, "MX")
        is_name = name in self.mx or name in self.hosts
        records = tuple(self.mx.get(name, ()))
        return DnsAnswer(records=records, is_name=is_name, seconds=self.seconds)

    async def host_addresses(self, name: str, version: int) -> DnsAnswer[str]:
        """Return what the table has."""
        await self._ask(name, {4: "A", 6: "AAAA"}[version])
        found = [each for each in self.hosts.get(name, ()) if (":" in each) is (version == 6)]
        return DnsAnswer(records=tuple(found), is_name=name in self.hosts, seconds=self.seconds)

    async def _ask(self, name: str, kind: str) -> None:
        self.asked.append(f"{kind} {name}")
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.delay_seconds)
        finally:
            self._at_once -= 1
        if name in self.failing:
            raise LookupFailed(name, source=f"dns {kind}", key=name)
