"""What travels on, to servers that know notifications and to servers that do not."""

import datetime as dt
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.address import TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import Notify, RcptParameters, parse_rcpt_parameters
from dsnlib.model.outcome import Disposition
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayPlan, RelayPolicy, plan_relay
from dsnlib.policy.trail import Effect
from tests.policy.cases import ALL_NOTIFY, NOON, asking, code, envelope, rcpt
from tests.strategies import envelopes, rcpt_parameters

DSN = NextHop.from_ehlo("mx.example.com", ["DSN"])
PLAIN = NextHop.from_ehlo("mx.example.com", [])
UTF8 = NextHop.from_ehlo("mx.example.com", ["DSN", "SMTPUTF8"])
LATER = NOON + dt.timedelta(seconds=22)


def commands(plan: RelayPlan) -> list[str]:
    """Return the commands of a plan."""
    return [
        " ".join(words)
        for each in plan.transactions
        for words in (
            (f"MAIL FROM:<{each.sender}>", *each.options),
            *((f"RCPT TO:<{to.address}>", *to.options) for to in each.recipients),
        )
    ]


@pytest.mark.requirement("3461-5.2.1-01")
@pytest.mark.requirement("3461-5.2.1-03")
@pytest.mark.requirement("3461-5.2.1-05")
@pytest.mark.requirement("3461-5.2.1-07")
@pytest.mark.requirement("3461-5.2.1-08")
@pytest.mark.requirement("3461-3-04")
def test_what_came_goes_on_octet_for_octet() -> None:
    """To a server with DSN the parameters go as they came, spelling and order included."""
    mail = envelope(
        rcpt("Bob@Example.COM", "notify=Failure,SUCCESS ORCPT=RFC822;Bob+2Bx@Example.COM"),
        rcpt("eve@example.com", "ORCPT=x400;/c+3Dxx+3B/ NOTIFY=NEVER"),
        mail="SIZE=100 EnvID=QQ+2B1 BODY=8BITMIME RET=hdrs",
    )

    assert [
        "MAIL FROM:<ann@example.org> EnvID=QQ+2B1 RET=hdrs",
        "RCPT TO:<Bob@Example.COM> notify=Failure,SUCCESS ORCPT=RFC822;Bob+2Bx@Example.COM",
        "RCPT TO:<eve@example.com> ORCPT=x400;/c+3Dxx+3B/ NOTIFY=NEVER",
    ] == commands(plan_relay(mail, DSN))


@pytest.mark.requirement("3461-5.2.1-02")
@pytest.mark.requirement("3461-5.2.1-04")
@pytest.mark.requirement("3461-5.2.1-06")
@pytest.mark.requirement("3461-5.2.1-09")
def test_nothing_is_added() -> None:
    """What was not asked for is not asked of the next server."""
    assert ["MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>"] == commands(
        plan_relay(envelope(), DSN)
    )


@pytest.mark.requirement("3461-5.2.2-01")
def test_nothing_goes_to_a_server_without_dsn() -> None:
    """None of the four parameters is sent where DSN was not announced."""
    mail = envelope(rcpt(options="NOTIFY=SUCCESS ORCPT=rfc822;b@x.org"), mail="RET=FULL ENVID=QQ1")

    assert ["MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>"] == commands(
        plan_relay(mail, PLAIN, policy=RelayPolicy(adds_orcpt=True))
    )


@given(rcpt_parameters())
def test_any_parameters_survive_a_relay(params: RcptParameters) -> None:
    """What the next server reads is what was sent here, of any parameters there can be."""
    mail = Envelope(sender="", recipients=(Recipient("b@x.org", params),), smtputf8=True)

    (transaction,) = plan_relay(mail, UTF8).transactions

    again = parse_rcpt_parameters(transaction.recipients[0].options, smtputf8=True)
    assert (params.notify, params.orcpt) == (again.notify, again.orcpt)


@pytest.mark.requirement("3461-5.2.1-09")
@pytest.mark.requirement("3461-5.2.1-10")
def test_orcpt_is_added_from_the_address_as_received() -> None:
    """Where the policy adds ORCPT it is the accepted address, not what became of it."""
    mail = envelope(
        rcpt("b@host.example", expanded_from="a@example.org"),
        rcpt("c@example.org", "ORCPT=x400;c"),
    )

    plan = plan_relay(mail, DSN, policy=RelayPolicy(adds_orcpt=True))

    assert ["ORCPT=rfc822;a@example.org", "ORCPT=x400;c"] == [
        option for each in plan.transactions[0].recipients for option in each.options
    ]
    assert ["orcpt: shaped, ORCPT is the address as received"] == [str(e) for e in plan.trail]
    assert "3461-5.2.1-10" == plan.trail[0].requirement


@pytest.mark.requirement("3461-5.2.2-06")
@pytest.mark.parametrize(
    ("hop", "separates", "expected"),
    [
        pytest.param(PLAIN, True, ["ann@example.org", ""], id="without DSN"),
        pytest.param(PLAIN, False, ["ann@example.org"], id="switched off"),
        pytest.param(DSN, True, ["ann@example.org"], id="with DSN"),
    ],
)
def test_never_goes_under_the_null_path(hop: NextHop, separates: bool, expected: list[str]) -> None:  # noqa: FBT001  parametrized
    """Recipients with NEVER go apart to a server that could tell the sender."""
    mail = envelope(*(asking(each, f"{index}@x.org") for index, each in enumerate(ALL_NOTIFY)))

    plan = plan_relay(mail, hop, policy=RelayPolicy(separates_never=separates))

    assert expected == [each.sender for each in plan.transactions]
    if "" in expected:
        assert ["1@x.org"] == [each.address for each in plan.transactions[1].recipients]
        others = [each.address for each in plan.transactions[0].recipients]
        assert [f"{index}@x.org" for index in (0, *range(2, 9))] == others
        assert "3461-5.2.2-06" == plan.trail[0].requirement
        assert "never-apart" == plan.trail[0].rule
        assert "1 recipients with NEVER go under the null return path" == plan.trail[0].why
    else:
        assert () == plan.trail


def test_the_null_path_is_not_split() -> None:
    """What has the null return path already is one transaction."""
    mail = envelope(asking(Notify.NEVER), asking(None, "a@x.org"), sender="")

    plan = plan_relay(mail, PLAIN, policy=RelayPolicy(separates_never=True))

    assert [""] == [each.sender for each in plan.transactions]


def test_too_many_recipients_for_one_transaction() -> None:
    """A server's bound on recipients splits, and loses nobody."""
    mail = envelope(*(rcpt(f"{number}@x.org") for number in range(5)))
    hop = NextHop.from_ehlo("x", ["DSN"], most_recipients=2)

    plan = plan_relay(mail, hop)

    assert [["0@x.org", "1@x.org"], ["2@x.org", "3@x.org"], ["4@x.org"]] == [
        [to.address for to in each.recipients] for each in plan.transactions
    ]


def test_some_of_the_recipients() -> None:
    """Only those that go to this server are planned; strangers are an error."""
    here, there = rcpt("a@x.org"), rcpt("b@y.org")

    plan = plan_relay(envelope(here, there), DSN, recipients=[there])

    assert ["b@y.org"] == [each.address for each in plan.transactions[0].recipients]
    with pytest.raises(InvalidValue, match=r"'b@y\.org' is not in the envelope"):
        plan_relay(envelope(here), DSN, recipients=[there])


def test_nobody_to_send_to() -> None:
    """Without recipients there is no transaction."""
    assert () == plan_relay(envelope(), DSN, recipients=[]).transactions


def refused(plan: RelayPlan) -> list[tuple[str, str, str]]:
    """Return who could not be sent, with what status and which words; the trail has them too."""
    stopped = {entry.why for entry in plan.trail if entry.effect is Effect.STOPPED}
    assert stopped == {str(each.diagnostic).partition("; ")[2] for each in plan.outcomes}
    assert all(each.disposition is Disposition.FAILED for each in plan.outcomes)
    assert all(each.remote_mta is None for each in plan.outcomes)
    return [
        (each.recipient.address, str(each.status), str(each.diagnostic)) for each in plan.outcomes
    ]


NON_ASCII = "δ@example.com"


@pytest.mark.requirement("6531-3.2-01")
@pytest.mark.parametrize(
    ("sender", "address", "is_ascii", "status", "words"),
    [
        ("ann@x.org", "bob@x.org", False, "5.6.9", "the message needs SMTPUTF8"),
        ("ann@x.org", NON_ASCII, True, "5.6.7", "the address needs SMTPUTF8"),
        ("δ@x.org", "bob@x.org", True, "5.6.7", "the sender's address needs SMTPUTF8"),
        ("δ@x.org", NON_ASCII, False, "5.6.7", "the address needs SMTPUTF8"),
    ],
    ids=["header", "recipient", "sender", "all"],
)
def test_utf8_to_a_server_without_it(
    sender: str,
    address: str,
    is_ascii: bool,  # noqa: FBT001  parametrized
    status: str,
    words: str,
) -> None:
    """What needs SMTPUTF8 does not go to a server without it; who fails is told why."""
    mail = envelope(rcpt(address), sender=sender, smtputf8=True)

    plan = plan_relay(mail, DSN, is_header_ascii=is_ascii)

    assert () == plan.transactions
    expected = f"X-DSN; {words}, and mx.example.com has none"
    assert [(address, status, expected)] == refused(plan)


@pytest.mark.requirement("6531-3.2-01")
@pytest.mark.parametrize("hop", [UTF8, PLAIN], ids=["SMTPUTF8", "plain"])
@pytest.mark.parametrize(
    ("sender", "address", "what"),
    [
        ("ann@x.org", NON_ASCII, "the address"),
        ("δ@x.org", "bob@x.org", "the sender's address"),
    ],
)
def test_utf8_that_came_without_smtputf8(
    hop: NextHop, sender: str, address: str, what: str
) -> None:
    """Octets that no client may send are not sent on, but where the policy passes them."""
    mail = envelope(rcpt(address), sender=sender)

    plan = plan_relay(mail, hop)
    passed = plan_relay(mail, hop, policy=RelayPolicy(passes_utf8=True))

    expected = f"X-DSN; {what} needs SMTPUTF8, and came without it"
    assert [(address, "5.6.7", expected)] == refused(plan)
    assert [f"MAIL FROM:<{sender}>", f"RCPT TO:<{address}>"] == commands(passed)


def test_only_the_addresses_that_need_it_fail() -> None:
    """Recipients in US-ASCII are sent though another one cannot be."""
    mail = envelope(rcpt(NON_ASCII), rcpt("bob@x.org"), smtputf8=True)

    plan = plan_relay(mail, PLAIN, is_header_ascii=True)

    assert [NON_ASCII] == [each.recipient.address for each in plan.outcomes]
    assert ["MAIL FROM:<ann@example.org>", "RCPT TO:<bob@x.org>"] == commands(plan)


@pytest.mark.parametrize(
    ("mail", "address", "rule", "requirement"),
    [
        ("BY=1;R", "b@x.org", "deliver-by", "2852-4.1.4.1-01"),
        ("REQUIRETLS", "b@x.org", "requiretls", "8689-4.2.1-01"),
        ("", NON_ASCII, "smtputf8", "6531-3.2-01"),
    ],
)
def test_a_refusal_names_its_rule(mail: str, address: str, rule: str, requirement: str) -> None:
    """What cannot be sent is stopped by a rule with a name and a source."""
    message = envelope(rcpt(address), mail=mail, arrival=NOON)

    (entry,) = plan_relay(message, PLAIN, now=NOON).trail

    assert (rule, Effect.STOPPED, requirement) == (entry.rule, entry.effect, entry.requirement)


def test_our_words_have_our_type() -> None:
    """A diagnostic in our own words has the type that the policy names."""
    mail = envelope(rcpt(NON_ASCII), smtputf8=True)

    plan = plan_relay(mail, PLAIN, policy=RelayPolicy(diagnostic_type="X-Example"))

    assert plan.outcomes[0].diagnostic is not None
    assert "X-Example" == plan.outcomes[0].diagnostic.type == plan.diagnostic_type


@pytest.mark.requirement("6531-3.4-01")
@pytest.mark.requirement("6531-3.4-02")
@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        pytest.param({}, False, id="nothing needs it"),
        pytest.param({"is_header_ascii": False}, True, id="the header"),
        pytest.param({"address": NON_ASCII}, True, id="the recipient"),
        pytest.param({"sender": NON_ASCII}, True, id="the sender"),
        pytest.param({"options": "ORCPT=utf-8;δ@x.org"}, True, id="ORCPT"),
        pytest.param({"is_header_ascii": False, "smtputf8": False}, False, id="no SMTPUTF8"),
    ],
)
def test_smtputf8_is_asked_for_where_needed(change: dict[str, Any], is_asked: bool) -> None:  # noqa: FBT001  parametrized
    """MAIL has SMTPUTF8 exactly if the message or an address needs it and came with it."""
    values = {
        "address": "bob@x.org", "sender": "ann@x.org", "options": "", "smtputf8": True,
        "is_header_ascii": True, **change,
    }  # fmt: skip
    mail = envelope(
        rcpt(values["address"], values["options"]),
        sender=values["sender"],
        smtputf8=values["smtputf8"],
    )

    plan = plan_relay(mail, UTF8, is_header_ascii=values["is_header_ascii"])

    assert is_asked is ("SMTPUTF8" in plan.transactions[0].options)


@pytest.mark.requirement("6533-3-05")
def test_orcpt_in_utf8_to_a_server_without_it() -> None:
    """ORCPT beyond US-ASCII is escaped for a server that takes none of it."""
    mail = envelope(rcpt(options="ORCPT=utf-8;δ@x.org"), smtputf8=True)

    plan = plan_relay(mail, DSN, is_header_ascii=True)

    assert ("ORCPT=utf-8;\\x{3B4}@x.org",) == plan.transactions[0].recipients[0].options


def test_orcpt_that_no_server_could_take() -> None:
    """ORCPT whose escapes are too long is left out, and the trail says so."""
    orcpt = TypedAddress("utf-8", "δ" * 120 + "@x.org")
    mail = envelope(Recipient("bob@x.org", RcptParameters(notify=Notify.DELAY, orcpt=orcpt)),
                    smtputf8=True)  # fmt: skip

    plan = plan_relay(mail, DSN, is_header_ascii=True)

    assert ("NOTIFY=DELAY",) == plan.transactions[0].recipients[0].options
    assert plan.trail[0].why.startswith("left out: ORCPT: ")
    assert ("orcpt", "3461-4.2-04") == (plan.trail[0].rule, plan.trail[0].requirement)


def by(text: str, hop: list[str], *, now: dt.datetime = LATER, options: str = "") -> RelayPlan:
    """Return the plan for a message with BY that came at noon."""
    mail = envelope(rcpt(options=options), mail=f"BY={text}", arrival=NOON)
    return plan_relay(mail, NextHop.from_ehlo("mx.example.com", hop), now=now)


@pytest.mark.requirement("2852-4.1.4-01")
@pytest.mark.parametrize(
    ("text", "hop", "expected"),
    [
        ("120;R", ["DELIVERBY 30"], "BY=98;R"),
        ("120;R", ["DELIVERBY 98"], "BY=98;R"),
        ("120;NT", ["DELIVERBY"], "BY=98;NT"),
        ("10;N", ["DELIVERBY 240"], "BY=-12;N"),
    ],
    ids=["R", "R, just", "N, traced", "N, late"],
)
def test_by_goes_on_with_what_is_left(text: str, hop: list[str], expected: str) -> None:
    """A server with DELIVERBY is told the seconds that are left, with the same mode."""
    plan = by(text, hop)

    assert (expected,) == plan.transactions[0].options
    assert plan.is_traced is text.endswith("T")
    assert "deliver-by" == plan.trail[0].rule


@pytest.mark.requirement("2852-4.1.4.1-01")
@pytest.mark.requirement("2852-4.1.3-01")
@pytest.mark.parametrize(
    ("text", "hop", "status", "words"),
    [
        ("120;R", [], "5.3.3", "mx.example.com takes no time to deliver by"),
        (
            "120;R", ["DELIVERBY 99"], "5.4.7",
            "mx.example.com takes 99 seconds or more, and 98 are left",
        ),
        ("22;R", ["DELIVERBY"], "5.4.7", "the time to deliver it by has passed"),
        ("20;R", [], "5.4.7", "the time to deliver it by has passed"),
    ],
    ids=["no DELIVERBY", "too short", "over", "over, no DELIVERBY"],
)  # fmt: skip
def test_mode_r_is_not_relayed(text: str, hop: list[str], status: str, words: str) -> None:
    """A message to be returned does not go where its time would not be kept."""
    plan = by(text, hop)

    assert [("bob@example.com", status, f"X-DSN; {words}")] == refused(plan)
    assert () == plan.transactions


@pytest.mark.requirement("2852-4.1.4.2-01")
@pytest.mark.requirement("2852-4.1.4.2-02")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ("NOTIFY=FAILURE,DELAY",)),
        ("NOTIFY=SUCCESS", ("NOTIFY=SUCCESS,DELAY",)),
        ("notify=delay", ("notify=delay",)),
        ("NOTIFY=NEVER", ("NOTIFY=NEVER",)),
    ],
)
def test_mode_n_to_a_server_without_deliverby(options: str, expected: tuple[str, ...]) -> None:
    """A server that knows DSN and no deadline is asked to tell of delays; the relay is traced."""
    plan = by("120;N", ["DSN"], options=options)

    assert expected == plan.transactions[0].recipients[0].options
    assert plan.is_traced
    assert () == plan.transactions[0].options


@pytest.mark.parametrize(
    ("text", "hop", "is_traced"),
    [("10;N", ["DSN"], False), ("10;NT", ["DSN"], True), ("120;N", [], True)],
    ids=["late", "late, traced", "no DSN"],
)
def test_mode_n_when_it_is_late(text: str, hop: list[str], is_traced: bool) -> None:  # noqa: FBT001  parametrized
    """After the deadline nothing is added; a trace that was asked for stays."""
    plan = by(text, hop)

    assert () == plan.transactions[0].recipients[0].options
    assert is_traced is plan.is_traced


@pytest.mark.requirement("2852-4.1.1-01")
@pytest.mark.parametrize("text", ["120;R", "120;N", "120;NT"])
def test_a_deadline_and_the_mailbox_itself(text: str) -> None:
    """What a final store takes is delivered: it need not know DELIVERBY."""
    store = NextHop.from_ehlo("store.example.org", [], is_lmtp=True, is_final=True)
    mail = envelope(mail=f"BY={text}", arrival=NOON)

    plan = plan_relay(mail, store, now=LATER)

    assert (1, (), ()) == (len(plan.transactions), plan.transactions[0].options, plan.outcomes)
    assert not plan.is_traced


@pytest.mark.parametrize("missing", ["arrival", "now"])
def test_a_deadline_needs_the_time(missing: str) -> None:
    """Without arrival or `now` what is left cannot be told."""
    arrival = None if missing == "arrival" else NOON
    mail = envelope(mail="BY=120;N", arrival=arrival)

    with pytest.raises(InvalidValue, match="needs its arrival and `now`"):
        plan_relay(mail, DSN, now=None if missing == "now" else NOON)


def test_a_wrong_by_is_passed_over() -> None:
    """A BY that the server should have refused stops nothing, and is in the trail."""
    plan = plan_relay(envelope(mail="BY=soon"), DSN)

    assert ["MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.com>"] == commands(plan)
    assert plan.trail[0].why.startswith("passed over: BY: 'soon'")


@pytest.mark.requirement("8689-4.2.1-01")
@pytest.mark.requirement("8689-4.2.1-02")
@pytest.mark.parametrize(
    ("keywords", "is_tls", "status", "words"),
    [
        (["REQUIRETLS"], True, None, ""),
        ([], True, "5.7.30", "REQUIRETLS is required, and mx.example.com has none"),
        (
            ["REQUIRETLS"], False, "5.7.10",
            "TLS is required, and the session with mx.example.com has none",
        ),
    ],
    ids=["both", "not announced", "no TLS"],
)  # fmt: skip
def test_requiretls(keywords: list[str], is_tls: bool, status: str | None, words: str) -> None:  # noqa: FBT001  parametrized
    """A message that must be encrypted goes to servers that promise it, and to no other."""
    hop = NextHop.from_ehlo("mx.example.com", keywords, is_tls=is_tls)

    plan = plan_relay(envelope(mail="RequireTLS"), hop)

    if status is None:
        assert ("REQUIRETLS",) == plan.transactions[0].options
    else:
        assert [("bob@example.com", status, f"X-DSN; {words}")] == refused(plan)
        assert code(status) == plan.outcomes[0].status


@pytest.mark.requirement("8689-5-03")
def test_a_notification_goes_on_without_requiretls() -> None:
    """Nobody would be told of a notification that is lost, so it goes on."""
    plan = plan_relay(envelope(sender="", mail="REQUIRETLS"), PLAIN)

    assert ["MAIL FROM:<>", "RCPT TO:<bob@example.com>"] == commands(plan)
    assert ["requiretls: shaped, a notification goes on without it"] == [
        str(entry) for entry in plan.trail
    ]
    assert "8689-5-03" == plan.trail[0].requirement


def test_a_plan_remembers_its_server() -> None:
    """What comes back is settled for the server it was planned for."""
    assert DSN is plan_relay(envelope(), DSN).hop


@pytest.mark.parametrize(
    ("text", "hop", "entry"),
    [
        pytest.param(
            "120;R", NextHop.from_ehlo("mx.example.com", ["DELIVERBY"]),
            ("deliver-by", Effect.SHAPED, "98 seconds are left", "2852-4.1.4-01"), id="goes on",
        ),
        pytest.param(
            "120;N", DSN,
            (
                "deliver-by", Effect.SHAPED, "mx.example.com takes no time to deliver by",
                "2852-4.1.4.2-01",
            ),
            id="is not understood",
        ),
        pytest.param(
            "120;R", NextHop.from_ehlo("mx.example.com", [], is_final=True),
            ("deliver-by", Effect.PASSED, "98 seconds are left", "2852-4.1.1-01"),
            id="final store",
        ),
    ],
)  # fmt: skip
def test_what_became_of_a_deadline(text: str, hop: NextHop, entry: tuple[object, ...]) -> None:
    """The trail says what was done with BY, and by which section."""
    plan = plan_relay(envelope(mail=f"BY={text}", arrival=NOON), hop, now=LATER)

    (found,) = plan.trail
    assert entry == (found.rule, found.effect, found.why, found.requirement)


def test_a_wrong_by_names_its_rule() -> None:
    """What was passed over is in the trail with the grammar that it breaks."""
    (entry,) = plan_relay(envelope(mail="BY=soon"), DSN).trail

    assert ("deliver-by", Effect.SHAPED, "2852-4-01") == (
        entry.rule, entry.effect, entry.requirement,
    )  # fmt: skip


@pytest.mark.parametrize(("seconds", "is_sent"), [(22, False), (23, True)])
def test_the_last_second(seconds: int, is_sent: bool) -> None:  # noqa: FBT001  parametrized
    """A second that is left is enough to send, none is not."""
    plan = by(f"{seconds};R", ["DELIVERBY"])

    assert is_sent is bool(plan.transactions)


@pytest.mark.parametrize(("seconds", "is_traced"), [(22, False), (23, True), (21, False)])
def test_a_relay_before_the_deadline_is_traced(seconds: int, is_traced: bool) -> None:  # noqa: FBT001  parametrized
    """Mode N is reported as relayed, and asks to hear of delays, while there is time."""
    plan = by(f"{seconds};N", ["DSN"])

    assert is_traced is plan.is_traced
    assert (("NOTIFY=FAILURE,DELAY",) if is_traced else ()) == (
        plan.transactions[0].recipients[0].options
    )


def test_a_plain_plan() -> None:
    """A message without wishes is neither traced nor noted, and has our own type."""
    plan = plan_relay(envelope(), DSN)

    assert (False, "X-DSN", ()) == (plan.is_traced, plan.diagnostic_type, plan.trail)
    made = RelayPlan(hop=DSN)
    assert ((), (), False, "X-DSN", ()) == (
        made.transactions, made.outcomes, made.is_traced, made.diagnostic_type, made.trail,
    )  # fmt: skip


@given(envelopes(), st.booleans(), st.booleans())
def test_plain_mail_in_one_go(asked: Envelope, has_dsn: bool, has_utf8: bool) -> None:  # noqa: FBT001  drawn
    """The fast path for mail that raises no question plans the same as the slow one."""
    hop = NextHop.from_ehlo("mx.example", ["DSN"] * has_dsn + ["SMTPUTF8"] * has_utf8)
    asked = attrs.evolve(asked, arrival=NOON)
    # With a limit, which is not reached here, it is the slow one.
    limited = attrs.evolve(hop, most_recipients=len(asked.recipients))

    slow = plan_relay(asked, limited, now=LATER)
    assert attrs.evolve(slow, hop=hop) == plan_relay(asked, hop, now=LATER)


def test_errors_carry_what_is_wrong() -> None:
    """The recipient that is not there, and the deadline without a clock."""
    stranger = rcpt("dan@example.com")
    with pytest.raises(InvalidValue) as caught:
        plan_relay(envelope(), DSN, recipients=[stranger])
    assert stranger == caught.value.value
    with pytest.raises(InvalidValue) as caught:
        plan_relay(envelope(mail="BY=120;N"), DSN)
    assert "2852-4.1.4-01" == caught.value.requirement
    assert "120;N" == str(caught.value.value)


@pytest.mark.parametrize(
    ("mail", "hop", "rule", "requirement"),
    [
        ("BY=120;R", NextHop.from_ehlo("x", ["DELIVERBY 999"]), "deliver-by", "2852-4.1.4.1-01"),
        ("BY=120;R", PLAIN, "deliver-by", "2852-4.1.4.1-01"),
        (
            "REQUIRETLS", NextHop.from_ehlo("x", [], is_tls=True), "requiretls",
            "8689-4.2.1-01",
        ),
    ],
    ids=["too short", "no DELIVERBY", "no REQUIRETLS"],
)  # fmt: skip
def test_each_refusal_names_its_rule(mail: str, hop: NextHop, rule: str, requirement: str) -> None:
    """Every code that a relay gives itself has its rule."""
    plan = plan_relay(envelope(mail=mail, arrival=NOON), hop, now=NOON)

    assert [(rule, Effect.STOPPED, requirement)] == [
        (entry.rule, entry.effect, entry.requirement) for entry in plan.trail
    ]


def test_a_header_that_needs_utf8_names_its_rule() -> None:
    """What the header needs is refused by the same rule as an address."""
    (entry,) = plan_relay(envelope(smtputf8=True), PLAIN).trail

    assert ("smtputf8", "6531-3.2-01") == (entry.rule, entry.requirement)


def test_settings_are_off() -> None:
    """Nothing is added, split or passed that the RFC does not speak of."""
    policy = RelayPolicy()

    assert (False, False, False) == (
        policy.adds_orcpt, policy.separates_never, policy.passes_utf8,
    )  # fmt: skip


def test_orcpt_with_what_is_not_ours() -> None:
    """Parameters of other extensions stay behind though ORCPT is added or left out."""
    mail = envelope(rcpt(options="XFOO=1"))

    plan = plan_relay(mail, DSN, policy=RelayPolicy(adds_orcpt=True))

    assert ("ORCPT=rfc822;bob@example.com",) == plan.transactions[0].recipients[0].options


def test_no_delay_is_asked_of_a_server_without_dsn() -> None:
    """What DELIVERBY would add is for servers that know DSN."""
    plan = by("120;N", [])

    assert () == plan.transactions[0].recipients[0].options
    assert plan.is_traced
