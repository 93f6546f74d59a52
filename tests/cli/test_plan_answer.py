"""What `dsnlib plan` makes of outcomes, aliases and a next hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.messages import ALIASES, FAILED, MESSAGE, with_outcome

if TYPE_CHECKING:
    from collections.abc import Callable

Run = tuple[int, str, str]


@pytest.mark.parametrize(
    ("members", "disposition", "status", "diagnostic"),
    [
        ({"status": "5.1.1"}, "failed", "5.1.1", None),
        ({"status": "4.4.1"}, "delayed", "4.4.1", None),
        ({"status": "4.4.1", "disposition": "failed"}, "failed", "4.4.1", None),
        ({"status": "2.0.0", "disposition": "Handed-On"}, "handed-on", "2.0.0", None),
        ({"reply": "550 No"}, "failed", "5.0.0", "550 No"),
        ({"reply": "451 4.7.1 Later"}, "delayed", "4.7.1", "451 4.7.1 Later"),
        ({"reply": "550 No", "status": "5.1.1"}, "failed", "5.1.1", "550 No"),
        ({"status": "5.1.1", "diagnostic": "x"}, "failed", "5.1.1", "x"),
        ({"status": "5.1.1", "reply": None, "disposition": None}, "failed", "5.1.1", None),
    ],
    ids=str,
)
def test_outcome(
    answer: Callable[..., dict[str, Any]],
    members: dict[str, object],
    disposition: str,
    status: str,
    diagnostic: str | None,
) -> None:
    """The class of a code tells a failure from a delay; a reply has the code in it."""
    never = {"recipients": [{"address": "bob@example.com", "notify": "NEVER"}]}

    (withheld,) = answer(with_outcome(**members) | never)["withheld"]

    assert [
        {
            "recipient": "bob@example.com",
            "disposition": disposition,
            "status": status,
            "diagnostic": diagnostic,
        }
    ] == withheld["outcomes"]


def test_a_delay_that_was_told_before(answer: Callable[..., dict[str, Any]]) -> None:
    """Nobody is told of a delay twice."""
    description = with_outcome(status="4.4.1", is_delay_reported=True)

    assert [] == answer(description)["notifications"]


@pytest.mark.parametrize(("is_due", "count"), [(True, 1), (False, 0), (None, 1)])
def test_when_delays_are_told(
    answer: Callable[..., dict[str, Any]], is_due: object, count: int
) -> None:
    """`is_delay_due` says whether this is the time; it is unless it is not."""
    description = with_outcome(status="4.4.1", retry_until="2026-11-27T10:00:00Z")

    found = answer({**description, "is_delay_due": is_due})

    assert count == len(found["notifications"])


def test_one_address_twice(answer: Callable[..., dict[str, Any]]) -> None:
    """Two recipients with one address have an outcome each, in their order."""
    description = {
        **MESSAGE,
        "recipients": [
            {"address": "bob@example.com", "notify": "NEVER"},
            {"address": "bob@example.com", "notify": "FAILURE"},
        ],
        "outcomes": [FAILED, {**FAILED, "status": "5.2.2"}],
    }

    found = answer(description)

    assert ["5.1.1"] == [each["status"] for each in found["withheld"][0]["outcomes"]]
    assert ["5.2.2"] == [each["status"] for each in found["notifications"][0]["reports"]]


def test_the_address_as_received(answer: Callable[..., dict[str, Any]]) -> None:
    """A recipient that an alias made is told of under the address of the alias."""
    recipient = {
        "address": "bob@example.com",
        "expanded_from": "team@example.org",
        "orcpt": "Team@example.org",
    }

    (notification,) = answer({**MESSAGE, "recipients": [recipient], "outcomes": [FAILED]})[
        "notifications"
    ]

    (fields,) = notification["reports"]
    assert ("team@example.org", "Team@example.org") == (
        fields["recipient"],
        fields["original_recipient"],
    )


def test_aliases_are_followed(answer: Callable[..., dict[str, Any]]) -> None:
    """What the message becomes is told as commands, and what is decided at once besides."""
    found = answer({**ALIASES, "outcomes": [{"recipient": "m@example.com", "reply": "550 No"}]})

    own, of_list, confidential = found["mails"]
    assert [
        "MAIL FROM:<ann@example.org> RET=FULL ENVID=QQ",
        "RCPT TO:<a@example.com> NOTIFY=FAILURE",
        "RCPT TO:<b@example.com> NOTIFY=FAILURE",
        "RCPT TO:<c@example.com>",
    ] == own["commands"]
    assert [
        "MAIL FROM:<owner@example.org> RET=HDRS",
        "RCPT TO:<m@example.com> NOTIFY=FAILURE",
    ] == of_list["commands"]
    assert ["MAIL FROM:<>", "RCPT TO:<s@example.com> NOTIFY=NEVER"] == confidential["commands"]
    assert [
        ("Team@example.org", "expanded"),
        ("list@example.org", "delivered"),
        ("loop@example.org", "failed"),
        ("secret@example.org", "delivered"),
    ] == [(each["recipient"], each["disposition"]) for each in own["outcomes"]]
    assert ["several", "list", "expansion", "confidential"] == [
        each["rule"] for each in own["trail"]
    ]
    assert [
        ("ann@example.org", "failure", ["loop@example.org"]),
        ("ann@example.org", "expanded", ["Team@example.org", "list@example.org"]),
        ("owner@example.org", "failure", ["m@example.com"]),
    ] == [
        (each["sender"], each["kind"], [one["recipient"] for one in each["reports"]])
        for each in found["notifications"]
    ]
    assert ["a@example.com", "b@example.com", "c@example.com", "s@example.com"] == found[
        "undecided"
    ]


def test_aliases_for_people(run_plan: Callable[..., Run]) -> None:
    """A recipient that an alias made says by way of which; a loop is told where it is."""
    _, out, _ = run_plan(ALIASES)

    assert "  RCPT TO:<a@example.com> NOTIFY=FAILURE  (by way of Team@example.org)\n" in out
    assert "aliases lead from loop@example.org back to it" in out
    assert "  MAIL FROM:<owner@example.org> RET=HDRS\n" in out


def test_nobody_is_left(run_plan: Callable[..., Run]) -> None:
    """A message whose recipients are all settled goes nowhere."""
    description = {
        **MESSAGE,
        "aliases": {"bob@example.com": "Bob@example.com"},
        "hop": {"name": "mx.example.com"},
    }
    looping = {
        **description,
        "aliases": {"bob@example.com": "x@example.com", "x@example.com": "bob@example.com"},
    }

    assert "message\n  MAIL FROM:<ann@example.org>\n" in run_plan(description)[1]
    _, out, _ = run_plan(looping)
    assert "message that goes to nobody\n" in out
    assert "nothing to relay to mx.example.com\n" in out


def test_a_hop_with_dsn(answer: Callable[..., dict[str, Any]]) -> None:
    """What EHLO said decides what the commands carry, and what a good reply means."""
    description = {
        **MESSAGE,
        "mail": "RET=FULL ENVID=QQ BY=3600;NT SIZE=10",
        "arrival": "2026-11-22T10:04:00+01:00",
        "recipients": [
            {"address": "bob@example.com", "rcpt": "NOTIFY=SUCCESS ORCPT=rfc822;B+2Bb@example.com"},
            "dan@example.com",
        ],
        "hop": {"name": "mx.example.com", "ehlo": ["DSN", "DELIVERBY"], "most_recipients": 1},
        "outcomes": [{"recipient": "bob@example.com", "reply": "250 2.1.5 Fine"}],
    }

    found = answer(description)

    (relay,) = found["relays"]
    assert "mx.example.com" == relay["remote_mta"]
    assert [
        [
            "MAIL FROM:<ann@example.org> RET=FULL ENVID=QQ BY=3000;NT",
            "RCPT TO:<bob@example.com> NOTIFY=SUCCESS ORCPT=rfc822;B+2Bb@example.com",
        ],
        [
            "MAIL FROM:<ann@example.org> RET=FULL ENVID=QQ BY=3000;NT",
            "RCPT TO:<dan@example.com>",
        ],
    ] == relay["transactions"]
    assert (True, ["deliver-by"]) == (
        relay["is_traced"],
        [each["rule"] for each in relay["trail"]],
    )
    # BY asks for a trace, so the sender hears of the relay all the same.
    (notification,) = found["notifications"]
    assert ("relayed", "mx.example.com") == (
        notification["kind"],
        notification["reports"][0]["remote_mta"],
    )


@pytest.mark.parametrize(("is_traced", "count"), [(True, 1), (False, 0), (None, 0)])
def test_a_trace_that_is_said(
    answer: Callable[..., dict[str, Any]], is_traced: object, count: int
) -> None:
    """What is said of a trace goes over what the relay makes of it."""
    description = with_outcome(reply="250 Fine", is_traced=is_traced)

    found = answer({**description, "hop": {"name": "mx.example.com", "ehlo": ["DSN"]}})

    assert count == len(found["notifications"])


@pytest.mark.parametrize(
    ("hop", "kind"),
    [
        ({"ehlo": ["DSN"]}, None),
        ({"ehlo": "250-mx.example.com at your service\n250-SIZE 10\n250 DSN"}, None),
        ({}, "relayed"),
        ({"ehlo": "250 DSN"}, "relayed"),
        ({"is_final": True, "is_lmtp": True}, "success"),
    ],
    ids=["DSN", "as the server sent it", "without", "the greeting is no keyword", "the mailbox"],
)
def test_what_a_good_reply_means(
    answer: Callable[..., dict[str, Any]], hop: dict[str, object], kind: str | None
) -> None:
    """A hop with DSN answers from then on; one without leaves it to us; one may be the end."""
    description = with_outcome(reply="250 Fine") | {
        "recipients": [{"address": "bob@example.com", "notify": "SUCCESS"}],
        "hop": {"name": "mx.example.com", **hop},
    }

    kinds = [each["kind"] for each in answer(description)["notifications"]]

    assert ([] if kind is None else [kind]) == kinds


def test_a_reply_of_another_system(answer: Callable[..., dict[str, Any]]) -> None:
    """A reply of a system that is not the hop is that system's."""
    description = with_outcome(reply="550 No", remote_mta="other.example.com") | {
        "hop": {"name": "mx.example.com"}
    }

    (notification,) = answer(description)["notifications"]

    assert "other.example.com" == notification["reports"][0]["remote_mta"]


@pytest.mark.parametrize(
    ("outcomes", "status"), [([], "5.7.10"), ([{**FAILED, "status": "5.7.1"}], "5.7.1")]
)
def test_what_a_hop_cannot_be_sent(
    answer: Callable[..., dict[str, Any]], outcomes: list[object], status: str
) -> None:
    """It is the recipient's outcome, unless another is given."""
    description = {
        **MESSAGE,
        "mail": "REQUIRETLS",
        "hop": {"name": "mx.example.com", "ehlo": ["REQUIRETLS"]},
        "outcomes": outcomes,
    }

    found = answer(description)

    assert ["5.7.10"] == [each["status"] for each in found["relays"][0]["outcomes"]]
    (notification,) = found["notifications"]
    assert [status] == [each["status"] for each in notification["reports"]]


def test_a_hop_under_tls(answer: Callable[..., dict[str, Any]]) -> None:
    """`is_tls` says what EHLO does not."""
    hop = {"name": "mx.example.com", "ehlo": ["REQUIRETLS"], "is_tls": True}

    (relay,) = answer({**MESSAGE, "mail": "REQUIRETLS", "hop": hop})["relays"]

    assert ["MAIL FROM:<ann@example.org> REQUIRETLS"] == relay["transactions"][0][:1]


@pytest.mark.parametrize(("header", "count"), [("Subject: x\n", 0), ("Subject: é\n", 1), (None, 1)])
def test_a_header_that_needs_no_smtputf8(
    answer: Callable[..., dict[str, Any]], header: str | None, count: int
) -> None:
    """A message that came with SMTPUTF8 goes on without it if it is known not to need it."""
    description = {
        **MESSAGE,
        "smtputf8": True,
        "hop": {"name": "mx.example.com"},
        "facts": {"header": header},
    }

    (relay,) = answer(description)["relays"]

    assert count == len(relay["outcomes"])


def test_an_address_in_any_script(answer: Callable[..., dict[str, Any]]) -> None:
    """With SMTPUTF8 addresses and ORCPT may be in UTF-8."""
    description = {
        **MESSAGE,
        "smtputf8": True,
        "recipients": [{"address": "δ@example.com", "rcpt": "ORCPT=utf-8;δ@example.com"}],
        "hop": {"name": "mx.example.com", "ehlo": ["DSN", "SMTPUTF8"]},
        "outcomes": [{"recipient": "δ@example.com", "status": "5.1.1"}],
    }

    found = answer(description)

    assert (
        "RCPT TO:<δ@example.com> ORCPT=utf-8;δ@example.com"
        in (found["relays"][0]["transactions"][0])
    )
    assert "δ@example.com" == found["notifications"][0]["reports"][0]["original_recipient"]


def test_confidential_with_an_owner(answer: Callable[..., dict[str, Any]]) -> None:
    """Failures of a confidential forward go to its owner, where it has one."""
    alias = {"kind": "confidential", "targets": ["s@example.com"], "owner": "o@example.org"}

    found = answer({**MESSAGE, "aliases": {"bob@example.com": alias}})

    assert ["MAIL FROM:<o@example.org>", "RCPT TO:<s@example.com>"] == found["mails"][1]["commands"]
