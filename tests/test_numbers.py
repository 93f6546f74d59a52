"""Where a value wants a whole number, nothing else is taken for one."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from dsnlib.adapters.agents.limits import DeliveryLimits, TransportLimits
from dsnlib.adapters.agents.next_hop import HopAddress
from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.milters.settings import Milter
from dsnlib.adapters.outbox.poster import TimeLimits
from dsnlib.adapters.server.listener import ServerLimits
from dsnlib.adapters.server.rates import RateLimits
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.links.return_path import sign_return_path
from dsnlib.compose.returned import ReturnRules
from dsnlib.errors import InvalidValue
from dsnlib.model.address import MtaName
from dsnlib.model.deliver_by import ByMode, DeliverBy
from dsnlib.parse.limits import Limits
from dsnlib.policy.budget import Budget
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.expansion import ExpandPolicy
from dsnlib.policy.guard import Guards
from dsnlib.policy.hop import NextHop
from dsnlib.policy.schedule import QueueHistory
from dsnlib.replies.capabilities import Capabilities, SessionLimits
from dsnlib.replies.content import ContentLimits
from dsnlib.replies.site import ReplyCodes

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
NINE_DIGITS = 999_999_999

# what has the number, its name, what else it needs, its range, whether it may be absent
Case = tuple[Any, str, dict[str, Any], int, int | None, bool]
CASES: list[Case] = [
    (DeliverBy, "seconds", {"mode": ByMode.NOTIFY}, -NINE_DIGITS, NINE_DIGITS, False),
    *[
        (ContentLimits, name, {}, 1, None, False)
        for name in ("header_octets", "line_octets", "body_octets", "nesting")
    ],
    *[
        (Limits, name, {}, 0, None, False)
        for name in ("header_octets", "status_octets", "parts", "recipients", "nesting")
    ],
    *[(Budget, name, {}, 1, None, True) for name in ("per_sender", "per_domain", "per_source")],
    (Budget, "seconds", {}, 1, None, False),
    (Guards, "most_hops", {}, 0, None, False),
    (ExpandPolicy, "most_recipients", {}, 1, None, False),
    (ExpandPolicy, "most_steps", {}, 1, None, False),
    (NextHop, "most_recipients", {"name": MtaName("dns", "mx.example")}, 1, None, True),
    (NextHop, "shortest_seconds", {"name": MtaName("dns", "mx.example")}, 0, NINE_DIGITS, True),
    (QueueHistory, "attempts", {"arrival": NOW}, 0, None, False),
    (ReturnRules, "message_octets", {}, 0, None, True),
    (ReturnRules, "header_octets", {}, 0, None, False),
    (DsnPolicy, "recipients_per_report", {}, 1, None, True),
    (BounceEvent, "reply_code", {"recipient": "b@x", "kind": EventKind.DELAY}, 200, 599, True),
    (ReplyCodes, "unlisted", {}, 400, 599, False),
    (Capabilities, "size", {}, 0, None, True),
    (Capabilities, "deliver_by", {}, 0, NINE_DIGITS, True),
    (SessionLimits, "most_recipients", {"most_transactions": 1}, 1, 999_999, True),
    (HopAddress, "port", {"host": "mx.example"}, 1, 65_535, True),
    (DeliveryLimits, "most_jobs", {}, 1, None, False),
    (TransportLimits, "recipients_per_job", {}, 1, None, False),
    (ClientSettings, "most_recipients", {"hello": "x"}, 1, None, True),
    (ClientSettings, "most_sessions", {"hello": "x"}, 0, None, False),
    (ConnectionCache, "reuse_count", {}, 0, None, False),
    (ConnectionCache, "most_idle", {}, 1, None, False),
    (ServerLimits, "memory_octets", {}, 1, None, False),
    (ServerLimits, "text_line_octets", {}, 0, None, False),
    (RateLimits, "connections", {}, 0, None, False),
    (RateLimits, "prefix_bits", {}, 1, 128, False),
    (RateLimits, "most_clients", {}, 1, None, False),
    (Milter, "body_octets", {"where": "unix:/x"}, 0, None, False),
    *[
        (sign_return_path, name, {"address": "bob@example.org", "key": b"key", **more}, 0, most,
         False)
        for name, most, more in (
            ("day", None, {}), ("key_number", 9, {"day": 1}), ("lifetime_days", 999, {"day": 1}),
        )
    ],
]  # fmt: skip
IDS = [f"{case[0].__name__}.{case[1]}" for case in CASES]
NO_WHOLE = [True, False, 1.0, 450.5, math.nan, math.inf, "450"]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_whole_number_is_wanted(case: Case) -> None:
    """The ends of its range are taken; a truth, a fraction, a NaN or a text is refused."""
    make, name, known, least, most, is_optional = case
    make(**known, **{name: least})
    if most is not None:
        make(**known, **{name: most})
    wrong: list[Any] = [*NO_WHOLE, least - 1]
    if most is not None:
        wrong.append(most + 1)
    if is_optional:
        make(**known, **{name: None})
    else:
        wrong.append(None)
    for value in wrong:
        with pytest.raises(InvalidValue, match=r"is not a whole number") as caught:
            make(**known, **{name: value})
        assert value is caught.value.value


# what has the time, its name, what else it needs, whether it has to be above zero
TIMES: list[tuple[Any, str, dict[str, Any], bool]] = [
    (DeliveryLimits, "pause_seconds", {}, True),
    (Timeouts, "greeting", {}, True),
    (ClientSettings, "session_seconds", {"hello": "x"}, False),
    (ConnectionCache, "time_limit_seconds", {}, False),
    (ConnectionCache, "reuse_seconds", {}, False),
    (ConnectionCache, "close_seconds", {}, False),
    (ServerLimits, "command_seconds", {}, True),
    (ServerLimits, "tarpit_seconds", {}, False),
    (RateLimits, "unit_seconds", {}, True),
    (Milter, "command_seconds", {"where": "unix:/x"}, True),
    (TimeLimits, "read_seconds", {}, True),
]


@pytest.mark.parametrize(
    "case", TIMES, ids=[f"{case[0].__name__}.{case[1]}" for case in TIMES]
)  # fmt: skip
def test_a_time_is_a_finite_number(case: tuple[Any, str, dict[str, Any], bool]) -> None:
    """A NaN is less than nothing and more than nothing: no clock would ever reach it."""
    make, name, known, is_above_zero = case
    for right in (0.5, 3, *([] if is_above_zero else [0])):
        make(**known, **{name: right})
    wrong: list[Any] = [
        True,
        math.nan,
        math.inf,
        -1,
        "1",
        None,
        10**400,
        *([0] if is_above_zero else []),
    ]
    for value in wrong:
        with pytest.raises(InvalidValue, match=r"is not a finite number") as caught:
            make(**known, **{name: value})
        assert value is caught.value.value
