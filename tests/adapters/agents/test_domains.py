"""The domains of a site."""

import pytest

from dsnlib.adapters.agents.domains import DomainClass, Domains
from dsnlib.errors import InvalidValue

DOMAINS = Domains(
    origin="example.org",
    local=["Example.ORG", "both.example"],
    alias=["alias.example", "both.example"],
    mailbox=["shop.example"],
    relay=[".example.net", "[192.0.2.1]"],
)


@pytest.mark.parametrize(
    ("domain", "class_"),
    [
        ("example.org", DomainClass.LOCAL),
        ("EXAMPLE.org.", DomainClass.LOCAL),
        ("www.example.org", DomainClass.FOREIGN),
        ("both.example", DomainClass.LOCAL),
        ("alias.example", DomainClass.ALIAS),
        ("shop.example", DomainClass.MAILBOX),
        ("a.b.example.net", DomainClass.RELAY),
        ("example.net", DomainClass.FOREIGN),
        ("[192.0.2.1]", DomainClass.RELAY),
        ("", DomainClass.FOREIGN),
        ("a." * 5000 + "example.net", DomainClass.FOREIGN),
    ],
)
def test_class_of(domain: str, class_: DomainClass) -> None:
    """A name stands for itself, one with a dot in front for those below; the first counts."""
    assert class_ is DOMAINS.class_of(domain)


def test_qualify() -> None:
    """An address without a domain is in the origin."""
    assert "ann@example.org" == DOMAINS.qualify("ann")
    assert '"a@b"@example.org' == DOMAINS.qualify('"a@b"')
    assert "ann@example.net" == DOMAINS.qualify("ann@example.net")


def test_there_is_an_origin() -> None:
    """Without one an address could be left without a domain."""
    with pytest.raises(InvalidValue, match="origin"):
        Domains(origin="")
