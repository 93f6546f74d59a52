"""Our server among Postfix, Exim, swaks, smtp-source and smtp-sink: every DSN parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib import Action, DeliveryReport
from tests.interop.dsn_case import CASES, Case
from tests.interop.dsn_findings import faults
from tests.interop.dsn_network import Network, Seen, network_running, run_cases, send
from tests.interop.peers.running import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRANGER = "stranger@here.example"


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """All programs at once: what takes time is to start them."""
    with network_running() as found:
        yield found


@pytest.fixture(scope="module")
def seen(network: Network) -> Mapping[str, Seen]:
    """What has come of all cases."""
    return run_cases(network, CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_end_to_end(case: Case, seen: Mapping[str, Seen]) -> None:
    """Who is told of what, and what the next hops see, is as RFC 3461 has it."""
    assert [] == faults(case, seen[case.token])


@pytest.mark.parametrize(
    ("client", "name"), [("postfix", "by.example"), ("exim", "by.exim.example")]
)
def test_whom_we_refuse_the_client_tells_of(client: str, name: str, network: Network) -> None:
    """What we answer 550 5.1.1 comes back to the sender from the client, with our words."""

    def found() -> list[DeliveryReport]:
        return [
            report
            for report in network.ours.reports()
            if report.message.reporting_mta is not None
            and report.message.reporting_mta.name == name
        ]

    send(network, Case(token=f"refused-{client}", client=client), (STRANGER,))
    wait_for(found, what=f"a notification from {name}")
    (report,) = found()
    (recipient,) = report.recipients

    assert recipient.final_recipient is not None
    assert STRANGER == recipient.final_recipient.address
    assert Action.FAILED is recipient.action
    assert "5.1.1" in f"{recipient.status} {recipient.diagnostic_code}"
    assert "550 5.1.1" in str(recipient.diagnostic_code)


def test_every_value_is_there() -> None:
    """Each value of each parameter is in a case, and each program sends some."""
    assert {"swaks", "smtp-source", "postfix", "exim"} == {case.client for case in CASES}
    assert {None, "FULL", "HDRS"} == {case.ret for case in CASES}
    assert {True, False} == {case.has_orcpt for case in CASES}
    assert 9 == len({case.notify for case in CASES})
    assert None in {case.envid for case in CASES}
