"""Aliases, lists, forwards, copies: what each keeps, and who is answerable."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import Notify, parse_mail_parameters
from dsnlib.model.outcome import Disposition
from dsnlib.policy.expand import ExpandedMail, expand
from dsnlib.policy.expansion import ExpandPolicy, Expansion, SeveralOption
from dsnlib.policy.notify import plan_dsns
from dsnlib.policy.plan import Audience
from tests.policy.cases import ALL_NOTIFY, NOON, REPORTER, asking, decide, envelope, rcpt, reported

TEAM = "team@example.org"
ASKED = "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Team@example.org"
MAIL = "ENVID=QQ1 RET=HDRS"
OPTIONS = {option: ExpandPolicy(several=option) for option in SeveralOption}


def run(
    table: Mapping[str, Expansion],
    *recipients: Recipient,
    policy: ExpandPolicy | None = None,
    sender: str = "ann@example.org",
    copies: tuple[str, ...] = (),
) -> tuple[ExpandedMail, ...]:
    """Return what becomes of a message to these recipients."""
    mail = envelope(*recipients, mail=MAIL, sender=sender, arrival=NOON)
    return expand(mail, table.get, policy=policy, copies=copies)


def lines(envelope: Envelope | None) -> list[str]:
    """Return the recipients with their parameters."""
    return [] if envelope is None else [
        f"{each.address} {each.params}".strip() for each in envelope.recipients
    ]  # fmt: skip


def fates(mail: ExpandedMail) -> list[tuple[str, Disposition, str]]:
    """Return what is decided."""
    return [(each.recipient.address, each.disposition, str(each.status)) for each in mail.outcomes]


def test_a_plain_address() -> None:
    """An address that leads nowhere else stays as it is."""
    bob = rcpt()

    (mail,) = run({}, bob)

    assert mail.envelope is not None
    assert bob is mail.envelope.recipients[0]
    assert (None, (), ()) == (mail.settled, mail.outcomes, mail.trail)


@pytest.mark.requirement("3461-5.2.7.2-01")
@pytest.mark.requirement("3461-5.2.7.2-02")
@pytest.mark.requirement("3461-3-05")
@pytest.mark.requirement("5321-3.9.1-01")
def test_an_alias_to_one() -> None:
    """It keeps all that was asked, and nothing is reported here."""
    (mail,) = run({TEAM: Expansion.alias("sam@example.net")}, rcpt(TEAM, ASKED))

    assert mail.envelope is not None
    assert [f"sam@example.net {ASKED}"] == lines(mail.envelope)
    assert ("ann@example.org", MAIL) == (mail.envelope.sender, str(mail.envelope.mail))
    assert TEAM == mail.envelope.recipients[0].accepted
    assert () == mail.outcomes


def test_a_chain_of_aliases() -> None:
    """The address that was accepted is remembered through all of them."""
    table = {TEAM: Expansion.alias("b@x.org"), "b@x.org": Expansion.alias("c@x.org")}

    (mail,) = run(table, rcpt(TEAM))

    assert mail.envelope is not None
    assert [("c@x.org", TEAM)] == [(r.address, r.accepted) for r in mail.envelope.recipients]


@pytest.mark.requirement("3461-5.2.7.3-03")
@pytest.mark.requirement("3461-5.2.7.3-04")
@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
def test_an_alias_to_several_by_option_c(notify: Notify | None) -> None:
    """Each target has NOTIFY without SUCCESS; SUCCESS alone becomes NEVER; "expanded" is told."""
    asked = asking(notify, TEAM)

    (mail,) = run({TEAM: Expansion.alias("a@x.org", "b@x.org")}, asked)

    assert mail.envelope is not None
    expected = None if notify is None else notify & ~Notify.SUCCESS
    assert [expected, expected] == [each.params.notify for each in mail.envelope.recipients]
    assert [(TEAM, Disposition.EXPANDED, "2.0.0")] == fates(mail)
    assert mail.settled is not None
    told = decide(mail.settled, mail.outcomes).plans
    wants_success = notify is not None and Notify.SUCCESS in notify
    assert ([(TEAM, "expanded")] if wants_success else []) == reported(told)


def test_option_c_keeps_the_rest() -> None:
    """ENVID, RET and ORCPT are those of the sender."""
    (mail,) = run({TEAM: Expansion.alias("a@x.org", "b@x.org")}, rcpt(TEAM, ASKED))

    kept = "NOTIFY=FAILURE ORCPT=rfc822;Team@example.org"
    assert [f"a@x.org {kept}", f"b@x.org {kept}"] == lines(mail.envelope)
    assert mail.envelope is not None
    assert MAIL == str(mail.envelope.mail)
    assert ["several: shaped, team@example.org leads to 2 addresses"] == [
        str(entry) for entry in mail.trail
    ]
    assert "3461-5.2.7.3-03" == mail.trail[0].requirement


@pytest.mark.requirement("3461-5.2.7.3-01")
@pytest.mark.requirement("3464-4.2-02")
def test_option_a() -> None:
    """No parameter goes on, as to a system without DSN, and "relayed" is told."""
    table = {TEAM: Expansion.alias("a@x.org", "b@x.org")}

    mail, bare = run(table, rcpt(TEAM, ASKED), rcpt("eve@x.org", ASKED),
                     policy=OPTIONS[SeveralOption.DROP])  # fmt: skip

    assert [f"eve@x.org {ASKED}"] == lines(mail.envelope)
    assert [(TEAM, Disposition.RELAYED, "2.0.0")] == fates(mail)
    assert bare.envelope is not None
    assert ["a@x.org", "b@x.org"] == lines(bare.envelope)
    assert ("ann@example.org", "") == (bare.envelope.sender, str(bare.envelope.mail))
    assert "3461-5.2.7.3-01" == mail.trail[0].requirement


@pytest.mark.requirement("3461-5.2.6-04")
def test_option_a_of_two_aliases_with_the_same_targets() -> None:
    """That nothing is to be told of one of them says nothing of the other."""
    both = Expansion.alias("a@x.org", "b@x.org")
    crew = rcpt("crew@example.org", "NOTIFY=NEVER")

    _, *copies = run(
        {TEAM: both, "crew@example.org": both}, crew, rcpt(TEAM), rcpt(TEAM),
        policy=OPTIONS[SeveralOption.DROP],
    )  # fmt: skip

    told = [reported(decide(each.envelope).plans) for each in copies if each.envelope is not None]
    assert [[], [(TEAM, "failed")]] == told


@pytest.mark.requirement("3461-5.2.7.3-02")
def test_option_b() -> None:
    """One target gets the parameters, and nothing is told here."""
    table = {TEAM: Expansion.alias("a@x.org", "b@x.org")}

    (mail,) = run(table, rcpt(TEAM, ASKED), policy=OPTIONS[SeveralOption.ONE])

    assert [f"a@x.org {ASKED}", "b@x.org"] == lines(mail.envelope)
    assert () == mail.outcomes
    assert "3461-5.2.7.3-02" == mail.trail[0].requirement


@pytest.mark.requirement("3461-5.2.7.3-02")
def test_option_b_where_a_list_is_not_the_one() -> None:
    """The target that has the request answers it: delivery to a list beside it does not."""
    table = {
        TEAM: Expansion.alias("a@x.org", "list@x.org"),
        "list@x.org": Expansion.list_("b@x.org", owner="o@x.org"),
    }

    mail, _ = run(table, rcpt(TEAM, ASKED), policy=OPTIONS[SeveralOption.ONE])

    assert mail.settled is not None
    assert () == decide(mail.settled, mail.outcomes).plans
    assert [f"a@x.org {ASKED}"] == lines(mail.envelope)


@pytest.mark.requirement("3461-4.1-08")
@pytest.mark.parametrize("option", SeveralOption)
def test_never_survives_every_option(option: SeveralOption) -> None:
    """Who said NEVER hears of no target."""
    table = {TEAM: Expansion.alias("a@x.org", "b@x.org")}

    mails = run(table, rcpt(TEAM, "NOTIFY=NEVER"), policy=OPTIONS[option])

    assert {Notify.NEVER} == {
        each.params.notify
        for mail in mails if mail.envelope is not None
        for each in mail.envelope.recipients
    }  # fmt: skip


def test_in_postfixs_way_an_alias_to_one_is_told_too() -> None:
    """With `tells_of_single` a single target loses SUCCESS and is reported as expanded."""
    policy = ExpandPolicy(tells_of_single=True)

    (mail,) = run({TEAM: Expansion.alias("a@x.org")}, rcpt(TEAM, "NOTIFY=SUCCESS"), policy=policy)

    assert ["a@x.org NOTIFY=NEVER"] == lines(mail.envelope)
    assert [(TEAM, Disposition.EXPANDED, "2.0.0")] == fates(mail)


@pytest.mark.requirement("3461-4.2-06")
@pytest.mark.requirement("3461-5.2.7-01")
@pytest.mark.requirement("3461-5.2.7.1-01")
@pytest.mark.requirement("3461-5.2.7.1-04")
@pytest.mark.requirement("3461-5.2.7.1-07")
@pytest.mark.requirement("3461-5.2.7.1-08")
@pytest.mark.requirement("3461-5.2.7.1-09")
@pytest.mark.requirement("3461-5.2.3-02")
@pytest.mark.requirement("5321-3.9-01")
@pytest.mark.requirement("5321-3.9.2-01")
def test_a_list() -> None:
    """A list takes delivery; its copies have its own return path and parameters."""
    members = Expansion.list_(
        "Jo@X.org", "b@x.org", owner="list-owner@example.org", notify=Notify.FAILURE,
        mail=parse_mail_parameters("RET=HDRS"),
    )  # fmt: skip

    post, copy = run({TEAM: members}, rcpt(TEAM, ASKED))

    assert (None, [(TEAM, Disposition.DELIVERED, "2.0.0")]) == (post.envelope, fates(post))
    assert post.settled is not None
    assert [(TEAM, "delivered")] == reported(decide(post.settled, post.outcomes).plans)
    assert copy.envelope is not None
    assert [
        "Jo@X.org NOTIFY=FAILURE ORCPT=rfc822;Jo@X.org",
        "b@x.org NOTIFY=FAILURE ORCPT=rfc822;b@x.org",
    ] == lines(copy.envelope)
    assert ("list-owner@example.org", "RET=HDRS") == (
        copy.envelope.sender, str(copy.envelope.mail),
    )  # fmt: skip
    assert NOON == copy.envelope.arrival
    assert () == copy.outcomes


@pytest.mark.requirement("3461-5.2.7.1-02")
@pytest.mark.requirement("3461-5.2.7.4-02")
def test_failures_of_a_list_go_to_its_owner() -> None:
    """The sender of a post never hears of a subscriber."""
    members = Expansion.list_("b@x.org", owner="list-owner@example.org")

    _, copy = run({TEAM: members}, rcpt(TEAM, ASKED))

    assert copy.envelope is not None
    (plan,) = decide(copy.envelope).plans
    assert "list-owner@example.org" == plan.recipient.address


def test_a_list_without_orcpt() -> None:
    """Whether copies name the subscriber is the owner's choice."""
    members = Expansion.list_("b@x.org", owner="o@example.org", names_members=False)

    _, copy = run({TEAM: members}, rcpt(TEAM))

    assert ["b@x.org"] == lines(copy.envelope)


@pytest.mark.requirement("3461-5.2.7.4-01")
@pytest.mark.requirement("3464-4.2-03")
@pytest.mark.requirement("3464-4.2-05")
def test_a_confidential_forward() -> None:
    """The public address is told as delivered; the copy asks for nothing in nobody's name."""
    post, copy = run({TEAM: Expansion.confidential("me@y.org")}, rcpt(TEAM, ASKED))

    assert post.settled is not None
    assert [(TEAM, "delivered")] == reported(decide(post.settled, post.outcomes).plans)
    assert copy.envelope is not None
    assert ["me@y.org NOTIFY=NEVER"] == lines(copy.envelope)
    assert ("", "") == (copy.envelope.sender, str(copy.envelope.mail))
    entry = post.trail[0]
    assert ("confidential", "3461-5.2.7.1-04") == (entry.rule, entry.requirement)
    assert f"{TEAM} goes on under a return path of its own" == entry.why


def test_a_list_that_an_alias_leads_to() -> None:
    """The delivery is told for the address that was written to."""
    table = {
        TEAM: Expansion.alias("list@x.org"),
        "list@x.org": Expansion.list_("b@x.org", owner="o@x.org"),
    }

    post, _ = run(table, rcpt(TEAM, ASKED))

    assert [(TEAM, Disposition.DELIVERED, "2.0.0")] == fates(post)


def test_one_address_is_told_once() -> None:
    """What an expanded address leads to further is not told again."""
    table = {
        TEAM: Expansion.alias("list@x.org", "more@x.org"),
        "list@x.org": Expansion.list_("b@x.org", owner="o@x.org"),
        "more@x.org": Expansion.alias("c@x.org", "d@x.org"),
    }

    post, copy = run(table, rcpt(TEAM, ASKED))

    assert [(TEAM, Disposition.EXPANDED, "2.0.0")] == fates(post)
    assert ["c@x.org", "d@x.org"] == [line.split()[0] for line in lines(post.envelope)]
    assert ["b@x.org"] == [line.split()[0] for line in lines(copy.envelope)]


def test_two_ways_to_one_list() -> None:
    """A list that two recipients lead to gets one post."""
    members = Expansion.list_("b@x.org", owner="o@x.org")

    mails = run({TEAM: members, "crew@example.org": members}, rcpt(TEAM), rcpt("crew@example.org"))

    assert 2 == len(mails)
    assert 2 == len(mails[0].outcomes)


def test_two_ways_to_one_address() -> None:
    """An address that is reached twice under the same request is there once."""
    table = {TEAM: Expansion.alias("a@x.org", "b@x.org"), "b@x.org": Expansion.alias("a@x.org")}

    (mail,) = run(table, rcpt(TEAM), rcpt("a@x.org", "NOTIFY=DELAY"))

    assert ["a@x.org", "a@x.org NOTIFY=DELAY"] == lines(mail.envelope)


@pytest.mark.requirement("3461-5.2.6-04")
def test_two_recipients_that_lead_to_one_address() -> None:
    """A failure is told of each recipient that the sender wrote to."""
    table = {TEAM: Expansion.alias("a@x.org")}

    (mail,) = run(table, rcpt(TEAM), rcpt("a@x.org"))

    assert mail.envelope is not None
    assert ["a@x.org", "a@x.org"] == lines(mail.envelope)
    assert [(TEAM, "failed"), ("a@x.org", "failed")] == reported(decide(mail.envelope).plans)


def test_the_order_is_kept() -> None:
    """Recipients come in the order of the commands, targets in that of the alias."""
    table = {TEAM: Expansion.alias("a@x.org", "sub@x.org", "d@x.org"),
             "sub@x.org": Expansion.alias("b@x.org", "c@x.org")}  # fmt: skip

    (mail,) = run(table, rcpt("first@x.org"), rcpt(TEAM), rcpt("last@x.org"))

    names = [line.partition("@")[0] for line in lines(mail.envelope)]
    assert ["first", "a", "b", "c", "d", "last"] == names


@pytest.mark.requirement("5321-6.3-01")
@pytest.mark.parametrize(
    "table",
    [
        {TEAM: Expansion.alias("b@x.org"), "b@x.org": Expansion.alias("TEAM@example.org"),
         "TEAM@example.org": Expansion.alias("b@x.org")},
        {TEAM: Expansion.alias("b@x.org"), "b@x.org": Expansion.alias(TEAM)},
    ],
    ids=["in another case", "the same"],
)  # fmt: skip
def test_aliases_that_loop(table: Mapping[str, Expansion]) -> None:
    """A loop is a failure that its sender is told of."""
    (mail,) = run(table, rcpt(TEAM, "NOTIFY=FAILURE"))

    assert mail.envelope is None
    assert mail.settled is not None
    (plan,) = decide(mail.settled, mail.outcomes).plans
    assert [(TEAM, "failed")] == reported([plan])
    assert "5.4.6" == str(plan.report.recipients[0].status)
    assert str(plan.report.recipients[0].diagnostic_code).startswith("X-DSN; aliases lead from ")


def test_targets_outside_a_loop_get_the_message() -> None:
    """A loop in one branch of an alias keeps it from nobody else."""
    table = {TEAM: Expansion.alias("a@x.org", "b@x.org"), "b@x.org": Expansion.alias(TEAM)}

    (mail,) = run(table, rcpt(TEAM, ASKED))

    assert ["a@x.org"] == [line.split()[0] for line in lines(mail.envelope)]
    assert {(TEAM, Disposition.EXPANDED, "2.0.0"), (TEAM, Disposition.FAILED, "5.4.6")} == set(
        fates(mail)
    )
    assert mail.settled is not None
    told = decide(mail.settled, mail.outcomes).plans
    assert [(TEAM, "failed"), (TEAM, "expanded")] == reported(told)


@pytest.mark.parametrize("own", [TEAM, "Team@Example.ORG"])
def test_an_address_may_keep_a_copy(own: str) -> None:
    """An alias with itself among its targets is no loop."""
    table = {TEAM: Expansion.alias(own, "b@x.org"), own: Expansion.alias(own, "b@x.org")}

    (mail,) = run(table, rcpt(TEAM))

    assert [own, "b@x.org"] == lines(mail.envelope)
    assert [(TEAM, Disposition.EXPANDED, "2.0.0")] == fates(mail)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_lists_that_subscribe_each_other(length: int) -> None:
    """A list that reaches itself again is a failure, told to an owner and not to the sender."""
    names = [f"l{number}@example.org" for number in range(length)]
    table = {
        name: Expansion.list_(names[(number + 1) % length], owner=f"owner-{name}")
        for number, name in enumerate(names)
    }

    mails = run(table, rcpt(names[0]))

    assert length + 1 == len(mails)
    assert mails[-1].envelope is None
    assert mails[-1].settled is not None
    assert f"owner-{names[-1]}" == mails[-1].settled.sender
    assert [(names[0], Disposition.FAILED, "5.4.6")] == fates(mails[-1])


def test_a_chain_that_is_too_long() -> None:
    """More aliases in a row than the policy allows are taken for a loop."""
    table = {f"{n}@x.org": Expansion.alias(f"{n + 1}@x.org") for n in range(5)}

    (whole,) = run(table, rcpt("0@x.org"), policy=ExpandPolicy(most_steps=5))
    (cut,) = run(table, rcpt("0@x.org"), policy=ExpandPolicy(most_steps=4))

    assert ["5@x.org"] == lines(whole.envelope)
    assert [("4@x.org", Disposition.FAILED, "5.4.6")] == fates(cut)
    assert "4 aliases lead to 4@x.org" == cut.trail[-1].why
    assert ("expansion", "5321-6.3-01") == (cut.trail[-1].rule, cut.trail[-1].requirement)


@pytest.mark.parametrize("option", SeveralOption)
def test_aliases_that_share_their_targets(option: SeveralOption) -> None:
    """What many ways lead to is followed once: forty levels have a trillion ways."""
    table = {
        f"{side}{level}@x.org": Expansion.alias(f"l{level + 1}@x.org", f"r{level + 1}@x.org")
        for level in range(40)
        for side in "lr"
    }

    mails = run(table, rcpt("l0@x.org"), policy=OPTIONS[option])

    assert ["l40@x.org", "r40@x.org"] == [line for mail in mails for line in lines(mail.envelope)]


def test_too_many_recipients() -> None:
    """What goes beyond the bound fails for those that are left over, and for nobody else."""
    table = {TEAM: Expansion.alias(*(f"{n}@x.org" for n in range(5)))}

    (mail,) = run(table, rcpt(TEAM), policy=ExpandPolicy(most_recipients=3))

    assert ["0@x.org", "1@x.org", "2@x.org"] == lines(mail.envelope)
    assert [("3@x.org", "5.2.4"), ("4@x.org", "5.2.4")] == [
        (name, status) for name, kind, status in fates(mail) if kind is Disposition.FAILED
    ]
    assert "the message would go to more than 3 addresses" == mail.trail[-1].why


def test_who_is_within_the_bound_stays_so() -> None:
    """An address that gets the message is not told of as one too many."""
    table = {TEAM: Expansion.alias("a@x.org", "b@x.org", "a@x.org")}

    (mail,) = run(table, rcpt(TEAM), policy=ExpandPolicy(most_recipients=2))

    assert ["a@x.org", "b@x.org"] == lines(mail.envelope)
    assert [(TEAM, Disposition.EXPANDED, "2.0.0")] == fates(mail)


@pytest.mark.parametrize(
    "leading",
    [
        pytest.param(Expansion.list_("a@x.org", owner="o@x.org"), id="list"),
        pytest.param(Expansion.alias("a@x.org", "b@x.org"), id="alias"),
        pytest.param(Expansion.alias("back@x.org"), id="loop"),
    ],
)
def test_a_recipient_given_twice(leading: Expansion) -> None:
    """It leads to nothing new, and what it leads to is said of each."""
    options = "NOTIFY=SUCCESS,FAILURE"
    table = {TEAM: leading, "back@x.org": Expansion.alias(TEAM)}

    once = run(table, rcpt(TEAM, options))
    twice = run(table, rcpt(TEAM, options), rcpt(TEAM, options))

    assert [lines(mail.envelope) for mail in once] == [lines(mail.envelope) for mail in twice]
    assert fates(once[0]) * 2 == fates(twice[0])
    assert twice[0].settled is not None
    decision = plan_dsns(twice[0].settled, twice[0].outcomes, reporter=REPORTER)
    assert {TEAM} == {address for address, _ in reported(decision.plans)}
    assert () == decision.undecided


def test_the_bound_is_for_the_message() -> None:
    """Copies of lists count against the same bound."""
    table = {TEAM: Expansion.list_("a@x.org", "b@x.org", owner="o@x.org")}

    _, copy = run(table, rcpt("x@x.org"), rcpt(TEAM), policy=ExpandPolicy(most_recipients=2))

    assert ["a@x.org"] == [line.split()[0] for line in lines(copy.envelope)]
    assert [("b@x.org", Disposition.FAILED, "5.2.4")] == fates(copy)


def test_blind_copies() -> None:
    """A blind copy has NEVER and no ORCPT, so that nobody learns of it."""
    (mail,) = run({}, rcpt("a@x.org", ASKED), copies=("archive@x.org",))

    assert [f"a@x.org {ASKED}", "archive@x.org NOTIFY=NEVER"] == lines(mail.envelope)
    assert mail.envelope is not None
    assert MAIL == str(mail.envelope.mail)
    assert [("a@x.org", "failed")] == reported(decide(mail.envelope).plans)
    assert "blind-copy: shaped, 1 copies go out with NEVER" == str(mail.trail[0])


def test_blind_copies_go_with_the_post_and_not_with_the_lists() -> None:
    """One message has one blind copy, whatever lists it goes to."""
    table = {TEAM: Expansion.list_("b@x.org", owner="o@x.org")}

    post, copy = run(table, rcpt(TEAM), copies=("archive@x.org",))

    assert ["archive@x.org NOTIFY=NEVER"] == lines(post.envelope)
    assert ["b@x.org ORCPT=rfc822;b@x.org"] == lines(copy.envelope)


def test_a_blind_copy_that_cannot_be_sent() -> None:
    """An address that would break a command is refused."""
    with pytest.raises(InvalidAddress):
        run({}, rcpt(), copies=("a b",))


@pytest.mark.requirement("5321-4.5.5-04")
def test_the_null_path_stays() -> None:
    """An alias forwards a notification as one."""
    (mail,) = run({TEAM: Expansion.alias("b@x.org")}, rcpt(TEAM), sender="")

    assert mail.envelope is not None
    assert mail.envelope.has_null_path


@pytest.mark.requirement("5321-3.6.3-04")
@pytest.mark.requirement("5321-3.6.3-05")
@pytest.mark.parametrize(
    "leading",
    [
        Expansion.list_("b@x.org", owner=TEAM),
        Expansion.confidential("b@x.org", owner=TEAM),
    ],
    ids=["list", "confidential"],
)
def test_the_null_path_stays_in_copies(leading: Expansion) -> None:
    """A notification that a list sends on is not told of, even to an owner who is the list."""
    _, copy = run({TEAM: leading}, rcpt(TEAM), sender="")

    assert copy.envelope is not None
    assert copy.envelope.has_null_path
    assert [] == [plan for plan in decide(copy.envelope).plans if plan.audience is Audience.SENDER]


NAMES = [f"{letter}@x.org" for letter in "abcdef"]


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(
                lambda names: Expansion.alias(*names)
            ),
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(
                lambda names: Expansion.list_(*names, owner="o@x.org")
            ),
        ),
    ),
    st.sampled_from(SeveralOption),
)
def test_any_table_ends(table: dict[str, Expansion], option: SeveralOption) -> None:
    """Whatever leads where, expansion ends, and what it settles can be reported."""
    mails = run(table, *(rcpt(name) for name in NAMES), policy=OPTIONS[option])

    for mail in mails:
        assert (mail.settled is None) is (mail.outcomes == ())
        if mail.settled is not None:
            assert () == decide(mail.settled, mail.outcomes).undecided
        if mail.envelope is not None:
            for each in mail.envelope.recipients:
                assert each.address not in table or each.address in table[each.address].targets


def test_what_follows_a_loop_is_followed() -> None:
    """A loop, a chain that is too long or a copy of its own ends nothing else."""
    table = {
        TEAM: Expansion.alias("loop@x.org", TEAM, "a0@x.org", "last@x.org"),
        "loop@x.org": Expansion.alias(TEAM),
        "a0@x.org": Expansion.alias("a1@x.org"),
        "a1@x.org": Expansion.alias("a2@x.org"),
        "a2@x.org": Expansion.alias("a3@x.org"),
    }

    (mail,) = run(table, rcpt(TEAM), policy=ExpandPolicy(most_steps=2))

    assert [TEAM, "last@x.org"] == lines(mail.envelope)
    assert [(TEAM, "5.4.6"), ("a1@x.org", "5.4.6")] == [
        (name, status) for name, kind, status in fates(mail) if kind is Disposition.FAILED
    ]


def test_what_follows_a_shared_target_is_followed() -> None:
    """An address that was followed before is passed over, and those behind it are not."""
    table = {
        TEAM: Expansion.alias("sub@x.org", "sub@x.org", "last@x.org"),
        "sub@x.org": Expansion.alias("a@x.org"),
    }

    (mail,) = run(table, rcpt(TEAM))

    assert ["a@x.org", "last@x.org"] == lines(mail.envelope)
