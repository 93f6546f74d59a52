"""The options of a command that say how bounces are counted; Mailman's names where it has them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from dsnlib.bounces.score_policy import ScorePolicy, parse_days
from dsnlib.bounces.taxonomy import Fault
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

__all__ = ["add_policy_options", "read_policy"]

_NEVER = "never"
_LARGEST_SETTINGS = 1 << 20


def _days(text: str) -> dt.timedelta:
    try:
        return parse_days(text)
    except InvalidValue as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _days_or_never(text: str) -> dt.timedelta | None:
    return None if text == _NEVER else _days(text)


class _Option(NamedTuple):
    read: Callable[[str], Any]
    metavar: str
    purpose: str


# field of the policy -> its option, which has the same name with hyphens
_OPTIONS = {
    "bounce_score_threshold": _Option(float, "N", "the score that is too much (5.0)"),
    "bounce_info_stale_after": _Option(_days, "DAYS", "forget a score after so long (7d)"),
    "bounce_you_are_disabled_warnings": _Option(int, "N", "how many warnings there are (3)"),
    "bounce_you_are_disabled_warnings_interval": _Option(_days, "DAYS", "between them (7d)"),
    "hard_weight": _Option(float, "N", "what a hard failure counts (1.0)"),
    "soft_weight": _Option(float, "N", "what a soft one counts (0.5)"),
    "unknown_weight": _Option(float, "N", "what one counts of which neither is known (0.5)"),
    "delay_weight": _Option(float, "N", "what a delay counts (0)"),
    "half_life": _Option(_days, "DAYS", "let scores decay (never)"),
    "relayed_grace": _Option(_days, "DAYS", "how long bounces follow a next hop's yes (3d)"),
    "probe_wait": _Option(_days, "DAYS", "how long a bounce of a probe is waited for (7d)"),
    "soft_expires_after": _Option(
        _days_or_never, "DAYS|never", "how long soft failures stop mail (90d)"
    ),
    "hard_expires_after": _Option(
        _days_or_never, "DAYS|never", "how long hard failures do (never)"
    ),
}


def add_policy_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("scores", "how bounces are counted")
    group.add_argument(
        "--mailman-settings",
        type=Path,
        metavar="FILE",
        help="take them from a list of Mailman's: JSON, as its REST interface gives its config",
    )
    group.add_argument(
        "--verp-probes", action="store_true", help="try an address before it is suppressed"
    )
    group.add_argument(
        "--count",
        action="append",
        choices=[each.value for each in Fault],
        metavar="FAULT",
        help="whose faults count (recipient); may be given more than once",
    )
    group.add_argument(
        "--ignore-complaints", action="store_true", help="do not suppress who complains"
    )
    for field, option in _OPTIONS.items():
        group.add_argument(
            "--" + field.replace("_", "-"),
            type=option.read,
            metavar=option.metavar,
            # What is not there differs from `never`, which is None.
            default=argparse.SUPPRESS,
            help=option.purpose,
        )


def read_policy(args: argparse.Namespace) -> ScorePolicy:
    """Return the policy that a command line asks for.

    Args:
        args: With the options of `add_policy_options`.

    Raises:
        InvalidValue: A number is out of range, or the settings of Mailman are none, or
            cannot be read.
    """
    policy = ScorePolicy()
    if args.mailman_settings is not None:
        policy = ScorePolicy.from_mailman(_read_settings(args.mailman_settings))
    changed: dict[str, Any] = {
        field: getattr(args, field) for field in _OPTIONS if hasattr(args, field)
    }
    if args.verp_probes:
        changed["verp_probes"] = True
    if args.ignore_complaints:
        changed["complaint_suppresses"] = False
    if args.count:
        changed["counted_faults"] = map(Fault, args.count)
    return attrs.evolve(policy, **changed)


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST_SETTINGS))
    except OSError as error:
        message = f"{path}: {error.strerror or error}"
        raise InvalidValue(message) from error
    except (RecursionError, ValueError) as error:
        message = f"{path}: it is not JSON: {error}"
        raise InvalidValue(message) from error
    if not isinstance(found, dict):
        message = f"{path}: it is no JSON object"
        raise InvalidValue(message)
    return found
