"""Where addresses lead."""

from typing import Any

import pytest

from dsnlib.adapters.agents.aliases import parse_aliases
from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.agents.expansions import Expansions
from dsnlib.errors import LookupFailed
from dsnlib.policy.expansion import Expansion, ExpansionKind
from dsnlib.replies.tables import parse_table

DOMAINS = Domains(origin="example.org", local=["example.org", "b.example"], alias=["alias.example"])
ALIASES = """
root: ann
team: bob, eve@example.net
news: bob
owner-news: olga
owner-owner-news: nobody
self: self
"""
VIRTUAL = """
info@alias.example bob@example.net
ann@alias.example ann
both@alias.example bob, eve@example.net
@catch.example admin@catch.example
here@example.org here@example.org
named someone@example.net
postmaster@own.example carl@example.net
"""


def look_up(address: str, **more: Any) -> Expansion | None:  # noqa: ANN401  as `Expansions` has them
    """Return where an address leads."""
    expansions = Expansions(
        DOMAINS,
        virtual=[parse_table("hash", VIRTUAL, origin="virtual")],
        local=[parse_aliases(ALIASES, origin="aliases")],
        delimiter="+",
        **more,
    )
    return expansions.look_up(address)


@pytest.mark.parametrize(
    ("address", "targets"),
    [
        # virtual
        ("info@alias.example", ("bob@example.net",)),
        ("INFO@Alias.Example", ("bob@example.net",)),
        ("info+x@alias.example", ("bob+x@example.net",)),
        ("ann@alias.example", ("ann@example.org",)),
        ("both@alias.example", ("bob@example.org", "eve@example.net")),
        ("nobody@alias.example", None),
        ("any@catch.example", ("admin@catch.example",)),
        ("admin@catch.example", None),
        ("named@example.org", ("someone@example.net",)),
        ("named@example.net", None),
        # local
        ("root@example.org", ("ann@example.org",)),
        ("root", ("ann@example.org",)),
        ("Root+x@b.example", ("ann@example.org",)),
        ("team@b.example", ("bob@example.org", "eve@example.net")),
        ("team@example.net", None),
        ("ann@example.org", None),
        ("self@example.org", None),
        ("here@example.org", None),
        # no domain
        ("ann", ("ann@example.org",)),
        # the postmaster
        ("postmaster@alias.example", ("postmaster@example.org",)),
        ("PostMaster@alias.example", ("postmaster@example.org",)),
        ("postmaster@example.org", None),
        ("postmaster@own.example", ("carl@example.net",)),
    ],
)
def test_where_an_address_leads(address: str, targets: tuple[str, ...] | None) -> None:
    """Virtual aliases, then the files; to itself alone is where it should be."""
    found = look_up(address)

    assert targets == (None if found is None else found.targets)
    assert found is None or found.kind is ExpansionKind.ALIAS


def test_a_list() -> None:
    """A name with an owner beside it is one; the owner himself is not."""
    expansion = look_up("news@b.example")
    owner = look_up("owner-news@example.org")

    assert Expansion.list_("bob@example.org", owner="owner-news@b.example") == expansion
    assert Expansion.alias("olga@example.org") == owner


def test_a_confidential_forward() -> None:
    """It goes before everything else."""
    table = parse_table("hash", "team@example.org bob@secret.example", origin="forwards")

    assert Expansion.confidential("bob@secret.example") == look_up(
        "team@example.org", confidential=[table]
    )


class Broken:
    """A table that raises, or answers what is no text."""

    name = "broken"

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def lookup(self, _key: str) -> Any:  # noqa: ANN401  what no table should answer
        """Answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [ConnectionError("refused"), LookupFailed("away"), 7, "", ",", "|cat", ":include:/x", "<a>"],
)
def test_a_table_that_is_broken(answer: object) -> None:
    """Mail is put off: no address is taken for one that leads nowhere."""
    with pytest.raises(LookupFailed):
        look_up("x@example.net", confidential=[Broken(answer)])


def test_a_table_is_asked_for_each_key_in_order() -> None:
    """From the address to its domain."""
    asked = []

    class Asked:
        name = "asked"

        def lookup(self, key: str) -> None:
            asked.append(key)

    Expansions(DOMAINS, virtual=[Asked()], delimiter="+").look_up("Ann+x@b.example")

    assert ["ann+x@b.example", "ann@b.example", "ann+x", "ann", "@b.example"] == asked
