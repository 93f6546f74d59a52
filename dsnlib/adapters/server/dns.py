"""The domain name system for restrictions, asked with dnspython.

Rules.
- A name that does not exist, or has no record of the kind, is an empty answer, and so
  is one that cannot exist; everything else that is no answer is a failed look-up.
- What is remembered is bounded: of many names, and of each little.
- A question ends after a fixed time, whatever the servers do.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, TypeVar

from dsnlib.errors import LookupFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import dns.name
    import dns.resolver

__all__ = ["DnsResolver"]

# Chosen by us: a client waits for the answer, for 300 s by RFC 5321 s4.5.3.2, and
# there may be ten questions about it.
_SECONDS = 10.0
# Chosen by us: names and addresses of clients that come again.
_CACHED = 10_000
# Chosen by us: an honest answer fits into one packet, a stranger's may have 65 kB.
_MOST_CACHED_OCTETS = 4096

_T = TypeVar("_T")


class DnsResolver:
    """Asks name servers; a `dsnlib.replies.resolver.Resolver`.

    Args:
        servers: Their IP addresses; if none are given, those of the system.
        port: Where they listen.
        seconds: How long one question may take in all.

    Raises:
        LookupFailed: None are given, and the system has none.
    """

    def __init__(
        self, servers: Iterable[str] = (), *, port: int = 53, seconds: float = _SECONDS
    ) -> None:
        import dns.asyncresolver
        import dns.exception

        given = list(servers)
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not given)
        except (dns.exception.DNSException, OSError) as error:
            message = f"dns: the system names no server: {error}"
            raise LookupFailed(message, source="dns") from error
        if given:
            self._resolver.nameservers = given
            self._resolver.port = port
        self._resolver.lifetime = seconds
        self._resolver.cache = _cache()

    async def addresses(self, name: str) -> tuple[str, ...]:
        """Return the IP addresses of a name: its A and AAAA records.

        Raises:
            LookupFailed: One of both could not be asked for, and the other is not there.
        """
        failure: LookupFailed | None = None
        found: list[str] = []
        for kind in ("A", "AAAA"):
            try:
                found += await self._ask(name, kind, lambda record: record.to_text())
            except LookupFailed as error:
                failure = error
        if failure is not None and not found:
            raise failure
        return tuple(found)

    async def hostnames(self, address: str) -> tuple[str, ...]:
        """Return the names of an IP address: its PTR records.

        Raises:
            LookupFailed: There is no answer.
        """
        try:
            reverse = ipaddress.ip_address(address).reverse_pointer
        except ValueError:
            return ()
        return await self._ask(reverse, "PTR", lambda record: _text_of(record.target))

    async def mail_exchangers(self, name: str) -> tuple[str, ...]:
        """Return the hosts of a domain's MX records, the preferred one first.

        Raises:
            LookupFailed: There is no answer.
        """
        found = await self._ask(
            name, "MX", lambda record: (record.preference, _text_of(record.exchange))
        )
        return tuple([host for _, host in sorted(found)])

    async def name_servers(self, name: str) -> tuple[str, ...]:
        """Return the hosts of a domain's NS records.

        Raises:
            LookupFailed: There is no answer.
        """
        return await self._ask(name, "NS", lambda record: _text_of(record.target))

    async def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a name's TXT records.

        Raises:
            LookupFailed: There is no answer.
        """
        return await self._ask(
            name, "TXT", lambda record: b"".join(record.strings).decode("utf-8", "replace")
        )

    async def _ask(self, name: str, kind: str, read: Callable[[Any], _T]) -> tuple[_T, ...]:
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            # A name without a dot at its end is whole all the same: no search list.
            question = dns.name.from_text(name.removesuffix(".") + ".")
        except (dns.exception.DNSException, UnicodeError):
            return ()
        try:
            answer = await self._resolver.resolve(question, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError, ValueError) as error:
            message = f"dns {kind}: {name!r}: {type(error).__name__}"
            raise LookupFailed(message, source=f"dns {kind}", key=name) from error
        return tuple([read(record) for record in answer])


def _text_of(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True) if len(name) > 1 else ""


def _cache() -> dns.resolver.LRUCache:
    import dns.resolver

    class _Cache(dns.resolver.LRUCache):
        def put(self, key: Any, value: dns.resolver.Answer) -> None:  # noqa: ANN401  dnspython's
            if len(value.response.to_wire(max_size=65_535)) <= _MOST_CACHED_OCTETS:
                super().put(key, value)

    return _Cache(_CACHED)
