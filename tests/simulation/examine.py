"""One network, run and held against the laws."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from tests.simulation.laws import LAWS, Breach, check_laws
from tests.simulation.ledger import MailKind
from tests.simulation.world import run_network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.simulation.laws import Law
    from tests.simulation.network import Network

__all__ = ["Tally", "examine", "find_breach"]


@attrs.frozen
class Tally:
    """What was seen.

    Args:
        networks: How many were run.
        messages: How many were sent, copies of lists included.
        notifications: How many told of them.
        checks: How often each law was put to the test.
    """

    networks: int = 0
    messages: int = 0
    notifications: int = 0
    checks: Counter[str] = attrs.field(factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.networks + other.networks,
            self.messages + other.messages,
            self.notifications + other.notifications,
            self.checks + other.checks,
        )


def examine(network: Network, *, writes: bool = False, laws: Iterable[Law] = LAWS) -> Tally:
    """Run a network and return what was seen.

    Args:
        network: What happens.
        writes: Whether each notification is written out and read back.
        laws: Which to put to the test.

    Raises:
        Breach: A law did not hold, or the library raised.
    """
    try:
        ledger = run_network(network, writes=writes)
    except Exception as error:
        law = "nothing_is_raised"
        raise Breach(law, f"{type(error).__name__}: {error}") from error
    checks = check_laws(network, ledger, laws)
    kinds = Counter(mail.kind for mail in ledger.mails)
    told = kinds[MailKind.NOTIFICATION] + kinds[MailKind.NOTICE]
    return Tally(1, kinds[MailKind.POST] + kinds[MailKind.COPY], told, checks)


def find_breach(
    network: Network, *, writes: bool = False, laws: Iterable[Law] = LAWS
) -> Breach | None:
    """Return what a network breaks, if it does.

    Args:
        network: What happens.
        writes: Whether each notification is written out and read back.
        laws: Which to put to the test.
    """
    try:
        examine(network, writes=writes, laws=laws)
    except Breach as breach:
        return breach
    return None
