"""Mail in networks by chance: whatever goes wrong, the laws hold."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnlib import Action, Audience
from tests.simulation.audit import audit_ledger
from tests.simulation.examine import Tally, examine
from tests.simulation.generate import make_network
from tests.simulation.laws import LAWS
from tests.simulation.ledger import End, Ledger, MailKind
from tests.simulation.network import HABITS, Flaw, Stage, Store
from tests.simulation.world import run_network

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from tests.simulation.network import Network


@st.composite
def networks(draw: DrawFn) -> Network:
    """Networks of up to four systems; hypothesis makes those that fail smaller."""
    return make_network(lambda options: draw(st.sampled_from(options)))


# A network is quick to run: twice as many as of other things.
@settings(max_examples=2 * settings().max_examples)
@given(networks())
def test_the_laws_hold(network: Network) -> None:
    """Every law holds, and the library raises nothing."""
    examine(network)


@given(networks())
def test_what_is_planned_is_what_is_read(network: Network) -> None:
    """Each notification of a network, written and read again, says what the plan says."""
    examine(network, writes=True)


@pytest.fixture(scope="module")
def ledgers() -> list[tuple[Network, Ledger]]:
    """Return what happened in some networks, always the same."""
    made = [make_network(random.Random(number).choice) for number in range(400)]
    ledgers = [(network, run_network(network)) for network in made]
    for _, ledger in ledgers:
        audit_ledger(ledger)  # notes what was told
    return ledgers


def test_everything_happens(ledgers: list[tuple[Network, Ledger]]) -> None:
    """The networks are of all kinds, and mail ends in every way: no law holds for want of cases."""
    hosts = [host for network, _ in ledgers for host in network.hosts]
    faults = [
        fault
        for network, _ in ledgers
        for link in network.links
        for fault in link.faults
        if fault is not None
    ]
    strands = [strand for _, ledger in ledgers for strand in ledger.strands]
    mails = [mail for _, ledger in ledgers for mail in ledger.mails]
    plans = [mail.plan for mail in mails if mail.plan is not None]
    told = {entry.action for plan in plans for entry in plan.report.recipients}

    assert set(HABITS) == {host.habit.name for host in hosts}
    assert set(Store) == {host.store for host in hosts}
    assert set(Stage) == {fault.stage for fault in faults}
    assert set(Flaw) == {fault.flaw for fault in faults}
    assert {End.WAITING} == set(End) - {strand.end for strand in strands}
    assert set(MailKind) == {mail.kind for mail in mails}
    assert set(Action) == told
    assert set(Audience) == {plan.audience for plan in plans}
    for name in ("is_past", "is_split", "is_double", "is_traced", "is_cleared", "is_withheld"):
        assert any(getattr(strand, name) for strand in strands), name


def test_loops_happen(ledgers: list[tuple[Network, Ledger]]) -> None:
    """Some messages run in a circle up to the limit, and notifications fail themselves."""
    hops = Counter(arrival.hops for _, ledger in ledgers for arrival in ledger.arrivals)
    most = max(network.most_hops for network, _ in ledgers)
    ends = Counter(
        (strand.mail.kind, strand.end) for _, ledger in ledgers for strand in ledger.strands
    )

    assert most == max(hops)
    assert ends[MailKind.NOTIFICATION, End.FAILED]
    assert ends[MailKind.NOTICE, End.FAILED]


def test_every_law_is_put_to_the_test() -> None:
    """In some dozens of networks no law goes unasked."""
    made = [make_network(random.Random(number).choice) for number in range(50)]

    tally = sum(map(examine, made), start=Tally())

    assert {law.__name__ for law in LAWS} == {law for law, count in tally.checks.items() if count}
