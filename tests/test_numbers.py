"""Where a value wants a whole number, nothing else is taken for one."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.links.return_path import sign_return_path
from dsnlib.compose.returned import ReturnRules
from dsnlib.errors import InvalidValue
from dsnlib.model.address import MtaName
from dsnlib.model.deliver_by import ByMode, DeliverBy
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
    wrong = [*NO_WHOLE, least - 1]
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
