"""One result for each recipient, whatever is noted of them, and in which order."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.tally import Tally
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode

ANN, BOB = Recipient("ann@example.org"), Recipient("bob@example.org")
STATUSES = {
    Disposition.RELAYED: "2.0.0",
    Disposition.DELAYED: "4.0.0",
    Disposition.FAILED: "5.0.0",
}


def result(
    recipient: Recipient, disposition: Disposition = Disposition.RELAYED, command: str = "RCPT"
) -> SendResult:
    """Return what became of a recipient."""
    status = EnhancedStatusCode.parse(STATUSES[disposition])
    outcome = DeliveryOutcome(recipient=recipient, disposition=disposition, status=status)
    return SendResult(outcome=outcome, command=command)


def test_who_is_left() -> None:
    """Those without a final result, those who are there twice as often as they are."""
    tally = Tally([ANN, BOB, ANN])
    assert {ANN: 2, BOB: 1} == Counter(tally.left)
    tally.end(result(ANN))
    tally.keep(result(BOB, Disposition.DELAYED))
    assert {ANN, BOB} == set(tally.left)
    assert (ANN,) == tally.lacks()
    tally.end(result(ANN, Disposition.FAILED))
    tally.end(result(BOB))

    assert not tally
    assert ((), ()) == (tally.left, tally.lacks())
    assert (result(ANN), result(BOB), result(ANN, Disposition.FAILED)) == tally.results()


def test_what_is_known_already() -> None:
    """Nobody gets more results than there are mentions."""
    tally = Tally([ANN])
    tally.end(result(ANN))
    with pytest.raises(KeyError):
        tally.end(result(ANN))


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ([Disposition.DELAYED, Disposition.FAILED], 0),
        ([Disposition.FAILED, Disposition.DELAYED], 1),
        ([Disposition.DELAYED, Disposition.DELAYED], 1),
        ([Disposition.FAILED, Disposition.FAILED], 1),
    ],
    ids=str,
)
def test_what_may_still_be_bettered(kept: list[Disposition], expected: int) -> None:
    """The latest counts, but a refusal of one server's does not end what may still wait."""
    tally = Tally([ANN])
    noted = [result(ANN, each, str(number)) for number, each in enumerate(kept)]
    for each in noted:
        tally.keep(each)

    assert (noted[expected],) == tally.results()


def test_nothing_is_made_up() -> None:
    """Of whom nothing is known there is no result."""
    with pytest.raises(KeyError):
        Tally([ANN]).results()


@given(
    st.lists(st.sampled_from([ANN, BOB, Recipient("eve@example.org")]), min_size=1, max_size=6),
    st.data(),
)
def test_one_result_for_each_mention(recipients: list[Recipient], data: st.DataObject) -> None:
    """In the order of the recipients, those that are final among them."""
    tally = Tally(recipients)
    ended = data.draw(st.lists(st.sampled_from(range(len(recipients))), unique=True))
    for each in recipients:
        tally.keep(result(each, Disposition.DELAYED))
    for number in ended:
        tally.end(result(recipients[number]))
    results = tally.results()

    assert recipients == [each.outcome.recipient for each in results]
    assert len(ended) == sum(each.is_success for each in results)
    assert len(recipients) - len(ended) == len(tally.left)
