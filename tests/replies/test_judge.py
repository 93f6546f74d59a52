"""Lists over a session: their order, what waits, what is kept, and what never passes."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from dsnlib.errors import InvalidValue, LookupFailed, RestrictionError
from dsnlib.replies.finding import Ruling
from dsnlib.replies.judge import AccessPolicy, Verdict, judge, judge_now
from dsnlib.replies.restrictions import parse_classes, parse_restrictions
from dsnlib.replies.site import Site
from dsnlib.replies.stage import Stage
from tests.replies.fake_site import RESOLVER, SESSION, SITE, FakeResolver, session_with
from tests.replies.fake_tables import BrokenTable, Counting, FixedTable, FunctionTable, SlowTable

TABLE = FixedTable(
    {
        "dip@a.example": "DEFER_IF_PERMIT 4.1.8 only if permitted",
        "dir@a.example": "DEFER_IF_REJECT 4.1.7 only if rejected",
        "hold@a.example": "HOLD look at it",
        "drop@a.example": "DISCARD quietly",
        "warn@a.example": "WARN strange",
        "class@a.example": "strict",
        "loop@a.example": "loop",
        "bad@a.example": "reject_everything",
        "soft@a.example": "421 4.7.0 go",
        "hard@a.example": "521 5.7.0 go",
        "no@a.example": "REJECT 5.1.1 no",
        "ok@a.example": "OK",
    },
    "table",
)
CLASSES = parse_classes(
    {"strict": "reject_non_fqdn_recipient, reject", "loop": "check_sender_access inline:t"},
    open_table=lambda _: TABLE,
)


def policy(*, site: Site = SITE, delays: bool = True, **lists: str) -> AccessPolicy:
    """Return a policy of lists in text, in which `T` is the table."""
    read = {
        field: parse_restrictions(
            text.replace("T", "inline:t"),
            open_table=lambda spec: BrokenTable() if spec == "broken:x" else TABLE,
            classes=CLASSES,
        )
        for field, text in lists.items()
    }
    return AccessPolicy(
        site=site, classes=CLASSES, delays_refusals=delays, refuses_unlisted=False, **read
    )


def at(stage: Stage, of: AccessPolicy, **changes: Any) -> Verdict:  # noqa: ANN401  as `session_with`
    """Return the verdict about the usual session with something else in it."""
    return judge_now(of, session_with(**changes), stage)


def codes(verdict: Verdict) -> str:
    """Return the codes of the reply, or nothing."""
    return "" if verdict.reply is None else f"{verdict.reply.code} {verdict.reply.status}"


def test_no_lists() -> None:
    """Without lists everything passes."""
    assert Verdict() == at(Stage.RECIPIENT, AccessPolicy(refuses_unlisted=False))
    assert at(Stage.RECIPIENT, AccessPolicy()).is_permitted


def test_lists_are_asked_at_rcpt() -> None:
    """Refusals about client, HELO name and sender wait for the recipient."""
    of = policy(client="reject", helo="reject", sender="reject")

    assert ["", "", ""] == [
        codes(at(stage, of)) for stage in (Stage.CLIENT, Stage.HELO, Stage.SENDER)
    ]
    verdict = at(Stage.RECIPIENT, of)
    assert ("554 5.7.1", Stage.CLIENT) == (codes(verdict), verdict.stage)


@pytest.mark.parametrize("stage", [Stage.CLIENT, Stage.HELO, Stage.SENDER, Stage.RECIPIENT])
def test_lists_are_asked_at_once(stage: Stage) -> None:
    """Without the delay each command has its own list, and no other."""
    field = stage.name.lower()
    lists: dict[str, Any] = {field: parse_restrictions("reject")}
    of = attrs.evolve(policy(delays=False), **lists)

    for each in (Stage.CLIENT, Stage.HELO, Stage.SENDER, Stage.RECIPIENT):
        assert (codes(at(each, of)) == "554 5.7.1") is (each is stage)


def test_permit_ends_one_list() -> None:
    """A PERMIT ends its own list only; each list has to permit."""
    assert "554 5.7.1" == codes(
        at(Stage.RECIPIENT, policy(sender="permit, reject", recipient="reject"))
    )
    assert "554 5.7.1" == codes(at(Stage.RECIPIENT, policy(relay="reject", recipient="permit")))
    assert "" == codes(at(Stage.RECIPIENT, policy(sender="permit, reject", recipient="permit")))


@pytest.mark.parametrize(
    ("sender", "recipient", "expected"),
    [
        # Deferred only if nothing else refuses
        ("dip@a.example", "bob@site.example", "450 4.1.8"),
        ("dip@a.example", "no@a.example", "554 5.1.1"),
        ("dip@a.example", "ok@a.example", "450 4.1.8"),
        # A refusal for good of the same list is softened, of another it is not
        ("dir@a.example", "no@a.example", "554 5.1.1"),
        ("dir@a.example", "bob@site.example", ""),
    ],
)
def test_deferred(sender: str, recipient: str, expected: str) -> None:
    """DEFER_IF_PERMIT lasts over all lists, DEFER_IF_REJECT over its own."""
    of = policy(sender="check_sender_access T", recipient="check_recipient_access T")

    assert expected == codes(at(Stage.RECIPIENT, of, sender=sender, recipient=recipient))


def test_deferred_within_a_list() -> None:
    """The first to say so decides; a refusal for now stays what it is."""
    of = policy(recipient="check_sender_access T, check_recipient_access T")

    verdict = at(Stage.RECIPIENT, of, sender="dir@a.example", recipient="no@a.example")
    assert ("450 4.1.7", Stage.SENDER) == (codes(verdict), verdict.stage)
    assert "421 4.7.0" == codes(
        at(Stage.RECIPIENT, of, sender="dir@a.example", recipient="soft@a.example")
    )


def test_deferred_is_kept() -> None:
    """Without the delay the caller carries what waits from one command to the next."""
    of = policy(delays=False, sender="check_sender_access T", recipient="permit")
    session = attrs.evolve(SESSION, sender="dip@a.example")
    at_mail = judge_now(of, session, Stage.SENDER)
    at_rcpt = judge_now(of, session, Stage.RECIPIENT, deferred=at_mail.deferred)

    assert ("", "450 4.1.8") == (codes(at_mail), codes(at_rcpt))
    assert "" == codes(judge_now(of, session, Stage.RECIPIENT))


def test_unlisted_comes_last() -> None:
    """An unknown recipient is refused behind the lists, and behind what was put off."""
    of = attrs.evolve(
        policy(sender="check_sender_access T", recipient="permit"), refuses_unlisted=None
    )
    unknown = "nobody@site.example"

    verdict = at(Stage.RECIPIENT, of, recipient=unknown)
    assert ("550 5.1.1", Stage.RECIPIENT) == (codes(verdict), verdict.stage)
    assert "reject_unlisted_recipient" == verdict.findings[-1].restriction
    assert "450 4.1.8" == codes(at(Stage.RECIPIENT, of, sender="dip@a.example", recipient=unknown))
    assert "" == codes(at(Stage.DATA, of, recipient=unknown))
    assert "" == codes(
        at(Stage.RECIPIENT, attrs.evolve(of, refuses_unlisted=False), recipient=unknown)
    )


def test_unlisted_is_asked_once() -> None:
    """A list that asks whether the recipient is known has the site's answer."""
    of = policy(recipient="warn_if_reject reject_unlisted_recipient, permit")
    verdict = at(
        Stage.RECIPIENT, attrs.evolve(of, refuses_unlisted=True), recipient="nobody@site.example"
    )

    assert verdict.is_permitted
    assert ["450 4.1.1"] != [codes(verdict)]
    assert [550] == [each.reply.code for each in verdict.warnings if each.reply]


def test_warning() -> None:
    """What only warns refuses nothing, and is told."""
    of = policy(recipient="warn_if_reject reject, warn_if_reject defer_if_permit, permit")
    verdict = at(Stage.RECIPIENT, of)

    assert verdict.is_permitted
    assert ["warn_if_reject reject", "warn_if_reject defer_if_permit"] == [
        each.restriction for each in verdict.warnings
    ]
    assert None is verdict.deferred


def test_warning_about_a_table() -> None:
    """A table that names restrictions warns if its own restriction only warns."""
    of = policy(recipient="warn_if_reject check_sender_access T, permit")
    verdict = at(Stage.RECIPIENT, of, sender="class@a.example")

    assert verdict.is_permitted
    assert [554] == [each.reply.code for each in verdict.warnings if each.reply]
    assert at(Stage.RECIPIENT, of, sender="bad@a.example").is_permitted


@pytest.mark.parametrize(
    ("sender", "text"), [("hold@a.example", "HOLD look at it"), ("warn@a.example", "WARN strange")]
)
def test_action_is_told(sender: str, text: str) -> None:
    """What a table wants done is in the verdict, and the list goes on."""
    of = policy(recipient="check_sender_access T, reject")
    verdict = at(Stage.RECIPIENT, of, sender=sender)

    assert [text] == [str(each.action) for each in verdict.actions]
    assert "554 5.7.1" == codes(verdict)


def test_discard_ends_the_list() -> None:
    """Mail that is to be dropped is taken; the caller is told to drop it."""
    of = policy(recipient="check_sender_access T, reject")
    verdict = at(Stage.RECIPIENT, of, sender="drop@a.example")

    assert verdict.is_permitted
    assert ["DISCARD quietly"] == [str(each.action) for each in verdict.actions]


def test_class_of_restrictions() -> None:
    """A class in a list and one that a table names are walked as lists are."""
    in_list = policy(recipient="strict")
    in_table = policy(recipient="check_sender_access T")

    assert "504 5.5.2" == codes(at(Stage.RECIPIENT, in_list, recipient="bob"))
    assert "504 5.5.2" == codes(
        at(Stage.RECIPIENT, in_table, sender="class@a.example", recipient="bob")
    )
    verdict = at(Stage.RECIPIENT, in_table, sender="class@a.example")
    assert ("554 5.7.1", Stage.SENDER) == (codes(verdict), verdict.stage)


def test_table_that_leads_to_itself() -> None:
    """A class whose table names the class ends with an answer, not with the stack."""
    verdict = at(
        Stage.RECIPIENT, policy(recipient="check_sender_access T"), sender="loop@a.example"
    )

    assert "451 4.3.5" == codes(verdict)
    assert ["restrictions: table loop@a.example leads to itself"] == [
        str(each) for each in verdict.failures
    ]


def _doubling(depth: int) -> dict[str, str]:
    """Classes that each name the next one twice; the last one permits nothing and ends nothing."""
    return {f"c{index}": f"c{index + 1}, c{index + 1}" for index in range(depth - 1)} | {
        f"c{depth - 1}": "permit_sasl_authenticated"
    }


@pytest.mark.parametrize("warns", ["", "warn_if_reject "])
def test_classes_that_double(warns: str) -> None:
    """Few lines that stand for 2^99 restrictions end with an answer, and soon."""
    classes = parse_classes(_doubling(100))
    lists = parse_restrictions(f"{warns}c0, permit", classes=classes)

    verdict = judge_now(
        AccessPolicy(site=SITE, recipient=lists, classes=classes), SESSION, Stage.RECIPIENT
    )

    assert "451 4.3.5" == codes(verdict)
    assert ["restrictions: more than 10000 are asked about one command"] == [
        str(each) for each in verdict.failures
    ]


def test_as_many_as_may_be_asked() -> None:
    """Ten thousand of one list are asked, and the last of them decides."""
    lists = parse_restrictions("permit_sasl_authenticated, " * 9_999 + "reject")

    verdict = judge_now(AccessPolicy(site=SITE, recipient=lists), SESSION, Stage.RECIPIENT)

    assert ("554 5.7.1", ()) == (codes(verdict), verdict.failures)


@pytest.mark.parametrize(
    "named",
    ["reject_unverified_recipient", "reject_unknown_recipient_domain", "reject_maps_rbl"],
)
def test_table_that_names_what_the_site_cannot_do(named: str) -> None:
    """It is a fault of the set-up, 451 4.3.5, and no mail passes because of it."""
    table = FixedTable({"bob@example.net": named}, "table")
    found = parse_restrictions("check_recipient_access inline:t", open_table=lambda _: table)
    verdict = at(
        Stage.RECIPIENT,
        AccessPolicy(recipient=found, refuses_unlisted=False),
        recipient="bob@example.net",
    )

    assert "451 4.3.5" == codes(verdict)
    assert named in str(verdict.failures[0])


def test_table_with_nonsense() -> None:
    """A value that is neither action nor restriction is the site's fault, and told."""
    verdict = at(Stage.RECIPIENT, policy(recipient="check_sender_access T"), sender="bad@a.example")

    assert "451 4.3.5" == codes(verdict)
    assert ["table bad@a.example:1: restrictions: 'reject_everything' is not a restriction"] == [
        str(each) for each in verdict.failures
    ]


def test_failed_lookup_is_kept() -> None:
    """What failed is in the verdict for the log; later lists are not asked."""
    of = policy(sender="check_sender_access broken:x", recipient="permit")
    verdict = at(Stage.RECIPIENT, of)

    assert "451 4.3.0" == codes(verdict)
    (failure,) = verdict.failures
    assert isinstance(failure, LookupFailed)


def test_findings_are_a_trail() -> None:
    """Each restriction that had something to say is in the findings, in order."""
    of = policy(sender="check_sender_access T", recipient="permit_mynetworks, permit")
    verdict = at(Stage.RECIPIENT, of, sender="dip@a.example")

    assert [
        (
            "check_sender_access table: defer-if-permit 450 4.1.8 <dip@a.example>: sender address "
            "refused: only if permitted (table dip@a.example)"
        ),
        "permit: permit",
    ] == [str(each) for each in verdict.findings]
    assert Ruling.DEFER_IF_PERMIT is verdict.findings[0].ruling
    held = at(Stage.RECIPIENT, of, sender="hold@a.example")
    assert "check_sender_access table: act HOLD look at it (table hold@a.example)" == str(
        held.findings[0]
    )


@pytest.mark.parametrize(
    ("sender", "ends"),
    [("soft@a.example", True), ("hard@a.example", True), ("no@a.example", False)],
)
def test_session_ends(sender: str, ends: bool) -> None:  # noqa: FBT001  a column of the table
    """After 421 and 521 the connection is closed."""
    verdict = at(Stage.RECIPIENT, policy(sender="check_sender_access T"), sender=sender)

    assert ends is verdict.ends_session
    assert not Verdict().ends_session


def test_pause() -> None:
    """What is to be waited adds up, and is the caller's to wait."""
    assert 5 == at(Stage.RECIPIENT, policy(client="sleep 2", recipient="sleep 3")).pause_seconds


def test_data_and_etrn() -> None:
    """DATA, the end of the message and ETRN have lists of their own."""
    of = policy(data="reject", end_of_data="defer", etrn="reject", client="permit", helo="permit")

    assert "554 5.7.1" == codes(at(Stage.DATA, of))
    assert "450 4.3.2" == codes(at(Stage.END_OF_DATA, of))
    assert "554 5.7.1" == codes(at(Stage.ETRN, of, etrn="example.org"))
    assert "" == codes(at(Stage.RECIPIENT, of))


def test_etrn_asks_about_the_client() -> None:
    """ETRN comes without MAIL and RCPT, so the lists about the client are asked at it."""
    assert "554 5.7.1" == codes(at(Stage.ETRN, policy(client="reject")))
    assert "" == codes(at(Stage.ETRN, policy(sender="reject")))
    assert "" == codes(at(Stage.ETRN, policy(client="reject", delays=False)))


@pytest.mark.parametrize("stage", [Stage.OTHER, Stage.LOGIN, Stage.CERTIFICATE])
def test_no_list_is_about_it(stage: Stage) -> None:
    """A command that no list is about is the caller's mistake."""
    with pytest.raises(InvalidValue, match="no list is about"):
        at(stage, policy())


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("reject_unknown_helo_hostname", "resolver"),
        ("permit_mynetworks", "networks"),
        ("reject_unauth_destination", "directory"),
        ("permit_inet_interfaces", "addresses"),
        ("permit_mx_backup", "resolver"),
        ("reject_maps_rbl", "resolver"),
        ("strict", "directory"),
    ],
)
def test_what_a_site_lacks(text: str, field: str) -> None:
    """A list that needs what the site does not have is an error before mail comes."""
    classes = parse_classes({"strict": "reject_unlisted_sender"})
    found = parse_restrictions(text, classes=classes)

    with pytest.raises(RestrictionError, match=f"needs `Site.{field}`"):
        AccessPolicy(recipient=found)


def test_class_that_nobody_uses_needs_too() -> None:
    """A table may name any class, so each has to have what it needs."""
    with pytest.raises(RestrictionError, match=r"reject_unlisted_sender needs `Site\.directory`"):
        AccessPolicy(classes=parse_classes({"strict": "reject_unlisted_sender"}))


def test_unlisted_needs_a_directory() -> None:
    """To refuse unknown recipients the site has to know them."""
    with pytest.raises(RestrictionError, match=r"`Site\.directory` is needed"):
        AccessPolicy(refuses_unlisted=True)


def test_empty_table_is_a_table() -> None:
    """A table without entries is there all the same."""

    class Sized(FixedTable):
        def __len__(self) -> int:
            return 0

    AccessPolicy(site=Site(networks=Sized()), client=parse_restrictions("permit_mynetworks"))


def test_asynchronous_table() -> None:
    """Tables and resolvers may be coroutines: then the verdict is awaited."""

    class SlowResolver(FakeResolver):
        async def mail_exchangers(self, name: str) -> tuple[str, ...]:  # type: ignore[override]  # the protocol allows both
            await asyncio.sleep(0)
            return RESOLVER.mx.get(name, ())

    site = attrs.evolve(SITE, resolver=SlowResolver())
    slow = SlowTable(FixedTable({"none@a.example": "REJECT 5.1.1 no"}))
    of = AccessPolicy(
        site=site,
        refuses_unlisted=False,
        sender=parse_restrictions("check_sender_access inline:t", open_table=lambda _: slow),
        recipient=parse_restrictions("reject_unknown_sender_domain"),
    )

    def verdict(sender: str) -> Verdict:
        session = attrs.evolve(SESSION, sender=sender)
        return asyncio.run(judge(of, session, Stage.RECIPIENT))

    assert "554 5.1.7" == codes(verdict("none@a.example"))
    assert "450 4.1.8" == codes(verdict("x@gone.example"))
    assert "" == codes(verdict("x@good.example"))
    with pytest.raises(TypeError, match="await it instead"):
        judge_now(of, SESSION, Stage.RECIPIENT)


def test_table_is_asked_in_order() -> None:
    """A table with keys of its own is asked from the whole to the parts, others once."""
    counting = Counting(FixedTable())
    pattern = Counting(FunctionTable(lambda _: None))
    for table in (counting, pattern):
        found = parse_restrictions("check_sender_access inline:t", open_table=lambda _: TABLE)
        of = AccessPolicy(site=SITE, sender=[attrs.evolve(found[0], table=table)])
        at(Stage.RECIPIENT, of, sender="Ann+x@a.example")

    assert ["ann+x@a.example", "ann@a.example", "a.example", "example", "ann+x@", "ann@"] == (
        counting.asked
    )
    assert ["ann+x@a.example"] == pattern.asked


def test_hostile_sender_stays_linear() -> None:
    """A sender of many labels is asked for once, not for each of them."""
    counting = Counting(FixedTable())
    of = AccessPolicy(
        sender=parse_restrictions("check_sender_access inline:t", open_table=lambda _: counting)
    )
    at(Stage.RECIPIENT, of, sender="a@" + "b." * 5000 + "example")

    assert 4 > len(counting.asked)


def test_control_characters_cannot_come() -> None:
    """A session has no text that could end a line."""
    for field in ("helo", "sender", "recipient", "login", "etrn"):
        with pytest.raises(InvalidValue):
            session_with(**{field: "a\r\nb"})


def test_table_without_a_name() -> None:
    """A table alone in a list is asked about what the list is about."""
    of = policy(sender="T", recipient="T, permit")

    assert "554 5.1.7" == codes(at(Stage.RECIPIENT, of, sender="no@a.example"))
    assert "554 5.1.1" == codes(at(Stage.RECIPIENT, of, recipient="no@a.example"))
    assert "" == codes(at(Stage.RECIPIENT, of))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("permit", ""), ("reject_non_fqdn_sender", "450 4.3.2"), ("reject", "554")],
)
def test_class_ends_the_list_or_not(text: str, expected: str) -> None:
    """A class that permits or refuses ends the list; else the list goes on."""
    classes = parse_classes({"mine": text})
    found = parse_restrictions("mine, defer", classes=classes)
    verdict = at(Stage.RECIPIENT, AccessPolicy(recipient=found, refuses_unlisted=False))

    assert codes(verdict).startswith(expected)
    assert (expected == "") is verdict.is_permitted


def test_table_names_restrictions_that_decide_nothing() -> None:
    """The list goes on behind a table whose restrictions had nothing to say."""
    table = FixedTable({"ann@": "reject_non_fqdn_sender, check_policy_service grey"})
    found = parse_restrictions(
        "check_sender_access inline:t, defer", open_table=lambda _: table, services=["grey"]
    )
    verdict = at(Stage.RECIPIENT, AccessPolicy(site=SITE, recipient=found, refuses_unlisted=False))

    assert "450 4.3.2" == codes(verdict)
    assert "come back in a minute" in str(verdict.deferred)


def test_first_deferral_counts() -> None:
    """Of several that would put it off, the first says why."""
    table = FixedTable({"ann@": "DEFER_IF_PERMIT first", "bob@": "DEFER_IF_PERMIT second"})
    hard = FixedTable({"ann@": "DEFER_IF_REJECT first", "bob@": "DEFER_IF_REJECT second"})
    text = "check_sender_access inline:t, check_recipient_access inline:t, reject"
    for each, words in ((table, text.removesuffix(", reject")), (hard, text)):
        found = parse_restrictions(words, open_table=lambda _, each=each: each)  # type: ignore[misc]  # bound now
        verdict = at(Stage.RECIPIENT, AccessPolicy(recipient=found, refuses_unlisted=False))
        assert ("first",) == tuple(str(verdict.reply).split()[-1:])


def test_what_goes_wrong_is_said() -> None:
    """A failure is named by its restriction, and the client learns only that it is one."""
    failed = at(Stage.RECIPIENT, policy(sender="check_sender_access broken:x"))
    wrong = at(Stage.RECIPIENT, policy(sender="check_sender_access T"), sender="bad@a.example")

    assert ["check_sender_access broken", "check_sender_access table"] == [
        verdict.findings[-1].restriction for verdict in (failed, wrong)
    ]
    assert "451 4.3.0 <ann@good.example>: sender address refused: it cannot be checked now" == str(
        failed.reply
    )
    assert str(wrong.reply).endswith("refused: this server is not set up correctly")


def test_deep_classes() -> None:
    """Tables may name classes whose tables name classes, some levels deep."""
    tables = {f"t{n}": FixedTable({"ann@": f"c{n + 1}"}, f"t{n}") for n in range(99)}
    texts = {f"c{n}": f"check_sender_access inline:t{n}" for n in range(99)} | {"c99": "reject"}
    classes = parse_classes(texts, open_table=lambda spec: tables[spec.removeprefix("inline:")])
    found = parse_restrictions("c0", classes=classes)
    verdict = at(
        Stage.RECIPIENT, AccessPolicy(recipient=found, classes=classes, refuses_unlisted=False)
    )

    assert ("554 5.7.1", ()) == (codes(verdict), verdict.failures)
