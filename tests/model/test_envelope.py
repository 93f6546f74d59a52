"""An envelope is carried as it was accepted."""

import datetime as dt
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.date import require_zone
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters
from tests.crossing import assert_crosses
from tests.strategies import CONTROLS, aware_datetimes, envelopes, paths, recipients

NAIVE = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize("values", [recipients(), envelopes()], ids=["Recipient", "Envelope"])
@given(data=st.data())
def test_pickles_and_copies(
    values: st.SearchStrategy[Recipient | Envelope], data: st.DataObject
) -> None:
    """An envelope crosses a process boundary and is the same there."""
    value = data.draw(values)
    assert_crosses(value)


@given(paths())
def test_what_was_received_is_pickled_too(address: str) -> None:
    """The octets a relay has to repeat are there in the other process as well."""
    recipient = Recipient(address, RcptParameters(orcpt=None, as_received=("X=1",)))
    again = pickle.loads(pickle.dumps(recipient))  # noqa: S301 - our own octets

    assert recipient.params.as_received == again.params.as_received


@pytest.mark.parametrize(
    "value",
    [Recipient("a@b"), Envelope(sender="", recipients=[Recipient("a@b")])],
    ids=["Recipient", "Envelope"],
)
def test_immutable(value: Recipient | Envelope) -> None:
    """An envelope never changes."""
    for field in attrs.fields(type(value)):
        with pytest.raises(AttributeError):
            setattr(value, field.name, "a@b")
    with pytest.raises(AttributeError):
        value.note = "x"  # type: ignore[union-attr]  # what is refused


@pytest.mark.requirement("3461-9.1-02")
@pytest.mark.requirement("3464-2.3.2-06")
@given(paths())
def test_addresses_are_carried(address: str) -> None:
    """An address keeps its spelling, whether it is a mailbox or not."""
    assert address == Recipient(address).address
    assert address == Envelope(sender=address, recipients=[Recipient(address)]).sender


@pytest.mark.parametrize(
    "address", ["", "a b", "<a@b>", "a>b", *(f"a{each}b" for each in CONTROLS)], ids=ascii
)
def test_no_recipient(address: str) -> None:
    """A forward-path is not empty and can stand in a command."""
    with pytest.raises(InvalidAddress) as caught:
        Recipient(address)

    assert str(caught.value).startswith(f"recipient: {address!r}")
    assert address == caught.value.value


@pytest.mark.parametrize(
    "address", ["<>", " ", "a b", "a>b", *(f"a{each}b" for each in CONTROLS)], ids=ascii
)
def test_no_sender(address: str) -> None:
    """A reverse-path can stand in a command, too."""
    with pytest.raises(InvalidAddress) as caught:
        Envelope(sender=address, recipients=[Recipient("a@b")])

    assert str(caught.value).startswith(f"sender: {address!r}")


@pytest.mark.parametrize("address", ["", "a b", "a\n"], ids=ascii)
def test_no_recipient_before_an_alias(address: str) -> None:
    """What an alias was for could stand in a command, too."""
    with pytest.raises(InvalidAddress) as caught:
        Recipient("a@b", expanded_from=address)

    assert str(caught.value).startswith(f"recipient: {address!r}")


def test_what_was_accepted() -> None:
    """The address of the command is known behind an alias."""
    assert "a@b" == Recipient("a@b").accepted
    assert "c@d" == Recipient("a@b", expanded_from="c@d").accepted
    assert "a@b" == Recipient("a@b", expanded_from="c@d").address


def test_an_envelope_has_a_recipient() -> None:
    """Mail to nobody is no mail."""
    with pytest.raises(InvalidValue, match="envelope: there is no recipient") as caught:
        Envelope(sender="a@b", recipients=[])

    assert () == caught.value.value


def test_parts_by_name() -> None:
    """What could be confused is given by its name."""
    with pytest.raises(TypeError):
        Recipient("a@b", RcptParameters(), "c@d")  # type: ignore[call-arg]  # what is refused
    with pytest.raises(TypeError):
        Envelope("", MailParameters(), (Recipient("a@b"),))  # type: ignore[call-arg]  # the same


@pytest.mark.requirement("5321-4.5.5-01")
@pytest.mark.parametrize(("sender", "null"), [("", True), ("a@b", False), ("postmaster", False)])
def test_null_path(sender: str, null: bool) -> None:  # noqa: FBT001 - a column of the table
    """The empty reverse-path is the null path."""
    assert null is Envelope(sender=sender, recipients=[Recipient("a@b")]).has_null_path


def test_defaults() -> None:
    """What the client did not say is not made up."""
    envelope = Envelope(sender="a@b", recipients=iter([Recipient("c@d")]))

    assert (Recipient("c@d", RcptParameters()),) == envelope.recipients
    assert MailParameters() == envelope.mail
    assert envelope.recipients[0].params.notify is None
    assert (False, Body.SEVEN_BIT) == (envelope.smtputf8, envelope.body)
    assert envelope.arrival is None
    assert envelope.received_from is None


def test_recipients_keep_their_order_and_parameters() -> None:
    """Two recipients of one address with other parameters are two."""
    one = Recipient("a@b", RcptParameters(notify=Notify.NEVER))
    other = Recipient("a@b")

    assert (one, other, one) == Envelope(sender="", recipients=[one, other, one]).recipients
    assert one != other


def test_recipients_as_a_set() -> None:
    """To look one up needs no walk over the others; parameters tell two of one address apart."""
    one = Recipient("a@b", RcptParameters(notify=Notify.NEVER))
    envelope = Envelope(sender="", recipients=[one, Recipient("c@d"), one])

    assert frozenset({one, Recipient("c@d")}) == envelope.recipient_set
    assert Recipient("a@b") not in envelope.recipient_set


@pytest.mark.parametrize(
    ("text", "body"),
    [("7BIT", Body.SEVEN_BIT), ("8BITMIME", Body.EIGHT_BIT), ("BINARYMIME", Body.BINARY)],
)
def test_body(text: str, body: Body) -> None:
    """The values of BODY are those of RFC 6152 and RFC 3030."""
    assert body is Body(text)


@pytest.mark.requirement("3464-2.2.5-03")
def test_arrival_needs_a_zone() -> None:
    """A time without a zone names no instant."""
    with pytest.raises(InvalidValue) as caught:
        Envelope(sender="", recipients=[Recipient("a@b")], arrival=NAIVE)

    assert f"arrival: {NAIVE!r} has no zone" == str(caught.value)
    assert (NAIVE, "3464-2.2.5-03") == (caught.value.value, caught.value.requirement)


@given(st.none() | aware_datetimes())
def test_any_zone_will_do(when: dt.datetime | None) -> None:
    """An aware time passes, and so does none."""
    require_zone(when, "arrival")


@pytest.mark.requirement("5321-6.1-06")
@pytest.mark.parametrize(
    ("sender", "mailbox"),
    [
        ("", ""),
        ("user@d.example", "user@d.example"),
        ("@a.example,@b.example:user@d.example", "user@d.example"),
        ('"@odd:one"@d.example', '"@odd:one"@d.example'),
        ("@a.example:", "@a.example:"),
        ('@a.example:"x:y"@d.example', '"x:y"@d.example'),
        ("a:b@d.example", "a:b@d.example"),
    ],
)
def test_the_return_path_has_no_route(sender: str, mailbox: str) -> None:
    """Notifications go to the mailbox at the end of a source route."""
    assert mailbox == Envelope(sender=sender, recipients=(Recipient("b@x.org"),)).return_path
