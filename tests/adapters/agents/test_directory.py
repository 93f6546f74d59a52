"""What is known of addresses at RCPT."""

import asyncio
from pathlib import Path

import pytest

from dsnlib.adapters.agents.aliases import parse_aliases
from dsnlib.adapters.agents.directory import SiteDirectory
from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.agents.expansions import Expansions
from dsnlib.adapters.agents.mailboxes import Mailboxes
from dsnlib.adapters.agents.router import Router
from dsnlib.replies.judge import AccessPolicy, judge
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.site import DomainKind, Site
from dsnlib.replies.stage import Stage
from dsnlib.replies.tables import parse_table

DOMAINS = Domains(
    origin="example.org",
    local=["example.org"],
    alias=["alias.example"],
    mailbox=["shop.example"],
    relay=["branch.example"],
)


def directory() -> SiteDirectory:
    """Return what the site knows."""
    accounts = parse_table("hash", "ann x", origin="accounts")
    shop = parse_table("hash", "eve@shop.example eve/", origin="shop")
    transports = parse_table(
        "hash",
        "gone@example.org error:5.1.6 has moved away\nshut@shop.example retry:4.3.2 closed",
        origin="transport",
    )
    return SiteDirectory(
        DOMAINS,
        expansions=Expansions(
            DOMAINS,
            virtual=[parse_table("hash", "info@alias.example ann", origin="virtual")],
            local=[parse_aliases("team: ann", origin="aliases")],
        ),
        mailboxes=Mailboxes(DOMAINS, Path("/home"), local=[accounts], virtual=[shop]),
        router=Router(domains=DOMAINS, tables=[transports]),
        relay_recipients=[parse_table("hash", "bob@branch.example x", origin="relay")],
    )


@pytest.mark.parametrize(
    ("address", "is_known"),
    [
        ("ann@example.org", True),
        ("ann", True),
        ("team@example.org", True),
        ("bob@example.org", False),
        ("eve@shop.example", True),
        ("bob@shop.example", False),
        ("info@alias.example", True),
        ("bob@alias.example", False),
        ("bob@branch.example", True),
        ("eve@branch.example", False),
        ("anybody@example.net", True),
        # "MUST accept", in any case and at each domain:         RFC 5321 s4.5.1
        ("postmaster", True),
        ("PostMaster@example.org", True),
        ("postmaster@alias.example", True),
        ("POSTMASTER@shop.example", True),
        ("postmaster@branch.example", True),
    ],
)
@pytest.mark.requirement("5321-4.5.1-01")
def test_listing(address: str, is_known: bool) -> None:  # noqa: FBT001  a column of the table
    """What is accepted can be delivered, and what cannot be is not accepted."""
    assert is_known is asyncio.run(directory().listing(address)).is_known


def test_a_way_that_ends_at_once() -> None:
    """The text of the error is for the client; `retry` is for now."""
    gone = asyncio.run(directory().listing("gone@example.org"))
    shut = asyncio.run(directory().listing("shut@shop.example"))

    assert (False, "5.1.6 has moved away", False) == (gone.is_known, gone.text, gone.is_temporary)
    assert (False, "4.3.2 closed", True) == (shut.is_known, shut.text, shut.is_temporary)


def test_domain_kind() -> None:
    """As restrictions ask for it."""
    names = ["example.org", "shop.example", "alias.example", "branch.example", "example.net"]
    kinds = [directory().domain_kind(name) for name in names]

    local = DomainKind.LOCAL
    assert [local, local, DomainKind.ALIAS, DomainKind.RELAY, DomainKind.FOREIGN] == kinds


def test_the_engine_asks_it() -> None:
    """An unknown recipient is refused with 550 5.1.1 at RCPT."""
    policy = AccessPolicy(site=Site(hostname="mail.example.org", directory=directory()))
    session = SmtpSession(
        client=Client(address="192.0.2.1"),
        helo="client.example.net",
        sender="carl@example.net",
        recipient="bob@example.org",
    )
    verdict = asyncio.run(judge(policy, session, Stage.RECIPIENT))

    assert (550, "5.1.1") == (verdict.reply.code, str(verdict.reply.status))  # type: ignore[union-attr]  # it is refused
