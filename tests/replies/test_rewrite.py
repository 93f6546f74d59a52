"""The last hand on replies and outcomes: five rules in order, once, and never to the worse."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.rewrite import (
    RewriteRules,
    RewrittenOutcome,
    RewrittenReply,
    rewrite_outcome,
    rewrite_remote_reply,
    rewrite_reply,
    soften,
)
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import Table
from tests.growth import BOUND, growth
from tests.replies.fake_tables import BrokenTable, Counting, FixedTable, FunctionTable, SlowTable
from tests.replies.reply_strategies import filter_tables, rewrite_rules, stages, verbs
from tests.strategies import delivery_outcomes, smtp_replies, wire_texts

NONE = RewriteRules(adds_status=False, fits_stage=False)
SOFT = RewriteRules(soft_bounce=True)
SOFT_ALONE = RewriteRules(adds_status=False, fits_stage=False, soft_bounce=True)
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


def table(answer: str, name: str = "filter") -> FunctionTable:
    """Return a table that answers always the same."""
    return FunctionTable(lambda _: answer, name)


def rewritten(text: str, rules: RewriteRules, verb: str = "*") -> str:
    """Return what a reply becomes, as text."""
    return str(rewrite_reply(SmtpReply.parse(text), verb=verb, rules=rules).reply)


@pytest.mark.requirement("2034-4-04")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("550 5.1.1 no", "450 4.1.1 no", id="code and status"),
        pytest.param(
            "550-5.1.1 no\n550-5.1.1 such\n550 5.1.1 user",
            "450-4.1.1 no\n450-4.1.1 such\n450 4.1.1 user",
            id="every line",
        ),
        pytest.param("501 Syntax: HELO name", "401 Syntax: HELO name", id="no status"),
        pytest.param("502-a\n502 b", "402-a\n402 b", id="no status, every line"),
        pytest.param("521 5.3.2 no mail here", "421 4.3.2 no mail here", id="that ends a session"),
        pytest.param("554 5.7.1 no, 554 5.7.1", "454 4.7.1 no, 554 5.7.1", id="text stays"),
        pytest.param("599 5.999.999 x", "499 4.999.999 x", id="ends of the range"),
        pytest.param("500 x", "400 x", id="other end"),
        pytest.param("450 4.1.1 no", "450 4.1.1 no", id="soft already"),
        pytest.param("354 go on", "354 go on", id="3yz"),
        pytest.param("250 2.0.0 550 5.1.1", "250 2.0.0 550 5.1.1", id="success"),
    ],
)
def test_soft_bounce(before: str, after: str) -> None:
    """A refusal for good is one for now, in its code and in the status of every line."""
    assert after == str(soften(SmtpReply.parse(before)))
    assert after == rewritten(before, SOFT_ALONE)
    assert after == str(rewrite_remote_reply(SmtpReply.parse(before), rules=SOFT).reply)
    done = rewrite_reply(SmtpReply.parse(before), verb="*", rules=SOFT_ALONE)
    assert (() if before == after else ("soft-bounce",)) == done.fired


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        ("250 fine", "MAIL", "250 2.1.0 fine"),
        ("250 fine", "rcpt", "250 2.1.5 fine"),
        ("550-no\n550 such user", "RCPT", "550-5.0.0 no\n550 5.0.0 such user"),
        ("550  no", "RCPT", "550 5.0.0 no"),
        ("550 Xenon", "RCPT", "550 5.0.0 Xenon"),
        ("250  mx", "EHLO", "250  mx"),
        ("550 \t", "RCPT", "550 5.0.0 "),
        # What is behind the blank is text, because a status begins the text.
        ("550  5.1.1 no", "RCPT", "550 5.0.0 5.1.1 no"),
        ("550 5.1.1x no", "RCPT", "550 5.0.0 5.1.1x no"),
        ("354 go on", "DATA", "354 go on"),
        ("250-mx\n250 DSN", "EHLO", "250-mx\n250 DSN"),
        ("220 mx ESMTP", "", "220 mx ESMTP"),
        ("554 5.3.2 no", "", "554 5.3.2 no"),
        ("553 no", "MAIL", "553 5.1.7 no"),
    ],
)
def test_bare_reply_gets_a_status(before: str, verb: str, after: str) -> None:
    """A status is put before every line, where code and command imply one."""
    done = rewrite_reply(SmtpReply.parse(before), verb=verb)

    assert after == str(done.reply)
    assert (() if before == after else ("default-status",)) == done.fired
    assert SmtpReply.parse(before) == done.original
    assert before == rewritten(before, NONE, verb)


@pytest.mark.parametrize(
    ("stage", "verb", "expected"),
    [
        pytest.param(None, "MAIL", "5.1.7", id="MAIL"),
        pytest.param(None, "rcpt", "5.1.1", id="RCPT"),
        pytest.param(None, "AUTH", "5.0.0", id="AUTH"),
        pytest.param(None, "DATA", "5.1.1", id="DATA, whose refusals may be of a recipient"),
        pytest.param(None, ".", "5.1.1", id="end of the text"),
        pytest.param(None, "*", "5.1.1", id="not said"),
        pytest.param(Stage.SENDER, "RCPT", "5.1.7", id="a sender, refused at RCPT"),
        pytest.param(Stage.CLIENT, "RCPT", "5.0.0", id="a client, refused at RCPT"),
        pytest.param(Stage.RECIPIENT, ".", "5.1.1", id="a recipient, refused at the end"),
        pytest.param(Stage.OTHER, "*", "5.0.0", id="a command"),
    ],
)
def test_status_fits_what_the_reply_is_about(stage: Stage | None, verb: str, expected: str) -> None:
    """The stage that is given counts, or that of the command; without either the status stays."""
    reply = SmtpReply.parse("550-5.1.1 no\n550 5.1.1 such user")
    done = rewrite_reply(reply, stage=stage, verb=verb)
    off = rewrite_reply(reply, stage=stage, verb=verb, rules=NONE)

    assert f"550-{expected} no\n550 {expected} such user" == str(done.reply)
    assert (() if expected == "5.1.1" else ("fit-stage",)) == done.fired
    assert (reply, ()) == (off.reply, off.fired)


def test_nothing_but_status_and_stage_unless_asked_for() -> None:
    """A site that says nothing has these two rules in force, and no other."""
    assert (
        RewriteRules(
            adds_status=True,
            fits_stage=True,
            reply_filters=(),
            status_filters=(),
            may_harden=False,
            soft_bounce=False,
        )
        == RewriteRules()
    )
    assert "550 5.0.0 no" == rewritten("550 no", RewriteRules())
    filtering = RewriteRules(reply_filters=[table("x")], status_filters=[table("x")])
    assert {tuple} == {type(filtering.reply_filters), type(filtering.status_filters)}


@pytest.mark.parametrize("type_", [RewriteRules, RewrittenReply, RewrittenOutcome])
def test_fields_are_named(type_: Callable[..., object]) -> None:
    """Switches, and what was and is, are told apart by name alone."""
    with pytest.raises(TypeError, match="positional"):
        type_(SmtpReply(250), SmtpReply(250))


@pytest.mark.parametrize("text", ["250 2.1.5 fine", "550 5.1.1 no", "354 go on", "450 4.2.1 a"])
def test_what_needs_no_rule_is_the_very_reply(text: str) -> None:
    """A reply that is right costs no copy."""
    reply = SmtpReply.parse(text)

    assert reply is rewrite_reply(reply, verb="RCPT").reply
    assert reply is rewrite_remote_reply(reply).reply


@pytest.mark.parametrize(
    ("before", "answer", "after"),
    [
        pytest.param("550 5.1.1 no", "5.1.1 gone", "550 5.1.1 gone", id="text"),
        pytest.param("550 5.1.1 no", "5.2.1 no", "550 5.2.1 no", id="status"),
        pytest.param("550 5.1.1 no", "4.2.1 no", "450 4.2.1 no", id="code follows the class"),
        pytest.param("521 5.3.2 no", "4.3.2 no", "421 4.3.2 no", id="the rest of the code stays"),
        pytest.param("550 5.1.1 no", "5.1.1", "550 5.1.1 ", id="no text"),
        pytest.param("550 5.1.1 no", "5.1.1   wide", "550 5.1.1 wide", id="blanks"),
        pytest.param(
            "550-5.1.1 a\n550 5.1.1 b", "4.2.1 c", "450-4.2.1 a\n450 4.2.1 c", id="the last line"
        ),
        pytest.param("250 2.0.0 yes", "2.1.5 indeed", "250 2.1.5 indeed", id="success"),
    ],
)
def test_status_filter(before: str, answer: str, after: str) -> None:
    """It is asked with the status and the last line, and every line has what it answers."""
    rules = RewriteRules(status_filters=[table(answer)])
    done = rewrite_reply(SmtpReply.parse(before), rules=rules)

    assert after == str(done.reply)
    assert ("status-filter:filter",) == done.fired
    assert SmtpReply.parse(before) == done.original


def test_status_filter_is_asked_with_the_last_line() -> None:
    """The last line is the one that counts."""
    counting = Counting(FixedTable())

    rewritten("550-5.1.1 a\n550 5.1.1 b", RewriteRules(status_filters=[counting]))

    assert ["5.1.1 b"] == counting.asked


@pytest.mark.parametrize(("text", "verb"), [("354 go", "DATA"), ("250 mx", "EHLO")])
def test_status_filter_is_not_asked_without_a_status(text: str, verb: str) -> None:
    """What has no status is no question for it."""
    counting = Counting(table("2.0.0 x"))

    assert text == rewritten(text, RewriteRules(status_filters=[counting]), verb)
    assert [] == counting.asked


def test_status_filter_hardens_if_it_may() -> None:
    """With `may_harden` a refusal for now becomes one for good, its code too."""
    filters = [table("5.2.2 full")]
    hard = RewriteRules(status_filters=filters, may_harden=True)

    assert "552 5.2.2 full" == rewritten("452 4.2.2 full", hard)
    soft = rewrite_reply(
        SmtpReply.parse("452 4.2.2 full"), rules=RewriteRules(status_filters=filters)
    )
    assert ("452 4.2.2 full", ()) == (str(soft.reply), soft.fired)
    assert 1 == len(soft.defects)


def test_reply_filter_hardens_if_it_may() -> None:
    """As the other kind does."""
    filters = [table("552 5.2.2 full")]

    hard = RewriteRules(reply_filters=filters, may_harden=True)
    assert "552 5.2.2 full" == rewritten("452 4.2.2 full", hard)
    assert "452 4.2.2 full" == rewritten("452 4.2.2 full", RewriteRules(reply_filters=filters))


def test_reply_filter_on_one_line_of_several() -> None:
    """The line is changed and the others stay."""
    rows = {"550-5.1.1 b": "550-5.1.1 changed"}
    rules = RewriteRules(reply_filters=[FixedTable(rows)])
    done = rewrite_reply(SmtpReply.parse("550-5.1.1 a\n550-5.1.1 b\n550 5.1.1 c"), rules=rules)

    assert "550-5.1.1 a\n550-5.1.1 changed\n550 5.1.1 c" == str(done.reply)
    assert ("reply-filter:fixed",) == done.fired


def test_all_rules_in_their_order() -> None:
    """Each rule sees what the one before made, and each that changed something is named."""
    replies = Counting(FunctionTable(lambda key: key.replace("no", "nobody"), "replies"))
    statuses = Counting(FunctionTable(lambda key: key.replace("5.1.7", "5.7.27"), "statuses"))
    rules = RewriteRules(reply_filters=[replies], status_filters=[statuses], soft_bounce=True)

    bare = rewrite_reply(SmtpReply.parse("553 no"), stage=Stage.SENDER, verb="RCPT", rules=rules)

    assert ["553 5.1.7 no"] == replies.asked
    assert ["5.1.7 nobody"] == statuses.asked
    assert "453 4.7.27 nobody" == str(bare.reply)
    assert SmtpReply.parse("553 no") == bare.original
    assert (
        "default-status",
        "fit-stage",
        "reply-filter:replies",
        "status-filter:statuses",
        "soft-bounce",
    ) == bare.fired
    assert () == bare.defects


def test_defects_of_filters_are_kept_in_order() -> None:
    """What could not be done is told, of replies first, and the reply goes out all the same."""
    rules = RewriteRules(
        reply_filters=[BrokenTable(ValueError("bad"), name="replies")],
        status_filters=[SlowTable(name="statuses")],
        soft_bounce=True,
    )
    done = rewrite_reply(SmtpReply.parse("550 5.1.1 no"), verb="RCPT", rules=rules)

    assert "450 4.1.1 no" == str(done.reply)
    assert ("soft-bounce",) == done.fired
    assert [
        "replies: '550 5.1.1 no': ValueError: bad",
        "statuses: '5.1.1 no': it does not answer at once",
    ] == [defect.message for defect in done.defects]


@pytest.mark.parametrize(
    ("before", "rules", "after"),
    [
        pytest.param("550 no", RewriteRules(), "550 no", id="no status is added"),
        pytest.param("550 5.1.7 no", RewriteRules(), "550 5.1.7 no", id="no status is corrected"),
        pytest.param("550 5.1.1 550 5.1.1", SOFT, "450 4.1.1 550 5.1.1", id="soft bounce"),
        pytest.param(
            "550 5.1.1 no",
            RewriteRules(reply_filters=[table("450 4.2.1 later")]),
            "450 4.2.1 later",
            id="reply filter",
        ),
        pytest.param(
            "550 5.1.1 no",
            RewriteRules(status_filters=[table("4.2.1 later")]),
            "450 4.2.1 later",
            id="status filter",
        ),
    ],
)
def test_remote_reply(before: str, rules: RewriteRules, after: str) -> None:
    """What another server said is interpreted as filters and soft bounce have it, and is kept."""
    done = rewrite_remote_reply(SmtpReply.parse(before), rules=rules)

    assert after == str(done.reply)
    assert before == str(done.original)


def test_remote_reply_without_rules() -> None:
    """It stays as it is."""
    reply = SmtpReply.parse("550 no")

    assert RewrittenReply(reply=reply, original=reply) == rewrite_remote_reply(reply)


RECIPIENT = Recipient("bob@example.org")


def outcome(disposition: Disposition, status: str, **fields: Any) -> DeliveryOutcome:  # noqa: ANN401  whatever the value takes
    """Return an outcome."""
    return DeliveryOutcome(
        recipient=RECIPIENT,
        disposition=disposition,
        status=EnhancedStatusCode.parse(status),
        diagnostic=DiagnosticCode("smtp", "550 5.1.1 no"),
        remote_mta=MtaName("dns", "mx.example.org"),
        attempted=NOW,
        **fields,
    )


HARDENING = RewriteRules(status_filters=[table("5.4.7 enough")], may_harden=True)
SOFTENING = RewriteRules(status_filters=[table("4.2.1 wait")])
BOTH = attrs.evolve(HARDENING, soft_bounce=True)
FAILED, DELAYED, DELIVERED = Disposition.FAILED, Disposition.DELAYED, Disposition.DELIVERED


@pytest.mark.parametrize(
    ("before", "rules", "after"),
    [
        pytest.param((FAILED, "5.1.1"), SOFT, (DELAYED, "4.1.1"), id="failure, soft bounce"),
        pytest.param((FAILED, "5.1.1"), NONE, (FAILED, "5.1.1"), id="failure"),
        # Mail given up; that it is of class 4 is no news.
        pytest.param((FAILED, "4.4.7"), SOFT, (FAILED, "4.4.7"), id="given up, soft bounce"),
        pytest.param((DELAYED, "4.4.1"), SOFT, (DELAYED, "4.4.1"), id="delay, soft bounce"),
        pytest.param((DELIVERED, "2.0.0"), SOFT, (DELIVERED, "2.0.0"), id="success, soft bounce"),
        pytest.param((FAILED, "5.1.1"), SOFTENING, (DELAYED, "4.2.1"), id="failure, softened"),
        pytest.param((FAILED, "4.4.7"), SOFTENING, (FAILED, "4.2.1"), id="given up, other status"),
        pytest.param((DELAYED, "4.4.1"), SOFTENING, (DELAYED, "4.2.1"), id="delay, other status"),
        pytest.param((DELAYED, "4.4.1"), HARDENING, (FAILED, "5.4.7"), id="delay, hardened"),
        pytest.param((FAILED, "4.4.7"), HARDENING, (FAILED, "5.4.7"), id="given up, hardened"),
        pytest.param((FAILED, "5.1.1"), HARDENING, (FAILED, "5.4.7"), id="failure, other status"),
        pytest.param((DELIVERED, "2.0.0"), HARDENING, (DELIVERED, "2.0.0"), id="success, hardened"),
        pytest.param((DELIVERED, "2.0.0"), SOFTENING, (DELIVERED, "2.0.0"), id="success, softened"),
        pytest.param((FAILED, "5.1.1"), BOTH, (DELAYED, "4.4.7"), id="failure, both"),
        pytest.param((DELAYED, "4.4.1"), BOTH, (DELAYED, "4.4.7"), id="delay, both"),
        pytest.param((FAILED, "4.4.7"), BOTH, (FAILED, "4.4.7"), id="given up, both"),
    ],
)
def test_outcome(
    before: tuple[Disposition, str], rules: RewriteRules, after: tuple[Disposition, str]
) -> None:
    """What turns soft waits, what turns hard fails, and the rest is kept as it was."""
    first = outcome(*before)
    done = rewrite_outcome(first, text="no", rules=rules)

    assert outcome(*after) == done.outcome
    assert first is done.original


@pytest.mark.parametrize(
    ("before", "rules", "after"),
    [
        pytest.param((FAILED, "5.1.1"), SOFT, (FAILED, "5.1.1"), id="soft bounce"),
        pytest.param((FAILED, "4.4.7"), SOFT, (FAILED, "4.4.7"), id="of class 4"),
        pytest.param((FAILED, "5.1.1"), SOFTENING, (FAILED, "4.2.1"), id="softened"),
        pytest.param((FAILED, "4.4.7"), HARDENING, (FAILED, "5.4.7"), id="hardened"),
        pytest.param((FAILED, "4.4.7"), BOTH, (FAILED, "5.4.7"), id="both"),
        pytest.param((DELAYED, "4.4.1"), HARDENING, (FAILED, "5.4.7"), id="a delay, hardened"),
        pytest.param((DELAYED, "4.4.1"), SOFTENING, (DELAYED, "4.2.1"), id="a delay"),
    ],
)
def test_expired_outcome(
    before: tuple[Disposition, str], rules: RewriteRules, after: tuple[Disposition, str]
) -> None:
    """Mail at the end of its lifetime is returned, whatever soft bounce and filters say."""
    done = rewrite_outcome(outcome(*before), text="no", rules=rules, is_expired=True)

    assert outcome(*after) == done.outcome


@pytest.mark.parametrize("is_expired", [False, True])
def test_hardened_delay_has_no_future(*, is_expired: bool) -> None:
    """A failure has no time of giving up, and is not late."""
    first = outcome(DELAYED, "4.4.1", retry_until=NOW, is_late=True, is_delay_reported=True)
    done = rewrite_outcome(first, rules=HARDENING, is_expired=is_expired)

    assert outcome(FAILED, "5.4.7", is_delay_reported=True) == done.outcome


def test_delay_keeps_its_future() -> None:
    """What a filter hardens and soft bounce softens again is the delay that it was."""
    first = outcome(DELAYED, "4.4.1", retry_until=NOW, is_late=True)
    done = rewrite_outcome(first, rules=BOTH)

    assert outcome(DELAYED, "4.4.7", retry_until=NOW, is_late=True) == done.outcome
    assert ("status-filter:filter", "soft-bounce") == done.fired


def test_outcome_tells_what_fired() -> None:
    """Rules that changed something are named, filters that could not are told of."""
    filters: list[Table] = [BrokenTable(ValueError("bad")), FixedTable({"5.1.1 no": "5.7.1 yes"})]
    rules = RewriteRules(status_filters=filters, soft_bounce=True)
    done = rewrite_outcome(outcome(FAILED, "5.1.1"), text="no", rules=rules)

    assert outcome(DELAYED, "4.7.1") == done.outcome
    assert "yes" == done.text
    assert ("status-filter:fixed", "soft-bounce") == done.fired
    assert ["broken: '5.1.1 no': ValueError: bad"] == [each.message for each in done.defects]


def test_last_word_of_a_text_is_no_status() -> None:
    """The status is the first word of what a filter answers, the rest is text."""
    rules = RewriteRules(status_filters=[table("5.7.1 not for 5.1.1")])
    done = rewrite_outcome(outcome(FAILED, "5.1.1"), rules=rules)

    assert (outcome(FAILED, "5.7.1"), "not for 5.1.1") == (done.outcome, done.text)


@pytest.mark.parametrize(
    ("disposition", "status"), [(FAILED, "4.4.7"), (DELAYED, "4.4.1"), (DELIVERED, "2.0.0")]
)
def test_soft_bounce_fires_for_hard_failures_alone(disposition: Disposition, status: str) -> None:
    """What is no failure for good is the very outcome that it was, and no rule is named."""
    first = outcome(disposition, status)
    done = rewrite_outcome(first, rules=SOFT)

    assert first is done.outcome
    assert () == done.fired


@pytest.mark.parametrize(
    "rules", [RewriteRules(), SOFT, RewriteRules(status_filters=[FixedTable()])]
)
def test_outcome_keeps_its_text(rules: RewriteRules) -> None:
    """The text is the one given where no filter has another; without one it is empty."""
    assert " no " == rewrite_outcome(outcome(FAILED, "5.1.1"), text=" no ", rules=rules).text
    assert "" == rewrite_outcome(outcome(FAILED, "5.1.1"), rules=rules).text


def test_outcome_without_rules() -> None:
    """It stays as it is; a reply's rules are no rules of outcomes."""
    first = outcome(FAILED, "5.1.8")
    filters = RewriteRules(reply_filters=[table("450 4.2.1 wait")])

    assert RewrittenOutcome(outcome=first, original=first) == rewrite_outcome(first)
    assert RewrittenOutcome(outcome=first, original=first) == rewrite_outcome(first, rules=filters)


@given(reply=smtp_replies(), stage=st.none() | stages(), verb=verbs(), rules=rewrite_rules())
def test_rewriting_again_gives_the_very_result(
    reply: SmtpReply, stage: Stage | None, verb: str, rules: RewriteRules
) -> None:
    """What is rewritten comes back, under whatever rules; so filters answer once."""
    done = rewrite_reply(reply, stage=stage, verb=verb, rules=rules)
    remote = rewrite_remote_reply(reply, rules=rules)

    assert done is rewrite_reply(done, stage=stage, verb=verb, rules=rules)
    assert done is rewrite_reply(done, rules=SOFT)
    assert done is rewrite_remote_reply(done, rules=SOFT)
    assert remote is rewrite_remote_reply(remote, rules=rules)
    assert remote is rewrite_reply(remote, rules=SOFT)


@given(
    reply=smtp_replies(),
    stage=st.none() | stages(),
    verb=verbs(),
    switches=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_rules_without_filters_are_idempotent(
    reply: SmtpReply, stage: Stage | None, verb: str, switches: tuple[bool, bool, bool]
) -> None:
    """A reply that the rules have made is one that they leave alone."""
    adds, fits, softens = switches
    rules = RewriteRules(adds_status=adds, fits_stage=fits, soft_bounce=softens)
    first = rewrite_reply(reply, stage=stage, verb=verb, rules=rules)
    again = rewrite_reply(first.reply, stage=stage, verb=verb, rules=rules)

    assert first.reply == again.reply
    assert () == again.fired
    assert (first.fired == ()) == (first.reply == reply)


@given(reply=smtp_replies(), stage=st.none() | stages(), verb=verbs(), rules=rewrite_rules())
def test_any_rewriting(
    reply: SmtpReply, stage: Stage | None, verb: str, rules: RewriteRules
) -> None:
    """Severity rises only where it may, lines stay as many, a strict client reads the result."""
    for done in (
        rewrite_reply(reply, stage=stage, verb=verb, rules=rules),
        rewrite_remote_reply(reply, rules=rules),
    ):
        now = done.reply
        assert reply is done.original
        assert len(reply.lines) == len(now.lines)
        assert now == SmtpReply.parse(str(now))
        assert rules.may_harden or now.code // 100 <= reply.code // 100
        assert (now.code // 100 in (4, 5)) == (reply.code // 100 in (4, 5))
        assert not rules.soft_bounce or now.code // 100 != 5
        assert done.fired or now is reply


@given(reply=smtp_replies(), stage=st.none() | stages(), verb=verbs(), rules=rewrite_rules())
def test_without_filters_texts_stay(
    reply: SmtpReply, stage: Stage | None, verb: str, rules: RewriteRules
) -> None:
    """Our rules change codes: of our own text no more than blanks before it, of others' nothing."""
    rules = attrs.evolve(rules, reply_filters=(), status_filters=())
    ours = rewrite_reply(reply, stage=stage, verb=verb, rules=rules).reply
    remote = rewrite_remote_reply(reply, rules=rules).reply

    assert [line.lstrip(" \t") for line in reply.lines] == [
        line.lstrip(" \t") for line in ours.lines
    ]
    assert reply.lines == remote.lines
    assert reply.code % 100 == ours.code % 100 == remote.code % 100


@given(
    before=delivery_outcomes(), text=wire_texts(), rules=rewrite_rules(), is_expired=st.booleans()
)
def test_any_rewriting_of_an_outcome(
    before: DeliveryOutcome, text: str, rules: RewriteRules, *, is_expired: bool
) -> None:
    """A success stays one, nothing gets worse unless it may, and what is done is done."""
    done = rewrite_outcome(before, text=text, rules=rules, is_expired=is_expired)
    now = done.outcome

    assert done is rewrite_outcome(done, rules=SOFT)
    assert before is done.original
    assert (before.status.class_ == 2) == (now.status.class_ == 2)
    assert now.status.class_ != 2 or now.disposition is before.disposition
    assert rules.may_harden or now.status.class_ <= before.status.class_
    assert not is_expired or before.disposition is not FAILED or now.disposition is FAILED
    assert is_expired or not rules.soft_bounce or now.status.class_ != 5
    assert done.fired or now is before
    same = attrs.evolve(
        now,
        status=before.status,
        disposition=before.disposition,
        retry_until=before.retry_until,
        is_late=before.is_late,
    )
    assert before == same


@given(before=delivery_outcomes(), softens=st.booleans(), is_expired=st.booleans())
def test_rewriting_of_an_outcome_is_idempotent(
    before: DeliveryOutcome, *, softens: bool, is_expired: bool
) -> None:
    """Soft bounce leaves alone what it has made."""
    rules = RewriteRules(soft_bounce=softens)
    first = rewrite_outcome(before, rules=rules, is_expired=is_expired)
    again = rewrite_outcome(first.outcome, rules=rules, is_expired=is_expired)

    assert (first.outcome, ()) == (again.outcome, again.fired)


@given(before=delivery_outcomes(), tables=st.lists(filter_tables(), min_size=1, max_size=2))
def test_rules_of_replies_say_nothing_of_outcomes(
    before: DeliveryOutcome, tables: list[Table]
) -> None:
    """An outcome is no reply: its status is not fitted, and reply filters are not asked."""
    counting = [Counting(each) for each in tables]

    assert before is rewrite_outcome(before, rules=RewriteRules(reply_filters=counting)).outcome
    assert [[]] * len(counting) == [each.asked for each in counting]


def test_twice_the_lines_take_twice_the_time() -> None:
    """Work is linear in a reply: under three times as long for twice the lines."""
    rules = RewriteRules(
        reply_filters=[FunctionTable(lambda key: key + "!")],
        status_filters=[FunctionTable(lambda key: key + "!")],
        soft_bounce=True,
    )

    def rewrite(count: int) -> object:
        reply = SmtpReply(550, EnhancedStatusCode(5, 1, 1), ("no",) * count)
        return rewrite_reply(reply, stage=Stage.SENDER, rules=rules)

    assert growth(lambda count: lambda: rewrite(count), 1 << 14) < BOUND


def test_reply_class_is_told() -> None:
    """The reply code decides; a status of another class was corrected when it was read."""
    done = rewrite_reply(SmtpReply.read("550 4.7.1 no"), verb="RCPT")

    assert ("550 5.7.1 no", ("reply-class",)) == (str(done.reply), done.fired)


def test_bare_remote_reply_is_filtered_by_its_class() -> None:
    """A status filter sees X.0.0 where another server gave no status; ours are not so filtered."""
    table = FunctionTable(lambda key: "4.7.0 wait" if key == "5.0.0 slow down" else None, "quiet")
    rules = RewriteRules(status_filters=[table], adds_status=False)
    bare = SmtpReply.parse("554 slow down")

    assert "454 4.7.0 wait" == str(rewrite_remote_reply(bare, rules=rules).reply)
    assert bare == rewrite_reply(bare, rules=rules).reply
    going_on = SmtpReply.parse("354 slow down")
    assert going_on == rewrite_remote_reply(going_on, rules=rules).reply
