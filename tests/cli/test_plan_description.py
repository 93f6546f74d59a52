"""What a description for `dsnlib plan` may say, and how it is refused."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.cli.exits import Exit
from dsnlib.cli.text import json_text
from dsnlib.cli.verbs.plan.answer import answer as answer_message
from dsnlib.cli.verbs.plan.description import read_message_description
from dsnlib.cli.verbs.plan.record import answer_record
from dsnlib.cli.verbs.plan.text import answer_text
from dsnlib.errors import DsnError
from dsnlib.model.outcome import DeliveryOutcome
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.profile import PROFILES
from dsnlib.policy.reporter import Reporter
from tests.cli.messages import ALIASES, FAILED, MESSAGE, with_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Run = tuple[int, str, str]
BACKSCATTER = {"header": "Auto-Submitted: auto-generated\nX-Other: 1\n\nSubject: no field\n"}


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"is_report": True}, "report-about-report"),
        ({"is_spam": True}, "spam"),
        ({"spf": "FAIL"}, "spf-fail"),
        ({"auto_submitted": "Auto-Replied"}, "auto-submitted"),
        ({"suppressed": ["NDR"]}, "auto-response-suppress"),
        ({"suppressed": "All"}, "auto-response-suppress"),
        ({"header": "Auto-Submitted: auto-replied\n"}, "auto-submitted"),
        ({"header": "Content-Type: message/delivery-status\n"}, "report-about-report"),
        ({"header": "X-Auto-Response-Suppress: OOF, NDR\n"}, "auto-response-suppress"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_facts_stop(
    answer: Callable[..., dict[str, Any]], facts: dict[str, object], rule: str
) -> None:
    """What is known of the message is what the guards see."""
    found = answer({**MESSAGE, "facts": facts, "outcomes": [FAILED]}, "--profile", "mx")

    (withheld,) = found["withheld"]
    assert ([], rule) == (found["notifications"], withheld["trail"][-1]["rule"])


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(MessageFacts)])
def test_every_fact_can_be_told(answer: Callable[..., dict[str, Any]], name: str) -> None:
    """A field of `MessageFacts` is a key of `facts`."""
    assert [] == answer({**MESSAGE, "facts": {name: None}})["notifications"]


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(DeliveryOutcome)])
def test_every_part_of_an_outcome_can_be_told(
    answer: Callable[..., dict[str, Any]], name: str
) -> None:
    """A field of `DeliveryOutcome` is a key of an outcome."""
    outcome = {name: None, **FAILED, "diagnostic_type": None, "diagnostic": None}

    assert 1 == len(answer({**MESSAGE, "outcomes": [outcome]})["notifications"])


def test_facts_go_over_the_header(answer: Callable[..., dict[str, Any]]) -> None:
    """What is said of a message decides, whatever its header has."""
    facts = {**BACKSCATTER, "auto_submitted": "no"}

    found = answer({**MESSAGE, "facts": facts, "outcomes": [FAILED]}, "--profile", "mx")

    assert [] == found["withheld"]


@pytest.mark.parametrize(
    ("facts", "disposition", "status", "rule"),
    [
        ({"hops": 101}, "delivered", "2.1.5", "hop-count"),
        ({"is_authenticated": False}, "delivered", "2.1.5", "unverified-success"),
        ({"is_bulk": True}, "delayed", "4.4.1", "list-mail"),
    ],
    ids=["hops", "unverified", "bulk"],
)
def test_facts_that_bear_on_some_events(
    answer: Callable[..., dict[str, Any]],
    facts: dict[str, object],
    disposition: str,
    status: str,
    rule: str,
) -> None:
    """A guard looks at its own events only."""
    asked = "SUCCESS" if disposition == "delivered" else None
    description = with_outcome(disposition=disposition, status=status) | {
        "recipients": [{"address": "bob@example.com", "notify": asked}],
        "facts": facts,
    }

    found = answer(description, "--on", rule)

    (withheld,) = found["withheld"]
    assert rule == withheld["trail"][-1]["rule"]


def test_budget_counts_each_return_path(answer: Callable[..., dict[str, Any]]) -> None:
    """The source of a message is what a budget counts by."""
    facts = {"source": "192.0.2.1"}

    (notification,) = answer({**MESSAGE, "facts": facts, "outcomes": [FAILED]}, "--profile", "mx")[
        "notifications"
    ]

    assert "budget" == notification["trail"][-1]["rule"]


@pytest.mark.parametrize(
    ("description", "complaint"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([], "the description is not one JSON object"),
        ({**MESSAGE, "colour": 1}, "colour: there is no such key"),
        ({}, "sender: missing"),
        ({"sender": 7}, "sender: 7 is not a text"),
        ({**MESSAGE, "sender": "a b"}, "sender: 'a b' cannot stand between"),
        ({**MESSAGE, "mail": "RET=ALL"}, "mail: RET: 'ALL' is neither FULL nor HDRS"),
        ({**MESSAGE, "smtputf8": 1}, "smtputf8: 1 is neither true nor false"),
        ({**MESSAGE, "arrival": "soon"}, "arrival: 'soon' is no time"),
        ({**MESSAGE, "arrival": "0001-01-01T00:00"}, "arrival: "),
        ({**MESSAGE, "arrival": "2026-11-22T10:04:00+01:00:30"}, "arrival: "),
        ({**MESSAGE, "received_from": "a\nb"}, "received_from: "),
        ({"sender": ""}, "recipients: there must be a list of at least one"),
        ({**MESSAGE, "recipients": {}}, "recipients: not a list"),
        ({**MESSAGE, "recipients": ["a@b", 7]}, "recipients[1]: not an object"),
        ({**MESSAGE, "recipients": [{}]}, "recipients[0].address: missing"),
        ({**MESSAGE, "recipients": [""]}, "recipients[0].address: missing"),
        ({**MESSAGE, "recipients": ["<a@b>"]}, "recipients[0]: recipient: '<a@b>' cannot stand"),
        ({**MESSAGE, "recipients": [{"address": "a@b", "x": 1}]}, "recipients[0].x: there is no"),
        (
            {**MESSAGE, "recipients": [{"address": "a@b", "rcpt": "NOTIFY=NEVER,DELAY"}]},
            "recipients[0].rcpt: NOTIFY: 'NEVER,DELAY' mixes NEVER",
        ),
        (
            {**MESSAGE, "recipients": [{"address": "a@b", "notify": "SOON"}]},
            "recipients[0].notify: NOTIFY: 'SOON' has the word",
        ),
        (
            {**MESSAGE, "recipients": [{"address": "a@b", "orcpt": "é" * 500}]},
            "recipients[0]: ORCPT: ",
        ),
        (
            {**MESSAGE, "recipients": [{"address": "a@b", "rcpt": "", "notify": "NEVER"}]},
            "recipients[0].rcpt: give this, or notify and orcpt",
        ),
        ({**MESSAGE, "outcomes": {}}, "outcomes: not a list"),
        ({**MESSAGE, "outcomes": [1]}, "outcomes[0]: not an object"),
        ({**MESSAGE, "outcomes": [{}]}, "outcomes[0].recipient: missing"),
        (
            {**MESSAGE, "outcomes": [{**FAILED, "recipient": "eve@example.com"}]},
            "outcomes[0].recipient: 'eve@example.com' is no recipient",
        ),
        (
            {**MESSAGE, "outcomes": [FAILED, FAILED]},
            "outcomes[1].recipient: 'bob@example.com' has two outcomes",
        ),
        (
            {**ALIASES, "outcomes": [{**FAILED, "recipient": "Team@example.org"}]},
            "outcomes[0].recipient: 'Team@example.org' is an alias; tell of the addresses",
        ),
        (with_outcome(), "outcomes[0].status: missing"),
        (with_outcome(status="5.1"), "outcomes[0].status: status code: '5.1' is not class."),
        (with_outcome(status="5.1.1", x=1), "outcomes[0].x: there is no such key"),
        (with_outcome(status="2.0.0"), "outcomes[0].disposition: missing; a success is"),
        (with_outcome(reply="250 Fine"), "outcomes[0].disposition: missing; a success is"),
        (
            with_outcome(status="2.0.0", disposition="lost"),
            "outcomes[0].disposition: 'lost' is none of delivered, relayed, handed-on",
        ),
        (
            with_outcome(status="2.0.0", disposition="failed"),
            "outcomes[0]: outcome: failed contradicts status 2.0.0",
        ),
        (with_outcome(reply="no"), "outcomes[0].reply: reply: 'no' has no line"),
        (with_outcome(reply="354 Go on"), "outcomes[0].reply: '354 Go on' decides nothing"),
        (with_outcome(reply="550 No", diagnostic="x"), "outcomes[0].diagnostic: give this, or"),
        (with_outcome(status="5.1.1", diagnostic="a\nb"), "outcomes[0]: diagnostic"),
        (with_outcome(status="5.1.1", log_id="a\nb"), "outcomes[0]: log id"),
        (
            with_outcome(status="5.1.1", retry_until="2026-11-27T10:00:00Z"),
            "outcomes[0]: outcome: failed with a time of giving up",
        ),
        (with_outcome(status="5.1.1", is_traced=True), "outcomes[0]: outcome: failed is no relay"),
        ({**MESSAGE, "facts": []}, "facts: not an object"),
        ({**MESSAGE, "facts": {"x": 1}}, "facts.x: there is no such key"),
        ({**MESSAGE, "facts": {"hops": -1}}, "facts.hops: -1 is not a number"),
        ({**MESSAGE, "facts": {"hops": True}}, "facts.hops: True is not a number"),
        ({**MESSAGE, "facts": {"spf": "yes"}}, "facts.spf: 'yes' is none of none, neutral"),
        ({**MESSAGE, "facts": {"suppressed": [1]}}, "facts.suppressed: [1] is not a list of texts"),
        ({**MESSAGE, "facts": {"suppressed": 1}}, "facts.suppressed: 1 is not a list of texts"),
        ({**MESSAGE, "facts": {"queue_id": "a\nb"}, "outcomes": [FAILED]}, "'a\\nb' has"),
        ({**MESSAGE, "profile": "exim"}, "profile: 'exim' is none of default, submission"),
        ({**MESSAGE, "reporting_mta": "a\nb"}, "MTA name"),
        ({**MESSAGE, "languages": 7}, "languages: 7 is not a list of texts"),
        ({**MESSAGE, "is_delay_due": "no"}, "is_delay_due: 'no' is neither true nor false"),
        ({**MESSAGE, "hop": "mx"}, "hop: not an object"),
        ({**MESSAGE, "hop": {}}, "hop.name: missing"),
        ({**MESSAGE, "hop": {"name": "a\nb"}}, "hop: MTA name: "),
        ({**MESSAGE, "hop": {"name": "mx", "ehlo": "hello"}}, "hop.ehlo: reply: "),
        ({**MESSAGE, "hop": {"name": "mx", "ehlo": 7}}, "hop.ehlo: 7 is not a list of texts"),
        (
            {**MESSAGE, "hop": {"name": "mx", "most_recipients": 0}},
            "hop: most_recipients: 0 is not",
        ),
        (
            {**MESSAGE, "mail": "BY=10;R", "hop": {"name": "mx"}},
            "hop: relay: a message with BY needs its arrival",
        ),
        ({**MESSAGE, "aliases": []}, "aliases: not an object"),
        ({**MESSAGE, "aliases": {"a@b": 7}}, "aliases.a@b: 7 is not a list of texts"),
        ({**MESSAGE, "aliases": {"a@b": []}}, "aliases.a@b: expansion: the alias leads nowhere"),
        ({**MESSAGE, "aliases": {"a@b": ["<>"]}}, "aliases.a@b: expansion: '<>' cannot"),
        ({**MESSAGE, "aliases": {"a@b": {"x": 1}}}, "aliases.a@b.x: there is no such key"),
        (
            {**MESSAGE, "aliases": {"a@b": {"kind": "group"}}},
            "aliases.a@b.kind: 'group' is none of alias, confidential, list",
        ),
        (
            {**MESSAGE, "aliases": {"a@b": {"kind": "list", "targets": ["c@d"]}}},
            "aliases.a@b.owner: missing",
        ),
        (
            {**MESSAGE, "aliases": {"a@b": {"targets": ["c@d"], "owner": "e@f"}}},
            "aliases.a@b: expansion: kind alias with owner 'e@f'",
        ),
        ({**MESSAGE, "sender": "\ud800@b"}, "sender: "),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_description_that_cannot_be_used(
    run_plan: Callable[..., Run], description: object, complaint: str
) -> None:
    """One line names the place; nothing is printed, and the exit code is that of bad data."""
    code, out, err = run_plan(description)

    assert (Exit.BAD_DATA, "") == (code, out)
    assert err.startswith("dsnlib: ")
    assert complaint in err
    assert 1 == err.count("\n")


def test_an_array_of_one(answer: Callable[..., dict[str, Any]]) -> None:
    """An array with one description is that description."""
    assert 1 == len(answer([{**MESSAGE, "outcomes": [FAILED]}])["notifications"])


# A description in which everything is said, and what may stand in a place of it.
WHOLE: dict[str, Any] = {
    **ALIASES,
    "smtputf8": True,
    "arrival": "2026-11-22T10:04:00+01:00",
    "received_from": "client.example.org",
    "outcomes": [
        {
            "recipient": "a@example.com",
            "disposition": "delayed",
            "reply": "451 4.4.1 Later",
            "attempted": "2026-11-22T10:05:00Z",
            "retry_until": "2026-11-27T10:04:00Z",
            "log_id": "7",
            "is_traced": False,
            "is_delay_reported": True,
        },
        {"recipient": "m@example.com", "status": "5.1.1", "diagnostic": "no"},
    ],
    "facts": {
        "queue_id": "4F",
        "header": "To: x\n",
        "hops": 3,
        "spf": "pass",
        "suppressed": ["oof"],
    },
    "profile": "mx",
    "is_delay_due": True,
    "languages": ["de"],
    "hop": {"name": "mx.example.com", "ehlo": ["DSN"], "is_tls": True, "most_recipients": 2},
}


def test_everything_can_be_told(answer: Callable[..., dict[str, Any]]) -> None:
    """A description may have every key at once."""
    found = answer(WHOLE)

    assert [("failure", "ann@example.org"), ("expanded", "ann@example.org")] == [
        (each["kind"], each["sender"]) for each in found["notifications"]
    ][:2]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=9),
    st.sampled_from(
        ["", "<>", "a@b", "5.1.1", "2.0.0", "250 ok", "NEVER", "BY=1;R", "x@y>", "\udcff"]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


def places(value: object) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to each place in a JSON value."""
    members = value.items() if isinstance(value, dict) else ()
    for key, member in [*members, *(enumerate(value) if isinstance(value, list) else ())]:
        yield (key,)
        yield from ((key, *rest) for rest in places(member))


def replaced(value: Any, place: tuple[str | int, ...], new: object) -> Any:  # noqa: ANN401  any JSON
    """Return the value with another at a place."""
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy


@given(st.lists(st.tuples(st.sampled_from([*places(WHOLE)]), VALUES), max_size=2))
def test_no_description_is_a_fault_of_ours(
    changes: list[tuple[tuple[str | int, ...], Any]],
) -> None:
    """Whatever stands in it, a description is answered, or refused in words."""
    description = WHOLE
    for place, new in changes:
        # A change before may have taken the place away.
        with contextlib.suppress(KeyError, IndexError, TypeError, AttributeError):
            description = replaced(description, place, new)
    reporter = Reporter.parse("mail.example.org")
    now = dt.datetime(2026, 11, 22, 10, 14, tzinfo=dt.UTC)
    # Refused in words.
    with contextlib.suppress(DsnError):
        read = read_message_description(json.dumps(description))
        found = answer_message(read, PROFILES["mx"], reporter, now=now)

        assert answer_text(found)
        assert json.loads(json_text(answer_record(found)))
