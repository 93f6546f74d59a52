"""The examples of RFC 3461 s10, RFC 2852 s6 and RFC 5321, from submission to the last notice.

Where an example in print contradicts the rules, the rule is expected: RFC 3464
appendix E says that the text goes before the examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib import Action, Expansion, Ret
from tests.simulation.ledger import End, Ledger, MailKind
from tests.simulation.network import HABITS, Fault, Flaw, Host, Link, Mailbox, Network, Post, Stage
from tests.simulation.scene import commands, plans, run, told, users

if TYPE_CHECKING:
    from collections.abc import Sequence


LOST = Fault(Stage.SESSION, Flaw.LOST)
MINE = ("RET=HDRS", "ENVID=QQ314159")
ALICE = "Alice@Example.ORG"
BOB, CAROL, DANA = "Bob@Example.COM", "Carol@Ivory.EDU", "Dana@Ivory.EDU"
ERIC, FRED, GEORGE = "Eric@Bombs.AF.MIL", "Fred@Bombs.AF.MIL", "George@Tax-ME.GOV"
SAM = "Sam@Boondoggle.GOV"


def rfc3461(
    eric: str = "NOTIFY=FAILURE", bombs: tuple[tuple[str, Mailbox], ...] = users("Eric", "Fred")
) -> Network:
    """Return the systems of RFC 3461 s10, and Alice's message.

    The LAN behind Ivory.EDU is a host without DSN, to which an alias leads.
    """
    lan = Expansion.alias("dana@ymail.example")
    quota = users("Sam", mailbox=Mailbox((452,)))
    return Network(
        hosts=(
            Host(name="example.org", dsn=True, habit=HABITS["separating"], entries=users("Alice")),
            Host(name="example.com", dsn=True, entries=users("Bob")),
            Host(
                name="ivory.edu", dsn=True, checks_users=True, habit=HABITS["secretive"],
                entries=(("dana", lan),),
            ),
            Host(name="ymail.example", entries=users("Dana")),
            Host(name="bombs.af.mil", checks_users=True, entries=bombs),
            Host(name="tax-me.gov", dsn=True, entries=(("george", Expansion.alias(SAM)),)),
            Host(name="boondoggle.gov", dsn=True, entries=quota),
        ),
        posts=(
            Post(
                at="example.org",
                sender=ALICE,
                mail=MINE,
                recipients=(
                    (BOB, ("NOTIFY=SUCCESS", f"ORCPT=rfc822;{BOB}")),
                    (CAROL, ("NOTIFY=FAILURE", f"ORCPT=rfc822;{CAROL}")),
                    (DANA, ("NOTIFY=SUCCESS,FAILURE", f"ORCPT=rfc822;{DANA}")),
                    (ERIC, (eric, f"ORCPT=rfc822;{ERIC}")),
                    (FRED, ("NOTIFY=NEVER",)),
                    (GEORGE, ("NOTIFY=FAILURE", f"ORCPT=rfc822;{GEORGE}")),
                ),
            ),
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def alices() -> Ledger:
    """Return what became of Alice's message."""
    return run(rfc3461())


@pytest.mark.requirement("3461-5.2.1-01")
@pytest.mark.requirement("3461-5.2.1-04")
def test_a2_relay_to_a_system_with_dsn(alices: Ledger) -> None:
    """All that was asked goes on, and Example.ORG tells nothing."""
    assert [
        f"MAIL FROM:<{ALICE}> RET=HDRS ENVID=QQ314159",
        f"RCPT TO:<{BOB}> NOTIFY=SUCCESS ORCPT=rfc822;{BOB}",
    ] == commands(alices, "example.org", "example.com")


def test_a3_relay_to_a_gateway(alices: Ledger) -> None:
    """Carol is refused in RCPT and Dana is taken, in one transaction."""
    assert [
        f"MAIL FROM:<{ALICE}> RET=HDRS ENVID=QQ314159",
        f"RCPT TO:<{CAROL}> NOTIFY=FAILURE ORCPT=rfc822;{CAROL}",
        f"RCPT TO:<{DANA}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{DANA}",
    ] == commands(alices, "example.org", "ivory.edu")
    assert [f"MAIL FROM:<{ALICE}>", "RCPT TO:<dana@ymail.example>"] == commands(
        alices, "ivory.edu", "ymail.example"
    )


@pytest.mark.requirement("3461-5.2.2-01")
@pytest.mark.requirement("3461-5.2.2-06")
def test_a4_relay_to_a_system_without_dsn(alices: Ledger) -> None:
    """No parameter is sent, and Fred's part goes under the null path."""
    assert [
        f"MAIL FROM:<{ALICE}>",
        f"RCPT TO:<{ERIC}>",
        "MAIL FROM:<>",
        f"RCPT TO:<{FRED}>",
    ] == commands(alices, "example.org", "bombs.af.mil")


@pytest.mark.requirement("3461-5.2.7.2-02")
def test_a5_forwarding(alices: Ledger) -> None:
    """NOTIFY goes on as it came: FAILURE, where the RFC prints SUCCESS."""
    assert [
        f"MAIL FROM:<{ALICE}> RET=HDRS ENVID=QQ314159",
        f"RCPT TO:<{SAM}> NOTIFY=FAILURE ORCPT=rfc822;{GEORGE}",
    ] == commands(alices, "tax-me.gov", "boondoggle.gov")[:2]


def test_a6_to_a9_the_notifications(alices: Ledger) -> None:
    """There are four, and none of Eric or Fred; each is from the system that knows."""
    assert {
        f"dns; example.com to {ALICE}: delivered rfc822;{BOB} 2.0.0",
        f"dns; example.org to {ALICE}: failed rfc822;{CAROL} 5.1.1",
        f"dns; ivory.edu to {ALICE}: relayed rfc822;{DANA} 2.0.0",
        f"dns; boondoggle.gov to {ALICE}: failed rfc822;{SAM} 4.2.2",
    } == set(told(alices))
    assert 4 == len(plans(alices))
    assert {("", "QQ314159", Ret.HDRS)} == {
        (plan.envelope.sender, plan.report.message.original_envelope_id, plan.ret)
        for plan in plans(alices)
    }
    assert {BOB, CAROL, DANA, GEORGE} == {
        each.original_recipient.value
        for plan in plans(alices)
        for each in plan.report.recipients
        if each.original_recipient is not None
    }


def test_they_all_arrive(alices: Ledger) -> None:
    """Each notification ends in Alice's mailbox."""
    arrived = [
        strand.accepted
        for strand in alices.strands
        if strand.mail.kind is MailKind.NOTIFICATION and strand.end is End.STORED
    ]

    assert [ALICE] * 4 == arrived
    assert [] == plans(alices, MailKind.NOTICE)


@pytest.mark.requirement("3461-6.3-15")
def test_a7_names_the_remote_mta(alices: Ledger) -> None:
    """Whose reply it is stands in the report, which the RFC's print forgets."""
    (carol,) = [
        each
        for plan in plans(alices)
        for each in plan.report.recipients
        if str(each.final_recipient) == f"rfc822;{CAROL}"
    ]

    assert "dns; ivory.edu" == str(carol.remote_mta)
    assert str(carol.diagnostic_code).startswith("smtp; 550")


def test_a8_hides_the_lan(alices: Ledger) -> None:
    """Dana's address behind the gateway is in no field."""
    (plan,) = [each for each in plans(alices) if each.report.recipients[0].action is Action.RELAYED]

    assert "ymail" not in str(plan.report)


@pytest.mark.parametrize(
    ("eric", "bombs", "extra"),
    [
        pytest.param(
            "NOTIFY=SUCCESS", users("Eric", "Fred"), f"relayed rfc822;{ERIC} 2.0.0", id="success",
            marks=pytest.mark.requirement("3461-5.2.2-02"),
        ),
        pytest.param(
            "NOTIFY=FAILURE", users("Fred"), f"failed rfc822;{ERIC} 5.1.1", id="refused",
            marks=pytest.mark.requirement("3461-5.2.2-03"),
        ),
        pytest.param("NOTIFY=SUCCESS", users("Fred"), None, id="success, refused"),
        pytest.param(
            "NOTIFY=FAILURE", users("Eric"), None, id="Fred refused",
            marks=pytest.mark.requirement("3461-5.2.2-04"),
        ),
    ],
)  # fmt: skip
def test_a4_varied(eric: str, bombs: tuple[tuple[str, Mailbox], ...], extra: str | None) -> None:
    """Eric is told of as was asked; of Fred nothing, whatever happens."""
    ledger = run(rfc3461(eric, bombs))

    ours = [line for line in told(ledger) if line.startswith("dns; example.org")]
    assert [f"dns; example.org to {ALICE}: {each}" for each in [extra] if each] == [
        line for line in ours if CAROL not in line
    ]


def by(
    words: str, *, shortest: int | None, faults: Sequence[Fault | None] = (), notify: str = ""
) -> Ledger:
    """Return what becomes of a message with a deadline that is 22 seconds on its first way."""
    boss = users("Eljefe")
    return run(
        Network(
            hosts=(
                Host(
                    name="bigbiz.com", dsn=True, shortest_seconds=0, smarthost="acme.net",
                    entries=boss,
                ),
                Host(name="acme.net", dsn=True, shortest_seconds=0),
                Host(
                    name="other.com", dsn=True, shortest_seconds=shortest,
                    entries=users("Topbanana"),
                ),
            ),
            links=(Link("acme.net", "other.com", tuple(faults)),),
            posts=(
                Post(
                    at="bigbiz.com",
                    sender="eljefe@bigbiz.com",
                    mail=(words,),
                    recipients=(("topbanana@other.com", (notify,) if notify else ()),),
                ),
            ),
            latency_seconds=22,
        )
    )  # fmt: skip


FAILED = "dns; acme.net to eljefe@bigbiz.com: failed rfc822;topbanana@other.com"
DELAYED = "dns; acme.net to eljefe@bigbiz.com: delayed rfc822;topbanana@other.com"
TRACED = "dns; acme.net to eljefe@bigbiz.com: relayed rfc822;topbanana@other.com"


@pytest.mark.requirement("2852-4.1.4.1-01")
@pytest.mark.parametrize(("shortest", "status"), [(240, "5.4.7"), (None, "5.3.3")])
def test_e1_a_server_that_may_take_too_long(shortest: int | None, status: str) -> None:
    """What is to be returned is not relayed there, and its sender is told."""
    ledger = by("BY=120;R", shortest=shortest)

    assert [] == commands(ledger, "acme.net", "other.com")
    assert [f"{FAILED} {status}"] == told(ledger)


@pytest.mark.requirement("2852-4.1.4-01")
@pytest.mark.requirement("2852-4.1.1-01")
def test_e2_a_server_that_is_quick_enough() -> None:
    """It is told the seconds that are left."""
    ledger = by("BY=120;R", shortest=30)

    assert ["MAIL FROM:<eljefe@bigbiz.com> BY=98;R", "RCPT TO:<topbanana@other.com>"] == commands(
        ledger, "acme.net", "other.com"
    )
    assert [] == told(ledger)


@pytest.mark.requirement("2852-4.1.3-01")
def test_e3_a_deadline_that_passes_in_mode_r() -> None:
    """The message is returned when its time is over, and not tried after it."""
    ledger = by("BY=120;R", shortest=30, faults=[LOST])

    assert [f"{FAILED} 5.4.7"] == told(ledger)
    assert ["MAIL FROM:<eljefe@bigbiz.com> BY=98;R"] == commands(ledger, "acme.net", "other.com")[
        ::2
    ]


@pytest.mark.requirement("2852-4.1.3-02")
@pytest.mark.parametrize(
    ("notify", "expected"),
    [("", [DELAYED]), ("NOTIFY=DELAY", [DELAYED]), ("NOTIFY=FAILURE", []), ("NOTIFY=NEVER", [])],
)
def test_e3_a_deadline_that_passes_in_mode_n(notify: str, expected: list[str]) -> None:
    """The delay is told to who may hear of it, and the attempts go on with what is left."""
    ledger = by("BY=120;N", shortest=30, faults=[LOST, LOST], notify=notify)

    assert [f"{each} 4.4.7" for each in expected] == told(ledger)
    hour = 3600
    assert [
        "MAIL FROM:<eljefe@bigbiz.com> BY=98;N",
        f"MAIL FROM:<eljefe@bigbiz.com> BY={98 - hour};N",
        f"MAIL FROM:<eljefe@bigbiz.com> BY={98 - 5 * hour};N",
    ] == commands(ledger, "acme.net", "other.com")[::2]


@pytest.mark.requirement("2852-4.1.4.2-01")
@pytest.mark.requirement("2852-4.1.4.2-02")
def test_mode_n_where_deadlines_are_not_known() -> None:
    """The relay is told, and delays are asked for that the deadline would have shown."""
    ledger = by("BY=120;N", shortest=None)

    assert [
        "MAIL FROM:<eljefe@bigbiz.com>",
        "RCPT TO:<topbanana@other.com> NOTIFY=FAILURE,DELAY",
    ] == commands(ledger, "acme.net", "other.com")
    assert [f"{TRACED} 2.0.0"] == told(ledger)


NOBODY = "failed rfc822;nobody@c.example 5.1.1"


def simple(
    *recipients: str, sender: str = "user@d.example", faults: Sequence[Fault | None] = ()
) -> Ledger:
    """Return what becomes of a message to c.example, by way of b.example without DSN."""
    return run(
        Network(
            hosts=(
                Host(name="d.example", smarthost="b.example", entries=users("user")),
                Host(name="b.example"),
                Host(name="c.example", entries=users("ann", "bob")),
            ),
            links=(Link("b.example", "c.example", tuple(faults), is_dead=bool(faults)),),
            posts=(
                Post(
                    at="d.example",
                    sender=sender,
                    recipients=tuple((each, ()) for each in recipients),
                ),
            ),
        )
    )


@pytest.mark.requirement("5321-6.1-03")
@pytest.mark.requirement("5321-6.1-04")
@pytest.mark.requirement("5321-6.1-06")
def test_f1_a_source_route() -> None:
    """The notice goes to the last hop of the return path, under the null path."""
    ledger = simple("nobody@c.example", sender="@a,@b:user@d.example")

    (plan,) = plans(ledger)
    assert ("user@d.example", "") == (plan.recipient.address, plan.envelope.sender)
    (notice,) = [
        each for each in ledger.strands if each.mail.plan is plan and each.host == "d.example"
    ]
    assert ("user@d.example", End.STORED) == (notice.accepted, notice.end)


@pytest.mark.requirement("5321-6.1-02")
def test_f2_one_of_three_fails_after_the_data() -> None:
    """All were accepted; one notice tells of the one that could not be delivered."""
    ledger = simple("ann@c.example", "nobody@c.example", "bob@c.example")

    assert ["dns; c.example to user@d.example: failed rfc822;nobody@c.example 5.1.1"] == told(
        ledger
    )


@pytest.mark.requirement("5321-6.1-05")
@pytest.mark.requirement("5321-3.6.3-04")
def test_f3_a_notice_that_fails() -> None:
    """Nobody is told that the sender could not be told; the local postmaster is."""
    ledger = simple("nobody@c.example", sender="nobody@d.example")

    assert ["dns; c.example to nobody@d.example: failed rfc822;nobody@c.example 5.1.1"] == told(
        ledger
    )
    assert ["dns; d.example to postmaster@d.example: failed rfc822;nobody@d.example 5.1.1"] == told(
        ledger, MailKind.NOTICE
    )


@pytest.mark.requirement("5321-3.6.3-01")
@pytest.mark.requirement("5321-3.6.3-03")
@pytest.mark.requirement("5321-3.6.3-05")
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(Stage.RCPT, Flaw.REFUSED), [("failed", "5.0.0")]),
        (LOST, [("delayed", "4.4.2"), ("failed", "4.4.2")]),
    ],
    ids=["refused", "never reached"],
)
def test_a_relay_that_cannot_pass_on_what_it_took(
    fault: Fault, expected: list[tuple[str, str]]
) -> None:
    """The system that finds it out tells the originator."""
    ledger = simple("ann@c.example", faults=[fault])

    by_relay = "dns; b.example to user@d.example: {} rfc822;ann@c.example {}"
    assert [by_relay.format(*each) for each in expected] == told(ledger)
    assert {""} == {plan.envelope.sender for plan in plans(ledger)}
