"""The name of a host -> its addresses: by the domain name system, or as this system looks up.

    dns       A and AAAA records
    native    whatever the system has: /etc/hosts, and the domain name system with its search list

Rules.
- The ways are gone in their order until one has an address.
- One address that is there is enough; that a question failed counts only where none is.
- `localhost` is this system, and nobody is asked (RFC 6761 s6.3).
- What nobody can connect to is no address.
- A question ends after a fixed time, and what is kept of an answer is little.  Only so
  many are asked at once; the others wait.
"""

from __future__ import annotations

import asyncio
import enum
import functools
import math
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib.errors import LookupFailed
from dsnlib.model.texts import texts
from dsnlib.replies.cidr_table import read_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.dns import DnsAnswer

__all__ = [
    "HostAnswer",
    "HostFinder",
    "HostLookup",
    "MailResolver",
    "is_localhost",
    "is_own_address",
]

# Chosen by us: of what may change at any time, or could not be told.
_SECONDS = 5.0
# Chosen by us: a question takes a socket, or where this system looks up, a thread; of
# sockets a process may have 1024 in all, and a name server's buffer loses what is more.
_QUESTIONS_AT_ONCE = 100
_THREADS_AT_ONCE = 8
_LOCALHOST = {4: "127.0.0.1", 6: "::1"}
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_NOT_THERE = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class MailResolver(Protocol):
    """What the way of mail is asked from, as `DnsResolver` is."""

    async def exchangers(self, name: str) -> DnsAnswer[tuple[int, str]]:
        """Return preference and host of a domain's MX records.

        A null MX (RFC 7505) is one empty name.

        Raises:
            LookupFailed: There is no answer.
        """

    async def host_addresses(self, name: str, version: int) -> DnsAnswer[str]:
        """Return the IP addresses of one version that a host has.

        Raises:
            LookupFailed: There is no answer.
        """


class HostLookup(enum.Enum):
    """A way to look up the addresses of a host; the words are those of `smtp_host_lookup`."""

    DNS = "dns"
    NATIVE = "native"


def is_localhost(name: str) -> bool:
    """Tell whether a name is this system's, whatever a name server says (RFC 6761 s6.3)."""
    return name.lower() == "localhost" or name.lower().endswith(".localhost")


def is_own_address(text: str) -> bool:
    """Tell whether an IP address is one of this system's.  Never raises; nothing is sent."""
    address = read_address(text)
    if address is None or address.is_loopback:
        return address is not None
    try:
        with socket.socket(_FAMILIES[address.version], socket.SOCK_DGRAM) as sock:
            # What goes to an address of ours would come from it.
            sock.connect((text, 9))
            return read_address(sock.getsockname()[0]) == address
    except OSError:
        return False


@attrs.frozen(kw_only=True)
class HostAnswer:
    """What is known of a host.

    Args:
        addresses: Its IP addresses, in no order.
        is_failed: Whether something could not be looked up now.
        seconds: How long that holds.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    addresses: tuple[str, ...] = attrs.field(default=(), converter=texts)
    is_failed: bool = False
    seconds: float = _SECONDS


class HostFinder:
    """Finds the addresses of hosts.

    Args:
        resolver: Who is asked; `None` for one of the system's servers.
        lookups: How hosts are looked up.
        versions: The versions of IP that are spoken here: 4, 6.
        most: How many addresses of each version are kept of a host.
        seconds: How long one question may take.
    """

    def __init__(
        self,
        resolver: MailResolver | None = None,
        *,
        lookups: Iterable[HostLookup] = (HostLookup.DNS,),
        versions: Iterable[int] = (4, 6),
        most: int = 8,
        seconds: float = 10.0,
    ) -> None:
        self._resolver = resolver
        self._lookups = tuple(lookups)
        self._versions = tuple(versions)
        self._most = most
        self._seconds = seconds
        self._questions = asyncio.Semaphore(_QUESTIONS_AT_ONCE)
        self._threads = asyncio.Semaphore(_THREADS_AT_ONCE)
        self._pool: ThreadPoolExecutor | None = None

    async def exchangers(self, domain: str) -> DnsAnswer[tuple[int, str]]:
        """Return the MX records of a domain.

        Raises:
            LookupFailed: There is no answer.
        """
        try:
            async with self._questions, asyncio.timeout(self._seconds):
                return await self._dns().exchangers(domain)
        except TimeoutError as error:
            message = f"dns MX: {domain!r}: no answer in time"
            raise LookupFailed(message, source="dns MX", key=domain) from error

    async def find(self, host: str) -> HostAnswer:
        """Return what is known of a host.  Never raises."""
        if is_localhost(host):
            known = [_LOCALHOST[each] for each in self._versions]
            return HostAnswer(addresses=tuple(known), seconds=math.inf)
        is_failed, seconds = False, math.inf
        for lookup in self._lookups:
            ask = self._ask_dns if lookup is HostLookup.DNS else self._ask_system
            answers = await asyncio.gather(*[ask(host, each) for each in self._versions])
            is_failed = is_failed or any(each.is_failed for each in answers)
            seconds = min([seconds, *[each.seconds for each in answers]])
            addresses = [address for each in answers for address in each.addresses]
            if addresses:
                return HostAnswer(addresses=tuple(addresses), seconds=seconds)
        return HostAnswer(is_failed=is_failed, seconds=seconds)

    async def _ask_dns(self, host: str, version: int) -> HostAnswer:
        try:
            async with self._questions, asyncio.timeout(self._seconds):
                answer = await self._dns().host_addresses(host, version)
        except (LookupFailed, TimeoutError):
            return HostAnswer(is_failed=True)
        return HostAnswer(addresses=self._usable(answer.records, version), seconds=answer.seconds)

    async def _ask_system(self, host: str, version: int) -> HostAnswer:
        if self._pool is None:
            # A name server that is silent holds a thread for longer than we wait; the
            # loop's own ones are for files.
            self._pool = ThreadPoolExecutor(_THREADS_AT_ONCE, "dsnlib-hosts")
        loop = asyncio.get_running_loop()
        ask = functools.partial(
            socket.getaddrinfo, host, None, _FAMILIES[version], socket.SOCK_STREAM
        )
        try:
            async with self._threads, asyncio.timeout(self._seconds):
                found = await loop.run_in_executor(self._pool, ask)
        except socket.gaierror as error:
            return HostAnswer(is_failed=error.errno not in _NOT_THERE)
        except UnicodeError:
            # A label that no name can have.
            return HostAnswer()
        except OSError:
            return HostAnswer(is_failed=True)
        return HostAnswer(addresses=self._usable([str(each[4][0]) for each in found], version))

    def _usable(self, texts: Iterable[str], version: int) -> tuple[str, ...]:
        kept = dict.fromkeys(
            str(address)
            for text in texts
            if (address := read_address(text)) is not None
            and address.version == version
            and not (address.is_unspecified or address.is_multicast)
        )
        return tuple(kept)[: self._most]

    def _dns(self) -> MailResolver:
        if self._resolver is None:
            from dsnlib.adapters.dns import DnsResolver

            self._resolver = DnsResolver(seconds=self._seconds)
        return self._resolver
