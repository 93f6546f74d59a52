"""Deciding takes time in proportion to the recipients, whatever they are."""

from collections.abc import Callable

import attrs
import pytest

from dsnlib.model.address import DiagnosticCode
from dsnlib.model.outcome import DeliveryOutcome
from dsnlib.policy.expand import expand
from dsnlib.policy.expansion import Expansion
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.hop import NextHop
from dsnlib.policy.notify import plan_dsns
from dsnlib.policy.privacy import Privacy
from dsnlib.policy.profile import POSTFIX, SUBMISSION
from dsnlib.policy.relay import plan_relay
from tests.bench.planning import mixed
from tests.growth import BOUND, growth
from tests.policy.cases import REPORTER, envelope, outcome, rcpt

LARGEST = 1 << 15
HOP = NextHop.from_ehlo("mx.example.com", ["DSN"], most_recipients=100)


def _plain(count: int) -> Callable[[], object]:
    mail, outcomes = mixed(count)
    return lambda: plan_dsns(mail, outcomes, reporter=REPORTER, policy=POSTFIX.dsn)


def _aliases(count: int) -> Callable[[], object]:
    mail, outcomes = mixed(count, is_alias=True)
    policy = attrs.evolve(SUBMISSION.dsn, budget=None)
    return lambda: plan_dsns(mail, outcomes, reporter=REPORTER, policy=policy)


def _restarted(count: int) -> Callable[[], object]:
    mail, outcomes = mixed(count, is_restarted=True)
    return lambda: plan_dsns(mail, outcomes, reporter=REPORTER)


def _apart(count: int) -> Callable[[], object]:
    mail, outcomes = mixed(count)

    def address(outcome: DeliveryOutcome) -> str:
        return outcome.recipient.address

    return lambda: plan_dsns(mail, outcomes, reporter=REPORTER, apart=address)


def _relay(count: int) -> Callable[[], object]:
    mail, _ = mixed(count)
    return lambda: plan_relay(mail, HOP)


def _chain(count: int) -> Callable[[], object]:
    # Addresses in a row, each of which leads to many more.
    table = {
        f"{n}@x.org": Expansion.alias(f"{n + 1}@x.org", *(f"{n}.{m}@x.org" for m in range(count)))
        for n in range(8)
    }
    mail = envelope(rcpt("0@x.org"))
    return lambda: expand(mail, table.get)


def _repeated(found: Expansion) -> Callable[[int], Callable[[], object]]:
    # As many members as times that a stranger names what leads to them.
    def prepare(count: int) -> Callable[[], object]:
        members = [f"{n}@x.org" for n in range(count // 8)]
        table = {"a@x.org": attrs.evolve(found, targets=members)}
        mail = envelope(*(rcpt("a@x.org") for _ in members))
        return lambda: expand(mail, table.get)

    return prepare


def _diagnostic(text: str) -> Callable[[int], Callable[[], object]]:
    def prepare(count: int) -> Callable[[], object]:
        said = outcome(rcpt(), diagnostic=DiagnosticCode("smtp", f"554 {text * count}."))
        return lambda: Privacy(hides_expansions=True).hides_words_of(said, frozenset({"a@x.org"}))

    return prepare


def _header(field: bytes) -> Callable[[int], Callable[[], object]]:
    return lambda count: lambda: MessageFacts.from_header(field * count)


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(_plain, id="mixed"),
        pytest.param(_aliases, id="aliases"),
        pytest.param(_restarted, id="equal recipients"),
        pytest.param(_apart, id="each apart"),
        pytest.param(_relay, id="relay"),
        pytest.param(_chain, id="expand"),
        pytest.param(_repeated(Expansion.alias("b@x.org")), id="one alias again and again"),
        pytest.param(
            _repeated(Expansion.list_("b@x.org", owner="o@x.org")), id="one list again and again"
        ),
        pytest.param(_diagnostic("a@"), id="signs of addresses"),
        pytest.param(_diagnostic("<b@x.org> "), id="addresses"),
        pytest.param(_header(b"Received: x\r\n"), id="hops"),
        pytest.param(_header(b"List-A" + b" " * 50), id="spaces without a colon"),
        pytest.param(_header(b"Received:\r\n \r\n"), id="folds"),
        pytest.param(_header(b"Auto-Submitted: (((no\r\n"), id="comments"),
        pytest.param(
            _header(b"Content-Type: multipart/report; report-type \r\n"), id="report types"
        ),
        pytest.param(_header(b"X-Auto-Response-Suppress: a,a,a,a\r\n"), id="words"),
    ],
)
def test_twice_as_many_take_less_than_three_times_as_long(
    prepare: Callable[[int], Callable[[], object]],
) -> None:
    """No shape of input makes a decision grow faster than it."""
    assert growth(prepare, LARGEST) < BOUND
