"""An outcome does not contradict itself."""

import datetime as dt

import attrs
import pytest
from hypothesis import given

from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from tests.crossing import assert_crosses
from tests.strategies import CONTROLS, delivery_outcomes

RECIPIENT = Recipient("a@b")
NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)

SUITABLE = {
    Disposition.DELIVERED: "2",
    Disposition.RELAYED: "2",
    Disposition.HANDED_ON: "2",
    Disposition.EXPANDED: "2",
    Disposition.DELAYED: "4",
    Disposition.FAILED: "45",
}


def outcome(disposition: Disposition, status: str, **more: object) -> DeliveryOutcome:
    """Return an outcome for one recipient."""
    return DeliveryOutcome(
        recipient=RECIPIENT,
        disposition=disposition,
        status=EnhancedStatusCode.parse(status),
        **more,  # type: ignore[arg-type]  # a table
    )


@given(delivery_outcomes())
def test_pickles_and_copies(value: DeliveryOutcome) -> None:
    """An outcome crosses a process boundary and is the same there."""
    assert_crosses(value)


def test_immutable() -> None:
    """An outcome never changes."""
    value = outcome(Disposition.DELIVERED, "2.0.0")

    for field in attrs.fields(DeliveryOutcome):
        with pytest.raises(AttributeError):
            setattr(value, field.name, None)
    with pytest.raises(AttributeError):
        value.note = "x"  # type: ignore[attr-defined]  # what is refused


def test_every_disposition_has_its_word() -> None:
    """Dispositions print as the words that reports and logs have."""
    words = ["delivered", "relayed", "handed-on", "expanded", "delayed", "failed"]

    assert words == [disposition.value for disposition in Disposition]


@pytest.mark.requirement("3464-2.3.3-14")
@pytest.mark.requirement("3464-2.3.3-12")
@pytest.mark.requirement("3463-2-15")
@pytest.mark.parametrize("class_", StatusClass)
@pytest.mark.parametrize("disposition", Disposition, ids=lambda each: each.value)
def test_status_suits_the_disposition(disposition: Disposition, class_: StatusClass) -> None:
    """2 is a success, 4 a delay or the end of one, 5 a failure."""
    status = f"{class_.value}.0.0"
    if str(class_.value) in SUITABLE[disposition]:
        assert status == str(outcome(disposition, status).status)
        return
    with pytest.raises(InvalidValue) as caught:
        outcome(disposition, status)

    assert f"outcome: {disposition.value} contradicts status {status}" == str(caught.value)
    assert "3464-2.3.3-14" == caught.value.requirement
    assert EnhancedStatusCode.parse(status) == caught.value.value


@pytest.mark.requirement("3464-2.3.3-13")
@pytest.mark.requirement("3463-2-14")
@pytest.mark.parametrize(
    ("disposition", "status"),
    [
        (Disposition.DELIVERED, "2.6.4"),
        (Disposition.RELAYED, "2.6.4"),
        (Disposition.FAILED, "5.6.4"),
        (Disposition.FAILED, "4.4.7"),
        (Disposition.DELAYED, "4.4.1"),
    ],
)
def test_conversions_and_expiry(disposition: Disposition, status: str) -> None:
    """A conversion may go with success or failure, and a delay may end in one."""
    assert status == str(outcome(disposition, status).status)


@pytest.mark.requirement("3464-2.3.9-01")
@pytest.mark.requirement("3464-2.3.9-02")
@pytest.mark.parametrize("disposition", Disposition, ids=lambda each: each.value)
def test_only_a_delay_is_retried(disposition: Disposition) -> None:
    """A time of giving up is for what is delayed, with which it may stand."""
    status = f"{SUITABLE[disposition][0]}.0.0"
    if disposition is Disposition.DELAYED:
        assert NOW == outcome(disposition, status, retry_until=NOW).retry_until
        assert outcome(disposition, status).retry_until is None
        return
    with pytest.raises(InvalidValue) as caught:
        outcome(disposition, status, retry_until=NOW)

    assert f"outcome: {disposition.value} with a time of giving up" == str(caught.value)
    assert (NOW, "3464-2.3.9-02") == (caught.value.value, caught.value.requirement)


@pytest.mark.requirement("2852-4.1.4-02")
@pytest.mark.parametrize("disposition", Disposition, ids=lambda each: each.value)
def test_only_what_went_on_is_traced(disposition: Disposition) -> None:
    """A trace tells of a relay, so there is none of what went nowhere."""
    status = f"{SUITABLE[disposition][0]}.0.0"
    assert not outcome(disposition, status).is_traced
    if disposition in (Disposition.RELAYED, Disposition.HANDED_ON):
        assert outcome(disposition, status, is_traced=True).is_traced
        return
    with pytest.raises(InvalidValue) as caught:
        outcome(disposition, status, is_traced=True)

    assert f"outcome: {disposition.value} is no relay to be traced" == str(caught.value)
    assert (disposition, "2852-4.1.4-02") == (caught.value.value, caught.value.requirement)


@pytest.mark.requirement("3464-2.3.7-04")
@pytest.mark.requirement("3464-2.3.9-04")
@pytest.mark.parametrize("name", ["attempted", "retry_until"])
def test_times_have_a_zone(name: str) -> None:
    """A time without a zone names no instant, and the error names the field."""
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(InvalidValue) as caught:
        outcome(Disposition.DELAYED, "4.0.0", **{name: naive})

    assert f"{name}: {naive!r} has no zone" == str(caught.value)


@pytest.mark.requirement("3464-2.3.8-01")
@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_log_id_has_no_controls(control: str) -> None:
    """A log identifier can stand in a field."""
    with pytest.raises(InvalidValue) as caught:
        outcome(Disposition.DELIVERED, "2.0.0", log_id=f"a{control}")

    assert str(caught.value).startswith(f"log id: {f'a{control}'!r}")


def test_defaults() -> None:
    """What is not known is not made up."""
    value = outcome(Disposition.FAILED, "5.1.1", log_id="ABC123")

    assert "ABC123" == value.log_id
    assert (None, None, None) == (value.diagnostic, value.remote_mta, value.final_recipient)
    assert (None, None) == (value.attempted, value.retry_until)
    assert (False, False) == (value.is_traced, value.is_delay_reported)


def test_parts_by_name() -> None:
    """What could be confused is given by its name."""
    with pytest.raises(TypeError):
        DeliveryOutcome(RECIPIENT, Disposition.DELIVERED, EnhancedStatusCode(2, 0, 0))  # type: ignore[call-arg]  # what is refused


@pytest.mark.requirement("2852-4.1.3-02")
@pytest.mark.parametrize("disposition", [*Disposition], ids=lambda each: each.value)
def test_only_what_is_delayed_is_late(disposition: Disposition) -> None:
    """What was delivered or has failed cannot be late any more."""
    codes = {Disposition.DELAYED: "4.4.7", Disposition.FAILED: "5.4.7"}
    status = EnhancedStatusCode.parse(codes.get(disposition, "2.0.0"))
    recipient = Recipient("bob@example.com")

    if disposition is Disposition.DELAYED:
        value = DeliveryOutcome(
            recipient=recipient, disposition=disposition, status=status, is_late=True
        )
        assert value.is_late
        return
    with pytest.raises(InvalidValue, match=f"{disposition.value} is not late") as caught:
        DeliveryOutcome(recipient=recipient, disposition=disposition, status=status, is_late=True)
    assert ("2852-4.1.3-02", disposition) == (caught.value.requirement, caught.value.value)
