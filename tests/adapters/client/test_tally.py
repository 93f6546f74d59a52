"""One result for each recipient, whatever is noted of them, and in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.tally import RecipientTally
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
    """Those without a final result, each of them once."""
    tally = RecipientTally([ANN, BOB, ANN])
    assert [ANN, BOB] == list(tally.left)
    tally.keep(result(BOB, Disposition.DELAYED))
    assert [ANN] == list(tally.lacks())
    tally.end(result(ANN, Disposition.FAILED))
    assert [BOB] == list(tally.left)
    assert [] == list(tally.lacks())
    tally.end(result(BOB))

    assert not tally
    assert [] == [*tally.left, *tally.lacks()]
    failed = result(ANN, Disposition.FAILED)
    assert (failed, result(BOB), failed) == tally.results()


@pytest.mark.parametrize("recipient", [ANN, BOB])
def test_what_is_known_already(recipient: Recipient) -> None:
    """Nobody gets a second result, and nobody else one."""
    tally = RecipientTally([ANN])
    tally.end(result(ANN))
    with pytest.raises(KeyError):
        tally.end(result(recipient))


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
    tally = RecipientTally([ANN])
    noted = [result(ANN, each, str(number)) for number, each in enumerate(kept)]
    for each in noted:
        tally.keep(each)

    assert (noted[expected],) == tally.results()


def test_nothing_is_made_up() -> None:
    """Of whom nothing is known there is no result."""
    with pytest.raises(KeyError):
        RecipientTally([ANN]).results()


@given(
    st.lists(st.sampled_from([ANN, BOB, Recipient("eve@example.org")]), min_size=1, max_size=6),
    st.sets(st.integers(0, 2)),
)
def test_one_result_for_each_mention(recipients: list[Recipient], ended: set[int]) -> None:
    """In the order of the recipients, whoever has ended."""
    tally = RecipientTally(recipients)
    several = list(dict.fromkeys(recipients))
    final = [each for number, each in enumerate(several) if number in ended]
    for each in several:
        tally.keep(result(each, Disposition.DELAYED))
    for each in final:
        tally.end(result(each))
    results = tally.results()

    assert recipients == [each.outcome.recipient for each in results]
    assert [each in final for each in recipients] == [each.is_success for each in results]
    assert len(several) - len(final) == len(tally.left)


def test_everybody_at_once() -> None:
    """A result for each in their order is noted in one go, and is for good."""
    tally = RecipientTally([ANN, BOB])
    tally.keep(result(BOB, Disposition.DELAYED))
    results = (result(ANN), result(BOB))
    assert tally.end_all(results)

    assert not tally
    assert [] == [*tally.left, *tally.lacks()]
    assert results == tally.results()
    assert not tally.end_all(results)
    with pytest.raises(KeyError):
        tally.end(result(BOB))


@pytest.mark.parametrize(
    ("recipients", "ended"),
    [
        ([ANN, BOB], [ANN]),
        ([ANN, BOB], [BOB, ANN]),
        ([ANN, BOB], [ANN, BOB, ANN]),
        ([ANN, BOB, ANN], [ANN, BOB]),
        ([ANN, BOB, ANN], [ANN, BOB, ANN]),
    ],
    ids=["one missing", "another order", "one too many", "one twice", "two for one"],
)
def test_not_everybody_at_once(recipients: list[Recipient], ended: list[Recipient]) -> None:
    """Where there is not one result for each in their order, nothing is noted."""
    tally = RecipientTally(recipients)

    assert not tally.end_all([result(each) for each in ended])
    assert [ANN, BOB] == list(dict.fromkeys(tally.left))


def test_the_others_at_once() -> None:
    """Who has a final result has no other one."""
    tally = RecipientTally([ANN])
    failed = result(ANN, Disposition.FAILED)
    tally.end(failed)

    assert not tally.end_all([result(ANN)])
    assert (failed,) == tally.results()
