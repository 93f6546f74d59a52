"""An address as ORCPT, where it can be one."""

import pytest

from dsnlib.policy.expand import expand
from dsnlib.policy.expansion import Expansion
from dsnlib.policy.hop import NextHop
from dsnlib.policy.original import orcpt_of
from dsnlib.policy.relay import RelayPolicy, plan_relay
from tests.policy.cases import envelope, rcpt

NO_UTF8 = "b\udcecb@example.com"  # an octet EC that is no UTF-8


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Bob@Example.org", "rfc822;Bob@Example.org"),
        ("δ@example.org", "utf-8;δ@example.org"),
        ("a+b=c@example.org", "rfc822;a+b=c@example.org"),
        (NO_UTF8, None),
        ("b" * 493 + "@x.org", None),
        ("a\r\nb@x.org", None),
        ("b" * 483 + "@x.org", "rfc822;" + "b" * 483 + "@x.org"),
    ],
)
def test_what_an_address_makes(address: str, expected: str | None) -> None:
    """Any address that a server can be sent has an ORCPT, as it was written."""
    found = orcpt_of(address)

    assert expected == (None if found is None else str(found))


def test_a_relay_goes_on_without() -> None:
    """An address that has no ORCPT is relayed all the same."""
    policy = RelayPolicy(adds_orcpt=True, passes_utf8=True)

    plan = plan_relay(envelope(rcpt(NO_UTF8)), NextHop.from_ehlo("x", ["DSN"]), policy=policy)

    assert () == plan.transactions[0].recipients[0].options


def test_a_list_goes_on_without() -> None:
    """A subscriber whose address has no ORCPT gets the post all the same."""
    table = {"bob@example.com": Expansion.list_(NO_UTF8, owner="o@example.com")}

    _, copy = expand(envelope(), table.get)

    assert copy.envelope is not None
    assert copy.envelope.recipients[0].params.orcpt is None
