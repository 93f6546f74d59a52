"""Each rule against backscatter and loops: when it stops, when it yields, how it is switched."""

from typing import Any

import pytest

from dsnlib.errors import InvalidValue
from dsnlib.model.esmtp import Notify
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.guard import GUARDS, Guards, ask_guards
from dsnlib.policy.trail import Effect
from tests.policy.cases import SENDER, envelope

EVENTS = (Notify.SUCCESS, Notify.FAILURE, Notify.DELAY)
ALL = frozenset(EVENTS)
BOTH = frozenset({Notify.SUCCESS, Notify.DELAY})
NONE = frozenset[Notify]()


def stopped_by(
    rule: str,
    sender: str = SENDER,
    *,
    is_requested: bool = False,
    **facts: Any,  # noqa: ANN401  whatever the value takes
) -> frozenset[Notify]:
    """Return the events that one rule stops."""
    return frozenset(
        event
        for event in EVENTS
        if any(
            entry.effect is Effect.STOPPED
            for entry in ask_guards(
                Guards(enabled={rule}),
                envelope(sender=sender),
                MessageFacts(**facts),
                event,
                is_requested=is_requested,
            )
        )
    )


@pytest.mark.parametrize(
    ("rule", "sender", "facts", "expected"),
    [
        pytest.param("bounce-like-sender", "MAILER-DAEMON@x.org", {}, ALL, id="mailer-daemon"),
        pytest.param("bounce-like-sender", "mailer-daemon", {}, ALL, id="without a domain"),
        pytest.param("bounce-like-sender", "double-bounce@x.org", {}, ALL, id="double-bounce"),
        pytest.param("bounce-like-sender", "#@[]", {}, ALL, id="qmail"),
        pytest.param("bounce-like-sender", "#@x.org", {}, NONE, id="hash of somebody"),
        pytest.param("bounce-like-sender", SENDER, {}, NONE, id="a person"),
        pytest.param("bounce-like-sender", "@a.org:mailer-daemon@x.org", {}, ALL, id="a route"),
        pytest.param("no-reply-sender", "@a.org:noreply@x.org", {}, ALL, id="a route to no-reply"),
        pytest.param("no-reply-sender", "No-Reply@x.org", {}, ALL, id="no-reply"),
        pytest.param("no-reply-sender", "shop+donotreply@x.org", {}, ALL, id="plus donotreply"),
        pytest.param("no-reply-sender", "noreply+shop@x.org", {}, ALL, id="noreply plus"),
        *(
            pytest.param("no-reply-sender", f"{name}@x.org", {}, ALL, id=name)
            for name in ("noreply", "no_reply", "do-not-reply")
        ),
        pytest.param("no-reply-sender", "reply@x.org", {}, NONE, id="reply"),
        pytest.param("report-about-report", SENDER, {"is_report": True}, ALL, id="a report"),
        pytest.param("report-about-report", SENDER, {}, NONE, id="no report"),
        pytest.param("auto-submitted", SENDER, {"auto_submitted": "auto-replied"}, ALL, id="auto"),
        pytest.param("auto-submitted", SENDER, {"auto_submitted": "no"}, NONE, id="by hand"),
        pytest.param("auto-submitted", SENDER, {}, NONE, id="not said"),
        pytest.param(
            "list-mail", SENDER, {"is_bulk": True}, frozenset({Notify.DELAY}), id="list mail"
        ),
        pytest.param("list-mail", SENDER, {}, NONE, id="no list mail"),
        pytest.param(
            "auto-response-suppress", SENDER, {"suppressed": frozenset({"dr"})},
            frozenset({Notify.SUCCESS}), id="DR",
        ),
        pytest.param(
            "auto-response-suppress", SENDER, {"suppressed": frozenset({"ndr"})},
            frozenset({Notify.FAILURE, Notify.DELAY}), id="NDR",
        ),
        pytest.param(
            "auto-response-suppress", SENDER, {"suppressed": frozenset({"all"})}, ALL, id="All"
        ),
        pytest.param(
            "auto-response-suppress", SENDER, {"suppressed": frozenset({"oof", "rn"})}, NONE,
            id="OOF, RN",
        ),
        pytest.param(
            "spam", SENDER, {"is_spam": True}, ALL, id="spam",
            marks=pytest.mark.requirement("5321-6.2-01"),
        ),
        pytest.param("spam", SENDER, {"is_spam": False}, NONE, id="ham"),
        pytest.param("spam", SENDER, {}, NONE, id="nobody looked"),
        pytest.param("spf-fail", SENDER, {"spf": SpfResult.FAIL}, ALL, id="forged"),
        pytest.param(
            "spf-fail", SENDER, {"spf": SpfResult.FAIL, "is_authenticated": True}, NONE,
            id="forged, but known",
        ),
        pytest.param("spf-fail", SENDER, {"spf": SpfResult.SOFTFAIL}, NONE, id="softfail"),
        pytest.param("spf-fail", SENDER, {}, NONE, id="no SPF"),
        pytest.param(
            "unverified-success", SENDER, {}, frozenset({Notify.SUCCESS}), id="a stranger"
        ),
        pytest.param(
            "unverified-success", SENDER, {"spf": SpfResult.PASS}, NONE, id="SPF pass"
        ),
        pytest.param(
            "unverified-success", SENDER, {"is_authenticated": True}, NONE, id="a user"
        ),
        pytest.param(
            "hop-count", SENDER, {"hops": 101}, BOTH, id="101 hops",
            marks=pytest.mark.requirement("5321-6.3-01"),
        ),
        pytest.param("hop-count", SENDER, {"hops": 100}, NONE, id="100 hops"),
    ],
)  # fmt: skip
def test_what_a_rule_stops(
    rule: str, sender: str, facts: dict[str, Any], expected: frozenset[Notify]
) -> None:
    """Each rule stops the events it is about, on its evidence and on no other."""
    assert expected == stopped_by(rule, sender, **facts)


EVIDENCE: dict[str, dict[str, Any]] = {
    "bounce-like-sender": {"sender": "mailer-daemon@x.org"},
    "no-reply-sender": {"sender": "noreply@x.org"},
    "report-about-report": {"is_report": True},
    "auto-submitted": {"auto_submitted": "auto-generated"},
    "list-mail": {"is_bulk": True},
    "auto-response-suppress": {"suppressed": frozenset({"all"})},
    "spam": {"is_spam": True},
    "spf-fail": {"spf": SpfResult.FAIL},
    "unverified-success": {},
    "hop-count": {"hops": 1000},
}
GUESSES = {"no-reply-sender", "auto-submitted", "list-mail", "auto-response-suppress"}


@pytest.mark.requirement("3834-2-02")
@pytest.mark.parametrize("rule", EVIDENCE)
def test_guesses_yield_to_a_request(rule: str) -> None:
    """What NOTIFY asked for, a rule stops only if it has evidence."""
    stopped = stopped_by(rule, is_requested=True, **EVIDENCE[rule])

    assert (rule in GUESSES) == (stopped == NONE)


def test_every_rule_is_known_here() -> None:
    """No rule is without a test."""
    assert set(EVIDENCE) == {rule.name for rule in GUARDS}


@pytest.mark.parametrize("rule", EVIDENCE)
def test_each_rule_can_be_switched(rule: str) -> None:
    """A rule that is off is not asked; the others are."""
    everything = Guards()
    assert rule not in everything.switch(off=[rule]).enabled
    assert {rule} == everything.enabled - everything.switch(off=[rule]).enabled
    assert {rule} == Guards(enabled=()).switch(on=[rule]).enabled


@pytest.mark.parametrize("change", [{"on": ["spamm"]}, {"off": ["spamm"]}], ids=str)
def test_an_unknown_rule(change: dict[str, list[str]]) -> None:
    """A rule that there is not is an error that tells which there are."""
    with pytest.raises(InvalidValue, match=r"no rule 'spamm'; there are auto-response-suppress, "):
        Guards().switch(**change)
    with pytest.raises(InvalidValue, match="no rule 'spamm'") as caught:
        Guards(enabled=["spamm"])
    assert "spamm" == caught.value.value


def test_the_first_rule_that_stops_is_the_last_in_the_trail() -> None:
    """Rules are asked in order, and what they saw is kept."""
    entries = ask_guards(
        Guards(), envelope(), MessageFacts(is_spam=True, is_report=True), Notify.FAILURE,
        is_requested=False,
    )  # fmt: skip

    assert [("bounce-like-sender", Effect.PASSED), ("report-about-report", Effect.STOPPED)] == [
        (entry.rule, entry.effect) for entry in entries
    ]


def test_a_request_that_overrules_is_in_the_trail() -> None:
    """Where NOTIFY won, the trail says so."""
    (entry,) = ask_guards(
        Guards(enabled=["auto-submitted"]), envelope(),
        MessageFacts(auto_submitted="auto-replied"), Notify.FAILURE, is_requested=True,
    )  # fmt: skip

    assert Effect.PASSED is entry.effect
    assert "Auto-Submitted is auto-replied, but NOTIFY asks for it" == entry.why


def test_a_request_that_nothing_stops() -> None:
    """NOTIFY overrules nothing where nothing was to be overruled."""
    (entry,) = ask_guards(
        Guards(enabled=["auto-submitted"]), envelope(), MessageFacts(), Notify.FAILURE,
        is_requested=True,
    )  # fmt: skip

    assert "Auto-Submitted is None" == entry.why


@pytest.mark.parametrize(("most", "stops"), [(10, True), (11, False)])
def test_the_hop_limit_is_a_setting(most: int, stops: bool) -> None:  # noqa: FBT001  parametrized
    """A site may count fewer hops as a loop."""
    guards = Guards(enabled=["hop-count"], most_hops=most)

    (entry,) = ask_guards(
        guards, envelope(), MessageFacts(hops=11), Notify.DELAY, is_requested=False
    )

    assert stops is (entry.effect is Effect.STOPPED)
    assert "it has passed 11 systems" == entry.why


@pytest.mark.parametrize(
    ("rule", "sender", "facts", "why"),
    [
        ("bounce-like-sender", SENDER, {}, "the return path is 'ann@example.org'"),
        ("no-reply-sender", SENDER, {}, "the return path is 'ann@example.org'"),
        ("report-about-report", SENDER, {"is_report": True}, "it is a report itself"),
        ("report-about-report", SENDER, {}, "it is no report"),
        ("auto-submitted", SENDER, {}, "Auto-Submitted is None"),
        ("list-mail", SENDER, {"is_bulk": True}, "it is list or bulk mail"),
        ("list-mail", SENDER, {}, "it is no list mail"),
        (
            "auto-response-suppress", SENDER, {"suppressed": frozenset({"oof", "dr"})},
            "X-Auto-Response-Suppress is dr, oof",
        ),
        ("auto-response-suppress", SENDER, {}, "X-Auto-Response-Suppress is absent"),
        ("spam", SENDER, {"is_spam": True}, "a filter calls it spam"),
        ("spam", SENDER, {"is_spam": False}, "it is not spam"),
        ("spf-fail", SENDER, {"spf": SpfResult.SOFTFAIL}, "SPF is softfail"),
        ("spf-fail", SENDER, {}, "SPF is unknown"),
        ("hop-count", SENDER, {"hops": 3}, "it has passed 3 systems"),
    ],
)  # fmt: skip
def test_what_a_rule_saw(rule: str, sender: str, facts: dict[str, Any], why: str) -> None:
    """The trail says what each rule went by."""
    (entry,) = ask_guards(
        Guards(enabled={rule}), envelope(sender=sender), MessageFacts(**facts), Notify.DELAY,
        is_requested=False,
    )  # fmt: skip

    assert (rule, why) == (entry.rule, entry.why)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "nothing shows that the sender wrote it"),
        ({"is_authenticated": True}, "the sender is known to be the sender"),
    ],
)
def test_what_shows_that_a_sender_wrote(facts: dict[str, Any], why: str) -> None:
    """Whether a success is told to a stranger hangs on this."""
    (entry,) = ask_guards(
        Guards(enabled={"unverified-success"}), envelope(), MessageFacts(**facts),
        Notify.SUCCESS, is_requested=True,
    )  # fmt: skip

    assert why == entry.why


@pytest.mark.parametrize(
    ("rule", "requirement"),
    [
        ("bounce-like-sender", "5321-4.5.4-01"),
        ("report-about-report", "5321-4.5.4-01"),
        ("spam", "5321-6.2-01"),
        ("spf-fail", None),
        ("unverified-success", None),
        ("hop-count", "5321-6.3-01"),
        ("no-reply-sender", None),
        ("auto-submitted", "3834-2-02"),
        ("list-mail", None),
        ("auto-response-suppress", None),
    ],
)
def test_what_a_rule_follows(rule: str, requirement: str | None) -> None:
    """A rule that an RFC asks for names it, and so does the trail."""
    event = Notify.SUCCESS if rule == "unverified-success" else Notify.DELAY
    (entry,) = ask_guards(
        Guards(enabled={rule}), envelope(), MessageFacts(), event, is_requested=False
    )
    assert requirement == entry.requirement
    assert requirement == {each.name: each.requirement for each in GUARDS}[rule]


@pytest.mark.parametrize(
    "sender", ["a@noreply@x.org", "noreply@a@x.org", "x+y+noreply@x.org", "ann+mail@x.org"]
)
def test_addresses_that_are_somebody(sender: str) -> None:
    """Only the local part, or what stands behind its first plus, makes nobody of a sender."""
    assert NONE == stopped_by("no-reply-sender", sender)
