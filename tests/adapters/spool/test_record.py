"""What is written of a message is read again."""

from __future__ import annotations

import datetime as dt
import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.spool.record import (
    DamagedRecord,
    decode_text,
    encode_text,
    read_envelope,
    read_facts,
    read_history,
    read_outcomes,
    read_recipients,
    write_envelope,
    write_facts,
    write_history,
    write_outcomes,
    write_recipients,
)
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.schedule import QueueHistory
from tests.strategies import (
    aware_datetimes,
    delivery_outcomes,
    envelopes,
    mail_options,
    paths,
    rcpt_options,
    recipients,
)


@st.composite
def accepted_recipients(draw: st.DrawFn) -> Recipient:
    """Draw a recipient that came over the wire, and may have been an alias's."""
    params = parse_rcpt_parameters(draw(rcpt_options()), smtputf8=True, lenient=True)
    return Recipient(draw(paths()), params, expanded_from=draw(st.none() | paths()))


def _flagged(outcome: DeliveryOutcome) -> DeliveryOutcome:
    is_delayed = outcome.disposition is Disposition.DELAYED
    is_onward = outcome.disposition in (Disposition.RELAYED, Disposition.HANDED_ON)
    return attrs.evolve(
        outcome, is_late=is_delayed, is_traced=is_onward, is_delay_reported=not is_onward
    )


@st.composite
def histories(draw: st.DrawFn) -> QueueHistory:
    """Draw a history; who is told of is not always who has replied."""
    outcomes = draw(st.lists(delivery_outcomes() | delivery_outcomes().map(_flagged), max_size=4))
    whom = draw(st.lists(recipients() | accepted_recipients(), max_size=4))
    told = draw(st.sets(st.sampled_from(whom))) if whom else set()
    keys = [each.recipient for each in outcomes]
    if draw(st.booleans()):
        keys = (whom + keys)[: len(keys)]
    return QueueHistory(
        arrival=draw(aware_datetimes()),
        attempts=draw(st.integers(0, 10**9)),
        warned=draw(st.none() | aware_datetimes()),
        noted_late=draw(st.none() | aware_datetimes()),
        told=frozenset(told),
        replies=dict(zip(keys, outcomes, strict=True)),
    )


@st.composite
def facts(draw: st.DrawFn) -> MessageFacts:
    """Draw facts; texts may be anything at all, for nobody checks them."""
    text = st.none() | st.text(st.characters(categories=None), max_size=20)
    return MessageFacts(
        queue_id=draw(text),
        is_authenticated=draw(st.booleans()),
        source=draw(text),
        is_spam=draw(st.none() | st.booleans()),
        spf=draw(st.none() | st.sampled_from(SpfResult)),
        auto_submitted=draw(text),
        is_bulk=draw(st.booleans()),
        suppressed=frozenset(draw(st.lists(st.text(max_size=5), max_size=3))),
        is_report=draw(st.booleans()),
        is_notice=draw(st.booleans()),
        hops=draw(st.integers(0, 10**6)),
    )


@given(envelopes())
def test_envelopes(envelope: Envelope) -> None:
    """An envelope comes back equal."""
    assert envelope == read_envelope(write_envelope(envelope))


@given(mail_options(), st.lists(accepted_recipients(), min_size=1, max_size=3))
def test_what_was_received(options: list[str], accepted: list[Recipient]) -> None:
    """Options come back as they were received, octet for octet (RFC 3461 s5.2.1)."""
    mail = parse_mail_parameters(options, smtputf8=True, lenient=True)
    envelope = Envelope(sender="", mail=mail, recipients=accepted)
    again = read_envelope(write_envelope(envelope))

    assert envelope == again
    assert mail.as_received == again.mail.as_received
    assert mail.to_options(smtputf8=True) == again.mail.to_options(smtputf8=True)
    assert [each.params.as_received for each in accepted] == [
        each.params.as_received for each in again.recipients
    ]


@given(histories())
def test_histories(history: QueueHistory) -> None:
    """A history comes back equal, whoever is told of and has replied."""
    again = read_history(write_history(history))

    assert history == again
    assert {each: each.params.as_received for each in history.replies} == {
        each: each.params.as_received for each in again.replies
    }


@given(st.lists(delivery_outcomes() | delivery_outcomes().map(_flagged), max_size=4))
def test_outcomes(outcomes: list[DeliveryOutcome]) -> None:
    """Outcomes come back equal and in order, two of equal recipients too."""
    twice = outcomes * 2

    assert twice == read_outcomes(write_outcomes(twice))


@given(st.lists(accepted_recipients(), max_size=3))
def test_recipients(accepted: list[Recipient]) -> None:
    """Recipients come back equal, with what they were received as."""
    again = read_recipients(write_recipients(accepted))

    assert accepted == again
    assert [each.params.as_received for each in accepted] == [
        each.params.as_received for each in again
    ]


@given(facts())
def test_facts(known: MessageFacts) -> None:
    """Facts come back equal."""
    assert known == read_facts(write_facts(known))


@given(st.text(st.characters(categories=None)))
def test_any_text(text: str) -> None:
    """Text comes back whatever is in it, halves of characters side by side too."""
    assert text == decode_text(encode_text(text))


def test_octets_that_are_no_utf8_survive() -> None:
    """An address with an octet that is no UTF-8 is the same address afterwards."""
    envelope = Envelope(sender="b\udcf6b@example.org", recipients=[Recipient("\udcc3@x")])

    assert envelope == read_envelope(write_envelope(envelope))


def test_a_recipient_stands_once_in_a_history() -> None:
    """A recipient who is told of and has replied is written once."""
    bob = Recipient("bob@example.org")
    outcome = DeliveryOutcome(
        recipient=bob,
        disposition=Disposition.DELAYED,
        status=EnhancedStatusCode.parse("4.4.1"),
    )
    history = QueueHistory(
        arrival=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
        told=frozenset({bob}),
        replies={bob: outcome},
    )

    assert 1 == len(json.loads(write_history(history))["recipients"])


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"sender":"a@b","recipients":[]}',
        b'{"sender":"a@b","recipients":[{"address":"a b"}]}',
        b'{"sender":"a@b","recipients":[{"address":"a@b","notify":"x"}]}',
        b'{"sender":"a@b","recipients":[{"address":"a@b"}],"body":"9BIT"}',
        b'{"sender":"a@b","recipients":[{"address":"a@b"}],"arrival":"soon"}',
        b'{"arrival":"2026-11-22T10:14:00+00:00","attempts":-1}',
        b'{"arrival":"2026-11-22T10:14:00+00:00","attempts":1,"told":[7]}',
        b'{"hops":1,"else":2,"spf":"x"}',
        b'{"recipients":7,"outcomes":[[0,{}]]}',
    ],
    ids=lambda octets: repr(octets[:40]),
)
def test_damage_is_told_of(octets: bytes) -> None:
    """Octets that nobody wrote are one kind of error, whatever is wrong with them."""
    for read in (read_envelope, read_history, read_facts, read_outcomes):
        if octets == b"{}" and read is read_facts:
            continue  # there are none, and that is how none are written
        with pytest.raises(DamagedRecord):
            read(octets)


@pytest.mark.parametrize("octets", [b"", b"{}", b'{"recipients":[{"address":"a b"}]}', b"[7]"])
def test_damaged_recipients(octets: bytes) -> None:
    """Where no recipients were written, none are read."""
    with pytest.raises(DamagedRecord):
        read_recipients(octets)
