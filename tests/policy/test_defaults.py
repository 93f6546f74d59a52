"""What every setting is if nobody sets it, and how the closed sets are written.

A default is a promise: a site that never heard of a setting lives by it.
"""

import datetime as dt
from typing import Any

import attrs
import pytest

from dsnlib.model.address import MtaName
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import MailParameters, Notify
from dsnlib.model.outcome import Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.budget import Budget
from dsnlib.policy.draft import Withheld
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.expand import ExpandedMail
from dsnlib.policy.expansion import ExpandPolicy, Expansion, ExpansionKind, SeveralOption
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.gateway import ForeignSystem
from dsnlib.policy.guard import GUARDS, Guards
from dsnlib.policy.hop import NextHop
from dsnlib.policy.notify import DsnDecision
from dsnlib.policy.plan import Audience
from dsnlib.policy.privacy import Privacy
from dsnlib.policy.relay import RelayPlan, RelayPolicy, RelayRecipient, Transaction
from dsnlib.policy.schedule import AttemptPlan, QueueHistory, RetryPolicy, RetryVerdict
from dsnlib.policy.settle import TransactionReplies
from dsnlib.policy.table import Case
from dsnlib.policy.trail import Effect

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
NAME = MtaName("dns", "mx.example.com")
HOP = NextHop(name=NAME)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
GIVEN = object()

DEFAULTS: list[tuple[Any, dict[str, Any]]] = [
    (Budget(), {"per_sender": None, "per_domain": None, "per_source": None, "seconds": 3600}),
    (Guards(), {"enabled": frozenset(rule.name for rule in GUARDS), "most_hops": 100}),
    (
        Privacy(),
        {"hides_expansions": False, "hides_transcripts": False, "internal_domains": ()},
    ),
    (
        MessageFacts(),
        {
            "queue_id": None, "is_authenticated": False, "source": None, "is_spam": None,
            "spf": None, "auto_submitted": None, "is_bulk": False, "suppressed": frozenset(),
            "is_report": False, "is_notice": False, "hops": 0,
        },
    ),
    (
        DsnPolicy(),
        {
            "unasked": Notify.FAILURE | Notify.DELAY, "reports_delays": True,
            "confirms_cleared_delays": False,
            "postmaster_classes": PostmasterClass.DOUBLE_BOUNCE,
            "postmaster": None, "postmasters": {}, "double_bounce_senders": frozenset(),
            "names_expanded": False, "invents_original": False, "names_source": True,
            "names_attempts": True, "marks_never": True, "recipients_per_report": None,
            "privacy": Privacy(), "guards": Guards(enabled=()), "budget": None,
        },
    ),
    (
        RelayPolicy(),
        {
            "adds_orcpt": False, "separates_never": False, "passes_utf8": False,
            "diagnostic_type": "X-DSN",
        },
    ),
    (
        ExpandPolicy(),
        {
            "several": SeveralOption.SPLIT, "tells_of_single": False,
            "most_recipients": 100_000, "most_steps": 100, "diagnostic_type": "X-DSN",
        },
    ),
    (
        Expansion(kind=ExpansionKind.ALIAS, targets=["a@x.org"]),
        {
            "kind": GIVEN, "targets": GIVEN, "owner": None, "mail": MailParameters(),
            "notify": None, "names_members": True,
        },
    ),
    (
        RetryPolicy(),
        {
            "first_wait": 5 * MINUTE, "growth": 2.0, "longest_wait": 2 * HOUR,
            "warn_after": 4 * HOUR, "lifetime": 5 * DAY, "null_lifetime": 5 * DAY,
        },
    ),
    (
        QueueHistory(arrival=NOON),
        {
            "arrival": GIVEN, "attempts": 0, "warned": None, "noted_late": None,
            "told": frozenset(), "replies": {},
        },
    ),
    (
        AttemptPlan(verdict=RetryVerdict.EXPIRED, next_attempt=None, expires=NOON),
        {
            "verdict": GIVEN, "next_attempt": GIVEN, "expires": GIVEN, "is_delay_due": False,
            "is_late": False,
        },
    ),
    (
        HOP,
        {
            "name": GIVEN, "dsn": False, "smtputf8": False, "requiretls": False,
            "is_tls": False, "shortest_seconds": None, "is_lmtp": False, "is_final": False,
            "most_recipients": None,
        },
    ),
    (
        RelayPlan(hop=HOP),
        {
            "hop": GIVEN, "transactions": (), "outcomes": (), "is_traced": False,
            "diagnostic_type": "X-DSN", "trail": (),
        },
    ),
    (RelayRecipient(Recipient("a@x.org")), {"recipient": GIVEN, "options": ()}),
    (
        Transaction(sender="", recipients=()),
        {"sender": GIVEN, "options": (), "recipients": GIVEN},
    ),
    (
        TransactionReplies(),
        {
            "session": None, "mail": None, "recipients": (), "data": None, "end": (),
            "lost": "the connection was lost",
            "lost_status": EnhancedStatusCode.parse("4.4.2"),
        },
    ),
    (
        ForeignSystem(),
        {"reports_success": False, "reports_failure": False, "omits_content": False},
    ),
    (
        ExpandedMail(envelope=Envelope(sender="", recipients=[Recipient("a@x.org")])),
        {"envelope": GIVEN, "settled": None, "outcomes": (), "trail": ()},
    ),
    (
        DsnDecision(plans=()),
        {
            "plans": GIVEN, "withheld": (), "undecided": (), "delays_told": (),
            "spending": {},
        },
    ),
    (
        Withheld(outcomes=(), trail=()),
        {"outcomes": GIVEN, "trail": GIVEN, "is_owed": False},
    ),
    (
        Case(Disposition.FAILED, None),
        {
            "disposition": GIVEN, "notify": None, "is_traced": False,
            "is_delay_reported": False, "is_late": False,
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"), DEFAULTS, ids=[type(value).__name__ for value, _ in DEFAULTS]
)
def test_what_is_not_set(value: Any, expected: dict[str, Any]) -> None:  # noqa: ANN401  any of the values
    """Every field has the default that its documentation promises."""
    found = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}

    assert list(found) == list(expected)
    assert {name: each for name, each in expected.items() if each is not GIVEN} == {
        name: each for name, each in found.items() if expected[name] is not GIVEN
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (Audience, ["sender", "postmaster"]),
        (Effect, ["passed", "stopped", "shaped"]),
        (ExpansionKind, ["alias", "confidential", "list"]),
        (RetryVerdict, ["retry", "expired", "deadline"]),
        (SeveralOption, ["a", "b", "c"]),
        (
            SpfResult,
            ["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"],
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_how_a_closed_set_is_written(members: Any, expected: list[str]) -> None:  # noqa: ANN401  any enum
    """The words are those of records and of the standards."""
    assert expected == [each.value for each in members]


def test_postmaster_classes_are_bits() -> None:
    """Classes combine, and none is another."""
    assert [1, 2, 4, 8] == [each.value for each in PostmasterClass]
    assert not PostmasterClass.NONE
