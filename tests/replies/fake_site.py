"""A site for tests: a resolver, a directory and a prober that answer from mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from dsnlib.replies.judge import AccessPolicy, judge_now
from dsnlib.replies.restrictions import parse_restrictions
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.site import DomainKind, Listing, Probe, Site
from dsnlib.replies.stage import Stage
from tests.replies.fake_tables import BrokenTable, FixedTable

__all__ = [
    "CLIENT",
    "DIRECTORY",
    "RESOLVER",
    "SESSION",
    "SITE",
    "FakeDirectory",
    "FakeProber",
    "FakeResolver",
    "FakeService",
    "answer",
    "client_with",
    "open_table",
    "session_with",
]


@attrs.frozen(kw_only=True)
class FakeResolver:
    """The DNS; what is asked of a name in `broken` fails."""

    a: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    ptr: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    mx: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    ns: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    txt: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    broken: frozenset[str] = frozenset()

    def _answer(self, records: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
        if name in self.broken:
            raise TimeoutError(name)
        return records.get(name, ())

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return A and AAAA records."""
        return self._answer(self.a, name)

    def hostnames(self, address: str) -> tuple[str, ...]:
        """Return PTR records."""
        return self._answer(self.ptr, address)

    def mail_exchangers(self, name: str) -> tuple[str, ...]:
        """Return MX records."""
        return self._answer(self.mx, name)

    def name_servers(self, name: str) -> tuple[str, ...]:
        """Return NS records."""
        return self._answer(self.ns, name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return TXT records."""
        return self._answer(self.txt, name)


@attrs.frozen(kw_only=True)
class FakeDirectory:
    """Domains and mailboxes."""

    kinds: Mapping[str, DomainKind] = attrs.field(factory=dict)
    listings: Mapping[str, Listing] = attrs.field(factory=dict)
    is_broken: bool = False

    def domain_kind(self, domain: str) -> DomainKind:
        """Return what a domain is; foreign if it is not there."""
        if self.is_broken:
            raise OSError(domain)
        return self.kinds.get(domain, DomainKind.FOREIGN)

    def listing(self, address: str) -> Listing:
        """Return what is known; an address that is not there is known."""
        if self.is_broken:
            raise OSError(address)
        return self.listings.get(address, Listing())


@attrs.frozen
class FakeProber:
    """Probes that have ended, or not."""

    probes: Mapping[str, Probe]

    def probe(self, address: str) -> Probe:
        """Return what is known of an address."""
        return self.probes[address]


@attrs.define
class FakeService:
    """A policy service that always says the same, and keeps what it was told."""

    answer: str
    told: Mapping[str, str] = attrs.field(factory=dict)

    def decide(self, attributes: Mapping[str, str]) -> str:
        """Return the answer."""
        self.told = attributes
        return self.answer


_INLINE = re.compile(r"inline:([^,{]+)")

RESOLVER = FakeResolver(
    a={
        "mail.good.example": ("192.0.2.7",),
        "mx.good.example": ("192.0.2.25",),
        "ns.good.example": ("192.0.2.53",),
        "hostonly.example": ("192.0.2.8",),
        "1.2.0.192.zen.example": ("127.0.0.2",),
        "7.2.0.192.white.example": ("127.0.0.9",),
        "bad.example.names.example": ("127.0.0.4",),
    },
    mx={
        "good.example": ("mx.good.example.",),
        "nullmx.example": ("",),
        "backup.example": ("mx.primary.example", "mail.site.example"),
        "first.example": ("mail.site.example", "mx.other.example"),
        "alone.example": ("mail.site.example",),
    },
    ns={"good.example": ("ns.good.example",)},
    txt={"1.2.0.192.zen.example": ("ask", "the list")},
    broken=frozenset({"slow.example", "1.2.0.192.slow.example"}),
)
DIRECTORY = FakeDirectory(
    kinds={
        "site.example": DomainKind.LOCAL,
        "alias.example": DomainKind.ALIAS,
        "relay.example": DomainKind.RELAY,
    },
    listings={
        "nobody@site.example": Listing(is_known=False),
        "full@site.example": Listing(is_known=False, text="4.2.2 over quota", is_temporary=True),
        "gone@site.example": Listing(is_known=False, text="5.1.6 moved away"),
        "ghost@site.example": Listing(is_known=False, text="left us"),
    },
)
SITE = Site(
    hostname="mail.site.example",
    addresses=frozenset({"198.51.100.1"}),
    networks=FixedTable({"198.51.100": "OK"}, "networks"),
    delimiter="+",
    directory=DIRECTORY,
    resolver=RESOLVER,
    prober=FakeProber(
        {
            "ann@good.example": Probe(is_deliverable=True),
            "bob@bad.example": Probe(is_deliverable=False, text="550 no"),
            "new@bad.example": Probe(is_deliverable=None),
        }
    ),
    login_owners=FixedTable({"ann@good.example": "ann, Ann.Second", "info@": "desk"}, "owners"),
    certificates=FixedTable({"AA:BB": "laptop"}, "certificates"),
    block_lists=("free.example", "zen.example"),
    policies={"grey": FakeService("DEFER_IF_PERMIT 4.7.1 come back in a minute")},
)
CLIENT = Client(
    address="192.0.2.7", hostname="mail.good.example", reverse_hostname="mail.good.example"
)
SESSION = SmtpSession(
    client=CLIENT, helo="mail.good.example", sender="ann@good.example", recipient="bob@site.example"
)


def session_with(**changes: Any) -> SmtpSession:  # noqa: ANN401  whatever a session takes
    """Return the usual session with something else in it."""
    return attrs.evolve(SESSION, **changes)


def client_with(**changes: Any) -> SmtpSession:  # noqa: ANN401  whatever a client takes
    """Return the usual session with another client."""
    return session_with(client=attrs.evolve(CLIENT, **changes))


def open_table(spec: str) -> FixedTable | BrokenTable:
    """Return the table `inline:KEY=VALUE,...`, or one that is broken."""
    kind, _, rest = spec.partition(":")
    if kind == "broken":
        return BrokenTable(name=spec)
    rows = dict(row.split("=", 1) for row in rest.strip("{}").split(";"))
    return FixedTable(rows, spec)


def answer(
    text: str,
    session: SmtpSession = SESSION,
    *,
    site: Site = SITE,
    stage: Stage = Stage.RECIPIENT,
) -> str | None:
    """Return what one list says of a session, as text, or `None` if it permits.

    A table is written `inline:KEY=VALUE;KEY=VALUE` and ends with a comma.
    """
    field = stage.name.lower()
    text = _INLINE.sub(r"inline:{\1}", text)
    restrictions = parse_restrictions(
        text, open_table=open_table, services=site.policies, origin="main.cf"
    )
    lists: dict[str, Any] = {field: restrictions}
    policy = AccessPolicy(site=site, delays_refusals=False, refuses_unlisted=False, **lists)
    verdict = judge_now(policy, session, stage)
    return None if verdict.reply is None else str(verdict.reply)
