"""Sets of settings with names: the defaults, for submission, for an MX, as Postfix.

- `default`: what the RFCs say, and no rule of our own.
- `submission`: its users are known and their return paths are theirs, so all
  they ask for is carried out; where an alias leads is nobody's business.
- `mx`: strangers send, many under forged return paths.  What nobody asked for
  and what goes to the wrong person is not sent, and the budget ends what no
  rule has seen.
- `postfix`: what Postfix does where it differs from the defaults.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs

from dsnlib.policy.budget import Budget
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.expansion import ExpandPolicy
from dsnlib.policy.guard import Guards
from dsnlib.policy.privacy import Privacy
from dsnlib.policy.relay import RelayPolicy
from dsnlib.policy.schedule import RetryPolicy

if TYPE_CHECKING:
    from dsnlib.policy.reporter import Reporter

__all__ = ["DEFAULT", "MX", "POSTFIX", "PROFILES", "SUBMISSION", "Profile"]

_SURE = ("bounce-like-sender", "hop-count", "report-about-report")


@attrs.frozen(kw_only=True)
class Profile:
    """The settings of a system.

    Args:
        name: What they are called.
        dsn: How it notifies.
        relay: What it sends on.
        expand: What aliases and lists keep.
        retry: How long and how often it tries.
    """

    name: str
    dsn: DsnPolicy = attrs.field(factory=DsnPolicy)
    relay: RelayPolicy = attrs.field(factory=RelayPolicy)
    expand: ExpandPolicy = attrs.field(factory=ExpandPolicy)
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)

    def with_reporter(self, reporter: Reporter) -> Profile:
        """Return the same with diagnostics of our own under the reporter's name."""
        type_ = reporter.diagnostic_type
        return attrs.evolve(
            self,
            relay=attrs.evolve(self.relay, diagnostic_type=type_),
            expand=attrs.evolve(self.expand, diagnostic_type=type_),
        )


DEFAULT = Profile(name="default")
SUBMISSION = Profile(
    name="submission",
    dsn=DsnPolicy(
        privacy=Privacy(hides_expansions=True),
        guards=Guards(enabled=_SURE),
        budget=Budget(per_sender=1000, per_source=1000),
    ),
)
MX = Profile(
    name="mx",
    dsn=DsnPolicy(
        # RFC 3461 s5.2 would have the postmaster told of each; at an MX most are
        # backscatter of others.
        postmaster_classes=PostmasterClass.NONE,
        privacy=Privacy(hides_expansions=True),
        guards=Guards(),
        budget=Budget(per_sender=20, per_domain=200, per_source=200),
    ),
    relay=RelayPolicy(separates_never=True),
    # Nobody is told that a notification has failed, so it need not be kept long.
    retry=RetryPolicy(null_lifetime=dt.timedelta(days=2)),
)
POSTFIX = Profile(
    name="postfix",
    dsn=DsnPolicy(
        postmaster_classes=PostmasterClass.NONE,
        names_expanded=True,
        invents_original=True,
        names_source=False,
        names_attempts=False,
        marks_never=False,
    ),
    relay=RelayPolicy(adds_orcpt=True, passes_utf8=True),
    expand=ExpandPolicy(tells_of_single=True),
    retry=RetryPolicy(
        longest_wait=dt.timedelta(seconds=4000),
        warn_after=None,
    ),
)
PROFILES = {profile.name: profile for profile in (DEFAULT, SUBMISSION, MX, POSTFIX)}
"""The profiles that are delivered, by name.

:meta hide-value:
"""
