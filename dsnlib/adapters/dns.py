"""The domain name system, asked with dnspython: by restrictions, and for the way of mail.

Rules.
- A name that does not exist, or has no record of the kind, is an empty answer, and so
  is one that cannot exist; everything else that is no answer is a failed look-up.
- What is remembered is bounded: of many names, and of each little.
- A question ends after a fixed time, whatever the servers do.
"""

from __future__ import annotations

import ipaddress
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from dsnlib.errors import LookupFailed
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import dns.message
    import dns.name
    import dns.resolver

__all__ = ["DnsAnswer", "DnsResolver"]

# Chosen by us: a client waits for the answer, for 300 s by RFC 5321 s4.5.3.2, and
# there may be ten questions about it.
_SECONDS = 10.0
# Chosen by us: names and addresses of clients that come again.
_CACHED = 10_000
# Chosen by us: an honest answer fits into one packet, a stranger's may have 65 kB.
_MOST_CACHED_OCTETS = 4096

_T = TypeVar("_T")


@attrs.frozen(kw_only=True)
class DnsAnswer(Generic[_T]):
    """What a question was answered.

    Args:
        records: The records, in no order; none if there are none of the kind.
        is_name: Whether the name exists, whatever it has.
        seconds: How long that holds.
    """

    records: tuple[_T, ...] = ()
    is_name: bool = True
    seconds: float = 0.0


class DnsResolver:
    """Asks name servers; a `dsnlib.replies.resolver.Resolver`.

    Args:
        servers: Their IP addresses; if none are given, those of the system.
        port: Where they listen.
        seconds: How long one question may take in all.

    Raises:
        InvalidValue: `servers` is one text.
        LookupFailed: None are given, and the system has none.
    """

    def __init__(
        self, servers: Iterable[str] = (), *, port: int = 53, seconds: float = _SECONDS
    ) -> None:
        given = list(texts(servers, "servers"))
        import dns.asyncresolver
        import dns.exception

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

    async def exchangers(self, name: str) -> DnsAnswer[tuple[int, str]]:
        """Return preference and host of a domain's MX records.

        Raises:
            LookupFailed: There is no answer.
        """
        return await self._look_up(
            name, "MX", lambda record: (record.preference, _text_of(record.exchange))
        )

    async def host_addresses(self, name: str, version: int) -> DnsAnswer[str]:
        """Return the IP addresses of one version that a host has.

        Args:
            name: Its name.
            version: 4 for its A records, 6 for AAAA.

        Raises:
            LookupFailed: There is no answer.
        """
        return await self._look_up(name, _KINDS[version], lambda record: record.to_text())

    async def _ask(self, name: str, kind: str, read: Callable[[Any], _T]) -> tuple[_T, ...]:
        return (await self._look_up(name, kind, read)).records

    async def _look_up(self, name: str, kind: str, read: Callable[[Any], _T]) -> DnsAnswer[_T]:
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            # A name without a dot at its end is whole all the same: no search list.
            question = dns.name.from_text(name.removesuffix(".") + ".")
        except (dns.exception.DNSException, UnicodeError):
            return DnsAnswer(is_name=False, seconds=_FOREVER)
        try:
            answer = await self._resolver.resolve(
                question, kind, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN as error:
            return DnsAnswer(is_name=False, seconds=_lasting(error))
        except (dns.exception.DNSException, OSError, ValueError) as error:
            message = f"dns {kind}: {name!r}: {type(error).__name__}"
            raise LookupFailed(message, source=f"dns {kind}", key=name) from error
        return DnsAnswer(
            records=tuple([read(record) for record in answer]),
            seconds=max(0.0, answer.expiration - time.time()),
        )


# The record type of each version of IP.
_KINDS = {4: "A", 6: "AAAA"}
# A name that cannot exist never will.
_FOREVER = float("inf")


def _lasting(error: dns.resolver.NXDOMAIN) -> float:
    """Return for how many seconds a name does not exist (RFC 2308 s5)."""
    responses: dict[dns.name.Name, dns.message.QueryMessage] = error.kwargs["responses"]
    found = [each.resolve_chaining().minimum_ttl for each in responses.values()]
    return float(min(found, default=0))


def _text_of(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True) if len(name) > 1 else ""


def _cache() -> dns.resolver.LRUCache:
    import dns.resolver

    class _Cache(dns.resolver.LRUCache):
        def put(self, key: Any, value: dns.resolver.Answer) -> None:  # noqa: ANN401  dnspython's
            if len(value.response.to_wire(max_size=65_535)) <= _MOST_CACHED_OCTETS:
                super().put(key, value)

    return _Cache(_CACHED)
