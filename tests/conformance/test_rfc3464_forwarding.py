"""RFC 3464 s2.3.3, s3, s4.2, App. C: what is told of aliases, lists and forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib import (
    Action,
    DeliveryOutcome,
    Disposition,
    EnhancedStatusCode,
    Envelope,
    Notify,
    RcptParameters,
    Recipient,
    TypedAddress,
)
from dsnlib.policy.expand import ExpandedMail, expand
from dsnlib.policy.expansion import ExpandPolicy, Expansion, SeveralOption
from dsnlib.policy.notify import plan_dsns
from tests.compose.occasions import REPORTER

if TYPE_CHECKING:
    from dsnlib import DeliveryReport

SENDER = "ann@example.org"
ASKED = RcptParameters(
    notify=Notify.SUCCESS | Notify.FAILURE | Notify.DELAY,
    orcpt=TypedAddress("rfc822", "team@example.com"),
)
FAILURE = RcptParameters(notify=Notify.FAILURE)
PAGER = "bob@pager.example.net"
FORWARD = {"bob@example.com": Expansion.confidential(PAGER)}
OWNED = {"bob@example.com": Expansion.confidential(PAGER, owner="forwards@example.com")}
TEAM = {"team@example.com": Expansion.alias("bea@example.com", "cyn@example.net")}
LIST = {
    "list@example.com": Expansion.list_(
        "dan@example.com", "eve@example.net", owner="list-bounces@example.com"
    )
}


def expanded(
    table: dict[str, Expansion],
    params: RcptParameters = ASKED,
    several: SeveralOption = SeveralOption.SPLIT,
) -> tuple[ExpandedMail, ...]:
    """Return what becomes of a message to the one address of a table."""
    (address,) = table
    envelope = Envelope(sender=SENDER, recipients=(Recipient(address, params),))
    return expand(envelope, table.get, policy=ExpandPolicy(several=several))


def told(mails: tuple[ExpandedMail, ...]) -> list[tuple[str | None, Action | None]]:
    """Return whom and what the sender is told of at once."""
    return [
        (each.recipient, each.action)
        for mail in mails
        if mail.settled is not None
        for report in reports(mail.settled, *mail.outcomes)
        for each in report.recipients
    ]


def reports(envelope: Envelope, *outcomes: DeliveryOutcome) -> list[DeliveryReport]:
    """Return what its sender is told of a message."""
    return [each.report for each in plan_dsns(envelope, outcomes, reporter=REPORTER).plans]


def onward(mails: tuple[ExpandedMail, ...]) -> list[tuple[str, str, Notify | None]]:
    """Return return path, address and NOTIFY of all that goes on."""
    return [
        (mail.envelope.sender, each.address, each.params.notify)
        for mail in mails
        if mail.envelope is not None
        for each in mail.envelope.recipients
    ]


@pytest.mark.requirement("3464-3-06")
@pytest.mark.requirement("3464-2.3.3-10")
def test_an_alias_of_several_is_expanded() -> None:
    """Who asked for success hears that it was expanded, and nobody is asked for more of it."""
    mails = expanded(TEAM)

    rest = Notify.FAILURE | Notify.DELAY
    assert [("team@example.com", Action.EXPANDED)] == told(mails)
    assert [
        (SENDER, "bea@example.com", rest),
        (SENDER, "cyn@example.net", rest),
    ] == onward(mails)


@pytest.mark.requirement("3464-2.3.3-09")
def test_what_was_expanded_may_still_fail() -> None:
    """A target of the alias that fails is reported to the sender, as the address they wrote to."""
    (mail,) = expanded(TEAM)
    assert mail.envelope is not None
    failed = DeliveryOutcome(
        recipient=mail.envelope.recipients[1],
        disposition=Disposition.FAILED,
        status=EnhancedStatusCode.parse("5.1.1"),
    )

    (report,) = reports(mail.envelope, failed)

    assert [("team@example.com", Action.FAILED)] == [
        (each.recipient, each.action) for each in report.recipients
    ]


@pytest.mark.requirement("3464-2.3.3-10")
@pytest.mark.parametrize("several", SeveralOption, ids=lambda each: each.value)
def test_an_alias_of_one_is_not_expanded(several: SeveralOption) -> None:
    """An alias with one target is told of by whoever has the mailbox."""
    table = {"team@example.com": Expansion.alias("bea@example.com")}

    mails = expanded(table, several=several)

    assert [] == told(mails)
    assert [(SENDER, "bea@example.com", ASKED.notify)] == onward(mails)


@pytest.mark.requirement("3464-3-07")
def test_or_one_target_is_asked_for_all() -> None:
    """The request goes to exactly one target, with nothing said here."""
    mails = expanded(TEAM, several=SeveralOption.ONE)

    assert [] == told(mails)
    assert [
        (SENDER, "bea@example.com", ASKED.notify),
        (SENDER, "cyn@example.net", None),
    ] == onward(mails)


@pytest.mark.requirement("3464-2.3.3-11")
@pytest.mark.requirement("3464-3-08")
@pytest.mark.parametrize(
    ("params", "action"),
    [(ASKED, [Action.DELIVERED]), (RcptParameters(), []), (FAILURE, [])],
    ids=["SUCCESS", "nothing", "FAILURE"],
)
def test_a_list_is_told_of_as_a_mailbox(params: RcptParameters, action: list[Action]) -> None:
    """Delivery to a list is reported as that to a mailbox is, and never as expanded."""
    mailbox = Recipient("list@example.com", params)
    delivered = DeliveryOutcome(
        recipient=mailbox,
        disposition=Disposition.DELIVERED,
        status=EnhancedStatusCode.parse("2.1.5"),
    )
    envelope = Envelope(sender=SENDER, recipients=(mailbox,))

    as_mailbox = [
        (each.recipient, each.action)
        for report in reports(envelope, delivered)
        for each in report.recipients
    ]

    assert [("list@example.com", each) for each in action] == as_mailbox
    assert as_mailbox == told(expanded(LIST, params))


@pytest.mark.requirement("3464-App-C-01")
def test_reports_on_subscribers_go_to_the_list() -> None:
    """What a list sends on has the return path that takes its reports, never the poster's."""
    paths = {sender for sender, _, _ in onward(expanded(LIST))}

    assert {"list-bounces@example.com"} == paths


@pytest.mark.requirement("3464-4.2-02")
def test_a_confidential_forward_as_a_relay() -> None:
    """(a) It is reported as relayed to who asked, and nothing is asked for further on."""
    table = {"bob@example.com": Expansion.alias(PAGER, "archive@example.com")}

    mails = expanded(table, several=SeveralOption.DROP)

    assert [("bob@example.com", Action.RELAYED)] == told(mails)
    assert [None, None] == [notify for _, _, notify in onward(mails)]
    assert [] == told(expanded(table, FAILURE, SeveralOption.DROP))


@pytest.mark.requirement("3464-4.2-01")
@pytest.mark.requirement("3464-4.2-03")
@pytest.mark.requirement("3464-4.2-05")
def test_a_confidential_forward_as_a_delivery() -> None:
    """(b), (d), (e) It is delivered for the sender, and goes on with NEVER under the null path."""
    mails = expanded(FORWARD)

    assert [("bob@example.com", Action.DELIVERED)] == told(mails)
    assert [("", PAGER, Notify.NEVER)] == onward(mails)


@pytest.mark.requirement("3464-4.2-01")
@pytest.mark.requirement("3464-4.2-05")
def test_a_confidential_forward_as_a_message_of_its_own() -> None:
    """(f) This system is the originator of what goes on, and hears what becomes of it."""
    mails = expanded(OWNED)

    assert [("forwards@example.com", PAGER, None)] == onward(mails)
    assert all(
        each.params.orcpt is None
        for mail in mails
        if mail.envelope is not None
        for each in mail.envelope.recipients
    )
