"""How many notifications may go out in a time: to one address, domain, on account of one source.

A spammer who forges one return path a million times makes a million
notifications out of it (RFC 5321 s6.2); a budget ends that, whatever else was not
recognised.  No RFC has numbers for it.

Rules.
- What was spent is handed in and the changes are handed out; nothing is kept.
- A budget refills evenly, as a leaking bucket does, so there is no moment at
  which a burst begins to pay.
- What is refused costs nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.date import require_zone
from dsnlib.model.number import require_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Budget", "Spending", "budget_keys", "spend"]


@attrs.frozen(kw_only=True)
class Budget:
    """The most notifications in a time; `None` is without bound.

    Args:
        per_sender: To one return path.
        per_domain: To the return paths of one domain.
        per_source: On account of the mail of one client, named by whoever asks.
        seconds: The time in which a spent budget is whole again.

    Raises:
        InvalidValue: A bound or the time is not a whole number, 1 or more.
    """

    per_sender: int | None = None
    per_domain: int | None = None
    per_source: int | None = None
    seconds: int = 3600

    def __attrs_post_init__(self) -> None:
        for name in ("per_sender", "per_domain", "per_source", "seconds"):
            value = getattr(self, name)
            if value is not None or name == "seconds":
                require_whole(value, f"budget: {name}", least=1)


@attrs.frozen
class Spending:
    """What was spent on one address, domain or source.

    Args:
        used: How much of the budget was in use at that time.
        at: When; with a zone.
    """

    used: float
    at: dt.datetime

    def __attrs_post_init__(self) -> None:
        require_zone(self.at, "spending")


def budget_keys(budget: Budget, sender: str, source: str | None) -> dict[str, int]:
    """Return what a notification counts against, and the bound of each.

    Args:
        budget: The bounds.
        sender: The return path that is told.
        source: The client that the message came from, if known.
    """
    address = sender.lower()
    keys = {
        f"sender:{address}": budget.per_sender,
        f"domain:{address.rpartition('@')[2]}": budget.per_domain,
    }
    if source is not None:
        keys[f"source:{source}"] = budget.per_source
    return {key: bound for key, bound in keys.items() if bound is not None}


def spend(
    bounds: Mapping[str, int],
    spending: Mapping[str, Spending],
    *,
    seconds: int,
    now: dt.datetime,
) -> tuple[str | None, dict[str, Spending]]:
    """Take one notification out of each budget, or out of none.

    Args:
        bounds: From `budget_keys`.
        spending: What was spent before; a key that is not there is unspent.
        seconds: The time in which a spent budget is whole again.
        now: When; with a zone.

    Returns:
        The key that is exhausted, or `None`; and what has changed.

    Raises:
        InvalidValue: `now` has no zone.
    """
    require_zone(now, "now")
    changes = {}
    for key, bound in bounds.items():
        used = _used(spending.get(key), bound, seconds, now)
        if used + 1 > bound:
            return key, {}
        changes[key] = Spending(used + 1, now)
    return None, changes


def _used(spent: Spending | None, bound: int, seconds: int, now: dt.datetime) -> float:
    if spent is None:
        return 0.0
    # A clock that was set back refills nothing.
    passed = max(0.0, (now - spent.at).total_seconds())
    return max(0.0, spent.used - bound * passed / seconds)
